# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: give_back
type: notification
short_description: Give the cluster back when a runbook has failed
version_added: 0.1.0
description:
  - A run that fails keeps the cluster, and on the controller where it ran the next one sees that it is dead. From another controller, or
    another container, nobody can see that.
  - With this plugin Ansible itself ends the run (M(cloudify_ha.recovery.run)), as failed, when it has come to its own end. Then nothing of it
    goes on any more.
  - It does nothing for a run that is killed, or whose store cannot be reached in the end. For these a person has to say that they are dead.
  - It reaches the store as the playbook did, but for a password that was asked for.
requirements:
  - It has to be enabled, with C(callbacks_enabled=cloudify_ha.recovery.give_back) in C(ansible.cfg).
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

import inspect
import posixpath
import typing as t

from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.playbook.play import Play
from ansible.plugins.callback import CallbackBase

MODULE = "cloudify_ha.recovery.run"
#: Later ones take the name of a plugin alone.
TAKES_AN_OBJECT = "stdout_callback" in inspect.signature(TaskQueueManager.__init__).parameters

Json = dict[str, t.Any]


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "cloudify_ha.recovery.give_back"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: t.Any, **how: t.Any) -> None:
        super().__init__(*args, **how)
        self._play: t.Any = None
        #: id of a run that has a cluster -> its host, and what the module needs to end it
        self._runs: dict[str, tuple[str, Json]] = {}

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self._play = play

    def v2_runner_on_ok(self, result: t.Any) -> None:
        task, host, found = parts(result)
        if task.action != MODULE or task.check_mode or "id" not in found:
            return
        if "resumed" in found:
            self._runs[found["id"]] = (where(host, found), ending(found["id"], found["path"]))
        elif "steps" in found:
            self._runs.pop(found["id"], None)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        for run_id, (host, args) in self._runs.items():
            why = self._end(host, args)
            if why:
                self._display.warning(f"run {run_id} has failed, and still has the cluster: {why}")
            else:
                self._display.display(f"run {run_id} has failed, and has given the cluster back")

    def _end(self, host: str, args: Json) -> str:
        """Returns why it could not be ended."""
        manager = self._play.get_variable_manager()
        inventory = manager._inventory
        # the last play may have left it to its own hosts
        inventory.remove_restriction()
        task = {"name": "End the run", MODULE: args}
        data = {"name": "Give it back", "hosts": host, "gather_facts": False, "tasks": [task]}
        loader = self._play.get_loader()
        play = Play().load(data, variable_manager=manager, loader=loader)
        heard = Heard()
        how: Json = {"stdout_callback": heard} if TAKES_AN_OBJECT else {}
        queue = TaskQueueManager(
            inventory=inventory,
            variable_manager=manager,
            loader=loader,
            passwords={},
            run_additional_callbacks=False,
            **how,
        )
        if not TAKES_AN_OBJECT:
            heard._init_callback_methods()
            queue._callback_plugins.append(heard)
        try:
            queue.run(play)
        except Exception as exc:
            return f"{exc}"
        finally:
            queue.cleanup()
        return heard.why


class Heard(CallbackBase):
    """Nothing of that play is shown.

    :ivar why: what went wrong
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "heard"

    def __init__(self) -> None:
        super().__init__()
        self.why = f"{MODULE} was not run"

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self.why = ""

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self.why = str(parts(result)[2].get("msg", "no message"))

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self.why = str(parts(result)[2].get("msg", "the store cannot be reached"))


def parts(result: t.Any) -> tuple[t.Any, t.Any, Json]:
    """Task, host and result, which have other names from ansible-core 2.19 on."""
    if hasattr(result, "task"):
        return result.task, result.host, result.result
    return result._task, result._host, result._result


def where(host: t.Any, found: Json) -> str:
    """The host that the module ran on."""
    delegated = found.get("_ansible_delegated_vars") or {}
    return str(delegated.get("ansible_delegated_host") or host.get_name())


def ending(run_id: str, path: str) -> Json:
    """:param path: STORE/CLUSTER/.runs/ID"""
    folder = posixpath.dirname(posixpath.dirname(path))
    return {
        "store": posixpath.dirname(folder),
        "cluster": posixpath.basename(folder),
        "state": "ended",
        "id": run_id,
        "outcome": "failed",
        "report": {"headline": "it failed"},
    }
