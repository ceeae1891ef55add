# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What every module shares: connection options, and the one place an exception becomes fail_json."""

from __future__ import annotations

import errno
import math
import re
import ssl
import time
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _direct, _progress
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

#: What to do about an error of the operating system.
FILE_HINTS = {
    errno.ENOENT: "Check the path; it is one of the host that the module runs on",
    errno.ENOTDIR: "Check the path; it is one of the host that the module runs on",
    errno.EISDIR: "Name a file in it",
    errno.EACCES: "Check its owner and mode, and which user the module runs as",
    errno.EPERM: "Check its owner and mode, and which user the module runs as",
    errno.EROFS: "Choose a place that can be written to",
    errno.ENOSPC: "Make room there, or choose another place",
    errno.EDQUOT: "Make room there, or choose another place",
    errno.EIO: "The disk has errors: look at the kernel's log",
}

#: Every option of type float is a number of seconds; these can be none at all.
ZERO_MAKES_SENSE = ("resume_within", "settle_timeout", "listener_timeout")


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


def create_module(*, argument_spec: Spec, **options: t.Any) -> AnsibleModule:
    """A module; in the process of its action plugin, where that runs it directly."""
    make = t.cast("type[AnsibleModule]", _direct.maker() or AnsibleModule)
    return make(argument_spec=argument_spec, supports_check_mode=True, **options)


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
    module = create_module(argument_spec=spec, required_one_of=one_of, **options)
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    return module


def connect(module: AnsibleModule) -> CloudifyClient:
    """A client from the module's connection options."""
    p = module.params
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
                hint="Give a file on the host that the module runs on",
            ) from None
    return path


def _check_times(params: t.Mapping[str, t.Any]) -> None:
    """:raises RecoveryError: for seconds that make no sense"""
    for name, value in params.items():
        if not isinstance(value, float):
            continue
        if name in ZERO_MAKES_SENSE:
            if not 0 <= value < math.inf:
                raise RecoveryError(f"{name} cannot be less than 0 seconds, as {value:g} is")
        elif not 0 < value < math.inf:
            raise RecoveryError(f"{name} has to be more than 0 seconds, not {value:g}")


def ticker(module: AnsibleModule) -> Ticker:
    """The module's time to wait; starts now."""
    return Ticker(timeout=module.params["wait_timeout"], interval=module.params["wait_interval"])


def run(module: AnsibleModule, body: t.Callable[[AnsibleModule], Result]) -> t.NoReturn:
    """Run a module's body; its result, or its error in one line, ends the module."""
    reporter = _progress.begin(lambda text: str(remove_values(text, module.no_log_values)))
    try:
        _run(module, body)
    finally:
        reporter.close()


def _run(module: AnsibleModule, body: t.Callable[[AnsibleModule], Result]) -> t.NoReturn:
    started = time.monotonic()
    failure: Result
    try:
        _check_times(module.params)
        result = body(module)
    except RecoveryError as exc:
        failure = {"msg": str(exc), **exc.details}
    except OSError as exc:
        where = f" {exc.filename}" if exc.filename else ""
        error = RecoveryError(
            f"Cannot read or write{where}: {exc.strerror or exc}",
            hint=FILE_HINTS.get(exc.errno or 0),
        )
        failure = {"msg": str(error)}
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
    "create_module",
    "run",
    "ticker",
    "wait_spec",
)
