# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What is to be installed on a node, and why it must not be begun. Pure."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import SSL, TIERS
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._urls import (
    bare_in,
    has_secrets,
)

Json = dict[str, t.Any]

#: How much is told of what a host says.
TOLD = 400
#: What agents trust.
INTERNAL_CA = f"{SSL}/cloudify_internal_ca_cert.pem"
#: What clients are shown; an earlier installation's is nobody's file any more.
SHOWN = (f"{SSL}/cloudify_external_cert.pem", f"{SSL}/cloudify_internal_cert.pem")
#: The product's own configurations. Up to 6.2 it writes them itself.
PRODUCT_CONFIGS = "/etc/"
#: An installation may empty what is below it.
PRODUCT_FOLDER = "/etc/cloudify/"
#: How an RPM begins.
RPM = b"\xed\xab\xee\xdb"


@dataclass(frozen=True)
class Neighbours:
    """The other hosts, as far as an installation depends on them.

    :ivar brokers: names of all broker nodes of the inventory
    :ivar answering: those that this node's broker could join
    :ivar databases: how many database nodes the inventory has
    """

    brokers: t.Sequence[str] = ()
    answering: t.Sequence[str] = ()
    databases: int = 0


@dataclass(frozen=True)
class Wanted:
    """What the role was asked for.

    :ivar package: a file on the controller, a URL, or a name that repositories know
    :ivar package_is_missing: it is a file on the controller, which is not there
    :ivar package_version: what that file says of itself, or what the host would install, or its name; empty when it is not known
    :ivar package_problem: why the host would not get it
    :ivar version: empty when it is not known
    :ivar stage: directory on the node for the saved files
    :ivar new_certificates: it may get a CA of its own
    :ivar fresh_cluster: all nodes are installed anew
    :ivar cas: fingerprints of the CAs that are known to be right
    """

    package: str
    version: str = ""
    stage: str = ""
    package_is_missing: bool = False
    package_version: str = ""
    package_problem: str = ""
    new_certificates: bool = False
    fresh_cluster: bool = False
    cas: t.Sequence[str] = ()


class InstallPlan:
    """What is there, and what is to do.

    :param state: what filter node_state returns
    :param facts: what filter installer_facts returns
    :param tiers: what the node is to have
    :param torn_down: tiers that will be gone by then
    :param found: what module node_files_info returns
    :param texts: paths of the configurations that were looked at
    :param configs: what filter tier_configs returns
    :param prepared: what filter install_configs returns
    :param only_planned: nothing is saved yet, since this is a plan
    :param given: paths of the configurations that the operator has given
    :param anew: tiers that are there, and begin again with those of the others
    """

    def __init__(
        self,
        state: Json,
        *,
        facts: Json,
        tiers: t.Sequence[str],
        torn_down: t.Collection[str],
        found: Json,
        texts: t.Collection[str],
        configs: t.Mapping[str, str],
        prepared: t.Mapping[str, Json],
        only_planned: bool,
        given: t.Collection[str] = (),
        anew: t.Collection[str] = (),
    ) -> None:
        self._state, self._facts, self._found = state, facts, found
        self._texts, self._configs, self._prepared = texts, configs, prepared
        self._torn_down, self._only_planned = torn_down, only_planned
        self._given = given
        self._saved: Json = found.get("saved") or {}
        self.tiers = list(tiers)
        # what is removed with another tier's is not removed for one's sake
        alone = [x for x in anew if list(configs.values()).count(configs.get(x, "")) == 1]
        self.done = [x for x in state["configured"] if x in tiers and x not in (*torn_down, *alone)]
        self.todo = [x for x in TIERS if x in tiers and x not in self.done]
        #: Begun, and not finished: removed before it is installed anew.
        self.broken = [x for x in self.todo if x in state["traces"] and x not in torn_down]
        #: The tiers whose installation is started. Where a configuration is for several, the first of them installs all.
        self.installs = self.todo if len(set(configs.values())) == len(configs) else self.todo[:1]

    def as_dict(self) -> Json:
        return {
            "done": self.done,
            "todo": self.todo,
            "broken": self.broken,
            "installs": self.installs,
            "differing": self.differing(),
            "stranger": self.shows_a_stranger(),
            "put_back": self.put_back(),
            "warnings": self._all("warnings"),
        }

    def differing(self) -> list[str]:
        """Certificates that have to be on the node as they were saved, and are not."""
        have = self._state["fingerprints"]
        proves = set(self._all("proves"))
        saved = self._saved.get("fingerprints") or {}
        return sorted(p for p, mark in saved.items() if p in proves and have.get(p) != mark)

    def shows_a_stranger(self) -> bool:
        """Whether its clients are shown a certificate that is not in its ssl directory."""
        served = self._state["served"]
        own = [self._state["fingerprints"].get(path) for path in SHOWN]
        return "manager" in self.tiers and bool(served) and served not in own

    def put_back(self) -> list[str]:
        """Configurations that are to be as they were saved or given, before they were prepared."""
        texts = self._found.get("texts") or {}
        return [
            path
            for path in self._prepared
            if (path in texts or path in self._given)
            and not (self._facts["install_rewrites_config"] and path.startswith(PRODUCT_CONFIGS))
        ]

    def refusals(self, wanted: Wanted, neighbours: Neighbours, *, check_mode: bool) -> list[str]:
        """Why the installation could not end well, in words; empty when it may be begun."""
        if has_secrets(wanted.package):
            # alone, since the others name the package
            return [
                "the URL of the package has a login or a signature in it, which every log would have: "
                "give a file on the controller, or a name that the host's repositories know"
            ]
        # what is read by the facts of a package that goes first is read once more without it
        known = not self.replaces_package(wanted)
        told = [
            *self._no_files(wanted, check_mode),
            *self._several_cas(wanted, check_mode),
            *(self._no_configuration() if known else []),
            *self._another_version(wanted),
            *self._another_package(wanted),
            *self._cannot_get(wanted),
            *(self._too_few_databases(wanted, neighbours) if known else []),
            *(self._all("missing") if known and not self._only_planned else []),
            *(self._broker_alone(wanted, neighbours) if known else []),
        ]
        if f"{wanted.stage}/".startswith(PRODUCT_FOLDER):
            told.append(f"install_node_stage is {wanted.stage}, which an installation may empty")
        if wanted.package_is_missing and self.todo:
            told.append(f"the package {wanted.package} is not on the controller")
        differing = self.differing()
        if not self.todo and differing:
            told.append(
                "it is installed with other certificates than the saved ones "
                f"({', '.join(differing)}): tear it down first"
            )
        return told

    def _no_files(self, wanted: Wanted, check_mode: bool) -> list[str]:
        if self._found.get("sound") or wanted.new_certificates or check_mode:
            return []
        looked_at = self._found.get("looked_at") or []
        problems = "; ".join(x for place in looked_at for x in place["problems"])
        return [
            f"no place has a sound copy of its files ({problems or 'nothing was saved'}); with "
            "install_node_new_certificates=true it would get a new CA, which agents do not trust"
        ]

    def _several_cas(self, wanted: Wanted, check_mode: bool) -> list[str]:
        """Somebody may have installed a node by hand, with a new CA, before this run has saved what it has."""
        if wanted.cas:
            return []
        cas = {ca: list(copies) for ca, copies in (self._found.get("cas") or {}).items()}
        own = self._state["fingerprints"].get(INTERNAL_CA)
        if check_mode and own:
            cas.setdefault(own, ["the node itself"])
        if len(cas) <= 1:
            return []
        told = ", ".join(f"{ca} ({', '.join(copies)})" for ca, copies in cas.items())
        return [
            f"its CA is not the same everywhere: {told}; agents trust only the one that they were "
            "installed with: say which it is with -e cloudify_ca_fingerprint=FINGERPRINT"
        ]

    def _no_configuration(self) -> list[str]:
        without = [tier for tier in self.tiers if tier not in self._configs]
        if not without or self._only_planned:
            return []
        looked_at = ", ".join(self._texts) or "none"
        return [
            f"no configuration installs {', '.join(without)} (looked at: {looked_at}); "
            "give it with cloudify_config"
        ]

    def _another_version(self, wanted: Wanted) -> list[str]:
        if not self._differs(wanted) or self.replaces_package(wanted):
            return []
        return [
            f"it has version {self._state['version']}, not {wanted.version}: tear it down first (a run that has torn it "
            "down before does not do so again: say -e cloudify_give_up=RUN, and the next one does)"
        ]

    def asks_host(self, wanted: Wanted) -> bool:
        """Whether the host itself has to get the package, so that nothing else knows whether it can."""
        there = self._state["version"] and not self._torn_down and not self.replaces_package(wanted)
        elsewhere = on_controller(wanted.package) or has_secrets(wanted.package)
        return bool(self.todo) and not there and not elsewhere

    def _differs(self, wanted: Wanted) -> bool:
        return self._state["version"] not in ("", wanted.version) and not self._torn_down

    def replaces_package(self, wanted: Wanted) -> bool:
        """Whether all that it has is a package of another version, of an attempt that was given the wrong one."""
        return self._differs(wanted) and not self._state["traces"] and not self.done

    def _another_package(self, wanted: Wanted) -> list[str]:
        there = self._state["version"] == wanted.version and not self._torn_down
        if not self.todo or there or wanted.package_version in ("", wanted.version):
            return []
        told = (
            f"the package {wanted.package} is of version {wanted.package_version}, not {wanted.version}: "
            "another version cannot join the cluster"
        )
        if not on_controller(wanted.package) and "://" not in wanted.package:
            told += (
                "; of several in its repository the newest is taken, unless it is asked for with its version "
                f"(NAME-{wanted.version})"
            )
        return [told]

    def _cannot_get(self, wanted: Wanted) -> list[str]:
        if not wanted.package_problem or not self.asks_host(wanted):
            return []
        return [
            f"the host cannot get the package {wanted.package} ({wanted.package_problem}): mend that, or say "
            "-e cloudify_install_package=FILE with an RPM on the controller"
        ]

    def _too_few_databases(self, wanted: Wanted, neighbours: Neighbours) -> list[str]:
        """The cluster of databases begins with a majority of those that its configuration names."""
        if "database" not in self.todo or not wanted.fresh_cluster:
            return []
        named = (self._prepared.get(self._configs.get("database", "")) or {}).get("databases") or []
        if len(named) <= 1 or neighbours.databases > len(named) // 2:
            return []
        return [
            f"its databases began as {len(named)} ({', '.join(named)}), of which the inventory has "
            f"{neighbours.databases}, and their cluster begins with a majority: bring another host back "
            "into the inventory, or give configurations without the lost ones with cloudify_config"
        ]

    def _broker_alone(self, wanted: Wanted, neighbours: Neighbours) -> list[str]:
        if (
            "broker" not in self.todo
            or len(neighbours.brokers) <= 1
            or self._facts["generation"] != "all_active"
            or wanted.fresh_cluster
            or neighbours.answering
        ):
            return []
        return [
            f"it is one of {len(neighbours.brokers)} brokers, and none of the others answers, so it would "
            "begin a cluster of its own: bring another one back first, or rebuild the cluster"
        ]

    def _all(self, what: str) -> list[str]:
        """Of all configurations, each once."""
        return list(dict.fromkeys(x for each in self._prepared.values() for x in each[what]))


def on_controller(package: str) -> bool:
    """Whether it is given as a file on the controller."""
    return package.startswith(("~", ".", "/"))


def is_missing(package: str) -> bool:
    return on_controller(package) and not os.path.isfile(os.path.expanduser(package))


def package_version(package: str, offered: str = "") -> str:
    """By the first bytes of an RPM on the controller, which have its name; else by what the host
    would install, or by how the file is called. Empty when they do not tell."""
    name = offered or package.partition("?")[0].rpartition("/")[2]
    if on_controller(package):
        name = ""
        if not is_missing(package):
            with open(os.path.expanduser(package), "rb") as file:
                lead = file.read(76)
            if lead.startswith(RPM):
                name = lead[10:].partition(b"\0")[0].decode("ascii", "replace")
    found = re.search(r"-([0-9][^-]*)-[^-]+$", name)
    return found.group(1) if found else ""


def package_problem(offered: t.Mapping[str, t.Any]) -> str:
    """What a host has said in place of a package; empty when it has one, or was not asked."""
    if "rc" not in offered or offered["rc"] == 0:
        return ""
    said = str(offered.get("stderr") or offered.get("msg") or "").splitlines()
    told = bare_in("; ".join([line.strip() for line in said if line.strip()][-3:]))
    return told[:TOLD] or f"exit code {offered['rc']}, and nothing said"


__all__ = (
    *("InstallPlan", "Neighbours", "Wanted", "is_missing", "on_controller"),
    *("package_problem", "package_version"),
)
