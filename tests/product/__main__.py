# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m product build`: the RPM of a version."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from product.build import BuildError, build
from product.versions import VERSIONS


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="product", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("build", help="build the RPM, or take it from the cache")
    one.add_argument("--version", required=True, choices=sorted(VERSIONS))
    one.add_argument("--out", required=True, type=Path, help="directory for the RPM")
    one.add_argument("--number", help="another version number than the version's own")
    one.add_argument("--name", default="cloudify-manager-install", help="name of the package")
    options = parser.parse_args(argv)
    try:
        path = build(options.version, out=options.out, number=options.number, name=options.name)
    except BuildError as error:
        print(f"product: {error}", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
