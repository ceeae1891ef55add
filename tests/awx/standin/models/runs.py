# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was launched."""

from __future__ import annotations

from awx.standin.fields import Field, choice, data, flag, key, number, text, variables
from awx.standin.kinds import Children, Kind, Many, kind

STATUSES = (
    *("new", "pending", "waiting", "running"),
    *("successful", "failed", "error", "canceled"),
)
DONE = STATUSES[4:]


def run(*more: Field) -> tuple[Field, ...]:
    return (
        text("name"),
        text("description"),
        key("unified_job_template", "unified_job_templates"),
        choice("launch_type", ("manual", "scheduled", "workflow", "scm"), "manual"),
        choice("status", STATUSES, "new"),
        flag("failed"),
        text("started", None, null=True),
        text("finished", None, null=True),
        text("canceled_on", None, null=True),
        number("elapsed"),
        text("job_args"),
        text("job_cwd"),
        data("job_env"),
        text("job_explanation"),
        text("result_traceback"),
        text("result_stdout"),
        flag("event_processing_finished"),
        key("execution_environment", "execution_environments"),
        key("schedule", "schedules"),
        *more,
    )


READ = ("GET", "DELETE")
SUMMARY = ("status", "failed", "elapsed")

kind(
    Kind(
        "jobs",
        "job",
        run(
            text("job_type", "run"),
            key("inventory", "inventories"),
            key("project", "projects"),
            text("playbook"),
            text("scm_branch"),
            number("forks"),
            text("limit"),
            number("verbosity"),
            variables("extra_vars"),
            text("job_tags"),
            text("skip_tags"),
            number("timeout"),
            number("job_slice_count", 1),
            key("organization", "organizations"),
            key("job_template", "job_templates"),
            flag("diff_mode"),
            flag("become_enabled"),
            data("artifacts"),
            text("scm_revision"),
        ),
        {"credentials": Many("credentials", makes=False), "labels": Many("labels", makes=False)},
        ids="unified_jobs",
        methods=READ,
        summary=SUMMARY,
        actions=("stdout", "cancel", "relaunch", "job_events"),
    )
)
kind(
    Kind(
        "project_updates",
        "project_update",
        run(
            key("project", "projects", on_delete="cascade"),
            text("scm_type"),
            text("scm_url"),
            text("scm_branch"),
            text("scm_revision"),
            text("job_type", "check"),
            number("timeout"),
        ),
        ids="unified_jobs",
        methods=READ,
        summary=SUMMARY,
        actions=("stdout", "cancel"),
    )
)
kind(
    Kind(
        "inventory_updates",
        "inventory_update",
        run(
            key("inventory", "inventories"),
            key("inventory_source", "inventory_sources", on_delete="cascade"),
            text("source"),
            text("source_path"),
            text("source_vars"),
            number("timeout"),
        ),
        ids="unified_jobs",
        methods=READ,
        summary=SUMMARY,
        actions=("stdout", "cancel"),
    )
)
kind(
    Kind(
        "workflow_jobs",
        "workflow_job",
        run(
            key("workflow_job_template", "workflow_job_templates"),
            variables("extra_vars"),
            key("inventory", "inventories"),
            text("limit"),
            text("scm_branch"),
        ),
        {"workflow_nodes": Children("workflow_job_nodes", "workflow_job")},
        ids="unified_jobs",
        methods=READ,
        summary=SUMMARY,
        actions=("cancel", "relaunch"),
    )
)
kind(
    Kind(
        "workflow_job_nodes",
        "workflow_job_node",
        (
            data("extra_data"),
            key("job", "unified_jobs"),
            key("workflow_job", "workflow_jobs", on_delete="cascade"),
            key("unified_job_template", "unified_job_templates"),
            flag("all_parents_must_converge"),
            flag("do_not_run"),
            text("identifier"),
        ),
        {
            name: Many("workflow_job_nodes", makes=False)
            for name in ("success_nodes", "failure_nodes", "always_nodes")
        },
        methods=("GET",),
        identity="identifier",
    )
)
kind(
    Kind(
        "workflow_approvals",
        "workflow_approval",
        run(
            key("workflow_approval_template", "workflow_approval_templates"),
            number("timeout"),
            flag("timed_out"),
            key("approved_or_denied_by", "users"),
        ),
        ids="unified_jobs",
        methods=READ,
        summary=(*SUMMARY, "timeout"),
        actions=("approve", "deny"),
    )
)
