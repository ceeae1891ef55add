# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service `database_service`: a node of a Patroni cluster, or a single PostgreSQL."""

from __future__ import annotations

from product.context import MANAGER_SERVICE, Context
from product.tiers import database_cluster, database_single, places
from product.tiers.settings import DatabaseSettings, check_database, database_settings


def settings_of(context: Context) -> DatabaseSettings:
    return database_settings(context.config, private_ip=context.private_ip)


def services(context: Context) -> tuple[str, ...]:
    if settings_of(context).clustered:
        return ("etcd", "patroni")
    return (places.single_service(context.version.postgresql),)


def install(context: Context) -> None:
    check_database(settings_of(context))
    with context.work("database_service.install"):
        home = context.paths.at(places.single_data(context.version.postgresql)).parent
        context.folder(home, mode=0o755, owner="postgres:postgres")
        if settings_of(context).clustered:
            database_cluster.install(context)


def configure(context: Context) -> None:
    settings = settings_of(context)
    check_database(settings)
    with context.work("database_service.configure"):
        if settings.clustered:
            database_cluster.configure(context, settings)
        else:
            database_single.configure(context, settings)


def start(context: Context) -> None:
    context.services.start(*services(context))


def stop(context: Context) -> None:
    context.services.stop(*reversed(services(context)))


def remove(context: Context) -> None:
    """Works on what a failed install left, and a second time."""
    version = context.version.postgresql
    context.services.remove("patroni", "etcd", places.single_service(version))
    at = context.paths.at
    # all in one there is no cluster whose files could be there
    if MANAGER_SERVICE not in context.get("services_to_install", default=()):
        context.remove(
            at(places.PATRONI_HOME),
            at(places.ETCD_DATA),
            at(places.PATRONI_CONFIG),
            at(places.ETCD_CONFIG).parent,
            at("/opt/patroni"),
        )
    context.remove(at(places.single_data(version)))


__all__ = ["configure", "install", "remove", "services", "settings_of", "start", "stop"]
