#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_answers
short_description: Bring what hosts have answered
version_added: 0.1.0
description:
  - Waits for what M(cloudify_ha.recovery.host_info) has begun with O(cloudify_ha.recovery.host_info#module:later), for as long as that may
    take, and returns what came of it.
  - Has to be in the same run of C(ansible-playbook).
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
attributes:
  action:
    description: Its work is done by an action plugin on the controller.
    support: full
options:
  jobs:
    description:
      - By name of the host, C(job) as that module has returned it. An empty one is a host that was not asked.
    type: dict
    required: true
seealso:
  - module: cloudify_ha.recovery.host_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Bring the answers
  cloudify_ha.recovery.host_answers:
    jobs:
      h1: "{{ hostvars['h1'].asked.job }}"
  register: answers
"""

RETURN = r"""
said:
  description: By name of the host, what M(cloudify_ha.recovery.host_info) returns without O(cloudify_ha.recovery.host_info#module:later).
  returned: always
  type: dict
"""
