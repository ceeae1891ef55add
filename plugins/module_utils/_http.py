# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The only user of requests: JSON calls, retries, pacing and failover between managers."""

from __future__ import annotations

import errno
import re
import time
import traceback
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _progress
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    REMOVED,
    STANDBY,
    ApiError,
    ConnectionFailed,
    RecoveryError,
    Unavailable,
    api_error_class,
)

REQUESTS_IMPORT_ERROR: str | None
try:
    import requests
    from requests import exceptions as rex
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None
    #: What will be the same however often it is tried.
    HOPELESS = (rex.InvalidURL, rex.InvalidHeader, rex.InvalidSchema)

API = "/api/v3.1"

#: The manager's nginx lets an address make 10 requests a second with a burst of 30.
PACE_PER_SECOND = 9.0
PACE_BURST = 25

#: Waits between tries when a proxy says "not now"; seconds.
RETRY_WAITS = (0.5, 1.0, 2.0, 4.0)

#: What urllib3 raises before there is a connection.
NO_CONNECTION = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")

#: What connecting fails with where nothing listens, or no such host is.
NOBODY_THERE = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)

IDEMPOTENT = ("GET", "HEAD")

MAX_QUOTED = 500


class Pacer:
    """A token bucket, so that the manager's rate limit is not reached in the first place."""

    def __init__(
        self,
        *,
        per_second: float = PACE_PER_SECOND,
        burst: int = PACE_BURST,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._tokens = float(burst)
        self._clock = clock
        self._sleep = sleep
        self._last = clock()

    def take(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._last) * self._per_second)
        self._last = now
        if self._tokens < 1:
            self._sleep((1 - self._tokens) / self._per_second)
            self._tokens, self._last = 1.0, self._clock()
        self._tokens -= 1


@dataclass
class Connection:
    """Where the managers are and how to log in.

    :param hosts: addresses, each with an optional C(:port); tried in this order
    :param port: used where an address names none
    :param request_timeout: seconds without a byte from the manager before giving up
    :param connect_timeout: seconds to wait for a connection to one address
    """

    hosts: t.Sequence[str]
    port: int
    protocol: str = "https"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    tenant: str = "default_tenant"
    ca_path: str | None = None
    validate_certs: bool = True
    request_timeout: float = 30.0
    connect_timeout: float = 5.0

    def base_url(self, host: str) -> str:
        bare_ipv6 = host.count(":") > 1 and not host.startswith("[")
        if bare_ipv6:
            host = f"[{host}]"
        has_port = re.search(r"(\]|^[^:\]]+):\d+$", host) is not None
        return f"{self.protocol}://{host}" if has_port else f"{self.protocol}://{host}:{self.port}"

    @property
    def verify(self) -> bool | str:
        return (self.ca_path or True) if self.validate_certs else False


def is_address(host: str) -> bool:
    """A host name, an IPv4 or IPv6 address, the last in brackets when a port follows."""
    label = r"[A-Za-z0-9_-]{1,63}"
    name = rf"(\[[0-9A-Fa-f:.%\w]+\]|(?!-){label}(?:\.{label})*\.?)(:(?P<port>\d{{1,5}}))?"
    bare_ipv6 = r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\w+)?"
    found = re.fullmatch(f"{name}|{bare_ipv6}", host, re.ASCII)
    return found is not None and 0 < int(found["port"] or 1) < 65536


class ManagerHttp:
    """HTTP to the first manager of a list that answers.

    Reads are repeated on another manager, or after a pause, when one fails. A call that changes
    something is repeated only when it is certain that it never reached a manager.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        sleep: t.Callable[[float], None] = time.sleep,
        pacer: Pacer | None = None,
    ) -> None:
        self.connection = connection
        self._sleep = sleep
        self._pacer = pacer or Pacer()
        self._order = list(connection.hosts)
        self._pinned = False
        self.session = requests.Session()
        if not connection.validate_certs:
            import urllib3

            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.login(password=connection.password, token=True)

    # -- which manager ---------------------------------------------------------------------

    @property
    def host(self) -> str:
        """The address that answered last (before any answer: the first of the list)."""
        return self._order[0]

    def url(self, path: str) -> str:
        return f"{self.connection.base_url(self.host)}{path}"

    def pin(self) -> None:
        """Stay with the manager that answered last: some answers are true of one node only."""
        self._pinned = True

    def turn(self) -> None:
        """Begin the next call at the next manager."""
        if not self._pinned:
            self._order = [*self._order[1:], self._order[0]]

    def as_tenant(self, tenant: str) -> None:
        """Speak for another tenant from the next request on."""
        self.connection.tenant = tenant

    def login(self, *, password: str | None, token: bool = False) -> None:
        """Use another password from the next request on.

        :param token: use the token instead, where there is one
        """
        self.session.headers.pop("Authentication-Token", None)
        if token and self.connection.token:
            self.session.headers["Authentication-Token"] = self.connection.token
            # an account of ~/.netrc would go with it
            self.session.auth = lambda request: request
            return
        user = (self.connection.username or "").encode()
        self.session.auth = requests.auth.HTTPBasicAuth(user, (password or "").encode())

    # -- calls -----------------------------------------------------------------------------

    def json(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        body: t.Any = None,
        data: t.Any = None,
        params: t.Mapping[str, t.Any] | None = None,
        headers: t.Mapping[str, str] | None = None,
        expected: t.Collection[int] = (200, 201),
        tenant: str | None = None,
        retry: bool = True,
        timeout: float | None = None,
        needs: t.Mapping[str, type] | None = None,
    ) -> t.Any:
        """A call of the REST API. Returns the decoded body, None where there is none (204, 304).

        :param doing: what is being tried, as in "Cannot <doing>: ..."
        :param data: the request's body as it is, in place of C(body), which is JSON
        :param needs: what the body has to have, name and type, to be the manager's answer at all
        :param retry: whether a read may be repeated; waiting loops do it themselves
        :raises ApiError: for a status that is not expected, or a body that is not the manager's
        :raises ConnectionFailed: when no manager gives an answer
        """
        response = self.send(
            method,
            API + path,
            doing=doing,
            body=body,
            data=data,
            params=params,
            headers=headers,
            expected=expected,
            tenant=tenant,
            retry=retry,
            timeout=timeout,
        )
        if response.status_code in (204, 304):
            return None
        try:
            answer = response.json()
        except ValueError:
            raise self._error(response, doing=doing, method=method) from None
        wrong = what_is_wrong(answer, needs or {})
        if wrong:
            raise self._error(response, doing=doing, method=method, wrong=wrong)
        return answer

    def send(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        body: t.Any = None,
        data: t.Any = None,
        params: t.Mapping[str, t.Any] | None = None,
        headers: t.Mapping[str, str] | None = None,
        expected: t.Collection[int] = (200,),
        tenant: str | None = None,
        stream: bool = False,
        retry: bool = True,
        timeout: float | None = None,
    ) -> requests.Response:
        """Like C(json), for callers that want the response itself.

        :param timeout: seconds without a byte, in place of C(request_timeout)
        """
        _progress.request(doing)
        request = requests.Request(
            method,
            params=params,
            data=data,
            json=body,
            headers={
                "Tenant": tenant or self.connection.tenant,
                "Accept-Encoding": "identity" if stream else "gzip, deflate",
                **(headers or {}),
            },
        )
        waits = list(RETRY_WAITS) if retry else []
        failures: dict[str, str] = {}
        while True:
            error: RecoveryError
            try:
                response = self._once(request, path=path, stream=stream, timeout=timeout)
            except rex.RequestException as exc:
                failures[self.host] = describe_failure(exc)
                repeatable = method in IDEMPOTENT or never_arrived(exc)
                error = self._unreachable(doing, method, path, failures, arrived=not repeatable)
                error.hangs = isinstance(exc, rex.ReadTimeout)
                error.absent = nothing_listens(exc)
                error.untrusted = isinstance(exc, rex.SSLError) and is_hopeless(exc)
                hopeless = is_hopeless(exc)
                if repeatable and self._next_host(failures):
                    continue
                if not repeatable or hopeless or not waits:
                    raise error from exc
            except OSError as exc:  # only for a CA bundle that the environment names
                raise ConnectionFailed(
                    f"Cannot {doing}: {one_line(str(exc))}",
                    hint="Set ca_path, or correct REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE",
                ) from None
            else:
                if response.status_code in expected:
                    return response
                api_error = self._error(response, doing=doing, method=method)
                response.close()
                if api_error.code in (STANDBY, REMOVED):
                    failures[self.host] = f"it answered {api_error.code}"
                    if self._next_host(failures):
                        continue
                    raise api_error
                limited = is_rate_limited(response)
                repeatable = limited or (
                    method in IDEMPOTENT
                    and isinstance(api_error, Unavailable)
                    and not api_error.code
                )
                if repeatable and not limited:
                    failures[self.host] = f"HTTP {response.status_code}"
                    if self._next_host(failures):
                        continue
                if not repeatable or not waits:
                    raise api_error
            self._sleep(waits.pop(0))
            failures.clear()

    def _once(
        self, request: requests.Request, *, path: str, stream: bool, timeout: float | None
    ) -> requests.Response:
        self._pacer.take()
        request.url = self.url(path)
        prepared = self.session.prepare_request(request)
        settings = self.session.merge_environment_settings(
            prepared.url, {}, stream, self.connection.verify, None
        )
        connect, idle = self.connection.connect_timeout, timeout or self.connection.request_timeout
        if request.data:
            connect = idle  # urllib3 sends a body under the time-out for connecting
        return self.session.send(
            prepared,
            timeout=(connect, idle),
            allow_redirects=False,
            **settings,
        )

    def _next_host(self, failed: t.Collection[str]) -> bool:
        """Turn to a manager that has not failed in this call."""
        if self._pinned:
            return False
        for position, host in enumerate(self._order):
            if host not in failed:
                self._order = self._order[position:] + self._order[:position]
                return True
        return False

    def _unreachable(
        self, doing: str, method: str, path: str, failures: t.Mapping[str, str], *, arrived: bool
    ) -> ConnectionFailed:
        if len(failures) == 1:
            what = f"{method} {self.url(path)}: {next(iter(failures.values()))}"
        else:
            each = "; ".join(f"{host}: {why}" for host, why in failures.items())
            what = f"{method} {path}: no manager answers ({each})"
        why = " ".join(failures.values())
        if arrived:
            hint = "The manager may have begun it all the same: look before trying again"
        elif "the proxy" in why:
            hint = "Correct the proxy in the environment, or name the manager in NO_PROXY"
        elif "certificate" in why:
            hint = certificate_hint(why)
        elif "TLS" in why:
            hint = "Check manager_protocol and manager_port"
        else:
            hint = "Check manager_hosts and manager_port, and that the manager is up"
        return ConnectionFailed(f"Cannot {doing}: {what}", hint=hint, manager_host=self.host)

    def _error(
        self, response: requests.Response, *, doing: str, method: str, wrong: str = ""
    ) -> ApiError:
        code, message, is_json = read_error(response)
        if method == "HEAD":
            message, is_json = "", True  # whoever says it, such an answer has no body
        if response.status_code < 400 and (wrong or not is_json):
            message = f"this is not the manager's JSON ({wrong or message or 'the body is empty'})"
        cls = api_error_class(status=response.status_code, is_json=is_json)
        error = cls(
            doing=doing,
            method=method,
            url=(response.url or "").split("?")[0],
            status=response.status_code,
            reason=response.reason or "",
            code=code,
            server_message=message,
            from_manager=is_json and not wrong,
        )
        error.details["manager_host"] = self.host
        return error


def is_rate_limited(response: requests.Response) -> bool:
    """nginx refused before the manager saw the request, so repeating it is always safe."""
    return response.status_code == 503 and "html" in response.headers.get("Content-Type", "")


def what_is_wrong(answer: t.Any, needs: t.Mapping[str, type]) -> str:
    """Why a decoded body cannot be the manager's answer; empty if it can."""
    if not isinstance(answer, dict):
        return f"a JSON {type(answer).__name__}"
    for name, kind in needs.items():
        if not isinstance(answer.get(name), kind):
            return f"its {name} is {answer.get(name)!r}" if name in answer else f"it has no {name}"
    return ""


def read_error(response: requests.Response) -> tuple[str | None, str, bool]:
    """(error_code, message, whether the body is JSON) of an answer that is an error."""
    if response.headers.get("Content-Type", "").startswith("application/json"):
        try:
            body = response.json()
        except (ValueError, rex.RequestException):
            return None, "a broken JSON body", False
        if isinstance(body, dict):
            return body.get("error_code"), one_line(str(body.get("message") or "")), True
        return None, one_line(str(body)), True
    try:
        text = response.text
    except rex.RequestException:
        return None, "the body broke off", False
    title = re.search(r"<title>(.*?)</title>", text, re.S | re.I)
    return None, f"a page titled {one_line(title[1])!r}" if title else one_line(text), False


def one_line(text: str) -> str:
    """White space folded, and cut to a length that a person reads."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "..."


def root_cause(exc: BaseException) -> BaseException:
    """requests wraps urllib3, which wraps the real reason."""
    inner = exc.args[0] if exc.args else None
    if isinstance(inner, BaseException):
        reason = getattr(inner, "reason", None)  # a word only, where it is one of the ssl module
        return root_cause(reason if isinstance(reason, BaseException) else inner)
    return exc


def never_arrived(exc: rex.RequestException) -> bool:
    """True when no byte of the request can have reached a manager."""
    if isinstance(exc, rex.ConnectTimeout):
        return True
    cause = behind_proxy(root_cause(exc))
    return (
        is_untrusted(cause)
        or "Tunnel connection failed" in str(cause)
        or type(cause).__name__ in NO_CONNECTION
    )


def behind_proxy(cause: BaseException) -> BaseException:
    """What befell the connection: where there is a proxy, urllib3 1.26 says ProxyError of all that
    can befall a socket, also when the request had been sent."""
    return t.cast(BaseException, getattr(cause, "original_error", cause))


def nothing_listens(exc: rex.RequestException) -> bool:
    """True when the connection was refused, or there is no way to the host. Of a proxy, that tells nothing."""
    if isinstance(exc, rex.ProxyError):
        return False
    found = re.search(r"\[Errno (\d+)\]", str(root_cause(exc)))
    return found is not None and int(found[1]) in NOBODY_THERE


def is_untrusted(cause: BaseException) -> bool:
    """The manager's certificate was refused, so nothing has been sent."""
    return "CERTIFICATE_VERIFY_FAILED" in str(cause)


def is_hopeless(exc: rex.RequestException) -> bool:
    """It will be the same however often it is tried."""
    if isinstance(exc, rex.SSLError):
        # a proxy without a manager behind it, or one that restarts, just closes the connection
        return "EOF" not in str(root_cause(exc))
    return isinstance(exc, HOPELESS)


def certificate_hint(why: str) -> str:
    if "mismatch" in why:
        return "Put a name or address that is in the certificate into manager_hosts"
    if "expired" in why or "not yet valid" in why:
        return "Renew the manager's certificate, or correct the clock of one of the two hosts"
    return "Name the CA that signed the manager's certificate in ca_path"


def describe_failure(exc: rex.RequestException) -> str:
    """In a few words what broke, without requests' nested representations."""
    cause = root_cause(exc)
    text = one_line(str(cause))
    if isinstance(exc, rex.ProxyError):
        return f"the proxy: {_what_befell(behind_proxy(cause)).lower()}"
    if is_untrusted(cause):
        reason = re.search(r"certificate verify failed: ([^(\]]+)", text)
        return f"its certificate is not trusted: {reason[1].strip() if reason else text}"
    if isinstance(exc, rex.SSLError):
        if not is_hopeless(exc):
            return "the connection was closed early"
        return f"TLS failed ({re.sub(r' [(]_ssl.*', '', text)})"
    if isinstance(exc, rex.ConnectTimeout):
        return "no connection within connect_timeout"
    if isinstance(exc, rex.Timeout):
        return "no answer within request_timeout"
    return _what_befell(cause)


def _what_befell(cause: BaseException) -> str:
    """The same of a connection, in the clear or through a proxy."""
    text = one_line(str(cause))
    if "BadStatusLine" in text:
        return "it is no web server that answers there"
    if "IncompleteRead" in text:
        return "the connection was closed early"
    match = re.search(r"\[Errno -?\d+\] ([^')]+)", text)
    if match:
        return match[1].lower()
    if type(cause).__name__ == "ConnectTimeoutError":
        return "no connection within connect_timeout"
    if "timed out" in text:
        return "nothing moved for too long"
    if "RemoteDisconnected" in type(cause).__name__ or "Connection aborted" in text:
        return "the connection was closed without an answer"
    return text or type(cause).__name__


__all__ = (
    "API",
    "REQUESTS_IMPORT_ERROR",
    "Connection",
    "ManagerHttp",
    "Pacer",
    "describe_failure",
    "is_address",
    "one_line",
)
