# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that do nothing but be there: each holds a lock for as long as it lives."""

from __future__ import annotations

from product.context import Context
from product.services import Service


def lock_file(name: str) -> str:
    return f"/var/lib/cloudify-services/{name}.lock"


def define(context: Context, *names: str, user: str = "root") -> None:
    context.folder(context.paths.running)
    for name in names:
        command = f"/usr/bin/flock --no-fork --nonblock --conflict-exit-code 99 {lock_file(name)}"
        context.services.define(
            Service(name=name, command=f"{command} /usr/bin/sleep infinity", user=user)
        )


def remove(context: Context, *names: str) -> None:
    context.services.remove(*names)
    context.remove(*(context.paths.running / f"{name}.lock" for name in names))


__all__ = ["define", "lock_file", "remove"]
