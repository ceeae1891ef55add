# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record what all members of a cluster say while something is broken, for the tests of the judge.

    PYTHONPATH=tests python -m lab run --hosts 3 -- python -m runbooks.record_views 7.0.5 [SITUATION...]

A file is what the roles check_health and diagnose would have had at that moment: the views of cluster_info, what probe.sh printed on each host
(C(probes)), and what host.sh printed there, as module host_info returns it (C(said)).
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lab import Lab, LabError, attach
from lab.testing import wait_until
from product.on_hosts.tiers import Tiers
from runbooks.broken_clusters import SITUATIONS, Scene, Situation
from runbooks.roles_site import REPO, TIERS, Site
from runbooks.worse_clusters import WORSE
from tooling.played import PLAYBOOK

CHECK_HEALTH = REPO / "roles" / "check_health" / "files"
PROBE = "\n".join((CHECK_HEALTH / name).read_text() for name in ("patroni.sh", "probe.sh"))
DATA = REPO / "tests" / "unit" / "plugins" / "data"
DEADLINE = 10
FRONT = "through the front"


class Recorder:
    host_script = REPO / "roles" / "diagnose" / "files" / "host.sh"
    # seconds for each part of it: this is no hurry, and other tests may run beside it
    limit = 30
    of_probe = ("database ", "patroni ", "etcd ", "sql ", "broker ")

    def __init__(self, lab: Lab, version: str, layout: str, suffix: str) -> None:
        self.suffix = suffix
        self.site = Site(lab, version=version, layout=layout, form_cluster=True)
        self.cluster = self.site.cluster
        self.scene = Scene(Tiers(self.cluster))
        self.cluster.seed(sample="rich")
        self.scene.wait_whole()

    def members(self) -> list[dict[str, Any]]:
        return [
            {
                "name": host,
                "hostname": host,
                "address": self.cluster.address(host),
                "tiers": [t for t, group in TIERS.items() if host in getattr(self.cluster, group)],
            }
            for host in self.cluster.hosts
        ]

    def views(self) -> dict[str, Any]:
        """By the module, as a play runs it."""
        options: dict[str, Any] = {
            "managers": {h: self.cluster.address(h) for h in self.cluster.managers},
            "manager_hosts": [self.cluster.address(h) for h in self.cluster.managers],
            "username": self.cluster.username,
            "password": self.cluster.password,
            "ca_path": str(self.cluster.ca),
            "deadline": DEADLINE,
        }
        if self.scene.front:
            options["managers"][FRONT] = self.scene.front
        tree = self.cluster.config_dir / "said"
        subprocess.run(
            [str(PLAYBOOK.with_name("ansible")), "localhost", "--connection", "local"]
            + ["--module-name", "cloudify_ha.recovery.cluster_info", "--tree", str(tree)]
            + ["--args", json.dumps(options)],
            env=self.site.environment,
            check=True,
            capture_output=True,
        )
        said: dict[str, Any] = json.loads((tree / "localhost").read_text())
        for view in said["views"].values():
            assert not re.match(r"\w+: ", view["error"]), f"a defect of ours: {view}"
        return {name: said["views"][name] for name in options["managers"]}

    def said(self, member: dict[str, Any]) -> dict[str, Any]:
        """What ssh would have brought: nothing of a host that is off, cut or frozen."""
        began = time.time()
        found: dict[str, Any] = {"asked": True, "reachable": True, "error": "", "text": ""}
        if member["name"] in self.scene.mute:
            found.update(reachable=False, error="no answer by ssh within 3 s")
            return {**found, "began": began, "ended": began + 3}
        tiers = [tier for tier in member["tiers"] if tier != "manager"]
        peers = [m for m in self.members() if m["name"] != member["name"]]
        argv = (
            *("sh", "-c", self.host_script.read_text(), "host.sh", str(self.limit)),
            *(base64.b64encode(PROBE.encode()).decode(), "yes", " ".join(tiers)),
            "cloudify-manager-install",
            " ".join(f"{peer['name']}={peer['address']}=22" for peer in peers),
        )
        try:
            done = self.site.host(member["name"]).exec(*argv, check=False, timeout=120)
            found["text"] = done.stdout
        except LabError as exc:
            print(f"  {member['name']}: {exc}")
            found.update(reachable=False, error="no answer by ssh within 3 s")
        return {**found, "began": began, "ended": time.time()}

    def record(self, name: str, situation: Situation) -> None:
        print(f"{name}: {situation.broken}", flush=True)
        scene = self.scene
        scene.who()
        members = self.members()
        try:
            situation.act(scene)
            self.write(name, situation, members)
        finally:
            scene.mend()

    def write(self, name: str, situation: Situation, members: list[dict[str, Any]]) -> None:
        scene = self.scene
        # both at once, as the hosts go on changing
        with ThreadPoolExecutor() as pool:
            views = pool.submit(self.views)
            hosts = dict(zip(self.cluster.hosts, pool.map(self.said, members)))
            said = views.result()
        probes = {}
        for host, one in hosts.items():
            lines = one["text"].splitlines(keepends=True)
            probes[host] = "".join(line for line in lines if line.startswith(self.of_probe))
            one["text"] = "".join(line for line in lines if not line.startswith(self.of_probe))
        found = {
            "broken": situation.broken,
            "version": self.cluster.version,
            "generation": self.cluster.site.version.generation,
            "were": scene.were,
            "dead": sorted(scene.dead),
            "members": members,
            "views": said,
            "probes": probes,
            "said": hosts,
            "front": said.pop(FRONT, None),
        }
        layout = self.cluster.site.layout.name
        shape = "" if layout == "compact" else f"{layout}-"
        for_diagnosis = name in WORSE or layout == "nine" or self.suffix
        folder = DATA / ("diagnosis" if for_diagnosis else "health")
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.cluster.version}-{shape}{name}{self.suffix}.json"
        path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("version")
    parser.add_argument("situations", nargs="*", help="all by default")
    parser.add_argument("--layout", default="compact", help="compact, single or nine")
    parser.add_argument("--suffix", default="", help="of the files, for a second recording")
    options = parser.parse_args()
    recorder = Recorder(attach(), options.version, options.layout, options.suffix)
    generation = recorder.cluster.site.version.generation
    known = {n: s for n, s in (SITUATIONS | WORSE).items() if s.generation in (generation, "any")}
    for name in options.situations or known:
        try:
            recorder.record(name, known[name])
        except (AssertionError, LabError, subprocess.CalledProcessError) as exc:
            print(f"  NOT RECORDED, or not mended: {exc}", flush=True)
            recorder.scene.tiers.cluster.lab.reset()
            wait_until(recorder.scene.is_whole, timeout=180, what="a whole cluster", every=1)


if __name__ == "__main__":
    main()
