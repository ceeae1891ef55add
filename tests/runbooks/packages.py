# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's package where a host gets it itself: in a repository, or at a URL of the controller's address."""

from __future__ import annotations

import hashlib
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lab import Host
from lab.network import CONTROLLER

PRIMARY = """<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="1">
<package type="rpm"><name>{name}</name><arch>{arch}</arch><version epoch="0" ver="{version}" rel="{release}"/>
<checksum type="sha256" pkgid="YES">{sha256}</checksum><time file="0" build="0"/>
<size package="{size}" installed="0" archive="0"/><location href="{file}"/><format><rpm:provides>
<rpm:entry name="{name}" flags="EQ" epoch="0" ver="{version}" rel="{release}"/></rpm:provides></format></package></metadata>
"""
REPOMD = """<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>
<data type="primary"><checksum type="sha256">{sha256}</checksum><location href="repodata/primary.xml"/></data></repomd>
"""
PLACE = "/srv/packages"
CONFIGURED = f"[packages]\nname=packages\nbaseurl=file://{PLACE}\ngpgcheck=0\n"


def repository(host: Host, package: Path) -> None:
    """The host has one with this package in it. There is no createrepo: what dnf needs of its work is little."""
    what = ("name", "arch", "version", "release")
    query = ("rpm", "-qp", "--qf", " ".join(f"%{{{each}}}" for each in what), str(package))
    said = subprocess.run(query, check=True, capture_output=True, text=True).stdout.split()
    data = package.read_bytes()
    facts = {"sha256": _sha256(data), "size": len(data), "file": package.name}
    primary = PRIMARY.format(**dict(zip(what, said, strict=True)), **facts)
    shutil.copyfile(package, _made(host, PLACE) / package.name)
    host.write(f"{PLACE}/repodata/primary.xml", primary)
    repomd = REPOMD.format(sha256=_sha256(primary.encode()))
    host.write(f"{PLACE}/repodata/repomd.xml", repomd)
    host.write("/etc/yum.repos.d/packages.repo", CONFIGURED)


def _made(host: Host, place: str) -> Path:
    host.exec("mkdir", "-p", place)
    return Path(host.root / place.lstrip("/"))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *dummy: Any) -> None:
        """Nobody reads it."""


@contextmanager
def served(package: Path) -> Iterator[str]:
    """Its URL, for as long as somebody serves it."""
    handler = partial(_Quiet, directory=str(package.parent))
    server = http.server.ThreadingHTTPServer((CONTROLLER, 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{CONTROLLER}:{server.server_port}/{package.name}"
    finally:
        server.shutdown()
        server.server_close()


__all__ = ("repository", "served")
