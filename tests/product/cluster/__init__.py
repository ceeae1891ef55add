# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole clusters on hosts of the lab, installed with the product's own commands.

>>> cluster = deploy(lab, version="7.0.5", layout="compact")
>>> cluster.seed(sample="rich")
"""

from __future__ import annotations

from product.cluster.deploy import deploy
from product.cluster.site import Cluster

__all__ = ["Cluster", "deploy"]
