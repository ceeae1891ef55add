# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A home for ansible-test in which it finds what it would else fetch from hosts that are not reachable.

For the environments of its sanity tests it runs a script that installs pip, cached or downloaded. Ours is put
into the cache: it installs the pip that is beside it, which the ordinary client fetched.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from .cores import Core
from .locks import locked
from .paths import CACHE
from .venvs import SetupFailed

SCRIPT = """\
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "{wheel}"))

from pip._internal.cli.main import main

options = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--find-links", here] + options))
"""


def home_of(core: Core) -> Path:
    return CACHE / f"home-{core.name}"


def _pip_version(bin_directory: Path) -> str:
    found = bin_directory.parent.glob(
        "lib/python3*/site-packages/ansible_test/_internal/python_requirements.py"
    )
    for path in found:
        match = re.search(r"default_packages = dict\(\s*pip='([\d.]+)'", path.read_text())
        if match:
            return match.group(1)
    raise SetupFailed("ansible-test does not say any more which pip it wants")


def prepare(core: Core, bin_directory: Path) -> Path:
    home = home_of(core)
    cache = home / ".ansible" / "test" / "cache"
    version = _pip_version(bin_directory)
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    with locked(home.with_suffix(home.suffix + ".lock")):
        if script.exists():
            return home
        cache.mkdir(parents=True, exist_ok=True)
        _keep_pip_settings(home)
        command = [str(bin_directory / "python"), "-m", "pip", "download", "--quiet", "--no-deps"]
        done = subprocess.run(
            [*command, "--only-binary=:all:", "--dest", str(cache), f"pip=={version}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SetupFailed(f"pip {version} for ansible-test: {done.stderr.strip()}")
        wheel = next(cache.glob(f"pip-{version}-*.whl")).name
        fresh = script.with_suffix(".new")
        fresh.write_text(SCRIPT.format(wheel=wheel))
        fresh.rename(script)
    return home


def _keep_pip_settings(home: Path) -> None:
    """The user's own pip settings (a proxy, a mirror) hold in the private home too."""
    theirs = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pip"
    if theirs.is_dir():
        (home / ".config").mkdir(exist_ok=True)
        (home / ".config" / "pip").symlink_to(theirs)


__all__ = ("home_of", "prepare")
