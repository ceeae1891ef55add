#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run
short_description: Begin and end the run of a runbook, alone on its cluster, and keep its journal
version_added: 0.1.0
description:
  - Only one run at a time has a cluster. The lock is in the store, and names the run and the controller that it is on.
  - A run that was killed leaves its lock behind. On the controller where it ran, the next run sees that it is dead, and takes the
    lock. From elsewhere, or from another container, nobody can see that, and a person has to say so with O(take_over).
  - One that failed gives it back by itself where the callback plugin P(cloudify_ha.recovery.give_back#callback) is enabled.
  - A run that was killed or failed is taken up again by the next run of the same runbook, under its own id and in its own directory, within
    O(resume_within). One that has begun what only itself brings to an end, such as a cluster that is torn down, a node that is removed or a
    split brain that is frozen, is taken up again however old it is, unless C(rebuild_cluster) has rebuilt the whole cluster since.
  - On the controller it prints each step as it begins.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
attributes:
  check_mode:
    support: full
    details:
      - Says whether the cluster is free, and which run would be taken up again with what it has done and kept, and writes nothing.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Each step is another entry in the journal.
options:
  store:
    description:
      - Directory of the store on the host that the module runs on.
    type: path
    required: true
  cluster:
    description:
      - Name of the cluster.
    type: str
    required: true
  state:
    description:
      - V(begun) takes the cluster for a run.
      - V(step) adds an entry to the journal.
      - V(done) says that a step is finished on all hosts, for a later attempt of this run to know.
      - V(kept) keeps O(facts) for a later attempt of this run.
      - V(ended) writes the report and gives the cluster back.
    type: str
    choices: [begun, step, done, kept, ended]
    required: true
  runbook:
    description:
      - Name of the runbook. For O(state=begun).
    type: str
  about:
    description:
      - What the runbook is run for, such as a node. A run for another one is not taken up again. For O(state=begun).
    type: str
    default: ''
  id:
    description:
      - The run. For all but O(state=begun), from RV(id) of O(state=begun).
    type: str
  facts:
    description:
      - What a later attempt of this run has to know. For O(state=kept).
    type: dict
    default: {}
  step:
    description:
      - What begins now, or is finished, in a few words. For O(state=step) and O(state=done).
    type: str
  outcome:
    description:
      - What it came to. With V(failed), the next run of this runbook takes it up again. For O(state=ended).
      - With V(waiting), it does so too, however long that takes.
      - With V(refused) nothing was begun, and there is nothing to take up again.
    type: str
    choices: [ok, failed, waiting, refused]
  report:
    description:
      - Written to C(report.json) of the run. For O(state=ended).
    type: dict
    default: {}
  resume_within:
    description:
      - Seconds after which an unfinished run is no longer taken up again, if there is nothing that only itself brings to an end.
    type: float
    default: 86400.0
  take_over:
    description:
      - A run that is dead for certain, although its lock is there, as the refusal names it. Where the run was taken up again before, that has the
        number of the attempt, so that what was said of one attempt is not taken for a word on the next.
    type: str
  give_up:
    description:
      - Id of a run that did not come to its end, and will not be gone on with. For O(state=begun).
      - One that has stopped in a state that every other runbook would undo, such as a frozen split brain, keeps all others but a backup from being
        begun meanwhile. One that has torn a cluster down and not restored it keeps a backup and a restore from it. Any other would be taken up again.
      - What it has saved stays, and the next run of the same runbook finds it (RV(saved_before)).
    type: str
  secrets:
    description:
      - Words that must not be written into the journal or the report.
      - With O(state=kept) and O(state=ended), passwords and tokens of the connection, of C(module_defaults), of the variables of this collection
        and of the environment are added, if they have at least 8 characters and are no part of the name of a host, the cluster or the store.
    type: list
    elements: str
    default: []
  controller:
    description:
      - The controller and its process. It is filled in on the controller.
    type: dict
    default: {}
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: Begin
  cloudify_ha.recovery.run:
    store: /var/lib/cloudify_ha
    cluster: production
    state: begun
    runbook: rebuild_cluster
  register: this_run

- name: Say where it is
  cloudify_ha.recovery.run:
    store: /var/lib/cloudify_ha
    cluster: production
    state: step
    id: "{{ this_run.id }}"
    step: tear down the managers
"""

RETURN = r"""
id:
  description: The run.
  returned: success
  type: str
  sample: rebuild_cluster-20261122T030000Z
path:
  description: Its directory in the store.
  returned: success
  type: str
resumed:
  description: Whether it is an earlier run that is taken up again.
  returned: O(state=begun)
  type: bool
old:
  description:
    - Whether it was begun longer ago than O(resume_within), and is taken up again since only itself brings to an end what it has begun. Others may
      have been at work since then.
  returned: O(state=begun)
  type: bool
saved_before:
  description: Directories of earlier runs for the same that never came to a good end, the newest first. What they have saved may be nowhere else.
  returned: O(state=begun)
  type: list
  elements: str
begun:
  description: The steps that this run has begun in earlier attempts, whether they were finished or not.
  returned: O(state=begun)
  type: list
  elements: str
done:
  description: The steps that this run has finished in earlier attempts.
  returned: O(state=begun)
  type: list
  elements: str
holder:
  description: The run that has the cluster.
  returned: when it is another one
  type: dict
facts:
  description: What earlier attempts of this run have kept.
  returned: O(state=begun)
  type: dict
steps:
  description: Each step and its seconds.
  returned: O(state=ended)
  type: list
  elements: dict
seconds:
  description: How long the run took.
  returned: O(state=ended)
  type: float
duration:
  description: How long this call took, in seconds.
  returned: always
  type: float
"""

import datetime
import os
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import create_module, run
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._runs import (
    ClusterRuns,
    check_runbook,
    seconds_of,
    steps_of,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._times import utc_now

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Result = dict[str, t.Any]


def new_id(runbook: str) -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    return f"{runbook}-{now.strftime('%Y%m%dT%H%M%SZ')}"


def begun(module: AnsibleModule, runs: ClusterRuns) -> Result:
    p = module.params
    check_runbook(p["runbook"])
    oldest = seconds_of(utc_now()) - p["resume_within"]
    asked: Result = {
        "runbook": p["runbook"],
        "run_id": new_id(p["runbook"]),
        "take_over": p["take_over"],
        "resume": lambda first: seconds_of(first["at"]) >= oldest,
        "about": p["about"],
        "give_up": p["give_up"],
    }
    if module.check_mode:
        found = runs.plan(**asked)
    else:
        found = runs.begin(controller=p["controller"], **asked)
    return {
        "changed": True,
        "id": found.id,
        "path": found.path,
        "resumed": found.resumed,
        "old": found.old,
        "saved_before": runs.saved_before(found.id, runbook=p["runbook"], about=p["about"]),
        "begun": runs.begun(found.id),
        "done": runs.done(found.id),
        "facts": runs.facts(found.id),
    }


def step(module: AnsibleModule, runs: ClusterRuns) -> Result:
    p = module.params
    if not module.check_mode:
        told = {"facts": p["facts"]} if p["state"] == "kept" else {"step": p["step"]}
        runs.note(p["id"], state=p["state"], **told)
    return {"changed": False, "id": p["id"], "path": runs.path(p["id"])}


def ended(module: AnsibleModule, runs: ClusterRuns) -> Result:
    p = module.params
    result: Result = {"changed": True, "id": p["id"], "path": runs.path(p["id"])}
    if module.check_mode:
        return {**result, "steps": [], "seconds": 0.0}
    runs.end(p["id"], outcome=p["outcome"], report=p["report"])
    journal = runs.journal(p["id"])
    steps = steps_of(journal)
    return {**result, "steps": steps, "seconds": round(sum(s["seconds"] for s in steps), 1)}


def body(module: AnsibleModule) -> Result:
    p = module.params
    runs = ClusterRuns(store=p["store"], cluster=p["cluster"], secrets=p["secrets"])
    act = {"begun": begun, "step": step, "done": step, "kept": step, "ended": ended}
    return act[p["state"]](module, runs)


def main() -> t.NoReturn:
    os.umask(0o077)
    run(
        create_module(
            argument_spec={
                "store": {"type": "path", "required": True},
                "cluster": {"type": "str", "required": True},
                "state": {
                    "type": "str",
                    "choices": ["begun", "step", "done", "kept", "ended"],
                    "required": True,
                },
                "runbook": {"type": "str"},
                "about": {"type": "str", "default": ""},
                "id": {"type": "str"},
                "step": {"type": "str"},
                "facts": {"type": "dict", "default": {}},
                "outcome": {"type": "str", "choices": ["ok", "failed", "waiting", "refused"]},
                "report": {"type": "dict", "default": {}},
                "resume_within": {"type": "float", "default": 86400.0},
                "take_over": {"type": "str"},
                "give_up": {"type": "str"},
                "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
                "controller": {"type": "dict", "default": {}},
            },
            required_if=[
                ["state", "begun", ["runbook"]],
                ["state", "step", ["id", "step"]],
                ["state", "done", ["id", "step"]],
                ["state", "kept", ["id", "facts"]],
                ["state", "ended", ["id", "outcome"]],
            ],
        ),
        body,
    )


if __name__ == "__main__":
    main()
