# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run here as Ansible runs them, in this process: options in, JSON out."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import typing as t

import pytest
from ansible.module_utils import basic

MODULES = "ansible_collections.cloudify_ha.recovery.plugins.modules"

RunModule = t.Callable[..., "dict[str, t.Any]"]


@contextlib.contextmanager
def module_args(args: dict[str, t.Any]) -> t.Iterator[None]:
    """ansible-core has its own way for this since 2.19, and demands it."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:
        before = basic._ANSIBLE_ARGS
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        try:
            yield
        finally:
            basic._ANSIBLE_ARGS = before
    else:
        with patch_module_args(args):
            yield


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunModule:
    """Call it with the module's name and options; it returns what the module answered."""

    def run(
        name: str, *, check: bool = False, diff: bool = False, **options: t.Any
    ) -> dict[str, t.Any]:
        given = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
        module = importlib.import_module(f"{MODULES}.{name}")
        capsys.readouterr()
        with module_args(given), pytest.raises(SystemExit) as ended:
            module.main()
        said = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == bool(said.get("failed"))
        return said

    monkeypatch.setattr(sys, "argv", ["module"])
    for name in [name for name in os.environ if name.startswith("CLOUDIFY_")]:
        monkeypatch.delenv(name)
    return run
