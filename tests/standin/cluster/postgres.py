# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to whichever host of the database tier is the primary.

psycopg2 is imported here and nowhere else, and only by those who share a database.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from standin.state import StoreBlocked, StoreUnavailable

Settings = Mapping[str, Any]

MOST = 16
PING_AFTER = 0.5
WATCH_EVERY = 0.25
# what a server says that is there and is no primary, or not yet
NOT_PRIMARY = ("read-only", "starting up", "shutting down", "recovery")
# a client whose host has lost power must not hold a lock for hours
SERVER_OPTIONS = (
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 "
    "-c tcp_user_timeout=10000 -c idle_in_transaction_session_timeout=60000 -c client_min_messages=error"
)


class NotPrimary(StoreUnavailable):
    """Hosts of the tier answer, and none of them takes writes."""


def parameters(settings: Settings, **other: Any) -> dict[str, Any]:
    """What libpq is told; the host is left to the caller."""
    out: dict[str, Any] = {
        "dbname": settings.get("dbname") or "cloudify_db",
        "user": settings.get("user") or "cloudify",
        "password": settings.get("password"),
        "sslmode": settings.get("sslmode") or ("verify-ca" if settings.get("ca") else "prefer"),
        "sslrootcert": settings.get("ca"),
        "sslcert": settings.get("cert"),
        "sslkey": settings.get("key"),
        "connect_timeout": int(settings.get("connect_timeout") or 3),
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10000,
        "target_session_attrs": "read-write",
        "application_name": "cloudify-stand-in",
        **other,
    }
    return {k: v for k, v in out.items() if v is not None}


def connect_primary(settings: Settings, *, timeout: float = 0, **other: Any) -> Connection:
    """A connection to the first of the hosts that takes writes.

    They are tried here one after the other: libpq would stop at a standby that does not know the
    user yet.
    """
    options = SERVER_OPTIONS
    if timeout:
        options += f" -c statement_timeout={int(timeout * 1000)}"
    told = parameters(settings, options=options, **other)
    port = str(settings.get("port") or 5432)
    said = []
    for host in settings.get("hosts") or ["127.0.0.1"]:
        try:
            connection = psycopg2.connect(host=str(host), port=port, **told)
        except psycopg2.OperationalError as error:
            said.append(" ".join(str(error).split()))
            continue
        connection.autocommit = True
        return connection
    words = "; ".join(said)
    if any(sign in words for sign in NOT_PRIMARY):
        raise NotPrimary(words)
    raise StoreUnavailable(words)


class Deadlines:
    """Ends conversations that take too long.

    A write that waits for its synchronous standby cannot be timed out by the server: the wait
    comes after the statement. So the socket is shut under it, as nginx ends what waits behind it.
    """

    def __init__(self) -> None:
        self._open: dict[int, tuple[float, Connection]] = {}
        self._ended: set[int] = set()
        self._next = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        threading.Thread(target=self._watch, name="db-deadlines", daemon=True).start()

    def begin(self, connection: Connection, seconds: float) -> int:
        with self._lock:
            self._next += 1
            self._open[self._next] = (time.monotonic() + seconds, connection)
            return self._next

    def end(self, token: int) -> bool:
        """True when the conversation was ended for being late."""
        with self._lock:
            self._open.pop(token, None)
            late = token in self._ended
            self._ended.discard(token)
            return late

    def close(self) -> None:
        self._closing.set()

    def _watch(self) -> None:
        while not self._closing.wait(WATCH_EVERY):
            now = time.monotonic()
            with self._lock:
                for token, (deadline, connection) in list(self._open.items()):
                    if deadline < now:
                        del self._open[token]
                        self._ended.add(token)
                        _shut(connection)


def _shut(connection: Connection) -> None:
    try:
        end = socket.socket(fileno=os.dup(connection.fileno()))
    except (OSError, psycopg2.Error):
        return
    with end, contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


class Pool:
    """Connections that are kept; each is one thread's while it is out."""

    def __init__(self, settings: Settings, *, timeout: float, failover_tries: int) -> None:
        self._told = dict(settings)
        self._settings = dict(settings)
        self._tries = failover_tries
        self._idle: list[tuple[float, Connection]] = []
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST)
        self._closed = False
        self._generation = 0
        # of those that are out, and what they were opened by
        self._opened_by: dict[int, int] = {}
        self.timeout = timeout
        self.deadlines = Deadlines()

    def reconfigure(self, settings: Settings) -> None:
        with self._lock:
            if dict(settings) == self._told:
                return
            self._told = dict(settings)
            self._settings = dict(settings)
            self._generation += 1
        self._drop_idle()

    def hosts(self) -> list[str]:
        """In the order in which they will be asked."""
        return [str(h) for h in self._settings.get("hosts") or []]

    def take(self) -> Connection:
        if not self._room.acquire(timeout=self.timeout):
            raise StoreBlocked("all connections to the database wait for it")
        generation = self._generation
        try:
            connection = self._take()
        except BaseException:
            self._room.release()
            raise
        self._opened_by[id(connection)] = generation
        return connection

    def give(self, connection: Connection, *, broken: bool = False) -> None:
        self._room.release()
        old = self._opened_by.pop(id(connection), None) != self._generation
        if broken or old or self._closed or connection.closed:
            with contextlib.suppress(psycopg2.Error):
                connection.close()
            return
        with self._lock:
            self._idle.append((time.monotonic(), connection))

    def close(self) -> None:
        self._closed = True
        self.deadlines.close()
        self._drop_idle()

    def _drop_idle(self) -> None:
        with self._lock:
            dropped, self._idle = self._idle, []
        for _since, connection in dropped:
            with contextlib.suppress(psycopg2.Error):
                connection.close()

    def _take(self) -> Connection:
        while True:
            with self._lock:
                if not self._idle:
                    break
                since, connection = self._idle.pop()
            if time.monotonic() - since < PING_AFTER or self._answers(connection):
                return connection
            with contextlib.suppress(psycopg2.Error):
                connection.close()
        return self._connect()

    def _answers(self, connection: Connection) -> bool:
        """Whether it is alive and still at the primary."""
        token = self.deadlines.begin(connection, self.timeout)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                row = cursor.fetchone()
                return bool(row) and not row[0]
        except psycopg2.Error:
            return False
        finally:
            self.deadlines.end(token)

    def _connect(self) -> Connection:
        give_up = time.monotonic() + self.timeout
        attempt = 1
        while True:
            try:
                made = connect_primary(self._settings, timeout=self.timeout)
            except NotPrimary:
                # a failover is on its way: newer versions wait for it inside the request
                if attempt >= self._tries or time.monotonic() > give_up or self._closed:
                    raise
                attempt += 1
                time.sleep(min(1.0, self.timeout / 10))
                continue
            self._remember(made.info.host)
            return made

    def _remember(self, primary: str) -> None:
        """Where the primary was it is asked first; what was asked in vain before it comes last."""
        with self._lock:
            hosts = self.hosts()
            if primary in hosts:
                place = hosts.index(primary)
                self._settings["hosts"] = hosts[place:] + hosts[:place]


__all__ = ["Connection", "Deadlines", "NotPrimary", "Pool", "connect_primary", "parameters"]
