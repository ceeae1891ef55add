# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a new AWX holds before anybody made anything."""

from __future__ import annotations

from awx.standin.managed import MANAGED
from awx.standin.service import Service

GALAXY = "Ansible Galaxy/Automation Hub API Token"
IMAGE = "registry.invalid/ansible/awx-ee:24.6.1"


def seed(service: Service) -> None:
    store = service.store
    admin = store.add(
        "users",
        {
            "username": service.settings.username,
            "password": service.settings.password,
            "is_superuser": True,
        },
    )
    for name, kind, namespace, inputs in MANAGED:
        store.add(
            "credential_types",
            {"name": name, "kind": kind, "namespace": namespace, "managed": True, "inputs": inputs},
        )
    default = store.add(
        "organizations", {"name": "Default", "description": "The default organization"}
    )
    galaxy = store.find("credential_types", name=GALAXY)
    assert galaxy
    credential = store.add(
        "credentials",
        {
            "name": "Ansible Galaxy",
            "credential_type": galaxy["id"],
            "managed": True,
            "inputs": {"url": "https://galaxy.invalid/"},
        },
    )
    # Only this organization has it, so in any other no collection is installed.
    store.link(default, "galaxy_credentials", credential)
    for name, managed in (
        ("AWX EE (24.6.1)", False),
        ("Control Plane Execution Environment", True),
    ):
        store.add("execution_environments", {"name": name, "image": IMAGE, "managed": managed})
    instance = store.add("instances", {"hostname": "awx-standin"})
    for name in ("controlplane", "default"):
        group = store.add("instance_groups", {"name": name})
        store.link(group, "instances", instance)
    store.add(
        "roles", {"name": "System Administrator", "_of": None, "_field": "system_administrator"}
    )
    assert admin["id"] == 1
