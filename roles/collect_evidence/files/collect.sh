# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What is needed to find out why this host failed, as an archive in base64 on the standard output.
# usage: collect.sh HOURS BYTES MOST      the last BYTES of each log, and no more than MOST bytes of archive
# Command lines of processes are left out: they can have passwords.

hours=$1 bytes=$2 most=$3
umask 077
d=$(mktemp -d /var/tmp/cloudify-evidence.XXXXXX) || exit 1
trap 'rm -rf "$d"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$d/e"

keep() { # name, command...
    name=$1
    shift
    timeout 20 "$@" > "$d/e/$name" 2>&1 || echo "exit code $?: $*" >> "$d/e/$name"
}

keep date date -u
keep uptime uptime
keep disks df -h
keep inodes df -i
keep memory free -m
keep processes ps -eo pid,ppid,user,etime,stat,rss,comm
keep sockets ss -lntu
keep packages sh -c 'rpm -qa | grep -i -e cloudify -e postgres -e rabbit -e patroni -e etcd | sort'
keep units systemctl list-units --all --no-pager --plain
keep failed systemctl --failed --no-pager --plain
keep supervisor supervisorctl -c /etc/supervisord.conf status
keep markers ls -lR /etc/cloudify/.installed /etc/cloudify/.configured /etc/cloudify/.install
keep certificates ls -l /etc/cloudify/ssl
keep journal journalctl --no-pager --since "-${hours}h" --lines 20000
keep kernel sh -c 'dmesg -T | tail -n 500'

cd / || exit 1
find var/log/cloudify var/log/nginx var/log/rabbitmq var/log/supervisord.log -type f -mmin "-$((hours * 60))" 2>/dev/null | while IFS= read -r log; do
    mkdir -p "$d/e/$(dirname "$log")"
    tail -c "$bytes" "/$log" > "$d/e/$log"
done

cd "$d" || exit 1
tar -czf all.tar.gz e
if [ "$(wc -c < all.tar.gz)" -gt "$most" ]; then
    # What the host says of itself is worth more than any log.
    rm -rf e/var
    echo "the logs were left out: with them it would be more than $most bytes" > e/left-out
    tar -czf all.tar.gz e
fi
# Of a full disk there would be nothing, and base64 says nothing of that.
gzip -t all.tar.gz || exit 1
base64 all.tar.gz | tr -d '\n'
