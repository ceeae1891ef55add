# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""install, configure, remove, start, stop, restart, validate."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from product import certificates, holders
from product.config import write_back
from product.context import (
    DATABASE_SERVICE,
    MANAGER_SERVICE,
    MONITORING_SERVICE,
    QUEUE_SERVICE,
    Context,
)
from product.errors import BootstrapError
from product.markers import COMPONENTS, Markers
from product.names import MONITORING
from product.services import alone
from product.validations import validate as check

# In the order of installation. Before 5.0.5 a manager is one thing.
MODULES = {
    DATABASE_SERVICE: "product.tiers.database",
    QUEUE_SERVICE: "product.tiers.queue",
    MANAGER_SERVICE: "product.manager_service",
}


def _parts(context: Context) -> list[Any]:
    """The modules of the services that the configuration names."""
    names = [MANAGER_SERVICE]
    if context.version.clustered_tiers:
        names = [name for name in MODULES if name in context.chosen]
    return [importlib.import_module(MODULES[name]) for name in names]


def _markers(context: Context) -> Markers:
    return Markers(context.version, context.paths)


def _demand(context: Context, command: str) -> None:
    shown = ", ".join(context.paths.shown(p) for p in context.config_files)
    _markers(context).demand(command, context.chosen, config=shown)


def _force(context: Context, command: str) -> None:
    way = context.version.force_option
    given = bool(getattr(context.options, "force", False))
    if way == "required" and not given:
        raise BootstrapError(f"The --force flag must be passed to `cfy_manager {command}`")
    if way == "deprecated" and given:
        context.log.warning("The --force flag is deprecated and does nothing")


def _finish(context: Context, *, configured: bool) -> None:
    markers = _markers(context)
    with alone(context.paths):
        markers.set_installed(context.chosen)
        if configured:
            markers.set_configured(context.chosen)
    write_back(context.version, context.paths, context.config, list(context.config_files))


def validate(context: Context) -> int:
    check(context)
    context.log.info("All validations passed successfully!")
    return 0


def install(context: Context) -> int:
    context.log.info("Installing desired components...")
    with context.work("install"):
        check(context)
        with alone(context.paths):
            context.ensure_user("cfyuser")
        for part in _parts(context):
            part.install(context)
        if not getattr(context.options, "only_install", False):
            _configure(context)
    _finish(context, configured=not getattr(context.options, "only_install", False))
    context.log.info("Installation finished successfully!")
    return 0


def _configure(context: Context) -> None:
    for part in _parts(context):
        part.configure(context)
    if context.version.monitoring and MONITORING_SERVICE in context.chosen:
        with alone(context.paths):
            certificates.deploy_monitoring(context)
            holders.define(context, *MONITORING)
        context.services.start(*MONITORING)


def configure(context: Context) -> int:
    _demand(context, "configure")
    context.log.info("Configuring desired components...")
    _configure(context)
    _finish(context, configured=True)
    context.log.info("Configuration finished successfully!")
    return 0


def remove(context: Context) -> int:
    _force(context, "remove")
    markers = _markers(context)
    there = markers.installed()
    if context.version.markers == "directories" and not there & set(context.chosen):
        context.log.info("No components to remove")
    else:
        context.log.info("Removing Cloudify...")
    with context.work("remove"):
        for part in reversed(_parts(context)):
            part.remove(context)
        left = there - set(context.chosen) - {MONITORING_SERVICE}
        if context.version.monitoring and not left:
            holders.remove(context, *MONITORING)
        # whatever this configuration is about: the others' files are there too
        certificates.rename_removed(context)
        chosen = context.chosen
        if left:
            chosen = tuple(s for s in chosen if s != MONITORING_SERVICE)
        markers.clear(chosen)
    context.log.info("Cloudify successfully removed!")
    return 0


def start(context: Context) -> int:
    _demand(context, "start")
    context.log.info("Starting Cloudify services...")
    for part in _named(context):
        part.start(context)
    _monitoring(context, "start")
    return 0


def stop(context: Context) -> int:
    _demand(context, "stop")
    _force(context, "stop")
    context.log.info("Stopping Cloudify services...")
    for part in reversed(_named(context)):
        part.stop(context)
    _monitoring(context, "stop")
    return 0


def _named(context: Context) -> list[Any]:
    """Those parts that have one of the components on the command line; all when it names none."""
    wanted = set(getattr(context.options, "components", None) or ())
    chosen = [n for n in MODULES if not wanted or wanted & {n, *COMPONENTS[n]}]
    unknown = wanted - {c for n in MODULES for c in (n, *COMPONENTS[n])}
    if unknown:
        raise BootstrapError(f"There is no component {', '.join(sorted(unknown))}")
    named = {MODULES[name] for name in chosen}
    return [part for part in _parts(context) if part.__name__ in named]


def _monitoring(context: Context, action: str) -> None:
    if getattr(context.options, "components", None):
        return
    if context.version.monitoring and MONITORING_SERVICE in context.chosen:
        getattr(context.services, action)(*MONITORING)


def restart(context: Context) -> int:
    _demand(context, "restart")
    _force(context, "restart")
    stop(context)
    return start(context)


COMMANDS = {
    name: getattr(sys.modules[__name__], name)
    for name in ("install", "configure", "remove", "start", "stop", "restart", "validate")
}

__all__ = ["COMMANDS", "MODULES"]
