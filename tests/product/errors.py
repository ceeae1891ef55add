# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends `cfy_manager`; the name of the class is part of the message, as in the product."""

from __future__ import annotations


class BootstrapError(Exception):
    """The command cannot go on: exit code 1."""


class ValidationError(BootstrapError):
    """The configuration or the host is not as the command wants it."""


class ClusteringError(BootstrapError):
    """A tier's cluster is not as the command wants it."""


class ProcessExecutionError(BootstrapError):
    """A program that the installation runs has failed."""


class NetworkError(BootstrapError):
    """A service does not answer."""


class ConfigError(BootstrapError):
    """A configuration file cannot be used."""


class DatabaseError(BootstrapError):
    """The database is not reachable or not as it must be."""


__all__ = [
    "BootstrapError",
    "ClusteringError",
    "ConfigError",
    "DatabaseError",
    "NetworkError",
    "ProcessExecutionError",
    "ValidationError",
]
