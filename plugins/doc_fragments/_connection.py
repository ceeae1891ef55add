# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - requests
options:
  manager_hosts:
    description:
      - Addresses of the managers, each with an optional C(:port).
      - The first one that answers is used. Reads are repeated on the next one when a manager fails.
      - Of an C(active_standby) cluster the leader is found, since standbys refuse.
      - If not set, the environment variable E(CLOUDIFY_MANAGER_HOSTS) is used, a list with commas.
    type: list
    elements: str
    required: true
  manager_port:
    description:
      - Port of the REST API, for addresses that name none.
      - The default is 443 for V(https) and 80 for V(http).
      - If not set, the environment variable E(CLOUDIFY_MANAGER_PORT) is used.
    type: int
  manager_protocol:
    description:
      - Protocol of the REST API.
      - If not set, the environment variable E(CLOUDIFY_MANAGER_PROTOCOL) is used.
    type: str
    choices: [https, http]
    default: https
  username:
    description:
      - The user, normally C(admin). Snapshots and maintenance mode need a sys_admin, and a restore
        the user that installed the manager.
      - If not set, the environment variable E(CLOUDIFY_USERNAME) is used.
    type: str
  password:
    description:
      - The user's password. This or O(token) is required.
      - If not set, the environment variable E(CLOUDIFY_PASSWORD) is used.
    type: str
  token:
    description:
      - A token in place of user and password; where both are given, the token is used.
      - A restore makes tokens invalid, so use a password for it.
      - If not set, the environment variable E(CLOUDIFY_TOKEN) is used.
    type: str
  tenant:
    description:
      - The tenant that snapshots belong to. Content is always read of all tenants.
      - If not set, the environment variable E(CLOUDIFY_TENANT) is used.
    type: str
    default: default_tenant
  ca_path:
    description:
      - File with the CA certificates, in PEM form, that the manager's certificate is checked with.
      - If not set, the environment variable E(CLOUDIFY_CA_PATH) is used, and without that the
        CAs that C(requests) trusts.
    type: path
  validate_certs:
    description:
      - Whether to check the manager's certificate.
      - If not set, the environment variable E(CLOUDIFY_VALIDATE_CERTS) is used.
    type: bool
    default: true
  request_timeout:
    description:
      - Seconds without a single byte from the manager before a request counts as failed.
        It does not limit how long a transfer or a job takes as a whole.
      - If not set, the environment variable E(CLOUDIFY_REQUEST_TIMEOUT) is used.
    type: float
    default: 30.0
  connect_timeout:
    description:
      - Seconds to wait for a connection to one of the O(manager_hosts).
      - If not set, the environment variable E(CLOUDIFY_CONNECT_TIMEOUT) is used.
    type: float
    default: 5.0
notes:
  - Modules run where the play says, normally on the controller or on the store (C(delegate_to)). Nothing
    is needed on a manager, not even Python.
  - Needs Python 3.9 or later on the host that it runs on.
  - The environment variables are those of the controller, on whichever host the module runs, or else those of that host. The file of
    E(CLOUDIFY_CA_PATH) is brought there. An empty one counts as not set.
"""

    # Modules read the environment themselves.
    PLUGIN = r"""
options:
  manager_hosts:
    env:
      - name: CLOUDIFY_MANAGER_HOSTS
  manager_port:
    env:
      - name: CLOUDIFY_MANAGER_PORT
  manager_protocol:
    env:
      - name: CLOUDIFY_MANAGER_PROTOCOL
  username:
    env:
      - name: CLOUDIFY_USERNAME
  password:
    env:
      - name: CLOUDIFY_PASSWORD
  token:
    env:
      - name: CLOUDIFY_TOKEN
  tenant:
    env:
      - name: CLOUDIFY_TENANT
  ca_path:
    env:
      - name: CLOUDIFY_CA_PATH
  validate_certs:
    env:
      - name: CLOUDIFY_VALIDATE_CERTS
  request_timeout:
    env:
      - name: CLOUDIFY_REQUEST_TIMEOUT
  connect_timeout:
    env:
      - name: CLOUDIFY_CONNECT_TIMEOUT
"""
