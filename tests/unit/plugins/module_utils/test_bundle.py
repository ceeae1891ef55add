# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins import module_utils
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._bundle import Bundle, pack
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import TransferError
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.node_samples import (
    MANAGER,
    printed,
)

COLLECT = (
    pathlib.Path(module_utils.__path__[0]).parents[1] / "roles/save_certificates/files/collect.sh"
)


def collect(*patterns: str, limit: int = 1_000_000) -> subprocess.CompletedProcess[str]:
    """The script that runs on a node, on this machine."""
    return subprocess.run(
        ["/bin/sh", "-c", COLLECT.read_text(), "collect.sh", str(limit), "no-such-package"],
        input="\n".join(patterns),
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_a_node_prints_is_read() -> None:
    found = Bundle.parse(printed(MANAGER))
    assert {path: file.content for path, file in found.files.items()} == MANAGER
    assert found.product == {"package": "cloudify-manager-install", "version": "7.0.5"}
    one = found.files[next(iter(MANAGER))]
    assert (one.mode, one.owner, one.group) == ("0440", "cfyuser", "cfygroup")


def test_a_node_that_has_nothing() -> None:
    found = Bundle.parse(printed({}, version=""))
    assert (found.files, found.product) == ({}, {})


def damaged() -> t.Iterator[tuple[str, str, str]]:
    whole = printed(MANAGER)
    lines = whole.splitlines()
    other = pack({"/etc/other": (b"x", 0o600)})
    yield "nothing", "", "does not begin"
    yield "a message", "sudo: a password is required", "does not begin"
    yield "no end", "\n".join(lines[:3]), "ends too early"
    yield "a file less in the list", "\n".join(lines[:2] + lines[3:]), "are listed"
    yield "cut off", whole[:-200], "cannot be unpacked|not there"
    yield "other files", "\n".join([*lines[:-1], other]), "listed, and not there"
    yield "another checksum", whole.replace("F 440", "F 440", 1).replace(
        lines[2].split()[5], "0" * 64
    ), "did not arrive as it was read"
    yield "a path that leaves", whole.replace("/etc/cloudify/ssl/", "/etc/../ssl/"), "plain path"
    yield "a word", whole.replace("T 3", "X 3"), "makes no sense"


@pytest.mark.parametrize(
    ("text", "reason"), [each[1:] for each in damaged()], ids=[d[0] for d in damaged()]
)
def test_what_did_not_arrive_whole_is_refused(text: str, reason: str) -> None:
    with pytest.raises(TransferError, match=reason) as told:
        Bundle.parse(text)
    assert "saved already has not been touched" in str(told.value)


def test_a_link_out_of_the_archive_is_no_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").symlink_to("/etc/passwd")
    tar = subprocess.run(
        ["tar", "-czf", "-", "-C", str(tmp_path), "a"], capture_output=True, check=True
    ).stdout
    text = printed({"/a": b"x"}).splitlines()[:-1]
    with pytest.raises(TransferError, match="not there"):
        Bundle.parse("\n".join([*text, base64.b64encode(tar).decode()]))


# -- the script on the node ----------------------------------------------------------------------


def test_the_script_prints_what_is_read(tmp_path: pathlib.Path) -> None:
    (tmp_path / "ssl").mkdir()
    (tmp_path / "ssl" / "a b.pem").write_bytes(bytes(range(256)) * 300)
    (tmp_path / "ssl" / ".hidden").write_text("")
    (
        (tmp_path / "ssl" / "hard").hardlink_to(tmp_path / "ssl" / "a b.pem")
        if hasattr(pathlib.Path, "hardlink_to")
        else None
    )
    (tmp_path / "link").symlink_to(tmp_path / "ssl" / ".hidden")
    done = collect(f"{tmp_path}/ssl", f"{tmp_path}/lin*", f"{tmp_path}/nowhere", "")
    assert (done.returncode, done.stderr) == (0, "")
    found = Bundle.parse(done.stdout).files
    wanted = {str(p) for p in tmp_path.rglob("*") if p.is_file()}
    assert set(found) == wanted
    for path, file in found.items():
        assert file.content == pathlib.Path(path).read_bytes()


def test_the_script_finds_what_configurations_name(tmp_path: pathlib.Path) -> None:
    for name in ("ca.pem", "my cert.pem", "license.yaml", "big.db"):
        (tmp_path / name).write_text(name)
    config = tmp_path / "config.yaml"
    config.write_text(
        f"ssl_inputs:\n  ca_cert_path: {tmp_path}/ca.pem\n  internal_cert_path: '{tmp_path}/my cert.pem' # x\n"
        f'manager:\n  cloudify_license_path: "{tmp_path}/license.yaml"\n'
        f"  external_cert_path: {tmp_path}/nowhere.pem\n  data_path: {tmp_path}/big.db\n  x_key_path: ''\n"
    )
    found = Bundle.parse(collect(f"{tmp_path}/*.yaml").stdout).files
    names = {pathlib.Path(path).name for path in found}
    assert names == {"config.yaml", "ca.pem", "my cert.pem", "license.yaml"}


def test_the_script_refuses_what_cannot_be_certificates(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 2000)
    done = collect(f"{tmp_path}/a", limit=1000)
    assert done.returncode == 1
    assert "1 files have 2000 bytes" in done.stderr


def test_the_script_on_a_node_that_has_nothing(tmp_path: pathlib.Path) -> None:
    done = collect(f"{tmp_path}/nowhere")
    assert done.returncode == 0
    assert Bundle.parse(done.stdout).files == {}


def test_what_is_packed_can_be_unpacked_by_a_node(tmp_path: pathlib.Path) -> None:
    text = pack({"/stage/etc/a": (b"one", 0o600), "/stage/b": (b"", 0o400)})
    subprocess.run(
        ["/bin/sh", "-c", 'base64 -d | tar -xzf - -C "$0"', str(tmp_path)],
        input=text,
        text=True,
        check=True,
    )
    assert (tmp_path / "stage/etc/a").read_bytes() == b"one"
    assert (tmp_path / "stage/b").stat().st_mode & 0o777 == 0o400
