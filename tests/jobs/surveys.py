# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX makes of a survey's answers, and of a credential of our type."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2

from jobs.launch import Credential


def ours(name: str) -> ModuleType:
    """What playbook setup_awx makes its objects with."""
    import importlib
    import os

    for root in os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep):
        if (Path(root) / "ansible_collections/cloudify_ha/recovery").exists() and (
            root not in sys.path
        ):
            sys.path.insert(0, root)
    return importlib.import_module(f"ansible_collections.cloudify_ha.recovery.plugins.{name}")


def answered(
    runbook: str, given: Mapping[str, Any], *, cluster: str, nodes: Sequence[str]
) -> dict[str, Any]:
    """The survey's defaults, and on top what an operator has answered: text, a number, one or several of the choices."""
    settings = {"cluster": cluster, "keep": 0}
    asked = ours("plugin_utils._awx_surveys").survey(runbook, settings, nodes).get("spec", [])
    questions = {each["variable"]: each for each in asked}
    types = {"integer": int, "multiselect": list}
    for name, value in given.items():
        question = questions[name]
        assert isinstance(value, types.get(question["type"], str)), (name, value)
        assert question["type"] != "multiplechoice" or value in question["choices"], (name, value)
    # a form leaves what nobody filled in as an empty text
    empty = {name: "" for name, each in questions.items() if each["type"] == "text"}
    defaults = {name: each["default"] for name, each in questions.items() if "default" in each}
    return {**empty, **defaults, **given}


def injected(fields: Mapping[str, Any]) -> Credential:
    """A credential of the type that setup_awx makes, as AWX renders its injectors."""
    told = ours("plugin_utils._awx_credentials").credential_type()["injectors"]
    engine = jinja2.Environment(undefined=jinja2.ChainableUndefined)
    env, files = {}, {}
    (content,) = told["file"].values()
    text = engine.from_string(content).render(**fields)
    for name, template in told["env"].items():
        marked = "/the/file"
        value = engine.from_string(template).render(tower={"filename": {"ca": marked}}, **fields)
        if value == marked:
            files[name] = text
        else:
            env[name] = value
    return Credential(env, files)


__all__ = ["answered", "injected"]
