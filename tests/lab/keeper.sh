#!/bin/sh
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# keeper.sh CGROUP DIRECTORY COMMAND...: runs a host until it is off, its network card, too; one that asks for a reboot is started again.
cgroup=$1 directory=$2
shift 2
echo $$ >"$directory/keeper.pid"
asked_for_reboot=133
while
    sh -c 'echo $$ >"$0/cgroup.procs" && echo $$ >"$1/container.pid" && shift && exec "$@"' \
        "$cgroup" "$directory" "$@" </dev/null >>"$directory/console.log" 2>&1
    [ $? = "$asked_for_reboot" ]
do :; done
# Else this machine's kernel would go on to answer for it, if only to refuse.
ip -n "${directory##*/}" link set eth0 down
rm -f "$directory/container.pid" "$directory/keeper.pid"
