# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job as AWX 24 launches it: the private data directory, and what it hands to ansible-runner.

What is done here follows awx/main/tasks/jobs.py of AWX: which files there are and their modes, the inventory as a script that prints JSON,
extra variables whose strings are all marked as unsafe, the command line, the environment, the prompts that are answered, and the credentials:
a custom type that injects environment variables and files, and a machine credential with a key that goes to ssh-agent by a pipe.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

#: What AWX asks for with a prompt, and whose answer that is.
PROMPTS = {
    r"Enter passphrase for .*:\s*?$": "ssh_key_unlock",
    r"Bad passphrase, try again for .*:\s*?$": "",
    r"BECOME password.*:\s*?$": "become_password",
    r"SSH password:\s*?$": "ssh_password",
    r"Password:\s*?$": "ssh_password",
    r"Vault password:\s*?$": "vault_password",
}


@dataclass(frozen=True)
class Machine:
    """A machine credential."""

    username: str = ""
    key: str = ""
    #: Of the key.
    passphrase: str = ""


@dataclass(frozen=True)
class Credential:
    """One of a custom type, as its injectors put it: a file's variable gets its path."""

    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Launch:
    """
    :ivar playbook: its name in the project
    :ivar extra_vars: those of the template; an administrator wrote them
    :ivar answers: to the survey, with the types that its questions have
    :ivar check: job type check
    """

    playbook: str
    extra_vars: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    check: bool = False
    limit: str = ""
    verbosity: int = 0
    timeout: int = 0


class Unsafe(yaml.SafeDumper):
    """Marks every text, so that no answer to a survey is a template."""

    def represent_data(self, data: Any) -> Any:
        if isinstance(data, str):
            return self.represent_scalar("!unsafe", data)
        return super().represent_data(data)


def extra_vars(launch: Launch, number: int) -> str:
    """The file env/extravars. What an administrator wrote, and an answer has not changed, may have templates in it."""
    meta = {
        "job_id": number,
        "job_launch_type": "manual",
        "job_template_id": 7,
        "job_template_name": launch.playbook,
        "user_id": 1,
        "user_name": "operator",
    }
    everything = {**launch.extra_vars, **launch.answers}
    for prefix in ("awx", "tower"):
        everything.update({f"{prefix}_{name}": value for name, value in meta.items()})
    parts = []
    for name, value in everything.items():
        own = launch.extra_vars.get(name)
        dumper = yaml.SafeDumper if name in launch.extra_vars and own == value else Unsafe
        parts.append(yaml.dump({name: value}, Dumper=dumper, default_flow_style=False))
    return "".join(parts)


def inventory_script(
    groups: Mapping[str, Mapping[str, Mapping[str, Any]]], variables: Mapping[str, Any]
) -> str:
    """The file inventory/hosts, from group -> host -> variables, and the variables of all."""
    hosts: dict[str, dict[str, Any]] = {}
    for members in groups.values():
        for host, own in members.items():
            hosts.setdefault(host, {}).update(own)
    for number, own in enumerate(hosts.values(), 1):
        own.update(remote_tower_enabled="true", remote_tower_id=number)
    everybody = {"hosts": sorted(hosts), "children": sorted(groups), "vars": dict(variables)}
    data: dict[str, Any] = {"all": everybody}
    data.update({group: {"hosts": sorted(members)} for group, members in groups.items()})
    data["_meta"] = {"hostvars": hosts}
    text = json.dumps(data)
    return f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({text!r})\n"


def command_line(launch: Launch, machine: Machine) -> str:
    words = ["--check"] if launch.check else []
    words += ["-u", machine.username or "root"]
    words += ["-l", launch.limit] if launch.limit else []
    words += ["-" + "v" * launch.verbosity] if launch.verbosity else []
    return shlex.join(words)


def private_data(
    place: Path,
    launch: Launch,
    *,
    number: int,
    groups: Mapping[str, Mapping[str, Mapping[str, Any]]],
    variables: Mapping[str, Any],
    machine: Machine,
    credentials: tuple[Credential, ...],
    container: str,
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """Make the private data directory without its project, and return what ansible-runner is told.

    :param container: where the worker has it
    :param environment: what AWX's settings add for every job
    """
    for folder in ("env", "inventory", "project", "cp"):
        (place / folder).mkdir(mode=0o700)
    env = {
        **environment,
        "AWX_PRIVATE_DATA_DIR": str(place),
        "JOB_ID": str(number),
        "INVENTORY_ID": "1",
        "PROJECT_REVISION": "0" * 40,
        "AWX_HOST": "https://awx.example.com",
        "MAX_EVENT_RES": "700000",
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": f"{container}/cp",
        "ANSIBLE_COLLECTIONS_PATH": ":".join(
            [f"{container}/requirements_collections", environment["ANSIBLE_COLLECTIONS_PATH"]]
        ),
        "ANSIBLE_ROLES_PATH": f"{container}/requirements_roles",
    }
    for credential in credentials:
        for name, text in credential.files.items():
            handle, path = tempfile.mkstemp(dir=place / "env")
            with os.fdopen(handle, "w") as file:
                file.write(text)
            env[name] = f"{container}/env/{Path(path).name}"
        env.update(credential.env)
    write(place / "env" / "extravars", extra_vars(launch, number))
    write(place / "env" / "cmdline", command_line(launch, machine))
    settings = {
        "job_timeout": launch.timeout,
        "suppress_ansible_output": True,
        "suppress_output_file": True,
    }
    write(place / "env" / "settings", json.dumps(settings))
    write(place / "inventory" / "hosts", inventory_script(groups, variables), mode=0o700)
    answers = {"ssh_key_unlock": machine.passphrase}
    params: dict[str, Any] = {
        "ident": str(number),
        "playbook": launch.playbook,
        "passwords": {prompt: answers.get(field, "") for prompt, field in PROMPTS.items()},
        # what is in them goes to the worker, and to no file
        "suppress_env_files": True,
        "envvars": env,
        "fact_cache_type": "",
    }
    if machine.key:
        params["ssh_key"] = machine.key
    return params


def write(path: Path, text: str, *, mode: int = 0o600) -> None:
    path.touch(mode=mode)
    path.write_text(text)


__all__ = ["Credential", "Launch", "Machine", "private_data", "write"]
