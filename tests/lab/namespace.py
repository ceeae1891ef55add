# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The namespaces that a lab runs in, so that nothing it makes is seen by the machine or outlives the lab.

the program that was called      forwards signals, waits
  janitor                        the machine's namespaces; ends last, whatever ends the others, and cleans up
  first process of the lab       its own mounts, network and process numbers; when it ends, everything in it ends
    the command                  pytest, ansible-playbook, a shell
    hosts
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import secrets
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from tooling.locks import locked, try_lock

from . import network
from .cgroups import remove_cgroup
from .commands import LabError, run
from .place import CGROUPS, DIRECTORY, RUNS, SOCKETS, Place, cgroup
from .support import NEW_MOUNTS, NEW_NETWORK, NEW_PIDS

END_WITH_PARENT = 1  # PR_SET_PDEATHSIG
FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

LIBC = ctypes.CDLL(None, use_errno=True)


def _unshare(flags: int) -> None:
    if LIBC.unshare(flags):
        raise LabError(f"no namespaces for the lab: {os.strerror(ctypes.get_errno())}")


def _mount(kind: str, where: Path | str, options: str = "") -> None:
    Path(where).mkdir(parents=True, exist_ok=True)
    extra = ("-o", options) if options else ()
    run("mount", "-t", kind, *extra, kind, str(where))


def inside() -> bool:
    return os.environ.get("LAB_NS") == "1"


def start(command: Sequence[str], *, image: Path, serves: bool = False) -> int:
    """Run a command in a lab of its own and return its exit code. The lab ends with it.

    One that serves is there to be entered.
    """
    place = Place(f"lab-{secrets.token_hex(4)}", image)
    with contextlib.ExitStack() as held:
        with locked(RUNS.with_suffix(".lock")):
            place.files.mkdir(parents=True)
            # Both are held by every process of the lab, the janitor too.
            held.enter_context(locked(place.files / "lock"))
            mark = held.enter_context((image.parent / "complete").open())
            fcntl.flock(mark, fcntl.LOCK_SH)
        return _start(command, place, serves)


def _start(command: Sequence[str], place: Place, serves: bool) -> int:
    alive, held = os.pipe()
    janitor = os.fork()
    if not janitor:
        os.close(held)
        _janitor(alive, place)
    os.close(alive)
    try:
        _unshare(NEW_PIDS)
        first = os.fork()
        if not first:
            _first_process(command, place)
        values = {
            "id": place.identity,
            "image": str(place.image),
            "serves": serves,
            "pid": first,
            "numbering": _numbering(first),
        }
        (place.files / "lab.json").write_text(json.dumps(values))
        return _wait_for(first)
    finally:
        os.close(held)
        _reap(janitor)


def _reap(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _wait_for(child: int) -> int:
    def forward(number: int, _frame: object) -> None:
        # A terminal has sent its own to everybody.
        if number != signal.SIGINT or not os.isatty(0):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    for number in FORWARDED:
        signal.signal(number, forward)
    code = _reap(child)
    return code if code >= 0 else 128 - code


def _first_process(command: Sequence[str], place: Place) -> NoReturn:
    code = 1
    try:
        LIBC.prctl(END_WITH_PARENT, signal.SIGKILL)
        _unshare(NEW_MOUNTS | NEW_NETWORK)
        _furnish(place)
        child = os.fork()
        if not child:
            _become(command, place)
        for number in FORWARDED:
            signal.signal(number, lambda number, _: os.kill(child, number))
        # Whatever has lost its parent is this process's child.
        while True:
            ended, status = os.waitpid(-1, 0)
            if ended == child:
                code = os.waitstatus_to_exitcode(status)
                code = code if code >= 0 else 128 - code
                break
    except (LabError, OSError) as error:
        print(f"the lab did not start: {error}", file=sys.stderr, flush=True)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _become(command: Sequence[str], place: Place) -> NoReturn:
    try:
        os.execvpe(command[0], list(command), environment(place))
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
    os._exit(127)


def environment(place: Place) -> dict[str, str]:
    path = [str(DIRECTORY / "bin"), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]
    return {
        **os.environ,
        "LAB_NS": "1",
        "LAB_ID": place.identity,
        "LAB_IMAGE": str(place.image),
        "LAB_DIR": str(DIRECTORY),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(SOCKETS),
        "PATH": os.pathsep.join(path),
    }


def _furnish(place: Place) -> None:
    """Mounts, network, the key, and names and ssh settings for the controller."""
    run("mount", "--make-rprivate", "/")
    _mount("proc", "/proc")
    _mount("sysfs", "/sys")
    _mount("cgroup2", CGROUPS)
    # Files of the lab and sockets of its hosts; what the machine has there is not for the lab.
    _mount("tmpfs", "/run", "mode=755")
    _mount("tmpfs", "/run/netns", "mode=755")
    run("mount", "--make-shared", "/run/netns")
    place.cgroup.mkdir()
    for name in ("bin", "hosts", "ssh", SOCKETS.name):
        (DIRECTORY / name).mkdir(parents=True, mode=0o700)
    network.create()
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(place.key))
    (DIRECTORY / "hosts.txt").write_text(network.hosts_file())
    run("mount", "--bind", str(DIRECTORY / "hosts.txt"), "/etc/hosts")
    (DIRECTORY / "ssh" / "lab.conf").write_text(_ssh_config(place))
    run("mount", "--bind", str(DIRECTORY / "ssh"), "/etc/ssh/ssh_config.d")
    tests = shlex.quote(str(Path(__file__).parents[1]))
    verb = DIRECTORY / "bin" / "lab"
    verb.write_text(
        f'#!/bin/sh\nPYTHONPATH={tests} exec {shlex.quote(sys.executable)} -m lab "$@"\n'
    )
    verb.chmod(0o755)


def _ssh_config(place: Place) -> str:
    return f"""Host h? h?? *.lab.test 172.31.78.*
    User root
    IdentityFile {place.key}
    # A host that is made anew has a new key.
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    ConnectTimeout 5
    ServerAliveInterval 2
    ServerAliveCountMax 2
"""


def _janitor(alive: int, place: Place) -> NoReturn:
    """Nobody can end it by ending the lab's processes: it has a session of its own."""
    try:
        os.setsid()
        for number in FORWARDED:
            signal.signal(number, signal.SIG_IGN)
        _unshare(NEW_MOUNTS)
        run("mount", "--make-rprivate", "/")
        view = place.files / "cgroup"
        _mount("cgroup2", view)
        _sweep(view)
        with contextlib.suppress(OSError):
            os.read(alive, 1)
        _remove(place.files, view)
    except BaseException as error:
        print(f"the lab's janitor: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(0)


def _remove(files: Path, cgroups: Path) -> None:
    remove_cgroup(cgroup(files.name, cgroups))
    if files == cgroups.parent:
        run("umount", str(cgroups))
    shutil.rmtree(files, ignore_errors=True)


def _sweep(cgroups: Path) -> None:
    """What labs left whose janitor was killed too, as when it was within another lab that ended."""
    with locked(RUNS.with_suffix(".lock")):
        for lock in RUNS.glob("*/lock"):
            if try_lock(lock):
                with contextlib.suppress(LabError):
                    _remove(lock.parent, cgroups)


# Entering one that runs


def _numbering(pid: int) -> int:
    return Path(f"/proc/{pid}/ns/pid").stat().st_ino


def running() -> list[dict[str, Any]]:
    found = []
    for entry in RUNS.glob("*/lab.json"):
        with contextlib.suppress(OSError, ValueError):
            values = json.loads(entry.read_text())
            # Not another process that has its number by now, or has it in the numbering of this side.
            if _numbering(values["pid"]) == values.get("numbering"):
                found.append(values)
    return found


def enter(command: Sequence[str], *, identity: str = "") -> NoReturn:
    """Become a command inside a lab that runs: the one of that name, or the only one there is to enter."""
    every = running()
    if identity:
        found = [values for values in every if values["id"] == identity]
    else:
        found = [values for values in every if values.get("serves")] or every
    if not found:
        raise LabError(
            f"no lab is called {identity}" if identity else "no lab is running: `make lab`"
        )
    if len(found) > 1:
        raise LabError(f"which one? --lab {', '.join(values['id'] for values in found)}")
    place = Place(found[0]["id"], Path(found[0]["image"]))
    here = os.getcwd()
    nsenter = ("nsenter", f"--target={found[0]['pid']}", "--mount", "--net", "--pid")
    line = ("env", f"--chdir={here}", *command)
    os.execvpe("nsenter", [*nsenter, "--", *line], environment(place))


__all__ = ("enter", "environment", "inside", "running", "start")
