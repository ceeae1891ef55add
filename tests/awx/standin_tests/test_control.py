# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hand on the stand-in: everything it holds, everything it was asked, and starting it by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

from awx.standin.testing import AwxStandIn
from awx.standin.world import World
from standin.certs import ensure_ca, ensure_server


def test_requests_are_told(world: World) -> None:
    awx = world.awx
    awx.forget_requests()
    awx.get("organizations/", name="Ops")
    token = awx.make("tokens/", scope="write")
    awx.request("DELETE", f"tokens/{token['id']}/")
    assert awx.mutations == []
    assert [str(r) for r in awx.requests] == [
        "GET /api/v2/organizations/ 200",
        "POST /api/v2/tokens/ 201",
        f"DELETE /api/v2/tokens/{token['id']}/ 204",
    ]
    awx.request("PATCH", f"projects/{world.project}/", {"description": "x"})
    told = awx.request("GET", "/control/requests/?mutating=true").json()
    assert [(t["method"], t["body"], t["user"]) for t in told] == [
        ("PATCH", {"description": "x"}, "admin")
    ]
    awx.request("DELETE", "/control/requests/")
    assert awx.requests == []


def test_objects_are_told(world: World) -> None:
    world.credential(world.credential_type(), username="a", password="s3cret")
    everything = world.awx.request("GET", "/control/objects/").json()
    assert everything["objects"]["credentials"][1]["inputs"]["password"] == "s3cret"
    assert any(link["relation"] == "galaxy_credentials" for link in everything["links"])
    some = world.awx.request("GET", "/control/objects/projects/").json()
    assert [s["name"] for s in some] == ["Project"]


def test_jobs_are_ended(world: World) -> None:
    awx = world.awx
    assert awx.request("PATCH", "/control/settings/", {"job_status": "pending"}).ok
    job = awx.make(f"job_templates/{world.template()}/launch/")["id"]
    said = awx.request("POST", f"/control/jobs/{job}/", {"status": "done"})
    assert said.status_code == 400
    said = awx.request("POST", f"/control/jobs/{job}/", {"status": "failed", "artifacts": {"a": 1}})
    assert said.json() == {"id": job, "status": "failed"}
    assert awx.get(f"jobs/{job}/")["artifacts"] == {"a": 1}


def test_settings_are_known(world: World) -> None:
    said = world.awx.request("PATCH", "/control/settings/", {"nonsense": 1})
    assert said.status_code == 400
    assert said.json() == {"detail": "no such setting: nonsense"}
    world.awx.request("PATCH", "/control/settings/", {"projects": {"x": ["a.yml"]}})
    shown = world.awx.request("GET", "/control/settings/").json()
    assert shown["projects"]["x"] == ["a.yml"]


def test_a_bug_is_an_answer(world: World) -> None:
    world.awx.service.store.objects["projects"][world.project]["scm_type"] = None
    del world.awx.service.store.objects["projects"][world.project]["name"]
    world.refused("GET", f"projects/{world.project}/", status=500)


def test_it_speaks_https(tmp_path: Path) -> None:
    authority, key = ensure_ca(tmp_path)
    with AwxStandIn(certificate=ensure_server(tmp_path, authority, key)) as awx:
        assert awx.url.startswith("https://")
        answer = requests.get(f"{awx.url}/api/v2/ping/", verify=str(authority), timeout=9)
        assert answer.json()["version"] == "24.6.1"


def test_it_is_started_by_hand(tmp_path: Path) -> None:
    (tmp_path / "backup.yml").write_text("- hosts: all\n")
    state = tmp_path / "state.json"
    url = "https://git.invalid/x.git"
    options = ("--state", str(state), "--project", f"{url}={tmp_path}", "--password", "other")
    tests = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "awx.standin", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tests)},
    ) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        made = requests.post(
            f"{told['url']}/api/v2/projects/",
            json={"name": "P", "organization": 1, "scm_type": "git", "scm_url": url},
            auth=(told["username"], told["password"]),
            timeout=9,
        )
        assert made.status_code == 201
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    kept = json.loads(state.read_text())["objects"]["projects"]
    assert kept[0]["_playbooks"] == ["backup.yml"]
