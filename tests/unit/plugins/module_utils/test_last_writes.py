# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When anything was made or changed last, kind by kind."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ApiError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._inventory import last_writes


class Manager:
    """Lists what it has; one field it does not know."""

    def __init__(self, lists: dict[str, list[dict[str, str]]], unknown: str = "") -> None:
        self.lists = lists
        self.unknown = unknown
        self.code = "no_such_include_field_error"

    def items(
        self, path: str, *, doing: str, include: t.Sequence[str] = (), params: t.Any
    ) -> t.Iterator[dict[str, str]]:
        assert params == {"_all_tenants": "true"}
        if self.unknown in include:
            raise ApiError(
                doing=doing,
                method="GET",
                url=path,
                status=400,
                reason="BAD REQUEST",
                code=self.code,
                server_message="",
            )
        yield from self.lists.get(path, [])


def found(manager: Manager) -> dict[str, str]:
    return last_writes(t.cast(t.Any, manager))


SECRETS = [
    {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-03-01T00:00:00Z"},
    {"created_at": "2026-02-01T00:00:00Z", "updated_at": ""},
]


def test_the_newest_of_each_kind() -> None:
    plugins = [{"uploaded_at": "2025-01-01T00:00:00Z"}]
    manager = Manager({"/secrets": SECRETS, "/plugins": plugins})
    assert found(manager) == {
        "plugins": "2025-01-01T00:00:00Z",
        "secrets": "2026-03-01T00:00:00Z",
    }


def test_a_version_without_one_of_the_fields() -> None:
    assert found(Manager({"/secrets": SECRETS}, "updated_at"))["secrets"].startswith("2026-03")


def test_another_error_is_one() -> None:
    manager = Manager({}, "updated_at")
    manager.code = "internal_server_error"
    with pytest.raises(ApiError):
        found(manager)
