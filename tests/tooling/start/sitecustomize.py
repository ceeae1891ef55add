# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this when it starts in a test step.

Ansible packs every module that it starts into a zip file, anew in each run of a playbook, and Python compiles what is
in a zip file anew each time: both take longer than most modules. Here the compiled code is kept for the run of the
tests, named after Python and the source, and so is what was packed, which does not change meanwhile.
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


class _Packed:
    """Finds the part of Ansible that packs modules, and gives it what other playbooks packed."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(self, name: str, _path: Any, _target: Any = None) -> Any:
        if name != "ansible.executor.module_common":
            return None
        import importlib.util

        sys.meta_path.remove(self)
        spec: Any = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def then_share(module: Any) -> None:
            execute(module)
            self.share(module)

        spec.loader.exec_module = then_share
        return spec

    def share(self, module: Any) -> None:
        import atexit

        ours = f"{self.folder}/packed-{module.__version__}"
        theirs = os.path.join(module.C.DEFAULT_LOCAL_TMP, "ansiballz_cache")
        for folder in (ours, theirs):
            os.makedirs(folder, exist_ok=True)
        for name in os.listdir(ours):
            if not name.startswith("."):
                os.symlink(f"{ours}/{name}", f"{theirs}/{name}")
        atexit.register(self.keep, theirs, ours)

    def keep(self, theirs: str, ours: str) -> None:
        import shutil

        for name in os.listdir(theirs):
            if os.path.islink(f"{theirs}/{name}") or name.endswith(("-part", ".lock")):
                continue
            fresh = f"{ours}/.{name}.{os.getpid()}"
            try:
                shutil.copyfile(f"{theirs}/{name}", fresh)
                os.rename(fresh, f"{ours}/{name}")
            except OSError:
                return


if FOLDER:
    _install(FOLDER)
    sys.meta_path.insert(0, _Packed(FOLDER))
