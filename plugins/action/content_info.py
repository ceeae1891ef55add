# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.modules import content_info
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._direct import DirectAction


class ActionModule(DirectAction):
    module = content_info
