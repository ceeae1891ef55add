# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a certificate says of itself. Pure, and with the standard library alone: the host of the
store need not have a library for certificates."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import re
import typing as t
from dataclasses import asdict, dataclass

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----\s+(.*?)-----END CERTIFICATE-----", re.DOTALL)

_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
}
_BASIC_CONSTRAINTS = "2.5.29.19"
_UTC_TIME, _BOOLEAN, _EXPLICIT_0, _EXPLICIT_3 = 0x17, 0x01, 0xA0, 0xA3


@dataclass(frozen=True)
class Certificate:
    """One certificate.

    :ivar fingerprint: sha256 of its DER form, as C(openssl x509 -fingerprint -sha256) has it
        without the colons
    :ivar not_after: UTC, whole seconds, with a C(Z)
    :ivar is_ca: whether it may sign others
    """

    fingerprint: str
    subject: str
    issuer: str
    not_after: str
    is_ca: bool

    def as_dict(self) -> dict[str, t.Any]:
        return asdict(self)


def fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


def in_pem(text: bytes) -> list[Certificate]:
    """All certificates of a PEM text, in order.

    :raises ValueError: when one of them is damaged
    """
    found = []
    for match in _BLOCK.finditer(text):
        try:
            der = base64.b64decode(b"".join(match[1].split()), validate=True)
        except binascii.Error as exc:
            raise ValueError(f"a certificate in it is damaged: {exc}") from None
        found.append(parse(der))
    return found


def parse(der: bytes) -> Certificate:
    """:raises ValueError: when it is no certificate"""
    try:
        (certificate,) = _children(der)
        parts = _children(_children(certificate[1])[0][1])
        # the version is not always there
        fields = parts[1:] if parts[0][0] == _EXPLICIT_0 else parts
        _serial, _algorithm, issuer, validity, subject, _key, *rest = fields
        return Certificate(
            fingerprint=fingerprint(der),
            subject=_name(subject[1]),
            issuer=_name(issuer[1]),
            not_after=_time(*_children(validity[1])[1]),
            is_ca=_is_ca(rest),
        )
    except (IndexError, ValueError, TypeError):
        raise ValueError("a certificate in it is damaged: it is not in X.509 form") from None


# -- DER, as much of it as is needed ---------------------------------------------------------------


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """The values that follow each other in C(data), as (tag, content)."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data):
            raise ValueError("it ends too early")
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _oid(data: bytes) -> str:
    numbers, value = [], 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(str(n) for n in (first, numbers[0] - 40 * first, *numbers[1:]))


def _name(data: bytes) -> str:
    parts = []
    for _set, attributes in _children(data):
        for _sequence, attribute in _children(attributes):
            (_tag, oid), (_kind, value) = _children(attribute)
            key = _oid(oid)
            parts.append(f"{_NAMES.get(key, key)}={value.decode('utf-8', 'replace')}")
    return ",".join(parts)


def _time(tag: int, value: bytes) -> str:
    text = value.decode("ascii").rstrip("Z")
    if tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.datetime.strptime(text, "%Y%m%d%H%M%S").strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_ca(rest: t.Sequence[tuple[int, bytes]]) -> bool:
    for tag, content in rest:
        if tag != _EXPLICIT_3:
            continue
        for _sequence, extension in _children(_children(content)[0][1]):
            parts = _children(extension)
            if _oid(parts[0][1]) == _BASIC_CONSTRAINTS:
                constraints = _children(_children(parts[-1][1])[0][1])
                return bool(constraints) and constraints[0] == (_BOOLEAN, b"\xff")
    return False


__all__ = ("Certificate", "fingerprint", "in_pem", "parse")
