# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.sh, on a host with what is missing, hangs or is broken; what it prints is read as the filter reads it."""

from __future__ import annotations

import base64
import datetime
import pathlib
import shutil
import socket
import subprocess
import time
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._host import parse
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.scripts.stub_host import StubHost

MORE = ("awk", "bash", "openssl", "stat", "touch")
STATUS = """cat <<'END'
cloudify-restservice             RUNNING   pid 1, uptime 1:00:00
nginx                            FATAL     Exited too quickly
patroni                          STOPPED   Not started
END"""
UNITS = """cat <<'END'
supervisord.service loaded active running Supervisor
etcd.service loaded failed failed etcd
patroni.service not-found inactive dead patroni.service
END"""


class Node(StubHost):
    """Whose files are below a directory of their own."""

    def __init__(self, place: pathlib.Path) -> None:
        super().__init__(place)
        for name in MORE:
            found = subprocess.run(
                ["sh", "-c", f"command -v {name}"], stdout=subprocess.PIPE, text=True, check=False
            ).stdout.strip()
            if not found:
                pytest.skip(f"{name} is not here")
            (place / "bin" / name).symlink_to(found)
        self.ssl = place / "ssl"
        self.ssl.mkdir()
        self.program("systemctl", UNITS)
        self.program("rpm", "echo -n 7.0.5")
        self.supervisord()

    def supervisord(self) -> None:
        (self.place / "supervisord.conf").write_text("[unix_http_server]\nfile=/nowhere.sock\n")
        (self.place / "programs").mkdir()
        (self.place / "programs" / "a.conf").write_text("[program:nginx]\ncommand=x\n")
        self.program("curl", "exit 7")
        self.program("supervisorctl", STATUS)

    def said(self, *, probe: str = "", tiers: str = "", peers: str = "", limit: str = "5") -> str:
        done = self.run(
            "diagnose/files/host.sh",
            *(limit, base64.b64encode(probe.encode()).decode(), "no", tiers, "pkg", peers),
            supervisord_conf=str(self.place / "supervisord.conf"),
            supervisord_programs=str(self.place / "programs"),
            ssl=str(self.ssl),
            cluster_ssl=str(self.place / "cluster-ssl"),
            other_certificates=f"'{self.place}/etcd/*.crt'",
            patroni_conf=str(self.place / "patroni.conf"),
            places=f"'{self.place} {self.place}/ssl /nowhere'",
            restore_flags=f"'{self.place}/restoring {self.place}/other'",
            traces=f"'{self.place}/installed* {self.place}/patroni.conf'",
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def found(self, **options: str) -> dict[str, t.Any]:
        began = time.time()
        text = self.said(**options)
        said = {"asked": True, "reachable": True, "text": text}
        return parse({**said, "began": began, "ended": time.time()})

    def issue(self, name: str, *, ca: str = "", days: int = 10) -> None:
        """A certificate and its key, of a CA that was issued before, or of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer, signer = own, key
        if ca:
            issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ca)])
            pem = (self.ssl / f"{ca}_key.pem").read_bytes()
            signer = t.cast(t.Any, serialization.load_pem_private_key(pem, None))
        now = datetime.datetime.now(datetime.timezone.utc)
        begins = now - datetime.timedelta(days=20)
        made = (
            x509.CertificateBuilder(issuer, own, key.public_key(), x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(
                x509.BasicConstraints(not ca or name.endswith("_ca"), None), critical=True
            )
            .sign(signer, hashes.SHA256())
        )
        form = serialization.Encoding.PEM
        private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (self.ssl / f"{name}_cert.pem").write_bytes(made.public_bytes(form))
        (self.ssl / f"{name}_key.pem").write_bytes(key.private_bytes(form, *private))


@pytest.fixture
def node(tmp_path: pathlib.Path) -> Node:
    return Node(tmp_path)


# -- services ----------------------------------------------------------------------------------------


def test_programs_and_units(node: Node) -> None:
    assert node.found()["services"] == {
        "cloudify-restservice": "active",
        "nginx": "failed",
        "patroni": "inactive",
        "supervisord": "active",
        "etcd": "failed",
    }


def test_programs_by_the_socket_of_supervisord(node: Node) -> None:
    one = "<value><struct><member><name>name</name><value><string>{}</string></value></member>"
    other = "<member><name>group</name><value><string>x</string></value></member>\n"
    state = (
        "<member><name>statename</name><value><string>{}</string></value></member></struct></value>"
    )
    answer = "".join(
        one.format(name) + other + state.format(how)
        for name, how in (("nginx", "RUNNING"), ("etcd", "EXITED"))
    )
    node.program("curl", f"cat <<'END'\n{answer}\nEND")
    node.program("systemctl", "")
    assert node.found()["services"] == {"nginx": "active", "etcd": "failed"}
    assert not [call for call in node.calls if call.startswith("supervisorctl")]


def test_a_dead_supervisord_runs_nothing(node: Node) -> None:
    node.program("supervisorctl", "echo 'unix:///nowhere.sock no such file'; exit 4")
    node.program("systemctl", "echo 'supervisord.service loaded failed failed Supervisor'")
    assert node.found()["services"] == {"nginx": "inactive", "supervisord": "failed"}


def test_a_supervisord_that_hangs_tells_nothing(node: Node) -> None:
    node.program("supervisorctl", "sleep 60")
    assert node.found(limit="1")["services"] == {}


def test_systemd_alone(node: Node) -> None:
    (node.place / "supervisord.conf").unlink()
    assert node.found()["services"] == {"supervisord": "active", "etcd": "failed"}


# -- certificates ------------------------------------------------------------------------------------


def certificate(found: dict[str, t.Any], name: str) -> dict[str, t.Any]:
    (one,) = [c for c in found["certificates"] if c["path"].endswith(f"/{name}")]
    return t.cast("dict[str, t.Any]", one)


def test_certificates_and_their_keys(node: Node) -> None:
    node.issue("cloudify_internal_ca")
    node.issue("cloudify_internal", ca="cloudify_internal_ca")
    node.issue("monitoring_ca")
    # of another CA, and with another key
    node.issue("monitoring", ca="cloudify_internal_ca")
    (node.ssl / "monitoring_key.pem").write_bytes(
        (node.ssl / "cloudify_internal_key.pem").read_bytes()
    )
    (node.ssl / "20260101-000000_cloudify_internal_cert.pem").write_bytes(
        (node.ssl / "cloudify_internal_cert.pem").read_bytes()
    )
    found = node.found()
    assert len(found["certificates"]) == 4
    good = certificate(found, "cloudify_internal_cert.pem")
    assert good["issuer_is_ca"] is True and good["key_matches"] is True
    assert 9 * 86400 < good["not_after"] - time.time() < 11 * 86400
    assert 19 * 86400 < time.time() - good["not_before"] < 21 * 86400
    bad = certificate(found, "monitoring_cert.pem")
    assert bad["issuer_is_ca"] is False and bad["key_matches"] is False
    authority = certificate(found, "cloudify_internal_ca_cert.pem")
    assert authority["issuer_is_ca"] is None and authority["key_matches"] is True


def test_an_old_certificate_is_still_of_its_ca(node: Node) -> None:
    node.issue("cloudify_internal_ca")
    node.issue("cloudify_internal", ca="cloudify_internal_ca", days=-1)
    good = certificate(node.found(), "cloudify_internal_cert.pem")
    assert good["not_after"] < time.time() and good["issuer_is_ca"] is True


def test_a_chain_is_followed_to_its_root(node: Node) -> None:
    """As of a company: what nginx serves is the certificate, and those between it and the CA."""
    node.issue("cloudify_external_ca")
    node.issue("between_ca", ca="cloudify_external_ca")
    node.issue("cloudify_external", ca="between_ca")
    chain = node.ssl / "cloudify_external_cert.pem"
    chain.write_bytes(chain.read_bytes() + (node.ssl / "between_ca_cert.pem").read_bytes())
    (node.ssl / "between_ca_cert.pem").unlink()
    good = certificate(node.found(), "cloudify_external_cert.pem")
    assert good["issuer_is_ca"] is True and good["key_matches"] is True


def test_a_ca_may_be_of_another_that_is_not_there(node: Node) -> None:
    node.issue("root_ca")
    node.issue("cloudify_external_ca", ca="root_ca")
    node.issue("cloudify_external", ca="cloudify_external_ca")
    (node.ssl / "root_ca_cert.pem").unlink()
    assert certificate(node.found(), "cloudify_external_cert.pem")["issuer_is_ca"] is True


def test_another_s_chain_is_not_of_the_ca(node: Node) -> None:
    """What is in the file vouches for nothing."""
    node.issue("cloudify_external_ca")
    node.issue("between_ca")
    node.issue("cloudify_external", ca="between_ca")
    chain = node.ssl / "cloudify_external_cert.pem"
    chain.write_bytes(chain.read_bytes() + (node.ssl / "between_ca_cert.pem").read_bytes())
    (node.ssl / "between_ca_cert.pem").unlink()
    assert certificate(node.found(), "cloudify_external_cert.pem")["issuer_is_ca"] is False


@pytest.mark.parametrize("ca", ["cloudify_internal_ca", "bought_ca"])
def test_without_an_external_ca_its_certificate_may_be_of_any(node: Node, ca: str) -> None:
    node.issue("cloudify_internal_ca")
    node.issue("bought_ca")
    node.issue("cloudify_external", ca=ca)
    said = certificate(node.found(), "cloudify_external_cert.pem")["issuer_is_ca"]
    assert said is None


def test_what_is_no_certificate_is_left_out(node: Node) -> None:
    (node.ssl / "cloudify_internal_cert.pem").write_text("nonsense")
    assert node.found()["certificates"] == []


# -- the rest ----------------------------------------------------------------------------------------


def test_disks_once_each(node: Node) -> None:
    (disk,) = node.found()["disks"]
    assert disk["path"] == str(node.place)
    assert 0 < disk["free"] <= disk["size"] and disk["inodes_free"] <= disk["inodes"]


def test_flag_package_and_clock(node: Node) -> None:
    found = node.found()
    assert found["restore_flag"] is False and found["package"] == "7.0.5"
    assert found["skew"] == 0.0 and abs(found["clock"] - time.time()) < 60
    (node.place / "other").touch()
    assert node.found()["restore_flag"] is True


@pytest.mark.parametrize(
    ("rpm", "package"),
    [
        ("echo 'package pkg is not installed'; exit 1", ""),
        ("echo 'error: cannot open Packages database' >&2; exit 1", None),
        ("sleep 60", None),
    ],
)
def test_no_package_is_only_what_rpm_says(node: Node, rpm: str, package: str | None) -> None:
    node.program("rpm", rpm)
    assert node.found(limit="1")["package"] == package


def test_what_an_installation_has_left(node: Node) -> None:
    assert node.found()["traces"] is False
    (node.place / "installed.manager").touch()
    assert node.found()["traces"] is True


@pytest.mark.parametrize("program", ["bash", "curl"])
def test_whom_it_reaches(node: Node, program: str) -> None:
    """Of several ports one is enough. h3 refuses, and no packet gets to h4. Nobody knows who h6 is, which says nothing of it."""
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not here")
    node.program(program, f'exec {found} "$@"')
    if program == "curl":
        node.without("bash")
    with socket.create_server(("127.0.0.1", 0)) as there, socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        opened, closed = there.getsockname()[1], gone.getsockname()[1]
        peers = [
            f"h2=127.0.0.1={opened}",
            f"h3=127.0.0.1={closed}",
            f"h4=240.0.0.1={opened}",
            f"h5=127.0.0.1={closed},{opened}",
            f"h6=h6.invalid={opened}",
        ]
        said = node.found(peers=" ".join(peers), limit="2")["reaches"]
    assert said == {"h2": True, "h3": False, "h4": False, "h5": True}


def test_the_probe_runs_beside_it(node: Node) -> None:
    text = node.said(probe='echo "broker known [$*]"', tiers="database broker", limit="4")
    assert "broker known [no 4 database broker]" in text.splitlines()
    assert "broker" not in node.said(probe="echo broker known")


def test_a_probe_that_hangs_is_ended(node: Node) -> None:
    text = node.said(probe="echo sql role leader; sleep 60", tiers="database", limit="1")
    assert "sql role leader" in text and text.splitlines()[-1].startswith("clock ")


def test_consul(node: Node) -> None:
    (node.place / "cluster-ssl").mkdir()
    (node.place / "cluster-ssl" / "consul_client.crt").touch()
    node.program(
        "curl",
        """case "$*" in
*leader) printf '"10.0.0.1:8300"' ;;
*peers) printf '["10.0.0.1:8300", "10.0.0.2:8300"]' ;;
*) exit 7 ;;
esac""",
    )
    assert node.found()["consul"] == {
        "leader": "10.0.0.1:8300",
        "peers": ["10.0.0.1:8300", "10.0.0.2:8300"],
    }


@pytest.mark.parametrize(
    ("answer", "role"), [("f", "leader"), ("t", "replica"), ("psql: error", None)]
)
def test_a_database_of_its_own(node: Node, answer: str, role: str | None) -> None:
    node.program("ss", "echo 'LISTEN 0 128 *:15432 *:*'")
    node.program("runuser", f"echo '{answer}'")
    node.program("psql", "")
    assert node.found()["postgres"] == {"port": 15432, "role": role}
    (node.place / "patroni.conf").touch()
    assert node.found()["postgres"] is None


def test_nothing_at_all(node: Node) -> None:
    for name in ("systemctl", "rpm", "openssl", "curl", "supervisorctl"):
        node.without(name)
    (node.place / "supervisord.conf").unlink()
    found = node.found()
    assert (found["services"], found["certificates"], found["package"]) == ({}, [], None)
    assert found["restore_flag"] is False
