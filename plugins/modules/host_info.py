#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Ask a host about itself with a script, and never wait for long
version_added: 0.1.0
description:
  - Runs a shell script on the host, over one connection, and returns what it printed. Needs nothing but a shell, C(timeout) and C(base64) on
    the host, no Python.
  - A host that does not answer is an answer, too. The task does not fail, and the host is not unreachable for the rest of the play.
  - Made for the script of role C(cloudify_ha.recovery.diagnose), which prints a line that begins with C(clock). Whatever prints no such line
    has not run.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
attributes:
  action:
    description: Its work is done by an action plugin on the controller.
    support: full
options:
  script:
    description:
      - The text of the script. Everybody on the host can see it, so it must not have a secret in it.
    type: str
    required: true
  arguments:
    description:
      - Its arguments, after O(deadline), which is the first.
    type: list
    elements: str
    default: []
  deadline:
    description:
      - Seconds that each of its parts may take. After three more it is ended.
    type: int
    required: true
  connect_timeout:
    description:
      - Seconds to wait for the connection. There is no second try.
    type: int
    required: true
  later:
    description:
      - Return at once. M(cloudify_ha.recovery.host_answers) waits for the answer, and brings it. A play then asks all hosts at once, however
        few forks Ansible has.
    type: bool
    default: false
seealso:
  - module: cloudify_ha.recovery.host_answers
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Ask the host
  cloudify_ha.recovery.host_info:
    script: |
      date '+clock %s.%N'
      uptime
    deadline: 3
    connect_timeout: 3
  become: true
  register: found

- name: Show what it said
  ansible.builtin.debug:
    var: found.said
"""

RETURN = r"""
said:
  description: What came of it.
  returned: without O(later)
  type: dict
  contains:
    asked:
      description: That it was tried.
      type: bool
    reachable:
      description: Whether the connection worked and the script ran.
      type: bool
    error:
      description: Why not, in one line.
      type: str
    text:
      description: What the script printed.
      type: str
    began:
      description: When it was tried, by the controller's clock, in seconds since 1970.
      type: float
    ended:
      description: When that was over.
      type: float
job:
  description: What M(cloudify_ha.recovery.host_answers) takes.
  returned: with O(later)
  type: dict
"""
