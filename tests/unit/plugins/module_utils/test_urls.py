# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a URL is told: neither its account nor its signature, however it is written."""

from __future__ import annotations

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._urls import (
    bare,
    bare_in,
    has_secrets,
    secrets_in,
)

#: A URL, what of it is told, and what is a secret in it.
WITHOUT = [
    ("https://store.example/s1.zip", "https://store.example/s1.zip"),
    ("http://store.example:81/a/s1.zip?x=1", "http://store.example:81/a/s1.zip"),
    ("ftp://store.example", "ftp://store.example"),
    ("file:///srv/s1@night.rpm", "file:///srv/s1@night.rpm"),
    ("https://[fd00::1]:8443/x.rpm#top", "https://[fd00::1]:8443/x.rpm"),
    ("https://repo.example/$releasever/~a/%20x", "https://repo.example/$releasever/~a/%20x"),
]
ACCOUNTS = [
    ("http://me:s3cret@store.example:81/s1.zip", "http://store.example:81/s1.zip"),
    ("https://t0kens3cret@store.example/", "https://store.example/"),
    ("ftp://me:s3c%40ret@store.example/x", "ftp://store.example/x"),
    ("https://me:s3c@r:et[s3cret]@store.example/x", "https://store.example/x"),
    ("https://me:my s3cret@store.example/x", "https://store.example/x"),
    ("https://me:s3cret@[fd00::1]:8443/x?a=s3cret@b", "https://[fd00::1]:8443/x"),
    ("https://me:s3cret@[fd00::1]", "https://[fd00::1]"),
]
#: Where an account ends in these, if they have one, nobody can say.
UNCLEAR = [
    "https://me:s3/cret@store.example/x",
    "https://me:s3?cret@store.example/x",
    "https://me:s3#cret@store.example/x?y",
    "https://s3?cret@store.example/x",
    "https://store.example?sig=s3@cret",
    "https://me:s3cret@[fd00::1/x",
]
SIGNED = [
    ("https://store.example/x?Expires=1&Signature=s3cret%2F", "https://store.example/x"),
    ("https://store.example?sig=s3cret", "https://store.example"),
    ("https://store.example:81/x?token=a@s3cret/b?c#s3cret", "https://store.example:81/x"),
]


@pytest.mark.parametrize(("url", "told"), [*WITHOUT, *ACCOUNTS, *SIGNED])
def test_a_url_is_told_without_account_and_query(url: str, told: str) -> None:
    assert bare(url) == told
    assert "s3c" not in told


@pytest.mark.parametrize(
    "url",
    [
        *UNCLEAR,
        "http://cache.example/https://me:s3cret@a.example/x",
        "http:///me:s3cret@a.example/x",
    ],
)
def test_what_is_unclear_is_not_told(url: str) -> None:
    assert bare(url) == "its URL"
    assert secrets_in(url)[0] == url.partition("//")[2]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("/tmp/s1.zip", "/tmp/s1.zip"),
        ("/tmp//s1.zip?x", "/tmp//s1.zip"),
        ("me:s3cret@store.example/x?sig=s3cret", "store.example/x"),
        ("", ""),
    ],
)
def test_so_is_what_is_no_url(url: str, told: str) -> None:
    assert bare(url) == told


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("http://me:s3cret@store.example/x?sig=1&b=2", ["me:s3cret", "s3cret", "sig=1&b=2"]),
        ("https://store.example/x?sig=abcdef#fragment", ["sig=abcdef", "fragment"]),
        ("https://me:s3c@ret@[::1]/x", ["me:s3c@ret", "s3c@ret"]),
        ("me:s3cret@store.example/x", ["me:s3cret", "s3cret"]),
        # they would be struck out of other words
        ("https://me:x@store.example/x?a=1", []),
        ("https://store.example/x", []),
        ("", []),
    ],
)
def test_the_secrets_of_a_url(url: str, secrets: list[str]) -> None:
    assert secrets_in(url) == secrets


@pytest.mark.parametrize(
    ("url", "told"), [each for each in [*WITHOUT, *ACCOUNTS, *SIGNED] if " " not in each[0]]
)
def test_in_a_text_each_url_is_told_so(url: str, told: str) -> None:
    for text in ("{}", "Error: '{}': no route", "for {} [no]\n{}; tried ({}), x", "a={}; b={}."):
        assert bare_in(text.format(url, url, url)) == text.format(told, told, told)


@pytest.mark.parametrize("url", UNCLEAR)
def test_of_a_text_what_is_unclear_is_left_out(url: str) -> None:
    assert bare_in(f"no answer from {url}, ends") == "no answer from its URL, ends"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://a.example,https://me:s3cret@b.example", "https://a.example,https://b.example"),
        ("https://a.example/x?of=https://s3cret.example", "https://a.example/x"),
        ("http://cache/https://me:s3cret@a.example/x", "http://cache/https://a.example/x"),
        ("'?https://s3cret x", "' x"),
        ("repodata/x.xml?token=s3cret is missing", "repodata/x.xml is missing"),
        ("://me:s3cret@store.example/x", "://store.example/x"),
        ("who? root@host: // is no place", "who? root@host: // is no place"),
        ("Error: No matching Packages to list", "Error: No matching Packages to list"),
    ],
)
def test_the_rest_of_a_text_stays(text: str, told: str) -> None:
    assert bare_in(text) == told


@pytest.mark.parametrize(
    "url",
    [
        *(url for url, _told in [*ACCOUNTS, *SIGNED]),
        *UNCLEAR,
        "https://@store.example/x",
        "https://store.example/x?X-Amz-Credential=a",
    ],
)
def test_a_package_with_secrets(url: str) -> None:
    assert has_secrets(url)


@pytest.mark.parametrize(
    "url",
    [
        *(url for url, _told in WITHOUT),
        "https://[fd00::1/x",
        "https://store.example/keys/x.rpm?a=1#token",
        "cloudify-manager-install-7.0.5",
        "/srv//me@home/x.rpm",
    ],
)
def test_one_without(url: str) -> None:
    assert not has_secrets(url)
