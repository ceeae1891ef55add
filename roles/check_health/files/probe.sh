# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What this host itself knows of the database and the broker tier, a line for each fact. Runs behind patroni.sh.
# usage: probe.sh WRITE [SECONDS] TIER...      WRITE: yes | no, whether the leader's database is written to
#   SECONDS: how long all questions together may take, for those in a hurry
# Everything has a limit, since a tier without a quorum hangs rather than answers. What each says of the others is only its own view.

write=$1
shift
patience=30
end=
# whose existence says that a manager before 5.0 is in a cluster
member=/etc/cloudify/cluster
rabbit_home=/var/lib/rabbitmq
rabbit_env=/etc/rabbitmq/rabbitmq-env.conf
case $1 in
    [1-9]*)
        limit=$1 patience=$1 end=$(($(date +%s) + $1))
        shift
        ;;
esac

# Seconds that the next question may take.
left() {
    now=$(date +%s)
    if [ -z "$end" ] || [ "$((end - now))" -gt "$limit" ]; then echo "$limit"; elif [ "$end" -gt "$now" ]; then echo $((end - now)); else echo 0; fi
}

count_rows="select 'sql count ' || relname || ' ' || (xpath('/row/c/text()', query_to_xml(
        format('select count(*) as c from %I.%I', nspname, relname), false, true, '')))[1]::text
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where relkind = 'r' and nspname = 'public' and reltuples < 1000000 order by relname"

probe_database() {
    if [ ! -r $patroni_conf ]; then
        echo "database single"
        return
    fi
    settings
    # by which its peers know it
    echo "address $address"
    for what in primary patroni cluster; do
        (
            answer=$(ask_patroni $what -w '\n%{http_code}')
            printf 'patroni %s %s %s\n' "$what" "${answer##*
}" "$(printf %s "${answer%
*}" | b64)"
        ) &
    done
    if etcd_has_quorum; then echo 'etcd yes'; else echo 'etcd no'; fi &
    if ! recovering=$(sql postgres "select pg_is_in_recovery()"); then
        echo "sql error $(printf %s "${recovering:-no answer within $limit s}" | b64)"
        wait
        return
    fi
    if [ "$recovering" = f ]; then
        echo "sql role leader"
        # Both statements are one transaction, which leaves nothing behind, but has to be acknowledged by the synchronous standby.
        sql_limit=$(left)
        # in less time, one that is only slow would look blocked
        if [ "$write" = yes ] && { [ -z "$end" ] || [ "$sql_limit" -ge 2 ]; }; then
            if written=$(sql postgres "set statement_timeout = '5s'; begin; create table cloudify_ha_check (); drop table cloudify_ha_check; commit") \
                && [ -z "$written" ]; then
                echo "sql write ok"
            else
                echo "sql write $(printf '%s' "${written:-no answer}" | b64)"
            fi
        fi
    elif [ "$recovering" = t ]; then
        echo "sql role replica"
    fi
    sql_limit=$(left)
    [ "$sql_limit" = 0 ] || sql cloudify_db "$count_rows" | sed -n '/^sql count /p'
    wait
}

# Before 5.0 each manager has a database of its own, on another port once it is in a cluster.
probe_member() {
    [ -e $member ] || return
    psql=$(command -v psql || ls -d /usr/pgsql-*/bin/psql 2>/dev/null | tail -n 1)
    answer=$(cd / && timeout "$limit" runuser -u postgres -- "${psql:-psql}" -X -A -t -q -v ON_ERROR_STOP=1 -p 15432 \
        -d "dbname=cloudify_db connect_timeout=3" -c "$count_rows" 2>&1)
    case $? in
        0) said='it has no tables' ;;
        124) said="no answer within $limit s" ;;
        *) said=${answer:-no answer} answer= ;;
    esac
    printf '%s\n' "$answer" | sed -n 's/^sql count /rows count /p' | grep . || echo "rows error $(printf %s "$said" | b64)"
}

# Erlang itself, which takes a third of the processor time of rabbitmqctl: these are hosts that have little left. Whatever is unusual is left to that.
ask_erlang() {
    # without a cookie it would make one
    [ -r $rabbit_home/.erlang.cookie ] && command -v erl > /dev/null || return 1
    node=$(sed -n 's/^ *\(RABBITMQ_\)\{0,1\}NODENAME=//p' $rabbit_env 2>/dev/null | tail -n 1 | tr -d "\"' ")
    [ -n "$node" ] || node=rabbit@$(hostname -s)
    case $node in
        *[!A-Za-z0-9@._-]* | *@*@* | *@) return 1 ;;
        *@*.*) names=-name ;;
        *@*) names=-sname ;;
        *) return 1 ;;
    esac
    HOME=$rabbit_home ERL_CRASH_DUMP_SECONDS=0 timeout $patience erl -noinput -hidden -boot no_dot_erlang $names "cloudify_ha_$$@${node#*@}" -start_epmd false -eval "
        Ask = fun(Module, Function, Given) ->
            case rpc:call('$node', Module, Function, Given) of {badrpc, _} -> halt(1); Told -> lists:sort(Told) end end,
        io:format(\"known ~w~nrunning ~w~npartitions ~w~n\", [Ask(rabbit_mnesia, cluster_nodes, [all]),
            Ask(rabbit_mnesia, cluster_nodes, [running]), Ask(rabbit_node_monitor, partitions, [])]), halt(0)." 2>/dev/null
}

tell_broker() { printf '%s\n' "$answer" | sed -n 's/^\(known\|running\|partitions\) /broker \1 /p'; }

probe_broker() {
    # One that is paused or down does not listen, and would only be waited for.
    if command -v ss > /dev/null && ! ss -lnt | grep -qE ':(5671|5672) '; then
        echo "broker error $(printf 'it is down, or paused as a minority' | b64)"
        return
    fi
    asked="io:format(\"known ~w~nrunning ~w~npartitions ~w~n\", [lists:sort(rabbit_mnesia:cluster_nodes(all)),
        lists:sort(rabbit_mnesia:cluster_nodes(running)), rabbit_node_monitor:partitions()])."
    answer=$(ask_erlang)
    case $? in
        0)
            tell_broker
            return
            ;;
        124)
            echo "broker error $(printf %s "no answer within $patience s" | b64)"
            return
            ;;
    esac
    for long in '' --longnames; do
        answer=$(timeout $patience rabbitmqctl $long --quiet eval "$asked" 2>&1)
        code=$?
        if [ $code = 0 ]; then
            tell_broker
            return
        fi
        if [ $code -ge 124 ]; then
            answer="no answer within $patience s"
            [ $code = 124 ] || answer="rabbitmqctl cannot be run, or was killed"
            break
        fi
    done
    echo "broker error $(printf %s "${answer:-no answer}" | grep . | head -n 1 | b64)"
}

for tier in "$@"; do
    case $tier in
        database) probe_database & ;;
        broker) probe_broker & ;;
        manager) probe_member & ;;
    esac
done
wait
