# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""How an action shows what was found out, where it keeps that, and how it ends: 0 is good, 2 is not, 4 is as bad as can be."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.utils.display import Display

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._disk import replace_file
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._job_container import (
    in_job_container,
)

Json = dict[str, t.Any]

display = Display()


def as_json(result: Json) -> str:
    return json.dumps(result, indent=1, sort_keys=True)


def show(result: Json, *, output: str, text: str, color: str | None) -> None:
    """:param output: C(screen) for the text, C(json) for all of it, anything else for nothing"""
    if output == "json":
        display.display(as_json(result))
    elif output == "screen":
        display.display(text, color=color)


def keep(path: str, text: str, *, what: str, mode: int, instead: str) -> str:
    """Keep it in a file on the controller.

    :param instead: what has it when an AWX job takes the file with it
    :returns: why not
    """
    if not path:
        return ""
    place = os.path.abspath(os.path.expanduser(path))
    if in_job_container():
        return f"{what} is not kept in {place}, which would go with this AWX job; {instead} has it"
    try:
        replace_file(place, text, mode=mode)
    except OSError as exc:
        return f"{what} is not kept in {place}: {exc.strerror}"
    return ""


def end(answer: Json, *, fails: bool, good: bool, worst: bool, line: str) -> Json:
    """The action's result.

    :param fails: whether what is not good is a failure
    :raises AnsibleConnectionFailure: for the worst
    """
    if not fails or good:
        return answer
    if worst:
        # Ansible ends with 4 where a host cannot be reached, and with 2 where a task has failed
        raise AnsibleConnectionFailure(line)
    answer.update(failed=True, msg=line)
    return answer


__all__ = ("as_json", "end", "keep", "show")
