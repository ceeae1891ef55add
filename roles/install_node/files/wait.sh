# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Waits up to $1 seconds for services to be active, whichever supervises them. The others are their names.

LC_ALL=C
export LC_ALL
end=$(($(date +%s) + $1))
shift
while :; do
    down=
    for name in "$@"; do
        state=
        [ -f /etc/supervisord.conf ] && state=$(supervisorctl -c /etc/supervisord.conf status "$name" 2>/dev/null | awk '{print $2}')
        case $state in
            RUNNING) continue ;;
        esac
        [ "$(systemctl is-active "$name.service" 2>/dev/null)" = active ] || down="$down $name"
    done
    [ -z "$down" ] && exit 0
    [ "$(date +%s)" -lt "$end" ] || break
    sleep 0.5
done
echo "not active:$down" >&2
exit 1
