# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What this host's database is: one fact a line (plugins/plugin_utils/_databases.py reads it). It changes nothing.

[ -r $patroni_conf ] || exit 0
server
echo "data $data"
echo "address $address"
if patroni_runs; then echo 'patroni running'; else echo 'patroni stopped'; fi
if etcd_has_quorum; then echo 'quorum yes'; else echo 'quorum no'; fi
case $(ask_patroni config) in
    *'"pause": true'*) echo 'paused yes' ;;
    *) echo 'paused no' ;;
esac
postgres_runs || { echo 'postgres stopped'; exit 0; }
echo 'postgres running'
recovering=$(sql postgres "select pg_is_in_recovery()") || { echo "error $(printf %s "$recovering" | b64)"; exit 0; }
echo "recovery $recovering"
# Not by the last checkpoint, which may be one from before the promotion. A standby of before 9.6 tells nothing else, and then no timeline is told at all.
version=$(sql postgres 'show server_version_num')
file='pg_walfile_name(pg_current_wal_lsn())'
[ "$version" -ge 100000 ] || file='pg_xlogfile_name(pg_current_xlog_location())'
[ "$recovering" = t ] || [ "$version" -lt 90600 ] || sql postgres "select 'timeline ' || ('x' || substr($file, 1, 8))::bit(32)::int" | grep '^timeline '
[ "$version" -lt 90600 ] || sql postgres "select 'timeline ' || received_tli from pg_stat_wal_receiver where status = 'streaming'" | grep '^timeline '
[ "$recovering" = t ] || sql postgres "select 'blocked yes' where current_setting('synchronous_standby_names') <> ''
    and not exists (select from pg_stat_replication where sync_state in ('sync', 'quorum'))" | grep '^blocked '
sender=$(upstream)
[ -z "$sender" ] || echo "sender $sender"
sql postgres "select 'follower ' || host(client_addr) from pg_stat_replication where state = 'streaming'" | grep '^follower '
# who does not stream could have other rows in them
large=$(sql cloudify_db "select 'left_out ' || relname from $public_tables and not $small order by relname") || large='left_out unknown'
[ -z "$large" ] || printf '%s\n' "$large"
sql_limit=60
over_tables cloudify_db "select ''table '' || %1\$L || '' '' || count(*) || '' '' || coalesce(md5(string_agg(md5(t::text), '''' order by md5(t::text))), ''-'') from public.%1\$I t" | grep '^table '
exit 0
