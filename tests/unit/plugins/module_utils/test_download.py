# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A download that arrives whole, breaks and goes on, or is answered with nonsense."""

from __future__ import annotations

import hashlib
import pathlib
import stat
import typing as t
import zipfile

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._download import FRUITLESS_TRIES
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ArchiveError,
    NotFound,
    TransferError,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import (
    TAG,
    Answer,
    Exchange,
    Server,
    cut,
    hang_up,
    page,
    reset,
    says,
    stall,
    whole,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.transferring import (
    DATA,
    OTHER,
    archive,
    download,
)

SIZE = len(DATA)
DAY = "Sun, 22 Nov 2026 07:00:00 GMT"


@pytest.fixture
def server() -> t.Iterator[Server]:
    with Server(whole(DATA)) as running:
        yield running


@pytest.fixture
def dest(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "one.zip"


def left(dest: pathlib.Path) -> list[str]:
    return sorted(path.name for path in dest.parent.iterdir())


def check(dest: pathlib.Path, done: t.Any, *, data: bytes = DATA) -> None:
    """The file is there, it alone, and it is told as it is."""
    assert dest.read_bytes() == data
    assert left(dest) == ["one.zip"]
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert (done.size, done.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def ranges(server: Server) -> list[str | None]:
    return [headers.get("range") for headers in server.asked()]


def test_a_whole_one_takes_one_request(server: Server, dest: pathlib.Path) -> None:
    done = download(dest, server).run()
    check(dest, done)
    assert (done.breaks, done.resumed_from) == (0, 0)
    (asked,) = server.asked()
    assert "range" not in asked
    assert asked["accept-encoding"] == "identity"
    assert asked["tenant"] == "default_tenant"


def test_it_takes_the_place_of_an_older_file(server: Server, dest: pathlib.Path) -> None:
    dest.write_bytes(b"older")
    dest.chmod(0o644)
    check(dest, download(dest, server).run())


@pytest.mark.parametrize("at", [1, 1000, SIZE // 2, SIZE - 1])
def test_a_torn_one_goes_on_where_it_was_torn(at: int, server: Server, dest: pathlib.Path) -> None:
    server.next(cut(whole(DATA), at=at, how=hang_up))
    done = download(dest, server).run()
    check(dest, done)
    assert done.breaks == 1
    assert ranges(server) == [None, f"bytes={at}-"]
    assert server.asked()[1]["if-range"] == TAG


def test_one_that_is_torn_again_and_again_arrives(server: Server, dest: pathlib.Path) -> None:
    server.next(*[cut(whole(DATA), at=SIZE // 20, how=hang_up)] * 15)
    done = download(dest, server).run()
    check(dest, done)
    assert done.breaks == 15


@pytest.mark.parametrize("at", [0, 1000, SIZE - 1])
def test_a_connection_that_is_reset_is_a_break(at: int, server: Server, dest: pathlib.Path) -> None:
    server.next(cut(whole(DATA), at=at, how=reset))
    done = download(dest, server).run()
    check(dest, done)
    assert done.breaks == 1


def test_a_line_that_always_stalls_early_still_leads_to_the_end(
    server: Server, dest: pathlib.Path
) -> None:
    """A stall loses what had not been handed over, so the next try asks for less at a time."""
    server.next(*[cut(whole(DATA), at=100_000, how=stall(server))] * 4)
    done = download(dest, server, idle_timeout=0.2).run()
    check(dest, done)
    starts = [int((asked or "bytes=0-")[6:-1]) for asked in ranges(server)]
    assert starts[1] == 0 < starts[2] < starts[4]


def test_a_stall_is_a_break_after_the_idle_timeout(server: Server, dest: pathlib.Path) -> None:
    server.next(cut(whole(DATA), at=1000, how=stall(server)))
    done = download(dest, server, idle_timeout=0.3).run()
    check(dest, done)
    assert done.breaks == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_that_has_no_answer_meanwhile_is_outlasted(
    status: int, server: Server, dest: pathlib.Path
) -> None:
    server.next(cut(whole(DATA), at=1000, how=hang_up), *[page(status)] * 8)
    check(dest, download(dest, server).run())
    assert set(ranges(server)) == {None, "bytes=1000-"}


def test_the_manager_s_own_refusal_ends_it(server: Server, dest: pathlib.Path) -> None:
    body = b'{"message": "wrong", "error_code": "unauthorized_error"}'
    refusal = says(401, body, Content_Type="application/json")
    server.next(cut(whole(DATA), at=1000, how=hang_up), refusal)
    with pytest.raises(ApiError, match="HTTP 401"):
        download(dest, server).run()
    assert left(dest) == [".one.zip.part", ".one.zip.part.json"]


def test_no_archive_leaves_nothing(server: Server, dest: pathlib.Path) -> None:
    """A page may be that of a manager to which the file has not come yet, so it is asked again."""
    server.default = page(404)
    with pytest.raises(TransferError, match="HTTP 404"):
        download(dest, server).run()
    assert len(server.requests) == FRUITLESS_TRIES
    assert left(dest) == []


def test_no_snapshot_any_more_is_told_at_once(server: Server, dest: pathlib.Path) -> None:
    body = b'{"message": "no", "error_code": "not_found_error"}'
    server.next(says(404, body, Content_Type="application/json"))
    with pytest.raises(NotFound):
        download(dest, server).run()
    assert left(dest) == []


def test_a_manager_without_the_file_is_passed_over(server: Server, dest: pathlib.Path) -> None:
    with Server(page(404)) as second:
        check(dest, download(dest, second, server).run())


def test_another_manager_takes_over(server: Server, dest: pathlib.Path) -> None:
    """Its copy has another tag, so all of it comes."""
    with Server(whole(DATA, tag='"two"')) as second:
        server.next(cut(whole(DATA), at=1000, how=hang_up))
        one = download(dest, server, second)
        server.default = page(502)
        done = one.run()
    check(dest, done)
    assert ranges(second) == ["bytes=1000-"]


# -- answers to another question ----------------------------------------------------------------


def span(text: str, data: bytes = DATA[1000:]) -> Answer:
    return says(206, data, Content_Range=text, ETag=TAG)


@pytest.mark.parametrize(
    "answer",
    [
        span(f"bytes 0-{SIZE - 1}/{SIZE}", DATA),
        span(f"bytes 1001-{SIZE - 1}/{SIZE}", DATA[1001:]),
        span(f"bytes 1000-{SIZE}/{SIZE + 1}"),
        span(f"bytes 1000-{SIZE - 1}/*"),
        span("nonsense"),
        says(206, DATA[1000:], ETag=TAG),
        says(206, OTHER[1000:], ETag='"two"', Content_Range=f"bytes 1000-{SIZE - 1}/{SIZE}"),
        says(416, Content_Range=f"bytes */{SIZE}"),
    ],
    ids=[
        "from the start",
        "from further on",
        "of a longer one",
        "of unknown length",
        "no range",
        "no header",
        "of another archive",
        "not satisfiable",
    ],
)
def test_a_wrong_part_is_not_used(answer: Answer, server: Server, dest: pathlib.Path) -> None:
    server.next(cut(whole(DATA), at=1000, how=hang_up), answer)
    check(dest, download(dest, server).run())
    assert ranges(server) == [None, "bytes=1000-", None]


def test_a_part_that_was_not_asked_for_is_an_error(server: Server, dest: pathlib.Path) -> None:
    server.next(span(f"bytes 1000-{SIZE - 1}/{SIZE}"))
    with pytest.raises(ApiError, match="HTTP 206"):
        download(dest, server).run()
    assert left(dest) == []


def test_a_shorter_part_than_asked_for_is_taken(server: Server, dest: pathlib.Path) -> None:
    server.next(
        cut(whole(DATA), at=1000, how=hang_up),
        span(f"bytes 1000-1999/{SIZE}", DATA[1000:2000]),
    )
    check(dest, download(dest, server).run())
    assert ranges(server) == [None, "bytes=1000-", "bytes=2000-"]


def test_an_archive_that_has_changed_meanwhile_comes_from_the_start(
    server: Server, dest: pathlib.Path
) -> None:
    new = archive(200_000, seed=3)
    server.next(cut(whole(DATA), at=250_000, how=hang_up))
    server.default = whole(new, tag='"two"')
    check(dest, download(dest, server).run(), data=new)
    assert [h.get("if-range") for h in server.asked()] == [None, TAG]


def test_a_server_without_ranges_sends_all_of_it_again(server: Server, dest: pathlib.Path) -> None:
    server.default = says(200, DATA, ETag=TAG)
    server.next(cut(whole(DATA), at=1000, how=hang_up))
    check(dest, download(dest, server).run())


@pytest.mark.parametrize(
    ("tag", "more", "condition"),
    [
        (None, {"Last-Modified": DAY}, DAY),
        ('W/"weak"', {"Last-Modified": DAY}, DAY),
        (None, {}, None),
        ('W/"weak"', {}, None),
    ],
    ids=["a date", "a date beside a weak tag", "nothing", "a weak tag"],
)
def test_what_a_broken_one_goes_on_by(
    tag: str | None,
    more: dict[str, str],
    condition: str | None,
    server: Server,
    dest: pathlib.Path,
) -> None:
    """A weak tag does not vouch for bytes, and without a condition no part can be trusted."""
    server.default = whole(DATA, tag=tag, **more)
    server.next(cut(server.default, at=1000, how=hang_up))
    check(dest, download(dest, server).run())
    assert ranges(server)[1] == ("bytes=1000-" if condition else None)
    assert server.asked()[1].get("if-range") == condition
    # where a part is asked for it is the rest, so nothing is thrown away
    assert len(server.requests) == 2


# -- lengths ------------------------------------------------------------------------------------


def test_without_a_length_it_does_not_begin(server: Server, dest: pathlib.Path) -> None:
    def chunked(exchange: Exchange) -> None:
        exchange.head(200, {"Transfer-Encoding": "chunked"})
        exchange.write(b"%x\r\n%s\r\n0\r\n\r\n" % (SIZE, DATA))

    server.next(chunked)
    with pytest.raises(TransferError, match="does not say how long the archive is"):
        download(dest, server).run()
    assert left(dest) == []


def test_one_that_never_gets_longer_is_given_up_and_kept(
    server: Server, dest: pathlib.Path
) -> None:
    dest.write_bytes(b"older")
    server.default = says(200, DATA[:1000], ETag=TAG)
    server.next(cut(whole(DATA), at=1000, how=hang_up))
    server.default = cut(whole(DATA), at=0, how=hang_up)
    with pytest.raises(TransferError) as failed:
        download(dest, server).run()
    assert f"the transfer broke at byte 1000 of {SIZE}" in str(failed.value)
    assert "Run this again: it goes on from there" in str(failed.value)
    assert failed.value.details["bytes_received"] == 1000
    assert (dest.parent / ".one.zip.part").read_bytes() == DATA[:1000]
    assert dest.read_bytes() == b"older"


@pytest.mark.parametrize("tags", [[TAG], [TAG, '"two"']], ids=["no ranges", "two backends"])
def test_one_that_always_begins_anew_and_breaks_at_the_same_byte_is_given_up(
    tags: list[str], server: Server, dest: pathlib.Path
) -> None:
    """Bytes that were there before are no progress, else it would go on for ever."""

    def anew(exchange: Exchange) -> None:
        exchange.headers.pop("range", None)
        tag = tags[len(server.requests) % len(tags)]
        enough = len(server.requests) > 4 * FRUITLESS_TRIES
        cut(whole(DATA, tag=tag), at=SIZE if enough else 1000, how=hang_up)(exchange)

    server.default = anew
    with pytest.raises(TransferError, match=f"the transfer broke at byte 1000 of {SIZE}"):
        download(dest, server).run()
    assert len(server.requests) == 1 + FRUITLESS_TRIES


def test_what_an_earlier_run_has_left_of_another_archive_is_no_measure(
    server: Server, dest: pathlib.Path
) -> None:
    """The new one may break more often than it may bring nothing, each time further on."""
    (dest.parent / ".one.zip.part").write_bytes(OTHER[: SIZE - 100])
    (dest.parent / ".one.zip.part.json").write_text(f'{{"tag": "old", "total": {SIZE}}}')
    server.next(*[cut(whole(DATA), at=1000, how=hang_up)] * (2 * FRUITLESS_TRIES))
    check(dest, download(dest, server).run())


def test_a_length_that_is_too_short_makes_it_no_archive(server: Server, dest: pathlib.Path) -> None:
    server.default = says(200, DATA[:-100], ETag=TAG)
    with pytest.raises(ArchiveError, match="what the manager sent is no sound snapshot"):
        download(dest, server).run()
    assert left(dest) == []


@pytest.mark.parametrize("at", [40, SIZE // 2, SIZE - 10])
def test_damage_anywhere_leaves_nothing_and_spares_the_older_file(
    at: int, server: Server, dest: pathlib.Path
) -> None:
    dest.write_bytes(b"older")
    server.default = whole(DATA[:at] + bytes([DATA[at] ^ 4]) + DATA[at + 1 :])
    with pytest.raises(ArchiveError, match="no sound snapshot.*Take another snapshot"):
        download(dest, server).run()
    assert left(dest) == ["one.zip"]
    assert dest.read_bytes() == b"older"


def test_what_the_caller_does_not_want_is_not_kept(server: Server, dest: pathlib.Path) -> None:
    def inspect(part: t.BinaryIO) -> None:
        assert zipfile.ZipFile(part).namelist() == ["metadata.json", "pg_data"]
        raise ArchiveError("not a snapshot")

    with pytest.raises(ArchiveError, match="no sound snapshot: not a snapshot"):
        download(dest, server, inspect=inspect).run()
    assert left(dest) == []
