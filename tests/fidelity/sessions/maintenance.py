# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""G and I: maintenance mode, and a manager with parts of it down."""

from __future__ import annotations

from ..recording import basic
from ..session import Session
from . import failing_create, session


def phases(s: Session) -> None:
    """G01 to G04, on the manager of B to F."""
    s.manager.control("POST", "/monitoring", {"state": "down"})
    s.rec(
        "G01_activate",
        "G01_get_after_activate",
        "G01_get_after_activate_1s",
        "G01_activate_again",
        "G01_bad_action",
        "G02_in_maint_version",
        "G02_in_maint_status",
        "G02_in_maint_managers",
        "G02_in_maint_cluster_status",
        "G02_in_maint_snapshot_status",
        "G02_in_maint_tenants",
    )
    s.create("inmaint1", {"legacy": True})
    s.rec(
        "G02_in_maint_delete",
        "G02_in_maint_upload",
        "G02_in_maint_restore_garbage_refused",
        "G02_in_maint_unknown_route",
        "G02_in_maint_bypass_header_create",
    )
    s.rec("G02_in_maint_wrong_password", auth=basic("admin", "wrong"))
    s.rec("G03_deactivate", "G03_deactivate_again", "G03_get")
    with s.worker_down():
        s.rec(
            "G04_create_before_activate",
            "G04_activate_while_running",
            "G04_get_activating",
            "G04_activating_activate_again",
            "G04_activating_execution",
            "G04_activating_create",
            "G04_activating_restore",
            "G04_activating_list",
        )
    s.until("/maintenance", "activated")
    s.rec("G04_activated_execution_get", "G04_activated_execution_get_bypass", "G04_deactivate")


@session()
def bypass(s: Session) -> None:
    failing_create(s, "one")
    s.create("two", {"legacy": True})
    s.rec("G05_activate")
    s.rec("G05_in_maint_executions_list_with_bypass", loose=("total",))
    s.rec("G05_in_maint_snapshot_status_no_auth_with_bypass_500", patience=0)
    s.rec("G05_deactivate")


@session(speed=8.0)
def parts_down(s: Session) -> None:
    s.rec("I01_status_ok", "I01_status_ok_summary", "I01_ok")
    s.manager.worker("down")
    s.rec("I02_status_mgmtworker_down", "I02_ok_mgmtworker_down")
    execution = s.do("PUT", "/snapshots/mwdown1", {"legacy": True}).body["id"]
    s.known("fc8e094c-3867-4ce3-9721-12764817ef7a", execution)
    s.rec("I02_snapshot_mgmtworker_down", "I02_execution_mgmtworker_down")
    s.manager.worker("up")
    s.rec("I02_snapshot_after_mgmtworker_up")
    s.until(f"/executions/{execution}", "terminated")
    s.manager.control("POST", "/restart", {"seconds": 3})
    s.rec("I03_restservice_down", "I03_restservice_down_snapshot_status", patience=0)
    s.until("/status", "OK")
    s.manager.control("POST", "/broker", {"state": "down"})
    s.rec("I04_status_rabbit_down", "I04_create_rabbit_down", "I04_snapshot_rabbit_down")
    s.rec("I04_executions_rabbit_down", loose=("total",))
    s.manager.control("POST", "/broker", {"state": "up"})
    s.rec("I04_snapshot_after_rabbit_up", "I04_status_after_rabbit_up")
    s.rec("I04_executions_after_rabbit_up", loose=("total",))
