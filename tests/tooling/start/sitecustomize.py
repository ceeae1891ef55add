# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this when it starts in a test step.

Ansible packs every module that it starts into a zip file, and Python compiles what is in a zip file anew each time:
that takes longer than to run it. Here the compiled code is kept for the run, named after Python and the source.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing takes time to import
    from typing import Any

FOLDER = os.environ.get("TEST_BYTE_CODE")


def _install(folder: str) -> None:
    import _imp
    import marshal
    import zipimport

    imports: Any = _imp
    loader: Any = zipimport
    compile_source = loader._compile_source

    def kept(pathname: str, source: bytes) -> Any:
        mark = int.from_bytes(imports.source_hash(0x436C6F7564696679, source), "little")
        path = f"{folder}/{sys.implementation.cache_tag}-{len(source)}-{mark:016x}"
        try:
            with open(path, "rb") as stream:
                code = marshal.load(stream)
        except OSError:
            code = compile_source(pathname, source)
            fresh = f"{path}.{os.getpid()}"
            try:
                with open(fresh, "wb") as stream:
                    marshal.dump(code, stream)
                os.rename(fresh, path)
            except OSError:
                pass  # another user, or a full disk that a test makes
            return code
        imports._fix_co_filename(code, pathname)
        return code

    loader._compile_source = kept


if FOLDER:
    _install(FOLDER)
