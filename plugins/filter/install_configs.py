# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _node_config


def install_configs(
    texts: t.Mapping[str, t.Any],
    *,
    configs: t.Mapping[str, str],
    tiers: t.Sequence[str],
    facts: dict[str, t.Any],
    files: t.Collection[str],
    stage: str,
    admin_password: str = "",
    database_password: str = "",
    other_configs: t.Sequence[t.Any] = (),
    license: str = "",
    join_broker: str = "",
    overrides: t.Optional[t.Mapping[str, t.Any]] = None,
) -> dict[str, dict[str, t.Any]]:
    """Configurations that install a node with the certificates that it had."""
    found = {}
    try:
        password = str(database_password or "") or _node_config.database_password(
            [*texts.values(), *other_configs]
        )
        for path in sorted({configs[tier] for tier in tiers if tier in configs}):
            prepared = _node_config.Prepared(
                _node_config.read(texts[path], path=path),
                tiers=[tier for tier in tiers if configs.get(tier) == path],
                facts=facts,
                files=set(files),
                stage=str(stage),
            )
            prepared.license(str(license or ""))
            prepared.certificates()
            prepared.passwords(admin=str(admin_password or ""), database=password)
            prepared.broker(str(join_broker or ""))
            prepared.overrides(overrides or {})
            found[str(path)] = prepared.as_dict()
    except _node_config.Unusable as exc:
        raise AnsibleFilterError(f"install_configs: {exc}") from None
    return found


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"install_configs": install_configs}
