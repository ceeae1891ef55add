# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: given_up.sh RUN
# Prints the directory that follow.sh has moved this host's old data to, if it has.

server
[ -n "$data" ] || { echo "$patroni_conf does not tell where the data are" >&2; exit 1; }
ls -d "$data.split-$1" "$data.split-$1.going" 2>/dev/null
true
