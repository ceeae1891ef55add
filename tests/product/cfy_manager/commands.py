# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands beside the lifecycle's."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import uuid
from pathlib import Path

from product import certificates, local_rest, x509
from product.certificates import EXTERNAL, INTERNAL, INTERNAL_CA
from product.context import Context
from product.errors import BootstrapError, ValidationError
from product.paths import Paths
from product.versions import Version
from product.x509 import Pair


def show_version(version: Version) -> int:
    print(f"Cloudify Manager install version {version.number}")
    return 0


def generate_test_cert(paths: Paths, options: argparse.Namespace, log: logging.Logger) -> int:
    """A certificate by a test CA in the user's home, which is made when there is none."""
    names = [n.strip() for n in str(options.sans).split(",") if n.strip()]
    if not names:
        raise ValidationError("At least one name is needed: -s address,hostname")
    home = Path.home() if paths.real else paths.at("/root")
    folder = home / ".cloudify-test-ca"
    folder.mkdir(parents=True, exist_ok=True)
    ca_cert, ca_key = folder / "ca.crt", folder / "ca.key"
    if not ca_cert.exists():
        x509.write(x509.make("Cloudify test CA", ca=True), ca_cert, ca_key)
    ca = Pair(ca_cert.read_text(), ca_key.read_text())
    cert, key = folder / f"{names[0]}.crt", folder / f"{names[0]}.key"
    x509.write(x509.make(names[0], signed_by=ca, names=names), cert, key)
    for title, path in (("CA cert", ca_cert), ("Cert", cert), ("Key", key)):
        log.info("%s: %s", title, path)
    return 0


def sanity_check(context: Context) -> int:
    context.log.info("Running Sanity...")
    if context.paths.real and not local_rest.answers():
        raise BootstrapError("The REST service does not answer")
    context.log.info("Sanity completed successfully")
    return 0


def _signer(context: Context) -> Pair:
    ca = certificates.pair_in_place(context, INTERNAL_CA)
    if ca is None:
        raise BootstrapError("The internal CA's certificate or its key is not in the ssl directory")
    return ca


def _replace(context: Context, what: certificates.Certificate, pair: Pair) -> None:
    ssl = context.paths.ssl
    context.write(ssl / what.file, pair.certificate, mode=0o444, owner="cfyuser:cfyuser")
    context.write(ssl / what.key_file, pair.key, mode=0o440, owner="cfyuser:cfyuser")


def create_internal_certs(context: Context) -> int:
    names = [*certificates.internal_names(context)]
    for extra in (context.options.manager_hostname, context.options.manager_ip):
        if extra:
            names.append(extra)
    _replace(
        context, INTERNAL, x509.make(context.private_ip, signed_by=_signer(context), names=names)
    )
    return 0


def create_external_certs(context: Context) -> int:
    names = certificates.external_names(context)
    _replace(
        context, EXTERNAL, x509.make(context.public_ip, signed_by=_signer(context), names=names)
    )
    return 0


def certificates_replace(context: Context) -> int:
    """Only what it validates; the replacement itself is not modelled."""
    folder = context.paths.at("/tmp/new_cloudify_certs")
    wanted = {
        "new_internal_cert.pem": "new_internal_key.pem",
        "new_external_cert.pem": "new_external_key.pem",
        "new_rabbitmq_cert.pem": "new_rabbitmq_key.pem",
    }
    found = 0
    for cert, key in wanted.items():
        if not (folder / cert).exists() and not (folder / key).exists():
            continue
        found += 1
        if not (folder / cert).exists() or not (folder / key).exists():
            raise ValidationError(f"{cert} and {key} must be provided together")
        if not x509.same_key((folder / cert).read_text(), (folder / key).read_text()):
            raise ValidationError(f"{key} does not match {cert}")
    if not found:
        raise ValidationError(f"No certificates in {context.paths.shown(folder)}")
    if not context.options.only_validate:
        raise BootstrapError("The stand-in only validates: use --only-validate")
    context.log.info("All certificates are valid")
    return 0


def reset_admin_password(context: Context) -> int:
    body = {"password": context.options.new_password}
    local_rest.control("POST", "/admin-password", body)
    context.log.info("Admin password has been reset")
    return 0


def node(context: Context) -> int:
    """5.0.5: the id under which the status reporters know this host."""
    path = context.paths.config_dir / ".node_id"
    if not path.exists():
        context.write(path, str(uuid.uuid4()) + "\n")
    print(f"The node id is: {path.read_text().strip()}")
    return 0


def status_reporter(context: Context) -> int:
    path = context.paths.config_dir / ".status_reporter.json"
    if context.options.subcommand == "get-tokens":
        print(json.dumps({"db_status_reporter": "token", "broker_status_reporter": "token"}))
        return 0
    managers = context.options.managers_ip or []
    context.write(
        path, json.dumps({"managers": managers, "ca": context.options.ca_path}), mode=0o600
    )
    return 0


def _not_modelled(context: Context) -> int:
    raise BootstrapError(f"The stand-in does not do `cfy_manager {context.options.command}`")


def tier(context: Context) -> int:
    """`dbs` and `brokers`, in the tiers' own modules."""
    command = context.options.command
    name = f"{command}_{str(context.options.subcommand).replace('-', '_')}"
    module = importlib.import_module(f"product.tiers.{command}")
    return int(getattr(module, name)(context) or 0)


COMMANDS = {
    "sanity-check": sanity_check,
    "create-internal-certs": create_internal_certs,
    "create-external-certs": create_external_certs,
    "certificates": certificates_replace,
    "reset-admin-password": reset_admin_password,
    "node": node,
    "status-reporter": status_reporter,
    "create-pkcs12": _not_modelled,
    "add-networks": _not_modelled,
    "update-encryption-key": _not_modelled,
    "upgrade": _not_modelled,
    "logs": _not_modelled,
}

__all__ = ["COMMANDS", "generate_test_cert", "show_version", "tier"]
