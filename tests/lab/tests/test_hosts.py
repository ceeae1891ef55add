# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts are machines of their own: identity, users, systemd, what is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lab import Host, Lab, LabError
from lab.testing import wait_until

MODULES = ("apt", "cryptography", "dnf", "etcd", "jinja2", "psycopg2", "requests", "yaml")
PROGRAMS = (
    *("rpm", "dnf", "rsync", "sqlite3", "supervisord", "nginx", "openssl", "curl"),
    *("patronictl", "etcd", "etcdctl", "rabbitmqctl", "psql"),
)
OFF = ("nginx", "supervisor", "postgresql", "etcd", "patroni", "rabbitmq-server", "epmd")


def ssh(who: str, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ssh", who, command], capture_output=True, text=True, check=False)


def test_each_host_has_an_identity_of_its_own(three_hosts: list[Host]) -> None:
    for path in (
        "/etc/hostname",
        "/etc/machine-id",
        "/proc/sys/kernel/random/boot_id",
        "/etc/ssh/ssh_host_ed25519_key.pub",
        "/sys/class/net/eth0/address",
    ):
        found = [host.read(path) for host in three_hosts]
        assert all(found), path
        assert len(set(found)) == 3, path


def test_systemd_runs_and_nothing_has_failed(three_hosts: list[Host]) -> None:
    for host in three_hosts:
        assert host.read("/proc/1/comm") == "systemd\n"
        state = wait_until(
            lambda host=host: host.exec(
                "systemctl", "is-system-running", check=False
            ).stdout.strip()
            not in ("initializing", "starting"),
        )
        assert state
        failed = host.exec("systemctl", "--failed", "--plain", "--no-legend").stdout
        assert not failed


@pytest.mark.parametrize("user", ["root", "ops", "admin"])
def test_users_come_in_by_key_and_may_become_root(three_hosts: list[Host], user: str) -> None:
    done = ssh(f"{user}@h2", "id -un; sudo -n id -un; hostname")
    assert done.stdout.split() == [user, "root", "h2"], done.stderr


def test_a_stranger_does_not_come_in(three_hosts: list[Host]) -> None:
    # Without the lab's own settings, which name its key.
    options = ("BatchMode=yes", "IdentityFile=none", "StrictHostKeyChecking=no")
    words = [
        word for option in (*options, "UserKnownHostsFile=/dev/null") for word in ("-o", option)
    ]
    command = ["ssh", "-F", "none", *words, f"root@{three_hosts[0].address}", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 255
    assert "Permission denied (publickey" in done.stderr


def test_names_are_known_here_and_there(three_hosts: list[Host]) -> None:
    for name in ("h3", "h3.lab.test"):
        assert ssh(name, "hostname").stdout == "h3\n"
        assert three_hosts[0].exec("getent", "hosts", name).stdout.startswith("172.31.78.13 ")


def test_what_is_needed_is_installed_and_nothing_runs_unasked(three_hosts: list[Host]) -> None:
    host = three_hosts[0]
    host.exec("python3", "-c", f"import {', '.join(MODULES)}")
    for program in PROGRAMS:
        host.exec("which", program)
    for unit in OFF:
        assert host.exec("systemctl", "is-enabled", unit, check=False).stdout != "enabled\n", unit
        assert host.exec("systemctl", "is-active", unit, check=False).stdout != "active\n", unit
    assert not host.exists("/var/lib/rabbitmq/.erlang.cookie")


def test_there_is_no_way_out(three_hosts: list[Host]) -> None:
    probe = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=20)"
    assert "unreachable" in three_hosts[0].exec("python3", "-c", probe, check=False).stderr
    here = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )
    assert "unreachable" in here.stderr


def test_exec_hands_over_what_it_is_given(three_hosts: list[Host]) -> None:
    host = three_hosts[0]
    assert host.exec("cat", input="text\n").stdout == "text\n"
    assert host.exec("pwd").stdout == "/root\n"
    assert host.exec("sh", "-c", "exit 3", check=False).returncode == 3
    assert "LAB_NS" not in host.exec("env").stdout
    with pytest.raises(LabError, match="^h1: sh -c .* ended with 3: line$"):
        host.exec("sh", "-c", "echo line; exit 3")


def test_what_takes_too_long_is_ended_on_the_host_too(three_hosts: list[Host]) -> None:
    host = three_hosts[0]
    with pytest.raises(LabError, match="^h1: no end after 0.3 s: sleep 3217$"):
        host.exec("sleep", "3217", timeout=0.3)
    assert host.exec("pgrep", "-f", "^sleep 3217", check=False).returncode == 1


def test_files(three_hosts: list[Host]) -> None:
    host = three_hosts[0]
    host.write("/var/lib/lab-test/deep/file", "one\n", 0o600)
    assert host.read("/var/lib/lab-test/deep/file") == "one\n"
    assert host.exec("stat", "-c", "%a %U", "/var/lib/lab-test/deep/file").stdout == "600 root\n"
    assert ssh("h1", "cat /var/lib/lab-test/deep/file").stdout == "one\n"
    # A memory file system that only the running host sees.
    host.write("/run/lab-test", "two\n")
    assert ssh("h1", "cat /run/lab-test").stdout == "two\n"
    assert not host.exists("/var/lib/lab-test/none")
    with pytest.raises(LabError, match="^h1: cat: /none: No such file"):
        host.read("/none")


def test_words_for_what_cannot_be_done(lab: Lab) -> None:
    with pytest.raises(LabError, match="^h12 does not exist"):
        lab["h12"].cut()
    for name in ("h0", "h13", "x1", "h1x", ""):
        with pytest.raises(LabError, match="^a host is called h1 to h12"):
            lab.host(name)
    with pytest.raises(LabError, match="^which hosts"):
        lab.up()
