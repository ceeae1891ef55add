# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node of a database cluster: etcd, Patroni, PostgreSQL, each with TLS."""

from __future__ import annotations

import time
from pathlib import Path

from product.context import Context
from product.errors import BootstrapError, ClusteringError, ValidationError
from product.services import Service
from product.tiers import etcd_config, patroni_config, places, tuning
from product.tiers.etcd import INITIALIZE, Etcd
from product.tiers.http import Client
from product.tiers.patroni import Patroni
from product.tiers.settings import DatabaseSettings

ETCD = Service(
    name="etcd",
    command=f"/bin/sh -c 'set -a; . {places.ETCD_CONFIG}; exec /usr/bin/etcd'",
    user="etcd",
    environment={"HOME": places.ETCD_DATA},
    log=f"{places.ETCD_LOG}/etcd.log",
)
PATRONI = Service(
    name="patroni",
    command=f"/usr/bin/patroni {places.PATRONI_CONFIG}",
    user="postgres",
    # supervisord leaves root's, where PostgreSQL's client looks for certificates
    environment={"HOME": places.POSTGRES_HOME},
    # PostgreSQL outlives a killed Patroni, and a stopped one stops it itself
    kill_mode="process",
    after=("etcd.service",),
    stop_seconds=60,
    log=f"{places.PATRONI_LOG}/service.log",
)
POLL = 0.25


def install(context: Context) -> None:
    at = context.paths.at
    programs = at(places.PATRONI_PROGRAMS)
    context.folder(programs)
    for name in ("patroni", "patronictl"):
        link = programs / name
        link.unlink(missing_ok=True)
        link.symlink_to(f"/usr/bin/{name}")
    context.folder(at(places.ETCD_LOG), owner="etcd:etcd")
    for path in (places.PATRONI_LOG, places.POSTGRES_LOG):
        context.folder(at(path), mode=0o750, owner="postgres:postgres")


def deploy_certificates(context: Context, settings: DatabaseSettings) -> None:
    """One certificate and key for etcd, Patroni's REST and PostgreSQL."""
    at = context.paths.at
    sources = {
        "cert": at(settings.cert_path),
        "key": at(settings.key_path),
        "ca": at(settings.ca_path),
    }
    for name, source in sources.items():
        if not source.is_file():
            raise ValidationError(
                f"postgresql_server.{name}_path: file does not exist: {context.paths.shown(source)}"
            )
    context.folder(at(places.ETCD_CONFIG).parent, owner="etcd:etcd")
    context.folder(at(places.PATRONI_HOME), mode=0o700, owner="postgres:postgres")
    for what, target, owner in (
        ("cert", places.ETCD_CERT, "etcd:etcd"),
        ("key", places.ETCD_KEY, "etcd:etcd"),
        ("ca", places.ETCD_CA, "etcd:etcd"),
        ("cert", places.PATRONI_REST_CERT, "postgres:postgres"),
        ("key", places.PATRONI_REST_KEY, "postgres:postgres"),
        ("cert", places.PATRONI_DB_CERT, "postgres:postgres"),
        ("key", places.PATRONI_DB_KEY, "postgres:postgres"),
        ("ca", places.PATRONI_CA, "postgres:postgres"),
    ):
        mode = 0o400 if what == "key" else 0o444
        context.copy(sources[what], at(target), mode=mode, owner=owner)


def etcd_of(context: Context, settings: DatabaseSettings, *, ca: Path | None = None) -> Etcd:
    client = Client(
        ca=ca or context.paths.at(places.ETCD_CA),
        username="root",
        password=settings.etcd_root_password,
    )
    return Etcd(client, settings.nodes)


def patroni_of(context: Context, settings: DatabaseSettings, *, ca: Path | None = None) -> Patroni:
    client = Client(
        # the directory of Patroni's own is closed to others, and this is the same file
        ca=ca or context.paths.at(places.ETCD_CA),
        username=settings.rest_user,
        password=settings.rest_password,
    )
    return Patroni(client, settings.nodes)


def configure(context: Context, settings: DatabaseSettings) -> None:
    tuned = tuning.read(context.paths.lab)
    context.log.info("Deploying cluster certificates")
    deploy_certificates(context, settings)
    context.log.info("Deploying cluster config files")
    _write_patroni(context, settings, tuned)
    _write_etcd(context, etcd_config.environment(settings))
    context.folder(context.paths.at(places.ETCD_DATA), mode=0o700, owner="etcd:etcd")
    context.services.define(ETCD)
    context.services.define(PATRONI)
    if not context.paths.real:
        context.services.start("etcd", "patroni")
        return
    etcd = etcd_of(context, settings)
    _join(context, settings, etcd)
    context.log.info("Starting etcd")
    context.services.restart("etcd")
    quorum = _wait_for_etcd(context, settings, etcd, tuned)
    if not quorum:
        context.log.warning(
            "Could not finish etcd configuration. If the majority of cluster nodes are not yet "
            "installed then this warning can be ignored."
        )
    context.log.info("Starting patroni")
    context.services.restart("patroni")
    if quorum:
        _wait_for_database(context, settings, tuned)


def _write_etcd(context: Context, values: dict[str, str]) -> None:
    context.write(
        context.paths.at(places.ETCD_CONFIG),
        etcd_config.config_text(values),
        mode=0o440,
        owner="etcd:etcd",
    )


def _write_patroni(context: Context, settings: DatabaseSettings, tuned: tuning.Tuning) -> None:
    at = context.paths.at
    base = places.patroni_base_config(context.version.postgresql)
    config = patroni_config.patroni(settings, base_config=base, tuning=tuned)
    context.write(
        at(places.PATRONI_CONFIG),
        patroni_config.patroni_text(config),
        mode=0o640,
        owner="root:postgres",
    )
    context.folder(at(base).parent, mode=0o700, owner="postgres:postgres")
    context.write(at(base), patroni_config.base_config_text(), owner="postgres:postgres")


def _join(context: Context, settings: DatabaseSettings, etcd: Etcd) -> None:
    """A node that comes to a cluster which others have set up must be one of its members before it starts."""
    data = context.paths.at(places.ETCD_DATA)
    if (data / "member").exists():
        return
    others = Etcd(etcd.client, [a for a in settings.nodes if a != settings.private_ip])
    members = others.members()
    if members is None or not others.value(INITIALIZE):
        # nobody, or a cluster whose first installation is not over: it counts on this node already
        return
    context.log.info("Joining the etcd cluster of %s", ", ".join(m.address for m in members))
    own = next((m for m in members if m.address == settings.private_ip), None)
    if own is None:
        refused = others.add(settings.private_ip)
    elif own.started:
        refused = "etcdserver: Peer URLs already exists (peerURL exists)"
    else:
        refused = ""
    # TRAP  Later versions take a member that is there for the work of an earlier attempt and start beside its stale
    #       entry, which etcd does not survive.
    if refused and ("exists" not in refused or context.version.stale_member_fails):
        raise BootstrapError(
            f"Error was: {refused}\nFailed to join etcd cluster. If this node is being reinstalled "
            "you may need to uninstall it then run the DB node removal command on a healthy DB "
            "node before attempting to install again."
        )
    addresses = [m.address for m in others.members() or members]
    if settings.private_ip not in addresses:
        addresses.append(settings.private_ip)
    context.remove(data)
    context.folder(data, mode=0o700, owner="etcd:etcd")
    _write_etcd(context, etcd_config.environment(settings, state="existing", addresses=addresses))
    _allow(context, settings)


def _allow(context: Context, settings: DatabaseSettings) -> None:
    """Let this node into the databases of the others, should their settings not know it."""
    patroni = patroni_of(context, settings)
    for address in settings.nodes:
        shared = patroni.dynamic(address)
        if not shared:
            continue
        lines = list(shared.get("postgresql", {}).get("pg_hba", ()))
        wanted = patroni_config.with_node(lines, settings.private_ip)
        if wanted != lines:
            patroni.change(address, {"postgresql": {"pg_hba": wanted}})
        return


def _wait_for_etcd(
    context: Context, settings: DatabaseSettings, etcd: Etcd, tuned: tuning.Tuning
) -> bool:
    """Whether this node is part of an etcd cluster with a leader now."""
    deadline = time.monotonic() + tuned.quorum_wait
    while time.monotonic() < deadline:
        if etcd.healthy(settings.private_ip):
            return True
        time.sleep(POLL)
    return False


def _wait_for_database(context: Context, settings: DatabaseSettings, tuned: tuning.Tuning) -> None:
    """Until this node runs, and until the leader has a synchronous standby if there is one to be had."""
    patroni = patroni_of(context, settings)
    own = settings.private_ip
    deadline = time.monotonic() + tuned.database_wait
    seen, woken = "", 0.0
    while time.monotonic() < deadline:
        members = patroni.members(own)
        seen = ", ".join(f"{m['name']} {m['role']} {m['state']}" for m in members) or "no answer"
        leader = next((m for m in members if m["role"] in ("leader", "master")), None)
        mine = next((m for m in members if m["name"] == settings.patroni_name), None)
        if leader and mine and mine["state"] in ("running", "streaming"):
            running = [m for m in members if m["state"] in ("running", "streaming")]
            if len(running) < 2 or any(m["role"] == "sync_standby" for m in members):
                context.log.info("Patroni started: %s", seen)
                return
            sleeper = str(leader["host"])
        else:
            # it waits a whole loop for the leader that is there by now
            sleeper = own if leader else ""
        if sleeper and time.monotonic() > woken + 1:
            patroni.wake(sleeper, loop_wait=tuned.loop_wait)
            woken = time.monotonic()
        time.sleep(POLL)
    raise ClusteringError(f"Patroni is not up after {tuned.database_wait:.0f} s: {seen}")


__all__ = ["configure", "deploy_certificates", "etcd_of", "install", "patroni_of"]
