# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a script on a host that has perhaps nothing but a shell, over one connection, and never wait for long.

With C(later), a process of its own waits for the host. Ansible asks five hosts at once, and a few that are dead would keep it from the
others, each for as long as it takes to see that.
"""

from __future__ import annotations

import base64
import shlex
import time
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._host import why_unreachable
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._lasting import notice_the_end
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._later import begin

#: What is set of the connection: no second try, and nothing that an earlier connection has left, which may be dead.
_OPTIONS = {"reconnection_retries": 0, "control_path": "none"}
#: Seconds after the deadline until a script is ended there, and here the connection to it.
_THERE, _HERE = 3, 5

SPEC: dict[str, t.Any] = {
    "script": {"type": "str", "required": True},
    "arguments": {"type": "list", "elements": "str", "default": []},
    "deadline": {"type": "int", "required": True},
    "connect_timeout": {"type": "int", "required": True},
    "later": {"type": "bool", "default": False},
}

Json = dict[str, t.Any]


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(argument_spec=SPEC)
        limit, seconds = args["deadline"], args["connect_timeout"]
        words = [str(limit), *args["arguments"]]
        script = args["script"]
        self._hurry(seconds)
        text = base64.b64encode(script.encode()).decode()
        # in base64 it passes through any number of shells unharmed
        command = (
            f'timeout -k 1 {limit + _THERE} /bin/sh -c "$(echo {text} | base64 -d)" host.sh '
            + shlex.join(words)
        )
        result["changed"] = False
        if args["later"]:
            result["job"] = begin(
                lambda: self._ask(command, seconds=seconds),
                failed=_failed,
                most=seconds + limit + _HERE,
            )
        else:
            result["said"] = self._ask(command, seconds=seconds)
        return result

    def _hurry(self, seconds: int) -> None:
        notice_the_end(self._connection)
        for name, value in {**_OPTIONS, "timeout": seconds}.items():
            try:
                self._connection.get_option(name)
            except KeyError:  # not of this kind of connection
                continue
            self._connection.set_option(name, value)

    def _ask(self, command: str, *, seconds: int) -> Json:
        said: Json = {"asked": True, "reachable": True, "error": "", "text": ""}
        began = time.time()
        try:
            done = self._low_level_execute_command(command)
        except AnsibleError as exc:  # a connection that failed, or one that did not get to root
            said.update(reachable=False, error=why_unreachable(str(exc), seconds=seconds))
        else:
            text = str(done["stdout"]).replace("\r", "")
            if any(line.startswith("clock ") for line in text.splitlines()):
                said["text"] = text
            else:
                # where there is a terminal, what sudo has to say is with the rest
                words = f"{done.get('stderr') or ''}\n{text}".split("\n")
                told = next((line.strip() for line in words if line.strip()), "it says nothing")
                said.update(reachable=False, error=f"the script did not run there: {told}"[:200])
        return {**said, "began": began, "ended": time.time()}


def _failed(exc: Exception) -> Json:
    return {"asked": True, "reachable": False, "error": f"{exc}"[:200]}
