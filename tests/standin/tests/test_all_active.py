# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managers that share a database."""

from __future__ import annotations

import fcntl
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn
from standin.tests.clusters import Cluster, until
from standin.tests.postgres import Postgres

Make = Callable[..., Cluster]
Pair = tuple[StandIn, StandIn]


@pytest.fixture(scope="module")
def running(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Cluster(postgres, tmp_path_factory.mktemp("pair"))
    yield made.start(1), made.start(2)
    made.stop()


@pytest.fixture
def pair(running: Pair) -> Iterator[Pair]:
    """Two managers of 7.0.5 with nothing in them."""
    yield running
    for manager in running:
        if not manager.alive:
            manager.start()
        manager.password = "admin"
        manager.clear_faults()
        manager.wipe()
        for name in ("cloudify-syncthing", "cloudify-stage"):
            manager.control("POST", "/service", {"name": name, "state": "up"})


def ids(manager: StandIn, kind: str) -> list[str]:
    found = manager.call("GET", f"/{kind}").json["items"]
    names = ("hostname", "id", "key", "name")
    return [str(next(i[n] for n in names if n in i)) for i in found]


def create(manager: StandIn, snapshot_id: str, **body: Any) -> None:
    answer = manager.call("PUT", f"/snapshots/{snapshot_id}", {"legacy": True, **body})
    assert answer.status == 201, answer.body
    until(lambda: status(manager, snapshot_id) == "created", f"{snapshot_id} created")
    execution = answer.json["id"]
    until(lambda: ended(manager, execution), "the execution's end")


def status(manager: StandIn, snapshot_id: str) -> str:
    return str(manager.call("GET", f"/snapshots/{snapshot_id}").json.get("status"))


def ended(manager: StandIn, execution: str) -> bool:
    found = manager.call("GET", f"/executions/{execution}")
    return found.status == 200 and found.json["status"] in ("terminated", "failed", "cancelled")


def archive(manager: StandIn, snapshot_id: str) -> Path:
    return manager.state / "snapshots" / snapshot_id / f"{snapshot_id}.zip"


# -- content
def test_what_one_manager_is_given_the_other_shows(pair: Pair) -> None:
    one, two = pair
    one.seed(sample="rich")
    assert ids(two, "blueprints") == ids(one, "blueprints") != []
    two.call("PUT", "/secrets/made-there", {"value": "x"})
    assert "made-there" in ids(one, "secrets")
    assert ids(one, "managers") == ids(two, "managers") == ["h1", "h2"]


def test_a_password_set_on_one_counts_on_all(pair: Pair) -> None:
    one, two = pair
    one.control("POST", "/admin-password", {"password": "other"})
    assert two.call("GET", "/version").status == 401
    two.password = "other"
    assert two.call("GET", "/version").status == 200


def test_managers_that_start_at_once_fill_the_database_once(cluster: Make) -> None:
    made = cluster()
    one, two, three = made.start(1), made.start(2), made.start(3)
    assert one.summary()["counts"]["users"] == 1
    assert two.summary()["counts"]["tenants"] == 1
    assert three.summary()["counts"]["managers"] == 3


def test_the_vendors_fields_of_a_manager(pair: Pair) -> None:
    one, _two = pair
    item = one.call("GET", "/managers?hostname=h1").json["items"][0]
    assert item["private_ip"] == Cluster.address(1)
    assert item["networks"] == {"default": Cluster.address(1)}
    assert (item["version"], item["edition"]) == ("7.0.5", "premium")
    assert "node_id" not in item
    assert one.call("GET", "/managers?hostname=h9").json["items"] == []


# -- archives
def test_archives_come_to_the_others_and_go_again(pair: Pair) -> None:
    one, two = pair
    create(one, "s1")
    until(archive(two, "s1").exists, "the archive on the other manager")
    assert archive(two, "s1").read_bytes() == archive(one, "s1").read_bytes()
    body = two.call("GET", "/snapshots/s1/archive").body
    assert body == archive(one, "s1").read_bytes()
    two.call("DELETE", "/snapshots/s1")
    until(lambda: not archive(one, "s1").exists(), "the archive gone everywhere")
    assert ids(one, "snapshots") == []


def test_a_manager_that_comes_later_gets_the_archives(cluster: Make) -> None:
    made = cluster()
    one = made.start(1)
    create(one, "s1")
    create(one, "s2")
    two = made.start(2)
    until(lambda: archive(two, "s1").exists() and archive(two, "s2").exists(), "both archives")


def test_what_was_deleted_while_a_manager_was_off_is_deleted_there_too(pair: Pair) -> None:
    one, two = pair
    create(one, "s1")
    until(archive(two, "s1").exists, "the archive on the other manager")
    two.kill()
    one.call("DELETE", "/snapshots/s1")
    two.start()
    until(lambda: not archive(two, "s1").exists(), "the archive gone")
    assert not archive(one, "s1").exists()


def test_a_manager_that_is_installed_anew_takes_no_archive_away(pair: Pair) -> None:
    import shutil

    one, two = pair
    create(one, "s1")
    until(archive(two, "s1").exists, "the archive on the other manager")
    two.kill()
    shutil.rmtree(two.state)
    two.start()
    until(archive(two, "s1").exists, "the archive again")
    assert archive(one, "s1").exists()


def test_no_archive_travels_while_the_sync_service_is_down(pair: Pair) -> None:
    one, two = pair
    two.control("POST", "/service", {"name": "cloudify-syncthing", "state": "down"})
    create(one, "s1")
    sync = two.call("GET", "/status").json
    assert sync["services"]["File Sync Service"]["status"] == "Inactive"
    assert sync["status"] == "Fail"
    assert two.call("GET", "/snapshots/s1/archive").status == 404
    two.control("POST", "/service", {"name": "cloudify-syncthing", "state": "up"})
    until(archive(two, "s1").exists, "the archive")


# -- executions
def test_a_manager_runs_what_it_accepted_itself_and_nobody_else_does(pair: Pair) -> None:
    one, two = pair
    one.worker("down")
    answer = one.call("PUT", "/snapshots/s1", {"legacy": True})
    create(two, "s2", legacy=False)
    assert status(one, "s1") == "creating"
    found = two.call("GET", f"/executions/{answer.json['id']}").json
    assert found["status"] == "pending"
    one.worker("up")
    until(lambda: status(two, "s1") == "created", "created at last")


def test_what_ran_on_a_manager_that_died_stays_as_it_was(pair: Pair) -> None:
    one, two = pair
    one.workflow_fault("create_snapshot", "hang")
    answer = one.call("PUT", "/snapshots/s1", {"legacy": True})
    path = f"/executions/{answer.json['id']}"
    until(lambda: two.call("GET", path).json["status"] == "started", "started")
    one.kill()
    one.start()
    assert two.call("GET", path).json["status"] == "started"
    refused = two.call("PUT", "/snapshots/s2", {"legacy": True})
    assert refused.code == "existing_running_execution_error"


def test_a_queued_create_is_run_once(pair: Pair) -> None:
    one, two = pair
    blocking = one.add_execution(workflow_id="install", status="started")
    queued = [
        m.call("PUT", f"/snapshots/{name}", {"legacy": True, "queue": True}).json
        for m, name in ((one, "s1"), (two, "s2"))
    ]
    assert [q["status"] for q in queued] == ["queued", "queued"]
    one.end_execution(blocking)
    until(lambda: status(one, "s1") == status(two, "s2") == "created", "both created")


# -- maintenance
@pytest.mark.parametrize(
    ("profile", "everywhere"), [("7.0.5", True), ("5.2", True), ("5.0.5", False)]
)
def test_maintenance(cluster: Make, profile: str, everywhere: bool) -> None:
    made = cluster(profile=profile)
    one, two = made.start(1), made.start(2)
    one.call("POST", "/maintenance/activate")
    assert one.call("GET", "/maintenance").json["status"] == "activated"
    other = two.call("GET", "/maintenance").json["status"]
    assert other == ("activated" if everywhere else "deactivated")
    assert two.call("GET", "/blueprints").status == (503 if everywhere else 200)
    one.kill()
    one.start()
    assert one.call("GET", "/maintenance").json["status"] == "activated"


# -- restore
def test_a_restore_on_one_manager_is_everybodys_and_leaves_the_cluster_alone(pair: Pair) -> None:
    one, two = pair
    one.seed(sample="rich")
    before = sorted(ids(one, "secrets"))
    create(one, "s1")
    for key in before:
        two.call("DELETE", f"/secrets/{key}")
    two.call("PUT", "/secrets/later", {"value": "x"})
    answer = one.call("POST", "/snapshots/s1/restore", {"force": True})
    until(lambda: flag(one) == "running", "the flag")
    # the flag is a file of the node that restores
    assert flag(two) == "not-running"
    until(lambda: settled(one, answer.json["id"]), "the restore's end")
    assert sorted(ids(two, "secrets")) == before
    assert ids(two, "managers") == ["h1", "h2"]
    # 6.3 and later remove the archives, here and with that everywhere
    until(lambda: not archive(two, "s1").exists(), "the archive gone")


def settled(manager: StandIn, execution: str) -> bool:
    return flag(manager) == "not-running" and ended(manager, execution)


def flag(manager: StandIn) -> str:
    answer = manager.call("GET", "/snapshot-status")
    return str(answer.json["status"]) if answer.status == 200 else ""


def test_a_wipe_leaves_the_registers(pair: Pair) -> None:
    one, two = pair
    one.seed(sample="rich")
    two.wipe()
    assert ids(one, "blueprints") == []
    assert ids(one, "managers") == ["h1", "h2"]


# -- the database away
def test_without_a_database_requests_fail_and_come_back(cluster: Make) -> None:
    made = cluster()
    one = made.start(1)
    made.postgres.stop()
    try:
        for path in ("/status", "/cluster-status", "/snapshots", "/maintenance"):
            answer = one.call("GET", path)
            assert (answer.status, answer.code) == (500, "internal_server_error"), path
        # what is a file of the node needs none, except to know about maintenance mode
        two = made_without_database(made)
        assert two.call("GET", "/version").status == 500
    finally:
        made.postgres.start()
    assert one.call("GET", "/status").json["status"] == "OK"
    assert two.call("GET", "/status").json["status"] == "OK"


def made_without_database(made: Cluster) -> StandIn:
    """A manager that starts while there is none."""
    manager = StandIn(
        profile=made.profile.name,
        state=made.folder / "h2",
        ca_dir=made.folder / "ca",
        hostname="h2",
        private_ip=made.address(2),
        cluster_config=made.config,
        speed=made.speed,
    ).start()
    made.managers["h2"] = manager
    return manager


def test_a_write_that_is_held_up_ends_as_a_gateway_timeout(cluster: Make) -> None:
    made = cluster()
    one = made.start(1)
    made.configure(database={**made.settings["database"], "timeout": 1})
    one.stop()
    one.start()
    one.call("GET", "/status")
    made.postgres.set(synchronous_standby_names="nobody")
    try:
        answer = until(lambda: held_up(one), "a write held up")
        assert b"504 Gateway Time-out" in answer.body
        assert one.call("GET", "/blueprints").status == 200
        assert one.call("GET", "/status").json["status"] == "OK"
    finally:
        made.postgres.set(synchronous_standby_names="")
    until(lambda: one.call("PUT", "/secrets/after", {"value": "x"}).status == 200, "writes again")


def held_up(manager: StandIn) -> Any:
    import uuid

    answer = manager.call("PUT", f"/secrets/{uuid.uuid4().hex}", {"value": "x"})
    return answer if answer.status == 504 else None


def test_the_configuration_is_read_again(cluster: Make) -> None:
    made = cluster()
    one = made.start(1)
    right = made.settings["database"]
    made.configure(database={**right, "hosts": ["127.0.0.99"]})
    until(lambda: one.call("GET", "/status").status == 500, "another host asked")
    made.configure(database=right)
    until(lambda: one.call("GET", "/status").status == 200, "the right one again")


# -- services of the host
def test_without_nginx_the_port_is_closed(cluster: Make, tmp_path: Path) -> None:
    locks = tmp_path / "locks"
    locks.mkdir()
    (locks / "nginx.lock").touch()
    made = cluster(services={"locks": str(locks)})
    held = (locks / "nginx.lock").open("r+")
    fcntl.flock(held, fcntl.LOCK_EX)
    one = made.start(1)
    assert one.call("GET", "/status").json["services"]["Webserver"]["status"] == "Active"
    held.close()
    until(lambda: refused(one), "the port closed")
    with (locks / "nginx.lock").open("r+") as again:
        fcntl.flock(again, fcntl.LOCK_EX)
        until(lambda: not refused(one), "the port open")


def refused(manager: StandIn) -> bool:
    try:
        manager.call("GET", "/status")
    except urllib.error.URLError as error:
        assert isinstance(error.reason, ConnectionError), error
        return True
    except ConnectionError:
        return True
    return False


def test_a_service_that_is_down_shows(pair: Pair) -> None:
    one, two = pair
    one.control("POST", "/service", {"name": "cloudify-stage", "state": "down"})
    said = one.call("GET", "/status").json
    assert said["status"] == "Fail"
    assert said["services"]["Cloudify Console"]["status"] == "Inactive"
    assert one.call("GET", "/status?summary=true").json == {"status": "Fail", "services": {}}
    assert two.call("GET", "/status").json["status"] == "OK"
    until(lambda: manager_tier(two)["status"] == "Degraded", "seen by the other")
    node = manager_tier(two)["nodes"]["h1"]
    assert node["failures"] == ["service Cloudify Console is down"]


def manager_tier(manager: StandIn) -> dict[str, Any]:
    found: dict[str, Any] = manager.call("GET", "/cluster-status").json["services"]["manager"]
    return found


def test_old_versions_have_no_new_services(cluster: Make) -> None:
    made = cluster(profile="5.0.5")
    services = made.start(1).call("GET", "/status").json["services"]
    assert "Cloudify API" not in services
    assert services["PostgreSQL"]["is_remote"]
