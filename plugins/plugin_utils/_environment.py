# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The connection that the controller's environment tells, for a module that runs on another host.

A credential of AWX puts it into the environment of the job, and none of that is passed on by ssh.
"""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import CONNECTION_SPEC

Json = dict[str, t.Any]


def told(given: t.Mapping[str, t.Any], environment: t.Mapping[str, t.Any]) -> Json:
    """Options of the connection that the controller's environment has and the task has not.

    :param given: the task's own options, which come first
    :param environment: the task's own environment, which comes before the controller's
    """
    found: Json = {}
    for option, how in CONNECTION_SPEC.items():
        _function, names = how.get("fallback", (None, ()))
        value = next((os.environ[name] for name in names if os.environ.get(name)), "")
        if value and given.get(option) is None and not environment.keys() & set(names):
            found[option] = value
    return found


def passed_on(action: ActionBase, given: Json, environment: t.Mapping[str, t.Any]) -> Json:
    """The task's options with those of the environment, and with the CA's file brought to the host.

    :raises AnsibleActionFail: when that file cannot be read
    """
    found = told(given, environment)
    if "ca_path" in found:
        found["ca_path"] = _brought(action, found["ca_path"])
    return {**given, **found}


def _brought(action: ActionBase, path: str) -> str:
    shell = action._connection._shell
    if not shell.tmpdir:
        action._make_tmp_path()
    place: str = shell.join_path(shell.tmpdir, "cloudify_ca.pem")
    try:
        with open(path, encoding="utf-8") as file:
            content = file.read()
    except (OSError, UnicodeDecodeError) as exc:
        why = getattr(exc, "strerror", None) or "it is no text"
        raise AnsibleActionFail(
            f"Cannot read CLOUDIFY_CA_PATH {path}: {why}. Give a file on the controller."
        ) from None
    action._transfer_data(place, content)
    action._fixup_perms2((shell.tmpdir, place))
    return place


__all__ = ("passed_on", "told")
