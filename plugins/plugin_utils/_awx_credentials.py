# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The credential type for a manager's connection, and the credentials of a cluster. Pure.

AWX renders every injector, with '' for a field that nobody has filled in and false for a box that
nobody has ticked. So each template has its default, and the box is the one that is better not ticked.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_names import (
    CREDENTIAL_TYPE,
    of,
)

Json = dict[str, t.Any]

#: What a credential is for.
KINDS = ("manager", "hosts", "repository", "vault")


def credential_type() -> Json:
    return {
        "name": CREDENTIAL_TYPE,
        "description": "How the modules of cloudify_ha.recovery reach a manager",
        # inventory sources take no other kind
        "kind": "cloud",
        "inputs": {"fields": _fields(), "required": ["manager_hosts"]},
        "injectors": {
            "file": {"template.ca": "{{ ca }}"},
            "env": {
                "CLOUDIFY_MANAGER_HOSTS": "{{ manager_hosts }}",
                "CLOUDIFY_MANAGER_PORT": (
                    "{{ manager_port or ('80' if manager_protocol == 'http' else '443') }}"
                ),
                "CLOUDIFY_MANAGER_PROTOCOL": "{{ manager_protocol or 'https' }}",
                "CLOUDIFY_USERNAME": "{{ username }}",
                "CLOUDIFY_PASSWORD": "{{ password }}",
                "CLOUDIFY_TOKEN": "{{ token }}",
                "CLOUDIFY_TENANT": "{{ tenant or 'default_tenant' }}",
                "CLOUDIFY_CA_PATH": "{{ tower.filename.ca if ca else '' }}",
                "CLOUDIFY_VALIDATE_CERTS": "{{ 'false' if skip_certificate_check else 'true' }}",
                "CLOUDIFY_REQUEST_TIMEOUT": "{{ request_timeout or '30' }}",
                "CLOUDIFY_CONNECT_TIMEOUT": "{{ connect_timeout or '5' }}",
            },
        },
    }


def _fields() -> list[Json]:
    return [
        _field("manager_hosts", "Addresses of the managers", help_text="A list with commas"),
        _field("username", "User", help_text="Normally admin"),
        _field("password", "Password", secret=True),
        _field("token", "Token", secret=True, help_text="In place of user and password"),
        _field(
            "ca",
            "CA certificate",
            multiline=True,
            help_text="In PEM form. Without it, the CAs that the container trusts",
        ),
        _field("manager_port", "Port", help_text="Normally 443"),
        _field("manager_protocol", "Protocol", choices=["https", "http"]),
        _field("tenant", "Tenant", help_text="Normally default_tenant"),
        _field("request_timeout", "Seconds without a byte until a request has failed"),
        _field("connect_timeout", "Seconds to wait for a connection"),
        {
            "id": "skip_certificate_check",
            "label": "Do not check the manager's certificate",
            "type": "boolean",
        },
    ]


def _field(name: str, label: str, **more: t.Any) -> Json:
    return {"id": name, "label": label, "type": "string", **more}


def credentials(settings: Json) -> list[Json]:
    """One of each type at most: a template takes no two of the same."""
    found = [
        _credential(settings, "manager", CREDENTIAL_TYPE, _of_manager(settings["manager"])),
        _credential(settings, "hosts", "Machine", settings["machine"]),
    ]
    if "scm" in settings:
        found.append(_credential(settings, "repository", "Source Control", settings["scm"]))
    if "vault" in settings:
        found.append(_credential(settings, "vault", "Vault", settings["vault"]))
    return found


def for_jobs(settings: Json) -> list[str]:
    """Names of the credentials that every job gets."""
    kinds = ["manager", "hosts", *(["vault"] if "vault" in settings else [])]
    return [name_of(settings, kind) for kind in kinds]


def name_of(settings: Json, kind: str) -> str:
    return of(settings, f"{kind} credential")


def _of_manager(manager: Json) -> Json:
    """As the fields want it: they are strings, but for the box."""
    inputs = {
        key: str(value) if _is_number(value) else value
        for key, value in manager.items()
        if value not in (None, "", [])
    }
    inputs["manager_hosts"] = ",".join(manager.get("manager_hosts", ()))
    inputs.setdefault("skip_certificate_check", False)
    return inputs


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _credential(settings: Json, what: str, kind: str, inputs: Json) -> Json:
    return {
        "name": name_of(settings, what),
        "credential_type": kind,
        "organization": settings["organization"],
        "inputs": {key: value for key, value in inputs.items() if value not in (None, "")},
    }


__all__ = ("KINDS", "credential_type", "credentials", "for_jobs", "name_of")
