# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Places that nothing can be written to: destinations of downloads, stores of recovery sets."""

from __future__ import annotations

import pytest

from bad_input.batch import ARCHIVES, Batch, Case, Place, check, check_nothing_happened, run

NAME = "it takes up to 200 letters, digits and the characters - . _"
PATH = "Check the path"


def download(what: str, dest: str, says: str, todo: str, **args: object) -> Case:
    wanted = {"id": "there", "dest": dest, **args}
    return Case(f"download: {what}", "snapshot_download", wanted, (says,), todo)


def a_set(what: str, says: str, todo: str, **args: object) -> Case:
    """A recovery set that cannot be."""
    wanted = {"store": "{{ files }}/store", "cluster": "prod", "id": "first", **args}
    return Case(f"set: {what}", "recovery_set", wanted, (says,), todo)


def find(what: str, says: str, todo: str, **args: object) -> Case:
    wanted = {"store": "{{ files }}/store", "cluster": "prod", **args}
    return Case(f"find: {what}", "recovery_set_info", wanted, (says,), todo)


CASES = [
    download("no directory", "{{ files }}/none/a.zip", "there is no directory", "Create it"),
    download("below a file", "{{ files }}/text/a.zip", "there is no directory", "Create it"),
    download(
        "a directory", "{{ files }}/folder", "there.zip is there and is no file", "another dest"
    ),
    download("a device", "/dev/null", "/dev/null is there and is no file", "another dest"),
    download(
        "another file",
        "{{ files }}/text",
        "exists, and the file is no sound snapshot (not a zip",
        "force=true",
    ),
    download(
        "another snapshot",
        "{{ files }}/other.zip",
        "exists, and the file is not the same",
        "force=true",
    ),
    a_set(
        "store is a file",
        "/text is no directory",
        "Name the",
        store="{{ files }}/text",
        state="staged",
    ),
    a_set(
        "store in a file",
        "text/x: Not a directory",
        PATH,
        store="{{ files }}/text/x",
        state="staged",
    ),
    a_set("cluster with slash", "cluster 'a/b'", NAME, cluster="a/b", state="staged"),
    a_set("cluster of dots", "cluster '..'", NAME, cluster="..", state="staged"),
    a_set("no cluster", "cluster ''", NAME, cluster="", state="staged"),
    a_set("id with slash", "id '../b'", NAME, id="../b", state="staged"),
    a_set("id to remove with slash", "id '../b'", NAME, id="../b", state="absent"),
    a_set("never staged", "content.json is not staged yet", "Stage it with state=staged"),
    a_set(
        "negative resume_within",
        "resume_within",
        "cannot be less than 0",
        state="staged",
        resume_within=-1,
    ),
    a_set("keep none", "not 0", "keep has to be at least 1", state="pruned", keep=0),
    a_set(
        "prune a file",
        "/text is no directory",
        "Name the",
        state="pruned",
        keep=1,
        store="{{ files }}/text",
    ),
    find("unknown set", "no set unknown of cluster prod", "It has none at all in", id="unknown"),
    find("cluster with slash", "cluster 'a/b'", NAME, cluster="a/b"),
    find("for no version", "'latest' is not a version", "such as 7.0.5", for_version="latest"),
    find("store is a file", "/text is no directory", "Name the", store="{{ files }}/text"),
]


@pytest.fixture(scope="module")
def batch(place: Place) -> Batch:
    place.manager.add_snapshot("there")
    files = place.files
    (files / "text").write_text("text\n")
    (files / "folder/there.zip").mkdir(parents=True)
    (files / "other.zip").write_bytes((ARCHIVES / "small-new.zip").read_bytes())
    (files / "store/prod").mkdir(parents=True)
    return run(place, CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_clear_line(case: Case, batch: Batch) -> None:
    check(case, batch)


def test_nothing_happened(batch: Batch) -> None:
    check_nothing_happened(batch, CASES)
