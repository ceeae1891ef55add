# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: database_list.sh add|remove ADDRESS ID HOSTNAME [-c CONFIG]      Changes the list, unless it is so already.
# On a manager it is its own list. On a database node it is the cluster, and only remove is possible there.
# ID is for the version that does nothing without, and says nothing of that.

verb=$1 address=$2 id=$3 hostname=$4
shift 4

case $verb in
    add) already='is in the list' not_done='is not in the list' ended=added ;;
    remove) already='is not in the list' not_done='is still in the list' ended=removed ;;
    *) echo "add or remove, not $verb" >&2; exit 2 ;;
esac

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

is_done() {
    if is_listed "$@"; then [ "$verb" = add ]; else [ "$verb" = remove ]; fi
}

if is_done "$@"; then
    echo "$address $already"
    exit 0
fi
if [ -n "$id" ]; then
    cfy_manager dbs "$verb" -a "$address" -i "$id" -n "$hostname" "$@" || exit
else
    cfy_manager dbs "$verb" -a "$address" "$@" || exit
fi
if ! is_done "$@"; then
    echo "cfy_manager dbs $verb -a $address ended well, and $address $not_done" >&2
    exit 1
fi
echo "$address $ended."
