# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What every module shares: connection options, and the one place an exception becomes fail_json."""

from __future__ import annotations

import time
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CloudifyClient
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    REQUESTS_IMPORT_ERROR,
    Connection,
    ManagerHttp,
    is_address,
    one_line,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker

Spec = dict[str, dict[str, t.Any]]
Result = dict[str, t.Any]

DEFAULT_PORTS = {"https": 443, "http": 80}


def _from_env(name: str) -> dict[str, t.Any]:
    return {"fallback": (env_fallback, [name])}


CONNECTION_SPEC: Spec = {
    "manager_hosts": {
        "type": "list",
        "elements": "str",
        "required": True,
        **_from_env("CLOUDIFY_MANAGER_HOSTS"),
    },
    "manager_port": {"type": "int", **_from_env("CLOUDIFY_MANAGER_PORT")},
    "manager_protocol": {
        "type": "str",
        "choices": ["https", "http"],
        "default": "https",
        **_from_env("CLOUDIFY_MANAGER_PROTOCOL"),
    },
    "username": {"type": "str", **_from_env("CLOUDIFY_USERNAME")},
    "password": {"type": "str", "no_log": True, **_from_env("CLOUDIFY_PASSWORD")},
    "token": {"type": "str", "no_log": True, **_from_env("CLOUDIFY_TOKEN")},
    "tenant": {"type": "str", "default": "default_tenant", **_from_env("CLOUDIFY_TENANT")},
    "ca_path": {"type": "path", **_from_env("CLOUDIFY_CA_PATH")},
    "validate_certs": {"type": "bool", "default": True, **_from_env("CLOUDIFY_VALIDATE_CERTS")},
    "request_timeout": {
        "type": "float",
        "default": 30.0,
        **_from_env("CLOUDIFY_REQUEST_TIMEOUT"),
    },
    "connect_timeout": {"type": "float", "default": 5.0, **_from_env("CLOUDIFY_CONNECT_TIMEOUT")},
}


def wait_spec(*, timeout: float) -> Spec:
    """Options of a module that waits for a job; C(timeout) is its default in seconds."""
    return {
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": timeout},
        "wait_interval": {"type": "float", "default": 0.5},
    }


def create_manager_module(
    *, argument_spec: Spec, needs_manager: bool = True, **options: t.Any
) -> AnsibleModule:
    """A module that talks to a manager.

    :param needs_manager: False when only some of its states do
    """
    spec = {**CONNECTION_SPEC, **argument_spec}
    one_of = list(options.pop("required_one_of", []))
    if needs_manager:
        one_of.append(["token", "password"])
    else:
        spec["manager_hosts"] = {**spec["manager_hosts"], "required": False}
    module = AnsibleModule(
        argument_spec=spec,
        required_one_of=one_of,
        required_together=[["username", "password"]],
        supports_check_mode=True,
        **options,
    )
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    return module


def connect(module: AnsibleModule) -> CloudifyClient:
    """A client from the module's connection options."""
    p = module.params
    hosts = [host.strip() for host in p["manager_hosts"] if host and host.strip()]
    if not hosts:
        raise RecoveryError("manager_hosts names no manager")
    for host in hosts:
        if not is_address(host):
            raise RecoveryError(
                f"manager_hosts: {host!r} is not an address",
                hint="Give a host name or IP address, with :port where it has another one",
            )
    if not p["token"] and not (p["username"] and p["password"]):
        raise RecoveryError("neither a token nor username and password are given")
    for name in ("request_timeout", "connect_timeout", "wait_timeout", "wait_interval"):
        if p.get(name) is not None and p[name] <= 0:
            raise RecoveryError(f"{name} has to be more than 0 seconds, not {p[name]:g}")
    connection = Connection(
        hosts=hosts,
        port=p["manager_port"] or DEFAULT_PORTS[p["manager_protocol"]],
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
            with open(path, "rb") as bundle:
                if b"BEGIN CERTIFICATE" not in bundle.read():
                    raise RecoveryError(f"ca_path {path} has no certificate in PEM form")
        except OSError as exc:
            raise RecoveryError(f"Cannot read ca_path {path}: {exc.strerror}") from None
    return path


def ticker(module: AnsibleModule) -> Ticker:
    """The module's time to wait; starts now."""
    return Ticker(timeout=module.params["wait_timeout"], interval=module.params["wait_interval"])


def run(module: AnsibleModule, body: t.Callable[[AnsibleModule], Result]) -> t.NoReturn:
    """Run a module's body; its result, or its error in one line, ends the module."""
    started = time.monotonic()
    failure: Result
    try:
        result = body(module)
    except RecoveryError as exc:
        failure = {"msg": str(exc), **exc.details}
    except OSError as exc:
        where = f" {exc.filename}" if exc.filename else ""
        failure = {"msg": f"Cannot read or write{where}: {exc.strerror or exc}."}
    except Exception as exc:  # a defect of ours must still end in one clear line
        failure = {
            "msg": "This is a defect of cloudify_ha.recovery: "
            f"{type(exc).__name__}: {one_line(str(exc))}.",
            "exception": traceback.format_exc(),
        }
    else:
        result.setdefault("changed", False)
        module.exit_json(duration=round(time.monotonic() - started, 3), **result)
    module.fail_json(duration=round(time.monotonic() - started, 3), **failure)


__all__ = (
    "CONNECTION_SPEC",
    "connect",
    "create_manager_module",
    "run",
    "ticker",
    "wait_spec",
)
