# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What each manager says of itself and of its cluster, asked directly and all at once."""

from __future__ import annotations

import threading
import time
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    Json,
    inactive_services,
    says_running,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    STANDBY,
    ApiError,
    RecoveryError,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._members import REGISTERS

#: What says that the manager is there, and does not take who asks.
DENIED = (401, 403)
#: What /cluster-status answers while a restore runs, from 5.0.5 to 6.4.
RESTORING = "in_snapshot_restore_error"
#: Of a member in a register, what is told: the other fields are credentials and certificates.
_REGISTERED = (
    *("hostname", "name", "host", "private_ip", "public_ip", "version", "port", "networks"),
    *("node_id", "is_external"),
)
_NODE = ("name", "host_ip", "online", "master", "checks", "initialized")
#: Of a node, where it is told at all.
_NODE_MORE = ("public_ip", "remote_database")


def view_of(client: CloudifyClient, *, until: float) -> Json:
    """One manager's own account.

    :param client: connected to this manager alone
    :param until: when to give up, by the monotonic clock
    """
    view: Json = {"answers": False, "error": "", "hangs": False}

    def ask(path: str, **needs: type) -> t.Any:
        left = until - time.monotonic()
        if left <= 0:
            raise RecoveryError(f"no time was left to ask for {path}")
        return client.read(path, doing=f"ask for {path}", retry=False, timeout=left, needs=needs)

    try:
        version = ask("/version", version=str)
        view.update(answers=True, version=version.get("version"), edition=version.get("edition"))
    except ApiError as exc:
        view.update(answers=True, error=str(exc), status_code=_code(exc), error_code=exc.code)
        view["denied"] = exc.status in DENIED
        return view
    except RecoveryError as exc:
        view.update(
            error=str(exc),
            hangs=getattr(exc, "hangs", False),
            absent=getattr(exc, "absent", False),
            denied=getattr(exc, "untrusted", False),
        )
        return view
    _own_status(view, ask)
    try:
        client.knows(version)
    except Exception as exc:  # a version that nobody can read
        view.setdefault("errors", {})["version"] = _why(exc)
        return view
    if client.capabilities().has("cluster.active_standby"):
        _nodes(view, ask)
    else:
        _members(view, ask)
    _keep(view, "maintenance", lambda: ask("/maintenance", status=str)["status"])
    if not view.get("restoring") and client.capabilities().has("restore.snapshot_status"):
        _keep(view, "restoring", lambda: says_running(ask("/snapshot-status", status=str)))
    return view


def _keep(
    view: Json, name: str, fetch: t.Callable[[], t.Any], *, within: Json | None = None
) -> None:
    """What cannot be had is None, and the view's errors say why.

    :param within: the part of the view that it belongs to
    """
    place = view if within is None else within
    try:
        place[name] = fetch()
    except Exception as exc:  # of another form than expected: it has answered all the same
        place[name] = None
        view.setdefault("errors", {})[name] = _why(exc)


def _why(exc: Exception) -> str:
    if isinstance(exc, RecoveryError):
        return str(exc)
    return f"its answer has another form than expected ({type(exc).__name__}: {exc})"


def _own_status(view: Json, ask: t.Callable[..., t.Any]) -> None:
    """Status and HTTP code of /status: with 4.x only the leader answers with 200."""
    try:
        answer = ask("/status", status=str)
    except ApiError as exc:
        view.update(status_code=_code(exc), error_code=exc.code, status=None)
        if exc.status in DENIED:
            view["denied"] = True
        view.setdefault("errors", {})["status"] = str(exc)
        return
    except RecoveryError as exc:
        view.update(status_code=0, error_code=None, status=None, error=str(exc))
        return
    view.update(status_code=200, error_code=None, status=answer.get("status"))
    _keep(view, "inactive", lambda: inactive_services(answer))


def _code(exc: ApiError) -> int:
    """Never 200, which says that a manager is active: somebody else's page is no manager's word."""
    return 0 if exc.status == 200 else exc.status


def _nodes(view: Json, ask: t.Callable[..., t.Any]) -> None:
    _keep(view, "initialized", lambda: bool(ask("/cluster").get("initialized")))
    _keep(
        view,
        "nodes",
        lambda: [
            {**{k: n.get(k) for k in _NODE}, **{k: n[k] for k in _NODE_MORE if k in n}}
            for n in ask("/cluster/nodes", items=list)["items"]
        ],
    )


def _members(view: Json, ask: t.Callable[..., t.Any]) -> None:
    _keep(view, "cluster_status", lambda: _cluster_status(view, ask))
    view["registers"] = {}
    for tier, (path, _name) in REGISTERS.items():
        _keep(
            view,
            tier,
            lambda path=path: [  # type: ignore[misc]
                {k: m[k] for k in _REGISTERED if k in m} for m in ask(path, items=list)["items"]
            ],
            within=view["registers"],
        )


def _cluster_status(view: Json, ask: t.Callable[..., t.Any]) -> Json:
    try:
        return _roll_up(ask("/cluster-status", status=str, services=dict))
    except ApiError as exc:
        if exc.code == RESTORING:
            view["restoring"] = True
        raise


def _roll_up(answer: Json) -> Json:
    """The cluster's status without the details: tier -> status, and node -> status with what is wrong."""
    tiers = {}
    for tier, told in (answer.get("services") or {}).items():
        nodes = {name: _of_node(node) for name, node in (told.get("nodes") or {}).items()}
        tiers[tier] = {"status": told.get("status"), "nodes": nodes}
    return {"status": answer.get("status"), "tiers": tiers}


def _of_node(node: Json) -> Json:
    found = {"status": node.get("status"), "failures": node.get("failures") or []}
    if node.get("public_ip"):
        found["public_ip"] = node["public_ip"]
    # 5.0.5 alone tells what Patroni says of itself
    for service in (node.get("services") or {}).values():
        patroni = (service.get("extra_info") or {}).get("patroni_status") or {}
        if patroni.get("role"):
            found["role"] = patroni["role"]
    return found


def ask_all(
    clients: t.Mapping[str, CloudifyClient], *, deadline: float, clock: t.Any = time.monotonic
) -> dict[str, Json]:
    """The views of all, each in a thread of its own; who says nothing in time has no view but that.

    :param clients: name of the manager -> client connected to it alone
    :param deadline: seconds
    """
    until = clock() + deadline
    views: dict[str, Json] = {
        name: {"answers": False, "error": f"no answer within {deadline:g} s", "hangs": True}
        for name in clients
    }
    done: dict[str, Json] = {}

    def work(name: str, client: CloudifyClient) -> None:
        try:
            done[name] = view_of(client, until=until)
        except Exception as exc:  # a thread's exception would be lost
            done[name] = {
                "answers": False,
                "error": f"{type(exc).__name__}: {exc}",
                "hangs": False,
            }

    threads = [
        threading.Thread(target=work, args=(name, client), daemon=True)
        for name, client in clients.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        # what is asked for has time-outs of its own; a little more for it to be told
        thread.join(max(0.0, until + 0.2 - clock()))
    return {name: done.get(name, view) for name, view in views.items()}


def try_write(
    views: t.Mapping[str, Json], clients: t.Mapping[str, CloudifyClient], *, timeout: float
) -> None:
    """Before 5.0: whether the active manager acknowledges a write, told as its view's C(write).

    Not tried in maintenance mode, nor unless all others are its standbys, by their own word and by its own: the side of
    a split brain that is written to last wins, or is given up, and another manager may be active that nobody sees.
    """
    found = [n for n, view in views.items() if view.get("status_code") == 200 and "nodes" in view]
    if len(found) != 1 or views[found[0]].get("maintenance") not in (None, "deactivated"):
        return
    others = [view for name, view in views.items() if name != found[0]]
    online = [n for n in views[found[0]]["nodes"] or [] if n.get("online")]
    if others and len(online) < len(views):
        return
    if not all(v.get("answers") and v.get("error_code") == STANDBY for v in others):
        return
    try:
        clients[found[0]].try_write(timeout=timeout)
        views[found[0]]["write"] = "ok"
    except RecoveryError as exc:
        views[found[0]]["write"] = str(exc)


__all__ = ("ask_all", "try_write", "view_of")
