#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_command
short_description: Run a command on a host that needs no Python
version_added: 0.1.0
description:
  - Runs a command on the host by the connection alone. It needs nothing but a shell there, so that it works with hosts whose Python is too old
    for the controller's ansible-core, and takes a fraction of the time of P(ansible.builtin.command#module).
  - The command line is seen by every user of the host. Give secrets in O(stdin), which is not.
  - For what takes minutes, there is M(cloudify_ha.recovery.long_command). Here, too, what takes longer than eight seconds is told on the
    terminal, every eight seconds, but not how far it is.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
attributes:
  check_mode:
    support: full
    details:
      - Tells what would be run. Set C(check_mode) to V(false) for a command that changes nothing.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - A command is run each time.
  action:
    description: Its work is done by an action plugin on the controller.
    support: full
options:
  argv:
    description:
      - The command and its arguments. There is no shell in between.
    type: list
    elements: str
    required: true
  stdin:
    description:
      - What the command reads. It passes through the connection, and through a file of the user's on the host only where sudo demands a terminal.
    type: str
    default: ''
  wait:
    description:
      - Seconds to go on trying while the host cannot be reached. With V(0) it is tried once.
      - What is printed meanwhile says why ssh refuses a host that is up, such as a host key that has changed.
    type: float
    default: 0.0
  waits_for:
    description:
      - What is waited for, in a few words, for what is printed meanwhile; nothing of it is with C(no_log).
      - By default the host to answer, where O(wait) is given, else the name of the task.
    type: str
seealso:
  - module: cloudify_ha.recovery.long_command
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: See which managers the host knows
  cloudify_ha.recovery.host_command:
    argv: [cat, /etc/hosts]
  changed_when: false
"""

RETURN = r"""
cmd:
  description: The command.
  returned: always
  type: list
  elements: str
  sample: [cat, /etc/hosts]
rc:
  description: Its exit code.
  returned: when it was run
  type: int
  sample: 0
stdout:
  description: What it printed.
  returned: when it was run
  type: str
  sample: 127.0.0.1 localhost
stdout_lines:
  description: The same, line by line.
  returned: when it was run
  type: list
  elements: str
  sample: [127.0.0.1 localhost]
stderr:
  description: What it printed as errors.
  returned: when it was run
  type: str
  sample: ''
stderr_lines:
  description: The same, line by line.
  returned: when it was run
  type: list
  elements: str
  sample: []
duration:
  description: How long it took, in seconds.
  returned: when it was run
  type: float
  sample: 0.1
"""
