# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and certificates: make, read, compare."""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

YEARS = 10
KEY_SIZE = 2048


@dataclass(frozen=True)
class Pair:
    certificate: str
    key: str


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _addresses(names: Iterable[str]) -> list[x509.GeneralName]:
    """Each name as DNS name, and addresses as such too, as the product lists them."""
    out: list[x509.GeneralName] = []
    for name in dict.fromkeys(n for n in names if n):
        out.append(x509.DNSName(name))
        try:
            out.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            continue
    return out


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def make(
    common_name: str,
    *,
    signed_by: Pair | None = None,
    names: Iterable[str] = (),
    ca: bool = False,
    key: str = "",
) -> Pair:
    """A key (or this one) and its certificate; signed by itself unless a CA is given."""
    own = serialization.load_pem_private_key(key.encode(), None) if key else None
    if own is None:
        own = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
    assert isinstance(own, rsa.RSAPrivateKey)
    signer: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = own
    issuer = subject = _name(common_name)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key())
    if signed_by:
        parent = x509.load_pem_x509_certificate(signed_by.certificate.encode())
        loaded = serialization.load_pem_private_key(signed_by.key.encode(), None)
        assert isinstance(loaded, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey))
        signer, issuer = loaded, parent.subject
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(loaded.public_key())
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(authority, critical=False)
    )
    if ca:
        identifier = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
        builder = builder.add_extension(identifier, critical=False).add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    found = _addresses(names)
    if found:
        builder = builder.add_extension(x509.SubjectAlternativeName(found), critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), _pem(own))


def write(pair: Pair, certificate: Path, key: Path, *, key_mode: int = 0o600) -> None:
    certificate.parent.mkdir(parents=True, exist_ok=True)
    certificate.write_text(pair.certificate)
    descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, key_mode)
    with os.fdopen(descriptor, "w") as out:
        out.write(pair.key)


def _public(pem: str) -> bytes:
    """The public half of a certificate or of a key."""
    if "PRIVATE KEY" in pem:
        public = serialization.load_pem_private_key(pem.encode(), None).public_key()
    else:
        public = x509.load_pem_x509_certificate(pem.encode()).public_key()
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def same_key(one: str, other: str) -> bool:
    """Whether two PEM texts, of certificates or of keys, have the same modulus."""
    return _public(one) == _public(other)


def signed_by(certificate: str, ca: str) -> bool:
    one = x509.load_pem_x509_certificate(certificate.encode())
    key = x509.load_pem_x509_certificate(ca.encode()).public_key()
    algorithm = one.signature_hash_algorithm
    assert algorithm is not None
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(one.signature, one.tbs_certificate_bytes, padding.PKCS1v15(), algorithm)
        else:
            assert isinstance(key, ec.EllipticCurvePublicKey)
            key.verify(one.signature, one.tbs_certificate_bytes, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def names_of(certificate: str) -> set[str]:
    """Every name and address that the certificate is for."""
    one = x509.load_pem_x509_certificate(certificate.encode())
    try:
        found = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(n.value) for n in found}


def common_name(certificate: str) -> str:
    one = x509.load_pem_x509_certificate(certificate.encode())
    return str(one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def fingerprint(certificate: str) -> str:
    return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA256()).hex()


__all__ = [
    "Pair",
    "common_name",
    "fingerprint",
    "make",
    "names_of",
    "same_key",
    "signed_by",
    "write",
]
