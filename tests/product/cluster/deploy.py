# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install a whole cluster, each tier in parallel where the product's order allows it."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from product.build import build
from product.cluster import form
from product.cluster.configs import LICENSE, Site, certificates, configurations, staged, text
from product.cluster.layout import DATABASE, MANAGER, QUEUE, layout_of
from product.cluster.site import Cluster
from product.versions import VERSIONS

if TYPE_CHECKING:
    from lab import Lab

# Patroni's and RabbitMQ's own times are a minute and more; tests that are not about them need not wait.
QUICK = {"ttl": 15, "loop_wait": 5, "retry_timeout": 5, "net_ticktime": 10, "join_wait": 90}
INSTALL_SECONDS = 300.0


def deploy(
    lab: Lab,
    *,
    version: str = "7.0.5",
    layout: str = "compact",
    hosts: Sequence[str] = (),
    tuning: dict[str, Any] | None = None,
    standin_options: str = "--speed 20 --no-rate-limit",
    form_cluster: bool = True,
    services: Sequence[str] = (DATABASE, QUEUE, MANAGER),
    name: str = "lab",
) -> Cluster:
    """A cluster of this version on these hosts, which are made and booted where they are not up.

    layout  compact (three hosts, each of them everything), nine (three hosts for each tier), single
    tuning  fields of tiers.json on the hosts; None is quick, {} is as slow as the product
    services  all_active with tiers of their own: what is installed; the rest is prepared only
    form_cluster  active_standby: also start the cluster on the first manager and join the others
    """
    found = VERSIONS[version]
    shape = layout_of(layout, found, hosts)
    site = Site(found, shape, {h: lab.host(h).address for h in shape.hosts})
    folder = _folder(lab, name)
    cluster = Cluster(lab, site, folder, Path(), name=name)
    clock = _Clock(cluster)
    with ThreadPoolExecutor(max_workers=4) as pool:
        hosts_up = pool.submit(lab.up, *shape.hosts)
        prepared = pool.submit(certificates, site, folder)
        cluster.package = pool.submit(build, version, out=folder).result()
        prepared.result()
        hosts_up.result()
    clock("hosts")
    quick = QUICK if tuning is None else tuning
    _each(shape.hosts, lambda host: prepare(cluster, host, standin=standin_options, tuning=quick))
    clock("packages")
    install_all(cluster, services)
    clock("installed")
    if form_cluster and found.generation == "active_standby" and len(shape.managers) > 1:
        form.form(cluster)
        clock("formed")
    return cluster


class _Clock:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._start = cluster, time.monotonic()

    def __call__(self, name: str) -> None:
        self._cluster.times[name] = round(time.monotonic() - self._start, 1)


def _folder(lab: Lab, name: str) -> Path:
    for number in itertools.count(1):
        folder = lab.directory / "clusters" / f"{name}-{number}"
        if not folder.exists():
            folder.mkdir(parents=True)
            return folder
    raise AssertionError


def _each(hosts: Sequence[str], act: Callable[[str], object]) -> None:
    """At once; raises what the first one raised, after all have ended."""
    if not hosts:
        return
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        futures = [pool.submit(act, host) for host in hosts]
    for future in futures:
        future.result()


def prepare(
    cluster: Cluster, host: str, *, standin: str = "", tuning: dict[str, Any] | None = None
) -> None:
    """The package, and the operator's files, on a host that has nothing."""
    machine, site = cluster.lab.host(host), cluster.site
    files = {
        "/etc/cloudify-standin/standin-options": standin + "\n",
        "/etc/cloudify-standin/tiers.json": json.dumps(tuning or {}),
        **staged(site, cluster.config_dir, host),
    }
    for path, content in files.items():
        machine.write(path, content, 0o600)
    target = machine.root / "root" / cluster.package.name
    shutil.copyfile(cluster.package, target)
    machine.exec("rpm", "-i", "--nodeps", f"/root/{target.name}", timeout=120)
    folder = cluster.config_dir / host
    folder.mkdir(exist_ok=True)
    for name, config in configurations(site, host).items():
        (folder / name).write_text(text(config))
        machine.write(f"/etc/cloudify/{name}", text(config), 0o660)
        if site.version.user_config != "/etc/cloudify/config.yaml":
            machine.write(site.version.user_config, text(config), 0o600)
            machine.exec("chown", "--recursive", "admin:admin", "/home/admin")
    if host in cluster.managers and site.version.clustered_tiers:
        machine.write(LICENSE, "license: of the lab\n", 0o600)


def install(cluster: Cluster, host: str, service: str = MANAGER) -> None:
    words = ("cfy_manager", "install", *cluster.config_option(service))
    cluster.lab.host(host).exec(*words, timeout=INSTALL_SECONDS)


def install_all(cluster: Cluster, services: Sequence[str] = (DATABASE, QUEUE, MANAGER)) -> None:
    """Databases and brokers beside each other, then managers: the first, then the others."""
    if cluster.site.layout.name == "single" or not cluster.site.version.clustered_tiers:
        _each(cluster.managers, lambda host: install(cluster, host))
        return
    tiers: dict[str, Callable[[], object]] = {
        DATABASE: lambda: _each(cluster.databases, lambda h: install(cluster, h, DATABASE)),
        QUEUE: lambda: _each(cluster.brokers, lambda h: install(cluster, h, QUEUE)),
    }
    _each([tier for tier in tiers if tier in services], lambda tier: tiers[tier]())
    if MANAGER not in services:
        return
    install(cluster, cluster.managers[0])
    _each(cluster.managers[1:], lambda host: install(cluster, host))


__all__ = ["deploy", "install", "install_all", "prepare"]
