# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""From the connection options, as modules and plugins have them, to a client."""

from __future__ import annotations

import math
import re
import ssl
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CloudifyClient
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    Connection,
    ManagerHttp,
    is_address,
)

DEFAULT_PORTS = {"https": 443, "http": 80}

#: Every option of type float is a number of seconds; these can be none at all.
ZERO_MAKES_SENSE = ("resume_within", "settle_timeout", "listener_timeout", "patience")


def client_from(p: t.Mapping[str, t.Any]) -> CloudifyClient:
    """:param p: the connection options by name
    :raises RecoveryError: for what cannot be, before anything is sent
    """
    hosts = [host.strip() for host in p["manager_hosts"] if host and host.strip()]
    if not hosts:
        raise RecoveryError("manager_hosts names no manager", hint="Give at least one address")
    for host in hosts:
        if not is_address(host):
            raise RecoveryError(
                f"manager_hosts: {host!r} is not an address",
                hint="Give a host name or IP address, with :port where it has another one",
            )
    port = p["manager_port"]
    if port is not None and not 0 < port < 65536:
        raise RecoveryError(f"manager_port has to be from 1 to 65535, not {port}")
    if not p["token"] and not (p["username"] and p["password"]):
        raise RecoveryError(
            "neither a token nor username and password are given",
            hint="Set them as options or in the environment; an empty value counts as none",
        )
    for name in ("tenant", "token"):
        if p[name] and not re.fullmatch(r"[!-~]([ -~]*[!-~])?", p[name]):
            # never the value: it may be a secret
            raise RecoveryError(
                f"{name} has characters that cannot be sent",
                hint="Look for a line break or a space at its ends, or letters beyond ASCII",
            )
    connection = Connection(
        hosts=hosts,
        port=port or DEFAULT_PORTS[p["manager_protocol"]],
        protocol=p["manager_protocol"],
        username=p["username"],
        password=p["password"],
        token=p["token"],
        tenant=p["tenant"],
        ca_path=_existing_ca(p["ca_path"]),
        validate_certs=p["validate_certs"],
        request_timeout=p["request_timeout"],
        connect_timeout=p["connect_timeout"],
    )
    return CloudifyClient(ManagerHttp(connection))


def _existing_ca(path: str | None) -> str | None:
    if path:
        try:
            open(path, "rb").close()
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except ssl.SSLError:
            raise RecoveryError(
                f"ca_path {path} has no certificate in PEM form, or a damaged one",
                hint="Give the CA's certificate, which begins with -----BEGIN CERTIFICATE-----",
            ) from None
        except OSError as exc:
            raise RecoveryError(
                f"Cannot read ca_path {path}: {exc.strerror}",
                hint="Give a file on the host that this runs on",
            ) from None
    return path


def check_times(params: t.Mapping[str, t.Any]) -> None:
    """:raises RecoveryError: for seconds that make no sense"""
    for name, value in params.items():
        if not isinstance(value, float):
            continue
        if name in ZERO_MAKES_SENSE:
            if not 0 <= value < math.inf:
                raise RecoveryError(f"{name} cannot be less than 0 seconds, as {value:g} is")
        elif not 0 < value < math.inf:
            raise RecoveryError(f"{name} has to be more than 0 seconds, not {value:g}")


__all__ = ("check_times", "client_from")
