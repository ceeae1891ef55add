# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A module that is run by whoever calls its main(), in the same process: no file is made of it and no Python started."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError

Json = dict[str, t.Any]


class Ended(Exception):
    """The end of a module, with its result."""

    def __init__(self, result: Json) -> None:
        super().__init__()
        self.result = result


class DirectModule:
    """What our modules use of AnsibleModule."""

    def __init__(
        self,
        asked: Json,
        *,
        check_mode: bool,
        name: str,
        argument_spec: Json,
        supports_check_mode: bool = False,
        **rules: t.Any,
    ) -> None:
        self.check_mode = check_mode
        self._warnings: list[str] = []
        self.no_log_values = {
            value
            for option, how in argument_spec.items()
            if how.get("no_log")
            for value in _texts(asked.get(option) or _fallback(how))
        }
        if check_mode and not supports_check_mode:
            raise Ended({"skipped": True, "msg": f"{name} does not support check mode"})
        found = ArgumentSpecValidator(argument_spec, **rules).validate(asked)
        self.params: Json = found.validated_parameters
        if found.error_messages:
            message = found.errors.msg
            if isinstance(found.errors[0], UnsupportedError):
                message = f"Unsupported parameters for ({name}) module: {message}"
            self.fail_json(msg=message)

    def warn(self, text: str) -> None:
        self._warnings.append(text)

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        if self._warnings:
            result["warnings"] = self._warnings
        told = {"changed": False, "invocation": {"module_args": self.params}, **result}
        raise Ended(remove_values(told, self.no_log_values))

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        self.exit_json(failed=True, msg=msg, **result)


def _fallback(option: Json) -> str:
    _function, names = option.get("fallback", (None, ()))
    return next((os.environ[name] for name in names if name in os.environ), "")


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
    elif value:
        yield str(value)


_maker: t.Callable[..., DirectModule] | None = None


def maker() -> t.Callable[..., DirectModule] | None:
    """What makes a module here, while one is run directly."""
    return _maker


def run_direct(
    main: t.Callable[[], t.Any],
    asked: Json,
    *,
    name: str,
    check_mode: bool,
    environment: t.Mapping[str, str],
) -> Json:
    """Run a module's main(), and give back what it would have printed.

    :param asked: its options
    :param name: as it is called in messages
    :param environment: what the module finds in its environment beside what there is
    """
    global _maker

    def make(**options: t.Any) -> DirectModule:
        return DirectModule(asked, check_mode=check_mode, name=name, **options)

    before = {key: os.environ.get(key) for key in environment}
    mask = os.umask(0o077)
    os.umask(mask)
    os.environ.update(environment)
    _maker = make
    try:
        main()
    except Ended as end:
        return end.result
    finally:
        _maker = None
        os.umask(mask)
        for key, value in before.items():
            with contextlib.suppress(KeyError):
                del os.environ[key]
            if value is not None:
                os.environ[key] = value
    raise AssertionError(f"{name} came to no end")


__all__ = ("DirectModule", "Ended", "maker", "run_direct")
