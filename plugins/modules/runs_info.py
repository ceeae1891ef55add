#!/usr/bin/python
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runs_info
short_description: List the runs of runbooks on a cluster
version_added: 0.1.0
description:
  - Tells which runbooks were run on a cluster and how they ended, by the journals in the store, and which run has the cluster now.
extends_documentation_fragment:
  - cloudify_ha.recovery._attributes
  - cloudify_ha.recovery._attributes.info
options:
  store:
    description: The directory of the store.
    type: path
    required: true
  cluster:
    description: The name of the cluster.
    type: str
    required: true
seealso:
  - module: cloudify_ha.recovery.run
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
- name: See what was done on the cluster
  cloudify_ha.recovery.runs_info:
    store: /var/lib/cloudify_ha
    cluster: production
  register: done
"""

RETURN = r"""
runs:
  description: The runs, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id, which is the name of its directory.
      type: str
      returned: always
    runbook:
      description: The runbook.
      type: str
      returned: always
    about:
      description: The node that it was for, or an empty string.
      type: str
      returned: always
    begun:
      description: When it was begun.
      type: str
      returned: always
    attempts:
      description: How often it was begun, the first time and each time that it was taken up again.
      type: int
      returned: always
    attempted:
      description: When the last of its attempts was begun.
      type: str
      returned: always
    ended:
      description: When its last attempt ended. It is null for one that runs, was killed, or has failed without P(cloudify_ha.recovery.give_back#callback).
      type: str
      returned: always
    outcome:
      description:
        - How it ended, V(ok), V(failed), V(waiting) for a person's decision, V(refused) before anything was touched, or V(given up).
        - It is null like RV(runs[].ended).
      type: str
      returned: always
    holds:
      description:
        - Whether it has begun what only itself brings to an end, such as a split brain that is frozen, a cluster that is torn down or a node that is
          removed. It is taken up again however old it is, unless C(rebuild_cluster) has rebuilt the whole cluster since.
      type: bool
      returned: always
    facts:
      description: What it has kept for whoever goes on with it, such as the set that it began with.
      type: dict
      returned: always
    age:
      description: How many seconds ago its last attempt ended, or else was begun.
      type: float
      returned: always
holder:
  description: The run that has the cluster now; null when it is free.
  returned: success
  type: str
duration:
  description: How long it took, in seconds.
  returned: always
  type: float
"""

import time
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._module import create_module, run
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._runs import (
    ClusterRuns,
    seconds_of,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def body(module: AnsibleModule) -> dict[str, t.Any]:
    runs = ClusterRuns(store=module.params["store"], cluster=module.params["cluster"])
    found = runs.listed()
    for each in found:
        moment = seconds_of(each["ended"] or each["attempted"])
        each["age"] = round(max(0.0, time.time() - moment), 1)
    return {"runs": found, "holder": (runs.holder() or {}).get("run")}


def main() -> t.NoReturn:
    run(
        create_module(
            argument_spec={
                "store": {"type": "path", "required": True},
                "cluster": {"type": "str", "required": True},
            },
        ),
        body,
    )


if __name__ == "__main__":
    main()
