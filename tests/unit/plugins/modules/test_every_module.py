# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for each module that talks to a manager."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins import module_utils
from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _module

PLUGINS = pathlib.Path(t.cast(t.Any, module_utils).__path__[0]).parent
FILES = sorted((PLUGINS / "modules").glob("[!_]*.py"))
WITH_MANAGER = [path.stem for path in FILES if "create_manager_module" in path.read_text()]


@pytest.mark.parametrize("name", WITH_MANAGER)
def test_without_an_address_it_says_what_is_missing(name: str, run_module: t.Any) -> None:
    said = run_module(name)
    assert said["failed"]
    assert "manager_hosts" in said["msg"]


@pytest.mark.parametrize("name", WITH_MANAGER)
def test_without_requests_it_says_so(
    name: str, run_module: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_module, "REQUESTS_IMPORT_ERROR", "Traceback")
    needed = {"id": "s", "src": "/s", "dest": "/d", "path": "/p", "state": "activated"}
    accepted = {key: value for key, value in needed.items() if takes(name, key)}
    said = run_module(name, manager_hosts=["127.0.0.1"], username="u", password="p", **accepted)
    assert said["failed"]
    assert "(requests)" in said["msg"]


def takes(name: str, option: str) -> bool:
    text = (PLUGINS / "modules" / f"{name}.py").read_text()
    return f'"{option}": {{' in text and (option != "state" or '"activated"' in text)
