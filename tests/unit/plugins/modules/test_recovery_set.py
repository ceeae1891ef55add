# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""recovery_set: staged and present."""

from __future__ import annotations

import json
import os
import pathlib
import types
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _sets
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import EVERY_STATE
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import samples

HOUR = 3600
#: The requests of an inventory of 4.5.5 community, the shortest there is.
LISTS = {
    "/tenants": "name",
    "/blueprints": "id,tenant_name",
    "/deployments": "id,blueprint_id,tenant_name",
    "/plugins": "id,package_name,package_version,tenant_name",
    "/secrets": "key,tenant_name",
    "/nodes": "deployment_id,id,tenant_name",
    "/node-instances": "id,state,tenant_name",
    "/agents": "id,tenant_name",
    "/executions": "id,status,workflow_id,deployment_id,scheduled_for,tenant_name",
}


def inventory(manager: t.Any, *secrets: str) -> None:
    manager.version("4.5.5", "community")
    for path, fields in LISTS.items():
        query = {"_include": fields} | ({} if path == "/tenants" else {"_all_tenants": "true"})
        items = [{"key": key, "tenant_name": "t1"} for key in secrets]
        manager.listed(path, items if path == "/secrets" else [], query=query)


MADE = {"workflow_id": "create_snapshot", "id": "e1", "created_at": "2026-11-22T00:00:00.000Z"}


def on_manager(
    manager: t.Any, set_id: str, status: str | None = "created", execution: str | None = None
) -> None:
    """What a look at an unfinished set's snapshot finds."""
    if status is None:
        manager.error("GET", f"/snapshots/{set_id}", 404, "not_found_error")
        return
    manager.get(f"/snapshots/{set_id}", {"id": set_id, "status": status})
    if status == "created":
        query = {"_include_system_workflows": "true", "_all_tenants": "true"}
        made = [{**MADE, "status": execution, "parameters": {"snapshot_id": set_id}}]
        states = {"status": list(EVERY_STATE), "workflow_id": "create_snapshot"}
        manager.listed("/executions", made if execution else [], query={**query, **states})


@pytest.fixture
def run(manager: t.Any, tmp_path: pathlib.Path) -> t.Callable[..., dict[str, t.Any]]:
    def run_it(**options: t.Any) -> dict[str, t.Any]:
        given = {"store": str(tmp_path), "cluster": samples.CLUSTER, "id": "r1", **options}
        return t.cast("dict[str, t.Any]", manager.run("recovery_set", **given))

    return run_it


def tree(path: pathlib.Path) -> dict[str, tuple[int, int]]:
    return {
        str(each.relative_to(path)): (each.stat().st_size, each.stat().st_mtime_ns)
        for each in path.rglob("*")
    }


def age(folder: pathlib.Path, hours: float) -> None:
    before = folder.stat().st_mtime - hours * HOUR
    os.utime(folder, (before, before))


# -- staged ----------------------------------------------------------------------------------------


def test_a_set_is_begun_with_the_inventory_in_it(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    inventory(manager, "a", "b")
    said = run(state="staged", diff=True)
    assert said["changed"]
    assert said["reason"] == "no set is being made"
    assert said["diff"] == {"before": {"state": "absent"}, "after": {"state": "staged"}}
    assert (said["id"], said["resumed"], said["abandoned"]) == ("r1", False, [])
    assert said["counts"] == {"secrets": 2}
    staging = tmp_path / "prod" / ".incoming-r1"
    assert said["path"] == str(staging)
    content = json.loads((staging / "content.json").read_text())
    assert content["content"]["t1"]["secrets"]["ids"] == ["a", "b"]
    assert staging.stat().st_mode & 0o777 == 0o700
    assert (staging / "content.json").stat().st_mode & 0o777 == 0o600


def test_staging_in_check_mode_writes_nothing(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    inventory(manager, "a")
    said = run(state="staged", check=True)
    assert said["changed"]
    assert said["counts"] == {"secrets": 1}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("execution", [None, "started", "terminated"])
def test_a_set_that_is_being_made_is_taken_up_again_under_its_own_id(
    execution: str | None, manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    staging = samples.stage(tmp_path, "r0")
    before = tree(tmp_path)
    on_manager(manager, "r0", execution=execution)
    said = run(state="staged", id="r1")
    assert not said["changed"]
    assert (said["id"], said["resumed"]) == ("r0", True)
    assert said["path"] == str(staging)
    assert said["counts"] == {"secrets": 1}
    assert tree(tmp_path) == before


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("status", "execution"), [(None, None), ("failed", None), ("created", "cancelled")]
)
def test_where_its_snapshot_has_to_be_made_anew_so_has_its_inventory(
    status: str | None,
    execution: str | None,
    check: bool,
    manager: t.Any,
    run: t.Any,
    tmp_path: pathlib.Path,
) -> None:
    """What was deleted meanwhile would count as lost, and be made again by a restore."""
    staging = samples.stage(tmp_path, "r0")
    before = tree(tmp_path)
    on_manager(manager, "r0", status, execution)
    inventory(manager, "b", "c")
    on_manager(manager, "r0", status, execution)
    said = run(state="staged", check=check)
    assert said["changed"]
    assert said["reason"].startswith("an unfinished set is taken up again with a new inventory, ")
    assert (said["id"], said["resumed"], said["counts"]) == ("r0", True, {"secrets": 2})
    content = json.loads((staging / "content.json").read_text())["content"]
    assert content["t1"]["secrets"]["ids"] == (["a"] if check else ["b", "c"])
    assert (tree(tmp_path) == before) == check


def test_a_new_inventory_that_says_the_same_changes_nothing(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    inventory(manager, "a")
    run(state="staged")
    before = tree(tmp_path)
    on_manager(manager, "r1", None)
    inventory(manager, "a")
    assert not run(state="staged")["changed"]
    assert tree(tmp_path) == before


def test_an_inventory_that_is_older_than_its_snapshot_stays(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    """The request of the run that was killed can arrive while the new one is taken."""
    samples.stage(tmp_path, "r0")
    before = tree(tmp_path)
    on_manager(manager, "r0", None)
    inventory(manager, "b")
    on_manager(manager, "r0", "created", "started")
    said = run(state="staged")
    assert (said["changed"], said["counts"]) == (False, {"secrets": 1})
    assert tree(tmp_path) == before


@pytest.mark.parametrize("content", [None, "", "{", "{}"])
def test_an_unfinished_set_without_an_inventory_gets_one(
    content: str | None, manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    staging = samples.stage(tmp_path, "r0")
    (staging / "content.json").unlink()
    if content is not None:
        (staging / "content.json").write_text(content)
    inventory(manager, "new")
    said = run(state="staged")
    assert said["changed"]
    assert (said["id"], said["reason"]) == ("r0", "an unfinished set is taken up again")
    content_now = json.loads((staging / "content.json").read_text())
    assert content_now["content"]["t1"]["secrets"]["ids"] == ["new"]


@pytest.mark.parametrize("check", [False, True])
def test_an_unfinished_set_that_is_too_old_is_given_up(
    check: bool, manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    old = samples.stage(tmp_path, "r0")
    age(old, 7)
    inventory(manager, "a")
    said = run(state="staged", check=check)
    assert said["changed"]
    assert (said["id"], said["resumed"], said["abandoned"]) == ("r1", False, ["r0"])
    # it stays, and as old as it was: nothing else knows of its snapshot on the manager
    assert (old / "snapshot.zip").exists() == check
    assert (old / "content.json").exists()
    assert (tmp_path / "prod" / ".incoming-r1").exists() == (not check)
    if not check:
        on_manager(manager, "r1")
        again = run(state="staged", id="r2")
        assert not again["changed"]
        assert (again["id"], again["abandoned"]) == ("r1", ["r0"])


@pytest.mark.parametrize(("free", "fits"), [(0, False), (399, False), (400, True)])
def test_there_has_to_be_room_for_a_snapshot_as_large_as_the_newest(
    free: int,
    fits: bool,
    manager: t.Any,
    run: t.Any,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = samples.commit(tmp_path, "r0")
    files = json.loads((folder / "manifest.json").read_text())["files"]
    files["snapshot.zip"]["size"] = 1000
    samples.edit_manifest(folder, files=files)
    old = samples.stage(tmp_path, "r1")
    (old / "snapshot.zip").write_bytes(b"x" * 600)
    age(old, 7)
    spare = 16 << 20
    monkeypatch.setattr(
        _sets.shutil, "disk_usage", lambda _path: types.SimpleNamespace(free=free + spare)
    )
    inventory(manager, "a")
    before = tree(tmp_path)
    said = run(state="staged", id="r2")
    if fits:
        assert said["abandoned"] == ["r1"]
    else:
        assert "Cannot begin a recovery set: " in said["msg"]
        assert f"{tmp_path}/prod has 16 MiB free, 16 MiB are needed. Make room" in said["msg"]
        assert tree(tmp_path) == before


def test_of_several_unfinished_sets_the_newest_is_taken_up_again(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    for hours, set_id in ((3, "r1"), (1, "r2"), (2, "r3")):
        age(samples.stage(tmp_path, set_id), hours)
    on_manager(manager, "r2")
    said = run(state="staged", id="r9", resume_within=4 * HOUR)
    assert (said["id"], said["resumed"]) == ("r2", True)
    assert sorted(said["abandoned"]) == ["r1", "r3"]
    assert samples.store(tmp_path).unfinished() == ["r2", "r3", "r1"]


@pytest.mark.parametrize("check", [False, True])
def test_an_id_that_is_taken_is_refused_before_any_request(
    check: bool, run: t.Any, tmp_path: pathlib.Path
) -> None:
    samples.commit(tmp_path, "r1")
    age(samples.stage(tmp_path, "r0"), 7)
    before = tree(tmp_path)
    said = run(state="staged", check=check)
    assert "the store has a set r1 already" in said["msg"]
    assert not said.get("changed")
    assert tree(tmp_path) == before


def test_a_store_that_cannot_be_written_is_told(
    manager: t.Any, run: t.Any, tmp_path: t.Any
) -> None:
    (tmp_path / "file").write_text("")
    inventory(manager)
    said = run(state="staged", store=str(tmp_path / "file" / "store"))
    assert said["failed"]
    assert said["msg"].startswith(f"Cannot read or write {tmp_path}/file/")


def test_a_store_that_is_a_file_is_refused_before_any_request(
    run: t.Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "file").write_text("")
    assert "is no directory" in run(state="staged", store=str(tmp_path / "file"))["msg"]


# -- present ---------------------------------------------------------------------------------------

SNAPSHOT = {"id": "r1", "status": "created", "format": "legacy"}


def test_what_is_staged_is_verified_and_committed(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    staging = samples.stage(tmp_path, "r1")
    inventory(manager, "a")
    said = run(
        state="present",
        snapshot={**SNAPSHOT, **samples.snapshot(staging)},
        durations={"create": 5.5},
        warnings=["sites are lost"],
        diff=True,
    )
    assert said["changed"]
    assert said["diff"] == {"before": {"state": "staged"}, "after": {"state": "present"}}
    assert said["set"]["sound"] and said["set"]["verified"] == "full"
    manifest = said["set"]["manifest"]
    assert manifest["snapshot"]["format"] == "legacy"
    assert manifest["durations"] == {"create": 5.5}
    assert manifest["warnings"] == ["sites are lost"]
    assert json.loads((tmp_path / "prod" / "r1" / "manifest.json").read_text()) == manifest


def test_what_moved_on_while_the_snapshot_was_made_is_named(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path
) -> None:
    staging = samples.stage(tmp_path, "r1")
    inventory(manager, "b")
    warnings = run(snapshot={**SNAPSHOT, **samples.snapshot(staging)})["set"]["manifest"][
        "warnings"
    ]
    assert warnings == [
        "while the snapshot was made, the manager's content moved on: " f"{change} of tenant t1"
        for change in ("lost: secrets a", "gained: secrets b")
    ]


def test_a_set_that_is_there_is_left_alone(run: t.Any, tmp_path: pathlib.Path) -> None:
    samples.commit(tmp_path, "r1")
    before = tree(tmp_path)
    said = run(snapshot=SNAPSHOT)
    assert not said["changed"]
    assert said["set"]["id"] == "r1" and said["set"]["manifest"]["proofs"]
    assert tree(tmp_path) == before


def test_each_proof_says_when_it_was_passed(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = {**SNAPSHOT, **samples.snapshot(samples.stage(tmp_path, "r1"))}
    monkeypatch.setattr(_sets, "utc_now", lambda: "2026-11-22T03:00:00Z")
    inventory(manager, "a")
    said = run(snapshot={**snapshot, "created_seen_at": "2026-11-22T02:00:00Z"})
    assert {each["name"]: each["passed_at"] for each in said["set"]["manifest"]["proofs"]} == {
        "inventory": "2026-11-22T00:00:00Z",
        "created": "2026-11-22T02:00:00Z",
        "length": "2026-11-22T03:00:00Z",
        "checksums": "2026-11-22T03:00:00Z",
        "metadata": "2026-11-22T03:00:00Z",
    }


def test_a_set_that_its_own_manager_could_not_restore_is_not_committed(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(samples.REVISIONS, "composer_schema_revision")
    staging = samples.stage(tmp_path, "r1")
    inventory(manager, "a")
    said = run(snapshot={**SNAPSHOT, **samples.snapshot(staging)})
    assert "its own manager could not restore it: its metadata lacks composer" in said["msg"]
    assert samples.store(tmp_path).sets() == []


def test_committing_in_check_mode_only_looks(run: t.Any, tmp_path: pathlib.Path) -> None:
    samples.stage(tmp_path, "r1")
    before = tree(tmp_path)
    said = run(snapshot=SNAPSHOT, check=True)
    assert said["changed"] and "set" not in said
    assert tree(tmp_path) == before


def no_file(staging: pathlib.Path) -> None:
    (staging / "snapshot.zip").unlink()


def no_inventory(staging: pathlib.Path) -> None:
    (staging / "content.json").unlink()


def torn(staging: pathlib.Path) -> None:
    data = (staging / "snapshot.zip").read_bytes()
    (staging / "snapshot.zip").write_bytes(data[: len(data) // 2])


def empty(staging: pathlib.Path) -> None:
    (staging / "snapshot.zip").write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "snapshot", "words"),
    [
        (no_file, {}, "snapshot.zip is not staged yet"),
        (no_inventory, {}, "content.json is not staged yet"),
        (torn, {}, "snapshot.zip: "),
        (empty, {}, "the file is empty"),
        (None, {"status": "failed"}, "the manager says that the snapshot is failed"),
        (None, {"status": "creating"}, "the manager says that the snapshot is creating"),
        (None, {"status": None}, "the manager says that the snapshot is None"),
        (None, {"size": None}, "the length is not proven"),
        (None, {"size": 1}, "snapshot.zip has changed since its download"),
        (None, {"sha256": "0" * 64}, "snapshot.zip has changed since its download"),
    ],
)
def test_what_is_not_proven_is_not_committed(
    spoil: t.Any,
    snapshot: t.Any,
    words: str,
    manager: t.Any,
    run: t.Any,
    tmp_path: pathlib.Path,
) -> None:
    staging = samples.stage(tmp_path, "r1")
    facts = {**SNAPSHOT, **samples.snapshot(staging), **snapshot}
    if spoil:
        spoil(staging)
    inventory(manager, "a")
    said = run(snapshot=facts)
    assert said["failed"]
    assert words in said["msg"]
    assert samples.store(tmp_path).sets() == []
    assert samples.store(tmp_path).unfinished() == ["r1"]


def test_a_full_disk_leaves_no_set(
    manager: t.Any, run: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = {**SNAPSHOT, **samples.snapshot(samples.stage(tmp_path, "r1"))}
    inventory(manager, "a")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_sets.os, "fsync", full)
        assert "No space left on device" in run(snapshot=snapshot)["msg"]
    assert samples.store(tmp_path).sets() == []
    inventory(manager, "a")
    assert run(snapshot=snapshot)["set"]["sound"]


def no_manager(manager: t.Any) -> None:
    for _attempt in range(5):
        manager.broken("GET", "/version", c.refused())


def a_list_fails(manager: t.Any) -> None:
    manager.version("4.5.5", "community")
    query = {"_size": 1000, "_offset": 0, "_include": "name"}
    manager.error("GET", "/tenants", 500, "internal_server_error", query=query)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (no_manager, "Cannot read the manager's version: "),
        (a_list_fails, "Cannot list tenants: "),
    ],
)
def test_what_is_proven_is_committed_though_the_manager_is_gone(
    broken: t.Any,
    why: str,
    manager: t.Any,
    run: t.Any,
    tmp_path: pathlib.Path,
    clock: t.Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second inventory takes nothing away from the proofs, and the set may be all there is."""
    warned: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: warned.append(text))
    staging = samples.stage(tmp_path, "r1")
    broken(manager)
    said = run(snapshot={**SNAPSHOT, **samples.snapshot(staging)}, warnings=["known"])
    assert said["changed"] and said["set"]["sound"]
    known, missing = said["set"]["manifest"]["warnings"]
    assert known == "known"
    assert missing.startswith("what changed while the snapshot was made is not known: " + why)
    assert warned == [missing]
    assert [each.id for each in samples.store(tmp_path).sets()] == ["r1"]
