# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On and off, politely and not."""

from __future__ import annotations

import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab import Host, Lab, LabError
from lab.testing import wait_until

BOOT_ID = "/proc/sys/kernel/random/boot_id"
UNIT = """
[Service]
ExecStart=/bin/sleep infinity
ExecStopPost=/bin/sh -c 'echo "$SERVICE_RESULT" >>/var/lib/goodbye; sync'
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture
def host(three_hosts: list[Host]) -> Host:
    """With a service that leaves a word when it is stopped, and not when it is killed with everything."""
    host = three_hosts[2]
    host.exec("rm", "-f", "/var/lib/goodbye")
    host.write("/etc/systemd/system/polite.service", UNIT)
    host.exec("systemctl", "daemon-reload")
    host.exec("systemctl", "enable", "--now", "polite.service")
    return host


def test_a_power_cut_tells_nobody_and_keeps_the_disk(host: Host) -> None:
    before = host.read(BOOT_ID)
    identity = host.read("/etc/machine-id")
    host.kill()
    assert host.state == "off"
    assert not host.exists("/var/lib/goodbye")
    assert host.read("/etc/systemd/system/polite.service") == UNIT
    host.boot()
    assert host.read(BOOT_ID) != before
    assert host.read("/etc/machine-id") == identity
    assert host.exec("systemctl", "is-active", "polite").stdout == "active\n"


def test_off_stops_services_first(host: Host) -> None:
    host.off()
    assert host.state == "off"
    assert host.read("/var/lib/goodbye") == "success\n"
    host.boot()


@pytest.mark.parametrize("way", ["kill", "off"])
def test_a_host_that_is_off_is_silent(host: Host, way: str) -> None:
    getattr(host, way)()
    with pytest.raises(OSError) as caught:
        socket.create_connection((host.address, 22), timeout=1).close()
    assert not isinstance(caught.value, ConnectionRefusedError)
    host.boot()


def test_a_host_that_is_off_can_be_written_to_and_runs_nothing(host: Host) -> None:
    host.off()
    host.write("/etc/left", "for later\n")
    assert host.read("/etc/left") == "for later\n"
    with pytest.raises(LabError, match="^h3 is off$"):
        host.exec("true")
    with pytest.raises(LabError, match="^h3 is off$"):
        host.pause()
    with pytest.raises(LabError, match="^h3 is off; console: "):
        host.ready()
    host.boot()
    assert host.read("/etc/left") == "for later\n"
    with pytest.raises(LabError, match="^h3 is on already$"):
        host.boot()


def test_switching_off_twice_is_no_matter(host: Host) -> None:
    host.kill()
    host.kill()
    host.off()
    assert host.state == "off"
    host.up()
    host.up()
    assert host.state == "up"


def test_what_runs_on_it_from_outside_does_not_keep_it_up(host: Host) -> None:
    with ThreadPoolExecutor() as pool:
        sleeper = pool.submit(host.exec, "sh", "-c", "touch /run/asleep; sleep 90", check=False)
        wait_until(lambda: host.exists("/run/asleep"))
        host.off(timeout=60)
        assert sleeper.result().returncode
    host.boot()


def test_nothing_is_run_on_it_before_it_is_there(host: Host) -> None:
    """On the way up the container's program is still on this side."""
    for dummy in range(3):
        host.kill()
        host._start()

        def hostname() -> str:
            try:
                return host.exec("cat", "/etc/hostname", check=False).stdout
            except LabError:
                return ""

        assert wait_until(hostname, every=0) == "h3\n"
    host.ready()


def test_a_host_reboots_itself(host: Host) -> None:
    before = host.read(BOOT_ID)
    subprocess.run(["ssh", host.name, "systemctl reboot"], capture_output=True, check=False)

    def rebooted() -> bool:
        try:
            return host.read(BOOT_ID) not in ("", before)
        except LabError:
            return False

    wait_until(rebooted, what="a new boot")
    host.ready()


def test_a_host_shuts_itself_down(host: Host) -> None:
    subprocess.run(["ssh", host.name, "systemctl poweroff"], capture_output=True, check=False)
    wait_until(lambda: host.state == "off", what="the host is off")


def test_pause_stops_everything_and_unpause_goes_on(host: Host) -> None:
    before = host.read(BOOT_ID)
    pid = host.exec("systemctl", "show", "--property=MainPID", "polite").stdout
    host.pause()
    assert host.state == "paused"
    with pytest.raises(LabError, match="^h3: ssh does not answer within 1 s"):
        host.ready(timeout=1)
    host.unpause()
    host.ready()
    assert host.state == "up"
    assert host.read(BOOT_ID) == before
    assert host.exec("systemctl", "show", "--property=MainPID", "polite").stdout == pid


def test_a_paused_host_can_lose_its_power(host: Host) -> None:
    host.pause()
    host.kill()
    host.boot()
    assert host.state == "up"


def test_power_cut_while_it_boots(host: Host) -> None:
    for dummy in range(3):
        host.kill()
        host._start()
        host.kill()
        assert host.state == "off"
    host.boot()


def test_a_fresh_host_is_another_machine_at_the_same_address(host: Host) -> None:
    own = ("/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub", BOOT_ID)
    before = [host.read(path) for path in own]
    host.slow(1000)
    host.isolate()
    host.fresh()
    for path, text in zip(own, before, strict=True):
        assert host.read(path) != text
    assert not host.exists("/etc/systemd/system/polite.service")
    assert host.exec("ping", "-c1", "-W2", "172.31.78.11").returncode == 0
    assert "tbf" not in host.exec("sh", "-c", "tc qdisc show dev eth0 || true").stdout
    done = subprocess.run(["ssh", "h3", "hostname"], capture_output=True, text=True, check=True)
    assert done.stdout == "h3\n"


def test_destroyed_is_gone(lab: Lab) -> None:
    host = lab.up(4)[0]
    assert [h.name for h in lab.hosts] == ["h1", "h2", "h3", "h4"]
    host.destroy()
    host.destroy()
    assert host.state == "absent"
    assert not host.directory.exists() and not host.cgroup.exists()
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True)
    assert "v-h4" not in links.stdout
    with pytest.raises(LabError, match="^h4 does not exist"):
        host.boot()


def test_one_that_fails_does_not_stop_the_others(lab: Lab, host: Host) -> None:
    def boot(each: Host) -> None:
        each.boot()

    host.kill()
    with pytest.raises(LabError, match="^h1 is on already$"):
        lab.each(boot, ["h1", "h3"])
    assert host.state == "up"
