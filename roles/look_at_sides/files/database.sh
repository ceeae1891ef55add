# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What the scripts that look at the sides of a split brain share. It is put behind patroni.sh of role check_health, and before each of them.

# host.sh of role diagnose looks for it
frozen_mark=/etc/cloudify/.split_brain_frozen

# Where the data are, and the programs of the server.
server() {
    settings
    data=$(value_of postgresql data_dir)
    [ -x "$programs/pg_ctl" ] || programs=$(dirname "$(ls /usr/pgsql-*/bin/pg_ctl /usr/lib/postgresql/*/bin/pg_ctl 2>/dev/null | tail -n 1)")
}

supervised() { supervisorctl -c /etc/supervisord.conf status patroni 2>/dev/null | grep -q '^patroni .*\(RUNNING\|STARTING\|STOP\|EXITED\|FATAL\|BACKOFF\)'; }

patroni_runs() {
    if supervised; then
        supervisorctl -c /etc/supervisord.conf status patroni 2>/dev/null | grep -qE ' (RUNNING|STARTING|STOPPING|BACKOFF)'
    else
        systemctl is-active --quiet patroni
    fi
}

stop_patroni() { if supervised; then supervisorctl -c /etc/supervisord.conf stop patroni; else systemctl stop patroni; fi; }

postgres_runs() {
    pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null)
    [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = postgres ]
}

# Of a database that is down: what tells later whether it has been up since. Each start and each stop changes this file.
standing() { patroni_runs || postgres_runs || { sha256sum < "$data/global/pg_control" | cut -d ' ' -f 1; } 2>/dev/null; }

as_postgres() { (cd / && runuser -u postgres -- "$@"); }

# Whom this host's database streams from. Before 9.6 the database does not tell, but the system does.
upstream() {
    if [ "$(sql postgres 'show server_version_num')" -ge 90600 ]; then
        sql postgres "select coalesce(substring(conninfo from 'host=([^ ]+)'), '') from pg_stat_wal_receiver where status = 'streaming'"
    elif ps -eo args= | grep -q '^postgres: wal receiver'; then
        sed -n "s/^ *primary_conninfo.*host=\([^ ']*\).*/\1/p" "$data/recovery.conf" | tail -n 1
    fi
}

# All that a name or an address means here, one a line. Its own would be nobody else.
addresses_of() { getent ahosts "$1" | cut -d ' ' -f 1 | sort -u | grep -vE '^(127\.|::1$)'; }

own_databases() { sql postgres "select datname from pg_database where datallowconn and not datistemplate order by datname"; }

# Tables of schema public, and which of them can be read row by row.
public_tables="pg_class join pg_namespace on pg_namespace.oid = relnamespace where relkind = 'r' and nspname = 'public'"
small='reltuples < 1000000'

# A statement for each of those, and all of them as one.
over_tables() { # database, what to select as text: %1$L is the name of the table, %1$I the table, and %2$s what names a row
    statement=$(sql "$1" "select string_agg(format('$2', relname, coalesce(
        (select case when bool_or(attname = 'id') then 'case when t.id is null then md5(t::text) else ' else '' end
             || 'concat_ws(' || quote_literal('/') || ',' || string_agg(format('t.%I', attname), ',' order by attnum) || ')'
             || case when bool_or(attname = 'id') then ' end' else '' end
         from pg_attribute where attrelid = pg_class.oid and not attisdropped
             and attname in ('kind', 'tenant', '_tenant_id', 'id', 'name', 'key', 'username', 'hostname', 'deployment_id')),
        'md5(t::text)')), ' union all ' order by relname)
        from $public_tables and $small") || { printf '%s\n' "$statement"; return 1; }
    [ -z "$statement" ] || sql "$1" "$statement"
}
