# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: broker.sh SECONDS
# A broker that was cut off is paused, and serves by itself some seconds after it reaches the others again. One that does not in this time is started
# anew, which loses nothing: what it was paused for is that the others have the queues.

end=$(($(date +%s) + $1))
until ss -lnt | grep -qE ':(5671|5672) '; do
    [ "$(date +%s)" -ge $end ] || { sleep 1; continue; }
    if supervisorctl -c /etc/supervisord.conf status cloudify-rabbitmq 2>/dev/null | grep -qv 'no such'; then
        supervisorctl -c /etc/supervisord.conf restart cloudify-rabbitmq
    else
        systemctl restart cloudify-rabbitmq
    fi
    echo 'started anew'
    exit
done
