# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How restores went on a real 7.0.5 manager, as it was asked several times a second.

Seconds after the POST, then what the execution and what snapshot-status answered from then on:
its status, or the HTTP status where that was not 200. (A test beside the recordings holds this
table against them.)
"""

from __future__ import annotations

import typing as t

Answer = t.Union[str, int]
Course = tuple[tuple[float, Answer, t.Union[bool, int]], ...]

RECORDED: dict[str, Course] = {
    "H01_restore_new_format": (
        (0.18, "pending", False),
        (1.23, "started", True),
        (26.27, "started", False),
        (26.7, "terminated", False),
    ),
    "H02_restore_garbage_archive": (
        (0.09, "pending", False),
        (0.98, "started", True),
        (1.42, "failed", True),
    ),
    "H03_restore_legacy_from_3_4": (
        (0.1, "pending", False),
        (0.99, "started", True),
        (1.43, "failed", True),
        (4.5, "failed", False),
    ),
    "H03_restore_legacy_from_newer_version": (
        (0.09, "pending", False),
        (0.75, "started", False),
        (1.2, "started", True),
        (1.64, "failed", True),
        (4.28, "failed", False),
    ),
    "H03_restore_truncated_zip": (
        (0.1, "pending", False),
        (1.0, "started", True),
        (1.45, "failed", True),
    ),
    "H03_restore_zip_without_metadata": (
        (0.11, "pending", False),
        (1.01, "started", True),
        (1.45, "failed", True),
    ),
    "H04_restore_community_legacy_snapshot": (
        (0.1, "pending", False),
        (0.98, "started", True),
        (1.47, "started", False),
        (1.91, "terminated", False),
    ),
    "H05_restore_legacy_full": (
        (0.08, "pending", False),
        (1.28, "started", True),
        (2.98, 502, 502),
        (17.4, "started", True),
        (26.28, 502, 502),
        (28.98, "started", True),
        (36.24, "terminated", True),
        (41.59, "terminated", False),
    ),
    "H07_restore_new_format_on_nonempty_manager": (
        (0.11, "started", True),
        (24.7, "started", False),
        (25.14, "terminated", False),
    ),
    "H08_restore_legacy_nonempty_without_force": (
        (0.07, "pending", False),
        (0.95, "started", True),
        (1.38, "failed", True),
        (4.5, "failed", False),
    ),
    "H11_restore_legacy_force_with_certificates": (
        (0.09, "pending", False),
        (1.28, "started", True),
        (3.03, 502, 502),
        (15.52, "started", True),
        (34.7, "terminated", True),
        (40.6, "terminated", False),
    ),
    "R07_new_restore": (
        (0.17, "pending", False),
        (1.75, "started", False),
        (2.21, "started", True),
        (35.63, "started", False),
        (35.92, "failed", False),
    ),
    "R08_legacy_restore": (
        (0.12, "pending", False),
        (1.03, "started", True),
        (3.0, 502, 502),
        (18.29, "started", True),
        (27.75, "started", 502),
        (27.97, 502, 502),
        (31.7, "started", True),
        (39.8, "terminated", True),
        (45.54, "terminated", False),
    ),
    "R10_legacy_scheduled_restore": (
        (0.11, "pending", False),
        (1.01, "started", True),
        (2.36, 502, 502),
        (14.6, "started", True),
        (21.01, "started", 502),
        (21.22, 502, 502),
        (23.17, "started", True),
        (30.39, "terminated", True),
        (35.22, "terminated", False),
    ),
    "R13_otherkey_legacy_restore": (
        (0.14, "pending", False),
        (1.1, "started", False),
        (1.41, "started", True),
        (2.87, 502, 502),
        (19.83, 401, True),
        (26.14, 502, 502),
        (28.02, 401, True),
        (37.31, "terminated", True),
        (39.4, "terminated", False),
    ),
    "R13_otherkey_new_restore": (
        (0.17, "pending", False),
        (1.47, "started", False),
        (2.22, "started", True),
        (55.6, "started", False),
        (55.89, "terminated", False),
    ),
}

__all__ = ("RECORDED", "Answer", "Course")
