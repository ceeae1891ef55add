# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What a host says of itself, a line for each fact (plugin_utils/_host.py reads them). It changes nothing, and no line has a secret.
# usage: host.sh LIMIT PROBE WRITE TIERS PACKAGES PEERS
#   LIMIT: seconds that each part has; all of them run at once. PROBE: patroni.sh and probe.sh of role check_health in base64, which is run beside it with
#   WRITE and TIERS. The last three are lists with blanks; a peer is NAME=ADDRESS=PORT,PORT.

limit=$1 probe=$2 write=$3 tiers=$4 packages=$5 peers=$6
supervisord_conf=/etc/supervisord.conf
supervisord_programs=/etc/supervisord.d
ssl=/etc/cloudify/ssl
cluster_ssl=/etc/cloudify/cluster-ssl
other_certificates='/etc/etcd/*.crt /var/lib/patroni/*.crt /var/lib/pgsql/*/data/*.crt'
patroni_conf=/etc/patroni.conf
places='/ /tmp /etc/cloudify /opt/manager /opt/manager/resources /opt/mgmtworker /var/log /var/log/cloudify /var/lib/patroni /var/lib/etcd /var/lib/pgsql /var/lib/pgsql/9.5/data /var/lib/pgsql/14/data /var/lib/rabbitmq'
# of role freeze_sides
frozen_mark=/etc/cloudify/.split_brain_frozen
# What an installation leaves, and a new host has nothing of.
traces='/etc/cloudify/.install* /etc/cloudify/.configured* /etc/cloudify/ssl/* /etc/patroni.conf /var/lib/patroni/* /opt/manager'
restore_flags='/tmp/cloudify/snapshot_restoring /opt/manager/snapshot_status/snapshot_restoring'
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL PATH

b64() { base64 | tr -d '\n'; }

# Its own client takes half a second and more; where curl knows sockets, that is not needed.
programs() {
    socket=$(sed -n '/^\[unix_http_server\]/,/^\[[^u]/s/^file *= *//p' $supervisord_conf | head -n 1)
    asked='<?xml version="1.0"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>'
    said=$(curl -s -f -m "$limit" --unix-socket "${socket:-/run/supervisord.sock}" -H 'Content-Type: text/xml' -d "$asked" \
        http://localhost/RPC2 2>/dev/null | tr -d '\n' | sed 's/<struct>/\n/g' |
        sed -n 's/.*<name>name<\/name> *<value> *<string>\([^<]*\)<.*<name>statename<\/name> *<value> *<string>\([^<]*\)<.*/\1 \2/p')
    if [ -z "$said" ]; then
        said=$(timeout "$limit" supervisorctl -c $supervisord_conf status 2>/dev/null)
        if [ $? -ge 124 ]; then
            echo 'silent services'
            return
        fi
    fi
    said=$(printf '%s\n' "$said" | while read -r name state _; do
        case $state in
            RUNNING | STARTING) echo "service $name active" ;;
            FATAL | BACKOFF | EXITED | UNKNOWN) echo "service $name failed" ;;
            STOPPED | STOPPING) echo "service $name inactive" ;;
        esac
    done)
    # it does not run: what it would have started is down
    [ -n "$said" ] || said=$(sed -n 's/^\[program:\(.*\)\].*/service \1 inactive/p' $supervisord_programs/*.conf 2>/dev/null)
    printf '%s\n' "$said"
}

services() {
    [ ! -f $supervisord_conf ] || programs
    timeout "$limit" systemctl list-units --all --plain --no-legend --no-pager --type=service 'cloudify-*' nginx.service etcd.service \
        patroni.service 'postgresql-[0-9]*' haproxy.service prometheus.service node_exporter.service supervisord.service consul.service \
        2>/dev/null | while read -r unit load state _; do
        case $load:$state in
            loaded:active | loaded:activating | loaded:reloading) echo "service ${unit%.service} active" ;;
            loaded:failed) echo "service ${unit%.service} failed" ;;
            loaded:*) echo "service ${unit%.service} inactive" ;;
        esac
    done
}

disks() {
    found=
    for place in $places; do
        [ ! -d "$place" ] || found="$found $place"
    done
    # id, size of a block, blocks, free ones, inodes, free ones, path
    timeout "$limit" stat -f -c 'disk %i %S %b %a %c %d %n' $found 2>/dev/null
}

# Which CA a certificate of the product should come from.
ca_of() {
    case ${1##*/} in
        *ca_cert.pem | *ca.pem | *ca.crt | root.crt) return 1 ;;
        # where that is not there, as before 4.4, the certificate may as well be bought
        cloudify_external_cert.pem) echo $ssl/cloudify_external_ca_cert.pem ;;
        cloudify_internal_cert.pem) echo $ssl/cloudify_internal_ca_cert.pem ;;
        rabbitmq-cert.pem) echo $ssl/rabbitmq-ca.pem ;;
        monitoring_cert.pem) echo $ssl/monitoring_ca_cert.pem ;;
        postgresql*.crt) echo $ssl/postgresql_ca.crt ;;
        server.crt) echo "${1%/*}/root.crt" ;;
        *.crt) echo "${1%/*}/ca.crt" ;;
        *) return 1 ;;
    esac
}

key_of() {
    case $1 in
        *cert.pem) echo "${1%cert.pem}key.pem" ;;
        *.crt) echo "${1%.crt}.key" ;;
    esac
}

certificate() {
    said=$(openssl x509 -in "$1" -noout -dates -pubkey 2>/dev/null) || return
    begins=$(printf '%s\n' "$said" | sed -n 's/^notBefore=//p' | tr ' ' '_')
    ends=$(printf '%s\n' "$said" | sed -n 's/^notAfter=//p' | tr ' ' '_')
    issuer=unknown
    if ca=$(ca_of "$1") && [ -f "$ca" ]; then
        # The file may have those between it and the CA, and the CA's file a CA that is another's. That it is too old is told by its dates.
        case $(openssl verify -partial_chain -CAfile "$ca" -untrusted "$1" "$1" 2>&1) in
            *"error 9 "* | *"error 10 "* | *": OK"*) issuer=yes ;;
            *"error "*) issuer=no ;;
        esac
    fi
    fits=unknown
    key=$(key_of "$1")
    if [ -f "$key" ] && ! grep -q ENCRYPTED "$key" 2>/dev/null; then
        fits=no
        public=$(openssl pkey -in "$key" -pubout 2>/dev/null </dev/null)
        case $said in *"${public:-none}"*) fits=yes ;; esac
    fi
    echo "certificate ${begins:-unknown} ${ends:-unknown} $issuer $fits $1"
}

certificates() {
    command -v openssl >/dev/null || return
    for file in $ssl/*.pem $ssl/*.crt $other_certificates; do
        case ${file##*/} in
            [0-9]* | *key.pem) continue ;; # what a removal has set aside begins with its date
        esac
        [ ! -f "$file" ] || certificate "$file"
    done
}

# Whether any of these is there.
any_of() {
    for path; do
        [ ! -e "$path" ] || { echo yes && return; }
    done
    echo no
}

flags() {
    echo "restore_flag $(any_of $restore_flags)"
    [ ! -e $frozen_mark ] || echo 'frozen yes'
}

# That there is none is only said where rpm says so of each name: it may as well have failed, or not be how the product came here.
package() {
    command -v rpm >/dev/null && [ -n "$packages" ] || return
    none=yes
    for name in $packages; do
        said=$(timeout "$limit" rpm -q --qf '%{VERSION}' "$name" 2>&1)
        case $?:$said in
            0:*) none=no && echo "package $said" ;;
            *'is not installed'*) ;;
            *) none=no ;;
        esac
    done
    [ $none = no ] || echo 'package none'
}

traces() { echo "traces $(any_of $traces)"; }

# Whether a host is there. Of several ports a firewall may keep all but one to itself.
reach() { # name, address, ports
    seconds=$((limit > 2 ? limit - 1 : 1))
    if command -v bash >/dev/null; then
        said=$(timeout $seconds bash -c 'for port in $1; do (exec 3<>"/dev/tcp/$0/$port" && echo reached) 2>&1 & done; wait' "$2" "$3" 2>&1)
    elif command -v curl >/dev/null; then
        said=$(for port in $3; do curl -s -v -m $seconds "telnet://$2:$port" </dev/null 2>&1 & done; wait)
    else
        return
    fi
    case $said in
        *reached* | *'Connected to'*) echo "reaches $1 yes" ;;
        # a name that this host does not know
        *'not known'* | *'name resolution'* | *'No address associated'* | *'not resolve'*) ;;
        *) echo "reaches $1 no" ;;
    esac
}

consul() {
    [ -f $cluster_ssl/consul_client.crt ] || return
    for what in leader peers; do
        said=$(curl -s -f -k -m "$limit" --cert $cluster_ssl/consul_client.crt --key $cluster_ssl/consul_client.key \
            "https://localhost:8500/v1/status/$what") && echo "consul $what $(printf %s "$said" | b64)"
    done
}

# Before 5.0 each manager has a database of its own, on another port once it is in a cluster.
postgres() {
    if [ -f $patroni_conf ] || ! command -v ss >/dev/null || ! command -v runuser >/dev/null; then return; fi
    for port in 15432 5432; do
        ss -lnt | grep -q ":$port " || continue
        psql=$(command -v psql || ls -d /usr/pgsql-*/bin/psql 2>/dev/null | tail -n 1)
        case $(timeout "$limit" runuser -u postgres -- "$psql" -X -A -t -q -p $port -d postgres -c 'select pg_is_in_recovery()' 2>/dev/null) in
            f) echo "postgres $port leader" ;;
            t) echo "postgres $port replica" ;;
            *) echo "postgres $port silent" ;;
        esac
        return
    done
}

exec </dev/null
echo "clock $(date +%s.%N)"
[ -z "$tiers" ] || timeout -k 1 $((limit + 2)) sh -c "$(printf %s "$probe" | base64 -d)" probe.sh "$write" "$limit" $tiers 2>/dev/null &
for part in services disks certificates flags package traces consul postgres; do
    $part &
done
for peer in $peers; do
    name=${peer%%=*} rest=${peer#*=}
    reach "$name" "${rest%=*}" "$(echo "${rest##*=}" | tr , ' ')" &
done
wait
echo "clock $(date +%s.%N)"
