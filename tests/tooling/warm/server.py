# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports modules, and forks a process for each script that a client wants to start.

Arguments: the socket, a descriptor whose end is the server's end, where else modules are looked for, and the modules.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import marshal
import os
import select
import signal
import socket
import sys
import types
from typing import Any


class Server:
    def __init__(self, path: str, alive: int) -> None:
        self.alive = alive
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o777)
        self.listener.listen(64)
        self.children: dict[socket.socket, int] = {}
        self.ended, self.wake = os.pipe()
        for end in (self.ended, self.wake):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)

    def serve(self) -> list[str] | None:
        """Returns in each child, with its arguments, and in the server when it is over."""
        while True:
            watched: list[socket.socket | int] = [self.listener, self.ended, self.alive]
            ready, _writable, _failing = select.select([*watched, *self.children], [], [])
            if self.alive in ready:
                for client in list(self.children):
                    self.kill(client)
                return None
            if self.ended in ready:
                os.read(self.ended, 4096)
                self.reap()
            for client in [each for each in ready if each in self.children]:
                # A client says nothing more: this is its end.
                self.kill(client)
            if self.listener in ready:
                words = self.start(self.listener.accept()[0])
                if words is not None:
                    return words

    def kill(self, client: socket.socket) -> None:
        try:
            os.killpg(self.children.pop(client), signal.SIGKILL)
        except ProcessLookupError:
            pass
        client.close()

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for client in [each for each, its in self.children.items() if its == pid]:
                code = os.waitstatus_to_exitcode(status)
                try:
                    client.sendall(code.to_bytes(4, "little", signed=True))
                except OSError:
                    pass
                client.close()
                del self.children[client]

    def start(self, client: socket.socket) -> list[str] | None:
        length, files, _flags, _address = socket.recv_fds(client, 8, 3)
        if len(files) != 3:
            client.close()
            return None
        with client.makefile("rb") as stream:
            place, words, environment, mask = marshal.loads(
                stream.read(int.from_bytes(length, "little"))
            )
        pid = os.fork()
        if pid:
            for file in files:
                os.close(file)
            self.children[client] = pid
            return None
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        for each in (client, self.listener, *self.children):
            each.close()
        for end in (self.ended, self.wake, self.alive):
            os.close(end)
        # What these files are like is looked at once, when they are opened.
        for number, mode, name in ((0, "r", "stdin"), (1, "w", "stdout"), (2, "w", "stderr")):
            before = getattr(sys, name)
            made = os.fdopen(
                number,
                mode,
                1 if name == "stderr" else -1,
                encoding=before.encoding,
                errors=before.errors,
                closefd=False,
            )
            setattr(sys, name, made)
            setattr(sys, f"__{name}__", made)
        os.chdir(place)
        os.umask(mask)
        os.environb.clear()
        os.environb.update(environment)
        return [os.fsdecode(word) for word in words]


def run(words: list[str]) -> None:
    """As Python itself: the script that is named, or the one that comes in."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.argv = words or [""]
    sys.path[:] = [os.path.dirname(words[0]) if words else "", *paths, *sys.path]
    name = words[0] if words else "<stdin>"
    with open(words[0] if words else 0, "rb", closefd=bool(words)) as stream:
        source = stream.read()
    main = types.ModuleType("__main__")
    if words:
        main.__file__ = name
    sys.modules["__main__"] = main
    exec(compile(source, name, "exec"), main.__dict__)


def end(words: list[str]) -> None:
    """Runs it to its end, without the time that Python takes to tidy up what goes away anyway."""
    code: object = 0
    try:
        run(words)
    except SystemExit as ended:
        code = ended.code
    threading: Any = sys.modules.get("threading")
    if not isinstance(code, int | None):
        raise SystemExit(code)
    if threading:
        threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit((code or 0) & 0xFF)


if __name__ == "__main__":
    # What was found from here and from there is not what a script has.
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [path for path in sys.path[1:] if path not in map(os.path.abspath, inherited)]
    found = [*sys.path]
    sys.path[:0] = filter(None, sys.argv[3:4])
    for name in sys.argv[4:]:
        importlib.import_module(name)
    sys.path[:] = found
    server = Server(sys.argv[1], int(sys.argv[2]))
    print("ready", flush=True)
    gc.collect()
    gc.freeze()
    started = server.serve()
    if started is not None:
        del server
        end(started)
