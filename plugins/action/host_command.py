# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command by the connection alone: one process on the host, and nothing put onto it."""

from __future__ import annotations

import shlex
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._host import ssh_trouble
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._lasting import notice_the_end
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._progress import (
    Teller,
    describe,
    label,
)

#: Seconds between two tries to reach a host.
PAUSE = 3.0
#: What sudo says where it is only for terminals, which a command with standard input has none of.
NO_TERMINAL = "you must have a tty"


class ActionModule(ActionBase):
    # Else a directory would be made each time.
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    #: Why ssh was refused at the last try.
    _trouble = ""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(
            argument_spec={
                "argv": {"type": "list", "elements": "str", "required": True},
                "stdin": {"type": "str", "default": ""},
                "wait": {"type": "float", "default": 0.0},
                "waits_for": {"type": "str"},
            }
        )
        words = " ".join((self._compute_environment_string(), shlex.join(args["argv"]))).strip()
        result.update(cmd=args["argv"], changed=True)
        if self._task.check_mode:
            return {**result, "msg": f"would run: {shlex.join(args['argv'])}"}
        started = time.monotonic()
        notice_the_end(self._connection)
        doing = f"waiting for {args['waits_for'] or 'the host to answer'}"
        if not args["waits_for"] and not args["wait"]:
            doing = self._task.name or "running"

        def state() -> dict[str, t.Any]:
            return {
                "doing": doing,
                "seen": self._trouble,
                "elapsed": time.monotonic() - started,
                "timeout": args["wait"] or None,
                "done": None,
            }

        silent = bool(self._task.no_log)
        with Teller(label(self, task_vars), state, silent=silent, at_once=True) as teller:
            done = self._once_it_answers(
                lambda: self._with_stdin(words, args["stdin"]),
                args["wait"],
                lambda: teller.say("running" if silent else describe(state(), None)),
            )
        stdout, stderr = (str(done[name]).strip("\r\n") for name in ("stdout", "stderr"))
        result.update(
            rc=done["rc"],
            stdout=stdout,
            stderr=stderr,
            stdout_lines=stdout.splitlines(),
            stderr_lines=stderr.splitlines(),
            duration=round(time.monotonic() - started, 3),
        )
        if done["rc"]:
            said = (stderr.strip() or stdout.strip()).splitlines()
            what = args["argv"][0]
            result.update(
                failed=True,
                msg=f"{what} ended with {done['rc']}: {said[-1] if said else 'no message'}",
            )
        return result

    def _once_it_answers(
        self, ask: t.Callable[[], dict[str, t.Any]], wait: float, say: t.Callable[[], None]
    ) -> dict[str, t.Any]:
        """Try again and again, for as long as there is to wait; that it waits is said at once."""
        started = time.monotonic()
        said = False
        while True:
            try:
                return ask()
            except AnsibleConnectionFailure as exc:
                seconds = time.monotonic() - started
                if seconds >= wait:
                    raise
                # it can be mended meanwhile
                self._trouble = ssh_trouble(
                    str(exc), host=self._told_ssh("host") or "HOST", port=self._told_ssh("port")
                )
            if not said:
                said = True
                say()
            time.sleep(min(PAUSE, wait - seconds))

    def _told_ssh(self, option: str) -> t.Any:
        try:
            return self._connection.get_option(option)
        except KeyError:  # not of this kind of connection
            return None

    def _with_stdin(self, words: str, stdin: str) -> dict[str, t.Any]:
        # Even without input it is not given a terminal, which would mix both of its outputs.
        # In bytes, since the connection to this very host takes nothing else.
        data = (stdin or "\n").encode()
        done: dict[str, t.Any] = self._low_level_execute_command(words, in_data=data)
        if done["rc"] and NO_TERMINAL in f"{done['stdout']}{done['stderr']}":
            done = self._with_file(words, stdin)
        return done

    def _with_file(self, words: str, stdin: str) -> dict[str, t.Any]:
        """By way of a file that only its owner can read."""
        folder = self._make_tmp_path()
        try:
            path = self._connection._shell.join_path(folder, "stdin")
            self._transfer_data(path, stdin)
            done: dict[str, t.Any] = self._low_level_execute_command(
                f"{words} < {shlex.quote(path)}"
            )
        finally:
            self._remove_tmp_path(folder)
        return {
            **done,
            "stdout": str(done["stdout"]).replace("\r\n", "\n"),
            "stderr": str(done["stderr"]).replace("\r\n", "\n"),
        }
