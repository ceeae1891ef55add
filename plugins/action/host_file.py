# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put a file of the controller onto a host by the connection alone, and say how far it is."""

from __future__ import annotations

import os
import shlex
import time
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import sha256_of
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._lasting import notice_the_end
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._progress import Teller, label

#: $1 is the file, $2 its sha256, $3 its mode. Says what is there: same, mode, or other.
_LOOK = """
[ ! -d "$1" ] || { echo "$1 is a directory" >&2; exit 1; }
sum=$(sha256sum "$1" 2>/dev/null)
if [ "${sum%% *}" != "$2" ]; then echo other
elif [ "$(stat -c %a "$1")" != "$3" ]; then echo mode
else echo same
fi
"""

#: $1 is the copy, $2 where it goes, $3 its sha256, $4 its mode. What is there under the final name is always whole.
_PUT = """
set -e
umask 077
cat "$1" > "$2.new"
sum=$(sha256sum "$2.new")
[ "${sum%% *}" = "$3" ] || { rm -f "$2.new"; echo "what arrived is not what was sent" >&2; exit 1; }
chmod "$4" "$2.new"
mv -f "$2.new" "$2"
"""


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
                "src": {"type": "str", "required": True},
                "dest": {"type": "str", "required": True},
                "mode": {"type": "str", "required": True},
            }
        )
        started = time.monotonic()
        notice_the_end(self._connection)
        try:
            src = self._find_needle("files", os.path.expanduser(args["src"]))
            size, digest = os.path.getsize(src), sha256_of(src)
        except (AnsibleError, OSError) as exc:
            raise AnsibleActionFail(
                f"{args['src']} cannot be read on the controller: {exc}"
            ) from exc
        dest, mode = args["dest"], args["mode"].lstrip("0") or "0"
        found = self._on_host(_LOOK, dest, digest, mode)
        result.update(dest=dest, size=size, sha256=digest, changed=found != "same")
        if not self._task.check_mode:
            if found == "other":
                self._send(src, dest, digest, mode, size=size, task_vars=task_vars)
            elif found == "mode":
                self._on_host('chmod "$2" "$1"', dest, mode)
        result["duration"] = round(time.monotonic() - started, 3)
        return result

    def _send(
        self,
        src: str,
        dest: str,
        digest: str,
        mode: str,
        *,
        size: int,
        task_vars: dict[str, t.Any] | None,
    ) -> None:
        folder = self._make_tmp_path()
        copy = self._connection._shell.join_path(folder, "file")
        begun = time.monotonic()

        def state() -> dict[str, t.Any]:
            return {
                "doing": f"copy {os.path.basename(src)} ({size / (1 << 20):.0f} MiB) to {dest}",
                "seen": "",
                "elapsed": time.monotonic() - begun,
                "timeout": None,
                "done": None,
            }

        try:
            with Teller(label(self, task_vars), state, silent=bool(self._task.no_log)):
                self._transfer_file(src, copy)
                self._fixup_perms2((folder, copy))
                self._on_host(_PUT, copy, dest, digest, mode)
        finally:
            self._remove_tmp_path(folder)

    def _on_host(self, script: str, *words: str) -> str:
        command = shlex.join(["/bin/sh", "-c", script, "host_file", *words])
        done = self._low_level_execute_command(command, in_data=b"\n")
        if done["rc"]:
            said = done["stderr"].strip() or done["stdout"].strip() or "no message"
            raise AnsibleActionFail(f"{words[0]}: {said.splitlines()[-1]}")
        return str(done["stdout"]).strip()
