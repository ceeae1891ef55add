# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service answers when it refuses: Django REST framework's statuses and bodies."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is no success.

    status: the HTTP status. body: the JSON document, a dict or a list.
    """

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Invalid(ApiError):
    """400 with the messages of each field; `__all__` holds those of the object as a whole."""

    def __init__(self, messages: dict[str, Any]) -> None:
        super().__init__(
            400, {k: v if isinstance(v, (list, dict)) else [v] for k, v in messages.items()}
        )


def bad_request(body: Any) -> ApiError:
    return ApiError(400, body)


def detail(status: int, text: str) -> ApiError:
    return ApiError(status, {"detail": text})


def unauthorized() -> ApiError:
    return detail(
        401,
        "Authentication credentials were not provided. To establish a login session, visit /api/login/.",
    )


def forbidden(text: str = "You do not have permission to perform this action.") -> ApiError:
    return detail(403, text)


def not_found() -> ApiError:
    return detail(404, "The requested resource could not be found.")


def conflict(text: str) -> ApiError:
    return ApiError(409, {"error": text})


def wrong_method(method: str) -> ApiError:
    return detail(405, f'Method "{method}" not allowed.')
