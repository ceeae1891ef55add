# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A page fits 80x24 whatever the diagnosis says, and its command can be copied."""

from __future__ import annotations

import random
import shlex
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._diagnosis_page import (
    HEIGHT,
    WIDTH,
    headline,
    page,
)

COMMAND = (
    "ansible-playbook cloudify_ha.recovery.replace_node -i /etc/cloudify/inventory.yml -e node=h3 "
    "-e cloudify_confirm=production"
)


def diagnosis(**more: t.Any) -> dict[str, t.Any]:
    return {
        "cluster": "production",
        "class": "node_down",
        "state": "degraded",
        "confidence": "high",
        "summary": "h3 is down; the others go on without it.",
        "nodes": ["h3"],
        "evidence": [
            {"who": "h1", "says": "h3 is not among the members of its Patroni"},
            {"who": "h2", "says": "cannot reach h3"},
        ],
        "safe": ["all acknowledged writes"],
        "first": ["Look whether the host is off.", "Boot it."],
        "runbook": "replace_node",
        "command": COMMAND,
        "destructive": True,
        "also": [],
        "ask": [],
        **more,
    }


def command_of(lines: list[str]) -> str:
    """As a shell would take what was copied."""
    at = next(i for i, line in enumerate(lines) if line.startswith("Then"))
    text = lines[at + 1]
    for line in lines[at + 2 :]:
        if not text.endswith("\\"):
            break
        text = text[:-1] + line
    return text


def fits(lines: list[str]) -> None:
    assert len(lines) <= HEIGHT, "\n".join(lines)
    assert max(map(len, lines)) <= WIDTH, "\n".join(lines)


def test_what_it_says() -> None:
    lines = page(diagnosis())
    fits(lines)
    text = "\n".join(lines)
    assert lines[0].startswith("Cluster production is DEGRADED")
    assert lines[0].endswith("node_down (high confidence)")
    assert "  h1         h3 is not among the members of its Patroni" in lines
    assert "Then, which destroys data:" in text and "  1. Look whether" in text
    assert text.endswith("More: docs/docsite/rst/diagnosis_node_down.rst")
    assert shlex.split(command_of(lines)) == shlex.split(COMMAND)


def test_what_there_is_not_has_no_title() -> None:
    text = "\n".join(page(diagnosis(command="", evidence=[], safe=[], first=[])))
    for title in ("Then", "Who says", "Safe", "Do first", "Also", "Not known"):
        assert title not in text


def test_a_harmless_command_is_not_called_destructive() -> None:
    assert "Then:" in page(diagnosis(destructive=False))


def test_much_is_cut_and_says_so() -> None:
    many = [{"who": f"node{n}", "says": f"{n} " + "word " * 60} for n in range(30)]
    words = ["several words " * 30 for _each in range(10)]
    also = [{"class": "x", "summary": "more " * 50} for _each in range(10)]
    lines = page(diagnosis(evidence=many, safe=words, first=words, also=also, ask=words))
    fits(lines)
    assert shlex.split(command_of(lines)) == shlex.split(COMMAND)
    assert any("more: -e cloudify_output=json tells all" in line for line in lines)
    assert any(line.startswith("  node0") for line in lines)


def test_who_says_the_same_is_told_together() -> None:
    told = [{"who": f"h{n}", "says": "does not reach h3"} for n in (1, 2, 1, 4, 5)]
    told.append({"who": "h2", "says": "sees h3 offline"})
    lines = page(diagnosis(evidence=told))
    assert "  h1, h2, h4, h5: does not reach h3" in lines
    assert "  h2         sees h3 offline" in lines


def test_an_option_stays_with_its_value_and_quotes_are_whole() -> None:
    command = COMMAND + """ -e '{"cloudify_dead": ["h1", "h2"]}' -e store=/var/lib/a"""
    lines = page(diagnosis(command=command))
    fits(lines)
    assert shlex.split(command_of(lines)) == shlex.split(command)
    assert not [line for line in lines if line.endswith("-e \\")]


def test_what_a_host_says_moves_no_cursor() -> None:
    evil = [{"who": "h1\x1b[2J", "says": "\x1b[31mred\r\nnext\x07 line"}]
    text = "\n".join(page(diagnosis(evidence=evil, summary="\x1b]0;title\x07")))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "\x1b" not in headline(diagnosis(summary="\x1b[1m"))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("healthy", "Cluster production is HEALTHY"),
        ("down", "Cluster production is DOWN"),
        ("unknown", "Cluster production: NOT ENOUGH IS KNOWN"),
    ],
)
def test_the_state(state: str, words: str) -> None:
    assert page(diagnosis(state=state))[0].startswith(words)


def test_a_cluster_without_a_name() -> None:
    assert page(diagnosis(cluster=""))[0].startswith("The cluster is DEGRADED")
    unknown = page(diagnosis(cluster="", state="unknown"))
    assert unknown[0].startswith("The cluster: NOT ENOUGH IS KNOWN")
    assert headline(diagnosis(cluster="")).startswith("DEGRADED: the cluster: h3 is down")


def test_a_long_name() -> None:
    fits(page(diagnosis(cluster="x" * 200, **{"class": "active_down_failover_running"})))


def test_parts_that_are_missing_or_strange() -> None:
    fits(page({}))
    fits(page({"state": "down", "evidence": None, "safe": None, "also": [{}], "first": [None]}))


@pytest.mark.parametrize("seed", range(60))
def test_any_diagnosis_fits(seed: int) -> None:
    chance = random.Random(seed)

    def text(most: int) -> str:
        letters = "".join(chance.choice("abc -'\"é…\n\t") for _each in range(most))
        return letters if chance.random() < 0.8 else "x" * most

    def some(most: int) -> int:
        return chance.randrange(most + 1)

    made = diagnosis(
        summary=text(some(600)),
        evidence=[{"who": text(some(30)), "says": text(some(300))} for _n in range(some(40))],
        safe=[text(some(200)) for _n in range(some(12))],
        first=[text(some(300)) for _n in range(some(12))],
        ask=[text(some(300)) for _n in range(some(6))],
        also=[{"summary": text(some(300))} for _n in range(some(9))],
    )
    lines = page(made)
    fits(lines)
    assert shlex.split(command_of(lines)) == shlex.split(COMMAND)
