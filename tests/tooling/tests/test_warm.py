# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python that starts at once is like the one that it stands for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tooling.warm import warm

TELL = """
import json, os, sys
print(json.dumps([sys.argv, sys.path, os.getcwd(), os.umask(0), dict(os.environ), __name__]))
print("aside", file=sys.stderr)
sys.exit(int(os.environ.get("CODE", 0)))
"""


@pytest.fixture(scope="module")
def python() -> Iterator[str]:
    with warm(("json", "argparse")) as executable:
        yield executable


def tell(python: str, place: Path, *words: str, source: str = TELL, **env: str) -> object:
    done = subprocess.run(
        [python, *words],
        input=source,
        cwd=place,
        env={"PATH": os.defpath, "LC_CTYPE": "C.UTF-8", "PYTHONPATH": "/opt/mine", **env},
        capture_output=True,
        text=True,
        check=False,
        umask=0o027,
    )
    return done.returncode, done.stderr, json.loads(done.stdout)


@pytest.mark.parametrize("words", [(), ("one", "two")])
def test_it_gives_a_script_what_python_gives(
    python: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    if words:
        (tmp_path / "script.py").write_text(TELL)
        words = (str(tmp_path / "script.py"), *words)
    assert tell(python, tmp_path, *words, CODE="3") == tell(
        sys.executable, tmp_path, *words, CODE="3"
    )


def test_options_are_for_the_real_one(python: str) -> None:
    done = subprocess.run([python, "-c", "print(7)"], capture_output=True, text=True, check=True)
    assert done.stdout == "7\n"


def test_an_exception_and_a_signal(python: str) -> None:
    done = subprocess.run(
        [python], input="1 / 0", capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr
    done = subprocess.run(
        [python], input="import os; os.kill(os.getpid(), 9)", text=True, check=False, timeout=60
    )
    assert done.returncode == -9


def test_what_is_left_to_do_at_the_end_is_done(python: str, tmp_path: Path) -> None:
    source = f"import atexit; atexit.register(open, {str(tmp_path / 'done')!r}, 'w')"
    subprocess.run([python], input=source, text=True, check=True, timeout=60)
    assert (tmp_path / "done").exists()


@pytest.mark.parametrize("whole", [False, True], ids=["a client", "the server"])
def test_what_was_started_ends_with(whole: bool, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    source = f"""
import os, time
open({str(told) + ".new"!r}, "w").write(str(os.getpid()))
os.rename({str(told) + ".new"!r}, {str(told)!r})
time.sleep(600)
"""
    with warm(("json",)) as python:
        child = subprocess.Popen([python], stdin=subprocess.PIPE, text=True)
        assert child.stdin
        child.stdin.write(source)
        child.stdin.close()
        until(told.exists)
        pid = int(told.read_text())
        if not whole:
            child.kill()
            until(lambda: not Path(f"/proc/{pid}").exists())
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert child.wait() != 0


def until(condition: object) -> None:
    end = time.monotonic() + 60
    assert callable(condition)
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
