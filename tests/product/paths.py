# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every path that the product knows, below one root, so that it can be tried without a host."""

from __future__ import annotations

import os
from pathlib import Path


class Paths:
    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root or os.environ.get("CFY_ROOT") or "/")

    def at(self, path: str | Path) -> Path:
        """Where this path of a host is; a path that is below the root already stays."""
        text = str(path)
        if self.root != Path("/") and text.startswith(f"{self.root}/"):
            return Path(text)
        return self.root / text.lstrip("/")

    def shown(self, path: Path) -> str:
        """The path as a user of the host knows it."""
        if self.root == Path("/"):
            return str(path)
        return "/" + str(path.relative_to(self.root))

    @property
    def real(self) -> bool:
        """Whether this is a host, with services, users and all."""
        return self.root == Path("/")

    @property
    def config_dir(self) -> Path:
        return self.at("/etc/cloudify")

    @property
    def config(self) -> Path:
        return self.config_dir / "config.yaml"

    @property
    def ssl(self) -> Path:
        return self.config_dir / "ssl"

    @property
    def cluster_ssl(self) -> Path:
        return self.config_dir / "cluster-ssl"

    @property
    def cluster_marker(self) -> Path:
        """active_standby: this host is a member of a cluster."""
        return self.config_dir / "cluster"

    @property
    def manager(self) -> Path:
        return self.at("/opt/manager")

    @property
    def rest_config(self) -> Path:
        return self.manager / "cloudify-rest.conf"

    @property
    def rest_security(self) -> Path:
        return self.manager / "rest-security.conf"

    @property
    def logs(self) -> Path:
        return self.at("/var/log/cloudify")

    @property
    def log(self) -> Path:
        return self.logs / "manager" / "cfy_manager.log"

    @property
    def work(self) -> Path:
        return self.logs / "standin-work.jsonl"

    @property
    def state(self) -> Path:
        """What the stand-in manager remembers."""
        return self.at("/var/lib/cloudify-standin")

    @property
    def member_config(self) -> Path:
        """What the stand-in manager is told about the cluster."""
        return self.at("/opt/manager/standin.json")

    @property
    def running(self) -> Path:
        """A lock for each service of a manager, held while it runs."""
        return self.at("/var/lib/cloudify-services")

    @property
    def lab(self) -> Path:
        return self.at("/etc/cloudify-standin")

    @property
    def installed(self) -> Path:
        """What the RPM says about itself."""
        return self.at("/opt/cloudify/cfy_manager/product.json")


__all__ = ["Paths"]
