# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Whether this is a job of AWX, whose container and all that is on its disk goes when the job ends."""

from __future__ import annotations

import os

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused

#: AWX sets it for every job that it starts, and nobody else does. Over ssh it does not come along.
VARIABLE = "AWX_PRIVATE_DATA_DIR"


def in_job_container() -> bool:
    return bool(os.environ.get(VARIABLE))


def refuse_in_job_container(what: str) -> None:
    """:raises Refused: in a job of AWX, where nothing that is kept lasts"""
    if in_job_container():
        raise Refused(
            f"{what} would be in the container of this AWX job, and be gone with it",
            hint="Put a host that stays into the inventory's group cloudify_store, one that is "
            "reached by ssh (playbook setup_awx does so). Nothing was touched",
        )


__all__ = ("VARIABLE", "in_job_container", "refuse_in_job_container")
