# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: stop.sh SECONDS
# Stops Patroni, then what is left of PostgreSQL, and keeps both from being started by the next boot. The data directory stays as it is. A file tells a
# diagnosis that it was done on purpose.

seconds=$1
server
[ ! -d "${frozen_mark%/*}" ] || : > "$frozen_mark"
if supervised; then
    for file in $(grep -ls '^\[program:patroni\]' /etc/supervisord.d/* /etc/supervisord.conf 2>/dev/null); do
        sed -i '/^\[program:patroni\]/,/^\[[^p]/ s/^autostart *= *true *$/autostart=false ; frozen by cloudify_ha/' "$file"
    done
else
    systemctl is-enabled --quiet patroni 2>/dev/null && systemctl disable --quiet patroni 2>/dev/null
fi
if patroni_runs; then
    stop_patroni
    echo 'stopped patroni'
fi
if postgres_runs; then
    as_postgres "$programs/pg_ctl" -D "$data" stop -m fast -w -t "$seconds" || exit 1
    echo 'stopped postgres'
fi
if patroni_runs || postgres_runs; then
    echo 'Patroni or PostgreSQL still run' >&2
    exit 1
fi
