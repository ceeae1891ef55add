# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What role setup_awx is told, and what is wrong with it. Pure.

A setting is called in messages as the variable that it comes from (setup_awx_...).
"""

from __future__ import annotations

import re
import typing as t

Json = dict[str, t.Any]

TIERS = ("manager", "broker", "database")
#: What is not given.
EMPTY: tuple[t.Any, ...] = (None, "", [], {})

#: What AWX and its job containers are called in an inventory, whatever the machine.
_HERE = re.compile(r"(localhost|ip6-localhost)(\..*)?|127(\.\d+){3}|::1|0\.0\.0\.0", re.I)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_HOST = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.:-]*", re.ASCII)
#: As the store accepts it (module_utils/_sets.py).
_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
#: Not %: it begins an escape in what AWX makes of a name.
_NAME = re.compile(r"[^\s{}%+][^{}%+\n]{0,199}")
_PLAYBOOKS = re.compile(r"(?!/)(?!.*\.\.)[A-Za-z0-9._/-]*")

_SCHEDULE = {"at": str, "enabled": bool}
_KEY = {"username": str, "password": str, "ssh_key_data": str, "ssh_key_unlock": str}

#: Which type each setting has; a mapping in place of a type is one with these keys, and no others.
SHAPE: Json = {
    "cluster": str,
    "name": str,
    "organization": str,
    "galaxy_credentials": [str],
    "manager": {
        "manager_hosts": [str],
        "manager_port": int,
        "manager_protocol": str,
        "username": str,
        "password": str,
        "token": str,
        "tenant": str,
        "ca": str,
        "skip_certificate_check": bool,
        "request_timeout": float,
        "connect_timeout": float,
    },
    "machine": {**_KEY, "become_method": str, "become_username": str, "become_password": str},
    "scm": _KEY,
    "vault": {"vault_password": str, "vault_id": str},
    "project": {"url": str, "branch": str, "local_path": str, "folder": str},
    "environment": {"image": str, "pull": str, "credential": str},
    "store": {"host": str, "address": str, "user": str, "dir": str, "variables": dict},
    "nodes": dict,
    "variables": dict,
    "notifications": {"started": [str], "success": [str], "error": [str], "approvals": [str]},
    "schedules": {
        "time_zone": str,
        "inventory": _SCHEDULE,
        "backup": _SCHEDULE,
        "diagnose": _SCHEDULE,
        "status": _SCHEDULE,
    },
    "keep": int,
    "timeout": int,
    "forks": int,
    "approval_timeout": int,
}
_NODE = {"address": str, "tiers": [str], "variables": dict}

DEFAULTS: Json = {
    "organization": "Default",
    "keep": 14,
    "timeout": 0,
    "forks": 10,
    "approval_timeout": 0,
    "schedules": {
        "time_zone": "UTC",
        "inventory": {"at": "02:10", "enabled": True},
        "backup": {"at": "02:30", "enabled": True},
        "diagnose": {"at": "05:30", "enabled": True},
        "status": {"at": "06:00", "enabled": True},
    },
    "store": {"dir": "/var/lib/cloudify_ha"},
}


def read(given: t.Any, *, instances: t.Sequence[str] = ()) -> tuple[Json, list[str]]:
    """The settings with their defaults, and what is wrong with them, one line each.

    :param given: by their names without setup_awx_; what is None or empty is not given
    :param instances: names and addresses of AWX's own machines
    """
    if not isinstance(given, dict):
        return {}, ["the settings are no mapping"]
    given = _typed(given, SHAPE)
    misshapen = dict(_of_shape((), given, SHAPE))
    settings = _filled(DEFAULTS, _without(given, misshapen), SHAPE)
    settings.setdefault("name", f"Cloudify {settings.get('cluster', '')}".rstrip())
    for key in ("nodes", "variables", "notifications", "manager", "machine", "project", "store"):
        settings.setdefault(key, {})
    wrong = [
        *_of_names(settings),
        *_of_manager(settings["manager"]),
        *_of_keys(settings),
        *_of_project(settings),
        *_of_store(settings["store"], instances),
        *_of_nodes(settings),
        *_of_numbers(settings),
        *_of_schedules(settings["schedules"]),
    ]
    # of what has the wrong shape, nobody shall read that it is missing
    told = [name_of(path) for path in misshapen]
    rest = [line for line in wrong if not any(_is_about(line, name) for name in told)]
    return settings, [*misshapen.values(), *rest]


def _is_about(line: str, name: str) -> bool:
    """Whether a line is about this setting, what is in it, or what it is in."""
    about = line.split()[0]
    return f"{about}.".startswith(f"{name}.") or f"{name}.".startswith(f"{about}.")


def name_of(path: t.Sequence[str]) -> str:
    """A setting as it is written: the variable, and keys in it."""
    return "setup_awx" + "".join(f"_{key}" if n == 0 else f".{key}" for n, key in enumerate(path))


# -- shape -----------------------------------------------------------------------------------------


def _of_shape(
    path: tuple[str, ...], value: t.Any, wanted: t.Any
) -> t.Iterator[tuple[tuple[str, ...], str]]:
    """Where the shape is wrong, and the line that says so."""
    name = name_of(path)
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            yield path, f"{name} has to be a mapping"
            return
        for key, each in value.items():
            inner = (*path, str(key))
            if key not in wanted:
                yield inner, f"{name_of(inner)} is not known; there are {', '.join(wanted)}"
            elif each not in EMPTY:
                yield from _of_shape(inner, each, wanted[key])
    elif isinstance(wanted, list):
        if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
            yield path, f"{name} has to be a list of strings"
    elif wanted is str and isinstance(value, str):
        if "{{" in value or "{%" in value:
            yield path, f"{name} has {{{{ or {{% in it, which Ansible would take for a template"
    elif not _is(value, wanted):
        yield path, f"{name} has to be {_WORDS[wanted]}"


def _typed(value: t.Any, wanted: t.Any) -> t.Any:
    """Numbers and booleans from the text that a template or a command line makes of them."""
    if isinstance(wanted, dict) and isinstance(value, dict):
        return {key: _typed(each, wanted.get(key)) for key, each in value.items()}
    if isinstance(value, str):
        if wanted in (int, float) and re.fullmatch(r"-?\d+", value):
            return int(value)
        if wanted is float and re.fullmatch(r"-?\d+\.\d+", value):
            return float(value)
        if wanted is bool and value.lower() in ("true", "false", "yes", "no"):
            return value.lower() in ("true", "yes")
    return value


def _without(value: t.Any, paths: t.Collection[tuple[str, ...]], at: tuple[str, ...] = ()) -> t.Any:
    if not isinstance(value, dict):
        return value
    return {
        key: _without(each, paths, (*at, str(key)))
        for key, each in value.items()
        if (*at, str(key)) not in paths
    }


_WORDS = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a mapping",
}


def _is(value: t.Any, wanted: type) -> bool:
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))


def _filled(defaults: Json, given: Json, shape: Json) -> Json:
    """What is given, and the defaults where nothing is."""
    found = dict(defaults)
    for key, value in given.items():
        if value in EMPTY:
            continue
        inner = shape.get(key)
        found[key] = (
            _filled(defaults.get(key, {}), value, inner) if isinstance(inner, dict) else value
        )
    return found


# -- sense -----------------------------------------------------------------------------------------


def _of_names(settings: Json) -> t.Iterator[str]:
    cluster = settings.get("cluster", "")
    if not cluster:
        yield "setup_awx_cluster is missing: the cluster's name, which its sets are kept under"
    elif not _CLUSTER.fullmatch(cluster):
        yield f"setup_awx_cluster is {cluster!r}: it takes letters, digits and - . _"
    for key in ("name", "organization"):
        if not _NAME.fullmatch(settings[key]):
            yield f"setup_awx_{key} is {settings[key]!r}: no braces, %, + or line breaks"


def _of_manager(manager: Json) -> t.Iterator[str]:
    """AWX takes a credential that lacks what is required, and lets the job fail."""
    where = "setup_awx_manager"
    if not manager.get("manager_hosts"):
        yield f"{where}.manager_hosts is missing: the addresses of the managers"
    for host in manager.get("manager_hosts", ()):
        if not _HOST.fullmatch(host):
            yield f"{where}.manager_hosts has {host!r}, which is no address"
    if not manager.get("token") and not (manager.get("username") and manager.get("password")):
        yield f"{where} needs username and password, or a token"
    if manager.get("manager_protocol", "https") not in ("https", "http"):
        yield f"{where}.manager_protocol is https or http, not {manager['manager_protocol']}"
    if not 0 < manager.get("manager_port", 443) < 65536:
        yield f"{where}.manager_port is from 1 to 65535, not {manager['manager_port']}"
    if "ca" in manager and "-----BEGIN CERTIFICATE-----" not in manager["ca"]:
        yield f"{where}.ca is no certificate in PEM form: give the text, not the path"
    for key in ("request_timeout", "connect_timeout"):
        if manager.get(key, 1) <= 0:
            yield f"{where}.{key} has to be more than 0 seconds"


def _of_keys(settings: Json) -> t.Iterator[str]:
    machine = settings["machine"]
    if not machine.get("username"):
        yield "setup_awx_machine.username is missing: who logs in to the nodes and the store"
    if not machine.get("ssh_key_data") and not machine.get("password"):
        yield "setup_awx_machine needs ssh_key_data (the text of a private key) or a password"
    for name in ("machine", "scm"):
        key = settings.get(name, {}).get("ssh_key_data", "")
        if key and not re.match(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n", key):
            yield f"setup_awx_{name}.ssh_key_data is no private key: give the text, not the path"
    if "vault" in settings and not settings["vault"].get("vault_password"):
        yield "setup_awx_vault.vault_password is missing"


def _of_project(settings: Json) -> t.Iterator[str]:
    project = settings["project"]
    if bool(project.get("url")) == bool(project.get("local_path")):
        yield (
            "setup_awx_project needs either url (a git repository with the files of awx/), or "
            "local_path (a directory below AWX's project path)"
        )
    if not _PLAYBOOKS.fullmatch(project.get("folder", "")):
        yield f"setup_awx_project.folder is {project['folder']!r}: a path inside the repository"
    if project.get("local_path") and "scm" in settings:
        yield "setup_awx_scm is for a project with a url, and this one has a local_path"
    if project.get("local_path") and not project.get("url") and not settings["nodes"]:
        yield (
            "setup_awx_nodes is missing: AWX takes no inventory from a project with a local_path, "
            "so that the nodes have to be named"
        )
    environment = settings.get("environment", {})
    if environment and not environment.get("image"):
        yield "setup_awx_environment.image is missing"
    if environment.get("pull", "missing") not in ("always", "missing", "never"):
        yield "setup_awx_environment.pull is always, missing or never"


def _of_store(store: Json, instances: t.Sequence[str]) -> t.Iterator[str]:
    """A job's container, and what is on its disk, is gone when the job ends."""
    host, address = store.get("host", ""), store.get("address", "")
    if not host:
        yield "setup_awx_store.host is missing: a host that stays, reached by ssh"
        return
    if not _HOST.fullmatch(host):
        yield f"setup_awx_store.host is {host!r}, which is no name of a host"
    variables = store.get("variables", {})
    connection = variables.get("ansible_connection", "ssh")
    here = next(
        (
            each
            for each in (host, address, str(variables.get("ansible_host", "")))
            if each and (_HERE.fullmatch(each) or each.lower() in {i.lower() for i in instances})
        ),
        "",
    )
    if here or connection not in (
        "ssh",
        "smart",
        "paramiko",
        "paramiko_ssh",
        "ansible.builtin.ssh",
    ):
        yield (
            f"setup_awx_store is on {here or 'connection ' + str(connection)}, which is AWX itself: "
            "what a job keeps there is lost. Name a host that stays, and is reached by ssh"
        )
    if not re.match(r"/[^/]", store["dir"]):
        yield f"setup_awx_store.dir is {store['dir']!r}, which is no absolute path"


def _of_nodes(settings: Json) -> t.Iterator[str]:
    seen: Json = {}
    managers = 0
    for name, node in settings["nodes"].items():
        where = f"setup_awx_nodes.{name}"
        if not isinstance(name, str) or not _HOST.fullmatch(name) or name in ("all", "none"):
            yield f"setup_awx_nodes has {name!r}, which is no name of a host"
            continue
        wrong = [line for _path, line in _of_shape(("nodes", name), node or {}, _NODE)]
        yield from wrong
        if wrong:
            continue
        unknown = [tier for tier in (node or {}).get("tiers", ()) if tier not in TIERS]
        if unknown:
            yield f"{where}.tiers has {', '.join(unknown)}; there are {', '.join(TIERS)}"
        managers += bool(unknown) or "manager" in (node or {}).get("tiers", TIERS)
        address = (node or {}).get("address", name)
        if address in seen:
            yield f"{where} has the address of {seen[address]}, {address}"
        seen[address] = name
    if seen and not managers:
        yield "setup_awx_nodes has no manager among them"


def _of_numbers(settings: Json) -> t.Iterator[str]:
    for key, most in (
        ("keep", 1000),
        ("timeout", 10**7),
        ("forks", 200),
        ("approval_timeout", 10**7),
    ):
        if not 0 <= settings[key] <= most:
            yield f"setup_awx_{key} is {settings[key]}: it takes 0 to {most}"
    if 0 < settings["timeout"] < 3600:
        yield (
            f"setup_awx_timeout is {settings['timeout']} seconds: a restore or an installation that "
            "is cut off half-way is worse than one that hangs. Give 0 for none, or an hour at least"
        )


def _of_schedules(schedules: Json) -> t.Iterator[str]:
    for name, schedule in schedules.items():
        if name == "time_zone":
            if not re.fullmatch(r"[A-Za-z]+([/_+-][A-Za-z0-9]+)*", schedule):
                yield f"setup_awx_schedules.time_zone is {schedule!r}: a name such as Europe/Berlin"
        elif not _TIME.fullmatch(schedule["at"]):
            yield f"setup_awx_schedules.{name}.at is {schedule['at']!r}: a time such as 02:30"


__all__ = ("DEFAULTS", "SHAPE", "TIERS", "read")
