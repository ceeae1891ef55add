# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""How the objects in AWX are called, in one place: each refers to others by name. Pure."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

#: One for all clusters: it has nothing of a cluster in it.
CREDENTIAL_TYPE = "Cloudify manager"


def of(settings: Json, what: str) -> str:
    """The name of the cluster's own object."""
    return f"{settings['name']}: {what}"


__all__ = ("CREDENTIAL_TYPE", "of")
