# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The managers' shared database: made by the first of them, joined by the others, dropped by --clean-db."""

from __future__ import annotations

import importlib
from typing import Any

from product import x509
from product.certificates import INTERNAL, INTERNAL_CA, pair_in_place
from product.context import Context
from product.errors import BootstrapError, ClusteringError, DatabaseError, ValidationError
from product.member_config import broker_names, configured_database_hosts, database_section


def _registers() -> Any:
    """The stand-in's tables; imported late, since only a manager's host needs them."""
    return importlib.import_module("standin.cluster.database")


def _schema_revision(context: Context) -> str:
    profiles = importlib.import_module("standin.profiles").PROFILES
    return str(profiles[context.version.profile].schema_revision)


def administrator(context: Context) -> dict[str, Any]:
    client = context.get("postgresql_client", default={})
    found = {
        "user": client.get("server_username") or "postgres",
        "password": client.get("server_password")
        or context.get("postgresql_server", "postgres_password", default=""),
    }
    return found


def _registration(context: Context) -> dict[str, Any]:
    ca = context.paths.ssl / INTERNAL_CA.file
    return {
        "hostname": context.hostname,
        "private_ip": context.private_ip,
        "public_ip": context.public_ip,
        "version": context.version.number,
        "edition": "premium",
        "networks": {"default": context.private_ip, **_networks(context)},
        "ca_cert_content": ca.read_text() if ca.exists() else None,
    }


def _networks(context: Context) -> dict[str, str]:
    return {k: str(v) for k, v in context.get("networks", default={}).items() if v}


def configure(context: Context) -> bool:
    """Create, join or be known already, as the product decides; True for the first manager."""
    registers = _registers()
    try:
        return _configure(context, registers)
    except registers.DatabaseError as error:
        raise DatabaseError(str(error)) from error


def _configure(context: Context, registers: Any) -> bool:
    database, admin = database_section(context), administrator(context)
    if getattr(context.options, "clean_db", False) and context.version.clean_db:
        context.log.warning("The database is dropped: --clean-db was given")
        registers.drop_database(database, admin)
    there = registers.database_exists(database, admin) and registers.schema_revision(database)
    known = registers.managers(database) if there else []
    # an install that was killed may have left it without tables, or without a manager
    if not known:
        context.log.info("Creating the database")
        revision = _schema_revision(context)
        registers.create_database(database, admin, schema_revision=revision)
        registers.register_manager(database, **_registration(context))
        _register_tiers(context, registers, database)
        return True
    if context.hostname in known:
        return _known_already(context, registers, database)
    _join(context, registers, database)
    return False


def _known_already(context: Context, registers: Any, database: dict[str, Any]) -> bool:
    """A hostname in the register is this manager, whatever has become of the host since."""
    if context.version.registered_skips_database:
        context.log.info("Manager found in DB. Skipping DB configuration")
        return False
    context.log.info("Manager %s is registered: configuring it again", context.hostname)
    registers.register_manager(database, **_registration(context))
    return False


def _join(context: Context, registers: Any, database: dict[str, Any]) -> None:
    context.log.info("Joining the cluster of %s", ", ".join(registers.managers(database)))
    found, wanted = registers.schema_revision(database), _schema_revision(context)
    if found != wanted:
        raise DatabaseError(
            f"The database has schema revision {found}, this version needs {wanted}: "
            "all managers of a cluster have the same version"
        )
    if context.version.inserts_before_checks:
        registers.register_manager(database, **_registration(context))
        _check_join(context)
        return
    _check_join(context)
    registers.register_manager(database, **_registration(context))


def _check_join(context: Context) -> None:
    """What a manager that joins must bring along."""
    problems = []
    if "admin_password" not in context.operator:
        problems.append("manager.security.admin_password must be the cluster's")
    if not context.operator & {"internal", "ca"}:
        problems.append("an internal certificate and key, or the CA's, must be provided")
    if problems:
        raise ValidationError(
            f"This manager cannot join the cluster: {'; '.join(problems)}. "
            "Run `cfy_manager remove` before you install again"
        )
    pair, ca = pair_in_place(context, INTERNAL), context.paths.ssl / INTERNAL_CA.file
    if pair and ca.is_file() and not x509.signed_by(pair.certificate, ca.read_text()):
        raise ClusteringError("The internal certificate was not signed by the internal CA")


def _register_tiers(context: Context, registers: Any, database: dict[str, Any]) -> None:
    brokers = [
        {"name": name, "host": address, "port": 5671, "networks": {"default": address}}
        for name, address in broker_names(context).items()
    ]
    nodes = context.get("postgresql_server", "cluster", "nodes", default={})
    found = [{"name": str(k), "host": str(v["ip"])} for k, v in nodes.items()]
    if not found:
        found = [{"name": "postgresql", "host": h} for h in configured_database_hosts(context)]
    registers.register_brokers(database, brokers)
    registers.register_db_nodes(database, found)


def unregister_db_node(context: Context, address: str) -> bool:
    try:
        return bool(_registers().unregister_db_node(database_section(context), address))
    except BootstrapError:
        raise
    except Exception as error:
        raise DatabaseError(str(error)) from error


__all__ = ["administrator", "configure", "unregister_db_node"]
