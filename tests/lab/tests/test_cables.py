# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can happen to a cable."""

from __future__ import annotations

import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab import Host, LabError
from lab.network import CONTROLLER
from lab.testing import wait_until


def answers(source: Host, target: Host | str) -> bool:
    address = target if isinstance(target, str) else target.address
    return not source.exec("ping", "-nqc1", "-w1", address, check=False).returncode


def reaches(source: Host, target: Host | str) -> bool:
    """A host that asked for the other one in vain takes a moment to ask again."""
    return wait_until(lambda: answers(source, target), what=f"{source} reaches {target}")


def lost(source: Host, target: Host | str) -> bool:
    return not answers(source, target)


def copy_seconds(size: int, *command: str) -> float:
    started = time.monotonic()
    subprocess.run(command, input=b"\0" * size, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def test_cut_and_heal(three_hosts: list[Host]) -> None:
    one, two, three = three_hosts
    two.cut()
    assert lost(one, two) and lost(two, CONTROLLER)
    assert reaches(one, three)
    with pytest.raises(LabError, match="ssh does not answer"):
        two.ready(timeout=1)
    # It is up and can be worked on all the same.
    assert two.exec("hostname").stdout == "h2\n"
    two.heal()
    two.ready()
    assert reaches(one, two)


def test_isolate_keeps_the_controller_in(three_hosts: list[Host]) -> None:
    one, two, three = three_hosts
    one.isolate()
    assert lost(one, two) and lost(three, one)
    assert reaches(two, three) and reaches(one, CONTROLLER)
    one.ready()
    one.rejoin()
    assert reaches(one, two) and reaches(three, one)


def test_two_that_are_isolated_are_so_on_their_own(three_hosts: list[Host]) -> None:
    one, two, three = three_hosts
    one.isolate()
    two.isolate()
    assert lost(one, two)
    one.rejoin()
    assert lost(one, two) and reaches(one, three) and lost(two, three)


# What one host hears of what another one says, with nothing that would have to go back.
LISTEN = """
import socket
ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ears.bind(("", 999))
open("/run/listening", "w").close()
ears.settimeout(3)
print(ears.recv(9).decode())
"""
SAY = """
import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", (sys.argv[1], 999))
"""


def hears(listener: Host, speaker: Host) -> bool:
    listener.exec("rm", "-f", "/run/listening")
    with ThreadPoolExecutor() as pool:
        heard = pool.submit(listener.exec, "python3", "-c", LISTEN, check=False)
        wait_until(lambda: listener.exists("/run/listening"))
        speaker.exec("python3", "-c", SAY, listener.address)
        return heard.result().stdout == "hello\n"


def test_block_is_one_way(three_hosts: list[Host]) -> None:
    one, two, three = three_hosts
    # Who asks for an address now gets no answer either: let them know each other.
    assert reaches(one, two)
    one.block(two)
    assert hears(one, two) and not hears(two, one)
    assert lost(one, two) and reaches(one, three) and reaches(two, three)
    two.rejoin()
    assert hears(two, one) and reaches(one, two)


def test_delay(three_hosts: list[Host]) -> None:
    one, two = three_hosts[:2]

    def fastest(address: str = two.address) -> float:
        text = one.exec("ping", "-nqc5", "-i0.2", address).stdout
        return float(re.findall(r"= ([\d.]+)/", text)[0])

    # Known from before, the controller would not be looked for.
    one.exec("ip", "neigh", "flush", "all")
    one.delay(30)
    assert fastest() >= 60
    assert fastest(CONTROLLER) >= 60
    two.delay(30)
    assert fastest() >= 120
    # Frames of every size get through whole, and in order.
    done = subprocess.run(
        ["ssh", "h1", "cat"], input=bytes(range(256)) * 8192, capture_output=True, check=True
    )
    assert done.stdout == bytes(range(256)) * 8192
    one.delay(0)
    two.delay(0)
    assert fastest() < 60


def test_lose(three_hosts: list[Host]) -> None:
    one, two = three_hosts[:2]

    def losses(source: Host, target: str) -> int:
        text = source.exec("ping", "-nqc200", "-i0.005", "-W1", target, check=False).stdout
        return int(re.findall(r"([\d.]+)% packet loss", text)[0].partition(".")[0])

    one.lose(50)
    # There and back: one of four survives.
    assert 50 < losses(two, one.address) < 95
    assert 50 < losses(one, CONTROLLER) < 95
    one.lose(100)
    assert losses(one, CONTROLLER) == 100
    one.lose(0)
    assert losses(one, two.address) == 0
    for percent in (-1, 101):
        with pytest.raises(LabError, match="0 to 100 percent"):
            one.lose(percent)
    with pytest.raises(LabError, match="not negative"):
        one.delay(-1)


def test_slow_holds_in_both_directions(three_hosts: list[Host]) -> None:
    one = three_hosts[0]
    one.slow(8000)
    # A megabyte a second. The first tenth may pass at once.
    assert copy_seconds(1_000_000, "ssh", "h1", "cat >/dev/null") > 0.8
    assert copy_seconds(0, "ssh", "h1", "head -c 1000000 /dev/zero") > 0.8
    one.slow(4000)
    assert copy_seconds(1_000_000, "ssh", "h1", "cat >/dev/null") > 1.6
    one.slow()
    assert "tbf" not in one.exec("tc", "qdisc", "show", "dev", "eth0").stdout


def test_all_at_once(three_hosts: list[Host]) -> None:
    one, two, three = three_hosts
    one.delay(10)
    one.isolate()
    assert lost(one, two) and lost(two, one)
    assert reaches(one, CONTROLLER)
    one.rejoin()
    one.block(three)
    assert reaches(one, two) and lost(one, three)
    one.rejoin()
    one.cut()
    assert lost(one, CONTROLLER)
    one.heal()
    one.slow(8000)
    assert reaches(one, two)
    one.plain_cable()
    one.delay(0)
    assert reaches(one, three) and reaches(two, one)


def test_it_stays_so_over_a_power_cut(three_hosts: list[Host]) -> None:
    one, two = three_hosts[:2]
    one.isolate()
    one.kill()
    one.boot()
    assert lost(one, two)
    one.rejoin()
    assert reaches(one, two)
    one.cut()
    one.kill()
    with pytest.raises(LabError, match="ssh does not answer"):
        one.boot(timeout=1)
    one.heal()
    one.ready()
