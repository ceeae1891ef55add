# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A removal renames every file of the ssl directory, those of services that stay on the host too. The arguments are paths of these: what is
# missing gets its name back.

for path; do
    [ -e "$path" ] && continue
    renamed=$(ls -d "${path%/*}"/[0-9]*-[0-9]*_"${path##*/}" 2>/dev/null | tail -n 1)
    [ -z "$renamed" ] || mv "$renamed" "$path" || exit 1
done
exit 0
