# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Unpacks a tar in base64 from standard input into $1. $2 is what becomes of the ssl directory: keep, or empty, for which it is moved beside $1.
# The others are directories that have to be there.

set -eu
stage=$1
ssl=$2
shift 2
mkdir -p "$@"
umask 077
rm -rf "$stage"
mkdir -p "$stage"
base64 -d > "$stage/.tar"
[ ! -s "$stage/.tar" ] || tar -xzf "$stage/.tar" -C "$stage"
rm -f "$stage/.tar"
if [ "$ssl" = empty ] && [ -n "$(ls -A /etc/cloudify/ssl 2>/dev/null)" ]; then
    found=${stage%/*}/found
    mkdir -p "$found"
    mv /etc/cloudify/ssl "$found/$(date +%Y%m%d-%H%M%S)-$$"
fi
