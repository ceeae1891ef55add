# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""B to F: create, download, upload, list, delete, and executions that block each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from ..recording import ARCHIVES
from ..session import Session
from . import PREMIUM_ONLY, failing_create, session

SMALL = (ARCHIVES / "small-legacy.zip").read_bytes()


@session()
def refused_creates(s: Session) -> None:
    failing_create(s, "s1")
    s.manager.workflow_fault("create_snapshot", "fail", error=PREMIUM_ONLY, times=2)
    with s.worker_down():
        s.rec(
            "B01_community_create_new_format",
            "B01_community_get_execution_right_after",
            "B01_community_get_snapshot_right_after",
        )
    s.rec("B01_community_get_execution_failed", "B01_community_get_snapshot_failed")
    s.rec(
        "B01_create_existing_id",
        "B01_download_failed_snapshot",
        "B01_restore_failed_snapshot",
        "B01_executions_list_include_system_workflows",
        "B01_executions_list_default_hides_system",
        "B01_executions_filter_workflow_id",
        "B01_execution_unknown",
        "B02_create_invalid_id_symbols",
        "B02_create_invalid_id_starts_with_digit",
        "B02_create_no_body_no_content_type",
        "B02_create_empty_json_body_bytes",
        "B02_create_broken_json",
        "B02_create_json_list",
        "B02_create_bad_bool",
        "B02_create_bad_listener_timeout",
        "B02_create_tempdir_unwriteable",
        "B02_create_unknown_param",
        "B03_archive_unknown",
        "B03_delete_unknown",
        "B03_restore_unknown",
        "B03_restore_missing_force",
        "B03_restore_bad_force",
        "B03_restore_no_reboot_without_certs",
        "B03_patch_missing_status",
    )
    s.until("/snapshots/nobody8", "failed")
    s.rec("B04_delete_failed_snapshot", "B04_delete_again", "B04_list_after")


@contextmanager
def file_server() -> Iterator[int]:
    """Where the manager fetches an archive by URL."""
    files = {"/snap.zip": SMALL, "/garbage.txt": b"this is not a zip at all"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(*((200,) if body else (404, "File not found")))
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def first_snapshots(s: Session) -> None:
    """What B left behind."""
    failing_create(s, "s1")
    failing_create(s, "nobody8")


def newest(s: Session, workflow: str) -> str:
    query = f"_include_system_workflows=true&workflow_id={workflow}&_sort=-created_at&_size=1"
    return str(s.do("GET", f"/executions?{query}").body["items"][0]["id"])


@session(speed=8.0)
def creates_and_zombies(s: Session) -> None:
    first_snapshots(s)
    with s.worker_down():
        s.rec(
            "C01_legacy_create",
            "C01_legacy_snapshot_right_after",
            "C01_legacy_archive_while_creating",
            "C01_legacy_delete_while_creating",
            "C01_legacy_second_create_at_the_same_time",
            "C01_legacy_snapshot_status_endpoint_during_create",
            "C01_legacy_restore_while_creating",
        )
        s.known("e7ec4498-c9b7-4383-9000-9397a70c5138", newest(s, "restore_snapshot"))
    s.rec("C01_legacy_execution_midway", "C01_legacy_execution_final", "C01_legacy_snapshot_final")
    # The creates of that moment failed still, and a restore of new1 was refused while one ran.
    failing_create(s, "new1-second")
    s.manager.workflow_fault("create_snapshot", "fail", error=PREMIUM_ONLY)
    with s.worker_down():
        s.do("PUT", "/snapshots/new1", {})
        s.do("POST", "/snapshots/new1/restore", {"force": False})
        s.known("63492eb0-6511-4540-a797-1e5ecb42314b", newest(s, "restore_snapshot"))
    s.until("/snapshots/new1", "failed")
    s.rec(
        "C03_zombie_restore_execution_after_refused_restore",
        "C03_delete_blocked_by_zombie_restore",
        "C03_delete_failed_snapshot_blocked_by_zombie",
        "C03_cancel_zombie",
        "C03_cancel_zombie2_force",
        "C03_zombie_after_cancel",
        "C03_zombie2_after_force_cancel",
        "C03_delete_failed_after_cancel",
        "C03_cancel_zombie2_kill",
        "C03_cancel_zombie_kill",
        "C03_zombie_after_kill",
        "C03_delete_unknown_action",
        "C03_delete_failed_after_kill",
    )
    with s.worker_down():
        s.rec(
            "C02_new_create",
            "C02_new_snapshot_right_after",
            "C02_new_archive_while_creating",
            "C02_new_delete_while_creating",
            "C02_new_second_create_at_the_same_time",
            "C02_new_snapshot_status_endpoint_during_create",
            "C02_new_restore_while_creating",
        )
    s.rec("C02_new_execution_midway", "C02_new_execution_final", "C02_new_snapshot_final")


def snapshots_of_c(s: Session) -> None:
    first_snapshots(s)
    s.create("legacy1", {"legacy": True})
    failing_create(s, "new1-second")
    s.create("new1", {"listener_timeout": 0.1})


@session(speed=8.0)
def downloads_uploads_lists(s: Session) -> None:
    snapshots_of_c(s)
    s.course(
        "D01_create",
        "D01_transitions_legacy",
        snapshot="timing1",
        execution="2e9c022f-6935-4ee5-94d0-180a03734392",
    )
    s.rec("D02_create_existing_created")
    etag = s.rec("D03_download").header("ETag") or ""
    s.rec(
        "D03_download_head",
        "D03_download_range_first_100",
        "D03_download_range_from_1000",
        "D03_download_range_unsatisfiable",
        "D03_download_no_auth",
        "D03_download_no_tenant",
        "D03_download_wrong_tenant",
        "D03_resources_local_direct_is_internal",
        "D03_resources_snapshots_path",
        "D03_resources_snapshots_path_no_auth",
    )
    s.replaced['"6b0276dd-60ce"'] = etag
    s.rec("D03_download_if_none_match", "D03_download_range_if_range_ok")
    uploads(s)
    lists(s)


def uploads(s: Session) -> None:
    s.upload("up1", SMALL)
    s.rec("E01_get_uploaded", "E01_download_uploaded")
    s.rec("E02_upload_chunked_body", "E02_download_chunked_uploaded")
    with file_server() as port:
        s.replaced["127.0.0.1%3A9999"] = f"127.0.0.1%3A{port}"
        s.rec(
            "E03_upload_url",
            "E03_upload_url_404",
            "E03_get_after_url_404",
            "E03_upload_url_conn_refused",
            "E03_upload_url_bad_scheme",
            "E03_upload_url_and_body",
            "E04_upload_garbage",
            "E04_get_garbage",
            "E04_upload_truncated_zip",
            "E04_upload_url_garbage",
        )
    s.rec(
        "E05_upload_empty_body",
        "E05_get_empty",
        "E05_upload_no_body_no_ct",
        "E06_upload_existing_uploaded",
        "E06_get_existing_after_reupload",
        "E07_upload_invalid_id",
        "E07_get_invalid_id_uploaded",
    )
    s.upload("bad%20id", SMALL)
    s.rec(
        "E08_upload_private_query",
        "E08_upload_visibility_query",
        "E09_upload_content_type_json",
        "E09_upload_content_type_form",
        "E09_get_form",
        "E10_upload_no_auth",
        "E10_upload_no_tenant",
        "E11_list_all",
    )


def lists(s: Session) -> None:
    s.rec(
        "F01_list_page1",
        "F01_list_page2",
        "F01_list_size0",
        "F01_list_beyond_end",
        "F01_list_size_too_big",
        "F01_list_size_bad",
        "F01_list_size_neg",
        "F01_list_sort_id",
        "F01_list_sort_desc_created",
        "F01_list_sort_bad",
        "F01_list_include",
        "F01_list_filter_status",
        "F01_list_filter_unknown_field",
        "F01_list_search",
        "F01_list_all_tenants",
        "F01_list_get_all",
        "F02_get_include",
        "F02_get_include_bad",
        "F02_get_archive_of_uploaded_garbage",
        "F03_executions_created_snapshot_by_param_search",
        "F04_events_of_create_execution",
        "F04_events_and_logs_of_create_execution",
    )
    from .maintenance import phases

    phases(s)
