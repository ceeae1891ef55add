# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of a cluster: the key that members share, the leader's internal CA, and one's own below it."""

from __future__ import annotations

import datetime
import ipaddress
import os
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from standin.certs import ensure_ca

CA_CERT, CA_KEY = "cloudify_internal_ca_cert.pem", "cloudify_internal_ca_key.pem"
CERT, KEY = "cloudify_internal_cert.pem", "cloudify_internal_key.pem"
PKCS12 = "cloudify_internal.p12"
PKCS12_PASSWORD = b"cloudify"
DAYS = 3650


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: Any) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def put(path: Path, data: bytes, *, secret: bool) -> None:
    """Replace a file at once, keeping its owner and mode where it was there."""
    before = path.stat() if path.exists() else None
    mode = before.st_mode & 0o777 if before else (0o600 if secret else 0o644)
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(temporary, mode)
    if before and os.geteuid() == 0:
        os.chown(temporary, before.st_uid, before.st_gid)
    os.replace(temporary, path)


def _base(subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
    )


def cluster_pair() -> tuple[str, str]:
    """The certificate and key that are the secret of one cluster."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Cloudify Manager cluster")
    cert = (
        _base(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return cert.public_bytes(serialization.Encoding.PEM).decode(), _pem(key).decode()


def ensure_internal_ca(folder: Path) -> None:
    """The internal CA is what the installer left; without an installer, the stand-in's own."""
    cert, key = folder / CA_CERT, folder / CA_KEY
    if cert.exists():
        return
    own_cert, own_key = ensure_ca(folder)
    put(cert, own_cert.read_bytes(), secret=False)
    put(key, own_key.read_bytes(), secret=True)


def internal_ca(folder: Path) -> dict[str, str]:
    """What a leader gives to those who join."""
    cert, key = folder / CA_CERT, folder / CA_KEY
    if not (cert.exists() and key.exists()):
        raise ValueError("the active manager has no key of its internal CA to share")
    return {"cert": cert.read_text(), "key": key.read_text()}


def adopt_internal_ca(folder: Path, ca: dict[str, str], *, names: list[str]) -> None:
    """Put the leader's CA in place of one's own, and mint one's internal certificate from it."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_cert = x509.load_pem_x509_certificate(ca["cert"].encode())
    ca_key: Any = serialization.load_pem_private_key(ca["key"].encode(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    cert = (
        _base(_name(names[0]), ca_cert.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    put(folder / CA_CERT, ca["cert"].encode(), secret=False)
    put(folder / CA_KEY, ca["key"].encode(), secret=True)
    put(folder / CERT, cert.public_bytes(serialization.Encoding.PEM), secret=False)
    put(folder / KEY, _pem(key), secret=True)
    bundle = pkcs12.serialize_key_and_certificates(
        b"cloudify", key, cert, None, serialization.BestAvailableEncryption(PKCS12_PASSWORD)
    )
    put(folder / PKCS12, bundle, secret=True)


def _alternatives(names: list[str]) -> list[x509.GeneralName]:
    """Each name as DNS and, if it is an address, as IP too: what the product's installer makes."""
    out: list[x509.GeneralName] = []
    for name in dict.fromkeys([*names, "127.0.0.1", "localhost"]):
        out.append(x509.DNSName(name))
        try:
            out.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            pass
    return out


__all__ = [
    "CA_CERT",
    "CA_KEY",
    "CERT",
    "KEY",
    "adopt_internal_ca",
    "cluster_pair",
    "ensure_internal_ca",
    "internal_ca",
    "put",
]
