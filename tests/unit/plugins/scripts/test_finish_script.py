# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What role install_node leaves of configurations: what was saved, or what the operator gave, and never what it has prepared."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[4] / "roles/install_node/files/finish.sh"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A configuration as it was saved, in its stage, and as it was prepared, in its place."""
    path = tmp_path / "etc" / "config.yaml"
    staged = tmp_path / "stage" / str(path).lstrip("/")
    staged.parent.mkdir(parents=True)
    staged.write_text("saved")
    path.parent.mkdir()
    path.write_text("prepared")
    return path


def finish(place: Path, *paths: Path, given: dict[Path, str]) -> None:
    lines = [f"{base64.b64encode(text.encode()).decode()} {path}\n" for path, text in given.items()]
    pairs = [word for path in paths for word in ("0640", str(path))]
    command = ["/bin/sh", str(SCRIPT), str(place / "stage"), "no", *pairs]
    subprocess.run(command, input="".join(lines), check=True, text=True)
    assert not (place / "stage").exists()


def test_what_was_saved_is_put_back(tmp_path: Path, saved: Path) -> None:
    finish(tmp_path, saved, given={})
    assert saved.read_text() == "saved" and saved.stat().st_mode & 0o777 == 0o640


def test_what_the_operator_gave_comes_before_it(tmp_path: Path, saved: Path) -> None:
    other = tmp_path / "etc" / "other.yaml"
    other.write_text("prepared, with a password")
    new = tmp_path / "elsewhere" / "new.yaml"
    new.parent.mkdir()
    new.write_text("prepared")
    finish(tmp_path, saved, other, new, given={saved: "given", other: "mine\n", new: "new"})
    assert [each.read_text() for each in (saved, other, new)] == ["given", "mine\n", "new"]
    assert other.stat().st_mode & 0o777 == 0o640
