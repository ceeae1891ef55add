# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster told last, in a file."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import time
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _remembered
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._remembered import (
    in_words,
    remember,
    remembered,
    seconds_since,
)

NODE = {
    "hostname": "h1",
    "private_ip": "10.0.0.1",
    "public_ip": "10.0.0.1",
    "version": "7.0.5",
    "tiers": ["manager"],
    "status": {"manager": "OK"},
    "active": False,
    "broken": False,
}


@pytest.fixture
def file(tmp_path: pathlib.Path) -> str:
    return str(tmp_path / "nodes")


def test_what_is_kept_comes_back(file: str) -> None:
    remember(file, [NODE], managers=["b", "a"])
    nodes, told_at = remembered(file, managers=["a", "new"])
    assert nodes == [NODE] and seconds_since(told_at) < 60
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    remember(file, [NODE, NODE], managers=["a"])
    assert len(remembered(file, managers=["a"])[0]) == 2
    assert os.listdir(os.path.dirname(file)) == ["nodes"]


def test_a_write_that_breaks_leaves_what_was_there(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(file, [NODE], managers=["a"])

    def full(*_any: t.Any, **_more: t.Any) -> None:
        raise OSError(28, "No space left on device")

    for name in ("fsync", "rename"):
        with monkeypatch.context() as patched:
            patched.setattr(_remembered.os, name, full)
            with pytest.raises(OSError, match="No space"):
                remember(file, [NODE, NODE], managers=["a"])
        assert remembered(file, managers=["a"])[0] == [NODE]
        assert os.listdir(os.path.dirname(file)) == ["nodes"]


def test_another_cluster_s_is_neither_used_nor_replaced(file: str) -> None:
    remember(file, [NODE], managers=["a", "b"])
    told = (
        f"{file} cannot be used: it is of other managers (a, b). Set remembered to another file, or "
        "remove this one."
    )
    for act in (
        lambda: remembered(file, managers=["c"]),
        lambda: remember(file, [], managers=["c"]),
    ):
        with pytest.raises(RecoveryError) as error:
            act()
        assert str(error.value) == told
    assert remembered(file, managers=["a"])[0] == [NODE]


def changed(**changes: t.Any) -> str:
    whole = {"kind": _remembered.KIND, "format": 1, "told_at": "2026-11-22T10:00:00Z"}
    return json.dumps({**whole, "managers": ["a"], "nodes": [NODE], **changes})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is damaged"),
        ("\0\xff", "it is damaged"),
        ("[1]", "it does not hold nodes of a Cloudify cluster"),
        ("all:\n  hosts: {}\n", "it is damaged"),
        (changed(kind="else"), "it does not hold nodes of a Cloudify cluster"),
        (changed(format=2), "it has the format 2, not 1"),
        (changed(nodes=[]), "there is no list of nodes"),
        (
            changed(nodes=[{**NODE, "private_ip": "{{ x }}"}]),
            "'{{ x }}' is no name, address or version",
        ),
        (changed(told_at="yesterday"), "it is damaged"),
        (changed(told_at=3), "it is damaged"),
        (changed(managers=[1]), "it does not say whom it was asked of"),
        (changed(managers=None), "it is damaged"),
    ],
)
def test_what_is_no_such_file_is_neither_used_nor_replaced(file: str, text: str, why: str) -> None:
    pathlib.Path(file).write_text(text, encoding="latin-1")
    for act in (
        lambda: remembered(file, managers=["a"]),
        lambda: remember(file, [], managers=["a"]),
    ):
        with pytest.raises(RecoveryError) as error:
            act()
        assert str(error.value).startswith(f"{file} cannot be used: {why}. Set remembered to ")
    assert pathlib.Path(file).read_text(encoding="latin-1") == text


def test_nothing_is_there(file: str) -> None:
    with pytest.raises(FileNotFoundError):
        remembered(file, managers=["a"])
    with pytest.raises(FileNotFoundError):
        remember(f"{file}/deeper", [NODE], managers=["a"])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (61, "1 minute 1 second"),
        (3600, "1 hour"),
        (3605, "1 hour"),
        (7325, "2 hours 2 minutes"),
        (86400 * 3 + 3600 * 2 + 5, "3 days 2 hours"),
    ],
)
def test_an_age_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


def test_a_clock_that_went_back_makes_nothing_negative() -> None:
    assert seconds_since(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 9999))) == 0
