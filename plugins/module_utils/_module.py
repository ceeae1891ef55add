# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What every module shares: connection options, and the one place an exception becomes fail_json."""

from __future__ import annotations

import errno
import os
import time
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _direct, _progress
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CloudifyClient
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._connect import (
    check_times,
    client_from,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    REQUESTS_IMPORT_ERROR,
    one_line,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker

Spec = dict[str, dict[str, t.Any]]
Result = dict[str, t.Any]

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


def _not_empty(*names: str) -> str:
    """An empty variable is as good as none: AWX sets one for each field that nobody filled in."""
    return str(env_fallback(*(name for name in names if os.environ.get(name))))


def _from_env(name: str) -> dict[str, t.Any]:
    return {"fallback": (_not_empty, [name])}


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
    return client_from(module.params)


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
        check_times(module.params)
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
