# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""probe.sh, with programs that are missing, hang, or talk nonsense; what it prints is read as the filter reads it."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._probe import parse
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.scripts.stub_host import StubHost

PATRONI = """\
restapi:
  listen: 10.0.0.1:8008
  connect_address: 10.0.0.1:8008
bootstrap:
  dcs:
    postgresql:
      parameters: {}
postgresql:
  listen: 10.0.0.1:5432
  connect_address: ADDRESS
  authentication:
    replication:
      password: other
    superuser:
      username: postgres
      password: 'it is secret'
"""
CURL = """case "$*" in
*/primary) printf '{"role": "master"}\\n200' ;;
*/cluster) printf '{"members": []}\\n200' ;;
*:2379/health*) echo '{"health": "true"}' ;;
*) printf '{"timeline": 3}\\n200' ;;
esac"""
PSQL = """case "$*" in
*recovery*) echo ANSWER ;;
*relname*) echo 'sql count items 12'; echo 'WARNING: noise' ;;
esac"""
RABBIT = """printf 'known [rabbit@h1,rabbit@h2]\\nrunning [rabbit@h1]\\npartitions []\\nok\\n'"""


@pytest.fixture
def host(tmp_path: pathlib.Path) -> StubHost:
    """On which all is well."""
    found = StubHost(tmp_path)
    found.program("curl", CURL)
    found.program("psql", PSQL.replace("ANSWER", "f"))
    found.program("ss", "echo 'LISTEN 0 128 *:5671 *:*'")
    found.program("rabbitmqctl", RABBIT)
    (tmp_path / "patroni.conf").write_text(PATRONI.replace("ADDRESS", "10.0.0.1:5432"))
    return found


def probe(
    host: StubHost,
    *tiers: str,
    write: str = "yes",
    limit: str = "8",
    patience: str = "30",
    **replaced: str,
) -> dict[str, t.Any]:
    done = host.run(
        "check_health/files/probe.sh",
        *(write, *(tiers or ("database", "broker"))),
        behind=("check_health/files/patroni.sh",),
        patroni_conf=str(host.place / "patroni.conf"),
        limit=limit,
        patience=patience,
        **replaced,
    )
    assert done.returncode == 0
    return parse(done.stdout)


def hurried(host: StubHost, seconds: str, *tiers: str) -> dict[str, t.Any]:
    done = host.run(
        "check_health/files/probe.sh",
        *("yes", seconds, *tiers),
        behind=("check_health/files/patroni.sh",),
        patroni_conf=str(host.place / "patroni.conf"),
    )
    return parse(done.stdout)


# -- all is well -------------------------------------------------------------------------------------


def test_a_leader_and_its_broker(host: StubHost) -> None:
    found = probe(host)
    database, broker = found["database"], found["broker"]
    assert database["primary"] == {"code": 200, "body": {"role": "master"}}
    assert database["patroni"]["body"] == {"timeline": 3}
    assert database["cluster"]["body"] == {"members": []}
    assert (database["role"], database["write"], database["error"]) == ("leader", "ok", "")
    assert database["address"] == "10.0.0.1"
    assert database["counts"] == {"items": 12} and database["etcd"] is True
    assert broker["known"] == ["rabbit@h1", "rabbit@h2"] and broker["running"] == ["rabbit@h1"]


def test_the_password_is_that_of_the_superuser(host: StubHost) -> None:
    host.program("psql", f'echo "$PGPASSWORD" > {host.place}/password; echo f')
    probe(host)
    assert (host.place / "password").read_text() == "it is secret\n"


def test_each_is_asked_for_what_it_is(host: StubHost) -> None:
    assert probe(host, "database")["broker"] is None
    assert probe(host, "broker")["database"] is None
    assert [call for call in host.calls if call.startswith("curl")] != []


def test_a_replica_is_not_written_to(host: StubHost) -> None:
    host.program("psql", PSQL.replace("ANSWER", "t"))
    database = probe(host)["database"]
    assert (database["role"], database["write"]) == ("replica", None)
    assert not any("cloudify_ha_check" in call for call in host.calls)


def test_nothing_is_written_when_that_is_not_wanted(host: StubHost) -> None:
    assert probe(host, write="no")["database"]["write"] is None
    assert not any("cloudify_ha_check" in call for call in host.calls)


def test_a_database_without_patroni(host: StubHost) -> None:
    (host.place / "patroni.conf").unlink()
    assert probe(host)["database"]["single"]


def test_ipv6_has_brackets_for_curl_alone(host: StubHost) -> None:
    text = PATRONI.replace("ADDRESS", "'[fd00::1]:5432'").replace(
        "10.0.0.1:8008", "'[fd00::1]:8008'"
    )
    (host.place / "patroni.conf").write_text(text)
    assert probe(host)["database"]["error"] == ""
    assert any("host=fd00::1 port=5432 " in call for call in host.calls)
    assert any("https://[fd00::1]:8008/primary" in call for call in host.calls)


# -- the database is not well ------------------------------------------------------------------------


def test_a_database_that_hangs(host: StubHost) -> None:
    host.program("psql", "exec sleep 60")
    found = probe(host, "database", limit="1")["database"]
    assert found["error"] == "no answer within 1 s" and found["role"] is None


def test_a_database_that_refuses(host: StubHost) -> None:
    host.program("psql", "echo 'psql: error: FATAL:  shutting down' >&2; exit 2")
    found = probe(host, "database")["database"]
    assert found["error"] == "psql: error: FATAL: shutting down"
    assert found["primary"]["code"] == 200


def test_no_psql(host: StubHost) -> None:
    host.without("psql")
    found = probe(host, "database")["database"]
    assert found["error"] and found["role"] is None


@pytest.mark.parametrize("answer", ["", "maybe", "NOTICE: hello"])
def test_an_answer_that_is_none_is_no_role(answer: str, host: StubHost) -> None:
    host.program("psql", PSQL.replace("ANSWER", f"'{answer}'"))
    assert probe(host, "database")["database"]["role"] is None


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'WARNING: canceling wait' >&2", "WARNING: canceling wait"),
        ("exit 2", "no answer"),
        ("exec sleep 60", "no answer"),
        ("echo ERROR: disk full; exit 3", "ERROR: disk full"),
    ],
)
def test_a_write_that_is_not_acknowledged(script: str, words: str, host: StubHost) -> None:
    """Even one that ends well, with a warning: it is on one host alone."""
    body = PSQL.replace("ANSWER", "f").replace("esac", f"*cloudify_ha_check*) {script} ;;\nesac")
    host.program("psql", body)
    assert probe(host, "database", limit="1")["database"]["write"] == words


def test_patroni_that_does_not_answer(host: StubHost) -> None:
    host.program("curl", "printf '\\n000'; exit 7")
    found = probe(host, "database")["database"]
    assert found["primary"] == found["cluster"] == {"code": 0, "body": None}
    assert found["role"] == "leader"


def test_no_curl(host: StubHost) -> None:
    host.without("curl")
    found = probe(host, "database")["database"]
    assert found["primary"] == {"code": 0, "body": None} and found["role"] == "leader"


def test_patroni_that_talks_nonsense(host: StubHost) -> None:
    host.program("curl", "printf '<html>\\n<body>502</body>\\n502'")
    assert probe(host, "database")["database"]["primary"] == {"code": 502, "body": None}


# -- the broker is not well --------------------------------------------------------------------------


def test_a_broker_that_does_not_listen_is_not_waited_for(host: StubHost) -> None:
    host.program("ss", "echo 'LISTEN 0 128 *:56710 *:*'")
    assert "down, or paused" in probe(host, "broker")["broker"]["error"]
    assert not any(call.startswith("rabbitmqctl") for call in host.calls)


def test_no_ss(host: StubHost) -> None:
    host.without("ss")
    assert probe(host, "broker")["broker"]["running"] == ["rabbit@h1"]


def test_a_broker_that_hangs(host: StubHost) -> None:
    host.program("rabbitmqctl", "exec sleep 60")
    assert probe(host, "broker", patience="1")["broker"]["error"] == "no answer within 1 s"


def test_no_rabbitmqctl(host: StubHost) -> None:
    host.without("rabbitmqctl")
    assert probe(host, "broker")["broker"]["error"] == "rabbitmqctl cannot be run, or was killed"


def test_long_names(host: StubHost) -> None:
    host.program("rabbitmqctl", f'case "$*" in *--longnames*) {RABBIT} ;; *) exit 69 ;; esac')
    assert probe(host, "broker")["broker"]["running"] == ["rabbit@h1"]


@pytest.mark.parametrize(("output", "words"), [("echo; echo 'Error: no'", "Error: no"), ("", "")])
def test_a_broker_that_says_why(output: str, words: str, host: StubHost) -> None:
    host.program("rabbitmqctl", f"{output}\nexit 69")
    assert probe(host, "broker")["broker"]["error"] == (words or "no answer")


def test_a_broker_that_talks_nonsense_has_told_nothing(host: StubHost) -> None:
    host.program("rabbitmqctl", "echo 'all is well'")
    assert probe(host, "broker")["broker"] is None


# -- by Erlang itself --------------------------------------------------------------------------------

#: It is called as rabbitmqctl is not: with the node's name in what it is to do.
ERLANG = "echo 'known [rabbit@h1]'; echo 'running [rabbit@h1]'; echo 'partitions []'"


@pytest.fixture
def erlang(host: StubHost) -> t.Callable[..., dict[str, t.Any]]:
    home = host.place / "rabbit"
    home.mkdir()
    (home / ".erlang.cookie").write_text("secret")
    host.program("erl", ERLANG)
    host.program("hostname", "echo h1")
    host.program("rabbitmqctl", RABBIT.replace("h1", "other"))
    places = {"rabbit_home": str(home), "rabbit_env": str(host.place / "rabbit.conf")}
    return lambda **more: probe(host, "broker", **places, **more)["broker"]


def asked(host: StubHost) -> str:
    return next((call for call in host.calls if call.startswith("erl ")), "")


def test_erlang_tells_what_rabbitmqctl_would(
    host: StubHost, erlang: t.Callable[..., dict[str, t.Any]]
) -> None:
    assert erlang() == {
        "known": ["rabbit@h1"],
        "running": ["rabbit@h1"],
        "partitions": "",
        "error": "",
    }
    assert " -sname cloudify_ha_" in asked(host) and "'rabbit@h1'" in "\n".join(host.calls)
    assert not any(call.startswith("rabbitmqctl") for call in host.calls)
    assert "secret" not in "\n".join(host.calls)


@pytest.mark.parametrize(
    ("setting", "kind", "node"),
    [
        ("NODENAME=broker@h2", "-sname", "broker@h2"),
        ("NODENAME='rabbit@h2.example.com'\n", "-name", "rabbit@h2.example.com"),
        ('# NODENAME=old@h9\nRABBITMQ_NODENAME="rabbit@10.0.0.5"', "-name", "rabbit@10.0.0.5"),
    ],
)
def test_the_node_is_called_as_it_is_set(
    setting: str,
    kind: str,
    node: str,
    host: StubHost,
    erlang: t.Callable[..., dict[str, t.Any]],
) -> None:
    (host.place / "rabbit.conf").write_text(setting)
    erlang()
    assert f" {kind} cloudify_ha_" in asked(host) and f"@{node.partition('@')[2]} " in asked(host)
    assert f"'{node}'" in "\n".join(host.calls)


@pytest.mark.parametrize("why", ["refused", "no cookie", "no Erlang", "strange name"])
def test_what_erlang_cannot_tell_rabbitmqctl_does(
    why: str, host: StubHost, erlang: t.Callable[..., dict[str, t.Any]]
) -> None:
    if why == "refused":
        host.program("erl", "exit 1")
    elif why == "no cookie":
        (host.place / "rabbit" / ".erlang.cookie").unlink()
    elif why == "no Erlang":
        host.without("erl")
    else:
        (host.place / "rabbit.conf").write_text("NODENAME=rabbit@$(hostname)")
    assert erlang()["running"] == ["rabbit@other"]
    assert bool(asked(host)) == (why == "refused")


def test_an_erlang_that_hangs_is_not_asked_twice(
    host: StubHost, erlang: t.Callable[..., dict[str, t.Any]]
) -> None:
    host.program("erl", "exec sleep 60")
    assert erlang(patience="1")["error"] == "no answer within 1 s"
    assert not any(call.startswith("rabbitmqctl") for call in host.calls)


# -- etcd --------------------------------------------------------------------------------------------


def test_an_etcd_without_a_quorum(host: StubHost) -> None:
    host.program("curl", CURL.replace('"true"', '"false"'))
    assert probe(host, "database")["database"]["etcd"] is False
    host.program("curl", CURL.replace('echo \'{"health": "true"}\'', "exit 28"))
    assert probe(host, "database")["database"]["etcd"] is False


def test_of_ipv6_curl_gets_the_brackets(host: StubHost) -> None:
    (host.place / "patroni.conf").write_text(PATRONI.replace("ADDRESS", "'[fd00::1]:5432'"))
    assert probe(host, "database")["database"]["etcd"] is True
    assert any("https://[fd00::1]:2379/health" in call for call in host.calls)
    assert any("host=fd00::1 port=5432" in call for call in host.calls)


# -- in a hurry --------------------------------------------------------------------------------------


def test_all_questions_together_have_so_many_seconds(host: StubHost) -> None:
    """And not each: whoever asked has a deadline of his own."""
    host.program(
        "psql",
        'case "$*" in *recovery*) sleep 2; echo f ;; *) sleep 60 ;; esac',
    )
    began = time.monotonic()
    database = hurried(host, "3", "database")["database"]
    assert time.monotonic() - began < 5
    # a write for which there was hardly any time is no write that is blocked
    assert (database["role"], database["write"], database["counts"]) == ("leader", None, {})


def test_in_a_hurry_all_is_asked_where_all_answer(host: StubHost) -> None:
    found = hurried(host, "3", "database", "broker")
    assert (found["database"]["write"], found["database"]["counts"]) == ("ok", {"items": 12})
    assert found["broker"]["running"] == ["rabbit@h1"]


def test_a_broker_that_hangs_has_no_more_than_that(host: StubHost) -> None:
    host.program("rabbitmqctl", "sleep 60")
    began = time.monotonic()
    assert hurried(host, "1", "broker")["broker"]["error"] == "no answer within 1 s"
    assert time.monotonic() - began < 4


# -- a manager before 5.0, with a database of its own ------------------------------------------------


@pytest.fixture
def member(host: StubHost) -> StubHost:
    """Of a cluster of managers."""
    (host.place / "member").touch()
    host.program("runuser", 'shift 3; exec "$@"')
    return host


def rows(host: StubHost, limit: str = "8") -> t.Any:
    return probe(host, "manager", limit=limit, member=str(host.place / "member")).get("rows")


def test_rows_of_a_member_are_counted(member: StubHost) -> None:
    assert rows(member) == {"counts": {"items": 12}, "error": ""}
    (asked,) = (call for call in member.calls if call.startswith("runuser "))
    assert "-u postgres -- " in asked and " -p 15432 " in asked and "dbname=cloudify_db" in asked


def test_the_manager_of_no_cluster_is_not_asked(member: StubHost) -> None:
    (member.place / "member").unlink()
    assert rows(member) is None and member.calls == []


def test_a_database_of_a_member_that_does_not_answer(member: StubHost) -> None:
    member.program("psql", "echo 'psql: could not connect' >&2; exit 2")
    assert rows(member) == {"counts": {}, "error": "psql: could not connect"}
    member.program("psql", "exec sleep 60")
    assert rows(member, limit="1") == {"counts": {}, "error": "no answer within 1 s"}
    member.without("psql")
    assert rows(member)["error"]
    member.program("psql", "true")
    assert rows(member)["error"] == "it has no tables"
