# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What each version of the manager can do and how it misbehaves: the one table.

Sources: the product's public branches 4.1 to 7.0.5 and a 7.0.5 manager that was watched at work.
Every fact names the first version that has it and the first that no longer has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VersionTuple = tuple[int, int, int]

#: Where no flag tells when a restore is over: seconds of rest after the end of its execution.
RESTORE_GRACE = 8.0


@dataclass(frozen=True, order=True)
class Version:
    """A manager's version; suffixes such as C(.dev1) or C(-ga) do not count."""

    release: VersionTuple

    @classmethod
    def parse(cls, text: str) -> Version:
        """:raises ValueError: when the text does not begin with a number"""
        match = re.match(r"\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?", text or "")
        if not match:
            raise ValueError(f"not a version: {text!r}")
        major, minor, patch = (int(part or 0) for part in match.groups())
        return cls((major, minor, patch))

    def __str__(self) -> str:
        return ".".join(str(part) for part in self.release)


@dataclass(frozen=True)
class Fact:
    """True for versions from C(since) on and before C(until)."""

    since: VersionTuple | None
    until: VersionTuple | None
    meaning: str

    def holds(self, version: Version) -> bool:
        return (self.since is None or version.release >= self.since) and (
            self.until is None or version.release < self.until
        )


FACTS: dict[str, Fact] = {
    # creating a snapshot
    "create.include_metrics": Fact(None, (5, 0, 5), "metrics can be put into a snapshot"),
    "create.include_logs": Fact((4, 3, 0), None, "logs can be left out"),
    "create.include_events": Fact((4, 3, 0), None, "events can be left out"),
    "create.queue": Fact((4, 5, 0), None, "a create can wait for its turn"),
    "create.tempdir_path": Fact((6, 4, 0), None, "the work directory can be chosen"),
    "create.new_format": Fact((7, 0, 0), None, "there is a second format beside legacy"),
    "create.listener_timeout": Fact((7, 0, 4), None, "the audit listener's time-out can be set"),
    "create.new_format_ignores_credentials": Fact(
        (7, 0, 4), None, "include_credentials does nothing in new format"
    ),
    # restoring one
    "restore.recreate_deployments_envs": Fact(
        None, (5, 3, 0), "recreate_deployments_envs must be sent, although nothing reads it"
    ),
    "restore.ignore_plugin_failure": Fact(
        (4, 5, 0), (5, 1, 0), "plugins are installed again, and failures can be ignored"
    ),
    "restore.needs_single_node": Fact(
        None, (5, 0, 0), "a restore is refused on a cluster of more than one node"
    ),
    "restore.snapshot_status": Fact((5, 0, 5), None, "snapshot-status tells of a running restore"),
    "restore.flag_in_tmp": Fact((7, 0, 3), None, "the restore flag is in /tmp/cloudify"),
    "restore.needs_all_revisions": Fact(
        (7, 0, 0), None, "a legacy archive without all schema revisions is taken for new format"
    ),
    "restore.refuses_3x": Fact((5, 0, 0), None, "a snapshot from before 4.0 is not restored"),
    "restore.adjusts_scheduled": Fact(
        (5, 0, 5), None, "overdue scheduled executions are failed by a restore"
    ),
    "restore.scheduled_become_schedules": Fact(
        (5, 3, 0), None, "future scheduled executions are failed too, and get a schedule instead"
    ),
    # what a manager holds
    "content.sites": Fact((5, 0, 5), None, "sites exist"),
    "content.execution_schedules": Fact((5, 2, 0), None, "schedules are objects of their own"),
    "content.deployment_labels": Fact((5, 1, 0), None, "deployments have labels"),
    "content.blueprint_labels": Fact((5, 2, 0), None, "blueprints have labels"),
    "content.agents": Fact((4, 5, 0), None, "agents can be listed"),
    # cfy_manager
    "install.wipes_ssl": Fact(
        None, (5, 0, 0), "install empties the ssl directory before it copies certificates into it"
    ),
    "install.keeps_certificates": Fact(
        (5, 0, 0), (5, 1, 1), "what the ssl directory has wins over what is configured"
    ),
    "install.compares_keys": Fact(
        (5, 1, 1), (6, 3, 0), "a configured certificate with the same key is ignored"
    ),
    "install.config_option": Fact((5, 1, 0), None, "-c names the configuration"),
    "install.rewrites_config": Fact(
        None, (6, 3, 0), "the configuration is written back, with paths inside the ssl directory"
    ),
    "install.hides_password": Fact(
        (5, 0, 5), (6, 3, 0), "and without the password of the database"
    ),
    "install.clean_db": Fact(None, (6, 4, 0), "--clean-db exists, and drops the database"),
    "install.marker_directories": Fact((5, 1, 0), None, "each service has a marker of its own"),
    "install.supervisord": Fact((5, 2, 0), None, "services are supervisord's by default"),
    "install.monitoring": Fact((5, 1, 0), None, "each host has certificates for monitoring"),
    "install.superuser_certificates": Fact(
        (7, 0, 0), None, "the database's superuser has a certificate of its own"
    ),
    "install.checks_names": Fact(
        (7, 0, 0), None, "an external certificate is refused where public_ip is an address"
    ),
    "install.wipes_mnesia": Fact(
        (5, 0, 0), (7, 0, 0), "a broker that is configured again forgets its cluster"
    ),
    "remove.needs_force": Fact(None, (5, 0, 5), "remove does nothing without -f"),
    "remove.takes_force": Fact(None, (6, 3, 0), "-f is known"),
    "remove.renames_certificates": Fact(
        (6, 3, 0), None, "remove renames every file of the ssl directory"
    ),
    "dbs.need_node_id": Fact(
        (5, 0, 5), (5, 1, 0), "dbs add and remove without -i do nothing and exit with 0"
    ),
    "dbs.register": Fact((5, 1, 1), None, "the register of database nodes can be updated"),
    # the cluster
    "cluster.active_standby": Fact(None, (5, 0, 0), "one leader, replicas behind it"),
}


@dataclass(frozen=True)
class Capabilities:
    """The table's row for one manager.

    :param version: as C(/version) tells
    :param edition: C(community) or C(premium)
    """

    version: Version
    edition: str

    def has(self, name: str) -> bool:
        """:raises KeyError: for a name that is not in the table"""
        return FACTS[name].holds(self.version)

    def since(self, name: str) -> str:
        """In which versions a fact holds, in words."""
        fact = FACTS[name]
        parts = []
        if fact.since:
            parts.append(f"from {Version(fact.since)} on")
        if fact.until:
            parts.append(f"before {Version(fact.until)}")
        return " and ".join(parts) or "always"

    @property
    def premium(self) -> bool:
        return self.edition == "premium"

    @property
    def generation(self) -> str:
        """C(active_standby) or C(all_active)."""
        return "active_standby" if self.has("cluster.active_standby") else "all_active"

    @property
    def restore_flag_path(self) -> str | None:
        """The file on the manager that C(snapshot-status) looks at."""
        if not self.has("restore.snapshot_status"):
            return None
        if self.has("restore.flag_in_tmp"):
            return "/tmp/cloudify/snapshot_restoring"
        return "/opt/manager/snapshot_status/snapshot_restoring"

    @property
    def restore_grace(self) -> float:
        """Seconds for which the manager has to be at rest after a restore's execution has ended:
        a shell goes on by itself then. After 3 s it restarts the REST service, gives the admin the
        snapshot's password, and reboots the host if there are certificates to be restored."""
        return 0.0 if self.has("restore.snapshot_status") else RESTORE_GRACE

    def best_format(self) -> tuple[str, str]:
        """The snapshot format that keeps everything here: (C(legacy) or C(new), why)."""
        if not self.has("create.new_format"):
            return "legacy", f"version {self.version} has no other"
        if self.premium:
            return "legacy", "it keeps schedules, sites and timestamps, which the new format loses"
        return "new", (
            "a community manager's legacy archive lacks the revisions of Composer and Stage, "
            "and a restore of it would bring back nothing"
        )


__all__ = ("FACTS", "Capabilities", "Fact", "Version")
