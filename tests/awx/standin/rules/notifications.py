# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notification templates: what each kind needs to be told.

As NotificationTemplateSerializer.validate in awx/api/serializers.py; the parameters are the `init_parameters` of the
backends in awx/main/notifications.
"""

from __future__ import annotations

from typing import Any

from awx.standin.credentials import ENCRYPTED
from awx.standin.errors import Invalid
from awx.standin.rules import Change, on_change

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "bool": (bool,),
    "list": (list,),
    "password": (str,),
    "object": (dict,),
}
NO_DEFAULT = object()
Parameters = dict[str, tuple[str, Any]]


def _needed(**names: str) -> Parameters:
    return {name: (kind, NO_DEFAULT) for name, kind in names.items()}


PARAMETERS: dict[str, Parameters] = {
    "email": {
        **_needed(host="string", port="int", username="string", password="password"),
        **_needed(use_tls="bool", use_ssl="bool", sender="string", recipients="list"),
        "timeout": ("int", 30),
    },
    "slack": _needed(token="password", channels="list"),
    "twilio": _needed(
        account_sid="string", account_token="password", from_number="string", to_numbers="list"
    ),
    "pagerduty": _needed(
        subdomain="string", token="password", service_key="string", client_name="string"
    ),
    "grafana": _needed(grafana_url="string", grafana_key="password"),
    "mattermost": _needed(mattermost_url="string", mattermost_no_verify_ssl="bool"),
    "rocketchat": _needed(rocketchat_url="string", rocketchat_no_verify_ssl="bool"),
    "irc": {
        **_needed(server="string", port="int", nickname="string", password="password"),
        **_needed(use_ssl="bool", targets="list"),
    },
    "awssns": {
        **_needed(aws_region="string", aws_access_key_id="string"),
        **_needed(aws_secret_access_key="password", sns_topic_arn="string"),
        "aws_session_token": ("password", None),
    },
    "webhook": {
        **_needed(url="string", headers="object"),
        "http_method": ("string", "POST"),
        "disable_ssl_verification": ("bool", False),
        "username": ("string", ""),
        "password": ("password", ""),
    },
}
EVENTS = ("started", "success", "error", "workflow_approval")


def secrets_of(notification_type: str) -> set[str]:
    return {n for n, (kind, _d) in PARAMETERS[notification_type].items() if kind == "password"}


@on_change("notification_templates")
def hidden_passwords_stay(change: Change) -> None:
    if change.before is None:
        return
    given = change.after["notification_configuration"]
    there = change.before["notification_configuration"]
    for name in secrets_of(change.after["notification_type"]):
        if given.get(name) == ENCRYPTED and name in there:
            change.after["notification_configuration"] = given = {**given, name: there[name]}


@on_change("notification_templates")
def the_configuration_is_whole(change: Change) -> None:
    given = dict(change.after["notification_configuration"])
    missing, wrong = [], []
    for name, (kind, default) in PARAMETERS[change.after["notification_type"]].items():
        if name not in given:
            if default is NO_DEFAULT:
                missing.append(name)
                continue
            given[name] = default
        value = given[name]
        if type(value) not in TYPES[kind] and value is not default:
            wrong.append(f"Configuration field '{name}' incorrect type, expected {kind}.")
        elif kind == "list" and not value:
            wrong.append(f"No values specified for field '{name}'")
        elif name == "http_method" and value.lower() not in ("put", "post"):
            wrong.append("HTTP method must be either 'POST' or 'PUT'.")
    if missing:
        wrong.append(f"Missing required fields for Notification Configuration: {missing}.")
    if wrong:
        raise Invalid({"__all__": wrong})
    change.after["notification_configuration"] = given


@on_change("notification_templates")
def messages_are_of_known_events(change: Change) -> None:
    for event, message in (change.after["messages"] or {}).items():
        if event not in EVENTS:
            text = f"Event '{event}' invalid, must be one of {', '.join(EVENTS)}"
            raise Invalid({"messages": text})
        if message is not None and not isinstance(message, dict):
            text = f"Expected dict for '{event}' field, found {type(message).__name__}"
            raise Invalid({"messages": text})
