# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client and an archive for tests against the server that misbehaves."""

from __future__ import annotations

import io
import json
import pathlib
import random
import typing as t
import zipfile

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._download import Download
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    Connection,
    ManagerHttp,
    Pacer,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import Server


def archive(size: int = 300_000, *, seed: int = 1) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as whole:
        whole.writestr("metadata.json", json.dumps({"snapshot_version": "7.0.5"}))
        whole.writestr("pg_data", random.Random(seed).randbytes(size))
    return target.getvalue()


#: Two archives of the same length.
DATA, OTHER = archive(), archive(seed=2)


def client(*servers: Server, **options: t.Any) -> ManagerHttp:
    """It never sleeps."""
    connection = Connection(
        hosts=[server.address for server in servers],
        port=80,
        protocol="http",
        username="admin",
        password="secret",
        **{"connect_timeout": 2.0, **options},
    )
    return ManagerHttp(connection, sleep=lambda _s: None, pacer=Pacer(sleep=lambda _s: None))


def download(dest: pathlib.Path, *servers: Server, **options: t.Any) -> Download:
    return Download(
        http=client(*servers),
        path="/snapshots/one/archive",
        dest=str(dest),
        doing="download snapshot one",
        idle_timeout=options.pop("idle_timeout", 5.0),
        sleep=lambda _s: None,
        **options,
    )
