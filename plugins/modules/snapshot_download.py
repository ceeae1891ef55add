#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_download
short_description: Download a snapshot from a Cloudify Manager and verify it
version_added: 0.1.0
description:
  - Streams the archive to a temporary name beside O(dest), tests the checksum of every entry and its metadata while it arrives,
    flushes it to disk, and only then gives it its name, with mode 0600.
  - A broken transfer is taken up where it broke, within the run and by a later one.
  - In a cluster, the file comes to the other managers a little later than the snapshot is C(created). Where it is not there yet, the other
    O(manager_hosts) are asked, and it is waited for, 23 seconds at most.
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
      - An existing file that is the same as the archive on the manager is left alone. The two are compared by size and by the
        archive's directory, which holds the checksum of each entry. Only its mode becomes 0600 if others could get at it.
options:
  id:
    description:
      - The snapshot. It has to be C(created) or C(uploaded); the manager itself would also hand out half of one.
    type: str
    required: true
  dest:
    description:
      - File to write on the host that the module runs on, or an existing directory, in which the file is called as O(id) with C(.zip).
    type: path
    required: true
  force:
    description:
      - Replace an existing file that is not the same. The old one stays until the new one is complete.
    type: bool
    default: false
  idle_timeout:
    description:
      - Seconds without a single byte before the transfer counts as broken. There is no limit to the time it takes as a whole.
    type: float
    default: 60.0
seealso:
  - module: cloudify_ha.recovery.snapshot
  - module: cloudify_ha.recovery.snapshot_archive_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Fetch a snapshot onto the store
  cloudify_ha.recovery.snapshot_download:
    manager_hosts: [manager1.example.com]
    username: admin
    password: "{{ vault_cloudify_password }}"
    id: before-upgrade
    dest: /var/lib/cloudify-store/before-upgrade.zip
  delegate_to: store.example.com
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
  sample: /var/lib/cloudify-store/before-upgrade.zip
size:
  description: Bytes of the archive.
  returned: success
  type: int
  sample: 24782
sha256:
  description: Checksum of the file.
  returned: success and the file is there
  type: str
  sample: c566e852f93c3fde05dba1fe10f6df0cbf78473412a0388ab38026d9c205edb4
archive:
  description: What the archive says of itself, as RV(cloudify_ha.recovery.snapshot_archive_info#module:archive).
  returned: success and the file is there
  type: dict
resumed_from:
  description: Bytes that were there from an earlier run.
  returned: it was downloaded
  type: int
  sample: 0
breaks:
  description: How often the transfer broke and was taken up again.
  returned: it was downloaded
  type: int
  sample: 0
reason:
  description: Why it was downloaded, or given another mode.
  returned: changed
  type: str
  sample: the file does not exist
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

import os
import shutil
import stat
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _archive
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CloudifyClient
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._disk import (
    SPARE_BYTES,
    no_space,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._download import Download
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ArchiveError,
    Refused,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._preflight import check_usable
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._remote import (
    archive_headers,
    once_there,
    same_archive,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import check_name

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


MODE = 0o600
OTHERS = 0o077


class Wanted(t.NamedTuple):
    """One download: what, whereto, and how it is called in messages."""

    path: str
    dest: str
    doing: str


def destination(dest: str, snapshot_id: str) -> str:
    """:raises Refused: when the file could not be written"""
    if os.path.isdir(dest):
        dest = os.path.join(dest, f"{snapshot_id}.zip")
    folder = os.path.dirname(os.path.abspath(dest))
    if not os.path.isdir(folder):
        raise Refused(f"dest {dest}: there is no directory {folder}", hint="Create it first")
    if os.path.exists(dest) and not os.path.isfile(dest):
        raise Refused(f"dest {dest} is there and is no file", hint="Choose another dest")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refused(
            f"dest {dest}: the directory cannot be written to",
            hint="Check its mode, and that its file system is not mounted read-only",
        )
    return dest


def why_needed(
    module: AnsibleModule, client: CloudifyClient, wanted: Wanted
) -> tuple[str | None, dict[str, t.Any]]:
    """The reason to download, or None and the facts of the file that is there already.

    :raises Refused: when another file is in the way
    """
    if not os.path.exists(wanted.dest):
        return "the file does not exist", {}
    try:
        description, sha256, size = _archive.check_file(wanted.dest)
        same = same_archive(
            client.http,
            path=wanted.path,
            local=wanted.dest,
            doing=wanted.doing,
            idle_timeout=module.params["idle_timeout"],
        )
        if same:
            return None, {"archive": description.as_dict(), "sha256": sha256, "size": size}
        problem = "the file is not the same as the archive on the manager"
    except ArchiveError as exc:
        problem = f"the file is no sound snapshot ({exc.message.removeprefix(f'{wanted.dest}: ')})"
    if not module.params["force"]:
        raise Refused(
            f"{wanted.dest} exists, and {problem}",
            hint="Choose another dest, or say force=true to replace it",
        )
    return problem, {}


def size_on_manager(client: CloudifyClient, wanted: Wanted) -> int:
    """:raises Refused: when the manager lists it, and it does not come"""
    return once_there(
        client.http,
        lambda: archive_headers(client.http, path=wanted.path, doing=wanted.doing)[0],
        path=wanted.path,
        doing=wanted.doing,
        hint="Take another one",
    )


def keep_to_owner(path: str, *, check_mode: bool) -> dict[str, t.Any]:
    """A snapshot holds secrets, so nobody else may get at the file. Returns what was changed."""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if not mode & OTHERS:
        return {}
    if not check_mode:
        os.chmod(path, MODE)
    return {
        "changed": True,
        "reason": f"the file's mode is {mode:04o}, and it holds secrets",
        "diff": {
            "before": {"path": path, "mode": f"{mode:04o}"},
            "after": {"path": path, "mode": f"{MODE:04o}"},
        },
    }


def body(module: AnsibleModule) -> dict[str, t.Any]:
    p = module.params
    check_name(p["id"])
    client = connect(module)
    wanted = Wanted(
        client.archive_path(p["id"]),
        destination(p["dest"], p["id"]),
        f"download snapshot {p['id']}",
    )
    snapshot = client.snapshot(p["id"])
    if snapshot is None:
        raise Refused(
            f"the manager has no snapshot {p['id']} in tenant {p['tenant']}",
            hint="Look with snapshot_info which ones it has",
        )
    check_usable(snapshot)
    reason, facts = why_needed(module, client, wanted)
    result = {"dest": wanted.dest, **facts}
    if reason is None:
        result.update(keep_to_owner(wanted.dest, check_mode=module.check_mode))
        return {**result, "manager_host": client.http.host}
    size = size_on_manager(client, wanted)
    result.update(changed=True, reason=reason, size=size)
    result["diff"] = {
        "before": {
            "path": wanted.dest,
            "state": "file" if os.path.exists(wanted.dest) else "absent",
        },
        "after": {"path": wanted.dest, "state": "file", "size": size},
    }
    if module.check_mode:
        folder = os.path.dirname(os.path.abspath(wanted.dest))
        free = shutil.disk_usage(folder).free
        if free < size + SPARE_BYTES:
            raise no_space(wanted.doing, folder, needed=size, free=free)
        return {**result, "manager_host": client.http.host}
    found: dict[str, t.Any] = {}
    done = Download(
        http=client.http,
        path=wanted.path,
        dest=wanted.dest,
        doing=wanted.doing,
        idle_timeout=p["idle_timeout"],
        inspect=lambda part: found.update(_archive.describe(part).as_dict()),
    ).run()
    return {**result, **done._asdict(), "archive": found, "manager_host": client.http.host}


def main() -> t.NoReturn:
    run(
        create_manager_module(
            argument_spec={
                "id": {"type": "str", "required": True},
                "dest": {"type": "path", "required": True},
                "force": {"type": "bool", "default": False},
                "idle_timeout": {"type": "float", "default": 60.0},
            }
        ),
        body,
    )


if __name__ == "__main__":
    main()
