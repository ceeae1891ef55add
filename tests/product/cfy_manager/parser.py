# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of each version: what it does not know is a usage error, exit code 2."""

from __future__ import annotations

import argparse
from typing import Any

from product.versions import Version

LIFECYCLE = ("install", "configure", "remove", "start", "stop", "restart", "validate")
FORCED = ("remove", "stop", "restart")


def build(version: Version) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cfy_manager")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in LIFECYCLE:
        one = _command(commands, version, name)
        if name in ("install", "configure", "validate"):
            _install_options(one, version, name)
        if name in FORCED and version.force_option != "gone":
            one.add_argument("-f", "--force", action="store_true")
        if name in ("start", "stop", "restart") and version.config_option:
            one.add_argument("components", nargs="*")
    _certificates(commands, version)
    _tiers(commands, version)
    _others(commands, version)
    return parser


def _command(commands: Any, version: Version, name: str, *, help: str = "") -> Any:
    one = commands.add_parser(name, help=help)
    one.add_argument("-v", "--verbose", action="store_true")
    if version.config_option:
        one.add_argument("-c", "--config-file", action="append", metavar="FILE")
    return one


def _install_options(parser: argparse.ArgumentParser, version: Version, name: str) -> None:
    parser.add_argument("--private-ip")
    parser.add_argument("--public-ip")
    parser.add_argument("-a", "--admin-password")
    if version.clean_db:
        parser.add_argument("--clean-db", action="store_true")
    if version.only_install and name == "install":
        parser.add_argument("--only-install", action="store_true")
    if version.join_options:
        parser.add_argument("--join-cluster", action="store_true")
        parser.add_argument("--database-ip")
        parser.add_argument("--postgres-password")


def _certificates(commands: Any, version: Version) -> None:
    known = version.commands
    if "generate-test-cert" in known:
        one = _command(commands, version, "generate-test-cert")
        one.add_argument("-s", "--sans", required=True, help="comma separated names")
    if "create-internal-certs" in known:
        one = _command(commands, version, "create-internal-certs")
        one.add_argument("--manager-hostname")
        one.add_argument("--manager-ip")
    if "create-external-certs" in known:
        one = _command(commands, version, "create-external-certs")
        one.add_argument("--private-ip")
        one.add_argument("--public-ip")
    if "certificates" in known:
        group = commands.add_parser("certificates")
        inner = group.add_subparsers(dest="subcommand", required=True)
        one = _command(inner, version, "replace")
        one.add_argument("-i", "--input-path")
        one.add_argument("--only-validate", action="store_true")


def _tiers(commands: Any, version: Version) -> None:
    if "dbs" in version.commands:
        inner = commands.add_parser("dbs").add_subparsers(dest="subcommand", required=True)
        _command(inner, version, "list")
        for name in ("add", "remove"):
            one = _command(inner, version, name)
            one.add_argument("-a", "--address", required=True)
            if version.dbs_need_node_id:
                one.add_argument("-i", "--node-id")
                one.add_argument("-n", "--hostname")
        for name in ("reinit", "set-master"):
            _command(inner, version, name).add_argument("-a", "--address", required=True)
        if version.release >= (5, 2):
            _command(inner, version, "shell").add_argument("query", nargs="?")
    if "brokers" in version.commands:
        inner = commands.add_parser("brokers").add_subparsers(dest="subcommand", required=True)
        _command(inner, version, "list")
        _command(inner, version, "add").add_argument("-j", "--join-node", required=True)
        _command(inner, version, "remove").add_argument("-r", "--remove-node", required=True)


def _others(commands: Any, version: Version) -> None:
    known = version.commands
    for name in ("sanity-check", "create-pkcs12", "update-encryption-key"):
        if name in known:
            _command(commands, version, name)
    if "add-networks" in known:
        _command(commands, version, "add-networks").add_argument("--networks", required=True)
    if "reset-admin-password" in known:
        _command(commands, version, "reset-admin-password").add_argument("new_password")
    if "version" in known:
        commands.add_parser("version").add_argument("-v", "--verbose", action="count", default=0)
    if "upgrade" in known:
        _command(commands, version, "upgrade")
    if "logs" in known:
        inner = commands.add_parser("logs").add_subparsers(dest="subcommand", required=True)
        _command(inner, version, "fetch").add_argument("--output-path")
    if "node" in known:
        inner = commands.add_parser("node").add_subparsers(dest="subcommand", required=True)
        _command(inner, version, "get-id")
    if "status-reporter" in known:
        group = commands.add_parser("status-reporter")
        inner = group.add_subparsers(dest="subcommand", required=True)
        _command(inner, version, "get-tokens")
        one = _command(inner, version, "configure")
        one.add_argument("--token")
        one.add_argument("--ca-path")
        one.add_argument("--managers-ip", nargs="*")


__all__ = ["LIFECYCLE", "build"]
