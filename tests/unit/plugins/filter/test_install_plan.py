# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be installed, and why it must not be begun: the filter install_plan."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.filter import install_plan
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of

CONFIG = "/etc/cloudify/config.yaml"
DB, RABBIT, MANAGER = (
    f"/etc/cloudify/{name}_config.yaml" for name in ("db", "rabbitmq", "manager")
)
SSL = "/etc/cloudify/ssl"
CA, CERT = f"{SSL}/cloudify_internal_ca_cert.pem", f"{SSL}/cloudify_internal_cert.pem"
TIERS = ["database", "broker", "manager"]
PREPARED: dict[str, t.Any] = {
    "config": {},
    "uses": [],
    "proves": [CA, CERT],
    "missing": [],
    "warnings": [],
    "databases": [],
}


def state(**more: t.Any) -> dict[str, t.Any]:
    return {
        "configured": [],
        "traces": [],
        "fingerprints": {},
        "served": "",
        "version": "",
        **more,
    }


def found(**more: t.Any) -> dict[str, t.Any]:
    return {
        "sound": True,
        "texts": {CONFIG: "x"},
        "saved": {"fingerprints": {CA: "ca", CERT: "cert"}},
        "looked_at": [],
        **more,
    }


def plan(
    node: dict[str, t.Any] | None = None, *, version: str = "7.0.5", **more: t.Any
) -> dict[str, t.Any]:
    given: dict[str, t.Any] = {
        "facts": facts_of(version, command="cfy"),
        "tiers": TIERS,
        "found": found(),
        "texts": [CONFIG],
        "configs": dict.fromkeys(TIERS, CONFIG),
        "prepared": {CONFIG: PREPARED},
        "package": "cloudify-manager-install",
        "version": version,
        "stage": "/opt/stage",
        **more,
    }
    made = install_plan.FilterModule().filters()["install_plan"](node or state(), **given)
    return t.cast("dict[str, t.Any]", made)


def refused(node: dict[str, t.Any] | None = None, **more: t.Any) -> str:
    return "; ".join(plan(node, **more)["refusals"])


def lead(name: str) -> bytes:
    """How an RPM begins."""
    return b"\xed\xab\xee\xdb\x03\x00\x00\x00\x00\x01" + name.encode().ljust(66, b"\0") + bytes(20)


def with_databases(*names: str) -> dict[str, t.Any]:
    return {CONFIG: {**PREPARED, "databases": list(names)}}


# -- what is to do -------------------------------------------------------------------------------


def test_on_an_empty_host_all_is_to_do() -> None:
    made = plan()
    assert made["todo"] == TIERS
    assert (made["done"], made["broken"], made["refusals"]) == ([], [], [])


def test_one_configuration_for_all_is_installed_once() -> None:
    assert plan()["installs"] == ["database"]


def test_configurations_of_their_own_are_installed_one_by_one() -> None:
    own = {"database": DB, "broker": RABBIT, "manager": MANAGER}
    assert plan(configs=own, prepared={path: PREPARED for path in own.values()})["installs"] == (
        TIERS
    )


def test_what_is_configured_is_done_and_what_has_only_traces_is_broken() -> None:
    made = plan(state(configured=["database"], traces=["database", "broker"], version="7.0.5"))
    assert made["done"] == ["database"]
    assert made["todo"] == ["broker", "manager"]
    assert made["broken"] == ["broker"]


def test_what_begins_anew_with_the_others_is_not_done() -> None:
    own = {"database": DB, "broker": RABBIT, "manager": MANAGER}
    there = state(configured=["database", "broker"], traces=["database", "broker"], version="7.0.5")
    given: dict[str, t.Any] = {
        "prepared": {path: PREPARED for path in own.values()},
        "configs": own,
    }
    made = plan(there, anew=["database"], **given)
    assert (made["done"], made["broken"]) == (["broker"], ["database"])
    assert made["installs"] == ["database", "manager"]
    # to remove it would remove another tier
    given["configs"] = {**own, "broker": DB}
    assert plan(there, anew=["database"], **given)["done"] == ["database", "broker"]
    # and of an empty host there is nothing to remove
    assert plan(anew=["database"])["broken"] == []


def test_what_is_torn_down_first_is_neither_done_nor_broken() -> None:
    made = plan(state(configured=TIERS, traces=TIERS, version="6.4"), torn_down=TIERS)
    assert (made["todo"], made["done"], made["broken"]) == (TIERS, [], [])
    assert made["refusals"] == []


def test_a_tier_that_is_not_wanted_is_none_of_it() -> None:
    made = plan(state(configured=["broker"], traces=["broker"]), tiers=["manager"])
    assert (made["todo"], made["done"], made["broken"]) == (["manager"], [], [])


@pytest.mark.parametrize(
    ("version", "back"),
    [("7.0.5", [CONFIG]), ("5.0.5", [])],
)
def test_configurations_are_put_back_where_the_product_does_not_write_them(
    version: str, back: list[str]
) -> None:
    assert plan(version=version)["put_back"] == back


def test_a_configuration_that_was_not_saved_is_not_put_back() -> None:
    assert plan(found=found(texts={}))["put_back"] == []


def test_what_the_operator_gave_is_put_back_whether_it_was_saved_or_not() -> None:
    prepared = {CONFIG: PREPARED, MANAGER: PREPARED}
    assert plan(prepared=prepared, given=[MANAGER])["put_back"] == [CONFIG, MANAGER]
    assert plan(prepared=prepared, given=[DB])["put_back"] == [CONFIG]
    assert plan(prepared=prepared, given=[MANAGER], version="5.0.5")["put_back"] == []


def test_warnings_of_all_configurations_are_told_once() -> None:
    twice = {DB: {**PREPARED, "warnings": ["a", "b"]}, MANAGER: {**PREPARED, "warnings": ["b"]}}
    assert plan(prepared=twice)["warnings"] == ["a", "b"]


# -- certificates --------------------------------------------------------------------------------


def test_certificates_that_are_as_they_were_differ_in_nothing() -> None:
    assert plan(state(fingerprints={CA: "ca", CERT: "cert", "/other": "x"}))["differing"] == []


def test_a_certificate_that_is_another_or_gone_differs() -> None:
    assert plan(state(fingerprints={CA: "new"}))["differing"] == [CA, CERT]


def test_what_no_configuration_names_need_not_be_there() -> None:
    extra = found(saved={"fingerprints": {CA: "ca", CERT: "cert", "/etc/old.pem": "x"}})
    assert plan(state(fingerprints={CA: "ca", CERT: "cert"}), found=extra)["differing"] == []


@pytest.mark.parametrize(
    ("tiers", "served", "stranger"),
    [
        (TIERS, "cert", False),
        (TIERS, "another", True),
        (TIERS, "", False),
        (["broker"], "another", False),
    ],
)
def test_clients_are_shown_what_lies_in_the_ssl_directory(
    tiers: list[str], served: str, stranger: bool
) -> None:
    node = state(fingerprints={CERT: "cert"}, served=served)
    assert plan(node, tiers=tiers)["stranger"] is stranger


def test_what_is_installed_with_other_certificates_is_refused() -> None:
    node = state(configured=TIERS, traces=TIERS, version="7.0.5", fingerprints={CA: "new"})
    told = refused(node)
    assert told.startswith("it is installed with other certificates than the saved ones")
    assert CA in told


TWO_CAS = found(cas={"new": ["h1 in /run"], "ca": ["h1 in /set"]})


def test_copies_with_different_cas_are_refused_unless_one_is_asked_for() -> None:
    told = refused(found=TWO_CAS)
    assert told == (
        "its CA is not the same everywhere: new (h1 in /run), ca (h1 in /set); agents trust only the one that they were installed with: "
        "say which it is with -e cloudify_ca_fingerprint=FINGERPRINT"
    )
    assert "h1 in /run" in refused(found=TWO_CAS, new_certificates=True)
    assert refused(found=TWO_CAS, cas=["ca"]) == ""
    assert refused(found=found(cas={"ca": ["h1 in /run", "h1 in /set"]})) == ""


def test_a_plan_counts_the_ca_that_the_node_has_now() -> None:
    """Which a run saves before it begins, and a plan does not."""
    node = state(fingerprints={CA: "new"}, traces=TIERS)
    saved = found(cas={"ca": ["h1 in /set"]})
    assert "ca (h1 in /set), new (the node itself)" in refused(node, found=saved, check_mode=True)
    assert refused(node, found=saved) == ""
    same = state(fingerprints={CA: "ca"}, traces=TIERS)
    assert refused(same, found=saved, check_mode=True) == ""


# -- refusals ------------------------------------------------------------------------------------


def test_without_saved_files_nothing_is_installed() -> None:
    nothing = {
        "sound": False,
        "looked_at": [{"problems": ["/a: torn"]}, {"problems": ["/b: gone"]}],
    }
    assert "no place has a sound copy of its files (/a: torn; /b: gone)" in refused(found=nothing)
    assert "(nothing was saved)" in refused(found={"sound": False})
    assert refused(found=nothing, new_certificates=True, texts=[], check_mode=False) == ""


def test_a_plan_may_be_made_before_anything_is_saved() -> None:
    lacking = {CONFIG: {**PREPARED, "missing": ["a password"]}}
    assert refused(found={"sound": False}, check_mode=True, configs={}, prepared=lacking) == ""
    assert "a password" in refused(prepared=lacking)


def test_a_stage_that_an_installation_empties_is_refused() -> None:
    assert "install_node_stage is /etc/cloudify" in refused(stage="/etc/cloudify")
    assert "which an installation may empty" in refused(stage="/etc/cloudify/ssl/stage")
    assert refused(stage="/etc/cloudify-recovery") == ""


def test_a_tier_without_a_configuration_is_refused() -> None:
    told = refused(configs={"database": CONFIG}, texts=[CONFIG, DB])
    assert "no configuration installs broker, manager (looked at: " in told
    assert f"{CONFIG}, {DB})" in told
    assert "(looked at: none)" in refused(configs={}, texts=[])


@pytest.mark.parametrize(
    "package",
    [
        "https://me:s3cret@repo/a-7.0.4.rpm",
        "https://repo/a-7.0.4.rpm?X-Amz-Signature=s3cret",
        # that cannot be fetched, but would be told
        "https://me:s3cret/s3cret@repo/a-7.0.4.rpm",
        "https://me:s3cret@[::1/a-7.0.4.rpm",
    ],
)
def test_a_package_whose_url_has_a_secret_is_refused_without_telling_it(package: str) -> None:
    told = refused(package=package)
    assert "a login or a signature" in told and "s3cret" not in told
    assert "signature" not in refused(package="https://repo/cloudify-manager-install-7.0.4.rpm")


def test_another_version_is_refused_unless_it_is_torn_down() -> None:
    node = state(version="6.4", traces=["broker"])
    told = refused(node)
    assert "it has version 6.4, not 7.0.5: tear it down first" in told
    assert "-e cloudify_give_up=RUN" in told
    assert not plan(node)["replaces_package"]
    assert refused(node, torn_down=TIERS) == ""


def test_a_package_of_another_version_alone_is_replaced() -> None:
    """Of an attempt that was given the wrong one."""
    made = plan(state(version="6.4"))
    assert made["replaces_package"] and made["refusals"] == []
    assert not plan(state(version="7.0.5"))["replaces_package"]
    assert not plan(state(version="6.4"), torn_down=TIERS)["replaces_package"]
    assert not plan()["replaces_package"]


def test_what_is_peculiar_to_a_package_that_is_replaced_refuses_nothing() -> None:
    """The preflight after its removal judges by the version that is wanted."""
    wrong: dict[str, t.Any] = {
        "facts": facts_of("4.5.5", command="cfy"),
        "configs": {},
        "prepared": {CONFIG: {**PREPARED, "missing": ["/etc/cloudify/ssl/x.pem is not saved"]}},
        "brokers": ["h1", "h2"],
    }
    made = plan(state(version="4.5.5"), **wrong)
    assert made["replaces_package"] and made["refusals"] == []
    assert "no place has a sound copy" in refused(
        state(version="4.5.5"), **{**wrong, "found": found(sound=False)}
    )
    told = refused(state(version="7.0.5"), **wrong)
    assert "no configuration installs" in told and "x.pem is not saved" in told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.rpm", lead("cloudify-manager-install-6.4-ga.el7"), "6.4"),
        ("x.rpm", lead("cloudify-manager-install-7.0.5-ga.el7"), ""),
        # it is what is in it that counts
        ("cloudify-manager-install-6.4-ga.x86_64.rpm", lead("a-7.0.5-1"), ""),
        ("x.rpm", lead(""), ""),
        ("x.rpm", b"cloudify-manager-install-6.4-ga", ""),
    ],
)
def test_a_package_file_of_another_version_is_refused_before_anything_is_touched(
    name: str, content: bytes, told: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    for node in (state(), state(configured=TIERS, version="7.0.5")):
        found = refused(node, package=str(file), torn_down=TIERS)
        wrong = f"the package {file} is of version {told}, not 7.0.5"
        assert (wrong in found) if told else found == ""
    done = state(configured=["database"], version="7.0.5")
    assert refused(done, package=str(file)) == ""


@pytest.mark.parametrize(
    ("package", "told"),
    [
        ("https://x.example/cloudify-manager-install-6.4-ga.x86_64.rpm?a=b", True),
        ("https://x.example/cloudify-manager-install-7.0.5-ga.x86_64.rpm", False),
        ("https://x.example/latest.rpm", False),
        ("cloudify-manager-install", False),
        ("cloudify-manager-install-7.0.5", False),
    ],
)
def test_so_is_a_package_whose_name_tells_it(package: str, told: bool) -> None:
    assert ("is of version 6.4, not 7.0.5" in refused(package=package)) is told


def test_a_package_on_the_controller_has_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = str(tmp_path / "product.rpm")
    assert f"the package {absent} is not on the controller" in refused(package=absent)
    (tmp_path / "product.rpm").touch()
    assert refused(package=absent) == ""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert refused(package="~/product.rpm") == ""
    assert "~/other.rpm is not on the controller" in refused(package="~/other.rpm")


NAME, URL = "cloudify-manager-install", "https://x.example/latest.rpm"


def offers(name: str) -> dict[str, t.Any]:
    return {"rc": 0, "stdout": f"{name}\n", "stderr": "a warning"}


@pytest.mark.parametrize("package", [NAME, URL])
def test_what_the_host_cannot_get_is_refused_before_anything_is_touched(package: str) -> None:
    said = "Error: No matching Packages to list\n"
    lacking = {"rc": 1, "stdout": "", "stderr": said}
    for node in (state(), state(configured=TIERS, version="7.0.5")):
        told = refused(node, package=package, offered=lacking, torn_down=TIERS)
        assert f"the host cannot get the package {package} ({said.strip()}): mend that" in told
        assert "-e cloudify_install_package=FILE" in told
        assert refused(node, package=package, offered={"skipped": True}, torn_down=TIERS) == ""
        there = offers("cloudify-manager-install-7.0.5-ga")
        assert refused(node, package=package, offered=there, torn_down=TIERS) == ""


def test_in_what_the_host_has_said_no_secret_is_told() -> None:
    said = "a\n- Curl error (6) for https://me:s3cret@repo.example/x?token=s3cret2 [no]\n\nError: b\nc\n"
    told = refused(offered={"rc": 1, "stderr": said})
    assert "(- Curl error (6) for https://repo.example/x [no]; Error: b; c)" in told
    said = "for ftp://[::1]:81/x#s3cret\nhttps://me:p/s3cret@a.b/x failed\nhttps://a.b?x=s3@s3cret"
    told = refused(offered={"rc": 1, "stderr": said})
    assert "(for ftp://[::1]:81/x; its URL failed; its URL): mend that" in told
    assert "exit code 1, and nothing said" in refused(offered={"rc": 1, "stdout": "", "stderr": ""})
    assert "no sudo" in refused(offered={"rc": 1, "msg": "no sudo"})
    assert len(refused(offered={"rc": 1, "stderr": "x" * 9999})) < 700


@pytest.mark.parametrize("package", [NAME, URL])
def test_so_is_another_version_that_it_would_install(package: str) -> None:
    told = refused(package=package, offered=offers("cloudify-manager-install-6.4-ga"))
    assert f"the package {package} is of version 6.4, not 7.0.5: " in told
    assert ("asked for with its version (NAME-7.0.5)" in told) is (package == NAME)
    # what the URL is called tells less than what is there
    named = "https://x.example/cloudify-manager-install-6.4-ga.rpm"
    assert refused(package=named, offered=offers("cloudify-manager-install-7.0.5-ga")) == ""


@pytest.mark.parametrize(
    ("node", "more", "asks"),
    [
        (state(), {}, True),
        (state(), {"package": URL}, True),
        (state(), {"package": "/nowhere.rpm"}, False),
        (state(), {"package": "https://me:s3cret@repo/a.rpm"}, False),
        (state(configured=TIERS, version="7.0.5"), {}, False),
        (state(configured=TIERS, version="7.0.5"), {"torn_down": TIERS}, True),
        # what it has is gone on with
        (state(configured=["database"], version="7.0.5"), {}, False),
        # of an attempt that was given the wrong one
        (state(version="6.4"), {}, True),
    ],
)
def test_only_a_host_that_has_to_get_it_is_asked(
    node: dict[str, t.Any], more: dict[str, t.Any], asks: bool
) -> None:
    assert plan(node, **more)["asks_host"] is asks


def test_a_package_is_not_looked_for_where_nothing_is_to_be_installed() -> None:
    node = state(configured=TIERS, version="7.0.5", fingerprints={CA: "ca", CERT: "cert"})
    assert refused(node, package="/nowhere.rpm") == ""


@pytest.mark.parametrize(
    ("there", "fresh", "told"),
    [
        (1, True, "its databases began as 3 (h1, h2, h3), of which the inventory has 1, "),
        (2, True, ""),
        (1, False, ""),
    ],
)
def test_databases_begin_with_a_majority(there: int, fresh: bool, told: str) -> None:
    named = with_databases("h1", "h2", "h3")
    found = refused(prepared=named, databases=there, fresh_cluster=fresh)
    assert found.startswith(told) and bool(found) == bool(told)


def test_one_database_is_a_majority_of_one() -> None:
    assert refused(prepared=with_databases("h1"), databases=0, fresh_cluster=True) == ""


@pytest.mark.parametrize(
    ("more", "refuses"),
    [
        ({}, True),
        ({"answering_brokers": ["h2"]}, False),
        ({"fresh_cluster": True}, False),
        ({"brokers": ["h1"]}, False),
        ({"tiers": ["manager"]}, False),
        ({"version": "4.5.5"}, False),
    ],
)
def test_a_broker_does_not_begin_a_cluster_of_its_own(
    more: dict[str, t.Any], refuses: bool
) -> None:
    told = refused(**{"brokers": ["h1", "h2", "h3"], **more})
    assert ("it is one of 3 brokers, and none of the others answers" in told) is refuses


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = plan(
        state(version="6.4", traces=["manager"]),
        found={"sound": False},
        configs={},
        stage="/etc/cloudify/x",
        package="/nowhere.rpm",
    )["refusals"]
    assert len(told) == 5
