# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scheduled_backup.py of role schedule_backup, as a timer starts it, with an ansible-playbook that does as it is told."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.watching import alive, until

ROLE = pathlib.Path(__file__).resolve().parents[4] / "roles" / "schedule_backup"
PROGRAM = ROLE / "files" / "scheduled_backup.py"
CLUSTER = "prod"
PASSWORD = 'pass"word-with\\signs'
PATIENCE = 60.0

#: It is Python, so that it can write what the real one would. PLACE is the directory of the test.
PLAYBOOK = """#!{python}
import json, os, pathlib, sys, time
place = pathlib.Path({place!r})
words = sys.argv[1:]
book = words[-1].rpartition(".")[2]
with (place / "calls").open("a") as file:
    file.write(json.dumps([book, words, dict(os.environ)]) + "\\n")
if book == "status":
    given = json.loads(words[words.index("--extra-vars", words.index("--extra-vars") + 1) + 1])
    sets = json.loads((place / "sets").read_text())
    sets["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if given["cloudify_output"] == "json":
        print("TASK [status]\\n" + json.dumps(sets, indent=1))
    elif sets["state"] != "broken":
        pathlib.Path(given["cloudify_status_file"]).write_text(json.dumps(sets))
    sys.exit(0)
exec((place / "does").read_text())
"""
GOOD = (
    """print('ok: => {"msg": [\\n    "BACKUP OK: cluster prod (7.0.5, premium)",\\n    "more"]}')"""
)
BAD = r"""
print('fatal: [localhost]: FAILED! => {"changed": false, "msg": "BACKUP FAILED: cluster prod, at \\"Look\\": HTTP 401"}')
sys.exit(2)
"""
HANGS = """
import signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
(place / "pid").write_text(str(os.getpid()))
print("it hangs", flush=True)
time.sleep(600)
"""


class Pings(http.server.BaseHTTPRequestHandler):
    """Notes who was told."""

    seen: t.ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(404 if "gone" in self.path else 200)
        self.end_headers()

    def log_message(self, *args: t.Any) -> None:
        pass


class Night:
    """A host on which a backup is scheduled."""

    def __init__(self, place: pathlib.Path) -> None:
        self.place = place
        for name in ("log", "state", "metrics"):
            (place / name).mkdir()
        playbook = place / "ansible-playbook"
        playbook.write_text(PLAYBOOK.format(python=sys.executable, place=str(place)))
        playbook.chmod(0o755)
        self.settings: dict[str, t.Any] = {
            "cluster": CLUSTER,
            "ansible_playbook": str(playbook),
            "inventories": ["/etc/one", "/etc/two"],
            "variables_file": "/etc/variables.json",
            "secrets_file": str(place / "secrets.json"),
            "environment": {"CLOUDIFY_USERNAME": "admin"},
            "log_dir": str(place / "log"),
            "keep_logs": 3,
            "state_dir": str(place / "state"),
            "metrics_dir": str(place / "metrics"),
            "timeout": 60,
            "status_timeout": 60,
        }
        self.secrets: dict[str, t.Any] = {"environment": {"CLOUDIFY_PASSWORD": PASSWORD}}
        self.does(GOOD)
        self.sets(state="ok", summary="fine", verified=3)

    def does(self, source: str) -> None:
        (self.place / "does").write_text(source)

    def sets(self, **status: t.Any) -> None:
        (self.place / "sets").write_text(json.dumps(status))

    def command(self, *words: str) -> list[str]:
        (self.place / "settings.json").write_text(json.dumps(self.settings))
        (self.place / "secrets.json").write_text(json.dumps(self.secrets))
        return [sys.executable, str(PROGRAM), str(self.place / "settings.json"), *words]

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words),
            env={"PATH": os.defpath, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert "Traceback" not in done.stderr
        self.keeps_secrets(done.stdout + done.stderr)
        return done

    def start(self) -> subprocess.Popen[bytes]:
        """And wait until its backup runs."""
        child = subprocess.Popen(
            self.command(),
            env={"PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: (self.place / "pid").exists() and (self.place / "pid").read_text())
        return child

    def keeps_secrets(self, *texts: str) -> None:
        places = [self.place / name for name in ("log", "state", "metrics")]
        files = [each for place in places if place.is_dir() for each in place.iterdir()]
        for text in (*texts, *(each.read_text() for each in files)):
            for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], "uuid-of-mine"):
                assert secret not in text

    def status(self) -> dict[str, t.Any]:
        path = self.place / "state" / "status.json"
        assert path.stat().st_mode & 0o777 == 0o644
        found: dict[str, t.Any] = json.loads(path.read_text())
        return found

    def metrics(self) -> dict[str, float]:
        (file,) = (self.place / "metrics").iterdir()
        assert file.name == f"cloudify_ha_backup_{CLUSTER}.prom"
        assert file.stat().st_mode & 0o777 == 0o644
        lines = [x for x in file.read_text().splitlines() if not x.startswith("#")]
        rows = (line.split('{cluster="prod"} ') for line in lines)
        return {name.removeprefix("cloudify_ha_backup_"): float(value) for name, value in rows}

    def calls(self) -> list[tuple[str, list[str], dict[str, str]]]:
        return [json.loads(line) for line in (self.place / "calls").read_text().splitlines()]

    def logs(self) -> list[str]:
        return sorted(each.name for each in (self.place / "log").iterdir())


@pytest.fixture
def night(tmp_path: pathlib.Path) -> Night:
    return Night(tmp_path)


@pytest.fixture
def pings(night: Night) -> t.Iterator[list[str]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pings)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/uuid-of-mine"
    night.secrets.update(ping_url=url, ping_failure_url=f"{url}/fail")
    Pings.seen.clear()
    yield Pings.seen
    server.shutdown()
    server.server_close()


def test_a_good_night(night: Night, pings: list[str]) -> None:
    done = night.run(CLOUDIFY_PASSWORD="of the caller", ANSIBLE_CONFIG="/of/the/caller")
    assert done.returncode == 0, done
    status = night.status()
    assert (status["state"], status["exit_code"]) == ("ok", 0)
    assert status["message"] == "BACKUP OK: cluster prod (7.0.5, premium)"
    assert status["sets"]["verified"] == 3 and status["last_success_at"] == status["ended_at"]
    assert "BACKUP OK" in pathlib.Path(status["log"]).read_text()
    assert pathlib.Path(status["log"]).stat().st_mode & 0o777 == 0o600
    figures = night.metrics()
    assert figures["success"] == 1 and figures["exit_code"] == 0
    assert figures["timestamp_seconds"] == figures["last_success_timestamp_seconds"]
    assert abs(figures["timestamp_seconds"] - time.time()) < 300
    assert pings == ["/uuid-of-mine"]
    (book, words, environment), (second, _words, _environment) = night.calls()
    assert (book, second) == ("backup", "status")
    assert words[:4] == ["--inventory", "/etc/one", "--inventory", "/etc/two"]
    assert words[4:6] == ["--extra-vars", "@/etc/variables.json"]
    assert environment["CLOUDIFY_PASSWORD"] == PASSWORD
    assert environment["CLOUDIFY_USERNAME"] == "admin" and "ANSIBLE_CONFIG" not in environment


def test_a_bad_night(night: Night, pings: list[str]) -> None:
    night.run()
    good = night.status()
    night.does(BAD)
    done = night.run()
    assert done.returncode == 2
    status = night.status()
    assert (status["state"], status["exit_code"]) == ("failed", 2)
    assert status["message"] == 'BACKUP FAILED: cluster prod, at "Look": HTTP 401'
    assert status["last_success_at"] == good["ended_at"]
    # what is in the store is looked at all the same
    assert status["sets"]["verified"] == 3
    assert night.metrics()["success"] == 0 and night.metrics()["exit_code"] == 2
    assert done.stdout.splitlines()[-1].endswith(f": {status['message']}")
    assert pings == ["/uuid-of-mine", "/uuid-of-mine/fail"]


@pytest.mark.parametrize(
    ("sets", "code"), [("warning", 0), ("critical", 4), ("unknown", 2), ("broken", 2)]
)
def test_what_is_in_the_store_counts(sets: str, code: int, night: Night) -> None:
    night.sets(state=sets, summary="what it is")
    assert night.run().returncode == code
    status = night.status()
    assert status["exit_code"] == code and status["state"] == ("failed" if code else "ok")
    if sets == "broken":
        assert "could not be found out" in status["message"]
    elif code:
        assert status["message"] == f"STATUS {sets.upper()}: what it is"


def test_cron_has_nothing_to_mail_but_failures(night: Night) -> None:
    done = night.run("--quiet")
    assert (done.stdout, done.stderr) == ("", "")
    night.does(BAD)
    done = night.run("--quiet")
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert "FAILED after" in done.stderr and "HTTP 401" in done.stderr


def test_secrets_that_ansible_prints_are_not_kept(night: Night) -> None:
    night.does(
        'print("BACKUP OK: " + os.environ["CLOUDIFY_PASSWORD"])\n'
        'print(json.dumps({"msg": os.environ["CLOUDIFY_PASSWORD"]}))'
    )
    done = night.run()
    assert done.stdout.count("********") >= 2
    assert night.status()["message"] == "BACKUP OK: ********"


def test_only_so_many_logs_are_kept(night: Night) -> None:
    for day in range(1, 6):
        (night.place / "log" / f"backup-2026010{day}T000000Z.log").write_text("")
    (night.place / "log" / "mine.txt").write_text("")
    night.run()
    assert len(night.logs()) == 4
    assert night.logs()[:2] == ["backup-20260104T000000Z.log", "backup-20260105T000000Z.log"]


def test_it_takes_too_long(night: Night, pings: list[str]) -> None:
    night.settings["timeout"] = 8
    night.does(HANGS)
    done = night.run()
    status = night.status()
    assert done.returncode == status["exit_code"] == 124 and status["state"] == "timed_out"
    assert not alive(int((night.place / "pid").read_text()))
    assert pings == ["/uuid-of-mine/fail"]


def test_a_second_one_is_refused_and_disturbs_nothing(night: Night, pings: list[str]) -> None:
    night.does(HANGS)
    first = night.start()
    before = night.status()
    assert before["state"] == "running"
    done = night.run()
    assert done.returncode == 75 and "REFUSED: a backup of cluster prod is running" in done.stdout
    assert "REFUSED" in night.run("--quiet").stderr
    assert night.run("--record").returncode == 0
    assert night.status() == before and pings == [] and len(night.logs()) == 1
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE) == 143
    status = night.status()
    assert (status["state"], status["exit_code"]) == ("stopped", 143)
    assert not alive(int((night.place / "pid").read_text()))
    assert night.metrics()["success"] == 0 and pings == ["/uuid-of-mine/fail"]


@pytest.mark.parametrize("how", ["by systemd", "by the next one"])
def test_one_that_was_killed_is_noted(how: str, night: Night, pings: list[str]) -> None:
    night.does(HANGS)
    first = night.start()
    first.kill()
    first.wait()
    # Ansible does not go on without it
    until(lambda: not alive(int((night.place / "pid").read_text())))
    assert night.status()["state"] == "running"
    night.does(GOOD)
    if how == "by systemd":
        night.run("--record", SERVICE_RESULT="signal")
        status = night.status()
        assert (status["state"], status["exit_code"]) == ("killed", 137)
        assert status["message"].startswith("it was killed (signal); see ")
        assert night.metrics()["success"] == 0
        night.run("--record")
        assert pings == ["/uuid-of-mine/fail"]
    done = night.run()
    assert done.returncode == 0 and night.status()["state"] == "ok"
    assert night.status()["before"]["state"] == "killed"
    assert pings == ["/uuid-of-mine/fail", "/uuid-of-mine"]


def test_a_ping_that_is_not_taken_is_no_failure(night: Night, pings: list[str]) -> None:
    night.secrets["ping_url"] += "/gone"
    done = night.run()
    assert done.returncode == 0 and "The ping was not taken: HTTP 404" in done.stdout
    assert len(pings) == 3
    night.secrets["ping_url"] = "http://127.0.0.1:1/uuid-of-mine"
    done = night.run()
    assert done.returncode == 0 and "The ping was not taken: ConnectionRefused" in done.stdout


def test_ansible_that_is_gone(night: Night, pings: list[str]) -> None:
    night.settings["ansible_playbook"] = "/nowhere/ansible-playbook"
    done = night.run()
    assert done.returncode == 1
    said = "/nowhere/ansible-playbook cannot be started: No such file or directory"
    assert night.status()["message"] == said and night.metrics()["success"] == 0
    assert pings == ["/uuid-of-mine/fail"]


def test_what_cannot_be_written_is_said_where_it_can(night: Night, pings: list[str]) -> None:
    """A disk that is full, as far as this program sees it."""
    for name in ("log", "metrics"):
        (night.place / name).rmdir()
        (night.place / name).write_text("in the way")
    done = night.run()
    assert done.returncode == 1
    assert "There is no log of this run" in done.stdout and "Not a directory" in done.stdout
    assert pings == ["/uuid-of-mine/fail"]
    for name in ("log", "metrics"):
        (night.place / name).unlink()
        (night.place / name).mkdir()


def test_the_plan_alone_writes_nothing(night: Night) -> None:
    done = night.run("--check")
    assert done.returncode == 0 and "BACKUP OK" in done.stdout
    ((book, words, _environment),) = night.calls()
    assert book == "backup" and "--check" in words
    assert [each.name for each in (night.place / "state").iterdir()] == ["lock"]
    assert night.logs() == []


@pytest.mark.parametrize(
    ("state", "code"), [("ok", 0), ("warning", 1), ("critical", 2), ("unknown", 3)]
)
def test_as_monitoring_plugins_say_it(state: str, code: int, night: Night) -> None:
    limits = {"max_age": 93600.0, "min_size": 1024, "min_sets": 2}
    newest = {"age": 36000.4, "size": 5000}
    night.sets(state=state, summary="a | b", verified=3, newest=newest, objectives=limits)
    done = night.run("--nagios")
    assert done.returncode == code
    assert done.stdout == (
        f"STATUS {state.upper()}: cluster prod: a / b | "
        "sets=3;2: age=36000s;;93600 size=5000B;;1024:\n"
    )


def test_a_monitor_without_an_answer(night: Night) -> None:
    night.settings["ansible_playbook"] = "/bin/false"
    done = night.run("--nagios")
    assert done.returncode == 3
    assert done.stdout == "STATUS UNKNOWN: cluster prod: ansible-playbook ended with 1\n"


def test_secrets_that_systemd_has_loaded(night: Night, tmp_path: pathlib.Path) -> None:
    loaded = tmp_path / "credentials"
    loaded.mkdir()
    (loaded / "secrets.json").write_text('{"environment": {"CLOUDIFY_TOKEN": "of systemd"}}')
    night.run(CREDENTIALS_DIRECTORY=str(loaded))
    environment = night.calls()[0][2]
    assert environment["CLOUDIFY_TOKEN"] == "of systemd" and "CLOUDIFY_PASSWORD" not in environment


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"cluster": "prod"}', '{"cluster": 1, "inventories": 3}']
)
def test_settings_that_cannot_be_used(text: str, night: Night) -> None:
    command = night.command()
    (night.place / "settings.json").write_text(text)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 78 and done.stderr.startswith("FAILED: ")
    assert done.stderr.count("\n") == 1 and "settings.json" in done.stderr
    assert list((night.place / "state").iterdir()) == []
