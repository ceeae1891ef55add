# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups and restores from end to end, module by module, against stand-in managers."""

import os
import sys

# As Ansible finds the collection, so these tests do: by its name below ansible_collections.
sys.path.insert(0, os.environ["ANSIBLE_COLLECTIONS_PATH"])
