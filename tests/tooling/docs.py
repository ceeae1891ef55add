# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation as HTML: pages from the plugins, and the guides, without looking anything up elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .paths import NAME, NAMESPACE, REPO
from .worktree import copy, files

CONFIGURATION = f"""\
project = "{NAMESPACE}.{NAME}"
copyright = "{NAMESPACE}.{NAME} contributors"
extensions = ["sphinx_antsibull_ext"]
html_theme = "alabaster"
html_show_sphinx = False
# Labels of Ansible's own documentation, which is elsewhere.
suppress_warnings = ["ref.ref"]
"""


def build_docs(tools: Path) -> int:
    output = REPO / "docs" / "build"
    with tempfile.TemporaryDirectory(prefix="cloudify-ha-") as name:
        work = Path(name)
        copy(work, files())
        source = work / "source"
        source.mkdir()
        (source / "conf.py").write_text(CONFIGURATION)
        env = {
            **os.environ,
            "PATH": os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)]),
            "ANSIBLE_COLLECTIONS_PATH": str(work),
            "ANSIBLE_HOME": str(work / "home"),
            "LC_ALL": "C.UTF-8",
        }
        pages = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy"]
        pages += ["--dest-dir", str(source), f"{NAMESPACE}.{NAME}"]
        html = ["sphinx-build", "--quiet", "-b", "html", str(source), str(work / "html")]
        for command in (pages, html):
            done = subprocess.run(command, cwd=work, env=env, check=False)
            if done.returncode:
                return done.returncode
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(work / "html", output)
    print(f"the documentation begins at {output / 'index.html'}")
    return 0


__all__ = ("build_docs",)
