# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that managers of a cluster keep alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from standin.cluster.files import Entry, FileIndex
from standin.cluster.filesync import FileSync
from standin.cluster.peers import Link, PeerError, Server
from standin.sqlite_store import SqliteStore
from standin.tests.clusters import until
from standin.tests.postgres import free_port

EVERY = 0.05


class Node:
    """One side: a directory, its index and what serves it."""

    def __init__(self, folder: Path, secret: str = "s") -> None:
        self.root = folder
        self.secret = secret
        self.on = True
        self.port = free_port()
        self.settings = {"port": self.port}
        (folder / "snapshots").mkdir(parents=True, exist_ok=True)
        self.store = SqliteStore(folder / "local.sqlite")
        self.index = FileIndex(folder, ("snapshots", "files"), self.store)
        self.sync = FileSync(self.index, folder / "incoming", on=lambda: self.on, every=EVERY)
        self.server: Server | None = None
        self.serve()

    def serve(self) -> None:
        self.server = Server(
            ("127.0.0.1", self.port),
            index=self.index,
            status=lambda: {"services": {"Webserver": True}},
            secret=lambda: self.secret,
            sharing=lambda: self.on,
            settings=self.settings,
        )
        told = {"poll_interval": 0.02}
        threading.Thread(target=self.server.serve_forever, kwargs=told, daemon=True).start()

    def stop_serving(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def link_to(self, other: Node) -> Link:
        return Link("127.0.0.1", other.settings, lambda: self.secret)

    def write(self, name: str, data: bytes) -> Path:
        path = self.root / "snapshots" / name / f"{name}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_bytes(data)
        path.with_suffix(".new").replace(path)
        return path

    def data(self, name: str) -> bytes | None:
        path = self.root / "snapshots" / name / f"{name}.zip"
        return path.read_bytes() if path.exists() else None

    def close(self) -> None:
        self.sync.close()
        self.stop_serving()
        self.store.close()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    made: list[Node] = []

    def make(name: str, **options: str) -> Node:
        made.append(Node(tmp_path / name, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def pair(node: Callable[..., Node]) -> tuple[Node, Node]:
    a, b = node("a"), node("b")
    a.sync.follow([a.link_to(b)])
    b.sync.follow([b.link_to(a)])
    return a, b


def test_a_new_file_and_a_newer_one(pair: tuple[Node, Node]) -> None:
    a, b = pair
    a.write("s", b"one")
    until(lambda: b.data("s") == b"one", "the file")
    b.write("s", b"second")
    until(lambda: a.data("s") == b"second", "the newer file")
    a.write("s", b"third!")
    until(lambda: b.data("s") == b"third!", "one of the same size")


def test_a_deletion(pair: tuple[Node, Node]) -> None:
    a, b = pair
    a.write("s", b"one")
    until(lambda: b.data("s"), "the file")
    (b.root / "snapshots/s/s.zip").unlink()
    until(lambda: a.data("s") is None, "the file gone")
    assert not (a.root / "snapshots/s").exists()
    a.write("s", b"again")
    until(lambda: b.data("s") == b"again", "the file again")


def test_files_of_no_length(pair: tuple[Node, Node]) -> None:
    a, b = pair
    a.write("s", b"")
    until(lambda: b.data("s") == b"", "the empty file")


def test_the_newest_change_wins_when_both_changed(node: Callable[..., Node]) -> None:
    a, b = node("a"), node("b")
    a.write("s", b"older")
    a.index.scan()
    b.write("s", b"newer")
    b.index.scan()
    a.sync.follow([a.link_to(b)])
    b.sync.follow([b.link_to(a)])
    until(lambda: a.data("s") == b"newer", "the newer file")
    assert b.data("s") == b"newer"


def test_a_deletion_noticed_late_takes_nothing_newer_away(node: Callable[..., Node]) -> None:
    a, b = node("a"), node("b")
    a.on = b.on = False
    for one in (a, b):
        one.write("s", b"old")
        one.index.scan()
        (one.root / "snapshots/s/s.zip").unlink()
    a.write("s", b"made anew")
    a.index.scan()
    b.index.scan()
    a.on = b.on = True
    a.sync.follow([a.link_to(b)])
    b.sync.follow([b.link_to(a)])
    until(lambda: b.data("s") == b"made anew", "the new file")
    assert a.data("s") == b"made anew"


def test_a_restart_keeps_what_was_known(node: Callable[..., Node], tmp_path: Path) -> None:
    a = node("a")
    a.write("s", b"one")
    a.index.scan()
    stamp = a.index.get("snapshots/s/s.zip").stamp  # type: ignore[union-attr]
    (a.root / "snapshots/s/s.zip").unlink()
    a.write("t", b"two")
    again = FileIndex(a.root, ("snapshots",), a.store)
    again.scan()
    gone = again.get("snapshots/s/s.zip")
    assert gone and gone.deleted and gone.stamp > stamp
    assert not again.get("snapshots/t/t.zip").deleted  # type: ignore[union-attr]


def test_what_has_arrived_is_not_sent_again(node: Callable[..., Node], tmp_path: Path) -> None:
    a, b = node("a"), node("b")
    data = bytes(range(256)) * 1000
    a.write("s", data)
    a.index.scan()
    entry = a.index.get("snapshots/s/s.zip")
    assert entry
    part = tmp_path / "part"
    part.write_bytes(data[:200_000])
    sent: list[str] = []
    link = b.link_to(a)
    get = link._get

    def spied(path: str, headers: dict[str, str]) -> object:
        sent.append(headers.get("Range", ""))
        return get(path, headers)

    link._get = spied  # type: ignore[method-assign,assignment]
    link.fetch(entry, part)
    assert part.read_bytes() == data
    assert sent == ["bytes=200000-"]


def test_another_version_is_not_mixed_in(node: Callable[..., Node], tmp_path: Path) -> None:
    a, b = node("a"), node("b")
    a.write("s", b"one")
    a.index.scan()
    old = a.index.get("snapshots/s/s.zip")
    a.write("s", b"two")
    a.index.scan()
    assert old
    with pytest.raises(PeerError, match="409"):
        b.link_to(a).fetch(old, tmp_path / "part")


def test_strangers_are_told_nothing(node: Callable[..., Node]) -> None:
    a, b = node("a"), node("b", secret="other")
    with pytest.raises(PeerError, match="403"):
        b.link_to(a).json("/status")
    a.secret = ""
    b.secret = ""
    with pytest.raises(PeerError, match="403"):
        b.link_to(a).json("/files")


@pytest.mark.parametrize("path", ["../x", "snapshots/../../x", "/etc/passwd", "other/x", ""])
def test_nothing_outside_of_the_folders_is_touched(node: Callable[..., Node], path: str) -> None:
    a = node("a")
    assert a.index.locate(path) is None
    assert not a.index.adopt(Entry(path, 0, 1 << 62, True), None)


def test_a_peer_that_was_away(pair: tuple[Node, Node]) -> None:
    a, b = pair
    a.stop_serving()
    a.write("s", b"one")
    a.index.scan()
    a.serve()
    until(lambda: b.data("s") == b"one", "the file")
