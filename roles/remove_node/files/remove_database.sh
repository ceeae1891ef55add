# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: remove_database.sh ADDRESS ID HOSTNAME [-c CONFIG]
# On a database node: out of the cluster. On a manager: out of its own list. ID is for the version that does nothing without, and says nothing of that.

address=$1 id=$2 hostname=$3
shift 3

is_listed() {
    # Its exit code tells how the cluster is, and is of no use here. Without a table, it has not listed anything.
    said=$(cfy_manager dbs list "$@" 2>&1)
    case $said in
        *'|'*) ;;
        *)
            printf '%s\n' "$said" "cfy_manager dbs list shows no list" >&2
            exit 1
            ;;
    esac
    printf '%s\n' "$said" | grep '|' | tr ' |' '\n\n' | grep -qixF -e "$address"
}

if ! is_listed "$@"; then
    echo "$address is not in the list"
    exit 0
fi
if [ -n "$id" ]; then
    cfy_manager dbs remove -a "$address" -i "$id" -n "$hostname" "$@" || exit
else
    cfy_manager dbs remove -a "$address" "$@" || exit
fi
if is_listed "$@"; then
    echo "cfy_manager dbs remove -a $address ended well, and $address is still in the list" >&2
    exit 1
fi
echo "$address removed."
