# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the machine itself needs for a lab, and whether it can have one."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys

from .commands import LabError

# Program -> the Debian package that has it.
PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "nft": "nftables",
    "ip": "iproute2",
    "tc": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "mkfs.ext4": "e2fsprogs",
    "nsenter": "util-linux",
    "ps": "procps",
    "mount": "mount",
    "rpmbuild": "rpm",
}
KEYRING = ("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring")

NEW_MOUNTS, NEW_PIDS, NEW_NETWORK = 0x00020000, 0x20000000, 0x40000000


def missing_packages() -> list[str]:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    wanted = {package for name, package in PROGRAMS.items() if not shutil.which(name, path=path)}
    if not os.path.exists(KEYRING[0]):
        wanted.add(KEYRING[1])
    return sorted(wanted)


def why_not() -> str:
    """Why this machine cannot have a lab; empty when it can."""
    if os.geteuid():
        return "the lab's hosts need root"
    if missing_packages() and not shutil.which("apt-get"):
        return f"not installed, and no apt-get: {', '.join(missing_packages())}"
    child = os.fork()
    if not child:
        os._exit(ctypes.CDLL(None).unshare(NEW_MOUNTS | NEW_NETWORK | NEW_PIDS) != 0)
    if os.waitpid(child, 0)[1]:
        return "root may not make namespaces here"
    return ""


def install_packages() -> None:
    """Only what is missing; a machine that has everything is left alone."""
    packages = missing_packages()
    if not packages:
        return
    print(f"installing for the lab: {', '.join(packages)}", file=sys.stderr, flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300")
    install = (*apt, "install", "-y", "--no-install-recommends", *packages)
    for command in ((*apt, "update"), install):
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    if missing_packages():
        words = done.stderr.strip().splitlines()[-1:] or ["apt-get said nothing"]
        raise LabError(f"could not install {', '.join(missing_packages())}: {words[0]}")


__all__ = (
    *("NEW_MOUNTS", "NEW_NETWORK", "NEW_PIDS"),
    *("install_packages", "missing_packages", "why_not"),
)
