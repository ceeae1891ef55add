# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration: files merged over the packaged defaults, and written back by old versions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from product.errors import ConfigError, ValidationError
from product.paths import Paths
from product.versions import Version

HEADER = "# Written by cfy_manager.\n"
REMOVED = "<removed>"


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings are merged, everything else is replaced."""
    out = dict(under)
    for key, value in over.items():
        known = out.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            out[key] = merged(known, value)
        else:
            out[key] = value
    return out


def read(path: Path, *, shown: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text()) or {}
    except OSError as error:
        raise ValidationError(f"Can't access {shown}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(
            f"User config file {shown} is not a properly formatted YAML: {error}"
        ) from error
    if not isinstance(found, dict):
        raise ConfigError(f"User config file {shown} is not a mapping")
    return found


def files_of(version: Version, paths: Paths, given: list[str] | None) -> list[Path]:
    """The configuration files of this command, in the order in which they are merged."""
    if not given:
        user = paths.at(version.user_config)
        return [user if user.exists() else paths.config]
    out = []
    for name in given:
        text = name if name.startswith("/") else f"/etc/cloudify/{name}"
        if paths.root != Path("/") and text.startswith(f"{paths.root}/"):
            text = text[len(str(paths.root)) :]
        if not text.startswith("/etc/cloudify"):
            raise ValidationError(f"Config file path must start with /etc/cloudify: {name}")
        out.append(paths.at(text))
    return out


def load(version: Version, paths: Paths, files: list[Path]) -> dict[str, Any]:
    defaults = paths.at("/opt/cloudify/cfy_manager/config.yaml")
    config = read(defaults, shown=paths.shown(defaults))
    for path in files:
        config = merged(config, read(path, shown=paths.shown(path)))
    return config


def override(config: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Set config[a][b] for keys (a, b)."""
    for key in keys[:-1]:
        config = config.setdefault(key, {})
    config[keys[-1]] = value


def write_back(version: Version, paths: Paths, config: dict[str, Any], files: list[Path]) -> None:
    """Up to 6.2 the merged configuration replaces what the operator wrote."""
    if not version.rewrites_config:
        return
    kept = merged({}, config)
    client = kept.get("postgresql_client", {})
    if version.hides_password and client.get("server_password"):
        kept["postgresql_client"] = {**client, "server_password": REMOVED}
    # an image's own file in a user's home is left as it is
    target = paths.config if files[-1] == paths.at("/home/admin/config.yaml") else files[-1]
    target.write_text(HEADER + yaml.safe_dump(kept, sort_keys=False))


__all__ = ["REMOVED", "files_of", "load", "merged", "override", "read", "write_back"]
