# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's environment, for a module on another host."""

from __future__ import annotations

import pathlib
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.cloudify_ha.recovery.plugins.action import run, snapshot_info
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _direct
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._environment import told

Json = dict[str, t.Any]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a credential of AWX sets it."""
    monkeypatch.setenv("CLOUDIFY_MANAGER_HOSTS", "m1,m2")
    monkeypatch.setenv("CLOUDIFY_USERNAME", "admin")
    monkeypatch.setenv("CLOUDIFY_PASSWORD", "pa55")
    monkeypatch.setenv("CLOUDIFY_TOKEN", "")
    monkeypatch.setenv("CLOUDIFY_CA_PATH", "")


class Host:
    """Another one, and what is brought there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: dict[str, str] = {}
        self.given: Json = {}
        monkeypatch.setattr(_direct.ProgressAction, "_execute_module", self._module)

    def _module(self, name: t.Any, args: t.Any, *rest: t.Any, **how: t.Any) -> Json:
        self.given = args
        return {}

    def run(
        self, cls: type, *, transport: str = "ssh", task: Json | None = None, **args: t.Any
    ) -> Json | None:
        made = t.cast("t.Any", object.__new__(cls))
        shell = types.SimpleNamespace(tmpdir=None, join_path=lambda *parts: "/".join(parts))
        made._connection = types.SimpleNamespace(transport=transport, become=None, _shell=shell)
        made._task = types.SimpleNamespace(
            action="the_module", args=args, check_mode=False, async_val=0, delegate_to=None
        )
        made._templar = types.SimpleNamespace(template=lambda text: text)
        made._compute_environment_string = lambda found: found.update(task or {})
        made._make_tmp_path = lambda: setattr(shell, "tmpdir", "/tmp/there")
        made._transfer_data = self.files.__setitem__
        made._fixup_perms2 = lambda paths: None
        made._execute_module(task_vars={"ansible_python_interpreter": "/usr/bin/python3"})
        return self.given


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def test_it_becomes_options(host: Host) -> None:
    assert host.run(snapshot_info.ActionModule) == {
        "manager_hosts": "m1,m2",
        "username": "admin",
        "password": "pa55",
    }


def test_what_the_task_says_comes_first(host: Host) -> None:
    given = host.run(
        snapshot_info.ActionModule,
        task={"CLOUDIFY_PASSWORD": "other"},
        manager_hosts=["m3"],
        username=None,
    )
    assert given == {"manager_hosts": ["m3"], "username": "admin"}


def test_a_module_that_asks_no_manager_gets_nothing(host: Host) -> None:
    assert host.run(run.ActionModule, store="/x") is None


def test_on_the_controller_itself_the_module_has_it_anyway(host: Host) -> None:
    assert host.run(snapshot_info.ActionModule, transport="local") is None


def test_the_file_of_the_ca_is_brought(
    host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").write_text("the CA")
    monkeypatch.setenv("CLOUDIFY_CA_PATH", str(tmp_path / "ca.pem"))
    given = host.run(snapshot_info.ActionModule)
    assert given and given["ca_path"] == "/tmp/there/cloudify_ca.pem"
    assert host.files == {"/tmp/there/cloudify_ca.pem": "the CA"}
    # one that the task names is on the host already
    given = host.run(snapshot_info.ActionModule, ca_path="/etc/ca.pem")
    assert given and given["ca_path"] == "/etc/ca.pem"


def test_a_file_that_is_not_there(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDIFY_CA_PATH", "/nowhere/ca.pem")
    with pytest.raises(
        AnsibleActionFail, match="Cannot read CLOUDIFY_CA_PATH /nowhere/ca.pem: No such"
    ):
        host.run(snapshot_info.ActionModule)


def test_an_empty_variable_is_none() -> None:
    assert "token" not in told({}, {}) and "ca_path" not in told({}, {})
