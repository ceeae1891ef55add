#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_upload
short_description: Upload a snapshot to a Cloudify Manager
version_added: 0.1.0
description:
  - Verifies an archive, streams it to the manager, and confirms that the manager shows it, whole.
  - The manager itself takes anything, garbage included, and some versions replace an existing snapshot without a word. This
    module does neither.
extends_documentation_fragment:
  - cloudify_ha.recovery._connection
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.group
  - cloudify_ha.recovery._attributes.progress
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - An existing snapshot of this O(id) is compared with O(src), or with O(sha256), and never overwritten.
options:
  id:
    description:
      - The id that the snapshot gets. The rules of M(cloudify_ha.recovery.snapshot) apply, although the manager would take others here.
    type: str
    required: true
  src:
    description:
      - The archive, on the host that the module runs on.
    type: path
  url:
    description:
      - The manager fetches the archive from here by itself. Every byte of what it fetched is read back and tested afterwards, and it
        is deleted again if it is no sound snapshot.
      - A login or a query in it is not shown.
    type: str
  sha256:
    description:
      - What the archive has to be. With O(url), it is what an existing snapshot is compared with, whose every byte is tested too.
    type: str
  force:
    description:
      - Upload the archive although this manager could not restore it. A damaged archive is refused all the same.
    type: bool
    default: false
  idle_timeout:
    description:
      - Seconds without a byte in either direction before the upload counts as broken. The manager answers only after it has stored the
        whole archive, so this must allow for that.
    type: float
    default: 330.0
  wait_timeout:
    description:
      - Seconds to wait until the manager shows the uploaded snapshot. In a cluster, the file reaches the other managers a little later.
      - Also where all of it was sent and no answer came in time. Only then is it sent again.
    type: float
    default: 120.0
seealso:
  - module: cloudify_ha.recovery.snapshot_restore
  - module: cloudify_ha.recovery.snapshot_archive_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Bring a snapshot from the store to a fresh manager
  cloudify_ha.recovery.snapshot_upload:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
    id: before-upgrade
    src: /var/lib/cloudify-store/before-upgrade.zip
"""

RETURN = r"""
snapshot:
  description: The snapshot as the manager lists it.
  returned: success and the snapshot is there
  type: dict
archive:
  description: What the archive says of itself, as RV(cloudify_ha.recovery.snapshot_archive_info#module:archive).
  returned: success, but not in check mode with O(url) of what would be fetched
  type: dict
size:
  description: Bytes of the archive.
  returned: as RV(archive)
  type: int
  sample: 24782
sha256:
  description: Checksum of the archive.
  returned: as RV(archive)
  type: str
reason:
  description: Why it was uploaded.
  returned: changed
  type: str
  sample: there is no snapshot of this id
problems:
  description: Why this manager could not restore it.
  returned: success and O(force=true)
  type: list
  elements: str
manager_host:
  description: The manager that answered.
  returned: success
  type: str
  sample: manager1.example.com
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 1.3
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._upload import Source, upload
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._urls import secrets_in

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    client = connect(module)
    source = Source(path=p["src"], url=p["url"], sha256=(p["sha256"] or "").lower() or None)
    result = upload(
        client,
        p["id"],
        source,
        force=p["force"],
        check_mode=module.check_mode,
        idle_timeout=p["idle_timeout"],
        wait_timeout=p["wait_timeout"],
    )
    return {**result, "manager_host": client.http.host}


def main() -> t.NoReturn:
    module = create_manager_module(
        argument_spec={
            "id": {"type": "str", "required": True},
            "src": {"type": "path"},
            "url": {"type": "str"},
            "sha256": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "idle_timeout": {"type": "float", "default": 330.0},
            "wait_timeout": {"type": "float", "default": 120.0},
        },
        mutually_exclusive=[["src", "url"]],
        required_one_of=[["src", "url"]],
    )
    # Messages say where the archive is, without these; what the module was called with has them.
    module.no_log_values.update(secrets_in(module.params["url"] or ""))
    run(module, body)


if __name__ == "__main__":
    main()
