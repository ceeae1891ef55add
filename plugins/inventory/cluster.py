# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster
short_description: The nodes of a cluster, as one of its managers tells them
version_added: 0.1.0
description:
  - Asks the managers for the nodes of their cluster, all at once, and takes the first of O(manager_hosts) whose answer is complete.
  - Groups are C(cloudify_managers), C(cloudify_brokers) and C(cloudify_databases), with a compact node in all three; C(cloudify_active), which
    before 5.0 is the manager that leads, and from then on the node whose database leads, where the status tells it; and C(cloudify_broken), the
    nodes that the status shows down. Of several databases, only the status of 5.0.5 tells which one leads.
  - What it is told last it keeps in a file (O(remembered)), and goes by that when no manager answers, with a warning that says how old it is.
    C(cloudify_active) and C(cloudify_broken) are empty then, since that is what changes.
  - Databases and brokers that are not of the cluster (external ones) are left out.
  - The name of the file has to end in C(cloudify.yml) or C(cloudify.yaml).
  - The options of the connection, O(hostname), O(address), O(deadline) and O(remembered) may be templates, with lookups and extra variables.
extends_documentation_fragment:
  - cloudify_ha.recovery._connection
  - cloudify_ha.recovery._connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [cloudify_ha.recovery.cluster]
  hostname:
    description:
      - What a node is called in the inventory.
      - V(short_hostname) is its name up to the first dot.
    type: str
    choices: [hostname, short_hostname, private_ip, public_ip]
    default: hostname
  address:
    description:
      - Which address becomes C(ansible_host).
      - It is the private one all the same where the cluster knows no public one.
    type: str
    choices: [private, public]
    default: private
  deadline:
    description: Seconds that all managers have together to answer.
    type: float
    default: 5.0
  remembered:
    description:
      - File that keeps what the cluster has told last, without any secret, for its owner alone (mode 0600). A relative path is one beside
        the inventory file.
      - By default it is beside the inventory file and called as that, with a dot in front and C(.remembered) behind.
      - With an empty value nothing is kept, and nothing is used.
    type: str
    env:
      - name: CLOUDIFY_REMEMBERED
author:
  - cloudify_ha.recovery contributors (@cloudify-ha)
"""

EXAMPLES = r"""
# production.cloudify.yml: the name of the file has to end so
plugin: cloudify_ha.recovery.cluster
manager_hosts: [manager1.example.com, manager2.example.com, manager3.example.com]
ca_path: /etc/pki/cloudify-ca.pem

# Without these two, CLOUDIFY_USERNAME and CLOUDIFY_PASSWORD of the environment are used.
username: admin
password: "{{ lookup('ansible.builtin.env', 'PRODUCTION_PASSWORD') }}"

# The rest is only wanted where the defaults are not.
hostname: short_hostname
address: public
remembered: /var/lib/cloudify_ha/production.remembered
compose:
  ansible_user: "'centos'"
keyed_groups:
  - key: cloudify_node_version
    prefix: version
"""

import os
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    REQUESTS_IMPORT_ERROR,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._cluster_asking import (
    NoAnswer,
    addresses,
    ask_cluster,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._cluster_inventory import (
    ACTIVE,
    BROKEN,
    GROUPS,
    check,
    groups_of,
    named,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._remembered import (
    in_words,
    remember,
    remembered,
    seconds_since,
)

Json = dict[str, t.Any]

CONNECTION = (
    *("manager_hosts", "manager_port", "manager_protocol", "username", "password", "token"),
    *("tenant", "ca_path", "validate_certs", "request_timeout", "connect_timeout"),
)
TEMPLATES = (*CONNECTION, "hostname", "address", "deadline", "remembered")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "cloudify_ha.recovery.cluster"
    #: What comes from a manager is let in only where it cannot be a template.
    trusted_by_default = True

    def verify_file(self, path: str) -> bool:
        if not super().verify_file(path):
            return False
        if path.endswith(("cloudify.yml", "cloudify.yaml")):
            return True
        self.display.vvv("The name of the file does not end in cloudify.yml or cloudify.yaml")
        return False

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path)
        for name in CONNECTION:
            # AWX sets one for each field of a credential that nobody filled in
            if os.environ.get(f"CLOUDIFY_{name.upper()}") == "":
                del os.environ[f"CLOUDIFY_{name.upper()}"]
        try:
            config = self._read_config_data(path)
            for name in config:
                if name not in self._options:
                    raise RecoveryError(f"{name} is no option of this plugin")
            if REQUESTS_IMPORT_ERROR:
                raise RecoveryError(missing_required_lib("requests"))
            self._fill(self._cached(path, cache))
        except RecoveryError as exc:
            raise AnsibleParserError(self._masked(str(exc))) from None

    def set_options(
        self,
        task_keys: t.Any = None,
        var_options: t.Any = None,
        direct: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        """Templates are resolved before their types are looked at."""
        given = dict(direct or {})
        self.templar.available_variables = self._vars or {}
        for name in TEMPLATES:
            if name in given:
                given[name] = self._resolved(name, given[name])
        # Ansible takes whatever is no boolean for false, and would check no certificate then
        check_certs = given.get("validate_certs", os.environ.get("CLOUDIFY_VALIDATE_CERTS", True))
        try:
            boolean(check_certs)
        except TypeError:
            raise RecoveryError(
                f"validate_certs: {check_certs!r} is neither true nor false"
            ) from None
        super().set_options(task_keys=task_keys, var_options=var_options, direct=given)

    def _resolved(self, name: str, value: t.Any) -> t.Any:
        try:
            return self.templar.template(value)
        except AnsibleError as exc:
            raise RecoveryError(f"{name}: the template cannot be resolved: {exc}") from None

    # -- the nodes -----------------------------------------------------------------------------------

    def _cached(self, path: str, cache: bool) -> list[Json]:
        """By way of Ansible's own cache, where it is wanted.

        :param cache: False when it is to be filled anew
        """
        if not self.get_option("cache"):
            return self._nodes(path)[0]
        key = self.get_cache_key(path)
        if cache:
            try:
                return check(self._cache[key])
            except KeyError:
                pass  # there is nothing, or it is too old
        nodes, told_now = self._nodes(path)
        if told_now:  # what is remembered would come from the cache as new
            self._cache[key] = nodes
        return nodes

    def _nodes(self, path: str) -> tuple[list[Json], bool]:
        """What the cluster says, else what is remembered of it; and whether it is the former."""
        params = {name: self.get_option(name) for name in (*CONNECTION, "deadline")}
        file = self._file(path)
        managers = addresses(params["manager_hosts"])
        try:
            nodes, warnings = ask_cluster(params)
        except NoAnswer as exc:
            return self._remembered(exc, file, managers), False
        for warning in warnings:
            self._warn(warning)
        if file:
            try:
                remember(file, nodes, managers=managers)
            except RecoveryError as exc:
                self._warn(f"The nodes of the cluster are not kept: {exc}")
            except OSError as exc:
                self._warn(f"The nodes of the cluster cannot be kept in {file}: {exc.strerror}")
        return nodes, True

    def _file(self, path: str) -> str:
        """Empty where nothing is to be kept."""
        folder, name = os.path.split(os.path.abspath(path))
        wanted = self.get_option("remembered")
        if wanted is None:
            wanted = f".{name}.remembered"
        return wanted and os.path.join(folder, os.path.expanduser(wanted))

    def _remembered(self, error: NoAnswer, file: str, managers: list[str]) -> list[Json]:
        if not file:
            raise error
        try:
            nodes, told_at = remembered(file, managers=managers)
        except FileNotFoundError:
            raise RecoveryError(
                f"{str(error).rstrip('.')}. Nothing is remembered either: there is no {file}"
            ) from None
        except OSError as exc:
            raise RecoveryError(
                f"{str(error).rstrip('.')}. What is remembered cannot be read: {file}: {exc.strerror}"
            ) from None
        except RecoveryError as exc:
            raise RecoveryError(f"{str(error).rstrip('.')}. {exc.message}", hint=exc.hint) from None
        self._warn(
            f"The nodes are those that the cluster told {in_words(seconds_since(told_at))} ago, at "
            f"{told_at}, as remembered in {file}. {error}"
        )
        return [{**node, "active": False, "broken": False, "status": {}} for node in nodes]

    # -- the inventory -------------------------------------------------------------------------------

    def _fill(self, nodes: list[Json]) -> None:
        inventory: t.Any = self.inventory
        strict = self.get_option("strict")
        for group in (*GROUPS.values(), ACTIVE, BROKEN):
            inventory.add_group(group)
        for name, node in named(nodes, by=self.get_option("hostname")).items():
            inventory.add_host(name)
            for group in groups_of(node):
                inventory.add_child(group, name)
            for variable, value in self._variables(node).items():
                inventory.set_variable(name, variable, value)
            known = inventory.get_host(name).get_vars()
            self._set_composite_vars(self.get_option("compose"), known, name, strict=strict)
            known = inventory.get_host(name).get_vars()
            self._add_host_to_composed_groups(self.get_option("groups"), known, name, strict=strict)
            self._add_host_to_keyed_groups(
                self.get_option("keyed_groups"), known, name, strict=strict
            )

    def _variables(self, node: Json) -> Json:
        return {
            "ansible_host": node[f"{self.get_option('address')}_ip"],
            "cloudify_hostname": node["hostname"],
            "cloudify_private_ip": node["private_ip"],
            "cloudify_public_ip": node["public_ip"],
            "cloudify_node_version": node["version"],
            "cloudify_node_tiers": node["tiers"],
            "cloudify_node_status": node["status"],
        }

    # -- what is told --------------------------------------------------------------------------------

    def _warn(self, text: str) -> None:
        self.display.warning(self._masked(text))

    def _masked(self, text: str) -> str:
        """Without the secrets, which a server may repeat."""
        secrets = [self._options.get(name) for name in ("password", "token")]
        return str(remove_values(text, [each for each in secrets if each]))
