# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _versions
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import (
    VERSIONED_OPTIONS,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    FACTS,
    Capabilities,
    Version,
)

VERSIONS = ("4.5.5", "5.0.5", "5.2", "6.4", "7.0.0", "7.0.5")

# One letter for each of VERSIONS, from the product's own sources.
TABLE = {
    "create.include_metrics": "Y-----",
    "create.include_logs": "YYYYYY",
    "create.include_events": "YYYYYY",
    "create.queue": "YYYYYY",
    "create.tempdir_path": "---YYY",
    "create.new_format": "----YY",
    "create.listener_timeout": "-----Y",
    "create.new_format_ignores_credentials": "-----Y",
    "restore.recreate_deployments_envs": "YYY---",
    "restore.ignore_plugin_failure": "YY----",
    "restore.needs_single_node": "Y-----",
    "restore.snapshot_status": "-YYYYY",
    "restore.flag_in_tmp": "-----Y",
    "restore.needs_all_revisions": "----YY",
    "restore.refuses_3x": "-YYYYY",
    "restore.adjusts_scheduled": "-YYYYY",
    "restore.scheduled_become_schedules": "---YYY",
    "content.sites": "-YYYYY",
    "content.execution_schedules": "--YYYY",
    "content.deployment_labels": "--YYYY",
    "content.blueprint_labels": "--YYYY",
    "content.agents": "YYYYYY",
    "install.wipes_ssl": "Y-----",
    "install.keeps_certificates": "-Y----",
    "install.compares_keys": "--Y---",
    "install.config_option": "--YYYY",
    "install.rewrites_config": "YYY---",
    "install.hides_password": "-YY---",
    "install.clean_db": "YYY---",
    "install.marker_directories": "--YYYY",
    "install.supervisord": "--YYYY",
    "install.monitoring": "--YYYY",
    "install.superuser_certificates": "----YY",
    "install.checks_names": "----YY",
    "install.wipes_mnesia": "-YYY--",
    "remove.needs_force": "Y-----",
    "remove.takes_force": "YYY---",
    "remove.renames_certificates": "---YYY",
    "dbs.need_node_id": "-Y----",
    "dbs.register": "--YYYY",
    "cluster.active_standby": "Y-----",
}


def on(version: str, edition: str = "premium") -> Capabilities:
    return Capabilities(version=Version.parse(version), edition=edition)


def test_each_fact_is_in_this_table() -> None:
    assert set(TABLE) == set(FACTS)


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_is_read(fact: str) -> None:
    group, _dot, name = fact.partition(".")
    if group in ("install", "remove", "dbs"):
        # for roles, under this name
        assert facts_of("7.0.5")[f"{group}_{name}"] in (True, False)
    elif group == "create" and name in VERSIONED_OPTIONS:
        assert on("7.0.5").has(fact) in (True, False)
    else:
        sources = (path.read_text() for path in Path(_versions.__file__).parent.glob("*.py"))
        assert sum(source.count(f'"{fact}"') for source in sources) > 1, "it is in the table only"


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_can_what_the_product_says(version: str) -> None:
    column = VERSIONS.index(version)
    wanted = {fact for fact, row in TABLE.items() if row[column] == "Y"}
    assert {fact for fact in FACTS if on(version).has(fact)} == wanted


@pytest.mark.parametrize(
    ("fact", "last_without", "first_with"),
    [
        ("create.include_logs", "4.2.9", "4.3.0"),
        ("create.include_events", "4.2.9", "4.3.0"),
        ("create.queue", "4.4.1", "4.5.0"),
        ("create.tempdir_path", "6.3.2", "6.4.0"),
        ("create.new_format", "6.4.9", "7.0.0"),
        ("create.listener_timeout", "7.0.3", "7.0.4"),
        ("create.new_format_ignores_credentials", "7.0.3", "7.0.4"),
        ("restore.snapshot_status", "5.0.0", "5.0.5"),
        ("restore.flag_in_tmp", "7.0.2", "7.0.3"),
        ("restore.scheduled_become_schedules", "5.2.7", "5.3.0"),
        ("install.keeps_certificates", "4.6.0", "5.0.0"),
        ("install.compares_keys", "5.1.0", "5.1.1"),
        ("install.config_option", "5.0.5", "5.1.0"),
        ("install.hides_password", "5.0.0", "5.0.5"),
        ("install.marker_directories", "5.0.5", "5.1.0"),
        ("install.supervisord", "5.1.4", "5.2.0"),
        ("remove.renames_certificates", "6.2.0", "6.3.0"),
        ("dbs.need_node_id", "5.0.0", "5.0.5"),
        ("dbs.register", "5.1.0", "5.1.1"),
    ],
)
def test_a_fact_begins_with_its_version(fact: str, last_without: str, first_with: str) -> None:
    assert not on(last_without).has(fact)
    assert on(first_with).has(fact)


@pytest.mark.parametrize(
    ("fact", "last_with", "first_without"),
    [
        ("create.include_metrics", "5.0.0", "5.0.5"),
        ("restore.recreate_deployments_envs", "5.2.7", "5.3.0"),
        ("restore.ignore_plugin_failure", "5.0.5", "5.1.0"),
        ("restore.needs_single_node", "4.6.0", "5.0.0"),
        ("cluster.active_standby", "4.6.0", "5.0.0"),
        ("install.wipes_ssl", "4.6.0", "5.0.0"),
        ("install.keeps_certificates", "5.1.0", "5.1.1"),
        ("install.compares_keys", "6.2.0", "6.3.0"),
        ("install.rewrites_config", "6.2.0", "6.3.0"),
        ("install.clean_db", "6.3.2", "6.4.0"),
        ("install.wipes_mnesia", "6.4.2", "7.0.0"),
        ("remove.needs_force", "5.0.0", "5.0.5"),
        ("remove.takes_force", "6.2.0", "6.3.0"),
        ("dbs.need_node_id", "5.0.5", "5.1.0"),
    ],
)
def test_a_fact_ends_before_its_version(fact: str, last_with: str, first_without: str) -> None:
    assert on(last_with).has(fact)
    assert not on(first_without).has(fact)


def test_a_fact_that_nobody_knows_is_a_defect() -> None:
    with pytest.raises(KeyError):
        on("7.0.5").has("create.everything")


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("7.0.5", (7, 0, 5)),
        ("7.0.5.dev1", (7, 0, 5)),
        ("7.0.5-ga", (7, 0, 5)),
        ("5.2", (5, 2, 0)),
        (" 6.4.0 ", (6, 4, 0)),
        ("4", (4, 0, 0)),
        ("10.11.12", (10, 11, 12)),
    ],
)
def test_versions_are_read(text: str, release: tuple[int, ...]) -> None:
    assert Version.parse(text).release == release


@pytest.mark.parametrize("text", ["", "latest", "v7", ".7", None])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


def test_versions_are_ordered_by_number_and_not_by_letter() -> None:
    texts = ["10.0.0", "7.0.5", "5.10", "5.9.9", "5.2"]
    ordered = sorted(Version.parse(text) for text in texts)
    assert [str(version) for version in ordered] == ["5.2.0", "5.9.9", "5.10.0", "7.0.5", "10.0.0"]


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("4.5.5", None),
        ("5.0.5", "/opt/manager/snapshot_status/snapshot_restoring"),
        ("7.0.2", "/opt/manager/snapshot_status/snapshot_restoring"),
        ("7.0.3", "/tmp/cloudify/snapshot_restoring"),
        ("7.0.5", "/tmp/cloudify/snapshot_restoring"),
    ],
)
def test_the_restore_flag_is_where_the_version_has_it(version: str, path: str | None) -> None:
    assert on(version).restore_flag_path == path


@pytest.mark.parametrize(
    ("version", "edition", "wanted", "because"),
    [
        ("4.5.5", "premium", "legacy", "version 4.5.5 has no other"),
        ("6.4", "community", "legacy", "version 6.4.0 has no other"),
        ("7.0.0", "premium", "legacy", "keeps schedules, sites and timestamps"),
        ("7.0.5", "premium", "legacy", "keeps schedules, sites and timestamps"),
        ("7.0.0", "community", "new", "would bring back nothing"),
        ("7.0.5", "community", "new", "would bring back nothing"),
    ],
)
def test_the_best_format_is_the_one_that_restores_most(
    version: str, edition: str, wanted: str, because: str
) -> None:
    chosen, why = on(version, edition).best_format()
    assert chosen == wanted
    assert because in why


@pytest.mark.parametrize(
    ("version", "generation"), [("4.6", "active_standby"), ("5.0.0", "all_active")]
)
def test_the_generation_changes_with_5_0(version: str, generation: str) -> None:
    assert on(version).generation == generation


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("create.include_metrics", "before 5.0.5"),
        ("create.listener_timeout", "from 7.0.4 on"),
        ("restore.ignore_plugin_failure", "from 4.5.0 on and before 5.1.0"),
    ],
)
def test_since_says_in_words_where_a_fact_holds(fact: str, words: str) -> None:
    assert on("7.0.5").since(fact) == words
