# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an installation checks before it changes anything."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from product import certificates, x509
from product.certificates import EXTERNAL, EXTERNAL_CA, INTERNAL, INTERNAL_CA, Certificate
from product.context import (
    DATABASE_SERVICE,
    MANAGER_SERVICE,
    MONITORING_SERVICE,
    QUEUE_SERVICE,
    Context,
)
from product.errors import ValidationError
from product.tiers.settings import (
    broker_settings,
    check_broker,
    check_database,
    database_settings,
)

SERVICES_4 = ("database_service", "queue_service", "composer_service", "manager_service")
SERVICES_5 = (
    DATABASE_SERVICE,
    QUEUE_SERVICE,
    MANAGER_SERVICE,
    MONITORING_SERVICE,
    "entropy_service",
)


def validate(context: Context) -> None:
    _services(context)
    if context.get("validations", "skip_validations"):
        return
    _addresses(context)
    if MANAGER_SERVICE in context.chosen:
        for what in certificates.ON_A_MANAGER:
            _pair(context, what)
        _authorities(context)
        _license(context)
        _client_names(context)
        if context.version.checks_san:
            _san(context)
    if QUEUE_SERVICE in context.chosen and context.version.clustered_tiers:
        _pair(context, certificates.RABBITMQ)
        _pair(context, certificates.RABBITMQ_CA)
        check_broker(broker_settings(context.config, hostname=context.hostname))
    if DATABASE_SERVICE in context.chosen and context.version.clustered_tiers:
        for name in ("ca_path", "cert_path", "key_path"):
            _existing(context, ("postgresql_server", name))
        check_database(database_settings(context.config, private_ip=context.private_ip))


def _services(context: Context) -> None:
    known = SERVICES_5 if context.version.clustered_tiers else SERVICES_4
    services = context.get("services_to_install", default=[])
    wrong = [s for s in services if s not in known]
    if wrong or not services:
        raise ValidationError(f"services_to_install has unknown services: {wrong or 'none at all'}")


def _addresses(context: Context) -> None:
    for name, value in (("private_ip", context.private_ip), ("public_ip", context.public_ip)):
        if not value:
            raise ValidationError(f"{name} is not set in the manager section of the configuration")
    try:
        ipaddress.ip_address(context.private_ip)
    except ValueError:
        if not context.version.clustered_tiers:
            text = f"Failed parsing IP: {context.private_ip}. It is not a valid IPv4 address"
            raise ValidationError(text) from None


def _existing(context: Context, option: tuple[str, ...]) -> Path | None:
    path = certificates.source(context, option)
    if path and not path.is_file():
        text = f"The provided {option[-1]} does not exist: {context.paths.shown(path)}"
        raise ValidationError(text)
    return path


def _pair(context: Context, what: Certificate) -> None:
    cert, key = _existing(context, what.option), _existing(context, what.key_option)
    if what is INTERNAL_CA or what is EXTERNAL_CA:
        if key and not cert:
            text = f"If {what.key_option[-1]} was provided, {what.option[-1]} must be too"
            raise ValidationError(text)
    elif what.key_option and bool(cert) != bool(key):
        names = f"{what.option[-1]} and {what.key_option[-1]}"
        raise ValidationError(f"Either both {names} must be provided, or neither")
    if cert and key:
        try:
            matches = x509.same_key(cert.read_text(), key.read_text())
        except ValueError as error:
            text = f"Could not read {context.paths.shown(cert)} or its key: {error}"
            raise ValidationError(text) from error
        if not matches:
            text = f"Key {context.paths.shown(key)} does not match certificate {context.paths.shown(cert)}"
            raise ValidationError(text)


def _authorities(context: Context) -> None:
    ca, ca_key = (
        certificates.source(context, o) for o in (INTERNAL_CA.option, INTERNAL_CA.key_option)
    )
    internal = certificates.source(context, INTERNAL.option)
    if ca and not ca_key and not internal:
        raise ValidationError(
            "Internal CA provided, but neither ca_key_path nor internal_cert_path and "
            "internal_key_path were. Without the CA key the internal certificate cannot be generated"
        )
    if not context.version.clustered_tiers:
        return
    external = certificates.source(context, EXTERNAL.option)
    external_ca = certificates.source(context, EXTERNAL_CA.option)
    for cert, authority in ((internal, ca), (external, external_ca)):
        if cert and authority and not x509.signed_by(cert.read_text(), authority.read_text()):
            raise ValidationError(
                f"Certificate {context.paths.shown(cert)} was not signed by CA "
                f"{context.paths.shown(authority)}"
            )


def _license(context: Context) -> None:
    path = context.get("manager", "cloudify_license_path")
    if path and not context.paths.at(str(path)).is_file():
        raise ValidationError(f"License file does not exist: {path}")


def _client_names(context: Context) -> None:
    """The database knows its clients by the names in their certificates."""
    if not context.get("postgresql_client", "ssl_client_verification"):
        return
    user = str(context.get("postgresql_client", "server_username", default="postgres"))
    wanted = {certificates.POSTGRESQL_CLIENT: "cloudify"}
    if context.version.superuser_certificates:
        wanted[certificates.POSTGRESQL_SUPERUSER] = user
    for what, name in wanted.items():
        path = certificates.source(context, what.option)
        if not path:
            raise ValidationError(f"ssl_client_verification needs {what.option[-1]}")
        if x509.common_name(path.read_text()) != name:
            raise ValidationError(f"{context.paths.shown(path)} must have a CN of {name}")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _san(context: Context) -> None:
    """7.x: certificates carry the names under which the manager is known."""
    external = certificates.source(context, EXTERNAL.option)
    if external and _is_address(context.public_ip):
        raise ValidationError(
            "An external certificate cannot be provided when public_ip is an IP address: "
            "connections by address are answered with the internal certificate"
        )
    if external and context.public_ip not in x509.names_of(external.read_text()):
        text = f"{context.paths.shown(external)} does not have the public_ip {context.public_ip} as SAN"
        raise ValidationError(text)
    internal = certificates.source(context, INTERNAL.option)
    if not internal:
        return
    wanted = [str(a) for a in context.get("networks", default={}).values() if a]
    if context.get("manager", "internal_rest_port") == 443 and not external:
        wanted.append(context.public_ip)
    missing = [
        a for a in wanted or [context.private_ip] if a not in x509.names_of(internal.read_text())
    ]
    if missing:
        shown = context.paths.shown(internal)
        raise ValidationError(f"{shown} does not have these in its SAN: {', '.join(missing)}")


__all__ = ["validate"]
