# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a shell sees of a bad input: the exit code, the last words, and no secret however verbose."""

from __future__ import annotations

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
