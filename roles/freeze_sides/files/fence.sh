# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: fence.sh resolve NAME..., fence.sh add|remove ADDRESS...
# Keeps this host from reaching the others of a cluster, and lets it again: with a route to nowhere for each, which every old system has, no reboot
# keeps, and no service's own rules undo. Such a route takes no names: what they mean is told before, and noted, since another day they may mean something else.
# Removed are those of the names, and all that bear its mark, whatever the caller knows of them.

# /etc/iproute2/rt_protos has none of this number
mark=119
verb=$1
shift
if [ "$verb" = resolve ]; then
    all=
    for name; do
        found=$(addresses_of "$name")
        [ -n "$found" ] || { echo "$name has no address here (getent ahosts): nothing was touched" >&2; exit 1; }
        all="$all $found"
    done
    printf '%s\n' $all
    exit 0
fi
marked() { for family in -4 -6; do ip $family route show type unreachable proto $mark; done | sed 's/^unreachable //; s/[ /].*//'; }
if [ "$verb" = remove ]; then
    set -- $({ marked; for name; do found=$(addresses_of "$name") || found=$name; printf '%s\n' $found; done; } | sort -u)
fi
bits() { case $1 in *:*) echo 128 ;; *) echo 32 ;; esac; }
for address; do
    family=-4
    case $address in *:*) family=-6 ;; esac
    fenced=$(ip $family route show type unreachable | grep -cE "^(unreachable )?$address( |/|\$)")
    if [ "$verb" = remove ]; then
        [ "$fenced" = 0 ] || { ip $family route del unreachable "$address/$(bits "$address")" && echo "unfenced $address"; } || exit 1
        continue
    fi
    [ "$fenced" = 0 ] || continue
    if ss -tn state established 2>/dev/null | awk '$3 ~ /:22$/ {print $4}' | grep -qF "$address:"; then
        echo "an ssh session comes from $address, which would be cut off: come from another host, or end it" >&2
        exit 1
    fi
    ip $family route add unreachable "$address/$(bits "$address")" proto $mark || exit 1
    echo "fenced $address"
done
