# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts of a split brain: look.sh on databases of each age, of which no old one can be had for the lab; and what is done with the data of a database."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._databases import parse_database
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.scripts.stub_host import (
    ROLES,
    StubHost,
)

PATRONI = """\
restapi:
  connect_address: 10.0.0.2:8008
postgresql:
  connect_address: 10.0.0.2:5432
  data_dir: DATA
  bin_dir: BIN
  authentication:
    superuser:
      username: postgres
      password: secret
"""
#: What came with 10 and with 9.6, and what went with 10.
OF_10 = "*pg_current_wal_lsn*|*pg_walfile_name*"
OF_9_6 = "*pg_stat_wal_receiver*"
UNTIL_10 = "*pg_xlogfile_name*|*pg_current_xlog_location*"
UNKNOWN = {"90524": (OF_10, OF_9_6), "90624": (OF_10,), "140005": (UNTIL_10,)}
PSQL = """case "$*" in
UNKNOWN) echo 'ERROR:  it does not exist' >&2; exit 1 ;;
*server_version_num*) echo VERSION ;;
*pg_is_in_recovery*) echo RECOVERING ;;
*"'timeline '"*) echo 'timeline 3' ;;
*"from pg_stat_wal_receiver"*) [ RECOVERING = f ] || echo 10.0.0.1 ;;
*"'follower '"*) [ RECOVERING = t ] || echo 'follower 10.0.0.3' ;;
*"'left_out '"*) echo 'left_out events' ;;
*relname*) echo 'select tables' ;;
*'select tables'*) echo 'table items 12 abc' ;;
esac"""
SCRIPTS = ("check_health/files/patroni.sh", "look_at_sides/files/database.sh")


def looked(place: pathlib.Path, version: str, *, recovering: str) -> dict[str, t.Any]:
    host = StubHost(place)
    awk = shutil.which("awk")
    assert awk
    (place / "bin" / "awk").symlink_to(awk)
    data = place / "data"
    data.mkdir()
    psql = PSQL.replace("UNKNOWN", "|".join(UNKNOWN[version])).replace("VERSION", version)
    host.program("psql", psql.replace("RECOVERING", recovering))
    host.program("pg_ctl", "exit 1")
    host.program("curl", """case "$*" in */health*) echo '{"health": "true"}' ;; esac""")
    host.program("supervisorctl", "echo 'patroni RUNNING pid 1'")
    following = "wal receiver process   streaming 0/3000060" if recovering == "t" else "writer"
    host.program("ps", f"echo 'postgres: {following}'")
    if recovering == "t":
        (data / "recovery.conf").write_text(
            "standby_mode = 'on'\n"
            "primary_conninfo = 'user=replicator host=10.0.0.1 port=5432 sslmode=prefer'\n"
        )
    conf = place / "patroni.conf"
    conf.write_text(
        PATRONI.replace("DATA", str(data)).replace("BIN", str(place / "bin")), encoding="utf-8"
    )
    # the database itself, by its process
    cat = shutil.which("cat")
    host.program("cat", f'case "$1" in /proc/*/comm) echo postgres ;; *) exec {cat} "$@" ;; esac')
    (data / "postmaster.pid").write_text("4711\n")
    done = host.run("look_at_sides/files/look.sh", behind=SCRIPTS, patroni_conf=str(conf))
    assert done.returncode == 0, done.stderr
    found = parse_database(done.stdout)
    assert found is not None
    return found


@pytest.mark.parametrize("version", sorted(UNKNOWN))
def test_one_that_follows(tmp_path: pathlib.Path, version: str) -> None:
    found = looked(tmp_path, version, recovering="t")
    assert (found["recovery"], found["sender"], found["patroni"]) == ("t", "10.0.0.1", "running")
    assert found.get("timeline") == (None if version == "90524" else "3")
    assert found["tables"] == {"items": "12 abc"}
    assert found["left_out"] == ["events"]


@pytest.mark.parametrize("version", sorted(UNKNOWN))
def test_one_that_takes_writes(tmp_path: pathlib.Path, version: str) -> None:
    found = looked(tmp_path, version, recovering="f")
    assert (found["recovery"], found["followers"]) == ("f", ["10.0.0.3"])
    assert found["quorum"] and "sender" not in found
    # of 9.5 no standby tells one to compare with
    assert found.get("timeline") == (None if version == "90524" else "3")


SERVERS = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
TABLES = """create table items(id text, _tenant_id int, body text);
insert into items values (null, 1, 'a'), (null, 1, 'b'), ('x', 1, 'c');
create table named(name text, kind text); insert into named values ('n', null);
create table large(id int); insert into large values (1); update pg_class set reltuples = 2e6 where relname = 'large'"""


@pytest.mark.skipif(not SERVERS or os.geteuid() != 0, reason="no PostgreSQL that can be started")
def test_rows_without_an_id_are_not_one_row() -> None:
    """By a database itself: each row has a name of its own, and large tables are left out."""
    place = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    shutil.chown(place, "postgres")
    as_postgres = f"cd /; runuser -u postgres -- {SERVERS[-1]}"
    text = "\n".join(
        [
            f"{as_postgres}/initdb -D {place}/d -A trust > /dev/null",
            f"{as_postgres}/pg_ctl -D {place}/d -w -l {place}/log start > /dev/null"
            f""" -o "-c listen_addresses='' -c unix_socket_directories={place}" """,
            *((ROLES / name).read_text() for name in SCRIPTS),
            f"psql={SERVERS[-1]}/psql target='host={place} user=postgres'",
            f'sql postgres "{TABLES}"',
            "over_tables postgres 'select %2$s from public.%1$I t'",
        ]
    )
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", text], capture_output=True, text=True, check=False, timeout=120
        )
    finally:
        subprocess.run(
            ["/bin/sh", "-c", f"{as_postgres}/pg_ctl -D {place}/d -m immediate -w stop"],
            capture_output=True,
            check=False,
        )
        shutil.rmtree(place)
    names = done.stdout.split()
    assert len(set(names)) == 4 and {"x/1", "n"} < set(names), done


# -- on the data of a database that is down


class Database:
    """A host whose Patroni and PostgreSQL are down, unless a test starts them."""

    def __init__(self, place: pathlib.Path) -> None:
        self.host = StubHost(place)
        for name in ("sha256sum", "du", "mv", "awk"):
            self.host.plain(name)
        self.data = place / "data"
        (self.data / "global").mkdir(parents=True)
        (self.data / "global" / "pg_control").write_text("as it was shut down")
        self.conf = place / "patroni.conf"
        self.conf.write_text(
            PATRONI.replace("DATA", str(self.data)).replace("BIN", str(place / "bin")),
            encoding="utf-8",
        )
        self.host.program("psql", "exit 1")
        self.host.program("pg_ctl", "exit 1")
        self.patroni("STOPPED")

    def patroni(self, state: str) -> None:
        self.host.program("supervisorctl", f"echo 'patroni {state} pid 1'")

    def run(self, script: str, *words: str, behind: tuple[str, ...] = (), **places: str) -> str:
        places["patroni_conf"] = str(self.conf)
        return self.host.run(script, *words, behind=SCRIPTS + behind, **places).stdout.strip()


def test_a_database_that_has_been_up_is_another_one(tmp_path: pathlib.Path) -> None:
    database = Database(tmp_path)
    state = "save_sides/files/state.sh"
    was = database.run(state)
    assert len(was) == 64 and database.run(state) == was
    (database.data / "global" / "pg_control").write_text("as it was shut down, later")
    assert database.run(state) not in ("", was)
    database.patroni("RUNNING")
    assert database.run(state) == ""
    database.patroni("STOPPED")
    (database.data / "global" / "pg_control").unlink()
    assert database.run(state) == ""


def test_a_dump_says_what_it_was_made_of(tmp_path: pathlib.Path) -> None:
    """Which is told once the database that was started for it is down again."""
    database = Database(tmp_path)
    (database.data / "PG_VERSION").write_text("15\n")
    control = database.data / "global" / "pg_control"
    # runuser -u postgres -- ...
    database.host.program("runuser", 'shift 3; "$@"')
    database.host.program(
        "pg_ctl",
        f'case "$*" in *stop) echo down again > {control} ;; *) echo up > {control} ;; esac',
    )
    for name in ("chown", "chmod", "pg_dumpall", "pg_dump", "pg_restore"):
        database.host.program(name, "true")
    database.host.program("psql", 'case "$*" in *datname*) echo cloudify_db ;; *) echo 1 ;; esac')
    lines = database.run("save_sides/files/save.sh", str(tmp_path / "work")).splitlines()
    assert control.read_text() == "down again\n"
    assert lines[0] == f"state {database.run('save_sides/files/state.sh')}"
    assert lines[1].startswith("saved ")


# -- giving a database up


@pytest.fixture
def given_up(tmp_path: pathlib.Path) -> Database:
    """One that is larger than what is free beside it; who starts its Patroni sees what that finds."""
    database = Database(tmp_path)
    for name in ("one", "two", "three"):
        (database.data / name).write_text("rows")
    host = database.host
    found = f"ls -A {database.data} > {tmp_path}/started_with"
    host.program(
        "supervisorctl",
        f'case "$*" in *start*) {found} ;; *) echo "patroni STOPPED pid 1" ;; esac',
    )
    host.program("du", r'printf "1000\t$2\n"')
    host.program("df", 'echo Filesystem; echo "/dev/sda1 2000 1900 100 95% /"')
    host.program("chown", "true")
    host.program("chmod", "true")
    # the survivor leads, and its name is known
    host.program("curl", "printf 200")
    host.program("getent", GETENT)
    return database


GETENT = """case $2 in
survivor) echo '10.0.0.1 STREAM survivor'; echo '10.0.0.1 DGRAM'; echo 'fd00::1 STREAM' ;;
nobody) exit 2 ;;
*) echo "$2 STREAM $2" ;;
esac"""


FOLLOW = ("heal_sides/files/follow.sh", "10.0.0.1", "RUN", "0")
AGAIN = ("heal_sides/files/again.sh",)
RM = shutil.which("rm")


def started_with(database: Database) -> list[str]:
    """By the last of several attempts."""
    database.run(*FOLLOW, behind=AGAIN)
    return (database.data.parent / "started_with").read_text().split()


def test_a_database_goes_for_lack_of_room(given_up: Database) -> None:
    assert started_with(given_up) == []
    assert list((given_up.data.parent / "data.split-RUN").iterdir()) == []
    assert not list(given_up.data.parent.rglob("one"))
    # once more, when it has become a copy
    (given_up.data / "PG_VERSION").write_text("15")
    assert started_with(given_up) == ["PG_VERSION"]


def test_a_database_stays_beside_its_successor_where_there_is_room(given_up: Database) -> None:
    given_up.host.program("df", 'echo Filesystem; echo "/dev/sda1 9000 1000 8000 10% /"')
    assert started_with(given_up) == []
    assert (given_up.data.parent / "data.split-RUN" / "one").exists()


@pytest.mark.parametrize(
    ("name", "killed"),
    [
        ("rm", f'case "$*" in *data*) {RM} "$2/one" ;; *) exec {RM} "$@" ;; esac'),
        ("mkdir", ""),
        ("mv", ""),
        ("mv", '{0} "$@"'),
        ("chown", ""),
    ],
    ids=["half removed", "before mkdir", "before mv", "after mv", "before chown"],
)
def test_an_attempt_that_was_killed_leaves_no_half_of_it(
    given_up: Database, name: str, killed: str
) -> None:
    host = given_up.host
    host.program(name, f"{killed.format(shutil.which(name))}\nkill -9 $PPID")
    given_up.run(*FOLLOW, behind=AGAIN)
    assert not (given_up.data.parent / "started_with").exists()
    host.without(name)
    host.plain(name)
    if name == "chown":
        host.program(name, "true")
    assert started_with(given_up) == []
    assert not list(given_up.data.parent.rglob("two"))
    assert any(call.startswith("chown postgres:postgres ") for call in host.calls[-8:])


@pytest.mark.parametrize("said", ["printf 000; exit 7", "printf 503"], ids=["off", "a replica"])
def test_nothing_is_given_up_for_one_that_does_not_lead(given_up: Database, said: str) -> None:
    given_up.host.program("curl", said)
    done = given_up.host.run(*FOLLOW, behind=SCRIPTS + AGAIN, patroni_conf=str(given_up.conf))
    assert done.returncode == 1
    assert (
        done.stderr
        == "10.0.0.1 does not lead (its Patroni says {}): nothing was touched\n".format(
            "nothing" if "000" in said else "503"
        )
    )
    assert (given_up.data / "one").read_text() == "rows"
    assert not (given_up.data.parent / "started_with").exists()
    assert not list(given_up.data.parent.glob("data.*"))


def test_what_was_half_removed_waits_for_the_survivor_too(given_up: Database) -> None:
    given_up.data.rename(given_up.data.parent / "data.split-RUN.going")
    given_up.host.program("curl", "printf 000")
    given_up.run(*FOLLOW, behind=AGAIN)
    assert (given_up.data.parent / "data.split-RUN.going" / "one").exists()


def test_nothing_is_given_up_for_a_name_without_an_address(given_up: Database) -> None:
    done = given_up.host.run(
        *(FOLLOW[0], "nobody", *FOLLOW[2:]),
        behind=SCRIPTS + AGAIN,
        patroni_conf=str(given_up.conf),
    )
    assert done.returncode == 1
    assert done.stderr == "nobody has no address here (getent ahosts): nothing was touched\n"
    assert (given_up.data / "one").exists()


@pytest.mark.parametrize("sender", ["10.0.0.1", "fd00::1", "survivor"])
def test_a_survivor_is_known_by_its_name(given_up: Database, sender: str) -> None:
    """Where the inventory has a name, and Patroni an address; or both have the name."""
    host = given_up.host
    (given_up.data.parent / "data.split-RUN").mkdir()
    (given_up.data / "postmaster.pid").write_text("4711\n")
    cat = shutil.which("cat")
    host.program("cat", f'case "$1" in /proc/*/comm) echo postgres ;; *) exec {cat} "$@" ;; esac')
    host.program("psql", f'case "$*" in *version_num*) echo 140005 ;; *) echo {sender} ;; esac')
    said = given_up.run(FOLLOW[0], "survivor", *FOLLOW[2:], behind=AGAIN)
    assert said == "it follows survivor"


# -- keeping a database that is about to be removed

ROOM = 'echo Filesystem; echo "/dev/sda1 900000 1000 800000 10% /"'


def kept(database: Database) -> str:
    place = str(database.data.parent / "kept")
    return database.run("tear_down/files/keep.sh", "RUN", "0", place=place)


@pytest.fixture
def unwanted(given_up: Database) -> Database:
    given_up.host.plain("stat")
    given_up.host.program("df", ROOM)
    return given_up


def test_a_database_is_kept_before_it_is_removed(unwanted: Database) -> None:
    there = unwanted.data.parent / "kept" / "RUN" / "data"
    assert kept(unwanted) == f"kept {there}"
    assert (there / "one").exists() and not unwanted.data.exists()
    assert there.parent.stat().st_mode & 0o077 == 0
    # a new one in its place is not that of before
    unwanted.data.mkdir()
    assert kept(unwanted) == f"kept {there}" and (there / "one").exists()


def test_a_database_is_not_kept_where_the_next_one_would_have_no_room(unwanted: Database) -> None:
    unwanted.host.program("df", ROOM.replace("800000", "100000"))
    assert kept(unwanted).startswith("not kept: of 100000 KiB that are free")
    assert (unwanted.data / "one").exists()


def test_a_database_that_does_not_stop_is_not_moved(unwanted: Database) -> None:
    unwanted.patroni("RUNNING")
    assert kept(unwanted) == "not kept: Patroni or PostgreSQL does not stop"
    assert (unwanted.data / "one").exists()


def test_of_a_host_without_a_database_nothing_is_kept(unwanted: Database) -> None:
    (unwanted.data / "global" / "pg_control").unlink()
    assert kept(unwanted).startswith("not kept: there is no database in ")
    unwanted.conf.unlink()
    assert kept(unwanted) == "not kept: it has no database of a cluster"


# -- fences


def test_fences_are_made_for_all_addresses_of_a_name(given_up: Database) -> None:
    """ip takes no names; and nothing is fenced when one of them is not known."""
    host = given_up.host
    for name in ("ip", "ss"):
        host.program(name, "true")
    resolved = given_up.run("freeze_sides/files/fence.sh", "resolve", "survivor", "10.0.0.7")
    assert resolved.split() == ["10.0.0.1", "fd00::1", "10.0.0.7"]
    done = host.run(
        *("freeze_sides/files/fence.sh", "resolve", "survivor", "nobody"), behind=SCRIPTS
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "nobody has no address here (getent ahosts): nothing was touched\n"
    host.program("getent", "echo 127.0.1.1 STREAM here")
    done = host.run("freeze_sides/files/fence.sh", "resolve", "here", behind=SCRIPTS)
    assert "here has no address here" in done.stderr
    given_up.run("freeze_sides/files/fence.sh", "add", *resolved.split())
    added = [call for call in host.calls if " route add " in call]
    assert added == [
        "ip -4 route add unreachable 10.0.0.1/32 proto 119",
        "ip -6 route add unreachable fd00::1/128 proto 119",
        "ip -4 route add unreachable 10.0.0.7/32 proto 119",
    ]


def test_fences_of_a_split_brain_do_not_outlive_a_rebuild(given_up: Database) -> None:
    """By the names that the inventory has for the others; and nobody says any more that it is frozen."""
    host, mark = given_up.host, given_up.data.parent / "mark"
    mark.touch()
    host.program("ip", "case \"$*\" in *'-4 route show'*) echo 'unreachable 10.0.0.1' ;; esac")
    done = host.run(
        *("tear_down/files/thaw.sh", "remove", "survivor", "nobody", "10.0.0.7"),
        behind=(*SCRIPTS, "freeze_sides/files/fence.sh"),
        frozen_mark=str(mark),
    )
    assert done.stdout.splitlines() == ["unfenced 10.0.0.1", "no fence, and no mark, is left"]
    assert not mark.exists()


def test_fences_of_addresses_that_the_inventory_does_not_have_do_not_outlive_a_rebuild(
    given_up: Database,
) -> None:
    """Before 5.0 they are of the addresses that the managers list, too: a fence tells by itself whose it is."""
    host, mark = given_up.host, given_up.data.parent / "mark"
    host.program(
        "ip",
        """case "$*" in
        *'-4 route show'*) echo 'unreachable 192.168.7.9'; case "$*" in *proto*) ;; *) echo 'unreachable 192.168.7.1' ;; esac ;;
        *'-6 route show'*) echo 'unreachable fd00::9 dev lo metric 1024 error -113' ;;
        esac""",
    )
    done = host.run(
        *("tear_down/files/thaw.sh", "remove", "10.0.0.7"),
        behind=(*SCRIPTS, "freeze_sides/files/fence.sh"),
        frozen_mark=str(mark),
    )
    assert done.stdout.splitlines() == [
        "unfenced 192.168.7.9",
        "unfenced fd00::9",
        "no fence, and no mark, is left",
    ]
    assert "ip -4 route del unreachable 192.168.7.9/32" in host.calls
