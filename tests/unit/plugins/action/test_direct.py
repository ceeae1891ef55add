# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that is for the controller is run in the task's own process; others are run as ever."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import sys
import types
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins import modules
from ansible_collections.cloudify_ha.recovery.plugins.action import (
    node_files_info,
    run,
    snapshot_info,
    snapshot_upload,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _direct

Json = dict[str, t.Any]
PREFIX = "ansible_collections.cloudify_ha.recovery.plugins.action"
BY_THE_CONNECTION = ("long_command", "host_command", "host_file", "host_info")
#: All of these is the action.
WITHOUT_A_MODULE = ("host_answers", "set_status", "show_diagnosis")
RUN = "rebuild_cluster-20261122T030000Z"


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., Json]:
    monkeypatch.setattr(
        _direct.ProgressAction, "_execute_module", lambda self, *args, **how: {"by": "Ansible"}
    )

    def act_it(
        cls: type,
        *,
        transport: str = "local",
        python: str | None = None,
        environment: Json | None = None,
        task_vars: Json | None = None,
        async_val: int = 0,
        check: bool = False,
        become: t.Any = None,
        **args: t.Any,
    ) -> Json:
        made = t.cast("t.Any", object.__new__(cls))
        made._connection = types.SimpleNamespace(transport=transport, become=become)
        made._task = types.SimpleNamespace(
            action="the_module", args=args, check_mode=check, async_val=async_val, delegate_to=None
        )
        made._templar = types.SimpleNamespace(template=lambda text: text)
        made._compute_environment_string = lambda found: found.update(environment or {})
        task_vars = {"ansible_python_interpreter": python, **(task_vars or {})}
        done: Json = made._execute_module(task_vars=task_vars)
        return done

    return act_it


def test_every_module_has_such_an_action() -> None:
    files = pathlib.Path(modules.__path__[0]).glob("[!_]*.py")
    for name in sorted({file.stem for file in files} - {*BY_THE_CONNECTION, *WITHOUT_A_MODULE}):
        action = importlib.import_module(f"{PREFIX}.{name}").ActionModule
        assert issubclass(action, _direct.DirectAction)
        assert action.module.__name__ == f"{modules.__name__}.{name}"


def test_it_does_what_the_module_does(act: t.Callable[..., Json], tmp_path: pathlib.Path) -> None:
    done = act(node_files_info.ActionModule, places=[str(tmp_path)], node="h1")
    assert (done["sound"], done["changed"]) == (False, False)
    assert [each["found"] for each in done["looked_at"]] == [False]
    assert done["duration"] >= 0


def test_a_step_is_noted(act: t.Callable[..., Json], tmp_path: pathlib.Path) -> None:
    (tmp_path / "production" / ".runs" / RUN).mkdir(parents=True)
    words = {"store": str(tmp_path), "cluster": "production", "state": "step", "id": RUN}
    done = act(run.ActionModule, **words, step="with s3cret", secrets=["s3cret"])
    journal = pathlib.Path(done["path"]) / "journal.jsonl"
    (line,) = journal.read_text().splitlines()
    assert json.loads(line)["step"].startswith("with ") and "s3cret" not in line
    assert "controller" not in done


def test_the_umask_is_as_it_was(act: t.Callable[..., Json], tmp_path: pathlib.Path) -> None:
    before = os.umask(0o022)
    try:
        act(run.ActionModule, store=str(tmp_path), cluster="c", state="step", id=RUN, step="x")
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_wrong_options_are_refused_as_by_the_module(act: t.Callable[..., Json]) -> None:
    said = act(node_files_info.ActionModule, node="h1")
    assert (said["failed"], said["msg"]) == (True, "missing required arguments: places")
    said = act(node_files_info.ActionModule, node="h1", places=["/x"], nodes=1)
    assert said["msg"].startswith("Unsupported parameters for (the_module) module: nodes")
    said = act(node_files_info.ActionModule, node="../up", places=["/x"])
    assert said["failed"] and "'../up' cannot be the name" in said["msg"]


def test_options_may_come_from_the_tasks_environment(act: t.Callable[..., Json]) -> None:
    given = {
        "CLOUDIFY_MANAGER_HOSTS": "127.0.0.1:1",
        "CLOUDIFY_USERNAME": "admin",
        "CLOUDIFY_PASSWORD": "pa55word-of-all",
    }
    said = act(snapshot_info.ActionModule, environment=given, manager_port=99999)
    assert said["msg"].startswith("manager_port has to be from 1 to 65535")
    assert not [name for name in os.environ if name.startswith("CLOUDIFY_")]


def test_no_secret_is_in_a_result(act: t.Callable[..., Json]) -> None:
    said = act(
        snapshot_info.ActionModule,
        manager_hosts=["pa55word of all"],
        username="admin",
        password="pa55word of all",
    )
    assert "is not an address" in said["msg"] and "pa55word" not in json.dumps(said)
    assert said["invocation"]["module_args"]["tenant"] == "default_tenant"


def test_a_url_that_may_have_a_login_or_a_signature_in_it_is_in_no_result(
    act: t.Callable[..., Json],
) -> None:
    said = act(
        snapshot_upload.ActionModule,
        manager_hosts=["no address"],
        username="admin",
        password="pa55word of all",
        id="s1",
        url="https://me:pa55word@store.example/s1.zip?signature=s1gned",
    )
    assert said["invocation"]["module_args"]["id"] == "s1"
    assert "store.example/s1.zip" in said["invocation"]["module_args"]["url"]
    assert "pa55word" not in json.dumps(said) and "s1gned" not in json.dumps(said)


def test_one_after_another(act: t.Callable[..., Json], tmp_path: pathlib.Path) -> None:
    """What is left of one must not be there for the next."""
    for _time in range(2):
        assert not act(node_files_info.ActionModule, places=[str(tmp_path)], node="h1")["sound"]
        assert act(node_files_info.ActionModule, node="h1")["failed"]


@pytest.mark.parametrize("python", [None, "auto", "auto_silent", sys.executable])
def test_with_this_python(act: t.Callable[..., Json], python: str | None) -> None:
    assert "by" not in act(node_files_info.ActionModule, python=python, places=["/x"], node="h1")


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"transport": "ssh"},
        {"become": object()},
        {"python": "/opt/other/bin/python3"},
        {"async_val": 60},
    ],
)
def test_elsewhere_ansible_runs_the_module(act: t.Callable[..., Json], elsewhere: Json) -> None:
    done = act(node_files_info.ActionModule, **elsewhere, places=["/x"], node="h1")
    assert done["by"] == "Ansible"


def test_without_requests_the_module_may_have_it(
    act: t.Callable[..., Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_direct, "REQUESTS_IMPORT_ERROR", "Traceback")
    assert act(node_files_info.ActionModule, places=["/x"], node="h1")["by"] == "Ansible"
