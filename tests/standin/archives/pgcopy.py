# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a data-only PostgreSQL dump: COPY blocks, their escapes, and the values in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

NULL = r"\N"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_TO_ESCAPE = str.maketrans({c: "\\" + k for k, c in _ESCAPES.items()} | {"\\": r"\\"})
_UNESCAPE = re.compile(r"\\(.)")
_COPY = re.compile(r"COPY (?:public\.)?\"?(\w+)\"? \((.*)\) FROM stdin;")

HEADER = """--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

"""
FOOTER = """--
-- PostgreSQL database dump complete
--

"""

Row = dict[str, Any]


class Raw(str):
    """Text that goes into the dump as it is (not as JSON): a Postgres array."""


def encode(value: Any, *, as_json: bool = False) -> str:
    if value is None and not as_json:
        return NULL
    if isinstance(value, Raw):
        return str(value)
    if as_json or isinstance(value, (dict, list)):
        value = json.dumps(value)
    elif isinstance(value, bool):
        return "t" if value else "f"
    return str(value).translate(_TO_ESCAPE)


def decode(field: str) -> str | None:
    if field == NULL:
        return None
    if "\\" not in field:
        return field
    return _UNESCAPE.sub(lambda m: _ESCAPES.get(m[1], m[1]), field)


def timestamp(value: str | None) -> str | None:
    """The REST form of a time as the database writes it."""
    return value and value.replace("T", " ").rstrip("Z")


def rest_time(value: str | None) -> str | None:
    """The database form as REST shows it: milliseconds, cut off and not rounded."""
    if not value:
        return None
    moment, _dot, fraction = value.partition(".")
    return f"{moment.replace(' ', 'T')}.{(fraction + '000')[:3]}Z"


def array(values: Iterable[str]) -> Raw:
    return Raw("{" + ",".join(values) + "}")


def from_array(text: str | None) -> list[str]:
    return [part for part in (text or "{}")[1:-1].split(",") if part]


def block(table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> Iterator[str]:
    """One COPY block; a column that a row does not give is NULL, one whose name ends in ! is JSON."""
    names = ", ".join(f'"{c}"' if c == "timestamp" else c.rstrip("!") for c in columns)
    yield f"--\n-- Data for Name: {table}; Type: TABLE DATA; Schema: public; Owner: cloudify\n--\n\n"
    yield f"COPY public.{table} ({names}) FROM stdin;\n"
    plan = [(c.rstrip("!"), c.endswith("!")) for c in columns]
    for row in rows:
        yield "\t".join(encode(row.get(c), as_json=j and c in row) for c, j in plan) + "\n"
    yield "\\.\n\n\n"


def blocks(dump: BinaryIO) -> Iterator[tuple[str, Row | None]]:
    """Every row of a dump with its table; a statement outside of a block comes as ("", {"sql": ...})."""
    table = ""
    columns: list[str] = []
    for raw in dump:
        line = raw.decode("utf-8").rstrip("\n")
        if table:
            if line == "\\.":
                table = ""
                continue
            yield table, dict(zip(columns, map(decode, line.split("\t"))))
        elif line.startswith("COPY "):
            match = _COPY.match(line)
            if match:
                table = match[1]
                columns = [c.strip().strip('"') for c in match[2].split(",")]
                yield table, None
        elif line.startswith("DELETE "):
            yield "", {"sql": line}


__all__ = [
    "FOOTER",
    "HEADER",
    "NULL",
    "Raw",
    "Row",
    "array",
    "block",
    "blocks",
    "decode",
    "encode",
    "from_array",
    "rest_time",
    "timestamp",
]
