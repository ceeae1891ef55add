# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster's tiers as a person with a shell sees them, host by host."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import Any

from lab import Host
from lab.testing import wait_until
from product.cluster import Cluster
from product.cluster.configs import SECRETS
from product.cluster.deploy import install, prepare
from product.cluster.layout import DATABASE, MANAGER, QUEUE

# in tests nobody waits half a minute for a leader
QUICK = {"ttl": 15, "loop_wait": 5, "retry_timeout": 5, "net_ticktime": 10}


@dataclass
class Tiers:
    cluster: Cluster

    def host(self, name: str) -> Host:
        return self.cluster.lab.host(name)

    def address(self, name: str) -> str:
        return self.cluster.address(name)

    def run(self, name: str, *words: str, service: str = DATABASE) -> CompletedProcess[str]:
        return self.cluster.cfy_manager(name, *words, service=service, check=False)

    # -- databases
    def dbs(self, name: str, *words: str, service: str = DATABASE) -> tuple[int, str]:
        done = self.run(name, "dbs", *words, service=service)
        return done.returncode, done.stdout + done.stderr

    def states(self, name: str, *, service: str = DATABASE) -> tuple[int, dict[str, str]]:
        """The exit code of `dbs list`, and host -> state."""
        code, said = self.dbs(name, "list", service=service)
        rows = re.findall(r"^\| (172[\d.]+) +\| (\w+)", said, re.MULTILINE)
        names = {self.address(h): h for h in self.cluster.databases}
        return code, {names[address]: state for address, state in rows}

    def leader(self) -> str:
        return self.roles()["leader"][0]

    def roles(self) -> dict[str, list[str]]:
        """State -> hosts, in the eyes of the first host that is up."""
        asked = next(h for h in self.cluster.databases if self.host(h).state == "up")
        found: dict[str, list[str]] = {}
        for host, state in self.states(asked)[1].items():
            found.setdefault(state, []).append(host)
        return found

    def wait_healthy(self, *names: str) -> None:
        """Every one of these says so, and has the same rows as the others."""
        names = names or self.cluster.databases
        wanted = ["async_replica"] * (len(names) - 2) + ["leader", "sync_replica"]

        def agreed() -> bool:
            views = [self.states(name) for name in names]
            return all(
                code == 0 and sorted(states.values()) == wanted and states == views[0][1]
                for code, states in views
            )

        wait_until(agreed, timeout=240, what="a healthy database in every host's view", every=1)
        wait_until(lambda: len({self.rows(n) for n in names}) == 1, what="the same rows on all")

    def sql(self, name: str, query: str, *, seconds: int = 20) -> str:
        """On this very host's database, over TLS."""
        target = (
            f"host={self.address(name)} user=postgres dbname=postgres sslmode=verify-full "
            f"sslrootcert=/etc/etcd/ca.crt password={SECRETS['postgres']} connect_timeout=5"
        )
        argv = ("timeout", str(seconds), "psql", target, "-qAtc", query)
        done = self.host(name).exec(*argv, check=False, timeout=seconds + 10)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self) -> None:
        self.sql(
            self.leader(), "CREATE TABLE IF NOT EXISTS t (n serial); INSERT INTO t DEFAULT VALUES"
        )

    def rows(self, name: str) -> str:
        there = self.sql(name, "SELECT to_regclass('t') IS NOT NULL") == "t"
        return self.sql(name, "SELECT count(*) FROM t") if there else "0"

    # -- brokers
    def brokers(self, name: str, *words: str) -> tuple[int, str]:
        done = self.run(name, "brokers", *words, service=QUEUE)
        return done.returncode, done.stdout + done.stderr

    def running(self, name: str) -> tuple[int, dict[str, bool]]:
        """The exit code of `brokers list`, and broker -> whether it runs."""
        code, said = self.brokers(name, "list")
        rows = re.findall(r"^\| (rabbit@\S+) +\| (True|False)", said, re.MULTILINE)
        return code, {broker: state == "True" for broker, state in rows}

    def api(self, name: str, path: str, *words: str) -> str:
        """The management service's answer, by the configured user."""
        return (
            self.host(name)
            .exec(
                *("curl", "-sS", "--max-time", "20"),
                *("--cacert", "/etc/cloudify/ssl/rabbitmq-ca.pem"),
                *("-u", f"cloudify:{SECRETS['rabbit']}", *words),
                f"https://{self.address(name)}:15671/api{path}",
            )
            .stdout
        )

    def queues(self, name: str) -> str:
        return self.api(name, "/queues/%2F?columns=name")

    def wait_brokers(self, *names: str) -> None:
        names = names or self.cluster.brokers
        wanted = (0, {f"rabbit@{name}": True for name in names})
        wait_until(
            lambda: all(self.running(name) == wanted for name in names),
            timeout=90,
            what=f"a cluster of {', '.join(names)} in the eyes of each",
            every=1,
        )

    # -- hosts
    def control(self, name: str, verb: str, service: str) -> None:
        self.host(name).exec("supervisorctl", "-c", "/etc/supervisord.conf", verb, service)

    def fresh(self, name: str) -> None:
        """A new machine in the place of a lost one, with the package and the operator's files."""
        self.host(name).fresh()
        prepare(self.cluster, name, tuning=QUICK)

    def reconfigure(self, name: str, service: str, **settings: Any) -> None:
        """Change settings (a__b for a.b) in a configuration file of a host."""
        path = self.cluster.config_option(service)[1]
        config = json.loads(
            self.host(name)
            .exec(
                *("python3", "-c"),
                f"import json, yaml; print(json.dumps(yaml.safe_load(open({path!r}))))",
            )
            .stdout
        )
        for key, value in settings.items():
            *parents, last = key.split("__")
            found = config
            for parent in parents:
                found = found[parent]
            found[last] = value
        self.host(name).write(path, json.dumps(config), 0o660)

    def install(self, name: str, service: str) -> None:
        install(self.cluster, name, service)

    def replace_database(self, name: str, *, through: str) -> None:
        """As the guide says: out of the registers, a new one, into the registers."""
        others = [m for m in self.cluster.managers if m != name]
        address = self.address(name)
        code, said = self.dbs(through, "remove", "-a", address)
        assert code == 0, said
        for manager in others:
            code, said = self.dbs(manager, "remove", "-a", address, service=MANAGER)
            assert code == 0, said
        self.install(name, DATABASE)
        for manager in others:
            code, said = self.dbs(manager, "add", "-a", address, service=MANAGER)
            assert code == 0, said


__all__ = ["DATABASE", "MANAGER", "QUEUE", "QUICK", "Tiers"]
