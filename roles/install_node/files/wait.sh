# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Waits up to $1 seconds for services to be active, whichever supervises them. The others are their names, a|b for one or the other.

LC_ALL=C
export LC_ALL

# All at once, since asking for each of them costs a process of Python's or systemd's.
look() {
    supervised=
    if [ -f /etc/supervisord.conf ]; then
        supervised=$(supervisorctl -c /etc/supervisord.conf status 2>/dev/null | awk '$2 == "RUNNING" {printf " %s ", $1}')
    fi
    units=$(systemctl list-units --plain --no-legend --no-pager --type=service --state=active 2>/dev/null |
        awk '$3 == "active" {sub(/\.service$/, "", $1); printf " %s ", $1}')
}

active() {
    case "$supervised$units" in
        *" $1 "*) return 0 ;;
    esac
    return 1
}

end=$(($(date +%s) + $1))
shift
while :; do
    look
    down=
    for names in "$@"; do
        for name in $(echo "$names" | tr '|' ' '); do
            active "$name" && continue 2
        done
        down="$down $names"
    done
    [ -z "$down" ] && exit 0
    [ "$(date +%s)" -lt "$end" ] || break
    sleep 0.5
done
echo "not active:$down" >&2
exit 1
