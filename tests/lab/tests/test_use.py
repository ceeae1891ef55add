# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people and other programs see: commands, and Ansible's inventory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab import Host, Lab
from lab.testing import wait_until

REACHED, UNREACHABLE = "SUCCESS", "UNREACHABLE!"


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, **env}
    )


def ansible(inventory: Path, *words: str) -> dict[str, str]:
    """How it ended on each host."""
    program = Path(sys.executable).with_name("ansible")
    done = run(
        str(program),
        "-i",
        str(inventory),
        *words,
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_HOST_KEY_CHECKING="1",
    )
    return dict(re.findall(r"^(h\d) \| ([A-Z!]+)", done.stdout, re.MULTILINE))


@pytest.fixture
def inventory(lab: Lab, three_hosts: list[Host]) -> Path:
    return lab.inventory(
        {"cloudify_managers": ["h1", "h2"], "cloudify_store": ["h3"], "empty": []},
        {"cloudify_cluster_name": "lab"},
        host_vars={"h2": {"cloudify_hostname": "two"}},
    )


def test_ansible_reaches_them_and_becomes_root(inventory: Path) -> None:
    assert ansible(inventory, "all", "-m", "ping", "-b") == dict.fromkeys(
        ("h1", "h2", "h3"), REACHED
    )
    assert ansible(inventory, "cloudify_managers", "-m", "ping").keys() == {"h1", "h2"}
    tree = json.loads(inventory.read_text())["all"]
    assert tree["vars"]["cloudify_cluster_name"] == "lab"
    assert tree["hosts"]["h2"] == {"ansible_host": "172.31.78.12", "cloudify_hostname": "two"}
    assert tree["children"]["empty"] == {"hosts": {}}


def test_ansible_is_not_held_up_by_a_host_that_is_gone(inventory: Path, lab: Lab) -> None:
    wanted = {"h1": REACHED, "h2": UNREACHABLE, "h3": REACHED}
    # With a connection that is open already, too.
    ansible(inventory, "all", "-m", "ping")
    assert len(list((lab.directory / "cp").iterdir())) >= 3
    lab["h2"].cut()
    assert ansible(inventory, "all", "-m", "ping") == wanted
    lab["h2"].heal()
    lab["h2"].fresh()
    assert ansible(inventory, "all", "-m", "ping") == dict.fromkeys(wanted, REACHED)


def test_packages_of_the_other_family_are_installed(inventory: Path, lab: Lab) -> None:
    spec = "Name: greeting\nVersion: 1.0\nRelease: 1\nSummary: s\nLicense: GPL\nBuildArch: noarch\n"
    spec += "AutoReqProv: no\n%description\nd\n%install\nmkdir -p %{buildroot}/opt\n"
    spec += "echo hello >%{buildroot}/opt/greeting\n%files\n/opt/greeting\n"
    host = lab["h3"]
    place = lab.directory / "rpm"
    place.mkdir(exist_ok=True)
    (place / "greeting.spec").write_text(spec)
    built = run("rpmbuild", "-bb", "--define", f"_topdir {place}", str(place / "greeting.spec"))
    assert not built.returncode, built.stderr
    package = next(place.rglob("*.rpm"))
    copied = run("scp", str(package), "h3:/root/greeting.rpm")
    assert not copied.returncode, copied.stderr
    options = "use_backend=dnf4 disable_gpg_check=true"
    module = ("h3", "-b", "-m", "ansible.builtin.dnf", "-a")
    install = (*module, f"name=/root/greeting.rpm {options}")
    assert ansible(inventory, *install) == {"h3": "CHANGED"}
    assert host.read("/opt/greeting") == "hello\n"
    assert ansible(inventory, *install) == {"h3": REACHED}
    assert ansible(inventory, *module, f"name=greeting state=absent {options}") == {"h3": "CHANGED"}
    assert not host.exists("/opt/greeting")


def test_verbs(three_hosts: list[Host]) -> None:
    two = three_hosts[1]
    assert run("lab", "list").stdout.splitlines()[1] == "h2   172.31.78.12   up"
    for words, state in (
        (("kill",), "off"),
        (("boot",), "up"),
        (("off",), "off"),
        (("up",), "up"),
        (("pause",), "paused"),
        (("unpause",), "up"),
        (("destroy",), "absent"),
        (("up",), "up"),
    ):
        done = run("lab", *words, "h2")
        assert not done.returncode, done.stderr
        assert two.state == state
    before = two.read("/etc/machine-id")
    assert not run("lab", "fresh", "h2").returncode
    assert two.read("/etc/machine-id") != before


def test_verbs_with_a_number_and_those_for_cables(three_hosts: list[Host]) -> None:
    one = three_hosts[0]

    def qdisc() -> str:
        return one.exec("tc", "qdisc", "show", "dev", "eth0").stdout

    def lab(*words: str) -> None:
        done = run("lab", *words)
        assert not done.returncode, done.stderr

    def answers() -> bool:
        return not one.exec("ping", "-nqc1", "-w1", "h2", check=False).returncode

    lab("slow", "h1", "h2", "5000")
    assert "rate 5Mbit" in qdisc()
    lab("slow", "h1", "h2", "0")
    assert "tbf" not in qdisc()
    lab("delay", "h1", "1")
    lab("lose", "h1", "100")
    assert not answers()
    lab("lose", "h1", "0")
    lab("delay", "h1", "0")
    for do, undo in (("cut", "heal"), ("isolate", "rejoin")):
        lab(do, "h2")
        assert not answers()
        lab(undo, "h2")
        wait_until(answers)
    lab("block", "h1", "h2")
    assert not answers()
    lab("rejoin", "h1")
    lab("fill-disk", "h1")
    assert one.exec("df", "--output=pcent", "/").stdout.split()[1] == "100%"
    lab("free-disk", "h1")
    lab("ready", "h1", "h2")


def test_exec_has_the_commands_exit_code(three_hosts: list[Host]) -> None:
    done = run("lab", "exec", "h2", "sh", "-c", "hostname; echo no >&2; exit 4")
    assert (done.stdout, done.stderr, done.returncode) == ("h2\n", "no\n", 4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["kill", "h11"], "lab: h11 does not exist; `up h11` creates it\n"),
        (["boot", "h1"], "lab: h1 is on already\n"),
        (["up", "nine"], "lab: a host is called h1 to h12, not 'nine'\n"),
        (["lose", "h1", "120"], "lab: a delay is not negative, a loss is 0 to 100 percent\n"),
        (["run", "--"], "lab: run what? for instance: run --hosts 3 -- ssh h1 hostname\n"),
    ],
)
def test_errors_are_one_line(three_hosts: list[Host], words: list[str], said: str) -> None:
    done = run("lab", *words)
    assert (done.stderr, done.returncode) == (said, 1)


def test_no_lab_to_do_it_in(
    three_hosts: list[Host], nested: dict[str, str], tmp_path: Path
) -> None:
    env = {**nested, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "lab", "list"], env=env, capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.returncode) == ("lab: no lab is running: `make lab`\n", 1)


ENTER = """
import sys
from lab import Lab
print("before", flush=True)
with Lab.enter() as lab:
    print(sys.argv[1:], [host.name for host in lab.up("h5")], flush=True)
sys.exit(6)
"""


def test_a_program_takes_itself_into_a_lab(
    three_hosts: list[Host], nested: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(ENTER)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py"), "a b"],
        env=nested,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done.stderr
    assert done.stdout == "before\nbefore\n['a b'] ['h5']\n"
