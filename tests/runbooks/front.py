# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load balancer beside the cluster, at the controller's address: it hands on to the managers behind it, or says that there are none."""

from __future__ import annotations

import http.client
import http.server
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path

from lab.network import CONTROLLER
from product import x509
from product.cluster.configs import read_pair

PORT = 443
NOBODY = b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"


class Front:
    """:param backends: addresses, of which the first that takes a connection is asked
    :param folder: with the CA of the cluster"""

    address = CONTROLLER

    def __init__(self, folder: Path, backends: Sequence[str]) -> None:
        pair = x509.make("front", signed_by=read_pair(folder, "ca"), names=(self.address,))
        x509.write(pair, folder / "front.crt", folder / "front.key")
        trust = ssl.create_default_context(cafile=str(folder / "ca.crt"))

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self) -> None:
                for backend in backends:
                    try:
                        there = http.client.HTTPSConnection(backend, timeout=10, context=trust)
                        headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
                        there.request("GET", self.path, headers=headers)
                        answer = there.getresponse()
                        kind = answer.headers.get("Content-Type", "text/html")
                        return self._say(answer.status, kind, answer.read())
                    except OSError:
                        continue
                return self._say(503, "text/html", NOBODY)

            def _say(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *dummy: object) -> None:
                """Nobody reads it."""

        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(folder / "front.crt", folder / "front.key")
        self._server = http.server.ThreadingHTTPServer((self.address, PORT), Handler)
        self._server.daemon_threads = True
        self._server.socket = own.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


__all__ = ("Front",)
