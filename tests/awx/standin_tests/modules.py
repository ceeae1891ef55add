# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of awx.awx, run as Ansible runs them but for the process: that costs more than they do."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from ansible.module_utils import basic

from awx.standin.testing import AwxStandIn

COLLECTION = Path("ansible_collections/awx/awx")


def find_collection() -> bool:
    """Put the collection on Python's path; False where it is not."""
    for place in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep):
        if place and (Path(place) / COLLECTION).is_dir():
            if place not in sys.path:
                sys.path.insert(0, place)
            return True
    return False


def run(
    awx: AwxStandIn, module_name: str, /, *, check: bool = False, **options: Any
) -> dict[str, Any]:
    """The result of a module, with `failed` if it did."""
    find_collection()
    module = importlib.import_module(f"ansible_collections.awx.awx.plugins.modules.{module_name}")
    arguments = {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check}}
    out = io.StringIO()
    with (
        mock.patch.dict(os.environ, awx.environment),
        mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps(arguments).encode()),
        contextlib.redirect_stdout(out),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    return json.loads(out.getvalue().strip().splitlines()[-1])


def must(awx: AwxStandIn, module_name: str, /, *, check: bool = False, **options: Any) -> bool:
    """Run what has to succeed; whether it says that something changed."""
    result = run(awx, module_name, check=check, **options)
    assert not result.get("failed"), f"{module_name} {options}: {result.get('msg')}"
    return bool(result["changed"])
