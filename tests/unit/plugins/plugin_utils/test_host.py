# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._host import (
    of_version,
    parse,
    ssh_trouble,
    why_unreachable,
)


def said(text: str, **more: t.Any) -> dict[str, t.Any]:
    return {"asked": True, "reachable": True, "error": "", "text": text, **more}


@pytest.mark.parametrize("nothing", [None, {}, "", {"asked": False}, []])
def test_who_was_not_asked(nothing: t.Any) -> None:
    assert parse(nothing) == {"asked": False}


def test_who_does_not_answer() -> None:
    found = parse({"asked": True, "reachable": False, "error": "no answer by ssh within 3 s"})
    assert found["reachable"] is False and found["error"] == "no answer by ssh within 3 s"
    assert found["services"] == {} and found["restore_flag"] is None and found["clock"] is None


def test_lines_that_are_torn_or_somebody_elses() -> None:
    found = parse(
        said(
            "sudo: something\nclock x\nclock\nservice nginx\nservice nginx dancing\ndisk 1 2\n"
            "certificate a\nrestore_flag perhaps\nreaches h2\nconsul leader !!\npostgres x leader\n"
            "disk 0 4096 0 0 0 0 /proc\nreaches h3 no"
        )
    )
    assert found["reaches"] == {"h3": False}
    assert (found["services"], found["disks"], found["certificates"]) == ({}, [], [])
    assert (found["clock"], found["consul"], found["postgres"]) == (None, None, None)


@pytest.mark.parametrize(
    ("clocks", "skew"),
    [
        ("clock 101.0\nclock 102.0", 0.0),
        # somewhere in the 5 s in which it can have run
        ("clock 201.0\nclock 202.0", 99.0),
        ("clock 41.0\nclock 42.0", -61.0),
        ("clock 201.0", 98.5),
    ],
)
def test_the_clock(clocks: str, skew: float) -> None:
    found = parse(said(clocks, began=100.0, ended=105.0))
    assert found["skew"] == skew
    assert found["clock"] == float(clocks.split()[1])


def test_without_our_own_clock_there_is_no_skew() -> None:
    assert parse(said("clock 5"))["skew"] is None


def test_a_file_system_is_told_once() -> None:
    lines = "disk a 4096 100 50 10 5 /\ndisk a 4096 100 50 10 5 /var/log\ndisk b 4096 100 0 10 5 /x"
    found = parse(said(lines))
    assert [(d["path"], d["free"]) for d in found["disks"]] == [("/", 50 * 4096), ("/x", 0)]
    assert set(found["disks"][0]) == {"path", "size", "free", "inodes", "inodes_free"}


def test_a_certificate() -> None:
    line = "certificate Nov__2_16:40:21_2026_GMT unknown no unknown /etc/a b.pem"
    assert parse(said(line))["certificates"] == [
        {
            "path": "/etc/a b.pem",
            "not_before": 1793637621,
            "not_after": None,
            "issuer_is_ca": False,
            "key_matches": None,
        }
    ]


def test_a_service_that_is_unit_and_program() -> None:
    lines = (
        "service nginx active\nservice nginx inactive\nservice etcd inactive\nservice etcd active"
    )
    assert parse(said(lines))["services"] == {"nginx": "active", "etcd": "active"}


# -- which services a version has ----------------------------------------------------------------


def host(**services: str) -> dict[str, t.Any]:
    return {"reachable": True, "services": {k.replace("_", "-"): v for k, v in services.items()}}


def test_what_should_be_there_is_missing() -> None:
    found = of_version(host(nginx="active"), facts=facts_of("7.0.5"), tiers=["manager"])
    assert found["services"] == {
        "cloudify-mgmtworker": "missing",
        "cloudify-restservice": "missing",
        "nginx": "active",
    }


def test_one_or_the_other() -> None:
    there = {"reachable": True, "services": {"postgresql-14": "inactive", "etcd": "failed"}}
    there["services"]["patroni"] = "active"  # type: ignore[index]
    found = of_version(there, facts=facts_of("7.0.5"), tiers=["database"])
    assert found["services"] == {"etcd": "failed", "patroni": "active"}
    single = {"reachable": True, "services": {"postgresql-14": "active"}}
    found = of_version(single, facts=facts_of("7.0.5"), tiers=["database"])
    assert found["services"] == {"postgresql-14": "active"}


def test_a_replica_of_4_rests() -> None:
    there = host(
        nginx="active",
        cloudify_restservice="active",
        cloudify_mgmtworker="inactive",
        cloudify_rabbitmq="inactive",
        cloudify_stage="failed",
    )
    found = of_version(there, facts=facts_of("4.5.5"), tiers=["manager"])
    assert found["services"] == {
        "nginx": "active",
        "cloudify-restservice": "active",
        "cloudify-stage": "failed",
    }


@pytest.mark.parametrize("nothing", [{"asked": False}, {"reachable": True, "services": {}}])
def test_what_is_not_told_is_not_missing(nothing: dict[str, t.Any]) -> None:
    assert of_version(nothing, facts=facts_of("7.0.5"), tiers=["manager"]) == nothing


# -- why ssh failed --------------------------------------------------------------------------------

#: What ssh says of a fresh host in the place of one that it knows.
CHANGED = (
    "Failed to connect to the host via ssh: @@@@@@@\r\n"
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"
    "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\n"
    "Offending ED25519 key in /root/.ssh/known_hosts:1\r\n"
    "Host key verification failed."
)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (
            "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.1 port 22: "
            "Connection timed out",
            "no answer by ssh within 3 s",
        ),
        ("ssh: connect to host h1 port 22: Connection refused\r\n", "it refuses ssh"),
        (
            "Failed to connect to the host via ssh: Warning: x\nops@h1: Permission denied (publickey).",
            "ssh does not let us in: permission denied",
        ),
        (CHANGED, "its host key is another one than ssh knows"),
        ("Failed to connect to the host via ssh: kex: strange thing", "kex: strange thing"),
        ("", "ssh failed and does not say why"),
    ],
)
def test_why(message: str, why: str) -> None:
    assert why_unreachable(message, seconds=3) == why


@pytest.mark.parametrize(
    ("message", "trouble"),
    [
        (CHANGED, "ssh-keygen -R h1, then ssh-keyscan h1 >> ~/.ssh/known_hosts"),
        ("Host key verification failed.", "ssh-keyscan h1 >> ~/.ssh/known_hosts"),
        ("ops@h1: Permission denied (publickey).", "permission denied (see ansible_user"),
        ("Could not resolve hostname h1", "its name is not known (see ansible_host)"),
        ("Missing sudo password", "nobody becomes root there: Missing sudo password"),
        ("Incorrect doas password", "Incorrect doas password"),
        ("/bin/sh ended with 1: sudo: a password is required", "sudo: a password is required"),
    ],
)
def test_what_a_host_that_is_up_is_kept_away_by(message: str, trouble: str) -> None:
    assert trouble in ssh_trouble(message, host="h1", port=22)


def test_known_hosts_name_another_port() -> None:
    changed = "ssh-keygen -R '[h1]:2222', then ssh-keyscan -p 2222 h1 >> ~/.ssh/known_hosts"
    assert ssh_trouble(CHANGED, host="h1", port=2222).endswith(changed)
    unknown = ssh_trouble("Host key verification failed.", host="h1", port=2222)
    assert unknown.endswith(": ssh-keyscan -p 2222 h1 >> ~/.ssh/known_hosts")


@pytest.mark.parametrize(
    "message",
    [
        *("", "Connection refused", "timed out", "No route to host", "Network is unreachable"),
        # a proxy in between says no more of one that is off
        *("Connection closed by UNKNOWN port 65535", "Connection reset by 10.0.0.1 port 22"),
        *("kex: strange thing", "/bin/sh ended with 1: no message"),
    ],
)
def test_a_host_that_is_not_there_yet_is_no_trouble_of_ssh(message: str) -> None:
    assert ssh_trouble(message, host="h1") == ""
