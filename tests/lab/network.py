# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's network: a bridge with a port for each host, and what can be done to a host's cable."""

from __future__ import annotations

from pathlib import Path

from .commands import LabError, batch, run

BRIDGE = "labbr0"
CONTROLLER = "172.31.78.1"
HOSTS = 12
# How much of a slow cable's traffic may wait for its turn, in milliseconds.
QUEUE = 400

# Only traffic between hosts is forwarded by the bridge; the controller is the bridge itself and always gets in.
# A cable with a delay has a bridge of its own, with a port a-NAME, where nothing is to be dropped a second time.
RULES = """
add table bridge lab
add set bridge lab isolated { type ifname; }
add set bridge lab blocked { type ifname . ifname; }
add chain bridge lab forward { type filter hook forward priority 0; policy accept; }
add rule bridge lab forward iifname "a-*" accept
add rule bridge lab forward oifname "a-*" accept
add rule bridge lab forward iifname @isolated drop
add rule bridge lab forward oifname @isolated drop
add rule bridge lab forward iifname . oifname @blocked drop
"""


def number(name: str) -> int:
    digits = name[1:]
    if name[:1] != "h" or not digits.isdecimal() or not 1 <= int(digits) <= HOSTS:
        raise LabError(f"a host is called h1 to h{HOSTS}, not {name!r}")
    return int(digits)


def address(name: str) -> str:
    return f"172.31.78.{10 + number(name)}"


def hosts_file() -> str:
    lines = ["127.0.0.1 localhost", f"{CONTROLLER} controller controller.lab.test"]
    names = [f"h{n}" for n in range(1, HOSTS + 1)]
    lines += [f"{address(name)} {name} {name}.lab.test" for name in names]
    return "\n".join(lines) + "\n"


def _mac(name: str) -> str:
    # Fixed, or a host made anew would be looked for where its predecessor was until the peers ask again.
    return f"02:1a:b1:00:00:{10 + number(name):02x}"


def ports(name: str) -> tuple[str, str]:
    """The bridge's end of the cable: the second one while the cable has a delay."""
    return f"v-{name}", f"w-{name}"


def create() -> None:
    bridge = f"{BRIDGE} address 02:1a:b1:00:00:01"
    batch(
        "ip -batch -",
        [
            "link set lo up",
            f"link add {bridge} type bridge forward_delay 0 mcast_snooping 0",
            f"addr add {CONTROLLER}/24 dev {BRIDGE}",
            f"link set {BRIDGE} up",
        ],
    )
    # With no route out a stranger's address is refused at once, instead of packets vanishing.
    settings = Path("/proc/sys/net/ipv4")
    (settings / "ip_forward").write_text("1")
    # Else the bridge of a cable with a delay would answer for the controller, who is behind the delay.
    (settings / "conf/all/arp_ignore").write_text("1")
    batch("nft -f -", RULES.strip().splitlines())


def plug_in(name: str) -> None:
    port = ports(name)[0]
    batch(
        "ip -batch -",
        [
            f"netns add {name}",
            f"link add {port} type veth peer name eth0 address {_mac(name)} netns {name}",
            f"link set {port} master {BRIDGE} up",
        ],
    )
    batch(f"ip -n {name} -batch -", ["link set lo up", f"addr add {address(name)}/24 dev eth0"])


def power_up(name: str) -> None:
    """Its network card has power; keeper.sh takes that away again, so that a host that is off is silent."""
    batch(
        f"ip -n {name} -batch -",
        ["link set eth0 up", f"route replace default via {CONTROLLER}"],
    )


def unplug(name: str) -> None:
    """Whatever was done to the cable goes with it."""
    run("ip", "link", "del", ports(name)[0], check=False)
    run("ip", "netns", "del", name, check=False)
    rejoin(name)


def namespace(name: str) -> Path:
    return Path("/run/netns") / name


def cut(name: str) -> None:
    run("ip", "link", "set", ports(name)[0], "down")


def heal(name: str) -> None:
    run("ip", "link", "set", ports(name)[0], "up")


def _change(verb: str, name: str, elements: list[str]) -> None:
    # Adding before deleting makes it no error that there was nothing to delete.
    verbs = ("add",) if verb == "add" else ("add", "delete")
    joined = ", ".join(elements)
    batch("nft -f -", [f"{word} element bridge lab {name} {{ {joined} }}" for word in verbs])


def isolate(name: str) -> None:
    _change("add", "isolated", [f'"{port}"' for port in ports(name)])


def _pairs(source: str, target: str) -> list[str]:
    return [f'"{a}" . "{b}"' for a in ports(source) for b in ports(target)]


def block(source: str, target: str) -> None:
    _change("add", "blocked", _pairs(source, target))


def rejoin(name: str) -> None:
    """Undo isolate, and block in both directions."""
    _change("delete", "isolated", [f'"{port}"' for port in ports(name)])
    others = [f"h{n}" for n in range(1, HOSTS + 1) if f"h{n}" != name]
    pairs = [pair for other in others for pair in _pairs(name, other) + _pairs(other, name)]
    _change("delete", "blocked", pairs)


def slow(name: str, kbit: int | None) -> None:
    """In both directions; None is as fast as can be."""
    for where in (("tc",), ("tc", "-n", name)):
        port = "eth0" if len(where) > 1 else ports(name)[0]
        run(*where, "qdisc", "del", "dev", port, "root", check=False)
        if kbit:
            # The bucket holds a full frame at least, or nothing passes at all.
            burst = f"{max(3200, kbit * 1000 // 8 // 100)}"
            limit = ("rate", f"{kbit}kbit", "burst", burst, "latency", f"{QUEUE}ms")
            run(*where, "qdisc", "add", "dev", port, "root", "tbf", *limit)


__all__ = (
    *("BRIDGE", "CONTROLLER", "HOSTS"),
    *("address", "block", "create", "cut", "heal", "hosts_file", "isolate", "namespace", "number"),
    *("plug_in", "ports", "rejoin", "slow", "unplug"),
)
