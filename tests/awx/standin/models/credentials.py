# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credential types and credentials."""

from __future__ import annotations

from awx.standin.fields import choice, data, description, flag, key, name_field, text
from awx.standin.kinds import Children, Kind, kind

KIND_CHOICES = (
    *("ssh", "vault", "net", "scm", "cloud", "registry", "token", "insights"),
    *("external", "kubernetes", "galaxy", "cryptography"),
)

kind(
    Kind(
        "credential_types",
        "credential_type",
        (
            name_field(),
            description(),
            choice("kind", KIND_CHOICES, required=True),
            text("namespace", None, null=True, read_only=True),
            flag("managed", read_only=True),
            data("inputs"),
            data("injectors"),
        ),
        {"credentials": Children("credentials", "credential_type")},
        unique=(("name", "kind"),),
        named=("name", "kind"),
        verbose="Credential type",
    )
)
kind(
    Kind(
        "credentials",
        "credential",
        (
            name_field(),
            description(),
            key("organization", "organizations", on_delete="cascade"),
            key(
                "credential_type",
                "credential_types",
                required=True,
                on_delete="cascade",
            ),
            flag("managed", read_only=True),
            data("inputs"),
        ),
        unique=(("organization", "name", "credential_type"),),
        named=("name", "credential_type", "organization"),
        roles=("admin_role", "use_role", "read_role"),
        actions=("copy",),
    )
)
