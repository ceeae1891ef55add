# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: look.sh PORT...
# Whether something serves on one of these ports, as far as this host itself knows. It needs nothing but a shell and grep, and never fails.

place=/proc/net
for port; do
    # 0A: it listens
    port=$(printf '%04X' "$port" 2>/dev/null) && grep -shE "^ *[0-9]+: [0-9A-F]+:$port [0-9A-F]+:0000 0A " "$place/tcp" "$place/tcp6"
done | grep -qvE ': (0100007F|00000000000000000000000001000000):' && echo serves
true
