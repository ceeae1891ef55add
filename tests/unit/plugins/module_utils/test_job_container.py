# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In a job of AWX nothing lasts that is on its disk, so that no store is opened there."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _job_container
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._node_files import folder_of
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._runs import ClusterRuns
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._sets import ClusterStore

OPENINGS: list[t.Callable[[str], t.Any]] = [
    lambda place: ClusterStore(store=place, cluster="production"),
    lambda place: ClusterRuns(store=place, cluster="production"),
    lambda place: folder_of(place, "h1"),
]


@pytest.mark.parametrize("opened", OPENINGS)
def test_nothing_is_opened_in_a_job(
    opened: t.Callable[[str], t.Any], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(_job_container.VARIABLE, "/tmp/awx_61_ifxztvul")
    with pytest.raises(Refused) as error:
        opened(str(tmp_path / "store"))
    told = str(error.value)
    assert f"{tmp_path}/store would be in the container of this AWX job" in told
    assert "cloudify_store" in told and told.endswith("Nothing was touched.")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("opened", OPENINGS)
@pytest.mark.parametrize("value", [None, ""])
def test_everywhere_else_it_is(
    opened: t.Callable[[str], t.Any],
    value: str | None,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if value is None:
        monkeypatch.delenv(_job_container.VARIABLE, raising=False)
    else:
        monkeypatch.setenv(_job_container.VARIABLE, value)
    opened(str(tmp_path / "store"))
