# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module and a manager say to each other, pinned: each request, in order, and its answer.

    manager.version("7.0.5")
    manager.put("/snapshots/s1", sent={"legacy": True}, json={"id": "e1"}, status=201)
    said = manager.run("snapshot", id="s1")

A request that is not the next one, or one that is never made, fails the test. Unless told
otherwise a request has to have no query, no body, no bypass, the tenant and the right account.
"""

from __future__ import annotations

import base64
import json as jsonlib
import ssl
import typing as t
from http.client import RemoteDisconnected

import requests
import responses
import urllib3
from responses import matchers, registries

HOST, SECOND = "m1.example", "m2.example"
USERNAME, PASSWORD = "admin", "s3cret-Passw0rd"
ACCOUNT: dict[str, t.Any] = {"manager_hosts": [HOST], "username": USERNAME, "password": PASSWORD}
BOTH = {"manager_hosts": [HOST, SECOND]}

#: This request has to have no body. (None is a body: JSON's null.)
NOTHING: t.Any = object()

PAGE = (
    "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>"
    "\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
)
REASONS = {404: "Not Found", 502: "Bad Gateway", 503: "Service Temporarily Unavailable"}


def basic(password: str = PASSWORD, username: str = USERNAME) -> str:
    """The Authorization header of an account."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class StrictOrder(registries.OrderedRegistry):
    """The next request is the next one of the list. What was wrong is kept for the test's end,
    since a module takes the mock's ConnectionError for a manager that is down."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.served: list[responses.CallbackResponse] = []

    def find(self, request: t.Any) -> t.Any:
        for each in self.served:
            if each.matches(request)[0]:
                return each, []
        wanted = f"{self.registered[0].method} {self.registered[0].url}" if self.registered else ""
        found, why = super().find(request)
        if found is None:
            self.wrong.append(f"{request.method} {request.url}, wanted {wanted}: {' '.join(why)}")
        return found, why


def headers_are(wanted: t.Mapping[str, str | None]) -> t.Callable[[t.Any], tuple[bool, str]]:
    """Matches exact values, and the absence of those that are None."""

    def match(request: t.Any) -> tuple[bool, str]:
        for name, value in wanted.items():
            if request.headers.get(name) != value:
                return False, f"header {name} is {request.headers.get(name)!r}, not {value!r}"
        return True, ""

    return match


def sends(wanted: t.Any) -> t.Callable[[t.Any], tuple[bool, str]]:
    """Matches the body: NOTHING, bytes as they are, what a function says of it, or JSON."""

    def match(request: t.Any) -> tuple[bool, str]:
        sent = request.body
        if wanted is NOTHING:
            return sent is None, f"it has the body {sent!r}"
        if callable(wanted):
            return bool(wanted(sent)), f"its body is {sent!r}"
        if isinstance(wanted, bytes):
            return sent == wanted, f"its body is {sent!r:.200}, not {wanted!r:.200}"
        try:
            return jsonlib.loads(sent) == wanted, f"its body is {sent!r}, not {wanted!r}"
        except (TypeError, ValueError):
            return False, f"its body is {sent!r}, which is no JSON"

    return match


class Conversation:
    """The managers' side. C(run) makes the module say its own."""

    def __init__(self, mock: responses.RequestsMock, run_module: t.Callable[..., t.Any]) -> None:
        self._mock = mock
        self._run = run_module

    # -- one request and its answer ----------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        *,
        host: str = HOST,
        api: str = "/api/v3.1",
        query: t.Mapping[str, t.Any] | None = None,
        sent: t.Any = NOTHING,
        bypass: bool = False,
        password: str = PASSWORD,
        tenant: str = "default_tenant",
        headers: t.Mapping[str, str | None] | None = None,
        matches: t.Sequence[t.Callable[[t.Any], tuple[bool, str]]] = (),
        status: int = 200,
        json: t.Any = NOTHING,
        body: t.Any = b"",
        content_type: str = "text/plain",
        answered: t.Mapping[str, str] | None = None,
    ) -> None:
        """The request that has to come next.

        :param headers: more headers that it has to have; None for one that it must not have
        :param json: what is answered; or else C(body), which may be an exception to raise
        :param answered: headers of the answer
        """
        wanted: dict[str, str | None] = {
            "Authorization": basic(password),
            "Tenant": tenant,
            "X-BYPASS-MAINTENANCE": "true" if bypass else None,
        }
        if sent is NOTHING:
            wanted["Content-Type"] = None
        elif not isinstance(sent, bytes):
            wanted["Content-Type"] = "application/json"
        if json is not NOTHING:
            body, content_type = jsonlib.dumps(json), "application/json"
        self._mock.add(
            method,
            f"https://{host}:443{api}{path}",
            status=status,
            body=body,
            content_type=content_type,
            headers=dict(answered or {}),
            match=[
                matchers.query_param_matcher(dict(query or {})),
                headers_are({**wanted, **(headers or {})}),
                sends(sent),
                *matches,
            ],
        )

    def get(self, path: str, json: t.Any = NOTHING, **more: t.Any) -> None:
        self.request("GET", path, json=json, **more)

    def put(self, path: str, json: t.Any = NOTHING, **more: t.Any) -> None:
        self.request("PUT", path, json=json, **more)

    def post(self, path: str, json: t.Any = NOTHING, **more: t.Any) -> None:
        self.request("POST", path, json=json, **more)

    def delete(self, path: str, json: t.Any = NOTHING, **more: t.Any) -> None:
        self.request("DELETE", path, json=json, **more)

    def serve(
        self,
        method: str,
        path: str,
        answer: t.Callable[[t.Any], t.Any],
        *,
        host: str = HOST,
        login: str | None = basic(),
    ) -> None:
        """Any number of these requests, at any time.

        :param answer: gives status, headers and body, or an exception to raise
        """
        registry = t.cast(StrictOrder, self._mock.get_registry())
        url = f"https://{host}:443/api/v3.1{path}"
        registry.served.append(
            responses.CallbackResponse(
                method,
                url,
                answer,
                content_type=None,
                match=[headers_are({"Authorization": login})],
            )
        )

    # -- answers that come up again and again ---------------------------------------------------

    def error(
        self, method: str, path: str, status: int, code: str, message: str = "no", **more: t.Any
    ) -> None:
        """The manager's own JSON for an error."""
        body = {"message": message, "error_code": code, "server_traceback": "Traceback (most ..."}
        self.request(method, path, status=status, json=body, **more)

    def page(self, method: str, path: str, status: int, **more: t.Any) -> None:
        """What nginx answers by itself: HTML."""
        body = PAGE.format(title=f"{status} {REASONS.get(status, 'Error')}")
        self.request(method, path, status=status, body=body, content_type="text/html", **more)

    def broken(self, method: str, path: str, error: Exception, **more: t.Any) -> None:
        """No HTTP answer at all. C(error) is one of those below."""
        self.request(method, path, body=error, **more)

    def version(self, version: str = "7.0.5", edition: str = "premium", **more: t.Any) -> None:
        self.get("/version", {"version": version, "edition": edition}, **more)

    def listed(self, path: str, items: t.Sequence[t.Any], **more: t.Any) -> None:
        """A whole list on one page."""
        pagination = {"total": len(items), "size": 1000, "offset": 0}
        query = {"_size": 1000, "_offset": 0, **more.pop("query", {})}
        answer = {"items": list(items), "metadata": {"pagination": pagination}}
        self.get(path, answer, query=query, **more)

    # -- the module's side ------------------------------------------------------------------------

    def run(self, name: str, /, **options: t.Any) -> dict[str, t.Any]:
        """Run a module with the account; the conversation has to be over by then."""
        said = self._run(name, **{**ACCOUNT, **options})
        self.finish()
        return said

    def finish(self) -> None:
        registry = t.cast(StrictOrder, self._mock.get_registry())
        left = [f"{each.method} {each.url}" for each in registry.registered]
        wrong, registry.wrong = registry.wrong, []
        registry.reset()
        assert not wrong, f"requests that were not due: {wrong}"
        assert not left, f"requests that were never made: {left}"


# -- what requests raises when there is no answer ----------------------------------------------


def refused() -> Exception:
    reason = urllib3.exceptions.NewConnectionError(
        t.cast(t.Any, None), "Failed to establish a new connection: [Errno 111] Connection refused"
    )
    return _wrapped(reason)


def no_connection() -> Exception:
    return requests.exceptions.ConnectTimeout(
        urllib3.exceptions.ConnectTimeoutError(None, "Connection timed out. (timeout=5.0)")
    )


def no_answer() -> Exception:
    return requests.exceptions.ReadTimeout(
        urllib3.exceptions.ReadTimeoutError(t.cast(t.Any, None), "", "Read timed out.")
    )


def closed() -> Exception:
    gone = RemoteDisconnected("Remote end closed connection without response")
    return requests.exceptions.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", gone)
    )


def untrusted() -> Exception:
    text = (
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "self-signed certificate in certificate chain (_ssl.c:1006)"
    )
    failure = ssl.SSLCertVerificationError(1, text)
    failure.reason = "CERTIFICATE_VERIFY_FAILED"  # as the ssl module does
    inner = urllib3.exceptions.SSLError(failure)
    return requests.exceptions.SSLError(
        urllib3.exceptions.MaxRetryError(t.cast(t.Any, None), "/", inner)
    )


def _wrapped(reason: Exception) -> Exception:
    return requests.exceptions.ConnectionError(
        urllib3.exceptions.MaxRetryError(t.cast(t.Any, None), "/", reason)
    )
