# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution environment: what is in its build context, and whether that is enough for the collection."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from ee.building import REPO, Context, command
from tooling.played import Played, play

BARE = Path(os.environ.get("EE", "/nowhere"))
SMOKE = REPO / "tests" / "ee" / "all.yml"
#: Machines that run the tests have no sshpass.
PROGRAMS = json.dumps({"ee_programs": ["ssh", "ssh-agent", "ssh-add"]})


def test_definition_is_taken_as_it_is(context: Context) -> None:
    assert "WARNING" not in context.said.upper()
    assert "FROM $EE_BASE_IMAGE AS base" in context.lines
    # whose registry it comes from is the user's to say
    assert re.fullmatch(r"[a-z]+:[0-9]+", context.argument("EE_BASE_IMAGE"))


def test_python_is_what_we_name_and_requests(context: Context, tmp_path: Path) -> None:
    ours = context.argument("ANSIBLE_INSTALL_REFS").split()
    assert [re.split("[<>=~]", each)[0] for each in ours] == ["ansible-core", "ansible-runner"]
    python, system = context.introspected(context.collections(tmp_path))
    assert python == ["requests  # from collection cloudify_ha.recovery"]
    assert [line.split()[0] for line in system] == ["openssh-clients", "sshpass"]


def test_nothing_else_is_copied_into_it(context: Context) -> None:
    brought = [path for path in context.files.rglob("*") if path.is_file()]
    assert sorted(p.name for p in brought if p.parent.name != "scripts") == [
        "bindep.txt",
        "cloudify_ha-recovery-" + version() + ".tar.gz",
        "requirements.yml",
    ]


def version() -> str:
    (found,) = re.findall("(?m)^version: (.*)$", (REPO / "galaxy.yml").read_text())
    return str(found)


@pytest.fixture(scope="session")
def installed(context: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return context.collections(tmp_path_factory.mktemp("installed"))


def smoke(installed: Path, *words: str) -> Played:
    """In an environment that has what the image has, with nothing of the repository on any path."""
    home = installed / "home"
    home.mkdir(exist_ok=True)
    environment = {
        "PATH": f"{BARE}{os.pathsep}{os.defpath}",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(installed),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    return play([str(BARE / "ansible-playbook"), str(SMOKE), *words], environment, cwd=home)


def test_that_is_enough_for_the_collection(installed: Path) -> None:
    done = smoke(installed, "--extra-vars", PROGRAMS)
    assert done.code == 0, done.output
    assert "[WARNING]" not in done.output
    for path in (REPO / "plugins" / "modules").glob("[a-z]*.py"):
        assert re.search(rf"item=module: .*\b{path.stem}\b", done.output), path


def test_program_that_is_missing_is_named(installed: Path) -> None:
    done = smoke(installed, "--extra-vars", json.dumps({"ee_programs": ["no-such-ssh"]}))
    assert done.code == 2
    assert "no-such-ssh" in done.output


def test_bare_environment_has_nothing_more() -> None:
    """Or it would not tell what is missing."""
    code = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"
    names = subprocess.run(
        [str(BARE / "python"), "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "requests" in names and "ansible-runner" in names
    assert not {"pytest", "ansible-builder", "jmespath", "netaddr"} & set(names)


def test_tarball_has_no_definition_of_an_image(tarball: Path) -> None:
    said = command("python", "-m", "tarfile", "--list", str(tarball))
    assert "meta/execution-environment.yml" in said
    assert "\nexecution-environment.yml" not in said
