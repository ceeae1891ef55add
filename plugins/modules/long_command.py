#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: long_command
short_description: Run a command that takes minutes, and say what it is at
version_added: 0.1.0
description:
  - Runs a command on the host, and at least every ten seconds shows on the terminal what is waited for, since when, and the last line of
    the log that the command writes.
  - The command is in a session of its own. Neither a lost connection nor the end of Ansible ends it. While the connection is lost, this is
    tried again. The same task in a later run finds the same command still running, and waits for it instead of starting it a second time.
  - Needs nothing but a shell on the host, no Python.
  - The command line is seen by every user of the host. Give secrets in files.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
attributes:
  check_mode:
    support: full
    details:
      - Tells what would be run.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - A command is run each time, unless it runs still.
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
  waits_for:
    description:
      - What is waited for, in a few words. The command itself by default.
    type: str
  chdir:
    description:
      - Directory on the host to run it in.
    type: str
    default: /
  log:
    description:
      - File on the host whose last line tells how far the command is. Lines that look like they have a secret are not shown, nor is any
        with C(no_log).
    type: str
    default: ''
  timeout:
    description:
      - Seconds to wait. The command is left alone then, and running this again goes on waiting.
    type: float
    default: 7200
  unreachable_timeout:
    description:
      - Seconds that the host may be out of reach meanwhile.
    type: float
    default: 300
  job_dir:
    description:
      - Directory on the host for what the command prints, until it is fetched.
    type: str
    default: ~/.cloudify_ha/jobs
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Install the manager
  cloudify_ha.recovery.long_command:
    argv: [cfy_manager, install, -c, /etc/cloudify/manager_config.yaml]
    waits_for: cfy_manager install
    log: /var/log/cloudify/manager/cfy_manager.log
  become: true
"""

RETURN = r"""
cmd:
  description: The command and its arguments.
  returned: always
  type: list
  elements: str
rc:
  description: Its exit code. It is null when the command was killed, or the host started anew.
  returned: when it has ended
  type: int
stdout:
  description: What it printed; of much, the end.
  returned: when it has ended
  type: str
stdout_lines:
  description: The same as lines.
  returned: when it has ended
  type: list
  elements: str
stderr:
  description: What it printed as errors; of much, the end.
  returned: when it has ended
  type: str
stderr_lines:
  description: The same as lines.
  returned: when it has ended
  type: list
  elements: str
log_line:
  description: Last line of O(log).
  returned: when it has ended
  type: str
taken_up:
  description: Whether it ran already, left by an earlier run.
  returned: not in check mode
  type: bool
duration:
  description: How long it was waited for, in seconds.
  returned: not in check mode
  type: float
  sample: 61.4
"""
