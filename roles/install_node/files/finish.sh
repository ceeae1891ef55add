# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# After an installation: $1 is the stage, $2 says whether it is kept, yes or no. The others are pairs:
# a mode, and a file that becomes again what is staged of it. Each line of standard input has a text in base64 and the path of a file,
# which becomes that instead.

set -eu
stage=$1
keep=$2
shift 2
[ -d "$stage" ] || exit 0
(
    umask 077
    while read -r text path; do
        [ -n "$path" ] || continue
        mkdir -p "$stage${path%/*}"
        printf '%s' "$text" | base64 -d > "$stage$path"
    done
)
while [ $# -gt 0 ]; do
    cp "$stage$2" "$2.new"
    [ ! -e "$2" ] || chown --reference="$2" "$2.new"
    chmod "$1" "$2.new"
    mv -f "$2.new" "$2"
    shift 2
done
if [ -d "$stage/etc/cloudify/.ssh" ]; then
    cp -n "$stage"/etc/cloudify/.ssh/* /etc/cloudify/.ssh/
    chown -R --reference=/etc/cloudify/.ssh /etc/cloudify/.ssh
fi
if [ "$keep" != yes ]; then
    rm -rf "$stage"
    echo removed
fi
