# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that starts at once, for tests that start hundreds of them.

A server imports what the programs import of Python's and of other projects, and forks a process for each one that is
started: what is tested is imported by that process itself, each time. The executable that stands for Python hands its
arguments, environment, directory and files over, waits, and ends as the process ended. Killed, it takes it along.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")
CLIENT = Path(__file__).with_name("client.py")

# What modules of the collection import beside themselves, and Ansible too.
MODULES = (
    *("__future__", "argparse", "ast", "atexit", "base64", "configparser", "ctypes", "dataclasses"),
    *("datetime", "email.utils", "errno", "fcntl", "getpass", "glob", "grp", "hashlib", "inspect"),
    *("http.cookiejar", "ipaddress", "json", "locale", "logging", "pickle", "platform", "pwd"),
    *("queue", "runpy", "select", "shlex", "shutil", "ssl", "stat", "subprocess", "syslog"),
    *("tempfile", "threading", "traceback", "typing", "urllib.request", "uuid", "zipfile"),
    *("cryptography.x509", "requests"),
    *(
        "asyncio",
        "jinja2",
        "jinja2.nativetypes",
        "multiprocessing.context",
        "multiprocessing.queues",
    ),
    *("multiprocessing.managers", "packaging.requirements", "packaging.version", "xml.dom.minidom"),
    *("xml.etree.ElementTree", "yaml", "cryptography.hazmat.primitives.serialization"),
)

# What a module finds of Ansible. Not for Ansible itself, which loads it in another way.
ANSIBLES = tuple(f"ansible.module_utils.{name}" for name in ("basic", "urls"))


@contextlib.contextmanager
def warm(
    modules: tuple[str, ...] = MODULES,
    *,
    python: str | Path = sys.executable,
    path: str | Path = "",
) -> Iterator[str]:
    """Yields the executable.

    :param path: where modules are also imported from
    """
    with tempfile.TemporaryDirectory(prefix="warm-") as name:
        place = Path(name)
        # Other users run modules too.
        place.chmod(0o711)
        executable = place / "python"
        client = (
            CLIENT.read_text().replace("@python@", str(python)).replace("@socket@", f"{name}/s")
        )
        executable.write_text(f"#!{python} -IS\n{client}")
        executable.chmod(0o755)
        ours, theirs = os.pipe()
        # It ends when this process does, however that ends.
        with subprocess.Popen(
            [python, str(SERVER), f"{name}/s", str(ours), str(path), *modules],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=(ours,),
            text=True,
        ) as server:
            os.close(ours)
            assert server.stdout is not None
            try:
                if server.stdout.readline() != "ready\n":
                    raise RuntimeError(f"the server of {python} did not start")
                yield str(executable)
            finally:
                os.close(theirs)


__all__ = ("ANSIBLES", "MODULES", "warm")
