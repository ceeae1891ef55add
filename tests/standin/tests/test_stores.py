# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both stores answer alike; what only the shared one has to stand comes after."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.sqlite_store import SqliteStore
from standin.state import Query, Store, StoreBlocked, StoreUnavailable
from standin.tests.postgres import Postgres

ITEMS = [
    {"key": "b", "size": 10, "on": True, "visibility": "tenant", "note": "Two words"},
    {"key": "a", "size": 9, "on": False, "visibility": "global", "note": None},
    {"key": "c", "on": True, "visibility": "tenant", "list": [1, {"x": "é"}]},
]


def shared(postgres: Postgres, *, node: str = "h1", fresh: bool = True, **more: Any) -> Store:
    from standin.cluster import database
    from standin.cluster.pgstore import PostgresStore

    if fresh:
        database.drop_database(postgres.database, postgres.admin)
        database.create_database(postgres.database, postgres.admin, schema_revision="r")
    return PostgresStore(postgres.database, node=node, timeout=more.pop("timeout", 2.0), **more)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        made: Store = SqliteStore(tmp_path / "state.sqlite")
    else:
        made = shared(request.getfixturevalue("postgres"))
    yield made
    made.close()


@pytest.fixture
def filled(store: Store) -> Store:
    store.add("secrets", "t1", ITEMS)
    store.add("secrets", "t2", {"key": "d", "size": 1, "visibility": "private"})
    return store


def keys(found: tuple[list[dict[str, Any]], int]) -> list[str]:
    return [i["key"] for i in found[0]]


def test_named_values(store: Store) -> None:
    assert store.meta("x") is None
    assert store.meta("x", 3) == 3
    for value in ({"a": [1, None, "é"]}, 0, False, None, "text"):
        store.set_meta("x", value)
        assert store.meta("x", "default") == value


def test_rows_come_back_as_they_were_in_the_order_of_their_coming(filled: Store) -> None:
    assert filled.all("secrets", "t1") == ITEMS
    assert [i["key"] for i in filled.all("secrets")] == ["b", "a", "c", "d"]
    assert filled.kinds() == ["secrets"]


def test_a_tenant_sees_its_own_and_what_is_global(filled: Store) -> None:
    assert filled.get("secrets", "a", "t2") == ITEMS[1]
    assert filled.get("secrets", "b", "t2") is None
    assert filled.get("secrets", "b") == ITEMS[0]
    assert keys(filled.query(Query("secrets", tenant="t2"))) == ["a", "d"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query("secrets", filters={"on": ["true"]}), ["b", "c"]),
        (Query("secrets", filters={"on": ["False"]}), ["a"]),
        (Query("secrets", filters={"on": [True, False]}), ["b", "a", "c"]),
        (Query("secrets", filters={"size": ["9", "1"]}), ["a", "d"]),
        (Query("secrets", filters={"key": ["a"], "on": ["true"]}), []),
        (Query("secrets", filters={"note": ["None"]}), []),
        (Query("secrets", search={"note": "TWO w"}), ["b"]),
        (Query("secrets", search={"key": "%"}), []),
        (Query("secrets", sort=[("key", False)]), ["a", "b", "c", "d"]),
        (Query("secrets", sort=[("key", True)]), ["d", "c", "b", "a"]),
        # as text, and what has none first
        (Query("secrets", sort=[("size", False)]), ["c", "d", "b", "a"]),
        (Query("secrets", sort=[("size", True)]), ["a", "b", "d", "c"]),
        (Query("secrets", sort=[("on", False), ("key", True)]), ["d", "a", "c", "b"]),
        (Query("secrets", between=("key", "b", "c")), ["b", "c"]),
        (Query("secrets", between=("key", "b", None)), ["b", "c", "d"]),
    ],
)
def test_queries(filled: Store, query: Query, expected: list[str]) -> None:
    found = filled.query(query)
    assert keys(found) == expected
    assert found[1] == len(expected)


def test_pages(filled: Store) -> None:
    query = Query("secrets", sort=[("key", False)], size=2, offset=1)
    assert keys(filled.query(query)) == ["b", "c"]
    assert filled.query(query)[1] == 4
    assert filled.query(Query("secrets", size=0)) == ([], 4)
    assert filled.count("secrets", "t1") == 3


def test_groups(filled: Store) -> None:
    by_visibility = {row[0]: row[1] for row in filled.group("secrets", ["visibility"], None)}
    assert by_visibility == {"tenant": 2, "global": 1, "private": 1}
    assert sorted(filled.group("secrets", ["visibility", "key"], "t2")) == [
        ["global", "a", 1],
        ["private", "d", 1],
    ]
    assert [None, 3] in filled.group("secrets", ["note"], None)


def test_updates(filled: Store) -> None:
    changed = filled.update("secrets", "b", size=None, new=[1])
    assert changed == {**ITEMS[0], "size": None, "new": [1]}
    assert filled.get("secrets", "b") == changed
    assert filled.update("secrets", "b", "t2", size=1) is None
    filled.update("secrets", "b", visibility="global")
    assert filled.get("secrets", "b", "t2")
    filled.update("secrets", "b", key="z")
    assert filled.get("secrets", "b") is None
    assert filled.get("secrets", "z")
    assert filled.where("secrets", key=["z", "a"]) == [
        filled.get("secrets", "z"),
        filled.get("secrets", "a"),
    ]


def test_deletes(filled: Store) -> None:
    assert filled.delete("secrets", "b", "t2") == 0
    assert filled.delete("secrets", "b") == 1
    assert filled.delete("secrets", tenant="t1") == 2
    filled.add("sites", "t", {"name": "s"})
    filled.clear(["secrets"])
    assert filled.kinds() == ["sites"]


def test_what_fails_in_a_transaction_leaves_nothing(filled: Store) -> None:
    with pytest.raises(KeyError), filled.transaction():
        filled.add("sites", "t", {"name": "s"})
        with filled.transaction():
            filled.delete("secrets")
        assert filled.count("secrets") == 0
        raise KeyError
    assert filled.count("secrets") == 4
    assert filled.kinds() == ["secrets"]


def test_the_queue(store: Store) -> None:
    for name in ("e1", "e2", "e3"):
        store.push(name)
    store.unqueue("e2")
    assert [store.pop(), store.pop(), store.pop()] == ["e1", "e3", None]
    store.push("e4")
    store.clear_queue()
    assert store.pop() is None


def test_many_rows_at_once(store: Store) -> None:
    store.add("secrets", "t", ({"key": f"k{n:05}"} for n in range(2000)))
    assert store.count("secrets") == 2000
    assert store.all("secrets")[-1] == {"key": "k01999"}


def test_transactions_follow_one_another(store: Store) -> None:
    """Whoever reads, thinks and writes in one is not overtaken."""
    store.set_meta("n", 0)

    def count() -> None:
        for _turn in range(20):
            with store.transaction():
                store.set_meta("n", store.meta("n") + 1)

    threads = [threading.Thread(target=count) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.meta("n") == 80


def test_a_single_write_waits_for_a_transaction(store: Store) -> None:
    store.set_meta("x", 1)
    writer = threading.Thread(target=store.set_meta, args=("x", 2))
    with store.transaction():
        writer.start()
        writer.join(timeout=0.3)
        assert store.meta("x") == 1
        store.set_meta("y", store.meta("x"))
    writer.join()
    assert (store.meta("x"), store.meta("y")) == (2, 1)


# -- the shared one
def test_two_managers_do_not_overtake_each_other(postgres: Postgres) -> None:
    stores = [shared(postgres), shared(postgres, node="h2", fresh=False)]
    stores[0].set_meta("n", 0)

    def count(store: Store) -> None:
        for _turn in range(30):
            with store.transaction():
                store.set_meta("n", store.meta("n") + 1)

    threads = [threading.Thread(target=count, args=(s,)) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].meta("n") == 60
    for store in stores:
        store.close()


def test_each_manager_has_a_queue_of_its_own(postgres: Postgres) -> None:
    one, other = shared(postgres), shared(postgres, node="h2", fresh=False)
    one.push("e1")
    assert other.pop() is None
    assert one.pop() == "e1"


def test_a_write_that_no_standby_confirms_is_given_up_and_counts_later(postgres: Postgres) -> None:
    store = shared(postgres, timeout=1.0)
    store.set_meta("x", 1)
    postgres.set(synchronous_standby_names="nobody")
    try:
        _until_it_blocks(store)
        # reading goes on
        assert store.meta("x") == 1
    finally:
        postgres.set(synchronous_standby_names="")
    _until(lambda: _wrote(store))
    assert store.meta("probe") is not None
    store.close()


def _until_it_blocks(store: Store) -> None:
    # the server takes a moment to read its settings
    for turn in range(100):
        try:
            store.set_meta("probe", turn)
        except StoreBlocked:
            return
    raise AssertionError("no write was held up")


def _wrote(store: Store) -> bool:
    with contextlib.suppress(StoreUnavailable):
        store.set_meta("x", 2)
        return True
    return False


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_database_that_is_gone_is_said_to_be_and_found_again(postgres: Postgres) -> None:
    store = shared(postgres)
    store.set_meta("x", 1)
    postgres.stop()
    try:
        for _turn in range(3):
            with pytest.raises(StoreUnavailable):
                store.meta("x")
        with pytest.raises(StoreUnavailable), store.transaction():
            store.set_meta("x", 2)
    finally:
        postgres.start()
    assert store.meta("x") == 1
    store.set_meta("x", 3)
    assert store.meta("x") == 3
    store.close()


def test_a_database_that_dies_in_a_transaction(postgres: Postgres) -> None:
    store = shared(postgres)
    store.set_meta("x", 1)
    try:
        with pytest.raises(StoreUnavailable), store.transaction():
            store.set_meta("x", 2)
            postgres.stop()
            store.meta("x")
    finally:
        postgres.start()
    assert store.meta("x") == 1
    with store.transaction():
        store.set_meta("x", 3)
    assert store.meta("x") == 3
    store.close()


@pytest.fixture
def read_only(postgres: Postgres) -> Iterator[Callable[[], None]]:
    """The server takes no writes for a while, as a standby; what is given ends that."""

    def heal() -> None:
        postgres.ask("ALTER SYSTEM RESET default_transaction_read_only")
        postgres.ask("SELECT pg_reload_conf()")

    shared(postgres).close()
    postgres.set(default_transaction_read_only="on")
    _until(lambda: postgres.ask("SHOW default_transaction_read_only") == "on")
    yield heal
    heal()
    _until(lambda: postgres.ask("SHOW default_transaction_read_only") == "off")


def test_a_host_that_takes_no_writes_will_not_do(
    postgres: Postgres, read_only: Callable[[], None]
) -> None:
    store = shared(postgres, fresh=False)
    with pytest.raises(StoreUnavailable, match="read-only"):
        store.kinds()
    store.close()


def test_newer_versions_wait_for_the_new_primary_inside_the_request(
    postgres: Postgres, read_only: Callable[[], None]
) -> None:
    store = shared(postgres, fresh=False, failover_tries=40, timeout=10.0)
    soon = threading.Timer(0.7, read_only)
    soon.start()
    store.kinds()
    soon.join()
    store.close()


def test_no_connection_outlives_its_configuration(postgres: Postgres) -> None:
    store = shared(postgres)
    with store.transaction():
        store.set_meta("x", 1)
        store.reconfigure({**postgres.database, "hosts": ["127.0.0.77"]})  # type: ignore[attr-defined]
    with pytest.raises(StoreUnavailable):
        store.meta("x")
    store.reconfigure(postgres.database)  # type: ignore[attr-defined]
    assert store.meta("x") == 1
    store.close()


def test_hosts_are_asked_in_turn_and_the_right_one_first_from_then_on(postgres: Postgres) -> None:
    from standin.cluster import database
    from standin.cluster.postgres import Pool

    shared(postgres).close()
    settings = {**postgres.database, "hosts": ["127.0.0.77", "127.0.0.78", "127.0.0.1"]}
    assert database.managers(settings) == []
    pool = Pool(settings, timeout=2.0, failover_tries=1)
    connection = pool.take()
    assert connection.info.host == "127.0.0.1"
    assert pool.hosts() == ["127.0.0.1", "127.0.0.77", "127.0.0.78"]
    pool.give(connection)
    pool.close()
