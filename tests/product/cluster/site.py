# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that stands: who is what in it, and hands on it for tests."""

from __future__ import annotations

import base64
import json
import ssl
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from product.cluster.configs import FILES, SECRETS, Site
from product.cluster.layout import DATABASE, MANAGER, QUEUE

if TYPE_CHECKING:
    from lab import Lab

USERS = {"vnfm": "admin"}


@dataclass
class Cluster:
    lab: Lab
    site: Site
    # on this side: ca.crt, ca.key, a pair and a directory of configuration files for each host
    config_dir: Path
    package: Path
    name: str = "lab"
    username: str = "admin"
    password: str = SECRETS["admin"]
    # host -> seconds since the start, of what deploy() did
    times: dict[str, float] = field(default_factory=dict)

    @property
    def version(self) -> str:
        return self.site.version.name

    @property
    def managers(self) -> tuple[str, ...]:
        return self.site.layout.managers

    @property
    def brokers(self) -> tuple[str, ...]:
        return self.site.layout.brokers

    @property
    def databases(self) -> tuple[str, ...]:
        return self.site.layout.databases

    @property
    def hosts(self) -> tuple[str, ...]:
        return self.site.layout.hosts

    @property
    def ca(self) -> Path:
        """What REST clients trust."""
        return self.config_dir / "ca.crt"

    def address(self, host: str) -> str:
        return self.site.addresses[host]

    # -- commands
    def config_option(self, service: str) -> tuple[str, ...]:
        """What `cfy_manager` needs on a host with a file for each service."""
        if self.site.layout.name == "compact" and self.site.version.clustered_tiers:
            return ("-c", f"/etc/cloudify/{FILES[service]}")
        return ()

    def cfy_manager(
        self, host: str, *words: str, service: str = MANAGER, check: bool = True
    ) -> Any:
        argv = ("cfy_manager", *words, *self.config_option(service))
        return self.lab.host(host).exec(*argv, check=check, timeout=300)

    # -- REST
    def call(
        self, host: str, method: str, path: str, body: Any = None, *, timeout: float = 30
    ) -> tuple[int, Any]:
        """Status and JSON (or text) of /api/v3.1<path> on this manager; 0 when nothing answers."""
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        request = urllib.request.Request(
            f"https://{self.address(host)}/api/v3.1{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={
                "Authorization": f"Basic {pair}",
                "Tenant": "default_tenant",
                "Content-Type": "application/json",
            },
        )
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(request, context=context, timeout=timeout) as response:
                return response.status, _parsed(response.read())
        except urllib.error.HTTPError as error:
            return error.code, _parsed(error.read())
        except OSError as error:
            return 0, str(error)

    # -- the stand-in's control API, on the host's own loopback
    def control(self, host: str, method: str, path: str, body: Any = None) -> Any:
        data = ("-d", "@-") if body is not None else ()
        done = self.lab.host(host).exec(
            *("curl", "-sS", "--fail-with-body", "-X", method, *data),
            f"http://127.0.0.1:9998{path}",
            input=json.dumps(body) if body is not None else None,
            timeout=120,
        )
        return json.loads(done.stdout or "{}")

    def seed(self, host: str | None = None, **content: Any) -> Any:
        """Content without REST: seed(sample="rich"), seed(bulk={...}); on the first manager."""
        return self.control(host or self.managers[0], "POST", "/content", content)

    def work(self) -> list[dict[str, Any]]:
        """What the product's own work took, from every host that is up."""
        found = []
        for name in self.hosts:
            host = self.lab.host(name)
            path = "/var/log/cloudify/standin-work.jsonl"
            if host.state == "up":
                text = host.exec("cat", path, check=False).stdout
                found += [json.loads(line) for line in text.splitlines()]
        return found

    # -- Ansible
    def inventory(self, **variables: Any) -> Path:
        """An inventory with the collection's groups; variables go on top of the cluster's own."""
        groups = {
            "cloudify_managers": self.managers,
            "cloudify_brokers": self.brokers,
            "cloudify_databases": self.databases,
        }
        own = {
            "cloudify_cluster_name": self.name,
            "cloudify_connection": {
                "manager_hosts": [self.address(h) for h in self.managers],
                "username": self.username,
                "password": self.password,
                "ca_path": str(self.ca),
            },
            "cloudify_store_dir": str(self.config_dir / "store"),
            "cloudify_install_package": str(self.package),
            "cloudify_command": self.site.version.command,
            **variables,
        }
        path = self.lab.inventory(
            {k: v for k, v in groups.items() if v}, own, path=self.config_dir / "inventory.yml"
        )
        tree = json.loads(path.read_text())
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        tree["all"]["children"]["cloudify_store"] = {"hosts": {"localhost": local}}
        path.write_text(json.dumps(tree, indent=2) + "\n")
        return path


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")


__all__ = ["DATABASE", "MANAGER", "QUEUE", "Cluster"]
