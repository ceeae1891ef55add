# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives: the real manager's are read as REST showed their content, and ours come back as they were."""

from __future__ import annotations

import copy
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from standin import archives
from standin.archives import zips
from standin.archives.crypto import WrongKey, decrypt, encrypt, new_key
from standin.archives.legacy import FILLER

TESTS = Path(__file__).parents[2]
SAMPLES = TESTS / "data" / "archives"
RECORDINGS = TESTS / "fidelity" / "recordings" / "rich"
RICH_COUNTS = {
    "sites": 2,
    "plugins": 1,
    "secrets": 5,
    "blueprints": 4,
    "deployments": 5,
    "nodes": 10,
    "node_instances": 12,
    "tasks_graphs": 4,
}
SECRETS = {
    "db_password": "s3cret-1",
    "api_key": "key-2",
    "tls_cert": "-----BEGIN\nfoo\n-----END",
    "region": "eu-1",
    "numbers": "[1,2]",
}
# What a new-format archive does not hold, so that REST shows something else after a restore.
LOST_IN_NEW = {
    "secrets": {"updated_at"},
    "blueprints": {"updated_at"},
    "deployments": {"updated_at", "site_name"},
    "node_instances": {"version"},
    "execution_schedules": {"next_occurrence", "all_next_occurrences"},
}


def tenant_of(archive: archives.Archive, name: str = "default_tenant") -> dict[str, Any]:
    tenant: dict[str, Any] = archive.content["tenants"][name]
    return tenant


def recorded(kind: str) -> list[dict[str, Any]]:
    text = (RECORDINGS / f"R03_before_{kind}_size1000.json").read_text()
    items: list[dict[str, Any]] = json.loads(text)["response"]["body"]["items"]
    return items


def name_of(kind: str, item: dict[str, Any]) -> tuple[Any, Any]:
    return item.get(archives.key_of(kind)), item.get("deployment_id") if kind == "nodes" else None


def comparable(item: dict[str, Any], drop: set[str]) -> dict[str, Any]:
    """Without private keys; the order of labels is not defined, and the recordings hold no plans."""
    item = {k: v for k, v in item.items() if not k.startswith("_") and k not in drop}
    if isinstance(item.get("labels"), list):
        item["labels"] = sorted(item["labels"], key=lambda label: (label["key"], label["value"]))
    item.pop("plan", None)
    return item


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.zip")), ids=lambda p: p.stem)
def test_every_sample_of_a_real_manager_is_read(sample: Path) -> None:
    archive = archives.read(sample, verify=True)
    assert archive.version == "7.0.5"
    assert archive.format == ("legacy" if "legacy" in sample.stem else "new")
    assert archive.legacy_for_product == ("revisions" in sample.stem)
    if "rich" in sample.stem:
        tenant = tenant_of(archive)
        assert {kind: len(tenant[kind]) for kind in RICH_COUNTS} == RICH_COUNTS
        assert {s["key"]: s["_value"] for s in tenant["secrets"]} == SECRETS


@pytest.mark.parametrize(
    "kind",
    [
        "sites",
        "plugins",
        "secrets",
        "blueprints",
        "deployments",
        "nodes",
        "node_instances",
        "executions",
        "execution_schedules",
    ],
)
@pytest.mark.parametrize("sample", ["rich-legacy-revisions", "rich-new"])
def test_rich_samples_are_what_rest_listed(sample: str, kind: str) -> None:
    drop = {"all_next_occurrences"} if kind == "execution_schedules" else set()
    if sample == "rich-new":
        drop |= LOST_IN_NEW.get(kind, set())
    ours = tenant_of(archives.read(SAMPLES / f"{sample}.zip"))[kind]
    ours = [i for i in ours if not i.get("is_system_workflow")]
    theirs = recorded(kind)
    assert sorted(map(str, (name_of(kind, i) for i in ours))) == sorted(
        map(str, (name_of(kind, i) for i in theirs))
    )
    mine = {name_of(kind, i): comparable(i, drop) for i in ours}
    for item in theirs:
        assert mine[name_of(kind, item)] == comparable(item, drop)


def rich() -> dict[str, Any]:
    """The rich content with a second tenant, users, a group, an agent: what a premium manager may hold."""
    content = archives.read(SAMPLES / "rich-legacy-revisions.zip").content
    other = archives.empty_content(tenants=("other",))
    content["tenants"].update(other["tenants"])
    management = content["management"]
    management["tenants"].append(archives.shape("tenants", name="other"))
    management["users"].append(
        archives.shape(
            "users",
            username="bob",
            created_at="2026-11-20T10:00:00.000Z",
            _password="$pbkdf2-sha256$x",
            _tenants={"other": "viewer"},
        )
    )
    management["user_groups"].append(
        archives.shape(
            "user_groups", name="ops", ldap_dn="cn=ops", _tenants={"other": "user"}, _users=["bob"]
        )
    )
    tenant = content["tenants"]["other"]
    own = {"tenant_name": "other", "created_by": "bob", "created_at": "2026-11-20T10:00:00.000Z"}
    tenant["blueprints"].append(archives.shape("blueprints", id="bp-web", **own))
    tenant["secrets"].append(
        archives.shape("secrets", key="odd", _value="tab\t back\\slash \\N \u00e9\nline", **own)
    )
    instance = content["tenants"]["default_tenant"]["node_instances"][0]
    content["tenants"]["default_tenant"]["agents"].append(
        archives.shape(
            "agents",
            id="vm_agent",
            ip="10.0.0.7",
            version="7.0.5",
            node=instance["node_id"],
            deployment=instance["deployment_id"],
            host_id=instance["id"],
            created_at="2026-11-22T05:38:20.000Z",
        )
    )
    for group in (management["tenants"][1], management["users"][1], management["user_groups"][0]):
        group["users"] = group["tenants"] = group["groups"] = 1
    management["tenants"][0]["users"] = 1
    return content


def without_archives(content: dict[str, Any], drop: dict[str, set[str]]) -> dict[str, Any]:
    content = copy.deepcopy(content)
    for kinds in content["tenants"].values():
        for kind, items in kinds.items():
            for item in items:
                for key in {"_archive", "all_next_occurrences"} | drop.get(kind, set()):
                    item.pop(key, None)
                if kind in ("blueprints", "deployments"):
                    item["labels"] = sorted(item["labels"], key=str)
            items.sort(key=lambda i, k=kind: (*map(str, name_of(k, i)), str(i)))
    content["management"]["user_groups"] = [
        {k: v for k, v in g.items() if k in ("name", "ldap_dn", "_tenants", "_users")}
        for g in content["management"]["user_groups"]
    ]
    for kind in ("tenants", "users"):
        content["management"][kind] = [
            {k: v for k, v in i.items() if k not in ("users", "tenants", "groups") and v}
            for i in content["management"][kind]
        ]
        for item in content["management"][kind]:
            item.pop("_rabbitmq_password", None)
    return content


def test_legacy_round_trip_gives_back_everything(tmp_path: Path) -> None:
    content = rich()
    path = tmp_path / "a.zip"
    archives.write_legacy(path, content=content, version="7.0.5")
    back = archives.read(path, verify=True)
    assert back.format == "legacy"
    assert back.legacy_for_product
    assert without_archives(back.content, {}) == without_archives(content, {})
    before = {b["id"]: b["_archive"] for b in tenant_of_content(content)["blueprints"]}
    after = {b["id"]: b["_archive"] for b in tenant_of(back)["blueprints"]}
    assert after == before


def tenant_of_content(content: dict[str, Any]) -> dict[str, Any]:
    tenant: dict[str, Any] = content["tenants"]["default_tenant"]
    return tenant


def test_new_round_trip_loses_only_what_the_format_lacks(tmp_path: Path) -> None:
    content = rich()
    path = tmp_path / "a.zip"
    archives.write_new(path, content=content, version="7.0.5", execution_id="e1")
    back = archives.read(path, verify=True)
    assert back.format == "new"
    assert back.metadata == {"snapshot_version": "7.0.5", "execution_id": "e1"}
    lost = {**LOST_IN_NEW, "events": {"_storage_id"}}
    for kinds in content["tenants"].values():
        # The product brings its own filters with every installation and dumps none of them.
        kinds["deployments_filters"] = []
    assert without_archives(back.content, lost) == without_archives(content, lost)
    assert {d["site_name"] for d in tenant_of(back)["deployments"]} == {None}


def test_new_format_puts_at_most_500_items_in_a_file(tmp_path: Path) -> None:
    content = archives.empty_content()
    tenant_of_content(content)["secrets"] = [
        archives.shape("secrets", key=f"k{n}", _value=str(n)) for n in range(1201)
    ]
    path = tmp_path / "a.zip"
    archives.write_new(path, content=content, version="7.0.5", execution_id="e1")
    with zipfile.ZipFile(path) as archive:
        names = sorted(n for n in archive.namelist() if n.startswith("tenants/default_tenant/0"))
        sizes = [len(json.loads(archive.read(n))["items"]) for n in names]
    assert names[0].endswith("/00000001.json")
    assert sizes == [500, 500, 201]
    assert len(tenant_of(archives.read(path))["secrets"]) == 1201


def test_the_execution_of_the_create_is_dropped_by_a_legacy_restore(tmp_path: Path) -> None:
    content = rich()
    mine = tenant_of_content(content)["executions"][0]["id"]
    path = tmp_path / "a.zip"
    archives.write_legacy(path, content=content, version="7.0.5", execution_id=mine)
    with zipfile.ZipFile(path) as archive:
        assert mine in archive.read("pg_data").decode()
    assert mine not in {e["id"] for e in tenant_of(archives.read(path))["executions"]}


@pytest.mark.parametrize("option", ["include_logs", "include_events"])
@pytest.mark.parametrize("layout", ["legacy", "new"])
def test_logs_and_events_can_be_left_out(tmp_path: Path, layout: str, option: str) -> None:
    path = tmp_path / "a.zip"
    options = {option: False}
    if layout == "legacy":
        archives.write_legacy(path, content=rich(), version="7.0.5", options=options)
    else:
        archives.write_new(path, content=rich(), version="7.0.5", execution_id="e", options=options)
    left = {e["type"] for e in tenant_of(archives.read(path))["events"]}
    assert left == {"cloudify_event" if option == "include_logs" else "cloudify_log"}


@pytest.mark.parametrize(
    ("version", "metrics", "schedules"),
    [("4.5.5", True, False), ("5.0.5", False, False), ("5.2", False, True)],
)
def test_what_an_older_version_writes(
    tmp_path: Path, version: str, metrics: bool, schedules: bool
) -> None:
    path = tmp_path / "a.zip"
    options = {"include_metrics": True}
    archives.write_legacy(path, content=rich(), version=version, options=options)
    with zipfile.ZipFile(path) as archive:
        assert ("influxdb_data" in archive.namelist()) == metrics
    assert bool(tenant_of(archives.read(path))["execution_schedules"]) == schedules


def test_a_community_manager_names_no_revisions_of_composer_and_stage(tmp_path: Path) -> None:
    for edition in ("premium", "community"):
        path = tmp_path / f"{edition}.zip"
        archives.write_legacy(path, content=rich(), version="7.0.5", edition=edition)
        assert archives.read(path).legacy_for_product == (edition == "premium")
        with zipfile.ZipFile(path) as archive:
            assert {"composer_data", "stage_data"} <= set(archive.namelist())


def test_agent_keys_only_with_credentials(tmp_path: Path) -> None:
    content = rich()
    tenant_of_content(content)["agents"][0]["_agent_key"] = "-----KEY-----"
    for wanted in (True, False):
        path = tmp_path / f"{wanted}.zip"
        options = {"include_credentials": wanted}
        archives.write_legacy(path, content=content, version="7.0.5", options=options)
        with zipfile.ZipFile(path) as archive:
            assert any(n.endswith("/agent_key") for n in archive.namelist()) == wanted


def test_certificates_go_into_the_archive(tmp_path: Path) -> None:
    (tmp_path / "ssl").mkdir()
    (tmp_path / "ssl" / "cloudify_internal_key.pem").write_text("key")
    path = tmp_path / "a.zip"
    archives.write_legacy(path, content=rich(), version="7.0.5", ssl_dir=tmp_path / "ssl")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("ssl/cloudify_internal_key.pem") == b"key"


@pytest.mark.parametrize("layout", ["legacy", "new"])
def test_filler_gives_the_size_with_flat_memory(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "a.zip"
    content = archives.empty_content()
    size = 300 << 20
    tracemalloc.start()
    if layout == "legacy":
        archives.write_legacy(path, content=content, version="7.0.5", filler_bytes=size)
    else:
        archives.write_new(
            path, content=content, version="7.0.5", execution_id="e", filler_bytes=size
        )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size <= path.stat().st_size < size * 1.01
    assert peak < 64 << 20
    back = archives.read(path, verify=True)
    assert back.filler_bytes == size
    with zipfile.ZipFile(path) as archive:
        big = [i for i in archive.infolist() if i.file_size > 1 << 20]
    assert len(big) > 5
    assert {i.compress_type for i in big} == {zipfile.ZIP_DEFLATED}


def test_a_member_beyond_4_gib_has_room_in_its_header(tmp_path: Path) -> None:
    """The header is made before the data is written, so a small member shows it as well."""
    path = tmp_path / "a.zip"
    with zips.ZipWriter(path) as out, out.stream("big", size=5 << 30) as member:
        member.write(b"x")
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("big").extract_version == 45
        assert archive.read("big") == b"x"


def test_bad_files_are_named(tmp_path: Path) -> None:
    good = tmp_path / "good.zip"
    archives.write_legacy(good, content=rich(), version="7.0.5", filler_bytes=1 << 20)
    data = good.read_bytes()
    bad = tmp_path / "bad.zip"

    bad.write_bytes(b"")
    with pytest.raises(archives.BadArchive, match="empty"):
        archives.read(bad)
    bad.write_bytes(b"this is no archive")
    with pytest.raises(archives.BadArchive, match="not a zip"):
        archives.read(bad)
    bad.write_bytes(data[: len(data) // 2])
    with pytest.raises(archives.BadArchive, match="truncated"):
        archives.read(bad)
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("pg_data", "x")
    with pytest.raises(archives.BadArchive, match="metadata"):
        archives.read(bad)
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("metadata.json", '{"snapshot_version": "7.0.5"}')
    with pytest.raises(archives.BadArchive, match="neither"):
        archives.read(bad)


def test_damage_in_filler_is_seen_only_when_verified(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    archives.write_legacy(path, content=rich(), version="7.0.5", filler_bytes=1 << 20)
    with zipfile.ZipFile(path) as archive:
        info = next(i for i in archive.infolist() if i.filename.startswith(FILLER))
        at = info.header_offset + info.compress_size // 2
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0xFF]))
    archives.read(path)
    with pytest.raises(archives.BadArchive, match="damaged"):
        archives.read(path, verify=True)


@pytest.mark.parametrize("size", [32, 64])
def test_secret_values_need_their_key(size: int) -> None:
    key = new_key(size=size)
    token = encrypt("s\u00e9cret", key=key)
    assert decrypt(token, key=key) == "s\u00e9cret"
    with pytest.raises(WrongKey):
        decrypt(token, key=new_key(size=size))
