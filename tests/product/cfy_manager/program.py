# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the command line to a command: logs, privileges, exit codes."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
import traceback

from product.cfy_manager import commands, lifecycle, parser
from product.config import files_of, load, override
from product.context import Context
from product.errors import BootstrapError, ValidationError
from product.markers import Markers
from product.paths import Paths
from product.services import Recorded, Services, Systemd
from product.supervisord import Supervisord
from product.versions import VERSIONS, Version

FORMAT = "%(asctime)s - [%(name)s] - %(levelname)s - %(message)s"


def installed_version(paths: Paths) -> Version:
    return VERSIONS[json.loads(paths.installed.read_text())["version"]]


def main(argv: list[str] | None = None) -> int:
    paths = Paths()
    version = installed_version(paths)
    argv = sys.argv[1:] if argv is None else argv
    options = parser.build(version).parse_args(argv)
    log = logging.getLogger("cfy_manager")
    started = time.monotonic()
    try:
        _become_root(version, paths, options, argv)
        _set_up_log(log, paths, verbose=bool(getattr(options, "verbose", False)))
        code = run(version, paths, options, log)
    except Exception as error:  # whatever it is, the product logs it and exits with 1
        log.error("%s: %s", type(error).__name__, error)
        log.debug("%s", traceback.format_exc())
        if not log.handlers:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - started
    if options.command in parser.LIFECYCLE:
        log.info("Finished in %d minutes and %d seconds", seconds // 60, seconds % 60)
    return code


def _become_root(
    version: Version, paths: Paths, options: argparse.Namespace, argv: list[str]
) -> None:
    """Through sudo, as the user is one who may; up to 6.2 this user has to reach the configuration."""
    if not paths.real or os.geteuid() == 0 or options.command == "generate-test-cert":
        return
    if not version.reexecutes:
        writes = options.command in ("install", "configure")
        for path in files_of(version, paths, getattr(options, "config_file", None)):
            if not os.access(path, os.R_OK | (os.W_OK if writes else 0)):
                raise ValidationError(f"Can't access {path}: run as a user who can")
    os.execv("/usr/bin/sudo", ["/usr/bin/sudo", "/usr/bin/cfy_manager", *argv])


def _set_up_log(log: logging.Logger, paths: Paths, *, verbose: bool) -> None:
    log.setLevel(logging.DEBUG)
    console = logging.StreamHandler(sys.stdout)
    console.setLevel(logging.DEBUG if verbose else logging.INFO)
    handlers: list[logging.Handler] = [console]
    if paths.real and os.geteuid() != 0:
        log.handlers = handlers
        return
    paths.log.parent.mkdir(parents=True, exist_ok=True)
    kept = logging.FileHandler(paths.log)
    kept.setLevel(logging.DEBUG)
    handlers.append(kept)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORMAT))
    log.handlers = handlers


def context_of(
    version: Version, paths: Paths, options: argparse.Namespace, log: logging.Logger
) -> Context:
    files = files_of(version, paths, getattr(options, "config_file", None))
    config = load(version, paths, files)
    for name in ("join_cluster", "database_ip", "postgres_password"):
        if getattr(options, name, None):
            raise BootstrapError(f"The stand-in has no cluster on an external database: {name}")
    for name, keys in (
        ("private_ip", ("manager", "private_ip")),
        ("public_ip", ("manager", "public_ip")),
    ):
        if getattr(options, name, None):
            override(config, keys, getattr(options, name))
    markers = Markers(version, paths)
    if getattr(options, "admin_password", None):
        if version.markers == "file" and markers.installed() and not options.clean_db:
            raise BootstrapError(
                "The --admin-password argument can only be used in conjunction with the --clean-db flag."
            )
        override(config, ("manager", "security", "admin_password"), options.admin_password)
    context = Context(
        version=version,
        paths=paths,
        config=config,
        services=_services(version, paths),
        options=options,
        log=log,
        configured=markers.configured(),
        config_files=tuple(files),
        chosen=tuple(config.get("services_to_install") or ()),
    )
    context.operator = _operator(context)
    return context


def _services(version: Version, paths: Paths) -> Services:
    if not paths.real:
        return Recorded(paths)
    return Systemd(paths) if version.supervisor == "systemd" else Supervisord(paths)


def _operator(context: Context) -> frozenset[str]:
    """What the operator brings along, before anything is made up."""
    inputs = context.get("ssl_inputs", default={})
    found = set()
    if context.get("manager", "security", "admin_password"):
        found.add("admin_password")
    if inputs.get("internal_cert_path") and inputs.get("internal_key_path"):
        found.add("internal")
    if inputs.get("ca_cert_path") and inputs.get("ca_key_path"):
        found.add("ca")
    return frozenset(found)


def run(version: Version, paths: Paths, options: argparse.Namespace, log: logging.Logger) -> int:
    if options.command == "version":
        return commands.show_version(version)
    if options.command == "generate-test-cert":
        return commands.generate_test_cert(paths, options, log)
    context = context_of(version, paths, options, log)
    if options.command in parser.LIFECYCLE:
        return lifecycle.COMMANDS[options.command](context)
    if options.command in ("dbs", "brokers"):
        return commands.tier(context)
    return commands.COMMANDS[options.command](context)


__all__ = ["context_of", "main", "run"]
