# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ssl directory: what is deployed there, and each version's own way to disregard what was asked for."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509 as formats
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from product import x509
from product.config import override
from product.context import MANAGER_SERVICE, Context
from product.x509 import Pair

LOOPBACK = ("127.0.0.1", "localhost")
CA_NAME = "Cloudify generated certificate"


@dataclass(frozen=True)
class Certificate:
    """A certificate, mostly with its key: names in the ssl directory, and options that name sources."""

    file: str
    key_file: str = ""
    option: tuple[str, ...] = ()
    key_option: tuple[str, ...] = ()


def _ssl(name: str) -> tuple[str, str]:
    return ("ssl_inputs", name)


INTERNAL_CA = Certificate(
    "cloudify_internal_ca_cert.pem",
    "cloudify_internal_ca_key.pem",
    _ssl("ca_cert_path"),
    _ssl("ca_key_path"),
)
INTERNAL = Certificate(
    "cloudify_internal_cert.pem",
    "cloudify_internal_key.pem",
    _ssl("internal_cert_path"),
    _ssl("internal_key_path"),
)
EXTERNAL_CA = Certificate(
    "cloudify_external_ca_cert.pem",
    "cloudify_external_ca_key.pem",
    _ssl("external_ca_cert_path"),
    _ssl("external_ca_key_path"),
)
EXTERNAL = Certificate(
    "cloudify_external_cert.pem",
    "cloudify_external_key.pem",
    _ssl("external_cert_path"),
    _ssl("external_key_path"),
)
RABBITMQ_CA = Certificate("rabbitmq-ca.pem", option=("rabbitmq", "ca_path"))
RABBITMQ = Certificate(
    "rabbitmq-cert.pem", "rabbitmq-key.pem", ("rabbitmq", "cert_path"), ("rabbitmq", "key_path")
)
POSTGRESQL_CA = Certificate("postgresql_ca.crt", option=("postgresql_server", "ca_path"))
POSTGRESQL_CLIENT = Certificate(
    "postgresql.crt",
    "postgresql.key",
    _ssl("postgresql_client_cert_path"),
    _ssl("postgresql_client_key_path"),
)
POSTGRESQL_SUPERUSER = Certificate(
    "postgresql_su.crt",
    "postgresql_su.key",
    _ssl("postgresql_superuser_client_cert_path"),
    _ssl("postgresql_superuser_client_key_path"),
)
MONITORING_CA = Certificate(
    "monitoring_ca_cert.pem",
    option=("prometheus", "ca_path"),
)
MONITORING = Certificate(
    "monitoring_cert.pem",
    "monitoring_key.pem",
    ("prometheus", "cert_path"),
    ("prometheus", "key_path"),
)

ON_A_MANAGER = (
    *(INTERNAL_CA, INTERNAL, EXTERNAL_CA, EXTERNAL, RABBITMQ_CA, POSTGRESQL_CA),
    *(POSTGRESQL_CLIENT, POSTGRESQL_SUPERUSER),
)


def source(context: Context, option: tuple[str, ...]) -> Path | None:
    """The configured source, whether it is there or not."""
    found = context.get(*option) if option else None
    return context.paths.at(str(found)) if found else None


def empty_if_version_does(context: Context) -> None:
    """4.x begins an install with an empty directory, whatever the configuration names inside it."""
    if context.version.certificates == "wiped" and _deploys(context):
        context.log.info("Removing %s", context.paths.shown(context.paths.ssl))
        context.remove(context.paths.ssl)


def _deploys(context: Context) -> bool:
    """4.x handles certificates on the first install only, or with --clean-db."""
    if context.version.certificates != "wiped":
        return True
    return MANAGER_SERVICE not in context.configured or _clean_db(context)


def _clean_db(context: Context) -> bool:
    return bool(getattr(context.options, "clean_db", False))


def deploy(
    context: Context,
    what: Certificate,
    *,
    make: Callable[[], Pair] | None = None,
    owner: str = "cfyuser:cfyuser",
) -> None:
    """Put a certificate into the ssl directory as this version does; `make` when there is no source."""
    target = context.paths.ssl / what.file
    key_target = context.paths.ssl / what.key_file if what.key_file else None
    cert, key = source(context, what.option), source(context, what.key_option)
    if not _deploys(context):
        return
    if not _keeps(context, target, cert):
        there = bool(cert and cert.is_file())
        if cert and there and cert != target:
            _put(context, target, cert.read_text(), source_mode=cert.stat().st_mode, owner=owner)
            if key_target and key and key.is_file():
                mode = key.stat().st_mode
                _put(context, key_target, key.read_text(), source_mode=mode, owner=owner, key=True)
        elif not there and make is not None:
            context.log.info("Generating %s", context.paths.shown(target))
            pair = make()
            _put(context, target, pair.certificate, source_mode=0o644, owner=owner)
            if key_target:
                _put(context, key_target, pair.key, source_mode=0o600, owner=owner, key=True)
    for path, option in ((target, what.option), (key_target, what.key_option)):
        if path and option and path.exists():
            override(context.config, option, context.paths.shown(path))


def _keeps(context: Context, target: Path, configured: Path | None) -> bool:
    """Whether what is in place wins over what is configured."""
    way = context.version.certificates
    if not target.is_file() or way == "wiped":
        return False
    if way == "kept":
        if not _clean_db(context):
            context.log.info("Certificate %s already exists, using it", context.paths.shown(target))
            return True
        return configured is None
    if configured is None:
        return True
    if way == "by_key" and configured.is_file():
        return x509.same_key(target.read_text(), configured.read_text())
    return False


def _put(
    context: Context, path: Path, text: str, *, source_mode: int, owner: str, key: bool = False
) -> None:
    if context.version.certificates == "wiped":
        # copied with the modes of the source, by root
        context.write(path, text, mode=source_mode & 0o755, owner="root:root")
    else:
        context.write(path, text, mode=0o440 if key else 0o444, owner=owner)


def pair_in_place(context: Context, what: Certificate) -> Pair | None:
    cert, key = context.paths.ssl / what.file, context.paths.ssl / what.key_file
    if what.key_file and cert.is_file() and key.is_file():
        return Pair(cert.read_text(), key.read_text())
    return None


def _networks(context: Context) -> list[str]:
    networks = context.get("networks", default={}) or context.get("agent", "networks", default={})
    return [str(a) for a in networks.values() if a]


def internal_names(context: Context) -> list[str]:
    names = [context.private_ip, *_networks(context), *LOOPBACK]
    return [*names, context.hostname] if context.version.clustered_tiers else names


def external_names(context: Context) -> list[str]:
    names = [context.public_ip, context.private_ip, *LOOPBACK]
    return [*names, context.hostname] if context.version.clustered_tiers else names


def deploy_manager(context: Context) -> None:
    """Everything that a manager has, in the product's order."""
    empty_if_version_does(context)
    context.folder(context.paths.ssl)
    deploy(context, INTERNAL_CA, make=lambda: x509.make(CA_NAME, ca=True))
    ca = pair_in_place(context, INTERNAL_CA)

    def internal() -> Pair:
        return x509.make(context.private_ip, signed_by=ca, names=internal_names(context))

    deploy(context, INTERNAL, make=internal if ca else None)
    if source(context, EXTERNAL_CA.option):
        deploy(context, EXTERNAL_CA)
    signer = pair_in_place(context, EXTERNAL_CA) or ca

    def external() -> Pair:
        return x509.make(context.public_ip, signed_by=signer, names=external_names(context))

    deploy(context, EXTERNAL, make=external if signer else None)
    for other in (RABBITMQ_CA, POSTGRESQL_CA, POSTGRESQL_CLIENT, POSTGRESQL_SUPERUSER):
        if other is POSTGRESQL_SUPERUSER and not context.version.superuser_certificates:
            continue
        if source(context, other.option):
            deploy(context, other)
    _metadata(context)
    if context.version.generation == "active_standby":
        _pkcs12(context)


def _metadata(context: Context) -> None:
    networks = {"default": context.private_ip, **(context.get("agent", "networks", default={}))}
    if context.version.clustered_tiers:
        networks = {"default": context.private_ip, **context.get("networks", default={})}
    found = {
        "internal_rest_host": context.private_ip,
        "networks": {k: v or context.private_ip for k, v in networks.items()},
    }
    path = context.paths.ssl / "certificate_metadata"
    context.write(path, json.dumps(found), mode=0o644, owner="cfyuser:cfyuser")
    external = {"hosts": external_names(context)}
    if context.version.clustered_tiers:
        path = context.paths.ssl / "external_certificate_metadata"
        context.write(path, json.dumps(external), mode=0o644, owner="cfyuser:cfyuser")


def _pkcs12(context: Context) -> None:
    pair = pair_in_place(context, INTERNAL)
    if pair is None:
        return
    key = serialization.load_pem_private_key(pair.key.encode(), None)
    certificate = formats.load_pem_x509_certificate(pair.certificate.encode())
    data = pkcs12.serialize_key_and_certificates(
        b"cloudify",
        key,  # type: ignore[arg-type]
        certificate,
        None,
        serialization.BestAvailableEncryption(b"cloudify"),
    )
    (context.paths.ssl / "cloudify_internal.p12").write_bytes(data)


def deploy_monitoring(context: Context) -> None:
    """On every host from 5.1 on."""
    if not context.version.monitoring:
        return
    context.folder(context.paths.ssl)
    ca = pair_in_place(context, INTERNAL_CA) or x509.make(CA_NAME, ca=True)
    deploy(context, MONITORING_CA, make=lambda: ca)
    names = internal_names(context)
    deploy(
        context, MONITORING, make=lambda: x509.make(context.private_ip, signed_by=ca, names=names)
    )


def rename_removed(context: Context, *, now: datetime.datetime | None = None) -> None:
    """From 6.3 on a removal renames every file of the directory; names that begin with a digit stay."""
    if not context.version.remove_renames_certificates or not context.paths.ssl.is_dir():
        return
    stamp = (now or datetime.datetime.now()).strftime("%Y%m%d-%H%M%S")
    for path in sorted(context.paths.ssl.iterdir()):
        if not path.name[0].isdigit():
            path.rename(path.with_name(f"{stamp}_{path.name}"))


__all__ = [
    "CA_NAME",
    "EXTERNAL",
    "EXTERNAL_CA",
    "INTERNAL",
    "INTERNAL_CA",
    "MONITORING",
    "MONITORING_CA",
    "ON_A_MANAGER",
    "POSTGRESQL_CA",
    "POSTGRESQL_CLIENT",
    "POSTGRESQL_SUPERUSER",
    "RABBITMQ",
    "RABBITMQ_CA",
    "Certificate",
    "deploy",
    "deploy_manager",
    "deploy_monitoring",
    "external_names",
    "internal_names",
    "pair_in_place",
    "rename_removed",
    "source",
]
