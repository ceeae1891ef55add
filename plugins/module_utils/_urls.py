# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What of a URL may be told, and what of it may be a secret: an account, or a signature in the query. Pure."""

from __future__ import annotations

import re

#: In place of one of which nobody can say where its account ends: its password may have "/", "?" or "#" in it.
UNTOLD = "its URL"
#: What in a query is a secret by its name.
SECRET = re.compile("signature|sig=|token|key|passw|secret|credential", re.IGNORECASE)

_BEGINS = r"([A-Za-z0-9+.-]*:)?//"
_URL = re.compile(
    rf"(?P<scheme>{_BEGINS})((?P<account>[^/?#]*)@)?" r"(?P<host>(\[[^]/?#@]*]|[\w.~%$-]*)(:\d*)?)"
    # what begins after "//" may be an account there, too
    r"(?P<path>(/((?<!//)[^/?#]*|(?<=//)[^/?#@]*))+)?"
    # without a path, what is before an @ may be an account
    r"(?P<rest>(?(path)[?#].*|[?#][^@]*))?",
    re.DOTALL,
)
#: Each ends where the next begins, unless that is in its query; and queries of what is no whole URL.
_IN_TEXT = re.compile(
    r"(?P<url>(?<![A-Za-z0-9+.-])[A-Za-z0-9+.-]*://((?![A-Za-z0-9+.-]*://)[^\s?#])*([?#]\S*)?)"
    r"|(?<=\S)\?\S+"
)
#: What of a sentence may come after one.
_ENDS = ",;:.'\")>"


def bare(url: str) -> str:
    """Without what may be a secret in it."""
    found = _URL.fullmatch(url.strip())
    if found:
        return f"{found['scheme']}{found['host']}{found['path'] or ''}"
    return UNTOLD if _begins_like_one(url) else url.partition("?")[0].rpartition("@")[2]


def bare_in(text: str) -> str:
    """A text in which each URL is bare."""

    def told(found: re.Match[str]) -> str:
        if not found["url"]:
            return ""
        url = found["url"].rstrip(_ENDS)
        return bare(url) + found["url"][len(url) :]

    return _IN_TEXT.sub(told, text)


def secrets_in(url: str) -> list[str]:
    """What may be secret in it. What is very short would be struck out of other words too."""
    found = _URL.fullmatch(url.strip())
    if found:
        account, rest = found["account"] or "", found["rest"] or ""
    elif _begins_like_one(url):
        account, rest = url.partition("//")[2], ""
    else:
        before, sign, rest = url.partition("?")
        account, rest = before.rpartition("@")[0], sign + rest
    query, _sign, fragment = rest[1:].partition("#")
    parts = (account, account.partition(":")[2], query, fragment)
    return [part for part in parts if len(part) > 5]


def has_secrets(url: str) -> bool:
    """Whether it has an account, or a signature or the like in its query. A name or a path has none."""
    found = _URL.fullmatch(url.strip())
    if found:
        account, query = found["account"] is not None, (found["rest"] or "").partition("#")[0]
    else:
        account, query = _begins_like_one(url) and "@" in url, url.partition("?")[2]
    return account or bool(SECRET.search(query))


def _begins_like_one(text: str) -> bool:
    return re.match(_BEGINS, text.strip()) is not None


__all__ = ("bare", "bare_in", "has_secrets", "secrets_in")
