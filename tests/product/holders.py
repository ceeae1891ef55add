# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that do nothing but be there: each holds a lock for as long as it lives."""

from __future__ import annotations

from product.certificates import Certificate
from product.context import Context
from product.services import Service


def lock_file(name: str) -> str:
    return f"/var/lib/cloudify-services/{name}.lock"


def define(context: Context, *names: str, user: str = "root") -> None:
    for name in names:
        _define(context, name, "/usr/bin/sleep infinity", user=user)


def define_port(context: Context, name: str, port: int, shown: Certificate) -> None:
    """One that also has a port, whose only use is the certificate that it shows."""
    paths = context.paths
    cert, key = (paths.shown(paths.ssl / name) for name in (shown.file, shown.key_file))
    files = f"-cert {cert} -key {key}"
    _define(context, name, f"/usr/bin/openssl s_server -quiet -www -accept {port} {files}")


def _define(context: Context, name: str, program: str, *, user: str = "root") -> None:
    context.folder(context.paths.running)
    command = f"/usr/bin/flock --no-fork --nonblock --conflict-exit-code 99 {lock_file(name)}"
    context.services.define(Service(name=name, command=f"{command} {program}", user=user))


def remove(context: Context, *names: str) -> None:
    context.services.remove(*names)
    context.remove(*(context.paths.running / f"{name}.lock" for name in names))


__all__ = ["define", "define_port", "lock_file", "remove"]
