# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a script on a host that has perhaps nothing but a shell, over one connection, and never wait for long."""

from __future__ import annotations

import base64
import shlex
import time
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._host import why_unreachable

#: What is set of the connection: no waiting, no second try, and nothing that an earlier connection has left, which may be dead.
_OPTIONS = {"reconnection_retries": 0, "control_path": "none"}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        args = self._task.args
        try:
            limit, connect_timeout = int(args["deadline"]), int(args["connect_timeout"])
            words = [str(word) for word in args.get("arguments") or []]
            script = str(args["script"])
        except (KeyError, TypeError, ValueError) as exc:
            raise AnsibleActionFail(f"host_info: an argument is missing or wrong: {exc}") from None
        self._hurry(connect_timeout)
        text = base64.b64encode(script.encode()).decode()
        # in base64 it passes through any number of shells unharmed
        command = (
            f'timeout -k 1 {limit + 2} /bin/sh -c "$(echo {text} | base64 -d)" host.sh {limit} '
            + shlex.join(words)
        )
        began = time.time()
        said: dict[str, t.Any] = {"asked": True, "reachable": True, "error": "", "text": ""}
        try:
            done = self._low_level_execute_command(command)
        except AnsibleConnectionFailure as exc:
            said.update(reachable=False, error=why_unreachable(str(exc), seconds=connect_timeout))
        else:
            # where there is a terminal, what sudo has to say is with the rest
            text = "\n".join(line.rstrip("\r") for line in str(done["stdout"]).split("\n"))
            said["text"] = text
            if not any(line.startswith("clock ") for line in text.splitlines()):
                words = (str(done.get("stderr") or "") + "\n" + text).split("\n")
                told = next((line.strip() for line in words if line.strip()), "")
                said.update(
                    reachable=False,
                    error=f"the script did not run there: {told or 'exit code ' + str(done['rc'])}"[
                        :200
                    ],
                    text="",
                )
        said.update(began=began, ended=time.time())
        result.update(changed=False, said=said)
        return result

    def _hurry(self, seconds: int) -> None:
        for name, value in {**_OPTIONS, "timeout": seconds}.items():
            try:
                self._connection.get_option(name)
            except KeyError:  # not of this kind of connection
                continue
            self._connection.set_option(name, value)
