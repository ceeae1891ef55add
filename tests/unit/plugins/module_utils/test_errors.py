# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _errors


def api_error(**given: t.Any) -> _errors.ApiError:
    return _errors.ApiError(
        **{
            "doing": "create snapshot s1",
            "method": "PUT",
            "url": "https://m1/api/v3.1/snapshots/s1",
            "status": 400,
            "reason": "Bad Request",
            "code": "bad_parameters_error",
            "server_message": "no such thing.",
            **given,
        }
    )


@pytest.mark.parametrize(
    ("message", "hint", "told"),
    [
        ("It broke", None, "It broke."),
        ("It broke.", None, "It broke."),
        ("It broke", "Mend it", "It broke. Mend it."),
        ("It broke.", "Mend it", "It broke. Mend it."),
    ],
)
def test_an_error_is_one_or_two_sentences(message: str, hint: str | None, told: str) -> None:
    assert str(_errors.RecoveryError(message, hint=hint)) == told


def test_details_are_kept_for_the_result() -> None:
    assert _errors.RecoveryError("no", path="/x").details == {"path": "/x"}


def test_an_api_error_says_what_was_tried_and_what_came_back() -> None:
    error = api_error()
    assert str(error) == (
        "Cannot create snapshot s1: PUT https://m1/api/v3.1/snapshots/s1 -> "
        "HTTP 400 Bad Request: no such thing."
    )
    assert error.details == {"status": 400, "error_code": "bad_parameters_error"}


def test_an_answer_without_words_has_no_dangling_colon() -> None:
    assert str(api_error(server_message="", reason="")).endswith("-> HTTP 400.")


@pytest.mark.parametrize("code", _errors.HINTS)
def test_a_known_error_code_says_what_to_do(code: str) -> None:
    assert str(api_error(code=code)).endswith(f". {_errors.HINTS[code]}.")


@pytest.mark.parametrize("code", _errors.HINTS)
def test_a_hint_is_a_sentence_without_its_full_stop(code: str) -> None:
    hint = _errors.HINTS[code]
    assert hint[0].isupper() and not hint.endswith(".")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Check username and password or token"),
        (403, "the tenant exists"),
        (502, "down or restarting"),
        (503, "try again later"),
        (504, "down or restarting"),
        (413, "size or type"),
    ],
)
def test_without_a_code_the_status_says_what_to_do(status: int, words: str) -> None:
    assert words in str(api_error(status=status, code=None))


def test_a_status_that_says_nothing_special_has_no_hint() -> None:
    assert api_error(status=404, code="not_found_error").hint is None


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("a page titled '400 The plain HTTP request was sent to HTTPS port'", "Use manager_proto"),
        ("a page titled 'Router login'", "It is not the manager that says so"),
    ],
)
def test_who_else_answers_is_told(message: str, hint: str) -> None:
    error = api_error(code=None, server_message=message, from_manager=False)
    assert error.hint is not None and error.hint.startswith(hint)


@pytest.mark.parametrize(
    ("status", "is_json", "cls"),
    [
        (401, True, _errors.Unauthorized),
        (401, False, _errors.Unauthorized),
        (404, True, _errors.NotFound),
        (404, False, _errors.NotFound),
        (409, True, _errors.Conflict),
        (502, False, _errors.Unavailable),
        (503, True, _errors.Unavailable),
        (503, False, _errors.Unavailable),
        (504, False, _errors.Unavailable),
        (400, True, _errors.ApiError),
        (500, True, _errors.ApiError),
        (500, False, _errors.ApiError),
    ],
)
def test_each_status_has_its_class(status: int, is_json: bool, cls: type) -> None:
    assert _errors.api_error_class(status=status, is_json=is_json) is cls


def test_all_errors_are_told_by_the_one_place_that_ends_a_module() -> None:
    for name in _errors.__all__:
        thing = getattr(_errors, name)
        if isinstance(thing, type):
            assert issubclass(thing, _errors.RecoveryError)
