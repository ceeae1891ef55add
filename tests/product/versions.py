# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every difference between versions of the product, traps included, in one table."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Version:
    """What one version does. Every field that is a trap says so."""

    name: str
    # as in the file name of the RPM
    number: str
    # which profile of the stand-in manager runs on a host
    profile: str
    # the client that users type; the F5 flavour has its own
    command: str = "cfy"
    generation: str = "all_active"
    # the file and the directory that users of this flavour edit and keep certificates in
    user_config: str = "/etc/cloudify/config.yaml"
    user_ssl: str = ""

    # systemd units, or programs of one supervisord
    supervisor: str = "supervisord"
    # one file | two files | a directory with a file for each service
    markers: str = "directories"
    installed_marker: str = "/etc/cloudify/.installed"
    configured_marker: str = "/etc/cloudify/.configured"

    # TRAP  wiped: install empties the ssl directory before it copies; sources inside it are gone, and a new CA is made
    #       kept: what is in the ssl directory wins, and other certificates in the configuration are ignored
    #       by_key: the same, unless the configured certificate has another key (a renewed one with the same key is ignored)
    #       configured: what the configuration names is deployed
    certificates: str = "configured"
    # TRAP  remove renames every file in the ssl directory, also those that other services of the host use
    remove_renames_certificates: bool = True
    # TRAP  install and configure write the merged configuration back, with paths inside the ssl directory
    rewrites_config: bool = False
    # TRAP  and without the database's password
    hides_password: bool = False
    # required | deprecated | gone (argparse refuses it)
    force_option: str = "gone"
    # TRAP  --clean-db drops the shared database
    clean_db: bool = False
    # -c may be given, more than once, with files below /etc/cloudify
    config_option: bool = True
    only_install: bool = True
    # options of a cluster on an external database
    join_options: bool = False
    # runs itself again through sudo when not root
    reexecutes: bool = True
    # TRAP  a first broker with a blank join_cluster wipes its mnesia when configured again
    wipes_mnesia: bool = False
    # TRAP  dbs add and remove without -i do nothing and exit with 0
    dbs_need_node_id: bool = False
    # a database node whose old entry in etcd is still there fails to install
    # TRAP  later ones take the entry for their own of an earlier attempt, go on, and etcd does not run
    stale_member_fails: bool = False
    # the manager's row is written before the checks of a join, and stays when they fail
    inserts_before_checks: bool = True
    # a manager that is registered already is left as it is, without its database configured anew
    registered_skips_database: bool = False
    # certificates of the monitoring service on every host
    monitoring: bool = True
    superuser_certificates: bool = False
    # checks that every address of the host is in its internal certificate
    checks_san: bool = False
    postgresql: str = "14"
    # commands that exist beside install, configure, remove, start, stop, restart and validate
    commands: frozenset[str] = frozenset()

    @property
    def release(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.number.split("."))

    @property
    def clustered_tiers(self) -> bool:
        """Whether databases and brokers are services with clusters of their own."""
        return self.generation == "all_active"


_COMMON = frozenset(
    {"sanity-check", "create-internal-certs", "create-external-certs", "generate-test-cert"}
)
_TIERS = frozenset({"dbs", "brokers"})
_51 = _COMMON | _TIERS | {"reset-admin-password", "version", "certificates"}
_511 = _51 | {"upgrade"}

V705 = Version(
    name="7.0.5",
    number="7.0.5",
    profile="7.0.5",
    superuser_certificates=True,
    checks_san=True,
    commands=_511 | {"logs"},
)
V700 = replace(V705, name="7.0.0", number="7.0.0", profile="7.0.0")
V64 = replace(
    V700,
    name="6.4",
    number="6.4.0",
    profile="6.4",
    superuser_certificates=False,
    checks_san=False,
    wipes_mnesia=True,
    postgresql="9.5",
)
V52 = replace(
    V64,
    name="5.2",
    number="5.2.0",
    profile="5.2",
    certificates="by_key",
    remove_renames_certificates=False,
    rewrites_config=True,
    hides_password=True,
    force_option="deprecated",
    stale_member_fails=True,
    clean_db=True,
    reexecutes=False,
    commands=_511,
)
V511 = replace(V52, name="5.1.1", number="5.1.1", supervisor="systemd")
V510 = replace(
    V511,
    name="5.1.0",
    number="5.1.0",
    certificates="kept",
    inserts_before_checks=False,
    registered_skips_database=True,
    commands=_51,
)
V505 = replace(
    V510,
    name="5.0.5",
    number="5.0.5",
    profile="5.0.5",
    markers="files",
    config_option=False,
    dbs_need_node_id=True,
    monitoring=False,
    commands=_COMMON | _TIERS | {"node", "status-reporter"},
)
V455 = replace(
    V505,
    name="4.5.5",
    number="4.5.5",
    profile="4.5.5",
    generation="active_standby",
    markers="file",
    installed_marker="/etc/cloudify/.install",
    certificates="wiped",
    hides_password=False,
    force_option="required",
    only_install=False,
    join_options=True,
    wipes_mnesia=False,
    dbs_need_node_id=False,
    registered_skips_database=False,
    commands=frozenset(
        {
            *("sanity-check", "create-internal-certs", "create-external-certs"),
            *("create-pkcs12", "add-networks", "update-encryption-key", "generate-test-cert"),
        }
    ),
)
VNFM = replace(
    V455,
    name="vnfm",
    number="1.3.0",
    profile="vnfm",
    command="vnfm",
    user_config="/home/admin/config.yaml",
    user_ssl="/home/admin/files/ssl",
)

VERSIONS = {v.name: v for v in (V455, VNFM, V505, V510, V511, V52, V64, V700, V705)}

__all__ = ["VERSIONS", "Version"]
