# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of three hosts: it is lost with all its disks, and rebuilt from the store.

The hosts are systemd machines of the lab on this one, and every step is done as a user would do it.
"""

from __future__ import annotations

import json
import sys

from lab import Lab, image, namespace
from lab.support import why_not
from product.cluster import Cluster, deploy
from product.cluster.deploy import QUICK

from . import witness
from .playing import Playbooks, report_of
from .progress import Progress
from .report import StepFailed, Steps, print_table, print_words

VERSION = "7.0.5"
SPEED = 20
OPTIONS = f"--speed {SPEED} --no-rate-limit"
LATE = "made-after-the-backup"
CA = "/etc/cloudify/ssl/cloudify_internal_ca_cert.pem"
PATIENCE = 120.0


class Three:
    """The cluster, the playbooks for it, and a witness beside them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.cluster: Cluster = deploy(
            lab, version=VERSION, layout="compact", standin_options=OPTIONS, name="demo"
        )
        self.books = Playbooks(
            self.cluster.config_dir,
            variables={"cloudify_confirm": self.cluster.name},
            inventory=self.cluster.inventory(),
        )

    def content(self, host: str) -> witness.Content:
        """What this manager says it holds, over TLS with the CA from the beginning."""
        return witness.read(
            f"https://{self.cluster.address(host)}",
            ca=str(self.cluster.ca),
            username=self.cluster.username,
            password=self.cluster.password,
        )

    def contents(self) -> dict[str, witness.Content]:
        return {host: self.content(host) for host in self.cluster.managers}

    def fingerprints(self) -> dict[str, str]:
        """Of the CA's certificate on each host, by openssl."""
        words = ("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", CA)
        return {
            host: self.lab.host(host).exec(*words).stdout.strip().partition("=")[2]
            for host in self.cluster.hosts
        }

    def add_late_secret(self) -> None:
        status, answer = self.cluster.call(
            self.cluster.managers[0], "PUT", f"/secrets/{LATE}", {"value": "lost"}
        )
        if status >= 300 or not status:
            raise StepFailed(f"the manager answered {status}: {answer}")

    def lose(self) -> None:
        self.lab.each(lambda host: host.kill(), self.cluster.hosts)

    def replace(self) -> None:
        """Fresh machines of the same names and addresses, with nothing on them but how quick the lab is."""
        self.lab.each(lambda host: host.fresh(), self.cluster.hosts)
        for name in self.cluster.hosts:
            self.lab.host(name).write("/etc/cloudify-standin/standin-options", f"{OPTIONS}\n")
            self.lab.host(name).write("/etc/cloudify-standin/tiers.json", json.dumps(QUICK))

    def rebuild(self, steps: Steps) -> str:
        progress = Progress(
            self.cluster.config_dir / "store" / self.cluster.name / ".runs",
            ended=steps.part,
            meanwhile=steps.meanwhile,
        )
        said = self.books.play("cloudify_ha.recovery.rebuild_cluster", watch=progress.look)
        progress.finish()
        return said

    def wait_until_healthy(self) -> None:
        witness.wait(
            lambda: all(
                (status, isinstance(body, dict) and body.get("status")) == (200, "OK")
                for status, body in (
                    self.cluster.call(host, "GET", "/cluster-status")
                    for host in self.cluster.managers
                )
            ),
            seconds=PATIENCE,
            what="every manager calls the cluster healthy",
        )


def demonstrate(lab: Lab) -> bool:
    steps = Steps()
    print(
        f"\nA cluster: three systemd hosts, reached by ssh. Each gets manager, broker and database of the "
        f"stand-in product {VERSION},\nwith PostgreSQL under Patroni and etcd, and RabbitMQ. Quicker than "
        f"the product: time-outs of Patroni ({QUICK['ttl']} s for 30 s) and\nRabbitMQ "
        f"({QUICK['net_ticktime']} s for 60 s); snapshot workflows take 1/{SPEED} of the time a real manager took.\n"
    )
    three = steps.step("install the cluster", lambda: Three(lab))
    cluster = three.cluster
    steps.step("load it with real content", lambda: cluster.seed(sample="rich"))
    steps.step("wait until every manager calls it healthy", three.wait_until_healthy)
    before = steps.step("note what each manager holds", three.contents)
    trusted = three.fingerprints()
    backup = steps.step(
        "cloudify_ha.recovery.backup", lambda: three.books.play("cloudify_ha.recovery.backup")
    )
    steps.step(f"put a secret {LATE} there", three.add_late_secret)
    last = three.content(cluster.managers[0])
    steps.step("cut the power of every host", three.lose)
    steps.step("put empty machines in their place", three.replace)
    rebuild = steps.long_step("cloudify_ha.recovery.rebuild_cluster", lambda: three.rebuild(steps))
    steps.step("wait until every manager calls it healthy", three.wait_until_healthy)
    after = steps.step("note what each manager holds now", three.contents)
    print_words("What backup said:", report_of(backup, "BACKUP"))
    print_words("What rebuild_cluster said:", report_of(rebuild, "RESTORE"))
    return judge(steps, before, last, after, (trusted, three.fingerprints()))


def judge(
    steps: Steps,
    before: dict[str, witness.Content],
    last: witness.Content,
    after: dict[str, witness.Content],
    ca: tuple[dict[str, str], dict[str, str]],
) -> bool:
    """Print what was and what is. True: all that was in the set is on each manager, under the same CA."""
    first = next(iter(before))
    print_table((("at backup", before[first]), ("when lost", last), ("rebuilt", after[first])))
    print("\n  Compared field by field with what each manager held at the backup:")
    wrong = []
    for host, content in after.items():
        different = witness.differences(before[host], content)
        wrong += different
        print(f"    {host}   {'; '.join(different) or 'no difference'}")
    lost = witness.differences(before[first], last)
    print("  Lost, since it was made after the backup:")
    print(f"    {'; '.join(lost).replace(': new', '') or 'nothing'}")
    print("  CA, whose fingerprint openssl finds on each host:")
    for host, now in ca[1].items():
        was, same = _short(ca[0][host]), now == ca[0][host]
        wrong += [] if same else [f"CA of {host}"]
        print(f"    {host}   before {was}   after {_short(now)}   {'same' if same else 'ANOTHER'}")
    verdict = (
        "The cluster is NOT as it was at the backup"
        if wrong
        else "The cluster is as it was at the backup, under the CA that its agents trust"
    )
    print(f"\n  {verdict}. {steps.total:.1f} s in all.\n", flush=True)
    return not wrong


def _short(fingerprint: str) -> str:
    return fingerprint.replace(":", "").lower()[:16]


def main() -> int:
    """In a lab of its own, in which this program is run again."""
    if namespace.inside():
        with Lab() as lab:
            return 0 if demonstrate(lab) else 1
    reason = why_not()
    if reason:
        print(f"The demonstration on a cluster is left out: {reason}.")
        return 0
    sys.stdout.flush()
    words = [sys.executable, "-m", "demo", "cluster"]
    return namespace.start(words, image=image.prepare())


__all__ = ("main",)
