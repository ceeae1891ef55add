# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX is sent, pinned to the last key, and the reasons for what matters in it."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import jinja2
import jinja2.sandbox
import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import CONNECTION_SPEC
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import _awx_objects
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_surveys import (
    NONE,
    RUNBOOKS,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.awx_samples import (
    CA,
    everything,
    least,
)

Json = dict[str, t.Any]
DATA = pathlib.Path(__file__).parents[1] / "data" / "awx"
NODES = ["m1", "m2", "m3"]


def made(settings: Json | None = None, **how: t.Any) -> Json:
    found, wrong = _awx_objects.objects(settings or least(), **{"nodes": NODES, **how})
    assert not wrong
    return found


def named(found: list[Json], what: str) -> Json:
    (one,) = (each for each in found if each["name"].endswith(f": {what}"))
    return one


def questions(template: Json) -> dict[str, Json]:
    return {each["variable"]: each for each in template["survey_spec"]["spec"]}


@pytest.mark.parametrize(("name", "settings"), [("least", least()), ("everything", everything())])
def test_all_of_it(name: str, settings: Json) -> None:
    pinned = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    found = made(settings)
    for kind in pinned:
        assert found[kind] == pinned[kind], kind
    assert found.keys() == pinned.keys()


def test_wrong_settings_make_nothing() -> None:
    assert _awx_objects.objects({"cluster": "a b"})[0] == {}


# -- credentials -----------------------------------------------------------------------------------


def environment(inputs: Json) -> dict[str, str]:
    """What a job finds, as AWX renders it: nothing for a field that is not filled in, and false."""
    kind = made()["credential_type"]
    values: Json = {field["id"]: "" for field in kind["inputs"]["fields"]}
    values.update({"skip_certificate_check": False, **inputs})
    values["tower"] = {"filename": {"ca": "/runner/env/tmp"}}
    sandbox = jinja2.sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined)
    return {
        variable: sandbox.from_string(template).render(values)
        for variable, template in kind["injectors"]["env"].items()
    }


def test_the_environment_is_just_that_of_the_modules() -> None:
    variables = {name for how in CONNECTION_SPEC.values() for name in how["fallback"][1]}
    assert set(environment({})) == variables


def test_fields_that_nobody_fills_in_change_nothing() -> None:
    found = environment({"manager_hosts": "m1,m2", "username": "admin", "password": "x"})
    assert found["CLOUDIFY_CA_PATH"] == "" and found["CLOUDIFY_TOKEN"] == ""
    assert found["CLOUDIFY_VALIDATE_CERTS"] == "true"
    assert (found["CLOUDIFY_MANAGER_PROTOCOL"], found["CLOUDIFY_MANAGER_PORT"]) == ("https", "443")
    for name in ("tenant", "request_timeout", "connect_timeout"):
        wanted, told = CONNECTION_SPEC[name]["default"], found[f"CLOUDIFY_{name.upper()}"]
        assert type(wanted)(told) == wanted


def test_fields_that_are_filled_in() -> None:
    found = environment({"ca": CA, "manager_protocol": "http", "skip_certificate_check": True})
    assert found["CLOUDIFY_CA_PATH"] == "/runner/env/tmp"
    assert (found["CLOUDIFY_VALIDATE_CERTS"], found["CLOUDIFY_MANAGER_PORT"]) == ("false", "80")


def test_secrets_are_secret() -> None:
    fields = made()["credential_type"]["inputs"]["fields"]
    assert {field["id"] for field in fields if field.get("secret")} == {"password", "token"}


@pytest.mark.parametrize("settings", [least(), everything()])
def test_no_template_has_two_credentials_of_a_type(settings: Json) -> None:
    found = made(settings)
    types = {each["name"]: each["credential_type"] for each in found["credentials"]}
    for template in found["job_templates"]:
        kinds = [types[name] for name in template["credentials"]]
        assert len(set(kinds)) == len(kinds) and "Source Control" not in kinds


# -- inventory -------------------------------------------------------------------------------------


def test_a_cluster_that_is_down_keeps_no_job_from_starting() -> None:
    (source,) = made()["sources"]
    assert source["update_on_launch"] is False
    assert made()["project"]["scm_update_on_launch"] is False


def test_a_sync_takes_no_node_away() -> None:
    (source,) = made()["sources"]
    assert source["overwrite"] is False and source["overwrite_vars"] is False


def test_nodes_that_are_named_need_no_source() -> None:
    found = made(everything())
    assert not found["sources"]
    assert [group["hosts"] for group in found["groups"]] == [
        ["backup"],
        ["m1", "m2"],
        ["m1", "d1"],
        ["m1", "d1"],
    ]
    assert not [each for each in found["schedules"] if "inventory" in each["name"]]


def test_no_secret_is_in_the_inventory() -> None:
    text = json.dumps([made(everything())[kind] for kind in ("inventory", "hosts", "groups")])
    assert "t0ken" not in text and "PRIVATE" not in text


# -- templates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_a_runbook_runs_alone_on_all_hosts_and_as_long_as_it_takes(runbook: str) -> None:
    template = named(made()["job_templates"], runbook)
    assert template["limit"] == "" and not template["ask_limit_on_launch"]
    assert template["job_slice_count"] == 1 and not template["ask_job_slice_count_on_launch"]
    assert template["timeout"] == 0
    assert template["allow_simultaneous"] == (runbook in ("diagnose", "status"))


def test_playbooks_are_named_as_awx_lists_them() -> None:
    books = [each["playbook"] for each in made()["job_templates"]]
    assert books == [f"{name}.yml" for name in RUNBOOKS]
    assert made(everything())["job_templates"][0]["playbook"] == "awx/backup.yml"


def test_only_workflows_require_an_answer() -> None:
    """AWX refuses a node whose template requires one."""
    found = made()
    for template in found["job_templates"]:
        if template["survey_enabled"]:
            assert not [q for q in template["survey_spec"]["spec"] if q["required"]]
    restore = questions(named(found["workflows"], "restore with approval"))
    assert restore["cloudify_confirm"]["required"]


def test_the_cluster_is_typed() -> None:
    found = made()
    confirm = questions(named(found["workflows"], "restore with approval"))["cloudify_confirm"]
    assert (confirm["min"], confirm["max"]) == (len("production"), len("production"))
    confirm = questions(named(found["job_templates"], "restore"))["cloudify_confirm"]
    assert (confirm["min"], confirm["max"]) == (0, len("production"))


def test_a_node_is_one_of_the_nodes() -> None:
    found = made()
    asked = questions(named(found["workflows"], "replace_node with approval"))["node"]
    assert asked["choices"] == NODES and asked["required"]
    asked = questions(named(found["job_templates"], "recover_active"))["node"]
    assert asked["choices"] == [NONE, *NODES] and asked["default"] == NONE


@pytest.mark.parametrize(
    "runbook", [name for name in RUNBOOKS if name not in ("diagnose", "status")]
)
def test_a_lock_that_a_lost_job_has_left_can_be_taken_over(runbook: str) -> None:
    assert "cloudify_take_over" in questions(named(made()["job_templates"], runbook))


@pytest.mark.parametrize(
    ("variable", "runbooks"),
    [
        ("cloudify_give_up", [name for name in RUNBOOKS if name not in ("diagnose", "status")]),
        ("cloudify_cluster_is_lost", ["rebuild_cluster", "recover"]),
        ("cloudify_set", ["restore", "rebuild_cluster", "recover"]),
        ("apply_snapshot_accept_partial", ["restore", "rebuild_cluster", "recover"]),
        ("cloudify_ca_fingerprint", ["rebuild_cluster", "replace_node", "recover"]),
        ("install_node_new_certificates", ["rebuild_cluster", "replace_node", "recover"]),
        ("cloudify_dead", ["replace_node", "recover_active", "resolve_split_brain"]),
        ("cloudify_acknowledge", ["recover"]),
    ],
)
def test_what_a_refusal_asks_for_can_be_said(variable: str, runbooks: list[str]) -> None:
    """A job takes no other variables than those of its survey."""
    found = made()
    for runbook in runbooks:
        template = named(found["job_templates"], runbook)
        assert variable in questions(template) and not template["ask_variables_on_launch"]
        if runbook != "backup":
            assert variable in questions(named(found["workflows"], f"{runbook} with approval"))


def test_no_survey_overrides_what_the_plan_hands_on() -> None:
    for workflow in made()["workflows"]:
        assert "cloudify_plan" not in questions(workflow)


def test_notifications_are_those_that_are_there() -> None:
    found = made(everything())
    assert found["job_templates"][0]["notification_templates_error"] == ["Pager"]
    assert "notification_templates_success" not in found["job_templates"][0]
    assert found["workflows"][0]["notification_templates_approvals"] == ["Chat", "Pager"]


def test_schedules_are_off_peak_and_every_day() -> None:
    found = {each["name"].partition(": ")[2]: each["rrule"] for each in made()["schedules"]}
    assert found["backup every day"] == (
        "DTSTART;TZID=UTC:20260101T023000 RRULE:FREQ=DAILY;INTERVAL=1"
    )
    times = {name: re.search(r"T(\d{6}) ", rule) for name, rule in found.items()}
    assert all(time and time.group(1) < "060001" for time in times.values())
    assert set(found) == {
        f"{name} every day" for name in ("inventory", "backup", "diagnose", "status")
    }


def test_two_things_of_one_name() -> None:
    given = least(nodes={"backup": {}, "m1": {}})
    _found, wrong = _awx_objects.objects(given)
    assert wrong == ["backup is the name of two things"]


def test_what_other_settings_would_have_made_is_told() -> None:
    assert made()["unwanted"] == {"schedules": [], "inventory_sources": []}
    assert made(everything())["unwanted"] == {
        "schedules": ["VNFM east: inventory every day"],
        "inventory_sources": ["VNFM east: nodes"],
    }


def test_all_that_is_made_is_looked_for() -> None:
    found = made()
    assert found["names"].keys() == found["look_for"].keys()
    for listed, query in found["look_for"].items():
        for name in found["names"][listed]:
            assert name == query.get("name") or name.startswith(query["name__startswith"])


def test_what_any_settings_have_made_can_be_removed() -> None:
    least_, most = made(), made(everything(name="Cloudify production", organization="Default"))
    for listed, names in most["names"].items():
        assert set(names) <= set(least_["removable"][listed])
    assert least_["removable"].keys() == least_["names"].keys()
