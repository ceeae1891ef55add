# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What lead.sh and follow.sh share. It is put before them.

start_again() {
    rm -f "$frozen_mark"
    for file in $(grep -ls '^\[program:patroni\]' /etc/supervisord.d/* /etc/supervisord.conf 2>/dev/null); do
        sed -i 's/^autostart=false ; frozen by cloudify_ha$/autostart=true/' "$file"
    done
    patroni_runs && return
    if supervised; then
        supervisorctl -c /etc/supervisord.conf start patroni
    else
        systemctl enable --quiet patroni 2>/dev/null
        systemctl start patroni
    fi
}

pause_is_over() {
    case $(ask_patroni config) in
        *'"pause": true'*) ;;
        *ttl*) return 0 ;;
        *) return 1 ;;
    esac
    printf 'user = "%s:%s"\n' "$(value_of restapi username)" "$(value_of restapi password)" |
        ask_patroni config -K - -X PATCH -d '{"pause": null}' > /dev/null
    return 1
}
