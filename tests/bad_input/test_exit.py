# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a shell sees of a bad input: the exit code, the last words, and no secret however verbose."""

from __future__ import annotations

import json
import sys

import pytest

from bad_input.batch import SECRETS, TOKEN, WRONG, Place, check_output

MODULE = "cloudify_ha.recovery.snapshot"
HERE = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}")


@pytest.mark.parametrize(
    ("secret", "says"),
    [({"PASSWORD": WRONG}, "Wrong credentials"), ({"TOKEN": TOKEN}, "Invalid token")],
    ids=["password", "token"],
)
def test_one_module(secret: dict[str, str], says: str, place: Place) -> None:
    account = {
        "MANAGER_HOSTS": f"127.0.0.1:{place.manager.port}",
        "USERNAME": "admin",
        "PASSWORD": place.manager.password,
        "CA_PATH": place.manager.ca,
        **secret,
    }
    env = {f"CLOUDIFY_{name}": value for name, value in account.items()}
    words = ("-m", MODULE, "-a", "id=new", *HERE)
    ended = place.ansible("ansible", "localhost", *words, **env)
    assert ended.code == 2
    assert says in ended.output and "Check username and password or token" in ended.output
    check_output(ended.output)
    verbose = place.ansible("ansible", "localhost", "-vvvv", *words, **env)
    assert verbose.code == 2
    assert [each for each in SECRETS if each in verbose.output] == []


@pytest.mark.parametrize(
    ("playbook", "more", "says"),
    [
        ("backup", {"cloudify_cluster_name": "a/b"}, "cluster 'a/b': it takes up to 200 letters"),
        ("backup", {"take_snapshot_id": "2026"}, "it has to begin with a letter"),
        ("restore", {"apply_snapshot_set": "unknown"}, "the store has no set unknown"),
        ("restore", {"cloudify_confirm": "staging"}, 'cloudify_confirm is "staging"'),
    ],
)
def test_a_playbook(playbook: str, more: dict[str, str], says: str, place: Place) -> None:
    given = {
        "cloudify_connection": place.variables["manager"],
        "cloudify_cluster_name": "production",
        "cloudify_store_dir": str(place.files / "store"),
        **more,
    }
    before, state, seen = place.traces(), place.manager.summary(), len(place.manager.requests())
    # In a file: on a command line, a list of processes would show the password.
    settings = place.root / "settings.json"
    settings.write_text(json.dumps(given))
    words = (f"cloudify_ha.recovery.{playbook}", "-e", f"@{settings}", *HERE)
    ended = place.ansible("ansible-playbook", *words)
    assert ended.code == 2
    lines = [line for line in ended.output.splitlines() if line.strip()]
    told = json.loads(next(x for x in reversed(lines) if "fatal: " in x).partition("=> ")[2])["msg"]
    assert told.startswith(f"{playbook.upper()} FAILED: cluster ")
    assert says in told
    check_output(ended.output)
    assert place.traces() == before
    assert place.manager.summary() == state
    asked = place.manager.requests()[seen:]
    assert [each for each in asked if each["method"] not in ("GET", "HEAD")] == []
