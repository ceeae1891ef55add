# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What probe.sh prints, as data; and what of it is no word of the host's."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._probe import parse


def coded(value: t.Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.b64encode(text.encode()).decode()


def test_a_leader() -> None:
    found = parse(
        "\n".join(
            [
                f"patroni primary 200 {coded({'role': 'master'})}",
                f"patroni cluster 200 {coded({'members': [{'host': '10.0.0.1'}]})}",
                "sql role leader",
                "sql write ok",
                "sql count public.items 12",
                "sql count a b 3",
            ]
        )
    )
    assert found["broker"] is None
    database = found["database"]
    assert database["primary"] == {"code": 200, "body": {"role": "master"}}
    assert database["cluster"]["body"]["members"] == [{"host": "10.0.0.1"}]
    assert (database["role"], database["write"], database["error"]) == ("leader", "ok", "")
    assert database["counts"] == {"public.items": 12, "a b": 3}
    assert not database["single"]


def test_brokers() -> None:
    found = parse(
        "broker known [rabbit@h1,'rabbit@h2.lab.test']\nbroker running [rabbit@h1]\n"
        "broker partitions []"
    )
    assert found["database"] is None
    assert found["broker"] == {
        "known": ["rabbit@h1", "rabbit@h2.lab.test"],
        "running": ["rabbit@h1"],
        "partitions": "",
        "error": "",
    }


def test_a_partition_is_told_as_it_is() -> None:
    found = parse("broker partitions ['rabbit@h2']")
    assert found["broker"]["partitions"] == "['rabbit@h2']"


def test_a_lone_broker_has_no_peers() -> None:
    assert parse("broker running []")["broker"]["running"] == []


def test_a_single_database() -> None:
    found = parse("database single")["database"]
    assert found["single"] and found["error"] == "" and found["role"] is None


@pytest.mark.parametrize(
    "text", ["", "\n\n", "Last login: today", "sudo: a password is required", "databases are fine"]
)
def test_noise_is_nobodys_word(text: str) -> None:
    """Else a host with neither would count as one that answers."""
    assert parse(text) == {"database": None, "broker": None}


@pytest.mark.parametrize("line", ["sql error", "sql error ", f"sql error {coded(' ')}"])
def test_an_error_without_words_is_one(line: str) -> None:
    assert parse(line)["database"]["error"] == "it says nothing"


def test_a_broker_s_error_without_words_is_one() -> None:
    assert parse("broker error ")["broker"]["error"] == "it says nothing"


def test_a_write_without_words_failed() -> None:
    assert parse("sql write ")["database"]["write"] == "it says nothing"


def test_errors_are_one_line() -> None:
    found = parse(f"sql error {coded('FATAL:  no' + chr(10) + 'DETAIL: x')}")
    assert found["database"]["error"] == "FATAL: no DETAIL: x"


def test_what_is_not_coded_is_told_as_it_is() -> None:
    assert parse("sql error plain words!")["database"]["error"] == "plain words!"
    assert parse("sql error nöt äscii")["database"]["error"] == "nöt äscii"


@pytest.mark.parametrize(
    ("line", "code", "body"),
    [
        ("patroni primary  ", 0, None),
        ("patroni primary", 0, None),
        ("patroni primary 000 ", 0, None),
        ("patroni primary curl: e30=", 0, {}),
        ("patroni primary 200 !!!", 200, None),
        (f"patroni primary 200 {coded('<html>')}", 200, None),
        (f"patroni primary 200 {coded([1])}", 200, None),
        (f"patroni primary 200 {coded('null')}", 200, None),
    ],
)
def test_nonsense_of_patroni(line: str, code: int, body: t.Any) -> None:
    assert parse(line)["database"]["primary"] == {"code": code, "body": body}


@pytest.mark.parametrize("line", ["sql role", "sql role maybe", "sql role "])
def test_a_role_that_is_none(line: str) -> None:
    assert parse(line)["database"]["role"] is None


def test_a_number_that_is_none() -> None:
    assert parse("sql count items many")["database"]["counts"] == {"items": 0}


def test_rows_of_a_manager_that_has_its_own_database() -> None:
    """It is in no tier of its own, and says nothing of one."""
    found = parse("rows count events 12\nrows count items 3\n")
    assert found["rows"] == {"counts": {"events": 12, "items": 3}, "error": ""}
    assert found["database"] is None and found["broker"] is None
    assert parse("rows error cHNxbDogbm8=\n")["rows"] == {"counts": {}, "error": "psql: no"}
    assert "rows" not in parse("")
