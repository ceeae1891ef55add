# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of


def installer_facts(version: t.Any, command: str = "cfy") -> dict[str, t.Any]:
    """What is peculiar to the installer of a version."""
    if not version:
        raise AnsibleFilterError(
            "installer_facts: the version is not known: set cloudify_version, since no package is installed"
        )
    try:
        return facts_of(str(version), command=str(command))
    except ValueError as exc:
        raise AnsibleFilterError(f"installer_facts: {exc}") from None


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"installer_facts": installer_facts}
