# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the stand-in manager in the foreground."""

from __future__ import annotations

import argparse
import json
import os
import signal
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

from standin.app import App
from standin.certs import ensure_ca, ensure_server
from standin.cluster import ClusterConfig, join
from standin.control import Control, serve_control
from standin.front import Front, server_context
from standin.manager import Manager
from standin.profiles import PROFILES


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="standin", description=__doc__)
    parser.add_argument("--state", required=True, type=Path, help="directory that holds everything")
    parser.add_argument("--profile", default="7.0.5", choices=sorted(PROFILES))
    parser.add_argument("--edition", default="premium", choices=("premium", "community"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default=0, type=int)
    parser.add_argument("--speed", default=1.0, type=float, help="divides every duration")
    parser.add_argument("--rate-limit", default=True, action=argparse.BooleanOptionalAction)
    parser.add_argument("--username", default="admin")
    parser.add_argument("--password", default="admin")
    parser.add_argument("--ca-dir", type=Path, help="a CA shared by several stand-ins")
    parser.add_argument("--standby", action="store_true", help="4.x: answer as a standby node")
    parser.add_argument("--control-port", default=0, type=int, help="of the control API, loopback")
    parser.add_argument("--tls-cert", type=Path, help="a server certificate from outside")
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--internal-port", type=int, help="a second port, as agents use it")
    parser.add_argument("--internal-cert", type=Path, help="what that one shows")
    parser.add_argument("--internal-key", type=Path)
    parser.add_argument("--hostname", default="cloudify-manager", help="as /managers lists it")
    parser.add_argument("--private-ip", default="127.0.0.1")
    parser.add_argument("--cluster-config", type=Path, help="JSON: what cluster this is a part of")
    options = parser.parse_args(argv)
    if options.speed <= 0:
        parser.error("--speed is more than 0")
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    inner = (options.internal_port, options.internal_cert, options.internal_key)
    if any(inner) and not all(inner):
        parser.error("--internal-port, --internal-cert and --internal-key belong together")
    return options


def tls_context(options: argparse.Namespace, state: Path) -> tuple[ssl.SSLContext, Path, Path]:
    """The context to serve with, the CA that clients trust, and the directory of certificates."""
    if options.tls_cert:
        context = server_context((options.tls_cert, options.tls_key))
        folder = options.tls_cert.absolute().parent
        own_ca = folder / "cloudify_internal_ca_cert.pem"
        return context, own_ca if own_ca.exists() else options.tls_cert.absolute(), folder
    ca_cert, ca_key = ensure_ca(options.ca_dir.absolute() if options.ca_dir else state / "ssl")
    context = server_context(ensure_server(state / "ssl", ca_cert, ca_key))
    return context, ca_cert, state / "ssl"


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    state: Path = options.state.absolute()
    state.mkdir(parents=True, exist_ok=True)
    ready_file = state / "ready.json"
    ready_file.unlink(missing_ok=True)
    context, ca_cert, ssl_dir = tls_context(options, state)
    cluster = ClusterConfig(options.cluster_config) if options.cluster_config else None
    manager = Manager(
        state=state,
        profile=PROFILES[options.profile],
        edition=options.edition,
        username=options.username,
        password=options.password,
        speed=options.speed,
        standby=options.standby,
        hostname=options.hostname,
        private_ip=options.private_ip,
        cluster=cluster,
    )
    manager.ssl_dir = ssl_dir
    manager.ca_pem = ca_cert.read_text()
    app = App(manager)
    listen: dict[str, Any] = {"host": options.host, "rate_limit": options.rate_limit}
    others = []
    if options.internal_port:
        pair = (options.internal_cert, options.internal_key)
        inner = Front(
            manager,
            app,
            port=options.internal_port,
            context=server_context(pair),
            pair=pair,
            **listen,
        )
        others.append(inner)
    front = Front(
        manager,
        app,
        port=options.port,
        context=context,
        pair=(options.tls_cert, options.tls_key) if options.tls_cert else None,
        others=others,
        **listen,
    )
    control = serve_control(Control(manager, front), options.control_port)
    member = join(manager, front, cluster) if cluster else None
    manager.worker.start()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())

    def look_again(*_: object) -> None:
        front.reload()
        if manager.member:
            manager.member.reload()
        if cluster:
            cluster.wake()

    signal.signal(signal.SIGHUP, look_again)
    threading.Thread(target=front.serve, name="front", daemon=True).start()
    host = f"[{front.host}]" if ":" in front.host else front.host
    ready = {
        "url": f"https://{host}:{front.port}",
        "port": front.port,
        "ca": str(ca_cert),
        "control": f"http://127.0.0.1:{control.server_address[1]}",
        "username": options.username,
        "password": options.password,
        "profile": options.profile,
        "pid": os.getpid(),
    }
    text = json.dumps(ready)
    temporary = ready_file.with_suffix(".tmp")
    temporary.write_text(text)
    os.replace(temporary, ready_file)
    print(text, flush=True)
    # a signal that another thread got is handled by this one, once it wakes up
    while not ended.wait(timeout=0.5):
        pass
    front.close()
    control.shutdown()
    if member:
        member.close()
    if cluster:
        cluster.close()
    manager.close()
    ready_file.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
