# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from standin.tests.cluster.members import Node, healthy
from standin.tests.steps import until


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """Start managers that are in no cluster yet; they end with the test."""
    running: list[Node] = []

    def start_one(name: str, *, profile: str = "4.5.5", **settings: Any) -> Node:
        made = Node(name, state=tmp_path / name, profile=profile, **settings)
        running.append(made)
        made.start()
        return made

    yield start_one
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(Node.stop, running))


@pytest.fixture
def cluster(node: Callable[..., Node]) -> Callable[..., list[Node]]:
    """So many members, the first of them the leader."""

    def form(count: int = 3, **options: Any) -> list[Node]:
        with ThreadPoolExecutor(count) as pool:
            nodes = list(pool.map(lambda n: node(f"m{n}", **options), range(1, count + 1)))
        nodes[0].start_cluster()
        for other in nodes[1:]:
            other.join_cluster(nodes[0])
        until(lambda: healthy(nodes))
        return nodes

    return form
