# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: start.sh supervisord|systemd SECONDS SERVICE...
# Starts what of the product's services does not run. cfy_manager start is of no use for it: it refuses on a node of a 4.x cluster, and starts
# what runs, too. Databases and brokers first, and what waits for them last.

supervisor=$1 seconds=$2
shift 2

rank() {
    case $1 in
        etcd) echo 1 ;;
        patroni | postgresql*) echo 2 ;;
        *rabbitmq) echo 3 ;;
        *) echo 4 ;;
    esac
}

is_up() {
    case $supervisor in
        supervisord) supervisorctl -c /etc/supervisord.conf status "$1" 2>/dev/null | grep -qw RUNNING || systemctl is-active --quiet "$1" ;;
        *) systemctl is-active --quiet "$1" ;;
    esac
}

start() {
    if [ "$supervisor" = supervisord ] && supervisorctl -c /etc/supervisord.conf status "$1" 2>/dev/null | grep -qv 'no such'; then
        supervisorctl -c /etc/supervisord.conf start "$1"
    else
        systemctl reset-failed "$1" 2>/dev/null
        systemctl start "$1"
    fi
}

[ "$supervisor" != supervisord ] || systemctl is-active --quiet supervisord || { systemctl start supervisord && echo started supervisord; }
order=$(for name in "$@"; do echo "$(rank "$name") $name"; done | sort | cut -d ' ' -f 2)
for name in $order; do
    is_up "$name" || { start "$name" && echo "started $name"; }
done
end=$(($(date +%s) + seconds))
while :; do
    down=
    for name in $order; do is_up "$name" || down="$down $name"; done
    [ -n "$down" ] || exit 0
    [ "$(date +%s)" -lt $end ] || break
    sleep 1
done
echo "still down:$down"
# Some are meant to be: the replicas of a 4.x cluster. The role knows which ones matter.
exit 0
