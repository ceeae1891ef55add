# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for each module that talks to a manager."""

from __future__ import annotations

import importlib
import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.cloudify_ha.recovery.plugins import modules
from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _module

FILES = sorted(pathlib.Path(modules.__path__[0]).glob("[!_]*.py"))
# What is required only together with others, or in their place.
MORE = {
    "cluster_member": {"host_ip": "x"},
    "recovery_set": {"id": "x"},
    "snapshot_upload": {"src": "/x"},
}
WITH_MANAGER = [path.stem for path in FILES if "create_manager_module" in path.read_text()]


@pytest.mark.parametrize("name", WITH_MANAGER)
def test_without_an_address_it_says_what_is_missing(name: str, run_module: t.Any) -> None:
    said = run_module(name, **required(name))
    assert said["failed"]
    assert said["msg"].endswith(("missing: manager_hosts", "arguments: manager_hosts"))


@pytest.mark.parametrize("name", WITH_MANAGER)
def test_without_requests_it_says_so(
    name: str, run_module: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_module, "REQUESTS_IMPORT_ERROR", "Traceback")
    account = {"manager_hosts": "127.0.0.1", "username": "u", "password": "p"}
    said = run_module(name, **account, **required(name))
    assert said["failed"]
    assert "(requests)" in said["msg"]


def required(name: str) -> dict[str, t.Any]:
    """The least that the module takes besides the connection, from its documentation."""
    module = importlib.import_module(f"{modules.__name__}.{name}")
    options = yaml.safe_load(module.DOCUMENTATION).get("options", {})
    needed = {
        key: option.get("choices", ["x"])[0]
        for key, option in options.items()
        if option.get("required")
    }
    return {**needed, **MORE.get(name, {})}
