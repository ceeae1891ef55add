# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""offered.sh of install_node: what a host would install, by a URL or by the name of a package."""

from __future__ import annotations

import http.server
import pathlib
import subprocess
import threading
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.scripts.stub_host import StubHost

OFFERED = "install_node/files/offered.sh"
LEAD = b"\xed\xab\xee\xdb\x03\x00\x00\x00\x00\x01"
RPM = LEAD + b"cloudify-manager-install-7.0.5-ga".ljust(66, b"\0") + bytes(4000)
FOUND = """
Available Packages
Name         : cloudify-manager-install
Version      : {version}
Release      : ga
Architecture : x86_64
{word} : {repository}
Summary      : Repo : none
"""


class Files(http.server.BaseHTTPRequestHandler):
    """It knows nothing of ranges, and lists what it was asked for."""

    asked: t.ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = {"/a.rpm": RPM, "/page.rpm": b"<html>Log in</html>", "/empty.rpm": b""}
        found = body.get(self.path.rpartition("8000")[2])
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(found or b"")))
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, format: str, *args: t.Any) -> None:
        pass


@pytest.fixture
def url() -> t.Iterator[str]:
    Files.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def host(tmp_path: pathlib.Path) -> StubHost:
    made = StubHost(tmp_path)
    for name in ("awk", "curl"):
        made.plain(name)
    return made


def ask(
    host: StubHost, package: str, *, conf: str = "", patience: float = 30
) -> subprocess.CompletedProcess[str]:
    (host.place / "dnf.conf").write_text(conf)
    where = f"{host.place}/dnf.conf"
    return host.run(OFFERED, package, configurations=where, patience=str(patience))


def knows(host: StubHost, tool: str, *versions: str, word: str = "Repository  ") -> None:
    """A tool that knows these, of repository mine."""
    texts = [FOUND.format(version=each, word=word, repository="mine") for each in versions]
    host.program(tool, f"cat <<'END'\n{''.join(texts)}\nEND")


def test_a_url_is_asked_for_the_first_bytes(host: StubHost, url: str) -> None:
    done = ask(host, f"{url}/a.rpm")
    assert (done.returncode, done.stdout) == (0, "cloudify-manager-install-7.0.5-ga\n")


def test_so_is_a_file_on_the_host(host: StubHost) -> None:
    (host.place / "a.rpm").write_bytes(RPM)
    assert ask(host, f"file://{host.place}/a.rpm").stdout == "cloudify-manager-install-7.0.5-ga\n"


@pytest.mark.parametrize(
    ("path", "told"),
    [("/b.rpm", "404"), ("/page.rpm", "what came back is no RPM"), ("/empty.rpm", "")],
)
def test_a_url_without_a_package(host: StubHost, url: str, path: str, told: str) -> None:
    done = ask(host, f"{url}{path}")
    assert done.returncode == 1 and done.stdout == "" and told in done.stderr


def test_a_url_that_nobody_serves(host: StubHost) -> None:
    done = ask(host, "http://127.0.0.1:9/a.rpm")
    assert done.returncode == 1 and "curl: (7)" in done.stderr


@pytest.mark.parametrize("quiet", ["proxy = {url}", "proxy={url}\nproxy_username = me"])
def test_a_url_is_asked_for_by_the_proxy_of_dnf(host: StubHost, url: str, quiet: str) -> None:
    conf = f"[other]\nproxy=http://127.0.0.1:9\n[main]\n{quiet.format(url=url)}\n"
    done = ask(host, "http://packages.example:8000/a.rpm", conf=conf)
    assert done.returncode == 0, done.stderr
    assert Files.asked == ["http://packages.example:8000/a.rpm"]


def test_of_a_certificate_it_thinks_as_dnf_does(host: StubHost) -> None:
    host.program("curl", f"cat >> {host.place}/given")
    text = '[main]\nsslverify = False\nsslcacert=/etc/a"b.pem\nproxy=_none_\n[mine]\nproxy=x\n'
    assert ask(host, "https://x.example/a.rpm", conf=text).returncode == 1
    given = (host.place / "given").read_text().splitlines()
    assert given == ['noproxy = "*"', 'cacert = "/etc/a\\"b.pem"', "insecure"]
    assert "a\\" not in " ".join(host.calls)


@pytest.mark.parametrize(("tool", "word"), [("dnf", "Repository  "), ("yum", "Repo       ")])
def test_of_a_name_the_newest_is_told_once_its_repository_has_answered(
    host: StubHost, tool: str, word: str
) -> None:
    knows(host, tool, "7.0.10", "6.4", "7.0.5", word=word)
    done = ask(host, "cloudify-manager-install")
    assert (done.returncode, done.stdout) == (0, "cloudify-manager-install-7.0.10-ga\n")
    question = "info available --showduplicates cloudify-manager-install"
    only = "--disablerepo=* --enablerepo=mine"
    anew = {
        "dnf": [f"dnf -q -y {only} --refresh {question}"],
        # which else takes what it has, where the repository does not answer
        "yum": [f"yum -q -y {only} clean metadata", f"yum -q -y {only} {question}"],
    }
    assert host.calls == [f"{tool} -q -y {question}", *anew[tool]]


@pytest.mark.parametrize("tool", ["dnf", "yum"])
def test_a_repository_with_a_dot_in_its_name_is_asked_anew(host: StubHost, tool: str) -> None:
    """yum, and dnf once, take what is before the first dot of an option for the repository."""
    text = FOUND.format(version="7.0.5", word="Repo        ", repository="mine.el7")
    gone = f"{{ [ ! -e {host.place}/kept ]; }} && exit 1"
    host.program(
        tool,
        f"""
case "$*" in
    *'--enablerepo=mine.el7 clean metadata'*) rm {host.place}/kept; exit 0 ;;
    *'--enablerepo=mine.el7 --refresh '*) rm {host.place}/kept ;;
esac
{gone}
echo '{text}'
""",
    )
    (host.place / "kept").touch()
    done = ask(host, "cloudify-manager-install")
    assert (done.returncode, done.stdout) == (1, "")
    assert "repository mine.el7, which had it, does not answer" in done.stderr


def test_what_yum_has_cannot_be_thrown_away(host: StubHost) -> None:
    text = FOUND.format(version="7.0.5", word="Repo        ", repository="mine")
    host.program("yum", f"case $* in *clean*) echo 'no lock' >&2; exit 1 ;; esac\necho '{text}'")
    done = ask(host, "cloudify-manager-install")
    assert (done.returncode, done.stdout) == (1, "") and "no lock" in done.stderr


def test_yum_has_more_in_the_name_of_a_repository(host: StubHost) -> None:
    text = FOUND.format(version="7.0.5", word="Repo        ", repository="mine/7/x86_64")
    host.program("yum", f"cat <<'END'\n{text}\nEND")
    assert ask(host, "x").returncode == 0
    assert "--enablerepo=mine " in host.calls[1]


def test_a_name_that_no_repository_knows(host: StubHost) -> None:
    host.program("dnf", "echo 'Error: No matching Packages to list' >&2; exit 1")
    done = ask(host, "cloudify-manager-install")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: No matching Packages to list\n"
    host.program("dnf", "exit 0")
    done = ask(host, "cloudify-manager-install")
    assert (done.returncode, done.stderr) == (1, "it is in no repository\n")


def test_a_repository_that_answered_some_days_ago(host: StubHost) -> None:
    text = FOUND.format(version="7.0.5", word="Repository  ", repository="mine")
    gone = "echo 'Error: Failed to download metadata' >&2; exit 1"
    host.program("dnf", f"case $* in *--enablerepo=mine*) {gone} ;; esac\necho '{text}'")
    done = ask(host, "cloudify-manager-install")
    assert (done.returncode, done.stdout) == (1, "") and "Failed to download" in done.stderr
    assert "repository mine, which had it, does not answer" in done.stderr


def test_one_that_does_not_answer(host: StubHost) -> None:
    host.program("dnf", "exec sleep 30")
    done = ask(host, "cloudify-manager-install", patience=0.2)
    assert done.returncode == 124 and "no answer within 0.2 s" in done.stderr
    host.without("dnf")
    assert "there is neither dnf nor yum" in ask(host, "cloudify-manager-install").stderr
