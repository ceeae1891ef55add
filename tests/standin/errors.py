# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's errors, as its REST service words them."""

from __future__ import annotations

import json
from typing import Any

INTERNAL = (
    "Internal error occurred in manager REST server - InternalServerError: 500 Internal Server "
    "Error: The server encountered an internal error and was unable to complete your request. "
    "Either the server is overloaded or there is an error in the application."
)
PREMIUM_ONLY = (
    "This feature exists only in the premium edition of Cloudify.\n"
    "Please contact sales for additional info."
)


class RestError(Exception):
    """Ends a request with a status and the JSON body that goes with it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        traceback: str | None = None,
        bare: bool = False,
        vary: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.traceback = traceback
        self.bare = bare
        self.vary = vary

    def body(self) -> bytes:
        data: dict[str, Any] = {"error_code": self.code, "message": self.message}
        if not self.bare:
            data["server_traceback"] = self.traceback
        return json.dumps(data).encode()


class PageError(Exception):
    """Ends a request with an HTML page that the web framework makes."""

    def __init__(self, status: int, headers: list[tuple[str, str]] | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.headers = headers or []


def bad_parameters(message: str, *, bare: bool = False) -> RestError:
    return RestError(400, "bad_parameters_error", message, bare=bare)


def not_found(model: str, item_id: str) -> RestError:
    return RestError(
        404, "not_found_error", f"Requested `{model}` with ID `{item_id}` was not found"
    )


def conflict(message: str) -> RestError:
    return RestError(409, "conflict_error", message)


def illegal_action(message: str) -> RestError:
    return RestError(400, "illegal_action_error", message)


def snapshot_action(message: str) -> RestError:
    return RestError(400, "snapshot_action_error", message)


def forbidden(message: str) -> RestError:
    return RestError(403, "forbidden_error", message)


def unauthorized(message: str) -> RestError:
    return RestError(401, "unauthorized_error", f"User unauthorized: {message}")


def unsupported_content_type() -> RestError:
    return RestError(415, "unsupported_content_type_error", "Content type must be application/json")


def premium_only() -> RestError:
    return RestError(404, "missing_premium_package_error", PREMIUM_ONLY)


def internal() -> RestError:
    return RestError(
        500, "internal_server_error", INTERNAL, traceback="Traceback (most recent call last):"
    )


def missing_archive(snapshot_id: str) -> RestError:
    """As the app of Flask before 1.1 says it, which tells of what it has stumbled over."""
    path = f"/opt/manager/resources/snapshots/{snapshot_id}/{snapshot_id}.zip"
    return RestError(
        500,
        "internal_server_error",
        "Internal error occurred in manager REST server - OSError: [Errno 2] No such file or "
        f"directory: '{path}'",
        traceback="Traceback (most recent call last):",
    )


def running_executions(ids: list[str]) -> RestError:
    return RestError(
        400,
        "existing_running_execution_error",
        "Cannot start execution because there are other executions running e.g.: " + ", ".join(ids),
    )


def maintenance(code: str) -> RestError:
    return RestError(
        503,
        code,
        "Your request was rejected since Cloudify manager is currently in maintenance mode",
        traceback="Traceback (most recent call last):",
        vary=False,
    )


__all__ = [
    "PREMIUM_ONLY",
    "PageError",
    "RestError",
    "bad_parameters",
    "conflict",
    "forbidden",
    "illegal_action",
    "internal",
    "maintenance",
    "missing_archive",
    "not_found",
    "premium_only",
    "running_executions",
    "snapshot_action",
    "unauthorized",
    "unsupported_content_type",
]
