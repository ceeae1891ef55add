# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A and J: what every request meets: versions, credentials, tenants, routes, limits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from ..recording import basic
from ..session import PATIENCE, Session
from . import failing_create, session


@session()
def basics(s: Session) -> None:
    failing_create(s, "s1")
    s.manager.control("POST", "/monitoring", {"state": "down"})
    s.rec(
        "A01_get_version",
        "A01_get_status",
        "A01_get_status_summary_true",
        "A01_get_snapshot_status",
        "A01_get_maintenance",
        "A01_get_cluster_status",
        "A01_get_cluster_status_summary_true",
        "A01_get_managers",
        "A01_get_executions",
        "A01_get_snapshots",
        "A01_get_tenants",
        "A01_get_users",
        "A01_get_user_groups",
        "A01_get_license",
        "A01_get_ok",
        "A02_version_no_auth",
        "A02_version_no_tenant",
        "A02_maintenance_missing_tenant",
        "A02_maintenance_unknown_tenant",
        "A02_snapshots_unknown_tenant",
        patience=0,
    )
    s.rec("A02_snapshots_malformed_authorization", auth="Basic not-base64!")
    # The roles of a permission come in no order.
    s.rec("A01_get_config", loose=("order",))
    s.rec("A02_token_create", loose=("id",))
    s.rec(
        "A03_snapshots_v1",
        "A03_snapshots_v2",
        "A03_snapshots_v2_1",
        "A03_snapshots_v3",
        "A03_snapshots_v3_1",
        "A03_unsupported_version",
        "A03_api_no_version",
        "A03_api_root",
        "A03_head_version",
        "A03_trailing_slash",
        "A03_unknown_route",
        "A03_wrong_method_post_snapshots",
    )
    s.rec("A03_plain_http_to_https_port", tls=False)


@session()
def wrong_passwords(s: Session) -> None:
    for number in range(7):
        s.do("GET", "/snapshots", Authorization=basic("admin", f"wrong{number}"))
    # The lab had 20 snapshots then; here the total is what this manager has.
    s.rec("J01_after_7_wrong_passwords_correct_one", loose=("total",))


@session(rate_limit=True)
def rate_limit(s: Session) -> None:
    """In parallel, as recorded: one after the other they may be too slow for the limit."""
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            s.do("GET", "/version")

    with ThreadPoolExecutor(8) as pool:
        for _number in range(8):
            pool.submit(ask)
        try:
            s.rec("F05_rate_limited_503", patience=PATIENCE)
        finally:
            over.set()
