# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two demonstrations, started by `make demo`: one manager, then a cluster of three hosts.

`make demo ARGS=one_manager` or `ARGS=cluster` is one of them. The cluster needs root.
"""

from __future__ import annotations

import argparse
import signal
import sys

from lab.commands import LabError

from . import cluster, one_manager
from .report import StepFailed

PARTS = {"one_manager": lambda: 0 if one_manager.main() else 1, "cluster": cluster.main}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo ARGS=...", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{' or '.join(PARTS)}; both by default")
    wanted = parser.parse_args().parts or list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}, but {' and '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in wanted:
        try:
            code = PARTS[name]()
        except (StepFailed, LabError, TimeoutError, RuntimeError) as error:
            print(f"\nFAILED: {error}", file=sys.stderr)
            return 1
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
