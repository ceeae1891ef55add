# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Run a restore: ask for it, follow it through the outages it causes, and tidy up a refusal."""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import dataclass, replace
from functools import partial

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._changing import changing
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    DEFAULT_TENANT,
    END_STATES,
    RESTORE_WORKFLOW,
    CloudifyClient,
    Json,
    says_running,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ConnectionFailed,
    NotFound,
    RecoveryError,
    Refused,
    Unauthorized,
    Unavailable,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    Connection,
    ManagerHttp,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import (
    EVERY_STATE,
    UNREADABLE,
    describe_executions,
    execution_status,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker, wait_for

T = t.TypeVar("T")

#: Between two tries of the other password, so that wrong ones do not lock the account; seconds.
PASSWORD_INTERVAL = 3.0

#: How long an execution may be absent from a manager that answers before it counts as lost.
ABSENT_FOR = 60.0

ABSENT = "absent"

#: Seconds for another manager to say whether its restore flag is set, and how long one that
#: does not say is left alone.
FLAG_CONNECT, FLAG_ANSWER, FLAG_PAUSE = 1.0, 2.0, 60.0


class LoginLost(RecoveryError):
    """The manager has been restored, or not: it refuses every password that is known."""


class Passwords:
    """The password from before the restore, and the one that comes with the snapshot."""

    def __init__(
        self,
        client: CloudifyClient,
        *,
        current: str | None,
        restored: str | None,
        token: bool = False,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        """:param token: it is a token that is used now; one does not outlive most restores"""
        self._client = client
        self._known = [None, restored or current] if token else [current, restored]
        if self._known[1] in (None, self._known[0]):
            del self._known[1]
        self._position = 0
        self._clock = clock
        self._changed = clock()
        self._refused_since: float | None = None

    @property
    def switched(self) -> bool:
        return self._position == 1

    def refused_for(self) -> float:
        """Seconds since the first refusal after the last success; 0 while there was none."""
        return 0.0 if self._refused_since is None else self._clock() - self._refused_since

    def accepted(self) -> None:
        self._refused_since = None

    def refused(self) -> None:
        """A 401 came: turn to the other password, but not too often."""
        now = self._clock()
        if self._refused_since is None:
            self._refused_since = now
        if len(self._known) == 2 and now - self._changed >= PASSWORD_INTERVAL:
            self._position = 1 - self._position
            self._changed = now
            password = self._known[self._position]
            self._client.http.login(password=password, token=password is None)


class RestoreFlag:
    """The restore flag of all managers. It is a file on the one whose worker runs the restore, which
    need not be the one that was asked for it.

    :ivar where: who said last that it is set
    """

    def __init__(
        self, client: CloudifyClient, *, clock: t.Callable[[], float] = time.monotonic
    ) -> None:
        self.where = "the manager"
        self._client = client
        self._clock = clock
        self._others: dict[str, CloudifyClient] = {}
        self._left_alone: dict[str, float] = {}

    def is_set(self, *, retry: bool = True) -> bool | None:
        """None before 5.0.5, which has no such thing. Other managers are asked once, and one that
        does not answer says nothing.

        :raises RecoveryError: when the client's own manager does not say
        """
        own = self._client.restore_is_running(retry=retry)
        if own:
            self.where = "the manager"
        if own is not False:
            return own
        http = self._client.http
        return any(self._is_set_on(host) for host in http.connection.hosts if host != http.host)

    def _is_set_on(self, host: str) -> bool:
        if self._clock() < self._left_alone.get(host, 0.0):
            return False
        try:
            found = bool(self._other(host).restore_is_running(retry=False))
        except RecoveryError:
            self._left_alone[host] = self._clock() + FLAG_PAUSE
            return False
        if found:
            self.where = f"the manager {host}"
        return found

    def _other(self, host: str) -> CloudifyClient:
        """It is told without a login, and one that has become wrong would lock the account."""
        if host not in self._others:
            http = _without_login(self._client.http.connection, host)
            self._others[host] = CloudifyClient(http, self._client.capabilities())
        return self._others[host]


def _without_login(connection: Connection, host: str) -> ManagerHttp:
    http = ManagerHttp(
        replace(
            connection,
            hosts=[host],
            token=None,
            tenant=DEFAULT_TENANT,
            connect_timeout=FLAG_CONNECT,
            request_timeout=FLAG_ANSWER,
        )
    )
    # neither the account nor one of ~/.netrc
    http.session.auth = lambda request: request
    return http


@contextlib.contextmanager
def refused_while_restoring(client: CloudifyClient) -> t.Iterator[None]:
    """A login that is refused in here may be right: where a manager says that a restore is
    running, that is told with it. It says so for ever after one that has died, and then the
    password may just be the snapshot's."""
    try:
        yield
    except Unauthorized as exc:
        connection = client.http.connection
        for host in connection.hosts:
            if _restores_for_all_to_see(connection, host):
                exc.message += (
                    f"; the manager {host} says that a restore is running, and while one is, "
                    "correct passwords are refused too"
                )
                exc.hint = (
                    "Wait for its end, and run this again. Where none is running, a failed one has "
                    "left its flag behind; playbook diagnose says what to do about that. "
                    f"{exc.hint}"
                )
                break
        raise


def _restores_for_all_to_see(connection: Connection, host: str) -> bool:
    """False where that is not told, as before 5.0.5."""
    try:
        answer = _without_login(connection, host).json(
            "GET",
            "/snapshot-status",
            doing="read the restore's status",
            retry=False,
            needs={"status": str},
        )
    except RecoveryError:
        return False
    return says_running(answer)


@dataclass
class Seen:
    """One look at a running restore.

    :ivar execution: its status; ABSENT, UNREADABLE, or None when no answer could be had
    :ivar flag: whether the manager says that a restore is running; None when it does not say
    :ivar trouble: what kept the manager from answering
    """

    execution: str | None = None
    error: str = ""
    flag: bool | None = None
    trouble: str = ""

    def __str__(self) -> str:
        if self.trouble:
            return self.trouble
        flag = {True: ", restore flag set", False: ", restore flag clear", None: ""}[self.flag]
        return f"execution {self.execution}{flag}"


@dataclass
class Outcome:
    """How the restore's execution ended, as far as it could be followed."""

    execution_id: str
    execution: str | None
    error: str
    flag_stuck: bool
    outages: int
    flag_at: str = "the manager"


class RestoreWatch:
    """Polls the execution and the flag, and takes 401, 404, 5xx and HTML for what they are:
    the manager replacing itself."""

    def __init__(
        self,
        client: CloudifyClient,
        *,
        execution_id: str,
        passwords: Passwords,
        ticker: Ticker,
        flag_timeout: float,
        tenant: str,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        """:param tenant: the one that the restore was asked for in"""
        self._client = client
        self._execution_id = execution_id
        self._tenant = tenant
        self._passwords = passwords
        self._ticker = ticker
        self._flag_timeout = flag_timeout
        self._clock = clock
        self._flag = RestoreFlag(client, clock=clock)
        self._last = Seen()
        self._flag_was_set = False
        self._ended_at: float | None = None
        self._at_rest_since: float | None = None
        self._absent_since: float | None = None
        self._flag_stuck = False
        self._outages = 0

    def follow(self) -> Outcome:
        """:raises WaitTimeout: with what was seen last"""
        seen = wait_for(
            fetch=self._look,
            done=self._done,
            describe=str,
            waiting_for="the restore",
            ticker=self._ticker,
            hint=(
                f"It goes on without this module; look at execution {self._execution_id}. If the "
                "manager went down meanwhile it never ends, and only the action kill removes it"
            ),
        )
        known = seen.execution if seen.execution in END_STATES else None
        return Outcome(
            self._execution_id,
            known,
            seen.error,
            self._flag_stuck,
            self._outages,
            self._flag.where,
        )

    def _look(self) -> Seen:
        try:
            seen = self._read_execution()
            seen.flag = self._flag.is_set(retry=False)
        except Unauthorized:
            seen = self._refused()
        except (Unavailable, ConnectionFailed, NotFound) as exc:
            seen = Seen(trouble=f"no usable answer ({exc.message})")
        except ApiError as exc:
            if not exc.passing and exc.status != 403:
                raise
            refused = exc.status == 403 or not self._login_is_valid()
            seen = self._refused() if refused else Seen(trouble=f"no usable answer ({exc.message})")
        else:
            self._passwords.accepted()
        if seen.trouble and not self._last.trouble:
            self._outages += 1
        self._last = seen
        return seen

    def _refused(self) -> Seen:
        """Correct credentials are refused for some seconds of a restore. Once it is over, or no
        flag tells, a refusal that lasts is the answer to a password that is no longer valid.

        :raises LoginLost: then
        """
        self._passwords.refused()
        refused = self._passwords.refused_for()
        if refused >= self._flag_timeout and not self._flag_without_login():
            raise LoginLost(
                f"the manager has refused the login for {refused:.0f} s, so what the restore came "
                "to cannot be seen",
                hint=(
                    "The password is probably the one that the snapshot brought: log in with it, "
                    "and give it as restored_password the next time "
                    "(playbook restore: apply_snapshot_restored_password)"
                ),
            )
        return Seen(trouble=f"the manager has refused the login for {refused:.0f} s")

    def _login_is_valid(self) -> bool:
        """In maintenance mode, credentials that the manager does not know can make it answer 500
        to whoever asks for the bypass; the version is told there without it."""
        try:
            self._client.version(retry=False)
        except Unauthorized:
            return False
        except RecoveryError:
            pass  # no answer to the question
        return True

    def _flag_without_login(self) -> bool | None:
        """snapshot-status wants no login. None where it cannot be read either."""
        try:
            return self._flag.is_set(retry=False)
        except (ApiError, ConnectionFailed):
            return None

    def _read_execution(self) -> Seen:
        try:
            execution = self._execution()
        except NotFound as exc:
            if exc.code is None:
                raise
            return Seen(execution=ABSENT)
        except ApiError as exc:
            if exc.code != "maintenance_mode_active":
                raise
            return Seen(execution=UNREADABLE)
        return Seen(execution=execution["status"], error=execution.get("error") or "")

    def _execution(self) -> Json:
        """A restore in legacy format moves its own execution to the default tenant."""
        try:
            return self._client.execution(self._execution_id, retry=False)
        except NotFound as exc:
            if exc.code is None or self._tenant == self._client.http.connection.tenant:
                raise
        return self._client.execution(self._execution_id, retry=False, tenant=self._tenant)

    def _done(self, seen: Seen) -> bool:
        if seen.trouble:
            self._at_rest_since = None
            return False
        self._flag_was_set = self._flag_was_set or bool(seen.flag)
        if seen.execution in END_STATES:
            return self._ended(seen)
        if seen.execution == UNREADABLE:
            return self._flag_was_set and seen.flag is False
        if seen.execution == ABSENT and not seen.flag:
            self._absent_since = self._absent_since or self._clock()
            return self._clock() - self._absent_since >= ABSENT_FOR
        self._absent_since = None
        return False

    def _ended(self, seen: Seen) -> bool:
        """The flag clears a little before (new format) or some seconds after (legacy) the end;
        after a damaged archive it stays for ever."""
        self._ended_at = self._ended_at or self._clock()
        if not seen.flag:
            return seen.execution != "terminated" or self._is_at_rest()
        self._flag_stuck = self._clock() - self._ended_at >= self._flag_timeout
        return self._flag_stuck

    def _is_at_rest(self) -> bool:
        """Without trouble, as a refused login is too, for as long as this version needs."""
        self._at_rest_since = self._at_rest_since or self._clock()
        grace = self._client.capabilities().restore_grace
        return self._clock() - self._at_rest_since >= grace


class MayHaveBegun(RecoveryError):
    """The answer to the request was lost, and no execution tells whether it was carried out."""


def start(
    client: CloudifyClient,
    snapshot_id: str,
    body: Json,
    *,
    ticker: Ticker,
    passwords: Passwords,
    settle: t.Callable[[], Ticker],
) -> str:
    """POST it. Returns the execution's id.

    A restore that is refused leaves a pending execution that never runs and blocks everything;
    it is killed here. One whose answer was lost is looked for.

    :param settle: begins to count down how long it is looked for
    :raises Refused: naming what is in the way
    :raises MayHaveBegun: when it cannot be told whether the manager restores
    """
    before = {item["id"] for item in _restores(client)}
    try:
        with changing({}):
            return client.restore_snapshot(snapshot_id, body)
    except RecoveryError as exc:
        if exc.details.get("changed"):
            # what is asked from now on is true of all tenants, and this one may be gone
            client.http.as_tenant(DEFAULT_TENANT)
            return _begun_all_the_same(
                client, snapshot_id, exc, before=before, passwords=passwords, ticker=settle()
            )
        if not isinstance(exc, ApiError) or exc.code != "existing_running_execution_error":
            raise
        raise _refused(client, snapshot_id, exc, before=before, ticker=ticker) from exc


def _refused(
    client: CloudifyClient,
    snapshot_id: str,
    refusal: ApiError,
    *,
    before: t.Collection[str],
    ticker: Ticker,
) -> Refused:
    """Kills what the refusal has left behind."""
    left = [
        item
        for item in client.executions(statuses=("pending",), workflow_id=RESTORE_WORKFLOW)
        if item["id"] not in before
        and (item.get("parameters") or {}).get("snapshot_id") == snapshot_id
    ]
    for item in left:
        client.cancel_execution(item["id"], action="kill")
        wait_for(
            fetch=partial(execution_status, client, item["id"]),
            done=lambda status: status in END_STATES,
            describe=str,
            waiting_for=f"the end of the refused restore {item['id']}",
            ticker=ticker,
        )
    others = client.active_executions()
    return Refused(
        f"Cannot restore snapshot {snapshot_id} while executions are active: "
        f"{describe_executions(others) or refusal.server_message}",
        hint="Wait for them to end; the execution that this refusal left behind has been killed",
        status=refusal.status,
        error_code=refusal.code,
        killed_executions=[item["id"] for item in left],
    )


def _restores(client: CloudifyClient) -> list[Json]:
    return client.executions(statuses=EVERY_STATE, workflow_id=RESTORE_WORKFLOW)


def _begun_all_the_same(
    client: CloudifyClient,
    snapshot_id: str,
    lost: RecoveryError,
    *,
    before: t.Collection[str],
    passwords: Passwords,
    ticker: Ticker,
) -> str:
    """The execution of a request whose answer was lost.

    :raises RecoveryError: C(lost) itself, where the manager has said that it failed, and there is
        none
    :raises MayHaveBegun: when there is none yet; the manager may still be about to make it
    """

    def look() -> str | None:
        new = [
            item
            for item in _restores(client)
            if item["id"] not in before
            # a restore in legacy format leaves its own execution without parameters
            and (item.get("parameters") or {}).get("snapshot_id") in (snapshot_id, None)
        ]
        newest = max(new, key=lambda item: str(item.get("created_at")), default=None)
        return newest["id"] if newest else None

    why = "there is no execution of it"
    try:
        while True:
            found = settled(look, passwords=passwords, ticker=ticker)
            if found:
                return found
            if isinstance(lost, ApiError) and lost.code:
                raise lost
            ticker.tell("the restore whose answer was lost", why)
            if not ticker.pause():
                break
    except RecoveryError as exc:
        if exc is lost:
            raise
        why = exc.message
    raise MayHaveBegun(
        f"{lost.message}; whether the manager restores cannot be told ({why})",
        hint=lost.hint or "Look for an execution of restore_snapshot before trying again",
        **lost.details,
    ) from lost


def settled(
    action: t.Callable[[], T],
    *,
    passwords: Passwords,
    ticker: Ticker,
) -> T:
    """Do it once the manager has come to rest: meanwhile 401, 403, 5xx, HTML and silence are
    repeated.

    :raises RecoveryError: the last error, when the manager does not come to rest in time
    """
    while True:
        error: RecoveryError
        try:
            return action()
        except ApiError as exc:
            if exc.status in (401, 403):
                passwords.refused()
            elif not exc.passing:
                raise
            error = exc
        except ConnectionFailed as exc:
            error = exc
        ticker.tell("the manager to come to rest", error.message)
        if not ticker.pause():
            raise error


__all__ = (
    "LoginLost",
    "MayHaveBegun",
    "Outcome",
    "Passwords",
    "RestoreFlag",
    "RestoreWatch",
    "refused_while_restoring",
    "settled",
    "start",
)
