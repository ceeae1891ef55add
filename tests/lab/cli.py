# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's commands: some start one, the others do something in one that runs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from . import image, namespace
from .commands import LabError
from .host import Host
from .lab import Lab
from .network import CONTROLLER
from .support import why_not

# Verb -> what it does to one host, and what it is.
VERBS: dict[str, tuple[Callable[..., object], str]] = {
    "up": (Host.up, "create and boot; nothing if it is up"),
    "boot": (Host.boot, "switch on a host that is off"),
    "off": (Host.off, "shut down cleanly"),
    "kill": (Host.kill, "cut the power; the disk stays"),
    "pause": (Host.pause, "freeze all of its processes"),
    "unpause": (Host.unpause, "undo pause"),
    "destroy": (Host.destroy, "remove it with its disk"),
    "fresh": (Host.fresh, "destroy, and create anew: empty disk, new host keys"),
    "cut": (Host.cut, "pull its cable: nobody reaches it"),
    "heal": (Host.heal, "undo cut"),
    "isolate": (Host.isolate, "cut it off from its peers; the controller still gets in"),
    "rejoin": (Host.rejoin, "undo isolate and block"),
    "fill-disk": (Host.fill_disk, "leave no room on its disk"),
    "free-disk": (Host.free_disk, "undo fill-disk"),
    "ready": (Host.ready, "wait for its ssh"),
}
# With a number behind the hosts.
MEASURED: dict[str, tuple[Callable[[Host, float], object], str]] = {
    "slow": (lambda host, kbit: host.slow(int(kbit) or None), "kbit/s in each direction; 0: none"),
    "delay": (Host.delay, "milliseconds in each direction; 0: none"),
    "lose": (Host.lose, "percent of the frames in each direction; 0: none"),
    "set-clock": (Host.set_clock, "seconds by which what is started from now on is wrong; 0: none"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    parser.add_argument("--lab", default="", help="which one, if several run")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("prepare", help="install what the machine lacks and build the image")
    run = commands.add_parser("run", help="run a command in a lab of its own, which ends with it")
    run.add_argument("--hosts", type=int, default=0, help="bring up h1 to hN first")
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    serve = commands.add_parser(
        "serve", help="bring hosts up, say how to reach them, and give a shell"
    )
    serve.add_argument("--hosts", type=int, default=3)
    commands.add_parser("shell", help="a shell in the lab that runs")
    commands.add_parser("list", help="the hosts and their state")
    ssh = commands.add_parser("exec", help="run a command on a host, without ssh")
    ssh.add_argument("host")
    ssh.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    block = commands.add_parser("block", help="lose what the first host sends to the second")
    block.add_argument("hosts", nargs=2, metavar="HOST")
    for verb, (dummy, text) in VERBS.items():
        commands.add_parser(verb, help=text).add_argument("hosts", nargs="+", metavar="HOST")
    for verb, (dummy, text) in MEASURED.items():
        command = commands.add_parser(verb, help=text)
        command.add_argument("hosts", nargs="+", metavar="HOST")
        command.add_argument("number", type=float)
    commands.add_parser("down", help="destroy every host")
    return parser


def _words(given: list[str]) -> list[str]:
    words = given[1:] if given[:1] == ["--"] else given
    if not words:
        raise LabError("run what? for instance: run --hosts 3 -- ssh h1 hostname")
    return words


def _start(words: list[str], *, serves: bool = False) -> int:
    reason = why_not()
    if reason:
        raise LabError(reason)
    return namespace.start(words, image=image.prepare(), serves=serves)


def _again(*words: str) -> list[str]:
    """This program, to be run inside."""
    return [sys.executable, "-m", "lab", *words]


def _run(hosts: int, words: list[str]) -> int:
    if not namespace.inside():
        return _start(_again("run", "--hosts", str(hosts), "--", *words) if hosts else words)
    if hosts:
        Lab().up(*range(1, hosts + 1))
    try:
        os.execvp(words[0], words)
    except OSError as error:
        raise LabError(f"{words[0]}: {error.strerror}") from error


def _serve(hosts: int) -> int:
    if not namespace.inside():
        return _start(_again("serve", "--hosts", str(hosts)), serves=True)
    lab = Lab()
    lab.up(*range(1, hosts + 1))
    _say(lab)
    if sys.stdin.isatty():
        _shell()
    print("It waits to be ended (Ctrl-C).", flush=True)
    signal.pause()
    return 0


def _say(lab: Lab) -> None:
    print(f"The lab is up; the controller, this side, is {CONTROLLER}.")
    for host in lab.hosts:
        print(f"  {host.name:4} {host.address:14} {host.state}")
    print("In here:   ssh h1     ssh ops@h2     lab cut h2     lab kill h3     lab --help")
    print(
        f"Elsewhere: make lab-shell; if several labs run: make lab-shell LAB={lab.place.identity}",
        flush=True,
    )


def _shell() -> NoReturn:
    rc = Path(os.environ["LAB_DIR"]) / "bashrc"
    rc.write_text('[ ! -f ~/.bashrc ] || . ~/.bashrc\nPS1="(lab) ${PS1:-\\\\w\\\\$ }"\n')
    os.execvp("bash", ["bash", "--rcfile", str(rc), "-i"])


def _do(arguments: argparse.Namespace) -> int:
    lab, command = Lab(), arguments.command
    if command == "list":
        for host in lab.hosts:
            print(f"{host.name:4} {host.address:14} {host.state}")
    elif command == "down":
        lab.down()
    elif command == "block":
        lab.host(arguments.hosts[0]).block(arguments.hosts[1])
    elif command == "exec":
        done = lab.host(arguments.host).exec(*_words(arguments.words), check=False, timeout=3600)
        sys.stdout.write(done.stdout)
        sys.stderr.write(done.stderr)
        return done.returncode
    elif command in MEASURED:
        measured = MEASURED[command][0]
        lab.each(lambda host: measured(host, arguments.number), arguments.hosts)
    else:
        lab.each(VERBS[command][0], arguments.hosts)
    return 0


def main() -> int:
    arguments = _parser().parse_args()
    try:
        if arguments.command == "prepare":
            print(image.prepare())
            return 0
        if arguments.command == "run":
            return _run(arguments.hosts, _words(arguments.words))
        if arguments.command == "serve":
            return _serve(arguments.hosts)
        if arguments.command == "shell":
            (
                _shell()
                if namespace.inside()
                else namespace.enter(_again("shell"), identity=arguments.lab)
            )
        if not namespace.inside():
            namespace.enter(_again(*sys.argv[1:]), identity=arguments.lab)
        return _do(arguments)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


__all__ = ("main",)
