# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a host knows of its tiers: the output of roles/check_health/files/probe.sh, as data. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import typing as t

Json = dict[str, t.Any]

DATABASE = ("database", "patroni", "sql")


def parse(text: str) -> Json:
    """Database and broker of one host, each None where the host has said nothing of it; C(rows), of the database that a manager before 5.0 has of its own;
    and C(refused), why it could not be asked although it answers."""
    database: Json = {"single": False, "counts": {}, "write": None, "role": None, "error": ""}
    database.update(etcd=None, address=None)
    broker: Json = {"known": [], "running": [], "partitions": "", "error": ""}
    rows: Json = {"counts": {}, "error": ""}
    refused = ""
    seen = set()
    for line in str(text).splitlines():
        kind, _space, rest = line.partition(" ")
        what, _space, value = rest.partition(" ")
        if kind == "database":
            database["single"] = what == "single"
        elif kind == "patroni":
            code, _space, body = value.partition(" ")
            database[what] = {"code": _number(code), "body": _json(body)}
        elif kind == "etcd":
            database["etcd"] = {"yes": True, "no": False}.get(what)
        elif kind == "address":
            database["address"] = what
        elif kind == "sql":
            _sql(database, what, value)
        elif kind == "broker":
            broker[what] = _decoded(value) if what == "error" else _names(what, value)
        elif kind == "rows" and what == "count":
            table, _space, number = value.rpartition(" ")
            rows["counts"][table] = _number(number)
        elif kind == "rows" and what == "error":
            rows["error"] = _decoded(value)
        elif kind == "refused":
            refused = _decoded(rest)
        # anything else is a shell's or sudo's, and tells nothing
        seen.add("broker" if kind == "broker" else "database" if kind in DATABASE else "")
    return {
        "database": database if "database" in seen else None,
        "broker": broker if "broker" in seen else None,
        **({"rows": rows} if rows["counts"] or rows["error"] else {}),
        **({"refused": refused} if refused else {}),
    }


def _sql(database: Json, what: str, value: str) -> None:
    if what == "count":
        table, _space, number = value.rpartition(" ")
        database["counts"][table] = _number(number)
    elif what == "error":
        database["error"] = _decoded(value)
    elif what == "write":
        database["write"] = "ok" if value == "ok" else _decoded(value)
    elif what == "role" and value in ("leader", "replica"):
        database["role"] = value


def _names(what: str, value: str) -> t.Any:
    """An Erlang list of atoms."""
    if what == "partitions":
        return "" if value.strip() == "[]" else value.strip()
    return [name.strip(" '") for name in value.strip(" []").split(",") if name.strip(" '")]


def _decoded(text: str) -> str:
    try:
        plain = base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        plain = text
    # an error without words is one all the same
    return " ".join(plain.split()) or "it says nothing"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _json(text: str) -> Json | None:
    try:
        value = json.loads(base64.b64decode(text))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


__all__ = ("parse",)
