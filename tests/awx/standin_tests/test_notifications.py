# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notification templates: what each kind needs to be told."""

from __future__ import annotations

from typing import Any

import pytest

from awx.standin.world import World

MAIL = {
    "host": "mail.invalid",
    "port": 25,
    "username": "",
    "password": "s3cret",
    "use_tls": False,
    "use_ssl": False,
    "sender": "awx@mail.invalid",
    "recipients": ["ops@mail.invalid"],
}
HOOK = {"url": "http://hook.invalid/", "headers": {}}


def body(kind: str, configuration: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "name": "N",
        "organization": 1,
        "notification_type": kind,
        "notification_configuration": configuration,
        **fields,
    }


@pytest.mark.parametrize(
    "kind, configuration, text",
    [
        (
            "slack",
            {},
            "Missing required fields for Notification Configuration: ['token', 'channels'].",
        ),
        (
            "email",
            {**MAIL, "port": "25"},
            "Configuration field 'port' incorrect type, expected int.",
        ),
        ("email", {**MAIL, "recipients": []}, "No values specified for field 'recipients'"),
        ("webhook", {**HOOK, "http_method": "GET"}, "HTTP method must be either 'POST' or 'PUT'."),
    ],
)
def test_configurations_refused(
    world: World, kind: str, configuration: dict[str, Any], text: str
) -> None:
    said = world.refused("POST", "notification_templates/", body(kind, configuration))
    assert said == {"__all__": [text]}


def test_defaults_are_filled_in_and_passwords_hidden(world: World) -> None:
    made = world.taken("POST", "notification_templates/", body("webhook", HOOK))
    assert made["notification_configuration"]["http_method"] == "POST"
    made = world.taken("POST", "notification_templates/", body("email", MAIL, name="M"))
    shown = made["notification_configuration"]
    assert shown["password"] == "$encrypted$"
    world.taken("PATCH", made["url"], {"notification_configuration": shown})
    kept = world.awx.objects("notification_templates")[1]["notification_configuration"]
    assert kept["password"] == "s3cret"


def test_messages_are_of_known_events(world: World) -> None:
    for messages, text in (
        ({"finished": {}}, "Event 'finished' invalid"),
        ({"error": "x"}, "Expected dict for 'error' field"),
    ):
        fields = body("webhook", HOOK, messages=messages)
        said = world.refused("POST", "notification_templates/", fields)
        assert text in said["messages"][0]


def test_they_are_deleted_with_their_links(world: World) -> None:
    made = world.taken("POST", "notification_templates/", body("webhook", HOOK))
    template = world.template()
    path = f"job_templates/{template}/notification_templates_error/"
    world.taken("POST", path, {"id": made["id"]})
    world.taken("DELETE", made["url"])
    assert world.awx.get(path)["count"] == 0
