# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose clock is wrong, for whoever looks at it from then on."""

from __future__ import annotations

import time

from lab import Host
from lab.commands import run


def off(*argv: str) -> float:
    """Seconds from this side's clock."""
    return float(run(*argv).stdout) - time.time()


def test_a_host_has_a_clock_of_its_own(three_hosts: list[Host]) -> None:
    one, other = three_hosts[:2]
    one.set_clock(420)
    other.set_clock(-90)
    for host, wrong in ((one, 420), (other, -90), (three_hosts[2], 0)):
        assert abs(off("ssh", host.name, "date", "+%s") - wrong) < 10
        python = "import time; print(time.time())"
        assert abs(off("ssh", host.name, f"python3 -c '{python}'") - wrong) < 10
    one.set_clock(0)
    other.reset()
    for host in three_hosts:
        assert abs(off("ssh", host.name, "date", "+%s")) < 10
