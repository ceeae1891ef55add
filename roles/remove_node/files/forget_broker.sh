# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: forget_broker.sh NODE [-c CONFIG]      Has the broker of this host forget another one, unless it has.

node=$1
shift
if ! listed=$(cfy_manager brokers list "$@" 2>&1); then
    printf '%s\n' "$listed" >&2
    exit 1
fi
if ! printf '%s\n' "$listed" | tr -c 'A-Za-z0-9@._\n-' ' ' | grep -qE "(^| )$node( |\$)"; then
    echo "$node is not in the cluster of brokers"
    exit 0
fi
exec cfy_manager brokers remove -r "$node" "$@"
