# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types that AWX brings along, as far as a role that sets AWX up can meet them.

As awx/main/models/credential/__init__.py; (name, kind, namespace, inputs) of each.
"""

from __future__ import annotations

from typing import Any


def _field(name: str, label: str, *, secret: bool = False, **more: Any) -> dict[str, Any]:
    out: dict[str, Any] = {"id": name, "label": label, "type": "string", **more}
    if secret:
        out["secret"] = True
    return out


USERNAME = _field("username", "Username")
PASSWORD = _field("password", "Password", secret=True)
KEY = _field(
    "ssh_key_data", "SCM Private Key", secret=True, format="ssh_private_key", multiline=True
)
UNLOCK = _field("ssh_key_unlock", "Private Key Passphrase", secret=True)
TOKEN = _field("token", "Token", secret=True)

MANAGED: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "Machine",
        "ssh",
        "ssh",
        {
            "fields": [
                USERNAME,
                _field("password", "Password", secret=True, ask_at_runtime=True),
                {**KEY, "label": "SSH Private Key"},
                _field(
                    "ssh_public_key_data", "Signed SSH Certificate", secret=True, multiline=True
                ),
                _field(
                    "ssh_key_unlock", "Private Key Passphrase", secret=True, ask_at_runtime=True
                ),
                _field("become_method", "Privilege Escalation Method"),
                _field("become_username", "Privilege Escalation Username"),
                _field(
                    "become_password",
                    "Privilege Escalation Password",
                    secret=True,
                    ask_at_runtime=True,
                ),
            ]
        },
    ),
    ("Source Control", "scm", "scm", {"fields": [USERNAME, PASSWORD, KEY, UNLOCK]}),
    (
        "Vault",
        "vault",
        "vault",
        {
            "fields": [
                _field("vault_password", "Vault Password", secret=True, ask_at_runtime=True),
                _field("vault_id", "Vault Identifier"),
            ],
            "required": ["vault_password"],
        },
    ),
    (
        "Network",
        "net",
        "net",
        {
            "fields": [
                USERNAME,
                PASSWORD,
                {**KEY, "label": "SSH Private Key"},
                UNLOCK,
                {"id": "authorize", "label": "Authorize", "type": "boolean"},
                _field("authorize_password", "Authorize Password", secret=True),
            ],
            "required": ["username"],
        },
    ),
    (
        "Container Registry",
        "registry",
        "registry",
        {
            "fields": [
                _field("host", "Authentication URL"),
                USERNAME,
                _field("password", "Password or Token", secret=True),
                {"id": "verify_ssl", "label": "Verify SSL", "type": "boolean", "default": True},
            ],
            "required": ["host"],
        },
    ),
    (
        "Ansible Galaxy/Automation Hub API Token",
        "galaxy",
        "galaxy_api_token",
        {
            "fields": [
                _field("url", "Galaxy Server URL"),
                _field("auth_url", "Auth Server URL"),
                _field("token", "API Token", secret=True),
            ],
            "required": ["url"],
        },
    ),
    (
        "Red Hat Ansible Automation Platform",
        "cloud",
        "controller",
        {
            "fields": [
                _field("host", "Red Hat Ansible Automation Platform"),
                USERNAME,
                PASSWORD,
                _field("oauth_token", "OAuth Token", secret=True),
                {"id": "verify_ssl", "label": "Verify SSL", "type": "boolean", "secret": False},
            ],
            "required": ["host"],
        },
    ),
    (
        "GitHub Personal Access Token",
        "token",
        "github_token",
        {"fields": [TOKEN], "required": ["token"]},
    ),
    (
        "GitLab Personal Access Token",
        "token",
        "gitlab_token",
        {"fields": [TOKEN], "required": ["token"]},
    ),
    (
        "GPG Public Key",
        "cryptography",
        "gpg_public_key",
        {
            "fields": [_field("gpg_public_key", "GPG Public Key", secret=True, multiline=True)],
            "required": ["gpg_public_key"],
        },
    ),
)
