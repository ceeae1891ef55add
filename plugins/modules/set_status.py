#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: set_status
short_description: Say whether the recovery sets are as new, as large and as many as they should be
version_added: 0.1.0
description:
  - Holds what M(cloudify_ha.recovery.recovery_set_info) has found against the objectives, prints one line that begins with C(STATUS OK:),
    C(STATUS WARNING:), C(STATUS CRITICAL:) or C(STATUS UNKNOWN:), and ends accordingly.
  - All of it happens on the controller.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
attributes:
  action:
    description: Its work is done by an action plugin on the controller.
    support: full
options:
  found:
    description:
      - What M(cloudify_ha.recovery.recovery_set_info) has returned, also where that has failed.
    type: dict
    required: true
  cluster:
    description:
      - Name of the cluster.
    type: str
    default: ''
  max_age:
    description:
      - How old the newest verified set may be before that is critical, as V(26h), V(90m), V(2d) or a number of seconds. It is as old as its
        content inventory, since what was changed later may not be in it.
    type: str
    default: 26h
  min_size:
    description:
      - A newest verified set whose snapshot is smaller than that is critical. V(500K), V(10M), or a number of bytes.
    type: str
    default: 1K
  max_shrink:
    description:
      - By how many percent the snapshot of the newest verified set may be smaller than the median of the earlier ones of the same format, of
        which there have to be three. More than that is a warning. V(100) allows everything.
    type: str
    default: '50'
  min_sets:
    description:
      - Fewer verified sets than that are a warning. None at all is always critical.
    type: str
    default: '2'
  output:
    description:
      - V(screen) prints the line, V(json) everything.
    type: str
    choices: [screen, json, none]
    default: screen
  path:
    description:
      - File on the controller for the result as JSON. It is replaced as a whole, and everybody may read it.
    type: str
    default: ''
  metrics_path:
    description:
      - File on the controller for the textfile collector of node_exporter, such as
        C(/var/lib/node_exporter/textfile_collector/cloudify_ha_sets.prom). It is replaced as a whole, and everybody may read it.
    type: str
    default: ''
  fails:
    description:
      - Fail with a warning, or where nothing is known, so that Ansible ends with 2, and report the host as unreachable where it is critical,
        so that it ends with 4.
    type: bool
    default: false
seealso:
  - module: cloudify_ha.recovery.recovery_set_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Look at the sets
  cloudify_ha.recovery.recovery_set_info:
    store: /var/lib/cloudify_ha
    cluster: production
    verify: size
  register: found

- name: Hold them against the objectives
  cloudify_ha.recovery.set_status:
    found: "{{ found }}"
    cluster: production
    max_age: 26h
  register: judged
"""

RETURN = r"""
state:
  description: C(ok), C(warning), C(critical) or C(unknown).
  returned: always
  type: str
status:
  description: Everything, as O(output=json) prints it.
  returned: success
  type: dict
  contains:
    state:
      description: C(ok), C(warning), C(critical) or C(unknown).
      type: str
    summary:
      description: The line, without its first words.
      type: str
    reasons:
      description: What is wrong, the worst first, each with C(state), C(what) and C(says).
      type: list
      elements: dict
    newest:
      description: The newest verified set, with C(id), C(data_of), C(created_at), C(age) in seconds, C(size) in bytes, C(proofs), and C(checked),
        which tells how far it was checked now. Null where there is none.
      type: dict
    verified:
      description: The number of verified sets.
      type: int
    broken:
      description: Sets that cannot be relied on, each with C(id) and C(problems).
      type: list
      elements: dict
    unfinished:
      description: Sets that were begun and not committed.
      type: list
      elements: str
    usual_size:
      description: The median size of the earlier snapshots in bytes. Null where there are too few.
      type: float
    objectives:
      description: What was asked for, in seconds, bytes, percent and sets.
      type: dict
    cluster:
      description: The name of the cluster.
      type: str
    time:
      description: When it was looked at, in UTC.
      type: str
"""
