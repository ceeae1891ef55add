# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: keep.sh NAME SECONDS
# Moves the data of this host's database out of the way of its removal. Whatever keeps it from that is told, and is no reason to stop: the cluster has been
# given up, and there is a verified set.

name=$1 seconds=$2
place=/var/lib/cloudify_database_kept
not() { echo "not kept: $*"; exit 0; }

[ -r "$patroni_conf" ] || not 'it has no database of a cluster'
server
kept=$place/$name
[ ! -e "$kept/data" ] || { echo "kept $kept/data"; exit 0; }
[ -s "$data/global/pg_control" ] || not "there is no database in ${data:-it}"
umask 077
mkdir -p "$kept" || not "$kept cannot be made"
[ "$(stat -c %d "$kept")" = "$(stat -c %d "$data")" ] || not "$kept is on another file system than $data"
size=$(du -sk "$data" | cut -f 1)
# the one that takes its place needs as much
room=$(df -Pk "$data" | awk 'NR == 2 {print $4}')
[ "${room:-0}" -gt "$((size + size / 5 + 102400))" ] || not "of $room KiB that are free, another one of $size KiB would leave too little"
! patroni_runs || stop_patroni > /dev/null 2>&1
! postgres_runs || as_postgres "$programs/pg_ctl" -D "$data" stop -m fast -w -t "$seconds" > /dev/null 2>&1
if patroni_runs || postgres_runs; then not 'Patroni or PostgreSQL does not stop'; fi
mv "$data" "$kept/data" || not "$data cannot be moved"
echo "kept $kept/data"
