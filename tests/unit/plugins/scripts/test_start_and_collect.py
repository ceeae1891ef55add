# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""start.sh and collect.sh on a host of stubs."""

from __future__ import annotations

import base64
import io
import pathlib
import shutil
import subprocess
import tarfile

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.scripts.stub_host import StubHost

START = "repair_services/files/start.sh"
COLLECT = "collect_evidence/files/collect.sh"
BROKER = "heal_sides/files/broker.sh"

#: A service runs when there is a file of its name. One in "broken" never will, one in "alien" is none of supervisord's.
SYSTEMCTL = """
for last; do :; done
case $1 in
    is-active) [ -e PLACE/up/$last ] ;;
    start) [ ! -e PLACE/broken/$last ] && : > PLACE/up/$last ;;
esac
"""
SUPERVISORCTL = """
[ ! -e PLACE/alien/$4 ] || { echo "$4: ERROR (no such process)"; exit 4; }
case $3 in
    status) if [ -e PLACE/up/$4 ]; then echo "$4 RUNNING pid 7"; else echo "$4 STOPPED"; exit 3; fi ;;
    start) [ ! -e PLACE/broken/$4 ] && : > PLACE/up/$4 && echo "$4: up" ;;
esac
"""


@pytest.fixture
def host(tmp_path: pathlib.Path) -> StubHost:
    found = StubHost(tmp_path)
    for name in ("up", "broken", "alien", "var-tmp"):
        (tmp_path / name).mkdir()
    # of its own, since tests run beside each other
    place = tmp_path / "var-tmp" / "cloudify-evidence.XXXXXX"
    found.program("mktemp", f"exec {shutil.which('mktemp')} -d {place}")
    found.program("systemctl", SYSTEMCTL.replace("PLACE", str(tmp_path)))
    found.program("supervisorctl", SUPERVISORCTL.replace("PLACE", str(tmp_path)))
    return found


def mark(host: StubHost, what: str, *names: str) -> None:
    for name in names:
        (host.place / what / name).touch()


def starts(host: StubHost) -> list[str]:
    return [call.split()[-1] for call in host.calls if " start " in call]


def test_a_broker_that_comes_back_by_itself_is_left_alone(host: StubHost) -> None:
    host.program(
        "ss", f"[ -e {host.place}/up/later ] && echo ' 0.0.0.0:5671 '; : > {host.place}/up/later"
    )
    done = host.run(BROKER, "20")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("supervised", [True, False])
def test_a_broker_that_stays_paused_is_started_anew(host: StubHost, supervised: bool) -> None:
    host.program("ss", "echo ' 0.0.0.0:22 '")
    mark(host, "up", "cloudify-rabbitmq")
    if not supervised:
        mark(host, "alien", "cloudify-rabbitmq")
    done = host.run(BROKER, "1")
    assert done.returncode == 0 and "started anew" in done.stdout
    program = "supervisorctl -c /etc/supervisord.conf" if supervised else "systemctl"
    assert host.calls[-1] == f"{program} restart cloudify-rabbitmq"


# -- start.sh ----------------------------------------------------------------------------------------


def test_what_is_down_is_started_in_order(host: StubHost) -> None:
    mark(host, "up", "supervisord", "nginx")
    done = host.run(
        START,
        "supervisord",
        "5",
        "cloudify-restservice",
        "nginx",
        "cloudify-rabbitmq",
        "patroni",
        "etcd",
    )
    assert done.returncode == 0 and "still down" not in done.stdout
    assert starts(host) == ["etcd", "patroni", "cloudify-rabbitmq", "cloudify-restservice"]
    assert "started etcd\n" in done.stdout and "started nginx" not in done.stdout


def test_nothing_is_down(host: StubHost) -> None:
    mark(host, "up", "supervisord", "nginx")
    done = host.run(START, "supervisord", "5", "nginx")
    assert (done.returncode, done.stdout) == (0, "") and starts(host) == []


def test_supervisord_itself_comes_first(host: StubHost) -> None:
    done = host.run(START, "supervisord", "5", "etcd")
    assert done.stdout.startswith("started supervisord\n")
    assert starts(host) == ["supervisord", "etcd"]


def test_with_systemd(host: StubHost) -> None:
    done = host.run(START, "systemd", "5", "postgresql-9.5", "nginx")
    assert starts(host) == ["postgresql-9.5", "nginx"] and "started nginx" in done.stdout
    assert not any(call.startswith("supervisorctl") for call in host.calls)


def test_a_unit_on_a_host_with_supervisord(host: StubHost) -> None:
    mark(host, "up", "supervisord")
    mark(host, "alien", "patroni")
    done = host.run(START, "supervisord", "5", "patroni")
    assert "started patroni" in done.stdout and "systemctl start patroni" in host.calls


def test_what_does_not_come_up_is_told(host: StubHost) -> None:
    """And the others are started all the same."""
    mark(host, "broken", "etcd", "nginx")
    done = host.run(START, "systemd", "0", "etcd", "nginx", "patroni")
    assert done.returncode == 0 and done.stdout.endswith("still down: etcd nginx\n")
    assert "started patroni" in done.stdout and "started etcd" not in done.stdout


def test_no_supervisorctl(host: StubHost) -> None:
    host.without("supervisorctl")
    done = host.run(START, "supervisord", "0", "nginx")
    assert "started nginx" in done.stdout and "systemctl start nginx" in host.calls


# -- collect.sh --------------------------------------------------------------------------------------


def collected(done: subprocess.CompletedProcess[str]) -> dict[str, bytes]:
    data = io.BytesIO(base64.b64decode(done.stdout, validate=True))
    with tarfile.open(fileobj=data) as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in files.items() if file}


def left_overs(host: StubHost) -> list[pathlib.Path]:
    return list((host.place / "var-tmp").iterdir())


def test_evidence_of_a_host_that_lacks_most_tools(host: StubHost) -> None:
    host.program("ps", "echo PID COMMAND; echo 7 nginx")
    done = host.run(COLLECT, "24", "1000", "10000000")
    found = collected(done)
    assert done.returncode == 0 and left_overs(host) == []
    assert b"7 nginx" in found["e/processes"]
    assert b"exit code 127: free -m" in found["e/memory"]
    assert b"exit code" in found["e/journal"]


def test_no_process_shows_its_arguments(host: StubHost) -> None:
    host.program("ps", "true")
    host.run(COLLECT, "24", "1000", "10000000")
    (call,) = [call for call in host.calls if call.startswith("ps ")]
    assert "args" not in call and "cmd" not in call and "comm" in call


def test_what_fails_is_told_with_its_words(host: StubHost) -> None:
    host.program("systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
    found = collected(host.run(COLLECT, "24", "1000", "10000000"))
    assert b"Failed to connect to bus\nexit code 1: systemctl" in found["e/units"]


def test_too_much_leaves_the_logs_out(host: StubHost) -> None:
    found = collected(host.run(COLLECT, "24", "1000", "10"))
    assert b"more than 10 bytes" in found["e/left-out"]
    assert "e/date" in found and not any(name.startswith("e/var") for name in found)


@pytest.mark.parametrize("tool", ["tar", "gzip"])
def test_an_archive_that_could_not_be_written_is_none(tool: str, host: StubHost) -> None:
    """As on a full disk, where it would be empty, or the half of one."""
    host.without(tool)
    done = host.run(COLLECT, "24", "1000", "10000000")
    assert done.returncode == 1 and done.stdout == ""
    assert left_overs(host) == []


def test_no_place_at_all(host: StubHost) -> None:
    host.program("mktemp", "echo 'No space left on device' >&2; exit 1")
    done = host.run(COLLECT, "24", "1000", "10000000")
    assert done.returncode == 1 and done.stdout == "" and "No space left" in done.stderr
