# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the AWX stand-in in the foreground."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from awx.standin.app import App
from awx.standin.seed import seed
from awx.standin.server import Server
from awx.standin.service import Service
from awx.standin.settings import Settings


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="awx.standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default=0, type=int, help="0 takes any that is free")
    parser.add_argument(
        "--state", type=Path, help="a JSON file that everything is written to at the end"
    )
    parser.add_argument("--username", default="admin")
    parser.add_argument("--password", default="password")
    parser.add_argument(
        "--project",
        action="append",
        default=[],
        metavar="URL=DIRECTORY",
        help="what a sync of this SCM URL finds; may be given more than once",
    )
    parser.add_argument(
        "--projects-root", type=Path, help="holds the directories of manual projects"
    )
    parser.add_argument(
        "--job-status", default="successful", help="how launched jobs end; pending leaves them"
    )
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    options = parser.parse_args(argv)
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    return options


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    projects: dict[str, Any] = {}
    for text in options.project:
        url, _equals, folder = text.rpartition("=")
        projects[url] = Path(folder).absolute()
    service = Service(
        Settings(
            username=options.username,
            password=options.password,
            job_status=options.job_status,
            projects=projects,
            projects_root=options.projects_root,
        )
    )
    seed(service)
    certificate = (options.tls_cert, options.tls_key) if options.tls_cert else None
    server = Server(App(service), options.host, options.port, certificate)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    print(
        json.dumps(
            {
                "url": server.url,
                "control": f"{server.url}/control/",
                "username": options.username,
                "password": options.password,
                "pid": os.getpid(),
            }
        ),
        flush=True,
    )
    while not ended.wait(timeout=0.5):
        pass
    server.stop()
    if options.state:
        with service.store.lock:
            options.state.write_text(json.dumps(service.store.dump(), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
