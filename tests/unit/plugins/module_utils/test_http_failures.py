# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What requests and urllib3 raise, in words, and whether the request can have arrived.

Which of these comes up for one and the same event differs between versions of Python and OpenSSL.
"""

from __future__ import annotations

import ssl
import typing as t
from http.client import RemoteDisconnected

import pytest
from requests import exceptions as rex
from urllib3 import exceptions as u3

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _http

NO_POOL = t.cast(t.Any, None)
EOF = ssl.SSLEOFError(8, "EOF occurred in violation of protocol (_ssl.c:2427)")
UNTRUSTED = ssl.SSLCertVerificationError(
    1,
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate "
    "(_ssl.c:1006)",
)
WRONG_VERSION = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")


def tls(cause: Exception) -> rex.SSLError:
    return rex.SSLError(u3.MaxRetryError(NO_POOL, "/", u3.SSLError(cause)))


def aborted(cause: Exception) -> rex.ConnectionError:
    return rex.ConnectionError(u3.ProtocolError("Connection aborted.", cause))


def retried(cause: Exception) -> rex.ConnectionError:
    return rex.ConnectionError(u3.MaxRetryError(NO_POOL, "/", cause))


def proxy(cause: Exception, told: str = "Unable to connect to proxy") -> rex.ProxyError:
    inner = u3.ProxyError(told, cause)
    return rex.ProxyError(u3.MaxRetryError(NO_POOL, "/", inner))


def proxy_of_1_26(cause: Exception) -> rex.ProxyError:
    """Where there is a proxy, urllib3 1.26 says this of whatever befalls a socket."""
    return proxy(cause, "Cannot connect to proxy.")


CASES: dict[str, tuple[t.Any, str, bool, bool]] = {
    "refused": (
        retried(u3.NewConnectionError(NO_POOL, "x: [Errno 111] Connection refused")),
        "connection refused",
        True,
        False,
    ),
    "no connection in time": (
        rex.ConnectTimeout(u3.ConnectTimeoutError(None, "timed out")),
        "no connection within connect_timeout",
        True,
        False,
    ),
    "no answer in time": (
        rex.ReadTimeout(u3.ReadTimeoutError(NO_POOL, "", "Read timed out.")),
        "no answer within request_timeout",
        False,
        False,
    ),
    "sending took too long": (
        aborted(TimeoutError("The write operation timed out")),
        "nothing moved for too long",
        False,
        False,
    ),
    "broken pipe": (
        aborted(BrokenPipeError(32, "Broken pipe")),
        "the connection was closed without an answer",
        False,
        False,
    ),
    "TLS closed": (tls(EOF), "the connection was closed early", False, False),
    "untrusted": (
        tls(UNTRUSTED),
        "its certificate is not trusted: self-signed certificate",
        True,
        True,
    ),
    "no TLS": (
        tls(WRONG_VERSION),
        "TLS failed ([SSL: WRONG_VERSION_NUMBER] wrong version number)",
        False,
        True,
    ),
    "proxy down": (
        proxy(u3.NewConnectionError(NO_POOL, "x: [Errno 111] Connection refused")),
        "the proxy: connection refused",
        True,
        False,
    ),
    "proxy refuses": (
        proxy(OSError("Tunnel connection failed: 403 Forbidden")),
        "the proxy: tunnel connection failed: 403 forbidden",
        True,
        False,
    ),
    "proxy too slow": (
        proxy(u3.ConnectTimeoutError(None, "Connection to p timed out. (connect timeout=5.0)")),
        "the proxy: no connection within connect_timeout",
        True,
        False,
    ),
    "proxy down, as of urllib3 1.26": (
        proxy_of_1_26(u3.NewConnectionError(NO_POOL, "x: [Errno 111] Connection refused")),
        "the proxy: connection refused",
        True,
        False,
    ),
    "proxy refuses, as of urllib3 1.26": (
        proxy_of_1_26(OSError("Tunnel connection failed: 502 Bad Gateway")),
        "the proxy: tunnel connection failed: 502 bad gateway",
        True,
        False,
    ),
    "no answer through a proxy, as of urllib3 1.26": (
        proxy_of_1_26(RemoteDisconnected("Remote end closed connection without response")),
        "the proxy: the connection was closed without an answer",
        False,
        False,
    ),
    "reset through a proxy, as of urllib3 1.26": (
        proxy_of_1_26(ConnectionResetError(104, "Connection reset by peer")),
        "the proxy: connection reset by peer",
        False,
        False,
    ),
    "sending through a proxy took too long, as of urllib3 1.26": (
        proxy_of_1_26(TimeoutError("The write operation timed out")),
        "the proxy: nothing moved for too long",
        False,
        False,
    ),
    "no such kind of proxy": (
        rex.InvalidSchema("Missing dependencies for SOCKS support."),
        "Missing dependencies for SOCKS support.",
        False,
        True,
    ),
    "a body that stalls": (
        u3.ReadTimeoutError(NO_POOL, "", "Read timed out."),
        "nothing moved for too long",
        False,
        False,
    ),
    "a body that ends early": (
        u3.ProtocolError("Connection broken: IncompleteRead(5 read, 3 more)", Exception()),
        "the connection was closed early",
        False,
        False,
    ),
    "without a word": (rex.ConnectionError(), "ConnectionError", False, False),
}


@pytest.mark.parametrize(("error", "words", "never", "hopeless"), CASES.values(), ids=CASES)
def test_failures(error: t.Any, words: str, never: bool, hopeless: bool) -> None:
    assert _http.describe_failure(error) == words
    assert _http.never_arrived(error) is never
    assert _http.is_hopeless(error) is hopeless
