# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints what of the product is on this host, one fact a line (the filter node_state reads it). It changes nothing.
# The arguments are names that the package can have.

set -u
LC_ALL=C
export LC_ALL

for package in "$@"; do
    version=$(rpm -q --qf '%{VERSION}' "$package" 2>/dev/null) && echo "package $package $version"
done
for program in dnf yum cfy_manager; do
    command -v "$program" >/dev/null 2>&1 && echo "program $program"
done

for marker in /etc/cloudify/.install /etc/cloudify/.installed /etc/cloudify/.configured \
    /etc/cloudify/.installed/* /etc/cloudify/.configured/*; do
    [ -f "$marker" ] && echo "marker $marker"
done
[ -e /etc/cloudify/cluster ] && echo 'member'

if [ -f /etc/supervisord.conf ]; then
    supervisorctl -c /etc/supervisord.conf status 2>/dev/null | while read -r name state _; do
        case $state in
            RUNNING | STARTING) echo "service $name active" ;;
            FATAL | BACKOFF | EXITED | UNKNOWN) echo "service $name failed" ;;
            STOPPED | STOPPING) echo "service $name inactive" ;;
        esac
    done
fi
systemctl list-units --all --plain --no-legend --no-pager --type=service 'cloudify-*' 'nginx.service' 'etcd.service' 'patroni.service' \
    'postgresql-[0-9]*' 'haproxy.service' 'prometheus.service' 'node_exporter.service' 'supervisord.service' 2>/dev/null |
    while read -r unit load state _; do
        [ "$load" = loaded ] && echo "service ${unit%.service} $state"
    done

# never the own command line, which has these words too
ps -eo pid=,args= | awk '/[c]fy_manager +(install|configure|remove|upgrade)/ && !/awk/ {print "busy", $1}'

for file in /etc/cloudify/ssl/* /etc/etcd/*.crt /var/lib/patroni/*.crt /var/lib/pgsql/*/data/*.crt; do
    [ -f "$file" ] || continue
    case $file in
        /etc/cloudify/ssl/*) echo "ssl $file" ;;
    esac
    grep -q 'BEGIN CERTIFICATE' "$file" || continue
    sum=$(awk '/BEGIN CERTIFICATE/ {on = 1; next} /END CERTIFICATE/ {exit} on' "$file" | base64 -d 2>/dev/null | sha256sum)
    echo "certificate ${sum%% *} $file"
done

if [ -f /etc/cloudify/ssl/cloudify_internal_cert.pem ] && command -v openssl >/dev/null; then
    served=$(timeout 5 openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null |
        awk '/BEGIN CERTIFICATE/ {on = 1; next} /END CERTIFICATE/ {exit} on')
    if [ -n "$served" ]; then
        sum=$(echo "$served" | base64 -d 2>/dev/null | sha256sum)
        echo "served ${sum%% *}"
    fi
fi

for file in /etc/cloudify/*.yaml /home/admin/config.yaml; do
    [ -f "$file" ] && echo "config $(base64 < "$file" | tr -d '\n') $file"
done
exit 0
