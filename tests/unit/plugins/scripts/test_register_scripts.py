# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Database nodes and brokers in and out of the lists that cfy_manager keeps."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.scripts.stub_host import StubHost

ADD = ("node_state/files/database_list.sh", "add")
REMOVE = ("node_state/files/database_list.sh", "remove")
FORGET = "remove_node/files/forget_broker.sh"

#: cfy_manager, whose lists are files: a line for each member.
CFY_MANAGER = """
rows() { while read -r row; do echo "| $row | running |"; done < PLACE/$1; }
case "$1 $2" in
    'dbs list') echo '+---+'; echo '| node_ip | state |'; rows databases; exit 1 ;;
    'brokers list') echo '| broker | running |'; rows brokers ;;
    'dbs add') echo "$4" >> PLACE/databases ;;
    'dbs remove') grep -vxF "$4" PLACE/databases > PLACE/new; cat PLACE/new > PLACE/databases ;;
    'brokers remove') echo gone ;;
esac
exit 0
"""


@pytest.fixture
def host(tmp_path: pathlib.Path) -> StubHost:
    """Its list of databases has the exit code of a cluster that is not well."""
    found = StubHost(tmp_path)
    found.program("cfy_manager", CFY_MANAGER.replace("PLACE", str(tmp_path)))
    (tmp_path / "databases").write_text("10.0.0.1\n10.0.0.2\n10.0.0.31\n")
    (tmp_path / "brokers").write_text("rabbit@h1\nrabbit@h2\nrabbit@h10\n")
    return found


def databases(host: StubHost) -> list[str]:
    return (host.place / "databases").read_text().split()


def changes(host: StubHost) -> list[str]:
    return [call for call in host.calls if " list" not in call]


# -- databases ---------------------------------------------------------------------------------------


def test_a_database_is_removed(host: StubHost) -> None:
    done = host.run(*REMOVE, "10.0.0.2", "", "h2", "-c", "/etc/x.yaml")
    assert (done.returncode, done.stdout) == (0, "10.0.0.2 removed.\n")
    assert databases(host) == ["10.0.0.1", "10.0.0.31"]
    assert changes(host) == ["cfy_manager dbs remove -a 10.0.0.2 -c /etc/x.yaml"]
    assert "cfy_manager dbs list -c /etc/x.yaml" in host.calls


def test_the_version_that_needs_it_gets_the_id(host: StubHost) -> None:
    assert host.run(*REMOVE, "10.0.0.2", "an-id", "h2").returncode == 0
    assert changes(host) == ["cfy_manager dbs remove -a 10.0.0.2 -i an-id -n h2"]


@pytest.mark.parametrize("address", ["10.0.0.9", "10.0.0.3", "0.0.0.1", "10.0.0", "state"])
def test_one_that_is_not_in_the_list_is_left_alone(address: str, host: StubHost) -> None:
    """10.0.0.3 is no part of 10.0.0.31."""
    done = host.run(*REMOVE, address, "", "h9")
    if address != "state":  # a column
        assert done.stdout == f"{address} is not in the list\n" and changes(host) == []
    assert done.returncode == (0 if address != "state" else 1)


@pytest.mark.parametrize("address", ["fd00::2", "h2.lab.test"])
def test_an_address_of_another_kind(address: str, host: StubHost) -> None:
    (host.place / "databases").write_text(f"{address}\n10.0.0.1\n")
    assert host.run(*REMOVE, address.upper(), "", "h2").returncode == 1
    assert host.run(*REMOVE, address, "", "h2").stdout == f"{address} removed.\n"


@pytest.mark.parametrize("script", [REMOVE, ADD])
@pytest.mark.parametrize(
    "program",
    ["exit 1", "echo 'cannot connect to 10.0.0.9' >&2; exit 1", "echo Traceback; exit 0"],
)
def test_without_a_list_nothing_is_known(
    script: tuple[str, str], program: str, host: StubHost
) -> None:
    host.program("cfy_manager", program)
    done = host.run(*script, "10.0.0.2", "", "h2")
    assert done.returncode == 1 and done.stdout == ""
    assert "cfy_manager dbs list shows no list" in done.stderr


@pytest.mark.parametrize("script", [REMOVE, ADD])
def test_no_cfy_manager(script: tuple[str, str], host: StubHost) -> None:
    host.without("cfy_manager")
    done = host.run(*script, "10.0.0.2", "", "h2")
    assert done.returncode == 1 and "not found" in done.stderr


def test_one_that_stays_in_the_list_is_not_removed(host: StubHost) -> None:
    """As with the version that does nothing without an ID, and exits with 0."""
    host.program(
        "cfy_manager",
        CFY_MANAGER.replace("PLACE", str(host.place)).replace("'dbs remove'", "'never'"),
    )
    done = host.run(*REMOVE, "10.0.0.2", "", "h2")
    assert done.returncode == 1 and "10.0.0.2 is still in the list" in done.stderr


@pytest.mark.parametrize(("script", "word"), [(REMOVE, "remove"), (ADD, "add")])
def test_its_own_failure_is_the_script_s(
    script: tuple[str, str], word: str, host: StubHost
) -> None:
    text = CFY_MANAGER.replace("PLACE", str(host.place))
    host.program("cfy_manager", f"[ $2 != {word} ] || exit 7\n{text}")
    address = "10.0.0.2" if word == "remove" else "10.0.0.3"
    assert host.run(*script, address, "", "h2").returncode == 7


def test_a_database_is_added(host: StubHost) -> None:
    done = host.run(*ADD, "10.0.0.3", "", "h3", "-c", "/etc/x.yaml")
    assert (done.returncode, done.stdout) == (0, "10.0.0.3 added.\n")
    assert changes(host) == ["cfy_manager dbs add -a 10.0.0.3 -c /etc/x.yaml"]
    done = host.run(*ADD, "10.0.0.3", "", "h3")
    assert (done.returncode, done.stdout) == (0, "10.0.0.3 is in the list\n")
    assert len(changes(host)) == 1


def test_with_its_id(host: StubHost) -> None:
    assert host.run(*ADD, "10.0.0.3", "an-id", "h3").returncode == 0
    assert changes(host) == ["cfy_manager dbs add -a 10.0.0.3 -i an-id -n h3"]


def test_one_that_is_not_in_the_list_afterwards(host: StubHost) -> None:
    text = CFY_MANAGER.replace("PLACE", str(host.place))
    host.program("cfy_manager", text.replace("'dbs add'", "'never'"))
    done = host.run(*ADD, "10.0.0.3", "", "h3")
    assert done.returncode == 1 and "10.0.0.3 is not in the list" in done.stderr


# -- brokers -----------------------------------------------------------------------------------------


def test_a_broker_is_forgotten(host: StubHost) -> None:
    done = host.run(FORGET, "rabbit@h2", "-c", "/etc/x.yaml")
    assert (done.returncode, done.stdout) == (0, "gone\n")
    assert changes(host) == ["cfy_manager brokers remove -r rabbit@h2 -c /etc/x.yaml"]


@pytest.mark.parametrize("node", ["rabbit@h3", "rabbit@h", "h1", "rabbit@h100", "rabbit.h1"])
def test_one_that_is_not_there(node: str, host: StubHost) -> None:
    done = host.run(FORGET, node)
    assert (done.returncode, done.stdout) == (0, f"{node} is not in the cluster of brokers\n")
    assert changes(host) == []


@pytest.mark.parametrize("program", ["echo 'no quorum'; exit 0", "echo 'no quorum'; exit 64"])
def test_without_a_list_of_brokers_nothing_is_known(program: str, host: StubHost) -> None:
    host.program("cfy_manager", program)
    done = host.run(FORGET, "rabbit@h2")
    assert done.returncode == 1 and "no quorum" in done.stderr


def test_a_broker_that_cannot_be_forgotten(host: StubHost) -> None:
    text = CFY_MANAGER.replace("PLACE", str(host.place))
    host.program("cfy_manager", text.replace("echo gone", "exit 69"))
    assert host.run(FORGET, "rabbit@h2").returncode == 69


#: A broker that is paused, since it is the minority, until it is started anew; and then takes its time.
PAUSED = """
case "$1 $2" in
    'brokers list')
        [ -e PLACE/anew ] || { echo 'cluster has failed' >&2; exit 1; }
        [ -e PLACE/booted ] || { : > PLACE/booted; echo 'booting' >&2; exit 1; }
        echo '| rabbit@h1 | x |'; echo '| rabbit@h2 | x |'
        ;;
    'brokers remove') echo gone ;;
esac
exit 0
"""


@pytest.mark.parametrize("supervised", [True, False])
def test_a_broker_that_is_paused_is_started_anew_where_that_is_asked_for(
    host: StubHost, supervised: bool
) -> None:
    place = str(host.place)
    host.program("cfy_manager", PAUSED.replace("PLACE", place))
    restarts = f"case $* in *restart*) : > {place}/anew; echo up ;; esac"
    host.program("systemctl", restarts)
    status = "RUNNING" if supervised else "ERROR (no such process)"
    host.program("supervisorctl", f"echo 'cloudify-rabbitmq: {status}'\n{restarts}")
    done = host.run(FORGET, "--start-anew", "rabbit@h1", "-c", "/etc/x.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[-3:] == ["cloudify-rabbitmq was started anew", "gone", ""]
    program = "supervisorctl -c /etc/supervisord.conf" if supervised else "systemctl"
    assert [call for call in host.calls if "restart" in call] == [
        f"{program} restart cloudify-rabbitmq"
    ]
    assert host.calls[-1] == "cfy_manager brokers remove -r rabbit@h1 -c /etc/x.yaml"


def test_one_that_stays_paused(host: StubHost) -> None:
    host.program("cfy_manager", PAUSED.replace("PLACE", str(host.place)))
    for name in ("systemctl", "supervisorctl"):
        host.program(name, "exit 1")
    done = host.run(FORGET, "--start-anew", "rabbit@h1", patience="1")
    assert done.returncode == 1 and "cluster has failed" in done.stderr
    assert host.calls.count("systemctl restart cloudify-rabbitmq") == 1


def test_a_broker_that_works_is_never_started_anew(host: StubHost) -> None:
    assert host.run(FORGET, "--start-anew", "rabbit@h2").returncode == 0
    # nor one that does not, where others may use it
    host.program("cfy_manager", PAUSED.replace("PLACE", str(host.place)))
    assert host.run(FORGET, "rabbit@h2").returncode == 1
    assert not [call for call in host.calls if "restart" in call]
