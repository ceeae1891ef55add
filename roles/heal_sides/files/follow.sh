# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: follow.sh ADDRESS RUN SECONDS
# Gives this host's database up for a copy of that of ADDRESS, and follows it. Its dump is in the store by now; where there is room for both, the old data
# stay beside the new, too. The directory that they are moved to also tells that this was done. Nothing is touched before ADDRESS, which may be a name,
# leads: its copy could be the last one.

leader=$1 aside=split-$2
end=$(($(date +%s) + $3))
server
going=$data.$aside.going
among=$(addresses_of "$leader")
[ -n "$among" ] || { echo "$leader has no address here (getent ahosts): nothing was touched" >&2; exit 1; }
bracketed=$leader
case $leader in *:*) bracketed="[$leader]" ;; esac
asked() { (rest=$bracketed:${rest##*:} && ask_patroni primary -o /dev/null -w '%{http_code}'); }
# by any of its addresses: Patroni may know it by another than the inventory
follows() {
    postgres_runs || return 1
    for sender in $(upstream); do
        for sender in $(addresses_of "$sender"); do
            ! printf '%s\n' "$among" | grep -qxF "$sender" || return 0
        done
    done
    return 1
}
if [ ! -e "$data.$aside" ] || [ -e "$going" ]; then
    until said=$(asked); [ "$said" = 200 ]; do
        [ "$said" != 000 ] || said=nothing
        [ "$(date +%s)" -lt "$end" ] || { echo "$leader does not lead (its Patroni says ${said:-nothing}): nothing was touched" >&2; exit 1; }
        sleep 1
    done
fi
if [ ! -e "$data.$aside" ] && [ ! -e "$going" ]; then
    ! patroni_runs || stop_patroni
    ! postgres_runs || as_postgres "$programs/pg_ctl" -D "$data" stop -m fast -w -t 120 || exit 1
    needed=$(du -sk "$data" | cut -f 1)
    free=$(df -Pk "$data" | awk 'NR == 2 {print $4}')
    if [ "$free" -gt $((needed * 3 / 2)) ]; then
        mv "$data" "$data.$aside" || exit 1
        echo "the old data are in $data.$aside"
    else
        mv "$data" "$going" || exit 1
        echo 'the old data have to go, for lack of room'
    fi
fi
# Killed meanwhile, it goes on with it: Patroni never finds a half of them.
if [ -e "$going" ]; then
    mkdir -p "$data.$aside" && rm -rf "$going" || exit 1
fi
mkdir -p "$data" && chown postgres:postgres "$data" && chmod 700 "$data" || exit 1
start_again
until follows; do [ "$(date +%s)" -lt "$end" ] || { echo "it does not follow $leader yet" >&2; exit 1; }; sleep 1; done
echo "it follows $leader"
