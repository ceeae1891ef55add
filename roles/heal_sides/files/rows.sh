# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints the rows of this host's database as save.sh lists them.

server
sql_limit=600
over_tables cloudify_db "select %1\$L || E''\\t'' || %2\$s || E''\\t'' || md5(t::text) from public.%1\$I t"
