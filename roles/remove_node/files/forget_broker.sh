# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: forget_broker.sh [--start-anew] NODE [-c CONFIG]      Has the broker of this host forget another one, unless it has.
# One that is not in a majority without the other is paused, and forgets nobody until it is started anew. That is only done where nobody uses it yet.

patience=300

start_anew() {
    if supervisorctl -c /etc/supervisord.conf status cloudify-rabbitmq 2>/dev/null | grep -qv 'no such'; then
        supervisorctl -c /etc/supervisord.conf restart cloudify-rabbitmq
    else
        systemctl restart cloudify-rabbitmq
    fi
    echo 'cloudify-rabbitmq was started anew'
}

anew=
if [ "$1" = --start-anew ]; then
    anew=yes
    shift
fi
node=$1
shift
end=
until listed=$(cfy_manager brokers list "$@" 2>&1); do
    if [ -n "$anew" ]; then
        anew=
        start_anew
        end=$(($(date +%s) + patience))
    elif [ "$(date +%s)" -ge "${end:-0}" ]; then
        printf '%s\n' "$listed" >&2
        exit 1
    else
        sleep 2
    fi
done
case $listed in
    *'|'*) ;;
    *)
        printf '%s\n' "$listed" "cfy_manager brokers list shows no list" >&2
        exit 1
        ;;
esac
if ! printf '%s\n' "$listed" | grep '|' | tr ' |' '\n\n' | grep -qixF -e "$node"; then
    echo "$node is not in the cluster of brokers"
    exit 0
fi
exec cfy_manager brokers remove -r "$node" "$@"
