# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""L: what the vendor's command line client sent, and what it was answered."""

from __future__ import annotations

from .. import recording as recorded
from ..recording import basic
from ..session import Session
from . import session
from .snapshots import SMALL, file_server


def part(*prefixes: str) -> list[str]:
    wanted = tuple(f"cli/{p}_" for p in prefixes)
    return [name for name in recorded.names() if name.startswith(wanted)]


@session(speed=8.0)
def client(s: Session) -> None:
    s.manager.control("POST", "/monitoring", {"state": "down"})
    s.upload("legacyfull2", SMALL)
    s.rec(*part("L00"), patience=0)
    s.rec(*part("L01"), auth=basic("admin", "wrong"), patience=0)
    s.rec(*part("L01b", "L02", "L03"), patience=0)
    s.rec(*part("L04"))
    s.rec(*part("L05"))
    s.until("/snapshots/cli1", "created")
    s.until("/executions/" + s.mapped("4d66f98f-96b2-4a4b-b73a-7d604e6cc9f6"), "terminated")
    with s.worker_down():
        s.rec(*part("L06", "L06b"))
    s.until("/snapshots/clileg", "created")
    s.until("/snapshots/clileg2", "created")
    s.rec(*part("L07", "L07j", "L08", "L08b"))
    with file_server() as port:
        s.replaced["127.0.0.1%3A9999"] = f"127.0.0.1%3A{port}"
        s.rec(*part("L09", "L09b", "L09c"))
    s.until("/executions/" + s.mapped("13e32761-f47a-4a9c-985b-666b13d4c687"), "terminated")
    with s.worker_down():
        s.rec(*part("L10"))
    s.rec(*part("L11", "L11b"))
    s.rec(*part("L12", "L13", "L13b"))
    s.until("/executions/" + s.mapped("b220f6f5-4a30-42ca-9f0c-d60143fef46d"), "terminated")
    s.rec(*part("L14", "L14b", "L14c", "L14d", "L14e", "L14f", "L14g", "L15"))
