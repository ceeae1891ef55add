# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this when it starts in a test step.

Ansible packs every module that it starts into a zip file, anew in each run of a playbook, and Python compiles what is
in a zip file anew each time: both take longer than most modules. Here the compiled code is kept for the run of the
tests, named after Python and the source, and so is what was packed, which does not change meanwhile.

Every run of a playbook also reads two long YAML files of Ansible's own: what is in them is kept too. And while a task
runs, Ansible looks a thousand times a second whether it has ended: here it is a hundred times.
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


class _Ansible:
    """Finds the parts of Ansible that take long, and changes each one once it is loaded."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.changes = {
            "ansible.config.manager": self.remember_settings,
            "ansible.constants": self.look_seldom,
            "ansible.executor.module_common": self.share,
            "ansible.utils.collection_loader._collection_meta": self.remember_routing,
        }

    def find_spec(self, name: str, _path: Any, _target: Any = None) -> Any:
        change = self.changes.pop(name, None)
        if change is None:
            return None
        import importlib.util

        spec: Any = importlib.util.find_spec(name)
        if spec is None:
            return None
        execute = spec.loader.exec_module

        def then_change(module: Any) -> None:
            execute(module)
            change(module)

        spec.loader.exec_module = then_change
        return spec

    def look_seldom(self, module: Any) -> None:
        module.DEFAULT_INTERNAL_POLL_INTERVAL = 0.01

    def remember_settings(self, module: Any) -> None:
        read = module.ConfigManager._read_config_yaml_file

        def remembered(manager: Any, path: str) -> Any:
            with open(path, "rb") as stream:
                return self.parsed("settings", stream.read(), lambda: read(manager, path))

        module.ConfigManager._read_config_yaml_file = remembered

    def remember_routing(self, module: Any) -> None:
        read = module._meta_yml_to_dict

        def remembered(data: Any, content_id: Any) -> Any:
            text = data.encode() if isinstance(data, str) else data
            return self.parsed("routing", text, lambda: read(data, content_id))

        module._meta_yml_to_dict = remembered

    def parsed(self, kind: str, data: bytes, parse: Any) -> Any:
        """What it says, as new as if it had just been read."""
        import _imp
        import marshal

        imports: Any = _imp
        mark = int.from_bytes(imports.source_hash(0x436C6F7564696679, data), "little")
        version = sys.implementation.cache_tag
        path = f"{self.folder}/{kind}-{version}-{len(data)}-{mark:016x}"
        try:
            with open(path, "rb") as stream:
                return marshal.load(stream)
        except OSError:
            pass
        found = parse()
        try:
            packed = marshal.dumps(found)
            fresh = f"{path}.{os.getpid()}"
            with open(fresh, "wb") as stream:
                stream.write(packed)
            os.rename(fresh, path)
        except (OSError, ValueError):
            pass  # it is read anew each time, as everywhere else
        return found

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
    sys.meta_path.insert(0, _Ansible(FOLDER))
