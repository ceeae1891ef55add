# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's directories in a temporary one, with `cfy_manager` of a version."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import yaml

from product import x509
from product.cfy_manager.program import main
from product.config import merged
from product.defaults import default_config
from product.versions import VERSIONS
from product.x509 import Pair


@functools.cache
def authority(name: str = "one") -> Pair:
    return x509.make(f"CA {name}", ca=True)


@functools.cache
def certificate(name: str = "node", *, ca: str = "one", common_name: str = "10.0.0.1") -> Pair:
    names = ("10.0.0.1", "m1", "m1.test")
    return x509.make(common_name, signed_by=authority(ca), names=names)


class Node:
    def __init__(self, root: Path, version: str, monkeypatch: Any) -> None:
        self.root = root
        self.version = VERSIONS[version]
        monkeypatch.setenv("CFY_ROOT", str(root))
        defaults = yaml.safe_dump(default_config(self.version))
        product = {"version": version, "number": self.version.number}
        self.write("/opt/cloudify/cfy_manager/config.yaml", defaults)
        self.write("/opt/cloudify/cfy_manager/product.json", json.dumps(product))
        self.write("/etc/cloudify/config.yaml", defaults)
        self.write("/etc/hostname", "m1\n")
        self.write_config({})

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def write(self, path: str, text: str) -> None:
        target = self.at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def write_config(self, over: dict[str, Any], *, name: str = "config.yaml") -> None:
        config = {
            "manager": {
                "private_ip": "10.0.0.1",
                "public_ip": "10.0.0.1",
                "security": {"admin_password": "secret"},
            },
            "services_to_install": ["manager_service"],
        }
        self.write(f"/etc/cloudify/{name}", yaml.safe_dump(merged(config, over)))

    def config(self, name: str = "config.yaml") -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.at(f"/etc/cloudify/{name}").read_text())
        return found

    def put(self, folder: str, name: str, pair: Pair) -> tuple[str, str]:
        """Write a pair as operators do; its two paths on the host."""
        cert, key = f"{folder}/{name}_cert.pem", f"{folder}/{name}_key.pem"
        x509.write(pair, self.at(cert), self.at(key))
        return cert, key

    def inputs(self, folder: str = "/root/ssl", *, ca: str = "one") -> dict[str, Any]:
        """ssl_inputs with a CA and an internal certificate, from files that this writes."""
        ca_cert, ca_key = self.put(folder, "cloudify_internal_ca", authority(ca))
        cert, key = self.put(folder, "cloudify_internal", certificate(ca=ca))
        return {
            "ca_cert_path": ca_cert,
            "ca_key_path": ca_key,
            "internal_cert_path": cert,
            "internal_key_path": key,
        }

    def cfy(self, *argv: str) -> int:
        """Run cfy_manager; its exit code."""
        try:
            return main(list(argv))
        except SystemExit as ended:
            return int(ended.code or 0)

    @property
    def log(self) -> str:
        return self.at("/var/log/cloudify/manager/cfy_manager.log").read_text()

    def remove(self) -> int:
        force = () if self.version.force_option == "gone" else ("-f",)
        return self.cfy("remove", *force)

    def ssl(self, name: str = "cloudify_internal_ca_cert.pem") -> str:
        return self.at(f"/etc/cloudify/ssl/{name}").read_text()

    @property
    def ca(self) -> str:
        """The fingerprint of the CA in place."""
        return x509.fingerprint(self.ssl())

    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.at("/services.json").read_text())
        return found


__all__ = ["Node", "authority", "certificate"]
