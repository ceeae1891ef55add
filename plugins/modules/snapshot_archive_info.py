#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_archive_info
short_description: Verify and describe a snapshot archive on this host
version_added: 0.1.0
description:
  - Reads a snapshot archive to its last byte, tests the checksum of every entry, and tells what it says of itself.
  - It needs no manager. Given the version of one, it also tells whether that manager could restore the archive.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
  - cloudify_ha.recovery._attributes.progress
options:
  path:
    description:
      - The archive.
    type: path
    required: true
  for_version:
    description:
      - Judge whether a manager of this version could restore the archive.
    type: str
seealso:
  - module: cloudify_ha.recovery.snapshot_upload
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Verify an archive and ask whether a 7.0.5 manager can restore it
  cloudify_ha.recovery.snapshot_archive_info:
    path: /var/lib/cloudify-store/snapshot.zip
    for_version: 7.0.5
  register: archive
  failed_when: archive is failed or not archive.restorable
"""

RETURN = r"""
archive:
  description: What the archive says of itself.
  returned: success
  type: dict
  contains:
    format:
      description: V(legacy) or V(new).
      type: str
      returned: always
    snapshot_version:
      description: Version of the manager that made it.
      type: str
      returned: always
    schema_revision:
      description: Revision of the database schema, in legacy format.
      type: str
      returned: always
    missing_revisions:
      description: Metadata without which a 7.x manager does not take a legacy archive for one, and restores nothing.
      type: list
      elements: str
      returned: always
    execution_id:
      description: The execution that made it, in new format.
      type: str
      returned: always
    entries:
      description: Number of files in the archive.
      type: int
      returned: always
    unpacked_size:
      description: Bytes that it takes when unpacked, which a restore does on the manager's disk.
      type: int
      returned: always
    has_certificates:
      description: Whether the manager's certificates are in it, private keys included.
      type: bool
      returned: always
    has_credentials:
      description: Whether agents' key files are in it.
      type: bool
      returned: always
size:
  description: Bytes of the archive.
  returned: success
  type: int
  sample: 24782
sha256:
  description: Its checksum.
  returned: success
  type: str
  sample: c566e852f93c3fde05dba1fe10f6df0cbf78473412a0388ab38026d9c205edb4
restorable:
  description: Whether the manager of O(for_version) could restore it.
  returned: success and O(for_version) is given
  type: bool
problems:
  description: Why it could not.
  returned: success and O(for_version) is given
  type: list
  elements: str
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 0.1
"""

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _archive
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import create_module, run
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def target(version: str) -> Capabilities:
    try:
        return Capabilities(Version.parse(version), "premium")
    except ValueError:
        raise RecoveryError(f"for_version {version!r} is not a version such as 7.0.5") from None


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    judge = target(p["for_version"]) if p["for_version"] else None
    description, sha256, size = _archive.check_file(p["path"])
    result = {"archive": description.as_dict(), "size": size, "sha256": sha256}
    if judge:
        problems = _archive.problems_on(description, judge)
        result.update(restorable=not problems, problems=problems)
    return result


def main() -> t.NoReturn:
    run(
        create_module(
            argument_spec={
                "path": {"type": "path", "required": True},
                "for_version": {"type": "str"},
            },
        ),
        body,
    )


if __name__ == "__main__":
    main()
