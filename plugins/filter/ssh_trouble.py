# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _host


def ssh_trouble(message: str, host: str, port: int | str | None = None) -> str:
    """What keeps us out of a host that is up, and what to do."""
    return _host.ssh_trouble(str(message), host=host, port=int(port) if port else None)


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"ssh_trouble": ssh_trouble}
