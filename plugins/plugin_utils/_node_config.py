# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Configurations of nodes: which is for what, and what has to change before one is used again. Pure."""

from __future__ import annotations

import copy
import fnmatch
import ipaddress
import typing as t

import yaml

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import (
    SERVICE_OF,
    TIERS,
)

Json = dict[str, t.Any]

REMOVED = "<removed>"
LICENSE = "manager.cloudify_license_path"
EXTERNAL = ("ssl_inputs.external_cert_path", "ssl_inputs.external_key_path")

#: Where a database that is no cluster has what Patroni has otherwise.
_SINGLE_DATABASE = {
    "postgresql_server.ca_path": "/var/lib/pgsql/*/data/root.crt",
    "postgresql_server.cert_path": "/var/lib/pgsql/*/data/server.crt",
    "postgresql_server.key_path": "/var/lib/pgsql/*/data/server.key",
}


class Unusable(Exception):
    """A configuration cannot be used; the text says why."""


def read(text: t.Any, *, path: str) -> Json:
    """A configuration as a mapping, whether it is a text or one already.

    :raises Unusable: when it is neither
    """
    if isinstance(text, str):
        try:
            # a plain str, whatever marks a template engine has put on it
            text = yaml.safe_load(str(text))
        except yaml.YAMLError as exc:
            raise Unusable(f"{path} is no YAML: {' '.join(str(exc).split())}") from None
    if text is None:
        return {}
    if not isinstance(text, t.Mapping):
        raise Unusable(f"{path} is no configuration")
    return _plain(text)


def _plain(value: t.Any) -> t.Any:
    """A copy in builtin types only."""
    if isinstance(value, t.Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


def by_tier(texts: t.Mapping[str, t.Any], *, facts: Json) -> dict[str, str]:
    """Which configuration is for which tier, by what each says it installs."""
    first = next((path for path in facts["configs"] if path in texts), None)
    if not facts["install_config_option"]:
        if not first:
            return {}
        if facts["generation"] == "active_standby":
            return {"manager": first}
        named = _services(texts[first], path=first) or set(SERVICE_OF.values())
        return {tier: first for tier in TIERS if SERVICE_OF[tier] in named}
    found: dict[str, tuple[int, str]] = {}
    for path, text in sorted(texts.items()):
        try:
            services = _services(text, path=path)
        except Unusable:
            continue
        # the packaged one, which nobody has edited, installs everything
        if not services and path == first:
            services = set(SERVICE_OF.values())
        for tier, service in SERVICE_OF.items():
            # of two for the same tier, the one that is for less is meant
            if service in services and (tier not in found or len(services) < found[tier][0]):
                found[tier] = (len(services), path)
    return {tier: path for tier, (_count, path) in found.items()}


def _services(text: t.Any, *, path: str) -> set[str]:
    return {str(service) for service in read(text, path=path).get("services_to_install") or ()}


class Prepared:
    """A configuration for an installation with the certificates that a node had.

    :ivar uses: paths of saved files that it names, as they were on the node
    :ivar proves: those of them that have to be on the node again, as they were
    :ivar missing: what it needs and nobody has, in words
    :ivar warnings: what is different from before, in words

    C(databases) of what it is as a dict are the names of the members that a database begins its cluster with.
    """

    def __init__(
        self,
        config: Json,
        *,
        tiers: t.Sequence[str],
        facts: Json,
        files: t.Collection[str],
        stage: str,
    ) -> None:
        self.config = copy.deepcopy(config)
        self.uses: set[str] = set()
        self.proves: set[str] = set()
        self.missing: list[str] = []
        self.warnings: list[str] = []
        self._tiers, self._facts = tiers, facts
        self._files, self._stage = files, stage.rstrip("/")
        self._settled: set[str] = set()

    def as_dict(self) -> Json:
        return {
            "config": self.config,
            "uses": sorted(self.uses),
            "proves": sorted(self.proves),
            "missing": self.missing,
            "warnings": self.warnings,
            "databases": self._databases(),
        }

    # -- certificates ----------------------------------------------------------------------------

    def certificates(self) -> None:
        """Point each option at the saved copy of what the product had made of it."""
        # what is deployed for a database or a broker is nearer to the source than a manager's copy
        options: dict[str, str] = {}
        for tier in ("manager", "broker", "database"):
            if tier in self._tiers:
                options.update(self._facts["certificates"][tier])
        for option, deployed in options.items():
            if option in EXTERNAL and self._refuses_external():
                self._set(option, "")
                self._settled.add(option)
                continue
            saved = self._saved(option, deployed)
            if saved:
                self._use(option, saved)
                self.proves.add(saved)
        for option, value in list(_leaves(self.config)):
            if option not in self._settled and _names_a_file(option, value):
                self._other(option, value)

    def _saved(self, option: str, deployed: str) -> str | None:
        if deployed in self._files:
            return deployed
        if "database" in self._tiers and option in _SINGLE_DATABASE:
            found = fnmatch.filter(sorted(self._files), _SINGLE_DATABASE[option])
            return found[-1] if found else None
        return None

    def _refuses_external(self) -> bool:
        if not self._facts["install_checks_names"]:
            return False
        manager = self.config.get("manager") or {}
        public = manager.get("public_ip") or manager.get("private_ip") or ""
        try:
            ipaddress.ip_address(str(public))
        except ValueError:
            return False
        return True

    def _use(self, option: str, saved: str) -> None:
        self.uses.add(saved)
        self._set(option, self._stage + saved)
        self._settled.add(option)

    def _other(self, option: str, value: str) -> None:
        """An option that names a file which the product keeps no copy of."""
        if value in self._files:
            self._use(option, value)
        elif option == LICENSE:
            self._set(option, "")
            self.warnings.append(f"the license {value} is not saved; a fresh cluster needs one")
        elif option.endswith("ca_key_path"):
            self._set(option, "")
            self.warnings.append(f"{option}: {value} is not saved, and can be done without")
        else:
            self.missing.append(f"{option} names {value}, which is not saved")

    def _databases(self) -> list[str]:
        nodes = self._get("postgresql_server.cluster.nodes")
        return sorted(nodes) if isinstance(nodes, dict) else []

    # -- secrets, and the cluster ----------------------------------------------------------------

    def passwords(self, *, admin: str = "", database: str = "") -> None:
        if "manager" in self._tiers:
            if admin:
                self._set("manager.security.admin_password", admin)
            elif self._facts["generation"] == "all_active" and not self._get(
                "manager.security.admin_password"
            ):
                self.missing.append("the administrator's password, which no configuration has")
        own = self._get("postgresql_server.postgres_password")
        for option, value in list(_leaves(self.config)):
            if value != REMOVED:
                continue
            known = database or (own if own != REMOVED else "")
            if option == "postgresql_client.server_password" and known:
                self._set(option, known)
            elif option == "postgresql_client.server_password" and "manager" not in self._tiers:
                self._set(option, "")
            else:
                self.missing.append(f"{option}, which the product has removed from its own file")

    def license(self, path: str) -> None:
        if path and "manager" in self._tiers:
            self._set(LICENSE, path)
            self._settled.add(LICENSE)

    def broker(self, join: str) -> None:
        """A broker joins the one that is named, and with none begins a cluster."""
        clustered = len(self._get("rabbitmq.cluster_members") or ()) > 1
        if "broker" in self._tiers and clustered and self._facts["generation"] == "all_active":
            self._set("rabbitmq.join_cluster", join)

    def overrides(self, more: t.Mapping[str, t.Any]) -> None:
        _merge(self.config, _plain(more))

    # -- options by their path -------------------------------------------------------------------

    def _get(self, option: str) -> t.Any:
        found: t.Any = self.config
        for key in option.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def _set(self, option: str, value: t.Any) -> None:
        *keys, last = option.split(".")
        place = self.config
        for key in keys:
            if not isinstance(place.get(key), dict):
                place[key] = {}
            place = place[key]
        place[last] = value


def database_password(texts: t.Iterable[t.Any]) -> str:
    """The superuser's password, from the first configuration that has it."""
    for text in texts:
        try:
            server = read(text, path="").get("postgresql_server")
        except Unusable:
            continue
        found = server.get("postgres_password") if isinstance(server, dict) else None
        if found and found != REMOVED:
            return str(found)
    return ""


def _leaves(config: Json, above: str = "") -> t.Iterator[tuple[str, t.Any]]:
    for key, value in config.items():
        option = f"{above}{key}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{option}.")
        else:
            yield option, value


def _names_a_file(option: str, value: t.Any) -> bool:
    ending = option.rpartition(".")[2]
    return (
        isinstance(value, str)
        and value.startswith("/")
        and (ending.endswith(("cert_path", "key_path", "ca_path")) or ending == "ca_cert")
    ) or (option == LICENSE and bool(value))


def _merge(under: Json, over: Json) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(key), dict):
            _merge(under[key], value)
        else:
            under[key] = value


__all__ = ("Prepared", "Unusable", "by_tier", "database_password", "read")
