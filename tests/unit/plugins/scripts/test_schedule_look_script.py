# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""look.sh of schedule_backup: whose the sets of the cluster are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

LOOK = Path(__file__).parents[4] / "roles/schedule_backup/files/look.sh"
#: What is asked for is where a link leads to.
LS = '#!/bin/sh\n[ "$*" = "-ldL /store/production" ] && [ -n "$LISTED" ] && echo "$LISTED"\n'


@pytest.mark.parametrize(
    ("listed", "owner"),
    [
        ("drwx------. 5 operator operator 4096 Dec  1 02:00 /store/production", "operator"),
        ("drwxrwx--- 5 operator backup 4096 Dec  1 02:00 /store/production", "operator"),
        ("drwx------ 5 root root 4096 Dec  1 02:00 /store/production", "root"),
        # made for whoever backs up
        ("drwxrws--- 5 root backup 4096 Dec  1 02:00 /store/production", ""),
        ("drwxr-xrwt 5 root root 4096 Dec  1 02:00 /store/production", ""),
        # of a server that does not tell
        ("drwx------ 5 nfsnobody nobody 4096 Dec  1 02:00 /store/production", ""),
        ("drwx------ 5 65534 65534 4096 Dec  1 02:00 /store/production", ""),
        ("", ""),
    ],
)
def test_whose_the_sets_are(listed: str, owner: str, tmp_path: Path) -> None:
    ls = tmp_path / "ls"
    ls.write_text(LS)
    ls.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", LOOK, *[""] * 7, "/store/production"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "LISTED": listed},
        capture_output=True,
        check=True,
        text=True,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith("owner=")]
    assert said == ([f"owner={owner}"] if owner else [])
