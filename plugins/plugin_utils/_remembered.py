# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The nodes of a cluster as it told them last, in a file, for when it is down."""

from __future__ import annotations

import calendar
import json
import os
import tempfile
import time
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._disk import sync_folder, unlink
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._times import utc_now
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._cluster_inventory import check

Json = dict[str, t.Any]

FORMAT = 1
KIND = "nodes of a Cloudify cluster"
TIME = "%Y-%m-%dT%H:%M:%SZ"
UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def remember(path: str, nodes: t.Sequence[Json], *, managers: t.Sequence[str]) -> None:
    """Write it in place of what is there, for the owner alone.

    :param managers: whom it was asked of, so that no other cluster takes it for its own
    :raises RecoveryError: when the file is another cluster's, or something else altogether
    :raises OSError: when it cannot be written
    """
    try:
        _of_these(path, read(path), managers)
    except FileNotFoundError:
        pass
    content = {
        "kind": KIND,
        "format": FORMAT,
        "told_at": utc_now(),
        "managers": sorted(managers),
        "nodes": list(nodes),
    }
    folder = os.path.dirname(path) or "."
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        unlink(temporary)
        raise
    sync_folder(folder)


def remembered(path: str, *, managers: t.Sequence[str]) -> tuple[list[Json], str]:
    """The nodes, and when they were told.

    :raises RecoveryError: when it is of another cluster, or not what C(remember) has written
    :raises OSError: when it cannot be read
    """
    content = read(path)
    _of_these(path, content, managers)
    return content["nodes"], content["told_at"]


def read(path: str) -> Json:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if not isinstance(content, dict) or content.get("kind") != KIND:
            raise RecoveryError(f"it does not hold {KIND}")
        if content.get("format") != FORMAT:
            raise RecoveryError(f"it has the format {content.get('format')}, not {FORMAT}")
        check(content.get("nodes"))
        seconds_since(content["told_at"])
        if not all(isinstance(each, str) for each in content["managers"]):
            raise RecoveryError("it does not say whom it was asked of")
    except RecoveryError as exc:
        raise _unusable(path, exc.message) from None
    except (KeyError, TypeError, ValueError):
        raise _unusable(path, "it is damaged") from None
    return t.cast(Json, content)


def _of_these(path: str, content: Json, managers: t.Sequence[str]) -> None:
    if not set(managers) & set(content["managers"]):
        others = ", ".join(content["managers"])
        raise _unusable(path, f"it is of other managers ({others})")


def _unusable(path: str, why: str) -> RecoveryError:
    return RecoveryError(
        f"{path} cannot be used: {why}", hint="Set remembered to another file, or remove this one"
    )


def seconds_since(told_at: str) -> int:
    """:raises ValueError: for what is no time"""
    return max(0, int(time.time()) - calendar.timegm(time.strptime(told_at, TIME)))


def in_words(seconds: int) -> str:
    """A duration to the two units that matter."""
    parts: list[str] = []
    for unit, size in UNITS:
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number} {unit}{'s' * (number > 1)}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 seconds"


__all__ = ("in_words", "remember", "remembered", "seconds_since")
