# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled or queried by the module has not changed in a relevant way.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
"""

    GROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/cloudify_ha.recovery.manager) in C(module_defaults) to set the connection options of all modules at once.
    support: full
    membership:
      - cloudify_ha.recovery.manager
"""

    PROGRESS = r"""
options: {}
attributes:
  progress:
    description: Says at least every 10 seconds what it waits for and how far it is, on the terminal and in C(ANSIBLE_LOG_PATH).
    support: full
    details:
      - An action plugin on the controller reads it from a small file beside the running module, and prints it.
      - Not with C(async). With C(no_log), only that it is running.
"""
