# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every test step, as a table.

In a command `{bin}` is the bin directory of the step's environment, `{python}` its Python's version, `{cfy}` the
bin directory of the vendor's client, `{ee}` that of what an execution environment has, and `{root}` the directory that
holds ansible_collections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Any

TOOLS = "tools"
AWX = "what runs jobs in AWX"
EACH = "each core"
OLDEST = "oldest core"
NEWEST = "newest core"

PROFILES = ("4.5.5", "5.0.5", "5.2", "6.4", "7.0.0", "7.0.5", "vnfm")


@dataclass(frozen=True)
class Step:
    name: str
    group: str
    environment: str
    command: str
    # The step applies once a file of the repository matches one of these; until then it counts as skipped.
    files: tuple[str, ...]
    # Steps that write beside their sources work on a copy of their own.
    own_copy: bool = False
    # Taken out of that copy.
    leaves_out: tuple[str, ...] = ()
    # Says nothing of what users get, or little beside what is run anyway: only run with everything, or when asked for.
    late: bool = False
    # On the other cores, where it tells the same in a fraction of the time.
    elsewhere: str = ""
    # On those that are neither the oldest nor the newest.
    between: str = ""
    cfy: bool = False
    ee: bool = False
    # The collection awx.awx is beside ours.
    awx: bool = False
    # What it is skipped without.
    programs: tuple[str, ...] = ()
    # Needs hosts of the lab: root, and the image that they start from.
    lab: bool = False
    # So short that it is run without being asked for, wherever hosts can be had.
    lab_core: bool = False
    # Seconds after which it hangs.
    limit: int = 1800
    # About how long it takes in seconds: the longest start first.
    weight: int = 5
    env: dict[str, str] = field(default_factory=dict, hash=False)

    def applies(self, names: list[str]) -> bool:
        return any(fnmatch(name, pattern) for pattern in self.files for name in names)


OURS = {"PYTHONPATH": "tests"}
# No user gets these, and they run on one core only. The linters look at them in every run.
OUR_PROGRAMS = tuple(
    f"tests/{name}"
    for name in (
        *("awx", "bad_input", "bench", "demo", "eda", "ee", "fidelity", "jobs", "lab", "playbooks"),
        *("product", "runbooks", "scenarios", "standin", "tooling", "transfers", "vendor_client"),
    )
)
PYTEST = "{bin}/python -m pytest -q --durations=8 -p no:cacheprovider"
# Of those of the units, what imports Ansible.
UNITS_OF_ANSIBLE = (
    PYTEST + " tests/unit/plugins/action tests/unit/plugins/filter tests/unit/plugins/modules"
    " tests/unit/plugins/module_utils/test_module.py"
)
# Shells run these; and what holds of any views at all takes many.
UNITS_OF_NEITHER = (
    "tests/unit/plugins/scripts",
    "tests/unit/plugins/module_utils/test_diagnosis_properties.py",
)
MATRIX_OF_RUNBOOKS = "tests/runbooks/matrix"
# Of the runbooks' tests, what finds out what is wrong before it does something.
DIAGNOSIS = tuple(
    f"tests/runbooks/test_{name}.py"
    for name in ("diagnose", "inventory", "recover", "recover_split", "split_brain")
)


def tests(
    name: str,
    group: str,
    folder: str,
    *,
    environment: str = NEWEST,
    words: str = "",
    without: Sequence[str] = (),
    **more: Any,
) -> Step:
    """What pytest finds in a folder.

    :param words: for pytest: how many at a time, and which of them
    """
    command = " ".join((PYTEST, *([words] if words else ()), folder, *_ignored(without)))
    return Step(
        name, group, environment, command, (f"{folder}/test_*.py",), **{"env": OURS, **more}
    )


def on_hosts(name: str, group: str, folder: str, *, hosts: int = 0, **more: Any) -> Step:
    """The same in a lab of its own.

    :param hosts: how many are up when it begins
    """
    step = tests(name, group, folder, **more)
    lab = "{bin}/python -m lab run" + (f" --hosts {hosts}" if hosts else "")
    return replace(step, command=f"{lab} -- {step.command}", lab=True)


def _ignored(paths: Sequence[str]) -> list[str]:
    return [f"--ignore {path}" for path in paths]


STEPS = (
    Step("black", "lint", TOOLS, "{bin}/python -m tooling.black", ("*.py",), env=OURS),
    Step("ruff", "lint", TOOLS, "{bin}/ruff check --no-cache .", ("*.py",)),
    Step(
        "mypy",
        "lint",
        TOOLS,
        "{bin}/python -m tooling.mypy plugins extensions",
        ("plugins/*.py",),
        env=OURS,
        weight=15,
    ),
    Step(
        "mypy-tooling",
        "lint",
        TOOLS,
        "{bin}/python -m tooling.mypy tests/tooling",
        ("*",),
        env=OURS,
        weight=10,
    ),
    Step("yamllint", "lint", TOOLS, "{bin}/yamllint --strict .", ("*.yml",)),
    Step(
        "ansible-lint",
        "lint",
        TOOLS,
        "{bin}/ansible-lint --offline --nocolor",
        ("*.yml",),
        own_copy=True,
        awx=True,
        weight=15,
    ),
    # On a copy without the byte code that other steps leave.
    Step("reuse", "lint", TOOLS, "{bin}/reuse lint --quiet", ("*",), own_copy=True),
    Step("changelog", "lint", TOOLS, "{bin}/antsibull-changelog lint", ("changelogs/*",)),
    Step(
        "docs",
        "lint",
        TOOLS,
        "{bin}/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .",
        ("plugins/modules/*.py",),
        own_copy=True,
        weight=10,
    ),
    tests("repository", "lint", "tests/tooling/tests", environment=TOOLS),
    Step(
        "sanity",
        "sanity",
        EACH,
        "{bin}/ansible-test sanity --color no",
        ("plugins/*.py",),
        own_copy=True,
        # Of the unit tests, sanity-programs tells it too.
        leaves_out=(*OUR_PROGRAMS, "tests/unit"),
        # Without what the newest core says too: style, and whether each Python can import and compile it.
        elsewhere="{bin}/ansible-test sanity --color no --skip-test pylint --skip-test pep8"
        " --python {python}",
        weight=150,
    ),
    Step(
        "sanity-programs",
        "sanity-programs",
        NEWEST,
        "{bin}/ansible-test sanity --color no",
        ("plugins/*.py",),
        own_copy=True,
        late=True,
        weight=100,
    ),
    Step(
        "units",
        "units",
        EACH,
        PYTEST + " tests/unit",
        ("tests/unit/*test_*.py",),
        own_copy=True,
        # The oldest core has the oldest Python. Of what asks nothing of either, once is enough.
        elsewhere=" ".join((PYTEST, "tests/unit", *_ignored(UNITS_OF_NEITHER))),
        # What asks nothing of Ansible has run on the oldest core and on the newest.
        between=UNITS_OF_ANSIBLE,
        env={"PYTHONPATH": "{root}"},
        weight=50,
    ),
    # It starts a process for each test, which takes longer than most tests: that they pass this way too is
    # shown by those that load every file.
    Step(
        "ansible-test-units",
        "units",
        NEWEST,
        "{bin}/ansible-test units --color no --python {python}"
        " tests/unit/plugins/action/ tests/unit/plugins/filter/"
        " tests/unit/plugins/modules/test_every_module.py"
        " tests/unit/plugins/module_utils/test_module.py",
        ("tests/unit/*test_*.py",),
        own_copy=True,
        weight=30,
    ),
    tests(
        "smoke",
        "smoke",
        "tests/playbooks",
        environment=EACH,
        words="-m smoke",
        # What is told of a cluster, and what is done to it.
        between=PYTEST + " -m smoke tests/playbooks/test_smoke.py tests/playbooks/test_diagnose.py",
        weight=90,
    ),
    # They wait more than they work.
    tests("standin", "standin", "tests/standin/tests", words="-n 4", weight=90),
    tests("fidelity-tests", "fidelity", "tests/fidelity/tests", weight=20),
    Step(
        "fidelity",
        "fidelity",
        NEWEST,
        "{bin}/python -m fidelity",
        ("tests/fidelity/__main__.py",),
        env=OURS,
        weight=30,
    ),
    tests(
        "vendor-client",
        "vendor-client",
        "tests/vendor_client",
        cfy=True,
        env={**OURS, "CFY": "{cfy}/cfy"},
        weight=60,
    ),
    *(
        Step(
            f"integration-{name}",
            "integration",
            # Old managers are run with an old Ansible.
            NEWEST if options.startswith("7.0.5") else OLDEST,
            f"{{bin}}/python -m tooling.integration --profile {options}",
            ("tests/integration/targets/*/tasks/main.yml",),
            own_copy=True,
            env=OURS,
            weight=40,
        )
        for name, options in (
            *((profile, profile) for profile in PROFILES),
            ("community", "7.0.5 --edition community"),
        )
    ),
    tests("scenarios", "scenarios", "tests/scenarios", words="-n 4", weight=90),
    tests("bad-input", "bad-input", "tests/bad_input", environment=OLDEST, weight=60),
    tests("transfers", "transfers", "tests/transfers", weight=70),
    # The others are a step on every core.
    tests(
        "playbooks",
        "playbooks",
        "tests/playbooks",
        words="-n 3 -m 'not smoke and not long'",
        weight=200,
    ),
    tests(
        "playbooks-long",
        "playbooks",
        "tests/playbooks",
        words="-n 3 -m long",
        late=True,
        weight=150,
    ),
    # Most of the time is that of looks at a cluster, each of which is a run of Ansible.
    tests(
        "eda",
        "eda",
        "tests/eda",
        environment=AWX,
        words="-n 3",
        programs=("java",),
        weight=120,
    ),
    *(
        tests(
            f"setup-awx{name}",
            "awx",
            "tests/awx/setup_tests",
            environment=environment,
            words=f"-n 2 -k '{which}'",
            awx=True,
            late=bool(name),
            weight=200,
        )
        # With what AWX's own execution environment has, and the main path with the newest.
        for name, environment, which in (
            ("", AWX, "there_again_and_gone or refused"),
            ("-more", AWX, "not there_again_and_gone and not refused"),
            ("-newest", NEWEST, "there_again_and_gone"),
        )
    ),
    tests(
        "ee",
        "awx",
        "tests/ee",
        environment=AWX,
        ee=True,
        env={**OURS, "EE": "{ee}"},
        weight=40,
    ),
    tests(
        "awx-jobs",
        "awx",
        "tests/jobs",
        environment=AWX,
        without=("tests/jobs/on_hosts",),
        weight=60,
    ),
    on_hosts(
        "awx-jobs-hosts",
        "awx",
        "tests/jobs/on_hosts",
        hosts=4,
        environment=AWX,
        weight=900,
        limit=7200,
    ),
    on_hosts("lab", "lab", "tests/lab/tests", hosts=3, weight=150),
    tests("product", "product", "tests/product/tests", weight=30),
    on_hosts(
        "runbooks-core",
        "runbooks",
        "tests/runbooks",
        hosts=3,
        words="-m core",
        without=(MATRIX_OF_RUNBOOKS,),
        lab_core=True,
        weight=300,
    ),
    on_hosts(
        "runbooks",
        "runbooks",
        "tests/runbooks",
        hosts=3,
        words="-m 'not core'",
        without=(MATRIX_OF_RUNBOOKS, *DIAGNOSIS),
        limit=7200,
        weight=900,
    ),
    replace(
        on_hosts("diagnosis", "runbooks", " ".join(DIAGNOSIS), hosts=3, limit=7200, weight=900),
        files=DIAGNOSIS,
    ),
    on_hosts("runbooks-matrix", "runbooks", MATRIX_OF_RUNBOOKS, hosts=9, limit=7200, weight=1200),
    on_hosts("product-hosts", "product", "tests/product/on_hosts", weight=300),
    on_hosts("product-matrix", "product", "tests/product/matrix", weight=600),
    on_hosts("standin-hosts", "standin", "tests/standin/tests/on_hosts", hosts=3, weight=200),
    tests("bench-tests", "bench", "tests/bench/tests"),
    # So small that its figures say nothing: that it runs, with all that it compares.
    Step(
        "bench",
        "bench",
        NEWEST,
        "{bin}/python -m bench --sizes 1M,2M --runs 1",
        ("tests/bench/__main__.py",),
        cfy=True,
        programs=("curl", "sha256sum", "unzip"),
        env={**OURS, "CFY": "{cfy}/cfy"},
        weight=40,
    ),
    tests(
        "awx-standin",
        "awx",
        "tests/awx/standin_tests",
        environment=AWX,
        awx=True,
        weight=40,
    ),
    Step(
        "build",
        "build",
        NEWEST,
        "{bin}/python -m tooling.build_check",
        ("plugins/modules/*.py",),
        own_copy=True,
        env=OURS,
        weight=20,
    ),
    tests("demo-tests", "demo", "tests/demo/tests"),
    *(
        Step(
            name,
            "demo",
            NEWEST,
            "{bin}/python -m demo " + part,
            ("tests/demo/__main__.py",),
            lab=part == "cluster",
            env=OURS,
            weight=weight,
        )
        for name, part, weight in (("demo", "one_manager", 30), ("demo-cluster", "cluster", 200))
    ),
)

__all__ = (
    "AWX",
    "EACH",
    "NEWEST",
    "OLDEST",
    "PROFILES",
    "STEPS",
    "TOOLS",
    "Step",
)
