#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: show_diagnosis
short_description: Show what is wrong with a cluster, and end accordingly
version_added: 0.1.0
description:
  - Prints what the filter P(cloudify_ha.recovery.diagnosis#filter) has found, as a page for a terminal of 80x24 or as JSON.
  - All of it happens on the controller.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
attributes:
  action:
    description: Its work is done by an action plugin on the controller.
    support: full
options:
  result:
    description:
      - The diagnosis.
    type: dict
    required: true
  output:
    description:
      - V(screen) prints the page, V(json) all of the diagnosis.
    type: str
    choices: [screen, json, none]
    default: screen
  path:
    description:
      - File on the controller that the diagnosis is kept in, as JSON, with mode 0600. It is replaced as a whole.
    type: str
    default: ''
  fails:
    description:
      - Fail where the cluster is degraded or not enough is known, so that Ansible ends with 2, and report the host as unreachable where
        the cluster is down, so that it ends with 4.
    type: bool
    default: false
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Show it
  cloudify_ha.recovery.show_diagnosis:
    result: "{{ diagnose_result }}"
"""

RETURN = r"""
state:
  description: C(healthy), C(degraded), C(down) or C(unknown).
  returned: always
  type: str
"""
