# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: save.sh WORK
# Dumps all of this host's databases into WORK/dump.tar, and a list of their rows into WORK/rows. A database that is down is started for that, for this
# alone: without Patroni, without a network, and for reading only. It works on a standby and on a former leader alike. Of one that is down afterwards it also
# tells what state.sh tells.

work=$1
server
umask 077
mkdir -p "$work" || exit 1
socket=$work.socket
followed=$data/recovery.conf

private() {
    mkdir -p "$socket" || exit 1
    echo 'local all all trust' > "$socket/hba"
    chown -R postgres "$socket" && chmod 700 "$socket" || exit 1
    options="-c listen_addresses='' -c unix_socket_directories='$socket' -c hba_file='$socket/hba' -c port=5432 -c ssl=off"
    options="$options -c default_transaction_read_only=on -c synchronous_standby_names='' -c archive_mode=off"
    # It must not go on to follow anybody. Before 12 that is no setting, but in a file, which is as it was once the dump is made.
    if [ "$(cut -d. -f1 "$data/PG_VERSION")" -ge 12 ]; then
        options="$options -c primary_conninfo='' -c primary_slot_name=''"
    elif [ -e "$followed" ]; then
        [ -e "$followed.kept" ] || cp -p "$followed" "$followed.kept" || exit 1
        sed -i '/^ *primary_\(conninfo\|slot_name\)/d' "$followed" || exit 1
    fi
    postgres_runs || as_postgres "$programs/pg_ctl" -D "$data" -w -t 600 -l "$socket/log" -o "$options" start > /dev/null || { tail -n 3 "$socket/log" >&2; exit 1; }
    target="host=$socket port=5432 user=postgres"
    PGPASSWORD=
}

finish() {
    trap - EXIT
    as_postgres "$programs/pg_ctl" -D "$data" -m fast -w -t 120 stop > /dev/null 2>&1
    [ ! -e "$followed.kept" ] || mv "$followed.kept" "$followed"
    rm -rf "$socket"
}

# One that an earlier run was killed with is still there.
own=
if ! postgres_runs || [ -S "$socket/.s.PGSQL.5432" ]; then
    private
    trap finish EXIT
    own=yes
fi
sql_limit=600
names=$(own_databases) || { printf '%s\n' "$names" >&2; exit 1; }
size=$(sql postgres "select sum(pg_database_size(oid)) / 1024 from pg_database" | cut -d. -f1)
free=$(df -Pk "$work" | awk 'NR == 2 {print $4}')
if [ "$free" -lt "$size" ]; then
    echo "$work has room for $free KiB, and the databases have $size KiB" >&2
    exit 1
fi
rm -rf "$work/d" && mkdir "$work/d" || exit 1
"$programs/pg_dumpall" -d "$target dbname=postgres" --globals-only > "$work/d/globals.sql" || exit 1
for name in $names; do
    "$programs/pg_dump" -Fc -d "$target dbname=$name" > "$work/d/$name.dump" || exit 1
    "$programs/pg_restore" -l "$work/d/$name.dump" > /dev/null || exit 1
done
over_tables cloudify_db "select %1\$L || E''\\t'' || %2\$s || E''\\t'' || md5(t::text) from public.%1\$I t" > "$work/d/rows" || { tail -n 1 "$work/d/rows" >&2; exit 1; }
recovering=$(sql postgres "select pg_is_in_recovery()")
if [ "$recovering" = t ]; then last="select coalesce(pg_last_xact_replay_timestamp()::text, '')"; else last="select ''"; fi
last=$(sql postgres "$last")
tar -cf "$work/dump.tar" -C "$work/d" . || exit 1
gzip -c "$work/d/rows" > "$work/rows.gz" || exit 1
rm -rf "$work/d"
sum=$(sha256sum < "$work/dump.tar")
[ -z "$own" ] || finish
state=$(standing)
[ -z "$state" ] || echo "state $state"
echo "saved $(wc -c < "$work/dump.tar") ${sum%% *} $last"
