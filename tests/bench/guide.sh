#!/bin/sh
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The guide's "Whole cluster down": fresh managers with the existing certificates, and the latest snapshot. It looks at nothing and proves nothing.
# PLACE has package.rpm, ca.crt, snapshot.zip, and for each host a directory with the files that it gets.

set -eu
: "${PLACE:?}" "${DATABASES:?}" "${BROKERS:?}" "${MANAGERS:?}" "${HOSTS:?}" "${ADDRESS:?}" "${LOGIN:?}"
: "${DATABASE_CONFIG:?}" "${BROKER_CONFIG:?}" "${MANAGER_CONFIG:?}"

on() {
    host=$1
    shift
    ssh -o LogLevel=ERROR "$host" "$@"
}

all() {
    pids=
    for name in $2; do
        "$1" "$name" &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid"
    done
}

fresh() {
    scp -q -o LogLevel=ERROR "$PLACE/package.rpm" "$1:/var/tmp/package.rpm"
    on "$1" dnf -y -q install /var/tmp/package.rpm >/dev/null
    tar -C "$PLACE/$1" -cf - . | on "$1" tar -xf - -C /
}

database() { on "$1" cfy_manager install -c "$DATABASE_CONFIG" >/dev/null; }

api() {
    curl -sS --fail-with-body --cacert "$PLACE/ca.crt" -u "$LOGIN" --header "Tenant: default_tenant" "$@"
}
url=https://$ADDRESS/api/v3.1

# Databases beside each other, as they wait for each other; the others one after the other.
all fresh "$HOSTS"
all database "$DATABASES"
for host in $BROKERS; do
    on "$host" cfy_manager install -c "$BROKER_CONFIG" >/dev/null
done
for host in $MANAGERS; do
    on "$host" cfy_manager install -c "$MANAGER_CONFIG" >/dev/null
done

api -T "$PLACE/snapshot.zip" "$url/snapshots/guide/archive" >/dev/null
api -X POST "$url/maintenance/activate" >/dev/null
until api "$url/maintenance" | grep -q '"activated"'; do
    sleep 0.5
done
api -X POST --header "Content-Type: application/json" -d '{"recreate_deployments_envs": true, "force": false}' \
    "$url/snapshots/guide/restore" >/dev/null
# In maintenance mode an execution cannot be asked for. The service restarts in the course of it.
status() { api "$url/snapshot-status" 2>/dev/null; }
until status | grep -q '"running"\|in progress'; do
    sleep 0.1
done
until status | grep -q 'not-running\|No .restore_snapshot'; do
    sleep 0.5
done
api -X POST "$url/maintenance/deactivate" >/dev/null
