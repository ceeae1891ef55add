# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Whether the recovery sets of a cluster are as new, as large and as many as they should be. Pure.

Whoever judges looks from outside: at what is in the store, and not at how the last backup ended.
"""

from __future__ import annotations

import datetime
import re
import statistics
import typing as t
from dataclasses import asdict, dataclass

Json = dict[str, t.Any]

OK, UNKNOWN, WARNING, CRITICAL = "ok", "unknown", "warning", "critical"
#: The worst comes last.
STATES = (OK, UNKNOWN, WARNING, CRITICAL)
TIME = "%Y-%m-%dT%H:%M:%SZ"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
BYTES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
#: Clocks of a cluster may differ by so many seconds.
SKEW = 300
#: Of fewer earlier sets nobody can say what is usual.
USUAL = 3
SNAPSHOT = "snapshot.zip"


class BadObjective(ValueError):
    """What is asked for cannot be understood. The message is for the operator."""


@dataclass(frozen=True)
class Objectives:
    """
    :ivar max_age: seconds since the data of the newest verified set were taken
    :ivar min_size: bytes of its snapshot
    :ivar max_shrink: percent that it may be smaller than the median of the earlier ones; 100 allows all
    :ivar min_sets: so many verified sets
    """

    max_age: float
    min_size: int
    max_shrink: float
    min_sets: int

    @classmethod
    def parse(
        cls, *, max_age: t.Any, min_size: t.Any, max_shrink: t.Any, min_sets: t.Any
    ) -> Objectives:
        """As operators write them: C(26h), C(10M), C(50), C(7).

        :raises BadObjective: for what means nothing
        """
        shrink = _number("max_shrink", max_shrink, "a number of percent from 0 to 100")
        if not 0 <= shrink <= 100:
            raise BadObjective(f"max_shrink is {max_shrink}, which is no percentage from 0 to 100")
        sets = _number("min_sets", min_sets, "a number of sets")
        if sets < 0 or sets != int(sets):
            raise BadObjective(f"min_sets is {min_sets}, which is no number of sets")
        return cls(seconds_of(max_age), bytes_of(min_size), shrink, int(sets))


def judge(
    found: t.Mapping[str, t.Any], objectives: Objectives, *, cluster: str, now: str
) -> dict[str, t.Any]:
    """What there is, what is wrong with it, and how bad that is.

    :param found: what recovery_set_info returns; with C(msg) in place of C(sets) where it failed
    :param now: the time, in UTC as the manifests have it
    """
    at = _moment(now) or 0.0
    result: Json = {
        "cluster": cluster,
        "time": now,
        "objectives": asdict(objectives),
        "newest": None,
        "usual_size": None,
        "verified": 0,
        "broken": [],
        "unfinished": list(found.get("unfinished") or []),
    }
    if not isinstance(found.get("sets"), list):
        why = f"the store could not be looked at: {found.get('msg') or 'nobody has said why'}"
        return _finished(result, [_reason(UNKNOWN, "not_known", why)])
    sound: list[Json] = []
    for each in found["sets"]:
        problems = list(each.get("problems") or [])
        data_of = _data_of(each)
        if not problems and data_of is None:
            problems = ["its manifest does not say when it was made"]
        elif not problems and data_of is not None and data_of > at + SKEW:
            problems = [
                f"it says that it was made {in_words(data_of - at)} from now: see the clock"
            ]
        if problems:
            result["broken"].append({"id": each["id"], "problems": problems})
        else:
            sound.append(each)
    result["verified"] = len(sound)
    reasons = [
        _reason(WARNING, "broken_set", f"set {one['id']} cannot be relied on: {one['problems'][0]}")
        for one in result["broken"]
    ]
    if not sound:
        reasons.append(_reason(CRITICAL, "no_set", "there is no verified set"))
        return _finished(result, reasons)
    sound.sort(key=lambda each: _data_of(each) or 0.0, reverse=True)
    newest, earlier = sound[0], sound[1:]
    age, size = max(0.0, at - (_data_of(newest) or 0.0)), _size(newest)
    manifest = newest["manifest"]
    result["newest"] = {
        "id": newest["id"],
        "data_of": _data_word(newest),
        "created_at": manifest.get("created_at"),
        "age": age,
        "size": size,
        "proofs": [proof["name"] for proof in manifest.get("proofs", [])],
        "checked": newest.get("verified"),
    }
    if age > objectives.max_age:
        reasons.append(
            _reason(
                CRITICAL,
                "too_old",
                f"the newest verified set is {in_words(age)} old, more than {in_words(objectives.max_age)}",
            )
        )
    if size < objectives.min_size:
        reasons.append(
            _reason(
                CRITICAL,
                "too_small",
                f"its snapshot has {in_bytes(size)}, less than {in_bytes(objectives.min_size)}",
            )
        )
    alike = [_size(each) for each in earlier if _format(each) == _format(newest)]
    if len(alike) >= USUAL:
        usual = statistics.median(alike)
        result["usual_size"] = usual
        if size < usual * (1 - objectives.max_shrink / 100):
            reasons.append(
                _reason(
                    WARNING,
                    "shrunk",
                    f"its snapshot has {in_bytes(size)}, where the {len(alike)} before it had "
                    f"{in_bytes(usual)} (the median)",
                )
            )
    if len(sound) < objectives.min_sets:
        reasons.append(
            _reason(
                WARNING,
                "too_few",
                f"{_sets(len(sound))}, fewer than {objectives.min_sets}",
            )
        )
    return _finished(result, reasons)


def unknown(why: str, *, cluster: str, now: str) -> dict[str, t.Any]:
    """Where nobody could even be asked."""
    reasons = [_reason(UNKNOWN, "not_known", why)]
    return _finished({"cluster": cluster, "time": now}, reasons)


def headline(result: t.Mapping[str, t.Any]) -> str:
    """All of it in one line."""
    cluster = f"cluster {result['cluster']}: " if result.get("cluster") else ""
    text = f"STATUS {str(result['state']).upper()}: {cluster}{result['summary']}"
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))


def _finished(result: Json, reasons: list[Json]) -> Json:
    # the worst first, and what has the same weight as it was found
    reasons.sort(key=lambda each: -STATES.index(each["state"]))
    state = reasons[0]["state"] if reasons else OK
    parts = [each["says"] for each in reasons]
    newest = result.get("newest")
    if newest:
        parts.append(
            f"newest verified set {newest['id']}, {in_words(newest['age'])} old, {in_bytes(newest['size'])}"
        )
        parts.append(_sets(result["verified"]))
    return {**result, "state": state, "reasons": reasons, "summary": "; ".join(parts)}


def _reason(state: str, what: str, says: str) -> Json:
    return {"state": state, "what": what, "says": says}


def _sets(number: int) -> str:
    return f"{number} verified set{'' if number == 1 else 's'}"


# -- what a set says -------------------------------------------------------------------------------


def _data_word(found: t.Mapping[str, t.Any]) -> str:
    """When its content was looked at: changes after that may not be in it."""
    manifest = found.get("manifest") or {}
    return str(manifest.get("content_taken_at") or manifest.get("created_at") or "")


def _data_of(found: t.Mapping[str, t.Any]) -> float | None:
    return _moment(_data_word(found))


def _size(found: t.Mapping[str, t.Any]) -> int:
    size = ((found["manifest"].get("files") or {}).get(SNAPSHOT) or {}).get("size")
    return size if isinstance(size, int) else 0


def _format(found: t.Mapping[str, t.Any]) -> str:
    """Those of one format are never as large as those of another."""
    return str((found["manifest"].get("archive") or {}).get("format"))


def _moment(text: str) -> float | None:
    try:
        moment = datetime.datetime.strptime(text, TIME)
    except ValueError:
        return None
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


# -- words -----------------------------------------------------------------------------------------


def seconds_of(text: t.Any) -> float:
    """C(26h), C(90m), C(1.5d), or a number of seconds.

    :raises BadObjective: for anything else, and for none at all
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([smhdw]?)", str(text).strip())
    seconds = float(match[1]) * SECONDS[match[2] or "s"] if match else 0
    if not 0 < seconds < 1e10:
        raise BadObjective(f"max_age is {text}, which is no duration such as 26h, 90m or 2d")
    return seconds


def bytes_of(text: t.Any) -> int:
    """C(10M), C(500K), or a number of bytes.

    :raises BadObjective: for anything else
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?)(?:i?B)?", str(text).strip())
    if not match:
        raise BadObjective(f"min_size is {text}, which is no size such as 500K, 10M or 2G")
    return int(float(match[1]) * BYTES[match[2]])


def _number(name: str, value: t.Any, wanted: str) -> float:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(value).strip()):
        raise BadObjective(f"{name} is {value}, which is not {wanted}")
    return float(str(value))


def in_words(seconds: float) -> str:
    """C(26 h), C(12 min), C(4.5 d)."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"


def in_bytes(size: float) -> str:
    for unit, length in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return f"{size:.0f} bytes"


__all__ = (
    "CRITICAL",
    "OK",
    "STATES",
    "UNKNOWN",
    "WARNING",
    "BadObjective",
    "Objectives",
    "headline",
    "judge",
    "unknown",
)
