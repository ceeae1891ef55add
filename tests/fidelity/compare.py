# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between a recorded answer and a live one, leaving out what is incidental."""

from __future__ import annotations

import json
import re
from typing import Any

from .recording import Answer

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?")
_CLASSIC_TIME = re.compile(r"20\d{10}\+0000")
_HEX = re.compile(r"\b[0-9a-f]{32}\b|(?<=_)[0-9a-f]{32}\b")
_ETAG = re.compile(r'"[0-9a-f]+-[0-9a-f]+"')

# Values of these differ with every run; whether they are null or empty does not.
_MOMENTS = {
    "created_at",
    "updated_at",
    "ended_at",
    "started_at",
    "uploaded_at",
    "timestamp",
    "reported_timestamp",
    "last_seen",
    "last_used",
    "last_login_at",
    "activated_at",
    "activation_requested_at",
    "expiration_date",
    "scheduled_for",
    "since",
    "until",
    "next_occurrence",
}
# What belongs to the lab or to the hour of the recording, not to the product: only the type counts.
_INCIDENTAL = {
    "all_next_occurrences",
    "ca_cert_content",
    "config",
    "distribution",
    "distro_release",
    "server_traceback",
    "_storage_id",
}
_KEEP_HEADERS = (
    "Server",
    "Content-Type",
    "Vary",
    "Strict-Transport-Security",
    "Cache-Control",
    "Content-Disposition",
    "Accept-Ranges",
    "Content-Encoding",
    "WWW-Authenticate",
    "Referrer-Policy",
    "X-Content-Type-Options",
)
_PRESENT_HEADERS = ("ETag", "Last-Modified", "Content-Range", "Location", "Date")


class Comparison:
    """Collects differences; ids maps what was recorded to what the live manager calls it."""

    def __init__(self, ids: dict[str, str], *, loose: frozenset[str] = frozenset()) -> None:
        self.ids = ids
        self.loose = loose
        self.differences: list[str] = []
        self.learned: dict[str, str] = {}

    def differ(self, where: str, recorded: Any, live: Any) -> None:
        self.differences.append(f"{where}: recorded {_short(recorded)}, live {_short(live)}")

    def answers(self, recorded: Answer, live: Answer, *, method: str = "GET") -> list[str]:
        if recorded.status != live.status:
            self.differ("status", recorded.status, live.status)
        if recorded.reason and recorded.reason != live.reason:
            self.differ("reason", recorded.reason, live.reason)
        self._headers(recorded, live)
        if method != "HEAD":
            # A piece from the middle of an archive is other bytes of another archive.
            middle = not (recorded.header("Content-Range") or "bytes 0-").startswith("bytes 0-")
            if not middle:
                self.value("body", "", recorded.body or "", live.body or "")
        return self.differences

    def _headers(self, recorded: Answer, live: Answer) -> None:
        small = _too_small_to_compress(recorded, live)
        for name in _KEEP_HEADERS:
            theirs, ours = recorded.header(name), live.header(name)
            if (theirs or "") != (ours or "") and not (small and name == "Content-Encoding"):
                self.differ(f"header {name}", theirs, ours)
        for name in _PRESENT_HEADERS:
            theirs, ours = recorded.header(name), live.header(name)
            if (theirs is None) != (ours is None):
                self.differ(f"header {name}", theirs, ours)
        allow = [
            set((a.header("Allow") or "").replace(" ", "").split(",")) for a in (recorded, live)
        ]
        if allow[0] != allow[1]:
            self.differ("header Allow", *allow)
        if live.header("ETag") and not _ETAG.fullmatch(live.header("ETag") or ""):
            self.differ("shape of header ETag", recorded.header("ETag"), live.header("ETag"))
        if not small:
            self._framing(recorded, live)

    def _framing(self, recorded: Answer, live: Answer) -> None:
        """Length or chunks: which of them, not how long."""
        theirs, ours = (
            (
                "length"
                if a.header("Content-Length")
                else "chunked" if a.header("Transfer-Encoding") else None
            )
            for a in (recorded, live)
        )
        if theirs != ours:
            self.differ("framing of the body", theirs, ours)

    def value(self, where: str, key: str, recorded: Any, live: Any) -> None:
        if key in self.loose or recorded in ("(plan removed)", "REDACTED"):
            return
        if isinstance(recorded, dict) and "__binary__" in recorded:
            self._binary(where, recorded, live)
        elif key in _MOMENTS:
            if bool(recorded) != bool(live) or (recorded is None) != (live is None):
                self.differ(where, recorded, live)
        elif key in _INCIDENTAL:
            if type(recorded) is not type(live):
                self.differ(f"type of {where}", recorded, live)
        elif type(recorded) is not type(live):
            self.differ(f"type of {where}", recorded, live)
        elif isinstance(recorded, dict):
            self._dict(where, recorded, live)
        elif isinstance(recorded, list):
            self._list(where, key, recorded, live)
        elif isinstance(recorded, str):
            self._text(where, key, recorded, live)
        elif recorded != live:
            self.differ(where, recorded, live)

    def _dict(self, where: str, recorded: dict[str, Any], live: dict[str, Any]) -> None:
        missing, extra = recorded.keys() - live.keys(), live.keys() - recorded.keys()
        if missing - self.loose:
            self.differ(f"keys of {where}", f"also {sorted(missing)}", "without them")
        if extra - self.loose:
            self.differ(f"keys of {where}", "without them", f"also {sorted(extra)}")
        for key in recorded:
            if key in live:
                self.value(f"{where}.{key}", key, recorded[key], live[key])

    def _list(self, where: str, key: str, recorded: list[Any], live: list[Any]) -> None:
        if len(recorded) != len(live):
            self.differ(f"length of {where}", len(recorded), len(live))
            if not (recorded and live):
                return
            recorded, live = recorded[:1], live[:1]
        if key == "labels" or "order" in self.loose:
            recorded, live = sorted(recorded, key=_sort_key), sorted(live, key=_sort_key)
        for number, (theirs, ours) in enumerate(zip(recorded, live)):
            self.value(f"{where}[{number}]", "", theirs, ours)

    def _text(self, where: str, key: str, recorded: str, live: str) -> None:
        if UUID.fullmatch(recorded) and UUID.fullmatch(live):
            known = self.ids.get(recorded) or self.learned.get(recorded)
            if known is None:
                self.learned[recorded] = live
            elif known != live:
                self.differ(where, f"{recorded} (live {known})", live)
            return
        if key == "version":
            recorded, live = recorded.replace(".dev1", ""), live.replace(".dev1", "")
        if key == "value" and recorded.startswith(("ctok-", "gAAAAA")):
            # A token, or an encrypted value: always another, always of this form.
            recorded, live = recorded[:5], live[:5]
        if key == "error" and "\n" in recorded.strip():
            recorded, live = _last_line(recorded), _last_line(live)
        if self.plain(recorded) != self.plain(live):
            self.differ(where, recorded, live)

    def plain(self, text: str) -> str:
        """Text without what differs with every run."""
        for theirs, ours in {**self.ids, **self.learned}.items():
            text = text.replace(theirs, ours)
        if text.startswith("SQL Storage error"):
            text = re.sub(r"\d+", "0", re.sub(r"datetime\([\d, ]*\)", "datetime()", text))
        text = _HEX.sub("<hex>", _CLASSIC_TIME.sub("<time>", text))
        text = re.sub(r"/tmp/tmp[\w-]*-snapshot-data", "<folder>", text)
        text = _TIME.sub("<time>", text).replace("\r\n", "\n")
        return re.sub(r"https?://[\w.]+(:\d+)?/", "http://host/", text)

    def _binary(self, where: str, recorded: dict[str, Any], live: Any) -> None:
        """An archive is another one every time; that it is one, and how a piece is long, is not."""
        start = recorded["first_bytes_hex"][:4]
        if start == "1f8b":
            # A compressed list: the live one was unpacked, so there is JSON.
            if not isinstance(live, dict) or "items" not in live:
                self.differ(where, "a compressed list", live)
        elif not isinstance(live, dict) or live.get("first_bytes_hex", "")[:4] != start:
            self.differ(where, f"bytes that begin with {start}", live)
        elif recorded["length"] < 1000 and recorded["length"] != live["length"]:
            self.differ(f"length of {where}", recorded["length"], live["length"])


def _too_small_to_compress(recorded: Answer, live: Answer) -> bool:
    """The web server compresses from 1000 bytes on; the lab's certificates and lists were longer."""
    compressed = recorded.header("Content-Encoding") == "gzip"
    return compressed and 0 < int(live.header("Content-Length") or 0) < 1000


def _sort_key(value: Any) -> str:
    if isinstance(value, dict) and UUID.fullmatch(str(value.get("id"))):
        # An id of its own every time: what else it is has to do.
        return "|".join(f"{value.get(k)}" for k in ("workflow_id", "status", "deployment_id"))
    if isinstance(value, dict) and ("id" in value or "key" in value):
        names = ("id", "key", "value", "deployment_id")
        return "|".join(f"{value.get(k)}" for k in names)
    return json.dumps(value, sort_keys=True)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}..."


__all__ = ["UUID", "Comparison"]
