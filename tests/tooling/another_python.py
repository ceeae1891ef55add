# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that is not Ansible's own: for that one modules are run by Ansible itself, for others files are made of them and sent."""

from __future__ import annotations

import sys
from pathlib import Path


def another_python(folder: Path) -> Path:
    """Made in that folder, and the same as this one but for its name."""
    python = folder / "another-python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return python


__all__ = ("another_python",)
