# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._install_plan import (
    InstallPlan,
    Neighbours,
    Wanted,
    is_missing,
    package_problem,
    package_version,
)


def install_plan(
    state: dict[str, t.Any],
    *,
    facts: dict[str, t.Any],
    tiers: t.Sequence[str],
    found: dict[str, t.Any],
    texts: t.Collection[str],
    configs: t.Mapping[str, str],
    prepared: t.Mapping[str, dict[str, t.Any]],
    package: str,
    version: str = "",
    stage: str = "",
    torn_down: t.Collection[str] = (),
    new_certificates: bool = False,
    fresh_cluster: bool = False,
    brokers: t.Sequence[str] = (),
    answering_brokers: t.Sequence[str] = (),
    databases: int = 0,
    cas: t.Sequence[str] = (),
    given: t.Collection[str] = (),
    anew: t.Collection[str] = (),
    check_mode: bool = False,
    offered: t.Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """What is to be installed on a node, and why it must not be begun."""
    plan = InstallPlan(
        state,
        facts=facts,
        tiers=tiers,
        torn_down=torn_down,
        found=found,
        texts=texts,
        configs=configs,
        prepared=prepared,
        only_planned=check_mode and not found.get("sound"),
        given=given,
        anew=anew,
    )
    wanted = Wanted(
        package=str(package),
        version=str(version),
        stage=str(stage),
        package_is_missing=is_missing(str(package)),
        package_version=package_version(
            str(package), str((offered or {}).get("stdout") or "").strip()
        ),
        package_problem=package_problem(offered or {}),
        new_certificates=new_certificates,
        fresh_cluster=fresh_cluster,
        cas=cas,
    )
    neighbours = Neighbours(brokers=brokers, answering=answering_brokers, databases=databases)
    return {
        **plan.as_dict(),
        "replaces_package": plan.replaces_package(wanted),
        "asks_host": plan.asks_host(wanted),
        "refusals": plan.refusals(wanted, neighbours, check_mode=check_mode),
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"install_plan": install_plan}
