# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workflows: how nodes may be linked.

As WorkflowJobTemplateNodeChildrenBaseList.is_valid_relation in awx/api/views/__init__.py.
"""

from __future__ import annotations

from awx.standin.errors import bad_request, forbidden
from awx.standin.models.workflows import LINKS
from awx.standin.rules import Linking, on_link
from awx.standin.store import Item, Store

PLACES = tuple(("workflow_job_template_nodes", name) for name in LINKS)


@on_link(*PLACES)
def both_are_of_one_workflow(linking: Linking) -> None:
    if linking.item["workflow_job_template"] != linking.other["workflow_job_template"]:
        raise forbidden()


@on_link(*PLACES)
def one_link_between_two(linking: Linking) -> None:
    for name in LINKS:
        if name != linking.relation and linking.other in linking.store.linked(linking.item, name):
            raise bad_request({"Error": "Relationship not allowed."})


def _after(store: Store, node: Item) -> list[Item]:
    children = [child for name in LINKS for child in store.linked(node, name)]
    return [node, *(other for child in children for other in _after(store, child))]


@on_link(*PLACES)
def no_node_comes_after_itself(linking: Linking) -> None:
    if linking.item in _after(linking.store, linking.other):
        raise bad_request({"Error": "Cycle detected."})
