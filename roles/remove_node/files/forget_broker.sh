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
case $listed in
    *'|'*) ;;
    *)
        printf '%s\n' "$listed" "cfy_manager brokers list shows no list" >&2
        exit 1
        ;;
esac
if ! printf '%s\n' "$listed" | grep '|' | tr ' |' '\n\n' | grep -qixF -e "$node"; then
    echo "$node is not in the cluster of brokers"
    exit 0
fi
exec cfy_manager brokers remove -r "$node" "$@"
