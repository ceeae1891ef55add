# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection to this machine that is as good as one to another: nothing of the environment goes along."""

from __future__ import annotations

import os
import shlex

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = """
name: elsewhere
short_description: Another host
description: Runs commands here, as on another host.
options: {}
"""


class Connection(LocalConnection):
    transport = "elsewhere"

    def exec_command(self, cmd, in_data=None, sudoable=True):
        bare = ["env", "-i", f"PATH={os.defpath}", "HOME=/nonexistent", "LC_ALL=C.UTF-8"]
        line = f"{shlex.join(bare)} /bin/sh -c {shlex.quote(cmd)}"
        return super().exec_command(line, in_data=in_data, sudoable=sudoable)
