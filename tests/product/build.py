# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The RPM: what is in it, and rpmbuild, with a cache keyed on the content."""

from __future__ import annotations

import compileall
import hashlib
import json
import py_compile
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from product.defaults import default_config
from product.versions import VERSIONS, Version
from tooling.locks import locked
from tooling.paths import CACHE

TESTS = Path(__file__).resolve().parents[1]
SPEC = Path(__file__).resolve().parent / "data" / "package.spec"
# What of our packages a host needs.
SKIPPED = {
    "tests",
    "__pycache__",
    "testing",
    "cluster.py",
    "build.py",
    "__main__.py",
    "package.spec",
}
HOST_PYTHON = (3, 11)

LAUNCHER = """#!/bin/sh
PYTHONPATH=/opt/cloudify/cfy_manager:/opt/cloudify/standin PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
exec /usr/bin/python3 -m product.cfy_manager "$@"
"""


class BuildError(Exception):
    """The RPM was not built."""


def _sources(package: str, *, top_only: set[str]) -> list[Path]:
    folder = TESTS / package
    out = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if "__pycache__" in parts or parts[0] in top_only or not path.is_file():
            continue
        if path.suffix in (".py", ".json", ".yaml", ".gz", ".zip", ".txt", ".sql", ".html"):
            out.append(path)
    return out


def _files() -> dict[str, Path]:
    """Where each source goes on the host."""
    out = {}
    for path in _sources("product", top_only=SKIPPED):
        out[f"opt/cloudify/cfy_manager/{path.relative_to(TESTS)}"] = path
    for path in _sources("standin", top_only={"tests", "testing.py"}):
        out[f"opt/cloudify/standin/{path.relative_to(TESTS)}"] = path
    return out


def _texts(version: Version, number: str) -> dict[str, str]:
    config = default_config(version)
    product = {"version": version.name, "number": number}
    header = f"# The configuration of this host; Cloudify Manager {number} (stand-in).\n"
    text = header + yaml.safe_dump(config, sort_keys=False)
    return {
        "usr/bin/cfy_manager": LAUNCHER,
        "etc/cloudify/config.yaml": text,
        "opt/cloudify/cfy_manager/config.yaml": text,
        "opt/cloudify/cfy_manager/product.json": json.dumps(product) + "\n",
    }


def _digest(texts: dict[str, str], files: dict[str, Path], *words: str) -> str:
    out = hashlib.sha256("\0".join((*words, SPEC.read_text(), sys.version)).encode())
    for name, text in sorted(texts.items()):
        out.update(f"\0{name}\0{text}".encode())
    for name, path in sorted(files.items()):
        out.update(f"\0{name}\0".encode() + path.read_bytes())
    return out.hexdigest()[:20]


def _stage(stage: Path, texts: dict[str, str], files: dict[str, Path]) -> None:
    for name, path in files.items():
        target = stage / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for name, text in texts.items():
        target = stage / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (stage / "usr/bin/cfy_manager").chmod(0o755)
    if sys.version_info[:2] == HOST_PYTHON:
        # the host has the same Python and would compile everything at each start
        compileall.compile_dir(
            stage / "opt",
            quiet=1,
            stripdir=str(stage),
            prependdir="/",
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


def _rpmbuild(work: Path, version: Version, number: str, name: str) -> Path:
    spec = work / "package.spec"
    text = SPEC.read_text()
    for key, value in {"NAME": name, "VERSION": number, "STAGE": str(work / "stage")}.items():
        text = text.replace(f"@{key}@", value)
    spec.write_text(text)
    try:
        done = subprocess.run(
            ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {work / 'top'}", str(spec)],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise BuildError("rpmbuild is missing: install the package rpm") from error
    built = sorted((work / "top" / "RPMS").rglob("*.rpm"))
    if done.returncode or not built:
        raise BuildError(f"rpmbuild exited with {done.returncode}: {done.stderr.strip()}")
    return built[0]


def build(
    version: str, *, out: Path | None = None, number: str | None = None, name: str | None = None
) -> Path:
    """The path of the RPM, in `out` or in the cache."""
    found = VERSIONS[version]
    number = number or found.number
    name = name or "cloudify-manager-install"
    texts, files = _texts(found, number), _files()
    folder = CACHE / "product" / _digest(texts, files, version, number, name)
    with locked(CACHE / "product" / ".lock"):
        ready = sorted(folder.glob("*.rpm"))
        if not ready:
            with tempfile.TemporaryDirectory(prefix="product-") as temporary:
                work = Path(temporary)
                _stage(work / "stage", texts, files)
                built = _rpmbuild(work, found, number, name)
                folder.mkdir(parents=True, exist_ok=True)
                target = folder / built.name
                shutil.copyfile(built, target.with_suffix(".new"))
                target.with_suffix(".new").replace(target)
            ready = [target]
    if out is None:
        return ready[0]
    out.mkdir(parents=True, exist_ok=True)
    copy = out / ready[0].name
    shutil.copyfile(ready[0], copy)
    return copy


__all__ = ["BuildError", "build"]
