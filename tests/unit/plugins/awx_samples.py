# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of role setup_awx: the least that is enough, and everything."""

from __future__ import annotations

import copy
import typing as t

Json = dict[str, t.Any]

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n"
CA = "-----BEGIN CERTIFICATE-----\nY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"

_LEAST: Json = {
    "cluster": "production",
    "manager": {"manager_hosts": ["m1", "m2"], "username": "admin", "password": "pa55"},
    "machine": {"username": "centos", "ssh_key_data": KEY},
    "project": {"url": "https://git.example.com/recovery.git"},
    "store": {"host": "backup"},
}
_MORE: Json = {
    "cluster": "production",
    "name": "VNFM east",
    "organization": "Operations",
    "galaxy_credentials": ["Ours", "Ansible Galaxy"],
    "manager": {
        "manager_hosts": ["10.0.0.1", "10.0.0.2:8443"],
        "manager_port": 443,
        "manager_protocol": "https",
        "token": "t0ken",
        "tenant": "east",
        "ca": CA,
        "skip_certificate_check": False,
        "request_timeout": 60,
        "connect_timeout": 2.5,
    },
    "machine": {"username": "centos", "ssh_key_data": KEY, "become_method": "sudo"},
    "scm": {"username": "git", "ssh_key_data": KEY},
    "vault": {"vault_password": "vau1t"},
    "project": {"url": "git@git.example.com:recovery.git", "branch": "main", "folder": "awx"},
    "environment": {"image": "registry.example.com/ee:1", "pull": "always", "credential": "Ours"},
    "store": {
        "host": "backup",
        "address": "10.0.0.9",
        "user": "keeper",
        "dir": "/srv/sets",
        "variables": {"ansible_python_interpreter": "/usr/bin/python3.9"},
    },
    "nodes": {
        "m1": {"address": "10.0.0.1"},
        "m2": {"address": "10.0.0.2", "tiers": ["manager"]},
        "d1": {"tiers": ["database", "broker"], "variables": {"cloudify_private_ip": "10.1.0.1"}},
    },
    "variables": {"cloudify_install_package": "/srv/cloudify.rpm"},
    "notifications": {"error": ["Pager"], "approvals": ["Chat", "Pager"]},
    "schedules": {
        "time_zone": "Europe/Berlin",
        "backup": {"at": "01:15"},
        "status": {"enabled": False},
    },
    "keep": 30,
    "timeout": 86400,
    "forks": 20,
    "approval_timeout": 7200,
}


def least(**changed: t.Any) -> Json:
    return {**copy.deepcopy(_LEAST), **changed}


def everything(**changed: t.Any) -> Json:
    return {**copy.deepcopy(_MORE), **changed}
