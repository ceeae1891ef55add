# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run keeps and reports has no password in it, though nobody names them to the module."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import ansible.template
import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.cloudify_ha.recovery.plugins.action import run
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _direct

Json = dict[str, t.Any]
RUN = "rebuild_cluster-20261122T030000Z"
SECRET = "Pa55w0rd/of-all"
GROUP = "group/cloudify_ha.recovery.manager"


def trusted(value: t.Any) -> t.Any:
    """As it comes from a file of variables: from ansible-core 2.19 on, only that is a template."""
    if isinstance(value, dict):
        return {key: trusted(each) for key, each in value.items()}
    trust = getattr(ansible.template, "trust_as_template", None)
    return trust(value) if trust and isinstance(value, str) else value


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> t.Callable[..., str]:
    monkeypatch.setattr(
        _direct.DirectAction,
        "run",
        lambda self, tmp, task_vars: self._execute_module(task_vars=task_vars),
    )
    place = tmp_path / "production" / ".runs" / RUN
    place.mkdir(parents=True)

    def act_it(
        *,
        variables: Json | None = None,
        environment: Json | None = None,
        defaults: Json | None = None,
        **args: t.Any,
    ) -> str:
        """Returns all that is in the run's directory afterwards."""
        task_vars = {"groups": {"all": ["cloudify-manager-1"]}, **(variables or {})}
        made = t.cast("t.Any", object.__new__(run.ActionModule))
        made._connection = types.SimpleNamespace(transport="local", become=None)
        made._task = types.SimpleNamespace(
            action="run",
            args={"store": str(tmp_path), "cluster": "production", "id": RUN, **args},
            check_mode=False,
            async_val=0,
            delegate_to=None,
            module_defaults=[defaults] if defaults else [],
        )
        made._templar = ansible.template.Templar(loader=DataLoader(), variables=task_vars)
        made._compute_environment_string = lambda found: found.update(environment or {})
        done = made.run(None, task_vars)
        assert not done.get("failed"), done
        return "".join(each.read_text() for each in place.iterdir())

    return act_it


def ended(
    act: t.Callable[..., str], said: str = f"login of admin:{SECRET} refused", **how: t.Any
) -> str:
    return act(state="ended", outcome="failed", report={"headline": said}, **how)


@pytest.mark.parametrize(
    "variables",
    [
        {"cloudify_connection": {"username": "admin", "password": SECRET}},
        {"cloudify_connection": {"token": SECRET, "ca_path": "{{ nowhere }}"}},
        {"cloudify_connection": {"password": "{{ vaulted }}"}, "vaulted": SECRET},
        {"cloudify_connection": "{{ of_all }}", "of_all": {"password": SECRET}},
        {"cloudify_password": SECRET, "cloudify_connection": "{{ nowhere }}"},
        {"apply_snapshot_restored_password": SECRET},
        {"cloudify_database_password": SECRET},
        {"install_node_admin_password": SECRET},
    ],
)
def test_what_the_variables_hold(act: t.Callable[..., str], variables: Json) -> None:
    text = ended(act, variables=trusted(variables))
    assert SECRET not in text and "login of admin:******** refused" in text


def test_what_is_kept_for_a_later_attempt(act: t.Callable[..., str]) -> None:
    partial = f"RESTORE PARTIAL: {SECRET} is refused"
    text = act(state="kept", facts={"partial": partial}, variables={"cloudify_password": SECRET})
    assert SECRET not in text and "RESTORE PARTIAL: ******** is refused" in text


@pytest.mark.parametrize("name", ["CLOUDIFY_PASSWORD", "CLOUDIFY_TOKEN"])
def test_what_the_environment_holds(
    act: t.Callable[..., str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SECRET not in ended(act, environment={name: SECRET})
    monkeypatch.setenv(name, SECRET)
    assert SECRET not in ended(act)


def test_what_the_defaults_of_the_modules_hold(act: t.Callable[..., str]) -> None:
    defaults = trusted({GROUP: "{{ anew }}", "group/other": {"password": "{{ nowhere }}"}})
    text = ended(act, defaults=defaults, variables={"anew": {"password": SECRET}})
    assert SECRET not in text and "********" in text


@pytest.mark.parametrize(
    "password",
    ["admin", "", None, 12345678, ["a list of words"], "cloudify", "production", "{{ nowhere }}"],
)
def test_words_that_stand_for_something_else_stay(
    act: t.Callable[..., str], password: t.Any
) -> None:
    """A later attempt goes by the names of hosts that this one has kept."""
    said = "admin 12345678 of cloudify-manager-1 in production"
    variables = trusted({"cloudify_connection": {"password": password}})
    assert said in ended(act, said, variables=variables)
    facts = json.dumps({"dead": ["cloudify-manager-1"]})
    assert facts in act(state="kept", facts=json.loads(facts), variables=variables)


def test_the_names_of_steps_are_not_looked_through(act: t.Callable[..., str]) -> None:
    """What holds a cluster is told by them."""
    text = act(state="step", step="tear down", variables={"cloudify_password": "tear down"})
    assert '"step": "tear down"' in text
