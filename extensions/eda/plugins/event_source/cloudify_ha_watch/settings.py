# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the event source, checked."""

from __future__ import annotations

import os
import shutil
import sys
import typing as t
from dataclasses import dataclass, field, fields

Json = dict[str, t.Any]


class WrongOptions(Exception):
    pass


@dataclass
class Settings:
    """The options, checked."""

    inventory: list[str] = field(default_factory=list)
    cluster: str = ""
    interval: float = 60.0
    deadline: float = 60.0
    confirmations: int = 2
    confirmations_better: int = 0
    remind_after: float = 0.0
    emit_first: bool = True
    ssh: bool = True
    extra_vars_file: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    diagnosis_file: str = ""
    ansible_playbook: str = ""

    @classmethod
    def read(cls, args: Json) -> Settings:
        """
        :raises WrongOptions: with all that is wrong, in one line
        """
        settings, wrong = cls(), []
        known = [each.name for each in fields(cls)]
        for name, value in args.items():
            try:
                if name not in known:
                    raise ValueError(f"is no option; there are {', '.join(known)}")
                if value is not None and value != "":
                    setattr(settings, name, READERS[name](value))
            except ValueError as exc:
                wrong.append(f"{name}: {exc}")
        settings.confirmations_better = settings.confirmations_better or settings.confirmations
        try:
            settings.ansible_playbook = _program(settings)
        except ValueError as exc:
            wrong.append(f"ansible_playbook: {exc}")
        if wrong:
            raise WrongOptions("cluster_health: " + "; ".join(wrong))
        return settings


def _number(least: float) -> t.Callable[[t.Any], float]:
    def read(value: t.Any) -> float:
        try:
            number = float("nan" if isinstance(value, bool) else value)
        except (TypeError, ValueError):
            number = float("nan")
        if not least <= number < float("inf"):
            raise ValueError(f"{value!r} is not a number of seconds, {least:g} or more")
        return number

    return read


def _count(value: t.Any) -> int:
    text = "" if isinstance(value, bool) else str(value)
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{value!r} is not a whole number, 1 or more")
    return int(text)


def _yes_or_no(value: t.Any) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    if str(value).lower() not in words:
        raise ValueError(f"{value!r} is neither true nor false")
    return words[str(value).lower()]


def _text(value: t.Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    return value


def _path(value: t.Any) -> str:
    return os.path.abspath(os.path.expanduser(_text(value)))


def _file(value: t.Any) -> str:
    path = _path(value)
    if not os.path.isfile(path):
        raise ValueError(f"there is no file {path}")
    if not os.access(path, os.R_OK):
        raise ValueError(f"{path} cannot be read")
    return path


def _inventories(value: t.Any) -> list[str]:
    paths = [_path(each) for each in (value if isinstance(value, list) else [value])]
    for path in paths:
        if not os.path.exists(path):
            raise ValueError(f"there is no {path}")
    return paths


def _kept(value: t.Any) -> str:
    path = _path(value)
    if os.path.isdir(path):
        raise ValueError(f"{path} is a directory")
    if not os.access(os.path.dirname(path), os.W_OK | os.X_OK):
        raise ValueError(f"nothing can be written to {os.path.dirname(path)}")
    return path


def _environment(value: t.Any) -> dict[str, str]:
    """No value of it is ever told."""
    if not isinstance(value, dict):
        raise ValueError("it is not a mapping of names to values")
    for name, each in value.items():
        if not isinstance(name, str) or not name or "=" in name or "\0" in name:
            raise ValueError(f"{name!r} is not the name of a variable")
        if isinstance(each, (dict, list)) or each is None or "\0" in str(each):
            raise ValueError(f"the value of {name} is not a text")
    return {name: str(each) for name, each in value.items()}


READERS: dict[str, t.Callable[[t.Any], t.Any]] = {
    "inventory": _inventories,
    "cluster": _text,
    "interval": _number(1),
    "deadline": _number(1),
    "confirmations": _count,
    "confirmations_better": _count,
    "remind_after": _number(0),
    "emit_first": _yes_or_no,
    "ssh": _yes_or_no,
    "extra_vars_file": _file,
    "environment": _environment,
    "diagnosis_file": _kept,
    "ansible_playbook": _text,
}


def _program(settings: Settings) -> str:
    """Its path."""
    name = os.path.expanduser(settings.ansible_playbook or "ansible-playbook")
    path = settings.environment.get("PATH", os.environ.get("PATH"))
    beside = os.path.join(os.path.dirname(sys.executable), name)
    found = shutil.which(name, path=path) or shutil.which(beside)
    if not found:
        raise ValueError(f"there is no program {name}; install ansible-core, or give its path")
    return os.path.abspath(found)


__all__ = ("Settings", "WrongOptions")
