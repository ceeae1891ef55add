# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options, and the one place an exception becomes fail_json."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

import pytest
import requests

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _errors, _http, _module
from ansible_collections.cloudify_ha.recovery.plugins.modules import maintenance_mode_info
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c

STATE = {"status": "deactivated", "remaining_executions": None}
NAME = "maintenance_mode_info"


@pytest.fixture
def raises(run_module: t.Any, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., t.Any]:
    """Run a module whose body raises this."""

    def run(error: BaseException) -> t.Any:
        def body(module: t.Any) -> t.NoReturn:
            raise error

        monkeypatch.setattr(maintenance_mode_info, "body", body)
        return run_module(NAME, **c.ACCOUNT)

    return run


# -- exceptions ---------------------------------------------------------------------------------


def test_an_error_of_ours_is_told_with_its_hint_and_details(raises: t.Any) -> None:
    said = raises(_errors.RecoveryError("It broke", hint="Mend it", path="/x"))
    assert said["msg"] == "It broke. Mend it."
    assert said["path"] == "/x"
    assert said["duration"] >= 0
    assert "exception" not in said


@pytest.mark.parametrize(
    ("error", "msg"),
    [
        (
            PermissionError(13, "Permission denied", "/x"),
            "Cannot read or write /x: Permission denied. "
            "Check its owner and mode, and which user the module runs as.",
        ),
        (
            OSError(28, "No space left on device"),
            "Cannot read or write: No space left on device. "
            "Make room there, or choose another place.",
        ),
        (OSError("odd"), "Cannot read or write: odd."),
    ],
)
def test_an_error_of_the_system_names_the_file(error: OSError, msg: str, raises: t.Any) -> None:
    assert raises(error)["msg"] == msg


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("status"), "KeyError: 'status'"),
        (RuntimeError("two\nlines"), "RuntimeError: two lines"),
        (AssertionError(), "AssertionError"),
        (RuntimeError("x" * 10000), "RuntimeError: xxx"),
    ],
)
def test_a_defect_of_ours_ends_in_one_line_too(error: Exception, told: str, raises: t.Any) -> None:
    said = raises(error)
    assert said["msg"].startswith("This is a defect of cloudify_ha.recovery: ")
    assert told in said["msg"]
    assert "Traceback" not in said["msg"] and "\n" not in said["msg"]
    assert len(said["msg"]) < 1000


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_what_ends_a_process_is_not_caught(
    error: BaseException, run_module: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def body(module: t.Any) -> t.NoReturn:
        raise error

    monkeypatch.setattr(maintenance_mode_info, "body", body)
    with pytest.raises((KeyboardInterrupt, ValueError)):
        # nothing was answered, so there is nothing to read for the helper
        run_module(NAME, **c.ACCOUNT)


def test_a_result_says_changed_and_how_long_it_took(manager: t.Any) -> None:
    manager.get("/maintenance", STATE)
    said = manager.run(NAME)
    assert said["changed"] is False
    assert isinstance(said["duration"], float)


# -- secrets ------------------------------------------------------------------------------------------


def test_a_password_that_the_manager_repeats_is_masked(manager: t.Any) -> None:
    manager.error("GET", "/maintenance", 500, "internal_server_error", f"bad {c.PASSWORD} here")
    said = manager.run(NAME)  # the helper looks for the password in all that is said
    assert "bad ******** here" in said["msg"]


def test_a_token_that_the_manager_repeats_is_masked(manager: t.Any) -> None:
    headers = {"Authorization": None, "Authentication-Token": "ctok-1234"}
    manager.error(
        "GET", "/maintenance", 500, "internal_server_error", "bad ctok-1234", headers=headers
    )
    said = manager.run(NAME, token="ctok-1234")
    assert "ctok-1234" not in str(said)


def test_a_connection_does_not_show_its_secrets() -> None:
    connection = _http.Connection(hosts=["m1"], port=443, password="hush", token="ctok-1")
    assert "hush" not in repr(connection) and "ctok-1" not in repr(connection)


# -- connection options ---------------------------------------------------------------------------------


def test_a_token_is_sent_in_place_of_user_and_password(manager: t.Any) -> None:
    headers = {"Authorization": None, "Authentication-Token": "ctok-1234"}
    manager.get("/maintenance", STATE, headers=headers)
    assert not manager.run(NAME, token="ctok-1234").get("failed")


def test_a_password_of_any_letters_is_sent_as_utf_8(manager: t.Any) -> None:
    manager.get("/maintenance", STATE, password="pässwörd:€")
    assert not manager.run(NAME, password="pässwörd:€").get("failed")


def test_the_tenant_is_sent(manager: t.Any) -> None:
    manager.get("/maintenance", STATE, tenant="t2")
    assert not manager.run(NAME, tenant="t2").get("failed")


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://m:443"),
        ({"manager_protocol": "http"}, "http://m:80"),
        ({"manager_port": 8443}, "https://m:8443"),
        ({"manager_hosts": ["m:9443"], "manager_port": 8443}, "https://m:9443"),
        ({"manager_hosts": [" m "]}, "https://m:443"),
        ({"manager_hosts": ["fe80::1"]}, "https://[fe80::1]:443"),
        ({"manager_hosts": ["[fe80::1]"]}, "https://[fe80::1]:443"),
        ({"manager_hosts": ["[fe80::1]:9443"]}, "https://[fe80::1]:9443"),
    ],
)
def test_the_address_is_made_of_protocol_host_and_port(
    options: dict[str, t.Any], url: str, run_module: t.Any, clock: t.Any, monkeypatch: t.Any
) -> None:
    asked: list[str] = []

    def send(session: t.Any, request: t.Any, **settings: t.Any) -> t.NoReturn:
        asked.append(request.url)
        raise c.untrusted()

    monkeypatch.setattr(_http.requests.Session, "send", send)
    run_module(NAME, **{**c.ACCOUNT, "manager_hosts": ["m"], **options})
    assert asked == [f"{url}/api/v3.1/maintenance"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"manager_hosts": []}, "manager_hosts names no manager"),
        ({"manager_hosts": ["", " "]}, "manager_hosts names no manager"),
        ({"manager_hosts": ["https://m1"]}, "'https://m1' is not an address"),
        ({"manager_hosts": ["m1/x"]}, "'m1/x' is not an address"),
        ({"manager_hosts": ["m 1"]}, "'m 1' is not an address"),
        ({"manager_hosts": ["m1", "@"]}, "'@' is not an address"),
        ({"manager_hosts": ["m1..example"]}, "'m1..example' is not an address"),
        ({"manager_hosts": ["m" * 64]}, f"'{'m' * 64}' is not an address"),
        ({"manager_hosts": ["m1:0"]}, "'m1:0' is not an address"),
        ({"manager_hosts": ["m1:65536"]}, "'m1:65536' is not an address"),
        ({"manager_port": 0}, "manager_port has to be from 1 to 65535, not 0"),
        ({"manager_port": 65536}, "manager_port has to be from 1 to 65535, not 65536"),
        ({"tenant": "t\n"}, "tenant has characters that cannot be sent"),
        ({"tenant": " t"}, "tenant has characters that cannot be sent"),
        ({"tenant": "tenänt"}, "tenant has characters that cannot be sent"),
        ({"request_timeout": 0}, "request_timeout has to be more than 0 seconds, not 0"),
        ({"connect_timeout": -1}, "connect_timeout has to be more than 0 seconds, not -1"),
        ({"password": ""}, "neither a token nor username and password are given"),
        ({"username": ""}, "neither a token nor username and password are given"),
        ({"username": None}, "neither a token nor username and password are given"),
        ({"ca_path": "/does/not/exist"}, "Cannot read ca_path /does/not/exist: No such file"),
        ({"manager_protocol": "ftp"}, "value of manager_protocol must be one of: https, http"),
    ],
)
def test_options_that_make_no_sense_are_told_before_any_request(
    options: dict[str, t.Any], words: str, manager: t.Any
) -> None:
    said = manager.run(NAME, **options)
    assert said["failed"]
    assert words in said["msg"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "one of the following is required: token, password"),
        ({"username": "admin"}, "one of the following is required: token, password"),
        ({"password": "x"}, "neither a token nor username and password are given"),
    ],
)
def test_half_an_account_is_told(given: dict[str, str], words: str, run_module: t.Any) -> None:
    said = run_module(NAME, manager_hosts=[c.HOST], **given)
    assert said["failed"]
    assert words in said["msg"]


def test_a_token_that_cannot_be_sent_is_not_repeated(manager: t.Any) -> None:
    said = manager.run(NAME, token="ctok-1234\n")
    assert "token has characters that cannot be sent" in said["msg"]
    assert "ctok-1234" not in said["msg"]


@pytest.mark.parametrize("value", [0, -1, "inf", "nan"])
@pytest.mark.parametrize("name", ["wait_timeout", "wait_interval", "request_timeout"])
def test_times_to_wait_have_to_be_more_than_nothing(
    name: str, value: t.Any, manager: t.Any
) -> None:
    said = manager.run("maintenance_mode", state="activated", **{name: value})
    assert f"{name} has to be more than 0 seconds" in said["msg"]


@pytest.mark.parametrize("value", [0, -1, "inf", "nan"])
def test_some_times_may_be_nothing_at_all(
    value: t.Any, run_module: t.Any, tmp_path: pathlib.Path
) -> None:
    options = {"store": str(tmp_path), "cluster": "c", "state": "absent", "id": "r1"}
    said = run_module("recovery_set", resume_within=value, **options)
    assert ("resume_within cannot be less than 0" in said.get("msg", "")) == (value != 0)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_told_before_any_request(port: int, manager: t.Any) -> None:
    said = manager.run(NAME, manager_port=port)
    assert f"manager_port has to be from 1 to 65535, not {port}" in said["msg"]


def test_a_ca_that_is_none_is_told_before_any_request(
    manager: t.Any, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN RSA PRIVATE KEY-----")
    said = manager.run(NAME, ca_path=str(tmp_path / "ca.pem"))
    assert "has no certificate in PEM form" in said["msg"]


@pytest.mark.parametrize(
    ("options", "verify"),
    [({}, True), ({"validate_certs": False}, False), ({"ca_path": "CA"}, "CA")],
)
def test_certificates_are_checked_unless_told_otherwise(
    options: dict[str, t.Any],
    verify: t.Any,
    manager: t.Any,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    ca = tmp_path / "ca.pem"
    shutil.copy(requests.certs.where(), ca)
    given = {name: str(ca) if value == "CA" else value for name, value in options.items()}
    wanted = str(ca) if verify == "CA" else verify

    def verified(request: t.Any) -> tuple[bool, str]:
        return request.req_kwargs["verify"] == wanted, str(request.req_kwargs)

    manager.get("/maintenance", STATE, matches=[verified])
    assert not manager.run(NAME, **given).get("failed")


def test_time_outs_are_those_of_the_options(manager: t.Any) -> None:
    def waits(request: t.Any) -> tuple[bool, str]:
        return request.req_kwargs["timeout"] == (1.5, 7.0), str(request.req_kwargs)

    manager.get("/maintenance", STATE, matches=[waits])
    said = manager.run(NAME, connect_timeout=1.5, request_timeout=7)
    assert not said.get("failed")


def test_every_connection_option_can_come_from_the_environment(
    manager: t.Any, run_module: t.Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    ca = tmp_path / "ca.pem"
    shutil.copy(requests.certs.where(), ca)
    environment = {
        "MANAGER_HOSTS": f"{c.HOST},{c.SECOND}",
        "MANAGER_PORT": "443",
        "MANAGER_PROTOCOL": "https",
        "USERNAME": c.USERNAME,
        "PASSWORD": c.PASSWORD,
        "TENANT": "t2",
        "CA_PATH": str(ca),
        "VALIDATE_CERTS": "true",
        "REQUEST_TIMEOUT": "7",
        "CONNECT_TIMEOUT": "1.5",
    }
    for name, value in environment.items():
        monkeypatch.setenv(f"CLOUDIFY_{name}", value)

    def settings(request: t.Any) -> tuple[bool, str]:
        seen = (request.req_kwargs["timeout"], request.req_kwargs["verify"])
        return seen == ((1.5, 7.0), str(ca)), str(seen)

    manager.broken("GET", "/maintenance", c.refused(), tenant="t2", matches=[settings])
    manager.get("/maintenance", STATE, tenant="t2", host=c.SECOND, matches=[settings])
    said = run_module(NAME)
    manager.finish()
    assert said["manager_host"] == c.SECOND


def test_the_token_can_come_from_the_environment(
    manager: t.Any, run_module: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDIFY_TOKEN", "ctok-1234")
    headers = {"Authorization": None, "Authentication-Token": "ctok-1234"}
    manager.get("/maintenance", STATE, headers=headers)
    said = run_module(NAME, manager_hosts=[c.HOST])
    manager.finish()
    assert not said.get("failed")


def test_the_end_of_a_job_is_noticed_within_a_second() -> None:
    """A longer pause by default would make every job late."""
    assert _module.wait_spec(timeout=60.0)["wait_interval"]["default"] <= 0.5
