# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What the scripts that ask a host's Patroni and its database share. It is put before each of them.

limit=8
patroni_conf=/etc/patroni.conf

b64() { base64 | tr -d '\n'; }

# Of YAML as the product writes it: the value behind a key, in the part of the file that begins with a certain line.
value_of() {
    sed -n "/^ *$1: *$/,\$p" "$patroni_conf" | sed -n "s/^ *$2: *//p" | head -n 1 | sed -e "s/^'\(.*\)'\$/\1/" -e 's/^"\(.*\)"$/\1/'
}

# Where Patroni and the database answer, and with which program and password the database is asked.
settings() {
    listen=$(value_of postgresql connect_address)
    port=${listen##*:}
    # of IPv6, curl wants the brackets, and psql does not
    etcd=${listen%:*}:2379
    address=${listen%:*}
    address=${address#[}
    address=${address%]}
    rest=$(value_of restapi connect_address)
    programs=$(value_of postgresql bin_dir)
    psql=$programs/psql
    [ -x "$psql" ] || psql=$(command -v psql || ls -d /usr/pgsql-*/bin/psql 2>/dev/null | tail -n 1)
    PGPASSWORD=$(value_of superuser password)
    export PGPASSWORD
    target="host=$address port=$port user=postgres sslmode=require connect_timeout=3"
}

sql() { # database, statement; sql_limit: seconds, where it may take longer than others
    timeout "${sql_limit:-$limit}" "$psql" -X -A -t -q -v ON_ERROR_STOP=1 -d "$target dbname=$1" -c "$2" 2>&1
}

# One without a quorum says so, or says nothing.
etcd_has_quorum() {
    case $(curl -s -k -m "$limit" "https://$etcd/health") in
        *'"true"'*) return 0 ;;
        *) return 1 ;;
    esac
}

ask_patroni() { # path, more words for curl
    path=$1
    shift
    curl -s -k -m "$limit" "$@" "https://$rest/$path"
}
