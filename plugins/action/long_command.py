# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command that takes minutes, and say what it is at.

The command runs on the host on its own, in a session of its own, and leaves what it printed and
how it ended in a directory there. So neither a lost connection nor the end of Ansible ends it, and
the same task finds it again. Nothing but a shell is needed on the host.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import time
import typing as t
import uuid

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._lasting import notice_the_end
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._progress import Teller

#: Seconds that one look at the host may last; it ends sooner when the command does.
LOOK = 4.0
#: Something is said at least every so many seconds: two looks, and what they cost.
QUIET = 8.0
#: Bytes of output that are returned, of its end.
OUTPUT = 200_000

_SECRET = re.compile(r"passw|secret|token|cookie|credential|key", re.IGNORECASE)

# Each of these is a shell script. $d is the job's directory.
_BEGIN = """
mask=$(umask)
umask 077
d={directory}
same() {{ [ "$(cat "$d/boot" 2>/dev/null)" = "$(cat /proc/sys/kernel/random/boot_id)" ]; }}
alive() {{ same && grep -qs "$d/run" "/proc/$(cat "$d/pid" 2>/dev/null)/cmdline"; }}
"""

_START = """
if [ ! -e "$d/rc" ] && alive; then echo taken up; exit 0; fi
rm -rf "$d" && mkdir -p "$d" || exit 1
cat /proc/sys/kernel/random/boot_id > "$d/boot"
cat > "$d/run" <<'{marker}'
echo $$ > "$d/pid.new" && mv "$d/pid.new" "$d/pid"
{{ umask $mask && cd {chdir} && {command}; }} > "$d/out" 2> "$d/err" < /dev/null
echo $? > "$d/rc.new" && mv "$d/rc.new" "$d/rc"
{marker}
d="$d" mask="$mask" setsid /bin/sh "$d/run" > /dev/null 2>&1 < /dev/null &
n=0
while [ ! -s "$d/pid" ] && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.05; done
[ -s "$d/pid" ] || {{ echo 'it could not be started' >&2; exit 1; }}
echo started
"""

_LOOK = """
n=0
while [ ! -e "$d/rc" ] && alive && [ $n -lt {looks} ]; do n=$((n + 1)); sleep 0.1; done
if [ -e "$d/rc" ]; then state="ended $(cat "$d/rc")"
elif alive; then state=running
elif [ -e "$d/rc" ]; then state="ended $(cat "$d/rc")"
elif [ ! -d "$d" ]; then state=lost
elif same; then state=killed
else state=rebooted
fi
echo "$state"
[ -z {log} ] || tail -n 1 {log} 2>/dev/null | cut -c 1-300
[ "$state" != running ] || exit 0
echo
echo {marker}
tail -c {limit} "$d/out" 2>/dev/null
echo
echo {marker}
tail -c {limit} "$d/err" 2>/dev/null
true
"""

_FORGET = """
rm -rf "$d"
"""

_OVER = {
    "killed": "it was killed before it ended",
    "rebooted": "the host was started anew before it ended",
    "lost": "its directory on the host is gone",
}


class HostGone(Exception):
    """The host has not answered for too long."""


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(
            argument_spec={
                "argv": {"type": "list", "elements": "str", "required": True},
                "waits_for": {"type": "str"},
                "chdir": {"type": "str", "default": "/"},
                "log": {"type": "str", "default": ""},
                "timeout": {"type": "float", "default": 7200.0},
                "unreachable_timeout": {"type": "float", "default": 300.0},
                "job_dir": {"type": "str", "default": "~/.cloudify_ha/jobs"},
            }
        )
        self.args = args
        self.host = (task_vars or {}).get("inventory_hostname", "the host")
        self.what = args["waits_for"] or " ".join(args["argv"][:2])
        result.update(cmd=args["argv"], changed=True)
        if self._task.check_mode:
            return {**result, "msg": f"would run: {shlex.join(args['argv'])}"}
        notice_the_end(self._connection)
        self.directory = self._directory()
        self.started = self.answered = time.monotonic()
        self.last_line = ""
        self.printed: list[str] = []
        # What it says comes from looks at the host, unless these hang.
        self.teller = Teller(f"[{self.host}] {self.what}", self._state, silent=False, at_once=True)
        try:
            with self.teller:
                result["taken_up"] = self._start() == "taken up"
                if result["taken_up"]:
                    self.teller.say("it runs already, left by an earlier run; waiting for it")
                result.update(self._outcome(self._wait()))
        except TimeoutError:
            result.update(
                failed=True,
                msg=f"{self.what} still runs after {args['timeout']:.0f} s. It was left alone: "
                "run this again to go on waiting for it. Last line of its log: "
                f"{self.last_line or 'none'}",
            )
        except HostGone as gone:
            raise AnsibleConnectionFailure(
                f"{self.host} has not answered for {args['unreachable_timeout']:.0f} s while "
                f"{self.what} ran there: {gone}"
            ) from gone
        result["duration"] = round(time.monotonic() - self.started, 1)
        return result

    # -- steps -----------------------------------------------------------------------------------

    def _directory(self) -> str:
        """The same for the same command, so that it is found again; in the words of a shell."""
        named = json.dumps([self.args["argv"], self.args["chdir"]])
        name = hashlib.sha256(named.encode()).hexdigest()[:16]
        place = str(self.args["job_dir"])
        if place.startswith("~/"):
            return f'"$HOME"/{shlex.quote(f"{place[2:]}/{name}")}'
        return shlex.quote(f"{place}/{name}")

    def _start(self) -> str:
        command = " ".join(
            (self._compute_environment_string(), shlex.join(self.args["argv"]))
        ).strip()
        marker = uuid.uuid4().hex
        script = _START.format(
            command=command, chdir=shlex.quote(self.args["chdir"]), marker=marker
        )
        return self._on_host(script)

    def _wait(self) -> str:
        log, marker = shlex.quote(self.args["log"]), uuid.uuid4().hex
        script = _LOOK.format(log=log, looks=int(LOOK * 10), limit=OUTPUT, marker=marker)
        while True:
            told, *self.printed = self._on_host(script).split(f"\n{marker}")
            state, _newline, line = told.partition("\n")
            self.last_line = line.strip()
            if state != "running":
                return state
            self._say_sometimes(self._shown(self.last_line))
            if time.monotonic() - self.started > self.args["timeout"]:
                raise TimeoutError

    def _outcome(self, state: str) -> dict[str, t.Any]:
        word, _space, code = state.partition(" ")
        stdout, stderr = (text.strip("\r\n") for text in self.printed)
        outcome: dict[str, t.Any] = {
            "stdout": stdout,
            "stderr": stderr,
            "stdout_lines": stdout.splitlines(),
            "stderr_lines": stderr.splitlines(),
            "log_line": self.last_line,
        }
        if word != "ended":
            reason = _OVER.get(word, f"it cannot be followed: {state}")
            return {**outcome, "failed": True, "rc": None, "msg": f"{self.what}: {reason}"}
        self._on_host(_FORGET)
        outcome.update(rc=int(code), failed=code != "0")
        if outcome["failed"]:
            said = (stderr.strip() or stdout.strip() or self.last_line).splitlines()
            outcome["msg"] = f"{self.what} ended with {code}: {said[-1] if said else 'no message'}"
        return outcome

    # -- the host --------------------------------------------------------------------------------

    def _on_host(self, script: str) -> str:
        """Run a script there, again and again while the host does not answer."""
        text = _BEGIN.format(directory=self.directory) + script
        pause = 0.5
        while True:
            try:
                done = self._low_level_execute_command(text, executable="/bin/sh")
            except AnsibleConnectionFailure as exc:
                silent = time.monotonic() - self.answered
                if silent > self.args["unreachable_timeout"]:
                    raise HostGone(str(exc)) from exc
                self._say_sometimes(f"the host has not answered for {silent:.0f} s; trying again")
                time.sleep(pause)
                pause = min(pause * 2, 5)
                continue
            self.answered = time.monotonic()
            if done["rc"]:
                said = (done["stderr"].strip() or done["stdout"].strip()).replace("\n", " ")
                raise AnsibleActionFail(f"{self.what}: rc {done['rc']}: {said}")
            return str(done["stdout"]).strip("\r\n").replace("\r\n", "\n")

    # -- the terminal ----------------------------------------------------------------------------

    def _say_sometimes(self, text: str) -> None:
        if time.monotonic() - self.teller.told > QUIET - LOOK:
            self.teller.say(text)

    def _state(self) -> dict[str, t.Any]:
        silent = time.monotonic() - self.answered
        text = self._shown(self.last_line)
        if silent > 1.5 * LOOK:
            text = f"the host has not answered for {silent:.0f} s"
        return {"doing": text, "seen": "", "timeout": None, "done": None}

    def _shown(self, line: str) -> str:
        if self._task.no_log or _SECRET.search(line):
            return "running"
        return line.strip() or "running"
