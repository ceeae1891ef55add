# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The action plugin of every module that talks to a manager: on another host, it is given what the environment of the controller says of the
connection. There it is where an operator, or a credential of AWX, puts it.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import CONNECTION_SPEC
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._direct import DirectAction

Json = dict[str, t.Any]

#: option -> environment variable
VARIABLES: dict[str, str] = {
    option: how["fallback"][1][0] for option, how in CONNECTION_SPEC.items() if "fallback" in how
}


class ManagerAction(DirectAction):
    def _elsewhere(self, asked: Json) -> Json:
        there: dict[str, str] = {}
        self._compute_environment_string(there)
        return with_environment(asked, os.environ, but={str(name) for name in there})


def with_environment(
    asked: Json, environment: t.Mapping[str, str], *, but: t.Collection[str] = ()
) -> Json:
    """Options of a module, with those that it would find in this environment.

    :param but: variables that it will find where it runs
    """
    found = {
        option: environment[name]
        for option, name in VARIABLES.items()
        if asked.get(option) is None and name in environment and name not in but
    }
    if "ca_path" in found and asked.get("ca_certificates") is None:
        try:
            with open(found["ca_path"], encoding="utf-8") as file:
                found["ca_certificates"] = file.read()
        except (OSError, ValueError):
            pass  # it may be a file of the other host, and the module says so if it is not
        else:
            del found["ca_path"]
    return {**asked, **found}


__all__ = ("ManagerAction", "with_environment")
