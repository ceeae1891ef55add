# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running broker, asked over Erlang's own protocol: `rabbitmqctl` takes a second of processor time for each word."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass

from product.context import Context
from product.errors import ClusteringError, NetworkError
from product.tiers import rabbit_config
from product.tiers.settings import BrokerSettings

ERL_CALL = "/usr/lib/erlang/bin/erl_call"
# A broker that hangs (one that waits for peers which are cut off) is not waited for longer.
PATIENCE = 20


@dataclass
class Broker:
    context: Context
    settings: BrokerSettings

    def evaluate(self, expression: str, *, node: str = "", timeout: float = PATIENCE) -> str | None:
        """The value of an Erlang expression on a broker; None where it cannot be had."""
        naming = "-name" if self.settings.long_names else "-sname"
        argv = (
            ERL_CALL,
            "-r",
            "-timeout",
            str(int(timeout)),
            naming,
            node or self.settings.nodename,
        )
        try:
            # not by context.run: it is asked several times a second, and nobody wants to read that
            done = subprocess.run(
                (*argv, "-e"),
                input=f"{expression}.\n",
                # where the cookie is
                env={**os.environ, "HOME": str(self.context.paths.at(rabbit_config.HOME))},
                capture_output=True,
                text=True,
                timeout=timeout + 5,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        said = done.stdout.strip()
        if done.returncode or not said.startswith("{ok, "):
            return None
        return said.removeprefix("{ok, ").removesuffix("}")

    def control(self, *words: str, timeout: float = 60, check: bool = True) -> str:
        """`rabbitmqctl`, which explains what is wrong."""
        naming = ("--longnames",) if self.settings.long_names else ()
        done = self.context.run(
            "rabbitmqctl", *naming, "--quiet", *words, timeout=timeout, check=check
        )
        return f"{done.stdout}{done.stderr}".strip()

    def running(self, node: str = "") -> bool:
        return self.evaluate("rabbit:is_running()", node=node, timeout=10) == "true"

    def wait(self, seconds: float = 120) -> None:
        """Until it serves clients."""
        deadline = time.monotonic() + seconds
        asked = (
            "rabbit:is_running() andalso [1 || {listener, N, https, _, _, _, _} <- "
            "rabbit_networking:active_listeners(), N == node()] /= []"
        )
        while time.monotonic() < deadline:
            if self.evaluate(asked, timeout=10) == "true":
                return
            time.sleep(0.3)
        raise NetworkError(f"RabbitMQ on {self.settings.nodename} is not up after {seconds:.0f} s")

    def members(self) -> list[str]:
        found = self.evaluate(
            'list_to_atom(string:join([atom_to_list(N) || N <- rabbit_mnesia:cluster_nodes(all)], " "))'
        )
        return (found or "").strip("'").split()

    def join(self, target: str, *, patience: float) -> None:
        """Leave what it is in, join, start again; one broker after the other, as joins at once can fail."""
        self._demand(target, patience)
        self._act("stop_app", "rabbit:stop()")
        try:
            self._act("reset", "rabbit_mnesia:reset()")
            self._lock(target)
            try:
                self._join(target)
            finally:
                self.evaluate("catch cfy_join ! done", node=target)
        except BaseException:
            # a broker that could not join runs alone
            self.evaluate("rabbit:start()", timeout=120)
            raise

    def _demand(self, target: str, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not self.running(target):
            if time.monotonic() >= deadline:
                # says whether it is the cookie, the name or the broker
                said = self.control("status", "--node", target, "--timeout", "10", check=False)
                raise ClusteringError(
                    f"Rabbit does not appear to be running on {target}. You may need to start "
                    f"rabbit on that node, or restart that node. {said}"
                )
            time.sleep(0.3)

    def _lock(self, target: str) -> None:
        """A process on the other broker that has the lock's name, and gives up by itself if we die."""
        take = (
            "P = spawn(fun() -> receive done -> ok after 60000 -> ok end end), "
            "try register(cfy_join, P) of true -> true catch _:_ -> exit(P, kill), false end"
        )
        deadline = time.monotonic() + 180
        while self.evaluate(take, node=target) != "true":
            if time.monotonic() >= deadline:
                raise ClusteringError(f"Others have been joining {target} for minutes")
            time.sleep(0.2)

    def _join(self, target: str) -> None:
        self._act(
            f"join_cluster {target}",
            f"rabbit_mnesia:join_cluster('{target}', disc)",
            words=("join_cluster", target),
        )
        self._act("start_app", "rabbit:start()", timeout=120)
        missing = {target, self.settings.nodename} - set(self.members())
        if missing:
            raise ClusteringError(f"Node did not join cluster: {', '.join(missing)} is not in it")

    def _act(
        self,
        name: str,
        expression: str,
        *,
        timeout: float = 60,
        words: tuple[str, ...] | None = None,
    ) -> None:
        self.context.log.info("RabbitMQ: %s", name)
        if self.evaluate(expression, timeout=timeout) != "ok":
            # once more by the command line, for its explanation
            self.control(*(words or (name,)), timeout=timeout)


__all__ = ["Broker"]
