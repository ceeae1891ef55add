# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: start.sh patroni|postgres|nothing
# Undoes stop.sh: what ran runs again, and will be started by a boot.

server
rm -f "$frozen_mark"
for file in $(grep -ls '^\[program:patroni\]' /etc/supervisord.d/* /etc/supervisord.conf 2>/dev/null); do
    sed -i 's/^autostart=false ; frozen by cloudify_ha$/autostart=true/' "$file"
done
case $1 in
    patroni)
        patroni_runs && exit 0
        if supervised; then supervisorctl -c /etc/supervisord.conf start patroni; else systemctl enable --quiet patroni 2>/dev/null; systemctl start patroni; fi
        patroni_runs || exit 1
        echo 'started patroni'
        ;;
    postgres)
        postgres_runs && exit 0
        as_postgres "$programs/pg_ctl" -D "$data" start -w -t 120 > /dev/null 2>&1 || exit 1
        echo 'started postgres'
        ;;
esac
