# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users and execution environments."""

from __future__ import annotations

import re

from awx.standin.errors import Invalid
from awx.standin.rules import Change, on_change

# As validate_container_image_name in awx/main/validators.py: a registry, a path, a tag or digest.
IMAGE = re.compile(
    r"^(?P<registry>[a-zA-Z0-9.-]+(:\d+)?/)?(?P<path>[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*)"
    r"(:[\w][\w.-]{0,127})?(@[A-Za-z0-9:+._-]+)?$"
)


@on_change("users")
def a_new_user_has_a_password(change: Change) -> None:
    """As UserSerializer.validate_password."""
    if change.before is None and not change.after["password"]:
        raise Invalid({"password": "Password required for new User."})


@on_change("users")
def a_name_is_taken_once(change: Change) -> None:
    for other in change.store.where("users", username=change.after["username"]):
        if change.before is None or other["id"] != change.before["id"]:
            raise Invalid({"username": "A user with that username already exists."})


@on_change("execution_environments")
def an_image_is_a_name_and_a_tag(change: Change) -> None:
    if not IMAGE.match(change.after["image"]):
        raise Invalid({"image": f"The image name {change.after['image']} is not valid"})
