# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Writes files. Each line of standard input has a text in base64 and the path that it goes to.

set -eu
umask 007
while read -r text path; do
    [ -n "$path" ] || continue
    printf '%s' "$text" | base64 -d > "$path.new"
    [ ! -e "$path" ] || chown --reference="$path" "$path.new"
    chmod 0660 "$path.new"
    mv -f "$path.new" "$path"
done
