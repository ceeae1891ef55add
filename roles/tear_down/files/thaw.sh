# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# It is put behind fence.sh, which has removed the fences: what a split brain was frozen with would outlive the product.

rm -f "$frozen_mark" || exit 1
echo 'no fence, and no mark, is left'
