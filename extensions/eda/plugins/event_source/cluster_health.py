# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source: diagnoses a cluster again and again, and tells when that changes.

A look is a run of the collection's own playbook diagnose, in a process of its own: it says what an operator would be told, over REST and
ssh, and Ansible finds the inventory, the vault and the collection as it always does. ansible-rulebook runs this file by its path, in a
Python that may have no Ansible, so nothing of the collection can be imported but what lies beside this file.
"""

from __future__ import annotations

import asyncio
import json
import logging
import pathlib
import sys
import time
import typing as t

# At the end: nothing of ansible-rulebook is to be found here.
if str(pathlib.Path(__file__).parent) not in sys.path:
    sys.path.append(str(pathlib.Path(__file__).parent))

from cloudify_ha_watch.events import event_of
from cloudify_ha_watch.hysteresis import Hysteresis
from cloudify_ha_watch.looking import Looker
from cloudify_ha_watch.settings import Settings

DOCUMENTATION = r"""
short_description: Diagnoses a cluster again and again, and tells when that changes
description:
  - Runs the playbook C(cloudify_ha.recovery.diagnose) every O(interval) seconds. It only looks.
  - What it says becomes an event once so many looks in a row have said the same, see O(confirmations). A change is another class, other
    nodes that are affected, or another runbook.
  - A look that fails itself, because C(ansible-playbook) is broken or takes too long, has the class V(no_diagnosis), which is confirmed and told
    like any other.
options:
  inventory:
    description:
      - The inventory, or several, as C(ansible-playbook -i) takes them. What the environment or C(ansible.cfg) says by default.
    type: list
    elements: path
  cluster:
    description:
      - Name of the cluster, where the inventory does not have it in C(cloudify_cluster_name).
    type: str
  interval:
    description:
      - Seconds from the beginning of a look to that of the next. One that takes longer is followed at once.
    type: float
    default: 60
  deadline:
    description:
      - Seconds after which a look has failed, and is ended with all that it has started.
    type: float
    default: 60
  confirmations:
    description:
      - How many looks in a row have to say the same before that is told.
    type: int
    default: 2
  confirmations_better:
    description:
      - The same, where the state is better than it was. As many as O(confirmations) by default.
    type: int
  remind_after:
    description:
      - Seconds after which a cluster that is still not healthy is told of again. V(0) is never.
    type: float
    default: 0
  emit_first:
    description:
      - Whether what the first look says is told, which is done at once and unconfirmed (unless the look has failed).
    type: bool
    default: true
  ssh:
    description:
      - Ask the hosts too, and not only the managers over REST. Without it fewer diagnoses are sure enough to name a runbook.
    type: bool
    default: true
  extra_vars_file:
    description:
      - A file of variables, as C(ansible-playbook -e @FILE) takes it. It may be encrypted with Ansible Vault.
    type: path
  environment:
    description:
      - Variables of the environment of C(ansible-playbook), beside those of ansible-rulebook itself. Passwords belong here, such as
        C(CLOUDIFY_PASSWORD), since everybody on the machine can read command lines.
    type: dict
    default: {}
  diagnosis_file:
    description:
      - Where the last diagnosis is kept, which the next one takes into account. Kept over a restart when it is given.
    type: path
  ansible_playbook:
    description:
      - The program. The one on C(PATH) by default, or the one beside the Python that runs ansible-rulebook.
    type: path
"""

EXAMPLES = r"""
- cloudify_ha.recovery.cluster_health:
    inventory: /etc/cloudify_ha/inventory
    interval: 60
    confirmations: 2
    confirmations_better: 3
    remind_after: 14400
    environment:
      CLOUDIFY_PASSWORD: "{{ cloudify_password }}"
"""

Json = dict[str, t.Any]

logger = logging.getLogger("cloudify_ha.recovery.cluster_health")


async def main(queue: asyncio.Queue[t.Any], args: Json) -> None:
    """Look until it is cancelled.

    :raises WrongOptions: at once
    """
    settings = Settings.read(args)
    hysteresis = Hysteresis(
        worse=settings.confirmations,
        better=settings.confirmations_better,
        remind_after=settings.remind_after,
        emit_first=settings.emit_first,
    )
    cluster = settings.cluster
    looker = Looker(settings)
    while True:
        began = time.monotonic()
        look = await looker.look()
        logger.info("%s (%s)", look.kind, look.state)
        cluster = str(look.said.get("cluster") or cluster)
        notice = hysteresis.take(look, now=time.monotonic())
        if notice:
            await queue.put(event_of(notice, cluster=cluster, hide=looker.hide))
        await asyncio.sleep(max(0.0, began + settings.interval - time.monotonic()))


if __name__ == "__main__":

    class Printer:
        """Prints events: python cluster_health.py '{"inventory": ["inventory.yml"]}'"""

        async def put(self, event: Json) -> None:
            print(json.dumps(event, indent=1), flush=True)

    given = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    asyncio.run(main(Printer(), given))  # type: ignore[arg-type]
