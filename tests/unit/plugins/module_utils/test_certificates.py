# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _certificates
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import node_samples


def test_a_ca_says_what_openssl_says_of_it() -> None:
    (found,) = _certificates.in_pem(node_samples.CA)
    assert found.as_dict() == {
        "fingerprint": node_samples.CA_FINGERPRINT,
        "subject": "C=DE,O=Lab,CN=The CA",
        "issuer": "C=DE,O=Lab,CN=The CA",
        # beyond 2049 the time has another form
        "not_after": "2126-10-29T11:11:50Z",
        "is_ca": True,
    }


def test_a_certificate_without_extensions_is_no_ca() -> None:
    (found,) = _certificates.in_pem(node_samples.NODE)
    assert found.fingerprint == node_samples.NODE_FINGERPRINT
    assert (found.subject, found.issuer) == ("CN=h1", "C=DE,O=Lab,CN=The CA")
    assert (found.not_after, found.is_ca) == ("2036-11-19T11:11:51Z", False)


def test_a_chain_is_read_in_its_order() -> None:
    found = _certificates.in_pem(b"some words\n" + node_samples.NODE + node_samples.CA)
    assert [each.is_ca for each in found] == [False, True]


def test_a_key_has_no_certificate() -> None:
    assert _certificates.in_pem(node_samples.NODE_KEY) == []


@pytest.mark.parametrize("text", [b"", b"!!!!", b"AAAA", base64.b64encode(b"\x30\x03\x30\x01\x00")])
def test_a_damaged_one_is_an_error(text: bytes) -> None:
    pem = b"-----BEGIN CERTIFICATE-----\n" + text + b"\n-----END CERTIFICATE-----\n"
    with pytest.raises(ValueError, match="damaged"):
        _certificates.in_pem(pem)


@pytest.mark.parametrize("length", [10, 100, 200])
def test_one_that_was_cut_off_is_an_error(length: int) -> None:
    der = base64.b64decode(b"".join(node_samples.CA.splitlines()[1:-1]))
    with pytest.raises(ValueError, match="damaged"):
        _certificates.parse(der[:length])
