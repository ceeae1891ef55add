# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What an operator is asked before a job: surveys of job templates and workflows. Pure.

A node of a workflow is refused when its template has a required question that the node does not
answer. So only surveys of workflows require something, and in the others a choice that may be
left out has the choice "none" (playbooks/vars/runbook.yml knows it).
"""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

NONE = "none"

#: All that a runbook may say that it wants to be told is asked for: nothing else can be given to a job.
RUNBOOKS: dict[str, tuple[str, ...]] = {
    "backup": ("queue", "keep", "give_up", "take_over"),
    "diagnose": ("write",),
    "status": ("verify",),
    "restore": ("set", "accept_partial", "confirm", "give_up", "take_over"),
    "rebuild_cluster": (
        *("set", "is_lost", "accept_partial", "new_certificates", "ca", "confirm"),
        *("give_up", "take_over"),
    ),
    "replace_node": (
        *("node", "dead", "new_certificates", "ca", "confirm", "give_up", "take_over"),
    ),
    "recover_active": ("node", "action", "dead", "confirm", "give_up", "take_over"),
    "resolve_split_brain": ("survivor", "unfreeze", "dead", "confirm", "give_up", "take_over"),
    "recover": (
        *("confirm", "acknowledge", "set", "is_lost", "accept_partial", "new_certificates"),
        *("ca", "give_up", "take_over"),
    ),
}
#: What an approver has to be told for certain, and what is asked with a plan and no other way.
REQUIRED = ("confirm", "node", "survivor")
NOT_IN_WORKFLOWS = ("unfreeze",)


def survey(runbook: str, settings: Json, nodes: t.Sequence[str], *, workflow: bool = False) -> Json:
    """The survey of a runbook; empty where nothing is asked.

    :param nodes: names of the cluster's nodes
    """
    asked = [
        _QUESTIONS[name](settings, list(nodes), workflow and name in REQUIRED)
        for name in RUNBOOKS[runbook]
        if not (workflow and name in NOT_IN_WORKFLOWS)
    ]
    if not asked:
        return {}
    return {"name": runbook, "description": "", "spec": asked}


# -- questions -------------------------------------------------------------------------------------


def _text(variable: str, name: str, description: str, **more: t.Any) -> Json:
    question = {
        "type": "text",
        "question_name": name,
        "question_description": description,
        "variable": variable,
        "required": False,
        "min": 0,
        "max": 200,
    }
    return {**question, **more}


def _choice(
    variable: str, name: str, description: str, choices: t.Sequence[str], **more: t.Any
) -> Json:
    question = {
        "type": "multiplechoice",
        "question_name": name,
        "question_description": description,
        "variable": variable,
        "required": False,
        "choices": list(choices),
    }
    return {**question, **more}


def _yes_or_no(variable: str, name: str, description: str) -> Json:
    return _choice(variable, name, description, ("false", "true"), default="false")


def _confirm(settings: Json, nodes: t.Sequence[str], required: bool) -> Json:
    name = settings["cluster"]
    return _text(
        "cloudify_confirm",
        "Name of the cluster, typed",
        f"Type {name}. It confirms that you mean this cluster, and have read the plan.",
        required=required,
        # what is optional may come as an empty answer
        min=len(name) if required else 0,
        max=len(name),
    )


def _node(settings: Json, nodes: list[str], required: bool) -> Json:
    what = ("node", "Node", "The node that is down.")
    if required:
        return _choice(*what, nodes, required=True)
    return _choice(*what, [NONE, *nodes], default=NONE)


def _survivor(settings: Json, nodes: list[str], required: bool) -> Json:
    what = ("survivor", "Survivor", "The node whose side is kept. What only the other has is lost.")
    if required:
        return _choice(*what, nodes, required=True)
    return _choice(
        *what[:2], what[2] + " Without one: freeze, save, compare.", [NONE, *nodes], default=NONE
    )


def _dead(settings: Json, nodes: list[str], required: bool) -> Json:
    return {
        "type": "multiselect",
        "question_name": "Other nodes that are known to be dead",
        "question_description": "Only these. They are not waited for, and stay as they are.",
        "variable": "cloudify_dead",
        "required": False,
        "choices": list(nodes),
    }


def _keep(settings: Json, nodes: t.Sequence[str], required: bool) -> Json:
    return {
        "type": "integer",
        "question_name": "How many sets to keep",
        "question_description": "The newest sound ones; 0 keeps all.",
        "variable": "take_snapshot_keep",
        "required": False,
        "min": 0,
        "max": 1000,
        "default": settings["keep"],
    }


def _plain(make: t.Callable[..., Json], *words: t.Any, **more: t.Any) -> t.Callable[..., Json]:
    """A question that is the same for every cluster."""
    return lambda settings, nodes, required: make(*words, **more)


_QUESTIONS: dict[str, t.Callable[[Json, list[str], bool], Json]] = {
    "confirm": _confirm,
    "node": _node,
    "survivor": _survivor,
    "dead": _dead,
    "keep": _keep,
    "queue": _plain(
        _yes_or_no,
        "take_snapshot_queue",
        "Wait for executions",
        "Have the manager make the snapshot after the executions that are active.",
    ),
    "write": _plain(
        _yes_or_no,
        "diagnose_write",
        "Try a write",
        "On databases that lead, by a transaction that leaves nothing behind.",
    ),
    "verify": _plain(
        _choice,
        "status_verify",
        "What is read",
        "size takes no time, newest reads every byte of the newest set, full of all of them.",
        ("size", "newest", "full"),
        default="size",
    ),
    "set": _plain(
        _text,
        "cloudify_set",
        "Recovery set",
        "Its id, such as backup-20260101T023000Z, or newest for the newest verified one.",
        default="newest",
    ),
    "is_lost": _plain(
        _yes_or_no,
        "cloudify_cluster_is_lost",
        "Lost although a manager answers",
        "Your word that the cluster is beyond repair. What was changed since the set is lost.",
    ),
    "action": _plain(
        _choice,
        "cloudify_action",
        "What then",
        "none looks and keeps evidence, fix starts the node's services, replace installs it anew.",
        (NONE, "fix", "replace"),
        default=NONE,
    ),
    "unfreeze": _plain(
        _choice,
        "cloudify_action",
        "Undo the freezing",
        "unfreeze lets both sides go on as they were, and takes no survivor.",
        (NONE, "unfreeze"),
        default=NONE,
    ),
    "take_over": _plain(
        _text,
        "cloudify_take_over",
        "Run that is dead",
        "Only when an earlier job was cancelled or lost, and this one says that its run has the "
        "cluster: the id that it names.",
    ),
    "give_up": _plain(
        _text,
        "cloudify_give_up",
        "Run that will not be gone on with",
        "Only when a job says that an earlier run keeps this one from being begun: the id that it "
        "names. Read what is lost then.",
    ),
    "accept_partial": _plain(
        _yes_or_no,
        "apply_snapshot_accept_partial",
        "Go on after a restore that lost something",
        "Only when a job has ended with RESTORE PARTIAL and the list of what is missing: your word "
        "that it may be lost.",
    ),
    "new_certificates": _plain(
        _yes_or_no,
        "install_node_new_certificates",
        "New certificates",
        "Only when a job says that none are saved of a node: it gets a new CA, which agents do not "
        "trust.",
    ),
    "ca": _plain(
        _text,
        "cloudify_ca_fingerprint",
        "Fingerprint of the right CA",
        "Only when a job says that a node's CA is not the same everywhere: the one of those it names "
        "that agents trust.",
    ),
    "acknowledge": _plain(
        _text,
        "cloudify_acknowledge",
        "Run that was looked at",
        "Only within an hour of another recovery, well or not: its id, once somebody has looked at "
        "why.",
    ),
}

__all__ = ("NONE", "NOT_IN_WORKFLOWS", "REQUIRED", "RUNBOOKS", "survey")
