#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_set
short_description: Make, remove and prune recovery sets in the store
version_added: 0.1.0
description:
  - A recovery set is what a backup leaves in the store. It is a directory with the snapshot, the content inventory and a manifest.
  - A set is staged, filled, and then committed by a rename, so that a kill at any moment leaves either a whole set or none.
  - Runs on the host of the store. To take the content inventory it asks the manager by itself, so that the inventory goes into the store
    as it is; as a module's result, every word in it that happens to be the password would be masked.
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
      - With O(state=staged), a set that is being made is taken up again rather than a second one begun.
options:
  manager_hosts:
    description:
      - Addresses of the managers. Required for O(state=staged) and O(state=present), which take an inventory.
    required: false
  store:
    description:
      - Directory of the store on the host that the module runs on.
    type: path
    required: true
  cluster:
    description:
      - Name of the cluster, which is the directory in the store that its sets lie in.
    type: str
    required: true
  id:
    description:
      - The set. Required but with O(state=pruned).
    type: str
  state:
    description:
      - V(staged) makes the directory that a set grows in, and takes the content inventory into it. An unfinished set that is
        younger than O(resume_within) is taken up again under its own id, which RV(id) tells. Its inventory stays where the manager has
        its snapshot or is making it, and is taken anew where the snapshot has to be made anew. One that is older is given up. It loses
        its files, but stays until O(state=absent), for nothing else knows of its snapshot on the manager.
      - V(staged) fails if the file system has less room than the newest set's snapshot takes.
      - V(present) verifies what is staged, every byte of it, writes the manifest and commits. A second inventory is taken, and what has
        changed while the snapshot was made is named in the manifest's warnings. What is gone by then is taken out of the set's inventory,
        unless the manager has nothing at all any more, so that no restore misses it or makes it again. Of what was changed, a restore may
        bring either state, and the site of a deployment that it does not bring is set as it was last. Where the manager does not give a
        second inventory, the set is committed without, and a warning says so. A set that its own manager could not restore is refused.
      - V(absent) removes a set, or an unfinished one.
      - V(pruned) removes all but the O(keep) newest sound sets. Sets with problems are neither counted nor removed. Before anything is
        removed, the newest set is read to its last byte, and the next one if that has a problem or nothing in it, until one is sound.
      - It also leaves the newest sound set that has content where those that stay have none, and the one that a run which has torn its cluster
        down will restore.
    type: str
    choices: [staged, present, absent, pruned]
    default: present
  snapshot:
    description:
      - What the manager says of the snapshot, and how it was made. For O(state=present), which needs its C(status) to be C(created).
        Its C(size), and C(sha256) where given, have to be those of the staged file. Its C(created_seen_at) is when the manager was
        seen to say so, for the manifest.
    type: dict
  node_files:
    description:
      - Directory whose C(nodes), as M(cloudify_ha.recovery.node_files) has saved them, belong into the set too. For O(state=present).
    type: path
  durations:
    description:
      - Seconds that each step took, for the manifest.
    type: dict
    default: {}
  warnings:
    description:
      - What is known to get lost in a restore of this set, for the manifest.
    type: list
    elements: str
    default: []
  resume_within:
    description:
      - Seconds after which an unfinished set is given up rather than taken up again.
    type: float
    default: 21600.0
  keep:
    description:
      - How many sets O(state=pruned) leaves; at least 1.
    type: int
seealso:
  - module: cloudify_ha.recovery.recovery_set_info
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Keep the seven newest sound sets
  cloudify_ha.recovery.recovery_set:
    store: /var/lib/cloudify-store
    cluster: production
    state: pruned
    keep: 7
"""

RETURN = r"""
id:
  description: The set, which with O(state=staged) can be an earlier unfinished one.
  returned: success and not O(state=pruned)
  type: str
path:
  description: The directory of the set, or of the one that is being made.
  returned: success and not O(state=pruned)
  type: str
resumed:
  description: Whether an unfinished set is taken up again.
  returned: O(state=staged)
  type: bool
counts:
  description: How much there is of each kind.
  returned: O(state=staged)
  type: dict
warnings_found:
  description: What a restore in new format is known to do to this content.
  returned: O(state=staged)
  type: list
  elements: str
abandoned:
  description: Unfinished sets that are given up. Their snapshots may still be on the manager; delete those, then remove the sets.
  returned: O(state=staged)
  type: list
  elements: str
set:
  description: The set, as RV(cloudify_ha.recovery.recovery_set_info#module:sets) has it.
  returned: O(state=present), and in check mode only if it is there already
  type: dict
removed:
  description: Sets that were removed, or in check mode would be.
  returned: O(state=pruned)
  type: list
  elements: str
reason:
  description: Why something was changed.
  returned: changed
  type: str
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
"""

import os
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _sets
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._apply import (
    new_format_warnings,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CloudifyClient
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import counts
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    RecoveryError,
    Refused,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._inventory import take_inventory
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import (
    connect,
    create_manager_module,
    run,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._runs import ClusterRuns
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import (
    assess_existing,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Result = dict[str, t.Any]


def changed(reason: str, before: str, after: str) -> Result:
    return {
        "changed": True,
        "reason": reason,
        "diff": {"before": {"state": before}, "after": {"state": after}},
    }


def staged(module: AnsibleModule, store: _sets.ClusterStore) -> Result:
    p = module.params
    oldest = time.time() - p["resume_within"]
    unfinished = store.unfinished()
    fresh = [each for each in unfinished if os.path.getmtime(store.incoming(each)) >= oldest]
    set_id = fresh[0] if fresh else p["id"]
    # before those that are given up lose their files
    store.check_unused(set_id)
    abandoned = [each for each in unfinished if each != set_id]
    result: Result = {
        "id": set_id,
        "path": store.incoming(set_id),
        "resumed": bool(fresh),
        "abandoned": abandoned,
    }
    older = store.staged_content(set_id)
    newer = taken_anew(connect(module), set_id, older)
    complete = bool(fresh) and newer is None
    content = t.cast(Result, newer or older)
    result.update(counts=counts(content), warnings_found=new_format_warnings(content))
    if not fresh:
        store.check_room(given_up=abandoned)
    if not complete or any(store.spare_files(each) for each in abandoned):
        reason = "an unfinished set is taken up again" if fresh else "no set is being made"
        if fresh and newer and older:
            reason += " with a new inventory, since its snapshot has to be made anew"
        result.update(changed(reason, "staged" if fresh else "absent", "staged"))
    if module.check_mode:
        return result
    for each in abandoned:
        store.give_up(each)
    store.stage(set_id)
    if not complete:
        try:
            store.stage_content(set_id, content)
        except OSError:
            if not fresh:
                store.remove(set_id)
            raise
    return result


def taken_anew(client: CloudifyClient, set_id: str, content: Result | None) -> Result | None:
    """An inventory in place of the one of an unfinished set; None where that one has to stay.

    One that is older than a snapshot that is still to be made names what was deleted meanwhile,
    and one that is newer than the snapshot names what is not in it.
    """
    if content is None:
        return take_inventory(client)
    if not has_to_be_made(client, set_id):
        return None
    newer = take_inventory(client)
    if {**newer, "taken_at": content["taken_at"]} == content:
        return None
    # what a killed run has asked for can have come meanwhile
    return newer if has_to_be_made(client, set_id) else None


def has_to_be_made(client: CloudifyClient, set_id: str) -> bool:
    """Whether the backup will have the manager make the snapshot, which may have failed."""
    found = assess_existing(client, client.snapshot(set_id), replace_failed=True)
    return found.reason is not None and found.join is None


def as_they_were(snapshot: Result, durations: Result) -> tuple[Result, Result]:
    """Before ansible-core 2.19 numbers and nulls come out of templates as text."""
    values: Result = {name: None if value == "" else value for name, value in snapshot.items()}
    try:
        if values.get("size") is not None:
            values["size"] = int(values["size"])
        return values, {name: float(seconds) for name, seconds in durations.items()}
    except (TypeError, ValueError) as exc:
        raise Refused(f"the size of the snapshot and durations have to be numbers: {exc}") from None


def present(module: AnsibleModule, store: _sets.ClusterStore) -> Result:
    p = module.params
    result: Result = {"id": p["id"], "path": store.path(p["id"])}
    if os.path.isdir(store.path(p["id"])):
        result["set"] = store.check_committed(p["id"]).as_dict()
        return result
    result.update(changed("the set is not committed yet", "staged", "present"))
    snapshot, durations = as_they_were(p["snapshot"] or {}, p["durations"])
    if not module.check_mode:
        if p["node_files"]:
            store.stage_nodes(p["id"], p["node_files"])
        content_after, unknown = looked_again(module)
        done = store.commit(
            p["id"],
            snapshot=snapshot,
            durations=durations,
            warnings=[*p["warnings"], *unknown],
            content_after=content_after,
        )
        result["set"] = done.as_dict()
    return result


def looked_again(module: AnsibleModule) -> tuple[Result | None, list[str]]:
    """A second inventory, or in words why there is none. A manager that is gone by now is no reason
    to give up what is proven of it, and may be all that is left."""
    try:
        return take_inventory(connect(module)), []
    except RecoveryError as exc:
        told = f"what changed while the snapshot was made is not known: {exc.message}"
        module.warn(told)
        return None, [told]


def absent(module: AnsibleModule, store: _sets.ClusterStore) -> Result:
    set_id = module.params["id"]
    paths = (store.path(set_id), store.incoming(set_id))
    result: Result = {"id": set_id, "path": paths[0]}
    if any(os.path.isdir(path) for path in paths):
        result.update(changed("the set is in the store", "present", "absent"))
    if not module.check_mode:
        store.remove(set_id)
    return result


def pruned(module: AnsibleModule, store: _sets.ClusterStore) -> Result:
    keep = module.params["keep"]
    if keep < 1:
        raise Refused(f"keep has to be at least 1, not {keep}")
    sets = store.sets()
    for found in sets:
        _sets.verify(found, full=False)
        if found.sound:
            found.problems += _sets.unfit_for(found)
    # what a run has torn down will be restored from the set that it began with
    runs = ClusterRuns(store=module.params["store"], cluster=module.params["cluster"]).listed()
    held = {run["facts"].get("set") for run in runs if run["holds"]}
    if _sets.to_prune(sets, keep=keep, held=held):
        # nothing goes before one that stays, and has something in it, has been read to its last byte
        for found in sets:
            if found.sound:
                _sets.verify(found, full=True)
            if found.sound and (found.filled or not any(e.filled for e in sets if e.sound)):
                break
    doomed = [found.id for found in _sets.to_prune(sets, keep=keep, held=held)]
    result: Result = {"removed": doomed}
    if doomed:
        result.update(changed(f"there are more than {keep} sound sets", "present", "absent"))
    if not module.check_mode:
        store.sweep()
        for set_id in doomed:
            store.remove(set_id)
    return result


def body(module: AnsibleModule) -> Result:
    store = _sets.ClusterStore(store=module.params["store"], cluster=module.params["cluster"])
    act = {"staged": staged, "present": present, "absent": absent, "pruned": pruned}
    return act[module.params["state"]](module, store)


def main() -> t.NoReturn:
    run(
        create_manager_module(
            needs_manager=False,
            argument_spec={
                "store": {"type": "path", "required": True},
                "cluster": {"type": "str", "required": True},
                "id": {"type": "str"},
                "state": {
                    "type": "str",
                    "choices": ["staged", "present", "absent", "pruned"],
                    "default": "present",
                },
                "snapshot": {"type": "dict"},
                "node_files": {"type": "path"},
                "durations": {"type": "dict", "default": {}},
                "warnings": {"type": "list", "elements": "str", "default": []},
                "resume_within": {"type": "float", "default": 21600.0},
                "keep": {"type": "int"},
            },
            required_if=[
                ["state", "staged", ["id", "manager_hosts"]],
                ["state", "present", ["id", "manager_hosts"]],
                ["state", "absent", ["id"]],
                ["state", "pruned", ["keep"]],
            ],
        ),
        body,
    )


if __name__ == "__main__":
    main()
