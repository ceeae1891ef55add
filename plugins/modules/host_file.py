#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_file
short_description: Put a file onto a host that needs no Python
version_added: 0.1.0
description:
  - Copies a file of the controller to the host by the connection alone, and says every eight seconds that it is at it. It needs nothing but a
    shell and C(sha256sum) there, so that it works with hosts whose Python is too old for the controller's ansible-core.
  - The file appears under its final name when all of it is there and has the right checksum.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
  action:
    description: Its work is done by an action plugin on the controller.
    support: full
options:
  src:
    description:
      - The file on the controller. A relative path is looked for as by P(ansible.builtin.copy#module).
    type: str
    required: true
  dest:
    description:
      - The file on the host. Its directory has to exist.
    type: str
    required: true
  mode:
    description:
      - Its mode as an octal number.
    type: str
    required: true
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Copy the package
  cloudify_ha.recovery.host_file:
    src: /srv/packages/cloudify-manager-install-7.0.5.rpm
    dest: /var/tmp/cloudify-manager-install-7.0.5.rpm
    mode: '0644'
  become: true
"""

RETURN = r"""
dest:
  description: The file on the host.
  returned: success
  type: str
  sample: /var/tmp/cloudify-manager-install-7.0.5.rpm
size:
  description: Its size in bytes.
  returned: success
  type: int
  sample: 812646400
sha256:
  description: Its checksum.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
duration:
  description: How long it took, in seconds.
  returned: success
  type: float
  sample: 12.3
"""
