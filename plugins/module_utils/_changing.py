# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Whether a request has changed something, also when its answer was lost."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _http
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ConnectionFailed,
    RecoveryError,
)


@contextlib.contextmanager
def changing(facts: dict[str, t.Any]) -> t.Iterator[None]:
    """Around the one request that changes something: C(facts) say so from then on, unless they
    say C(changed) already.

    An error after which it may have been done all the same says so too, since whoever reads it
    has to look.
    """
    try:
        yield
    except RecoveryError as exc:
        if may_be_done(exc):
            exc.details["changed"] = True
        raise
    facts.setdefault("changed", True)


def may_be_done(error: RecoveryError) -> bool:
    """Whether a request can have been carried out although it ended in this error."""
    if isinstance(error, ConnectionFailed):
        cause = error.__cause__
        return cause is not None and not _http.never_arrived(t.cast(t.Any, cause))
    # nginx says 503 in place of the manager, the manager itself when it takes no requests
    return isinstance(error, ApiError) and not 400 <= error.status < 500 and error.status != 503


__all__ = ("changing", "may_be_done")
