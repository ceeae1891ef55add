# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

from __future__ import annotations

import contextlib
import typing as t

#: error_codes of a 4.x node that is not the one to talk to: what a standby answers to everything, and what one does that the cluster has removed.
STANDBY, REMOVED = "not_cluster_master", "removed_from_cluster"

#: What to do about an answer, by the error_code of the manager's JSON body.
HINTS: dict[str, str] = {
    "unauthorized_error": (
        "Check username and password or token; after a restore the admin password is the snapshot's"
    ),
    "forbidden_error": "Check that the tenant exists and that the user is a sys_admin",
    "existing_running_execution_error": (
        "Wait for the running executions, or end them, and run this again"
    ),
    "maintenance_mode_active": "Leave maintenance mode first (module maintenance_mode)",
    "entering_maintenance_mode": (
        "The manager waits for executions to end before maintenance mode starts; "
        "see maintenance_mode_info for which"
    ),
    "missing_premium_package_error": "This needs the premium edition",
    "unsupported_content_type_error": "Something between here and the manager changes the headers",
    "SSL_REQUIRED": "Use manager_protocol=https",
    "missing_cloudify_license": "Upload the licence to the manager first",
    "expired_cloudify_license": "Upload a valid licence to the manager first",
    STANDBY: "This manager is a standby; name the leader in manager_hosts",
    REMOVED: "This manager was removed from its cluster; name another one",
    "in_snapshot_restore_error": "A restore runs, or its flag was left behind",
}


class RecoveryError(Exception):
    """Base of every error the collection raises on purpose.

    :param message: one line that says what was tried, where, and what came back
    :param hint: what the operator can do next, one sentence without the full stop
    :param details: values for the module's result (never secrets)
    """

    def __init__(self, message: str, *, hint: str | None = None, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        text = self.message.rstrip(".")
        return f"{text}. {self.hint}." if self.hint else f"{text}."


class Refused(RecoveryError):
    """A precondition is not met; nothing has been changed."""


class ArchiveError(RecoveryError):
    """A snapshot archive is damaged, incomplete, or not a snapshot."""


class TransferError(RecoveryError):
    """A download or upload broke and could not be completed."""


class ConnectionFailed(RecoveryError):
    """No manager gave an HTTP answer.

    :ivar hangs: it took the request, and was silent from then on: it waits for something itself
    :ivar absent: nothing listens there: the connection was refused, or there is no way to the host. A time-out does not say that
    :ivar untrusted: something listens there, and TLS has failed with it: by the CA that was given, or another setting of the connection
    """

    hangs = False
    absent = False
    untrusted = False


class WaitTimeout(RecoveryError):
    """The time to wait ran out. C(last_seen) tells what was seen last."""

    def __init__(self, message: str, *, last_seen: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint, last_seen=last_seen)
        self.last_seen = last_seen


class ApiError(RecoveryError):
    """The manager, or the proxy in front of it, answered with an error.

    :param status: HTTP status
    :param code: error_code of the JSON body, None where the body is not the manager's JSON
    :param from_manager: False where it was something else that answered
    """

    def __init__(
        self,
        *,
        doing: str,
        method: str,
        url: str,
        status: int,
        reason: str,
        code: str | None,
        server_message: str,
        from_manager: bool = True,
    ) -> None:
        answer = f"HTTP {status} {reason}".rstrip()
        told = f": {server_message.rstrip('.')}" if server_message else ""
        super().__init__(
            f"Cannot {doing}: {method} {url} -> {answer}{told}",
            hint=HINTS.get(code or "")
            or self.default_hint(status)
            or (None if from_manager else self.stranger_hint(server_message)),
            status=status,
            error_code=code,
        )
        self.status = status
        self.code = code
        self.server_message = server_message
        self.from_manager = from_manager

    @property
    def passing(self) -> bool:
        """Whether a manager that is busy with itself may give this answer, and another one later."""
        return self.status >= 500 or not self.from_manager

    @staticmethod
    def stranger_hint(told: str) -> str:
        if "plain HTTP request was sent to HTTPS port" in told:
            return "Use manager_protocol=https"
        return "It is not the manager that says so: check manager_hosts and manager_port"

    @staticmethod
    def default_hint(status: int) -> str | None:
        if status == 401:
            return HINTS["unauthorized_error"]
        if status == 403:
            return HINTS["forbidden_error"]
        if status in (502, 504):
            return "The manager's REST service is down or restarting; look at its services"
        if status == 503:
            return "The manager refuses requests for the moment; try again later"
        if status == 413:
            return "The proxy in front of the manager refuses a body of this size or type"
        return None


class Unauthorized(ApiError):
    """HTTP 401."""


class NotFound(ApiError):
    """HTTP 404."""


class Conflict(ApiError):
    """HTTP 409."""


class Unavailable(ApiError):
    """HTTP 502, 503 or 504: nobody could, or wanted to, take the request now."""


def api_error_class(*, status: int, is_json: bool) -> type[ApiError]:
    """The exception class for an answer."""
    if status == 401:
        return Unauthorized
    if status == 404 and is_json:
        return NotFound
    if status == 409:
        return Conflict
    if status in (502, 503, 504):
        return Unavailable
    return NotFound if status == 404 else ApiError


@contextlib.contextmanager
def telling(facts: t.Mapping[str, t.Any]) -> t.Iterator[None]:
    """Whatever fails in here tells these facts too, as they are by then: what was changed
    already, and which execution it was."""
    try:
        yield
    except RecoveryError as exc:
        for name, value in facts.items():
            exc.details.setdefault(name, value)
        raise


__all__ = (
    "HINTS",
    "REMOVED",
    "STANDBY",
    "ApiError",
    "ArchiveError",
    "Conflict",
    "ConnectionFailed",
    "NotFound",
    "RecoveryError",
    "Refused",
    "TransferError",
    "Unauthorized",
    "Unavailable",
    "WaitTimeout",
    "api_error_class",
    "telling",
)
