# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One PostgreSQL without a cluster."""

from __future__ import annotations

import os
import time
from pathlib import Path

from product.context import MANAGER_SERVICE, Context
from product.errors import ValidationError
from product.services import Service
from product.tiers import patroni_config, places
from product.tiers.settings import DatabaseSettings


def _service(version: str) -> Service:
    return Service(
        name=places.single_service(version),
        command=f"{places.POSTGRES_PROGRAMS}/postgres -D {places.single_data(version)}",
        user="postgres",
        environment={"HOME": places.POSTGRES_HOME},
        stop_seconds=60,
        log=f"{places.POSTGRES_LOG}/service.log",
    )


def configure(context: Context, settings: DatabaseSettings) -> None:
    version = context.version.postgresql
    data = context.paths.at(places.single_data(version))
    remote = MANAGER_SERVICE not in context.get("services_to_install", default=())
    context.folder(context.paths.at(places.POSTGRES_LOG), mode=0o750, owner="postgres:postgres")
    if not context.paths.real:
        context.folder(data)
    elif not data.exists():
        _initialise(context, data)
    if settings.ssl_enabled:
        _deploy_certificates(context, settings)
    shown = context.paths.shown(data)
    text = patroni_config.single_config_text(settings, remote=remote, data=shown)
    context.write(data / "cloudify-postgresql.conf", text, owner="postgres:postgres")
    context.write(
        data / "pg_hba.conf",
        patroni_config.single_hba_text(settings, remote=remote),
        mode=0o600,
        owner="postgres:postgres",
    )
    _include(context)
    context.services.define(_service(version))
    context.services.restart(places.single_service(version))
    if context.paths.real:
        _set_password(context, settings)


def _initialise(context: Context, data: Path) -> None:
    """Beside its place until it is whole: an install may be killed meanwhile."""
    context.remove(*data.parent.glob(f"{data.name}.*"))
    fresh = data.with_name(f"{data.name}.{os.getpid()}")
    context.run(
        f"{places.POSTGRES_PROGRAMS}/initdb",
        *("--pgdata", str(fresh), "--encoding", "UTF8"),
        f"--locale={patroni_config.LOCALE}",
        user="postgres",
    )
    fresh.rename(data)


def _deploy_certificates(context: Context, settings: DatabaseSettings) -> None:
    data = context.paths.at(places.single_data(context.version.postgresql))
    for given, name, mode in (
        (settings.cert_path, "server.crt", 0o444),
        (settings.key_path, "server.key", 0o400),
        (settings.ca_path, "root.crt", 0o444),
    ):
        source = context.paths.at(given)
        if not given or not source.is_file():
            raise ValidationError(f"postgresql_server: no file {given!r} for {name}")
        context.copy(source, data / name, mode=mode, owner="postgres:postgres")


def _include(context: Context) -> None:
    main = context.paths.at(places.single_data(context.version.postgresql)) / "postgresql.conf"
    line = "include = 'cloudify-postgresql.conf'\n"
    text = main.read_text() if main.exists() else ""
    if line not in text:
        context.write(main, text + line, mode=0o600, owner="postgres:postgres")


def _set_password(context: Context, settings: DatabaseSettings) -> None:
    for _attempt in range(100):
        ready = context.run(f"{places.POSTGRES_PROGRAMS}/pg_isready", "--quiet", check=False)
        if ready.returncode == 0:
            break
        time.sleep(0.1)
    if settings.postgres_password:
        quoted = settings.postgres_password.replace("'", "''")
        context.run(
            f"{places.POSTGRES_PROGRAMS}/psql",
            *("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "postgres"),
            user="postgres",
            # not an argument, which others could read
            input=f"ALTER ROLE postgres WITH PASSWORD '{quoted}';",
        )


__all__ = ["configure"]
