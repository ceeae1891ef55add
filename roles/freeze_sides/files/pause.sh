# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: pause.sh true|null
# Pauses all of Patroni, or lets it go on. It is one setting of the whole cluster, which only a quorum can change.

server
user=$(value_of restapi username)
password=$(value_of restapi password)
said=$(printf 'user = "%s:%s"\n' "$user" "$password" | ask_patroni config -K - -X PATCH -d "{\"pause\": $1}")
case $1:$(ask_patroni config) in
    true:*'"pause": true'*) echo 'paused' ;;
    null:*'"pause": true'*) echo "Patroni is still paused: $said" >&2; exit 1 ;;
    null:*ttl*) echo 'goes on' ;;
    *) echo "Patroni cannot be paused: ${said:-no answer}" >&2; exit 1 ;;
esac
