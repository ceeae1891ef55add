# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: lead.sh SECONDS
# Makes this host's database the leading one. The others' Patroni is stopped by now. What Patroni remembers of the other leader would keep this one from
# leading, and is removed; the settings of the cluster and its identity stay.

end=$(($(date +%s) + $1))
server
leads() { [ "$(ask_patroni primary -o /dev/null -w '%{http_code}')" = 200 ] && [ "$(sql postgres 'select pg_is_in_recovery()')" = f ]; }
keys() { # method, key
    printf 'user = "%s:%s"\n' "$(value_of etcd username)" "$(value_of etcd password)" |
        curl -s -k -m $limit -K - -X "$1" "https://$etcd/v2/keys$namespace$scope/$2"
}
if ! { patroni_runs && leads; }; then
    grep -q '^etcd:' $patroni_conf || { echo "$patroni_conf has no section etcd, so that the former leader cannot be forgotten" >&2; exit 1; }
    etcd_has_quorum || { echo 'etcd has no quorum here: let the nodes reach each other again, and run this again' >&2; exit 1; }
    namespace=$(sed -n 's/^namespace: *//p' $patroni_conf | tr -d "'\"")
    scope=$(sed -n 's/^scope: *//p' $patroni_conf | tr -d "'\"")
    case $(keys GET initialize) in
        *'"value"'*) ;;
        *) echo "etcd does not know the cluster $namespace$scope" >&2; exit 1 ;;
    esac
    if ! patroni_runs; then
        for key in leader sync status failover history optime/leader; do keys DELETE $key > /dev/null; done
    fi
    start_again
fi
until pause_is_over; do [ "$(date +%s)" -lt "$end" ] || { echo 'Patroni is still paused' >&2; exit 1; }; sleep 1; done
until leads; do [ "$(date +%s)" -lt "$end" ] || { echo 'it does not lead yet' >&2; exit 1; }; sleep 1; done
echo 'it leads'
