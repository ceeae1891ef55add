# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A connection by ssh that ends when its host does: without that, one whose power is cut is waited for until the kernel gives up, for hours."""

from __future__ import annotations

import typing as t

#: Three questions without an answer, five seconds apart.
_OPTIONS = "-o ServerAliveInterval=5 -o ServerAliveCountMax=3"
_PLACES = ("ssh_args", "ssh_common_args", "ssh_extra_args")


def notice_the_end(connection: t.Any) -> None:
    """Unless it has been said otherwise, in the inventory or in ansible.cfg. Of other kinds of connections nothing is set."""
    try:
        said = [str(connection.get_option(place) or "") for place in _PLACES]
    except KeyError:
        return
    if not any("serveralive" in each.lower() for each in said):
        connection.set_option(_PLACES[-1], f"{said[-1]} {_OPTIONS}".strip())


__all__ = ("notice_the_end",)
