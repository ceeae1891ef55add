# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One backup that nobody watches, as a timer or cron starts it: alone, within its time, with a log, and so that a failure is seen.

    python3 scheduled_backup.py SETTINGS              back up, then look at what is in the store
    python3 scheduled_backup.py SETTINGS --check      only the plan, with the same settings; nothing is written
    python3 scheduled_backup.py SETTINGS --record     note that a run was killed, if one was
    python3 scheduled_backup.py SETTINGS --nagios     the status, as monitoring plugins say it

Exit codes: 0 done, 4 done but the status is critical, 2 done but the status is not known; of a failed backup that of ansible-playbook;
75 another one is running, 78 the settings cannot be used, 124 it took too long, 143 it was stopped.

It needs Python 3.9 and nothing else: a failure has to be seen even where Ansible does not start.
"""

from __future__ import annotations

import argparse
import calendar
import contextlib
import ctypes
import fcntl
import json
import os
import pwd
import random
import re
import signal
import subprocess
import sys
import threading
import time
import typing as t
import urllib.error
import urllib.request

Json = dict[str, t.Any]

BUSY, BAD_SETTINGS, TIMED_OUT, STOPPED = 75, 78, 124, 143
#: Seconds that what is to end has for it.
GRACE = 30.0
#: Seconds for a ping, and how often it is tried.
PING_TIMEOUT, PING_TRIES = 10.0, 3
LONGEST = 1000
TIME = "%Y-%m-%dT%H:%M:%SZ"
LOG = re.compile(r"backup-\d{8}T\d{6}Z\.log")
TOLD = re.compile(r"BACKUP (?:OK|FAILED): ")
ERROR = re.compile(r"^(?:fatal: |ERROR! |\[ERROR\]: )")
#: What monitoring plugins end with.
NAGIOS = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """Somebody has sent a signal to end this."""


class BadSettings(Exception):
    """The files that the role has written are not there, or not as it has written them."""


# -- settings --------------------------------------------------------------------------------------


class Settings:
    """What role schedule_backup has written, with the secrets from a file of their own."""

    def __init__(self, path: str) -> None:
        given = read_json(path)
        try:
            self.cluster = str(given["cluster"])
            self.ansible_playbook = str(given["ansible_playbook"])
            self.inventories = [str(each) for each in given["inventories"]]
            self.variables_file = str(given["variables_file"])
            self.environment = {str(k): str(v) for k, v in given["environment"].items()}
            self.log_dir = str(given["log_dir"])
            self.keep_logs = int(given["keep_logs"])
            self.state_dir = str(given["state_dir"])
            self.metrics_dir = str(given["metrics_dir"])
            self.timeout = float(given["timeout"])
            self.status_timeout = float(given["status_timeout"])
            secrets = read_json(secrets_file(str(given["secrets_file"])))
            self.secret_environment = {
                str(k): str(v) for k, v in secrets.get("environment", {}).items()
            }
            self.ping_url = str(secrets.get("ping_url") or "")
            self.ping_failure_url = str(secrets.get("ping_failure_url") or "")
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise BadSettings(
                f"{path} is not what role schedule_backup writes ({type(exc).__name__}: {exc})"
            ) from None

    @property
    def secrets(self) -> list[str]:
        """The longest first; each also as JSON writes it."""
        words = {*self.secret_environment.values(), self.ping_url, self.ping_failure_url}
        words |= {json.dumps(word)[1:-1] for word in words}
        return sorted(filter(None, words), key=len, reverse=True)

    @property
    def status_file(self) -> str:
        return os.path.join(self.state_dir, "status.json")

    @property
    def sets_file(self) -> str:
        return os.path.join(self.state_dir, "sets.json")

    def metrics_file(self, what: str) -> str:
        if not self.metrics_dir:
            return ""
        return os.path.join(self.metrics_dir, f"cloudify_ha_{what}_{self.cluster}.prom")

    def child_environment(self) -> dict[str, str]:
        """The same, whoever starts it from wherever."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "CLOUDIFY_"))}
        with contextlib.suppress(KeyError):
            kept.setdefault("HOME", pwd.getpwuid(os.getuid()).pw_dir)
        always = {"LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1"}
        return {**kept, **always, **self.environment, **self.secret_environment}

    def command(self, playbook: str, *words: str) -> list[str]:
        inventories = [word for path in self.inventories for word in ("--inventory", path)]
        name = f"cloudify_ha.recovery.{playbook}"
        variables = ("--extra-vars", f"@{self.variables_file}")
        return [self.ansible_playbook, *inventories, *variables, *words, name]


def secrets_file(path: str) -> str:
    """A credential of this name that systemd has been told to load goes before the file."""
    credential = os.path.join(os.environ.get("CREDENTIALS_DIRECTORY", ""), "secrets.json")
    return credential if credential != "secrets.json" and os.path.exists(credential) else path


def read_json(path: str) -> Json:
    """:raises BadSettings: where there is no JSON object"""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is no JSON"
        raise BadSettings(f"{path} cannot be used: {why}") from None
    if not isinstance(value, dict):
        raise BadSettings(f"{path} cannot be used: it holds no JSON object")
    return value


# -- what is said ----------------------------------------------------------------------------------


class Log:
    """To the journal, and to a file of this run. Neither being full ends a backup."""

    def __init__(self, secrets: t.Sequence[str], *, quiet: bool = False) -> None:
        self._secrets = secrets
        self._quiet = quiet
        self._file: t.TextIO | None = None
        self.path = ""
        self.message = ""
        self._error = ""

    def open(self, settings: Settings, now: float) -> None:
        name = time.strftime("backup-%Y%m%dT%H%M%SZ.log", time.gmtime(now))
        path = os.path.join(settings.log_dir, name)
        try:
            logs = sorted(filter(LOG.fullmatch, os.listdir(settings.log_dir)))
            for old in logs[: max(0, len(logs) + 1 - settings.keep_logs)]:
                os.unlink(os.path.join(settings.log_dir, old))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)
            self.path = path
        except OSError as exc:
            self.say(f"There is no log of this run: {path}: {exc.strerror}")

    def say(self, text: str) -> None:
        self.line(f"{time.strftime(TIME, time.gmtime())} {text}\n")

    def conclude(self, text: str) -> None:
        """What nobody may overlook."""
        self.say(text)
        if self._quiet:
            print(self.redacted(text), file=sys.stderr)

    def redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "********")
        return text

    def line(self, text: str) -> None:
        text = self.redacted(text)
        with contextlib.suppress(OSError):
            if not self._quiet:
                sys.stdout.write(text)
                sys.stdout.flush()
        if self._file:
            try:
                self._file.write(text)
            except OSError as exc:
                self._file = None
                self.say(f"The log {self.path} ends here: {exc.strerror}")
        self._remember(text.rstrip("\n"))

    def _remember(self, text: str) -> None:
        """What it came to, as the playbook has put it."""
        found = TOLD.search(text)
        if found:
            self.message = text[found.start() :]
            if text[found.start() - 1 : found.start()] == '"':
                with contextlib.suppress(ValueError):
                    quoted = text[found.start() - 1 :]
                    self.message = json.JSONDecoder().raw_decode(quoted)[0]
        elif ERROR.match(text):
            self._error = text

    def summary(self, code: int) -> str:
        said = self.message or self._error or f"ansible-playbook ended with {code} and said nothing"
        return said[:LONGEST]

    def close(self) -> None:
        if self._file:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None


def replace_file(path: str, text: str) -> None:
    """Whoever reads it sees the whole of it, as it was or as it is now."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def metrics(cluster: str, status: Json) -> str:
    """Of the run; those of the sets are written by playbook status."""
    last_success = status.get("last_success_at")
    rows: list[tuple[str, str, t.Any]] = [
        ("timestamp_seconds", "When the last backup ended.", moment(status["ended_at"])),
        ("duration_seconds", "How long it took.", status["seconds"]),
        ("exit_code", "What it ended with.", status["exit_code"]),
        ("success", "Whether it has succeeded.", int(status["state"] == "ok")),
        ("last_success_timestamp_seconds", "When one succeeded last.", moment(last_success)),
    ]
    lines: list[str] = []
    for name, says, value in rows:
        if value is not None:
            full = f"cloudify_ha_backup_{name}"
            lines += [
                f"# HELP {full} {says}",
                f"# TYPE {full} gauge",
                f'{full}{{cluster="{cluster}"}} {value:.15g}',
            ]
    return "\n".join(lines) + "\n"


def moment(text: t.Any) -> float | None:
    """A time as it is written here, as seconds since the epoch."""
    try:
        return float(calendar.timegm(time.strptime(text, TIME)))
    except (TypeError, ValueError):
        return None


def ping(url: str, log: Log) -> None:
    """Tell a dead man's switch. Whether it hears is never a reason for a backup to fail."""
    why = ""
    for attempt in range(PING_TRIES if url else 0):
        if attempt:
            time.sleep(attempt)
        try:
            with urllib.request.urlopen(url, timeout=PING_TIMEOUT) as answer:
                answer.read(1)
            return
        except urllib.error.HTTPError as exc:
            why = f"HTTP {exc.code}"
        except Exception as exc:  # the URL is a secret: only what went wrong is told
            why = type(getattr(exc, "reason", exc)).__name__
    if why:
        log.say(f"The ping was not taken: {why}")


# -- processes -------------------------------------------------------------------------------------


def die_with_parent() -> None:
    """In the child: where this is killed, Ansible does not go on without anybody who looks after it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def started(pid: int) -> str:
    """When a process began, in the kernel's clock ticks; empty when there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return fields[19] if len(fields) > 19 and fields[0] != "Z" else ""


def family(pid: int) -> dict[int, str]:
    """A process and all that come from it, in whichever session, with when they began."""
    found = {pid: started(pid)}
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="utf-8") as file:
                for child in file.read().split():
                    found.update(family(int(child)))
    return found


def end(child: subprocess.Popen[str]) -> None:
    """Ask Ansible to end, and then make it."""
    processes = family(child.pid)
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE)
    for pid, since in processes.items():
        if since and started(pid) == since:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    child.wait()


def play(settings: Settings, log: Log, playbook: str, *words: str, timeout: float) -> int:
    """Run a playbook, with all it says in the log.

    :returns: its exit code, or TIMED_OUT
    :raises OSError: where it cannot be started
    """
    child = subprocess.Popen(
        settings.command(playbook, *words),
        env=settings.child_environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        preexec_fn=die_with_parent,
    )

    def read() -> None:
        for line in child.stdout or ():
            log.line(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        code = child.wait(timeout)
    except subprocess.TimeoutExpired:
        log.say(f"It is ended: it has taken more than {timeout:g} seconds")
        end(child)
        code = TIMED_OUT
    except BaseException:
        end(child)
        raise
    finally:
        # what still has the pipe is nobody to wait for
        reader.join(5)
    return code if code >= 0 else 128 - code


# -- one run ---------------------------------------------------------------------------------------


class Run:
    """One backup, from its first word to its last.

    :ivar status: what is in the status file
    """

    def __init__(self, settings: Settings, log: Log) -> None:
        self._settings = settings
        self._log = log
        self._begun = time.monotonic()
        try:
            before = read_json(settings.status_file)
        except BadSettings:
            before = {}
        self.status: Json = before
        self.write_failed = False

    def begin(self) -> None:
        now = time.time()
        self._log.open(self._settings, now)
        before = self.status
        shown = ("state", "started_at", "ended_at", "seconds", "exit_code", "message", "log")
        self.status = {
            "cluster": self._settings.cluster,
            "state": "running",
            "started_at": time.strftime(TIME, time.gmtime(now)),
            "ended_at": None,
            "seconds": None,
            "exit_code": None,
            "message": "",
            "log": self._log.path,
            "pid": os.getpid(),
            "last_success_at": before.get("last_success_at"),
            "sets": before.get("sets"),
            "before": {name: before.get(name) for name in shown} if before else None,
        }
        self._write()

    def back_up(self) -> None:
        """:raises Stopped: when that is asked for"""
        state, code = "failed", 1
        try:
            code = play(self._settings, self._log, "backup", timeout=self._settings.timeout)
            state = {0: "ok", TIMED_OUT: "timed_out"}.get(code, "failed")
            message = self._log.summary(code)
            if state == "timed_out":
                message = f"it took more than {self._settings.timeout:g} seconds"
        except OSError as exc:
            message = f"{self._settings.ansible_playbook} cannot be started: {exc.strerror}"
        self.status.update(state=state, exit_code=code, message=message)

    def look(self) -> None:
        """What is in the store now, as playbook status judges it for everybody."""
        settings = self._settings
        keep = {"cloudify_status_file": settings.sets_file, "cloudify_output": "screen"}
        if settings.metrics_dir:
            keep["cloudify_metrics_file"] = settings.metrics_file("sets")
        asked = time.strftime(TIME, time.gmtime())
        words = ("--extra-vars", json.dumps(keep))
        sets: Json = {}
        try:
            play(settings, self._log, "status", *words, timeout=settings.status_timeout)
            sets = read_json(settings.sets_file)
        except (BadSettings, OSError) as exc:
            self._log.say(f"The status could not be found out: {exc}")
        if str(sets.get("time") or "") < asked:
            sets = {"state": "unknown", "summary": "the status could not be found out; see the log"}
        self.status["sets"] = sets
        if self.status["state"] == "ok" and sets["state"] in ("critical", "unknown"):
            code = 4 if sets["state"] == "critical" else 2
            message = f"STATUS {sets['state'].upper()}: {sets['summary']}"
            self.status.update(state="failed", exit_code=code, message=message)

    def finish(self, **changes: t.Any) -> int:
        """Say everywhere what it came to. Returns the exit code."""
        heed(signal.SIG_IGN)
        self.status.update(changes)
        now = time.strftime(TIME, time.gmtime())
        self.status.update(ended_at=now, seconds=round(time.monotonic() - self._begun, 1))
        self.status.pop("pid", None)
        good = self.status["state"] == "ok"
        if good:
            self.status["last_success_at"] = now
        self._write()
        path = self._settings.metrics_file("backup")
        if path:
            self._write_to(path, metrics(self._settings.cluster, self.status))
        good = good and not self.write_failed
        tell = self._log.say if good else self._log.conclude
        tell(
            f"{'OK' if good else 'FAILED'} after {self.status['seconds']:g} seconds, "
            f"exit code {self.status['exit_code']}: {self.status['message']}"
        )
        ping(self._settings.ping_url if good else self._settings.ping_failure_url, self._log)
        self._log.close()
        return int(self.status["exit_code"]) or int(self.write_failed)

    def record_killed(self) -> None:
        """Of a run that could not do it itself."""
        if self.status.get("state") != "running":
            return
        self._begun -= max(0.0, time.time() - (moment(self.status.get("started_at")) or 0.0))
        self._log.say(f"The run that began at {self.status.get('started_at')} was killed")
        why = os.environ.get("SERVICE_RESULT", "")
        message = f"it was killed{f' ({why})' if why else ''}; see {self.status.get('log')}"
        self.finish(state="killed", exit_code=137, message=message)

    def _write(self) -> None:
        text = json.dumps(self.status, indent=1) + "\n"
        self._write_to(self._settings.status_file, self._log.redacted(text))

    def _write_to(self, path: str, text: str) -> None:
        try:
            replace_file(path, text)
        except OSError as exc:
            self.write_failed = True
            self._log.say(f"{path} cannot be written: {exc.strerror}")


@contextlib.contextmanager
def alone(settings: Settings) -> t.Iterator[bool]:
    """Whether nobody else is at it. When this process ends, in whichever way, others can be."""
    with open(os.path.join(settings.state_dir, "lock"), "a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def refused(settings: Settings, log: Log) -> int:
    since = Run(settings, log).status.get("started_at")
    log.conclude(f"REFUSED: a backup of cluster {settings.cluster} is running, since {since}")
    return BUSY


def back_up(settings: Settings, log: Log) -> int:
    Run(settings, log).record_killed()
    run = Run(settings, log)
    heed(stop)
    try:
        run.begin()
        run.back_up()
        run.look()
        return run.finish()
    except Stopped:
        return run.finish(state="stopped", exit_code=STOPPED, message="it was stopped by a signal")
    except Exception as exc:
        run.finish(
            state="failed",
            exit_code=1,
            message=f"This is a defect of scheduled_backup.py: {type(exc).__name__}: {exc}",
        )
        return 1


def rehearse(settings: Settings, log: Log) -> int:
    return play(settings, log, "backup", "--check", timeout=settings.timeout)


def nagios(settings: Settings) -> int:
    """One line with figures, and the exit code of a monitoring plugin."""
    done = subprocess.run(
        settings.command("status", "--extra-vars", '{"cloudify_output": "json"}'),
        env=settings.child_environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=settings.status_timeout,
        check=False,
    )
    status: Json = {"state": "unknown", "summary": f"ansible-playbook ended with {done.returncode}"}
    for found in re.finditer(r"^\{$", done.stdout, re.MULTILINE):
        with contextlib.suppress(ValueError):
            status = json.JSONDecoder().raw_decode(done.stdout[found.start() :])[0]
            break
    newest = status.get("newest") or {}
    limits = status.get("objectives") or {}
    figures = (
        [f"sets={status['verified']};{limits.get('min_sets')}:"] if "verified" in status else []
    )
    if newest:
        figures.append(f"age={newest['age']:.0f}s;;{limits.get('max_age'):.0f}")
        figures.append(f"size={newest['size']}B;;{limits.get('min_size')}:")
    line = f"STATUS {status['state'].upper()}: cluster {settings.cluster}: {status['summary']}"
    print(f"{line.replace('|', '/')}{' | ' if figures else ''}{' '.join(figures)}")
    return NAGIOS.get(status["state"], 3)


def heed(how: t.Any) -> None:
    """What is done about a signal to end this."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, how)


def stop(_number: int, _frame: t.Any) -> None:
    raise Stopped


def main(words: t.Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="One backup that nobody watches.")
    parser.add_argument("settings", help="what role schedule_backup has written")
    parser.add_argument("--jitter", type=float, default=0, help="wait up to so many seconds first")
    parser.add_argument("--quiet", action="store_true", help="print failures only, for cron's mail")
    does = parser.add_mutually_exclusive_group()
    for name in ("check", "record", "nagios"):
        does.add_argument(f"--{name}", action="store_true")
    given = parser.parse_args(words)
    os.umask(0o077)
    try:
        settings = Settings(given.settings)
        # the ping may have to go through a proxy
        os.environ.update(settings.environment)
        log = Log(settings.secrets, quiet=given.quiet)
        if given.nagios:
            return nagios(settings)
        heed(stop)
        time.sleep(random.uniform(0, given.jitter))
        with alone(settings) as free:
            if given.record:
                # while one is running it is not killed
                if free:
                    Run(settings, log).record_killed()
                return 0
            if not free:
                return refused(settings, log)
            return rehearse(settings, log) if given.check else back_up(settings, log)
    except BadSettings as exc:
        print(f"FAILED: {exc}", file=sys.stderr)
        return BAD_SETTINGS
    except Stopped:
        return STOPPED
    except (OSError, subprocess.SubprocessError) as exc:
        print(f"FAILED: {exc}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
