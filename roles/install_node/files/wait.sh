# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Waits up to $1 seconds for services to be active, whichever supervises them. The others are their names, a|b for one or the other.

LC_ALL=C
export LC_ALL

active() {
    if [ -f /etc/supervisord.conf ]; then
        case $(supervisorctl -c /etc/supervisord.conf status "$1" 2>/dev/null) in
            *RUNNING*) return 0 ;;
        esac
    fi
    [ "$(systemctl is-active "$1.service" 2>/dev/null)" = active ]
}

end=$(($(date +%s) + $1))
shift
while :; do
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
