# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a host says of itself: the output of roles/diagnose/files/host.sh, as data. Pure."""

from __future__ import annotations

import base64
import json
import re
import ssl
import typing as t

Json = dict[str, t.Any]

_YES_NO = {"yes": True, "no": False}
_STATES = ("active", "inactive", "failed")
#: Characters of an error.
_LONGEST = 200

_OTHER_KEY = "its host key is another one than ssh knows"
_NO_KEY = "ssh does not know its host key"
_DENIED = "ssh does not let us in: permission denied"
_NO_NAME = "its name is not known"
#: known_hosts names the port, where it is another one.
_SSH_PORT = 22
_REMEDIES = {
    _OTHER_KEY: (
        ", as that of a fresh host is. If it is one:"
        " ssh-keygen -R {entry}, then ssh-keyscan {host} >> ~/.ssh/known_hosts"
    ),
    _NO_KEY: ". If it is the right host: ssh-keyscan {host} >> ~/.ssh/known_hosts",
    _DENIED: " (see ansible_user, and that its key is on the host)",
    _NO_NAME: " (see ansible_host)",
}
#: Who says so has let ssh in; the first is of Ansible, by whatever means one becomes root.
_LET_IN = re.compile(
    r"(missing|incorrect) \S+ password|\bsudo: |\brun sudo\b|\bsudoers\b"
    r"|password is required|a terminal is required",
    re.IGNORECASE,
)
_NO_ROOT = "nobody becomes root there"

NOT_ASKED: Json = {"asked": False}


def why_unreachable(message: str, *, seconds: int) -> str:
    """What Ansible says of a connection that failed, in one line."""
    lines = [line.strip() for line in message.replace("\\r\\n", "\n").splitlines() if line.strip()]
    text = " ".join(lines)
    low = text.lower()
    if _LET_IN.search(text):
        told = next(line for line in reversed(lines) if _LET_IN.search(line))
        return f"{_NO_ROOT}: {told}"[:_LONGEST]
    if "timed out" in low or "timeout" in low:
        return f"no answer by ssh within {seconds} s"
    for sign, words in (
        # first, since more is said after it
        ("identification has changed", _OTHER_KEY),
        ("connection refused", "it refuses ssh"),
        ("no route to host", "no way to it: No route to host"),
        ("network is unreachable", "no way to it: Network is unreachable"),
        ("could not resolve", _NO_NAME),
        ("name or service not known", _NO_NAME),
        ("permission denied", _DENIED),
        ("host key verification failed", _NO_KEY),
    ):
        if sign in low:
            return words
    last = lines[-1] if lines else "ssh failed and does not say why"
    return last.rpartition("via ssh: ")[2][:_LONGEST]


def ssh_trouble(message: str, *, host: str, port: int | None = None) -> str:
    """What keeps us out of a host that is up, and what to do; empty where it may just not be there.

    :param message: what Ansible says of the connection
    :param host: as ssh is told of it
    :param port: the same
    """
    why = why_unreachable(message, seconds=0) if message.strip() else ""
    if why in _REMEDIES:
        entry = host
        if port and port != _SSH_PORT:
            entry, host = f"'[{host}]:{port}'", f"-p {port} {host}"
        return why + _REMEDIES[why].format(host=host, entry=entry)
    # whatever else, a proxy in between may say it of a host that is off
    return why if why.startswith(_NO_ROOT) else ""


def parse(said: t.Any) -> Json:
    """One host's account.

    :param said: what the module host_info returns for it; C(asked) false or nothing at all where nobody tried
    """
    if not isinstance(said, dict) or not said.get("asked"):
        return dict(NOT_ASKED)
    found: Json = {
        "asked": True,
        "reachable": bool(said.get("reachable")),
        "error": str(said.get("error") or ""),
        "clock": None,
        "skew": None,
        "services": {},
        "disks": [],
        "certificates": [],
        "restore_flag": None,
        "frozen": False,
        "package": None,
        "traces": None,
        "reaches": {},
        "consul": None,
        "postgres": None,
    }
    clocks: list[float] = []
    silent = False
    for line in str(said.get("text") or "").splitlines():
        kind, _space, rest = line.strip().partition(" ")
        words = rest.split()
        try:
            if kind == "clock":
                clocks.append(float(words[0]))
            elif kind == "silent":
                silent = True
            elif kind in _FACTS:
                _FACTS[kind](found, words)
        except (IndexError, KeyError, ValueError):
            continue  # half a line, or not one of ours
    if silent:  # what was told is not all, and what was not told is not missing
        found["services"] = {}
    for disk in found["disks"]:
        del disk["id"]
    if clocks:
        found["clock"] = clocks[0]
        found["skew"] = _skew(clocks, said)
    return found


def _skew(clocks: list[float], said: Json) -> float | None:
    """The script ran somewhere between the two moments that we know: the middle of what is possible, or 0 where that is."""
    began, ended = said.get("began"), said.get("ended")
    if not isinstance(began, (int, float)) or not isinstance(ended, (int, float)):
        return None
    least, most = clocks[-1] - ended, clocks[0] - began
    if least <= 0 <= most:
        return 0.0
    return round((least + most) / 2, 2)


def _service(found: Json, words: list[str]) -> None:
    name, state = words[:2]
    # a unit and a program of the same name: whichever runs
    if state in _STATES and found["services"].get(name) != "active":
        found["services"][name] = state


def _disk(found: Json, words: list[str]) -> None:
    mark, (size, blocks, free, inodes, inodes_free) = words[0], (int(w) for w in words[1:6])
    path = words[6]
    seen = (mark, blocks * size, inodes)
    if blocks and not any(
        (disk["id"], disk["size"], disk["inodes"]) == seen for disk in found["disks"]
    ):
        found["disks"].append(
            {
                "id": mark,
                "path": path,
                "size": blocks * size,
                "free": free * size,
                "inodes": inodes,
                "inodes_free": inodes_free,
            }
        )


def _certificate(found: Json, words: list[str]) -> None:
    begins, ends, issuer, fits = words[:4]
    found["certificates"].append(
        {
            "path": " ".join(words[4:]),
            "not_before": _moment(begins),
            "not_after": _moment(ends),
            "issuer_is_ca": _YES_NO.get(issuer),
            "key_matches": _YES_NO.get(fits),
        }
    )


def _moment(text: str) -> int | None:
    try:
        return ssl.cert_time_to_seconds(text.replace("_", " "))
    except ValueError:
        return None


def _flag(found: Json, words: list[str]) -> None:
    found["restore_flag"] = _YES_NO[words[0]]


def _frozen(found: Json, words: list[str]) -> None:
    found["frozen"] = _YES_NO[words[0]]


def _package(found: Json, words: list[str]) -> None:
    found["package"] = "" if words[0] == "none" else words[0]


def _traces(found: Json, words: list[str]) -> None:
    found["traces"] = _YES_NO[words[0]]


def _reaches(found: Json, words: list[str]) -> None:
    found["reaches"][words[0]] = _YES_NO[words[1]]


def _consul(found: Json, words: list[str]) -> None:
    value = json.loads(base64.b64decode(words[1]))
    found["consul"] = {**(found["consul"] or {}), words[0]: value}


def _postgres(found: Json, words: list[str]) -> None:
    role = words[1] if words[1] in ("leader", "replica") else None
    found["postgres"] = {"port": int(words[0]), "role": role}


_FACTS: dict[str, t.Callable[[Json, list[str]], None]] = {
    "service": _service,
    "disk": _disk,
    "certificate": _certificate,
    "restore_flag": _flag,
    "frozen": _frozen,
    "package": _package,
    "traces": _traces,
    "reaches": _reaches,
    "consul": _consul,
    "postgres": _postgres,
}


def of_version(host: Json, *, facts: Json, tiers: t.Sequence[str]) -> Json:
    """The same host with those services that this version has on a node of these tiers.

    :param facts: the installer's (module_utils C(_installer))
    """
    if not host.get("reachable"):
        return host
    there: dict[str, str] = host["services"]
    if not there:  # nobody could be asked: that is not to say that there is none
        return host
    services: dict[str, str] = {}
    either: set[str] = set()
    for tier in tiers:
        for names in facts["services"].get(tier, ()):
            choices = names.split("|")
            either.update(choices)
            name = next((n for n in choices if there.get(n) == "active"), None)
            name = name or next((n for n in choices if n in there), choices[0])
            services[name] = there.get(name, "missing")
    for name, state in there.items():
        # of 4.x, a replica's others are down as they should be
        if name not in either and (facts["generation"] == "all_active" or state == "failed"):
            services[name] = state
    return {**host, "services": dict(sorted(services.items()))}


__all__ = ("NOT_ASKED", "of_version", "parse", "ssh_trouble", "why_unreachable")
