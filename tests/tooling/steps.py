# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every test step, as a table.

In a command `{bin}` is the bin directory of the step's environment, `{python}` its Python's version, `{cfy}` the
bin directory of the vendor's client, `{ee}` that of what an execution environment has, and `{root}` the directory that
holds ansible_collections.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatch

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
        *("awx", "bad_input", "bench", "demo", "eda", "ee", "fidelity", "jobs", "lab"),
        *(
            "playbooks",
            "product",
            "runbooks",
            "scenarios",
            "standin",
            "tooling",
            "transfers",
            "vendor_client",
        ),
    )
)
PYTEST = "{bin}/python -m pytest -q --durations=8 -p no:cacheprovider"
# Of those of the units, what imports Ansible.
UNITS_OF_ANSIBLE = (
    PYTEST + " tests/unit/plugins/action tests/unit/plugins/filter tests/unit/plugins/modules"
    " tests/unit/plugins/module_utils/test_module.py"
)
RUNBOOKS = PYTEST + " tests/runbooks --ignore tests/runbooks/matrix"
# Of these, what finds out what is wrong before it does something.
DIAGNOSIS = tuple(
    f"tests/runbooks/test_{name}.py"
    for name in ("diagnose", "inventory", "recover", "recover_split", "split_brain")
)

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
    Step(
        "repository",
        "lint",
        TOOLS,
        PYTEST + " tests/tooling/tests",
        ("tests/tooling/tests/*.py",),
        env=OURS,
    ),
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
        # What asks nothing of Ansible has run on the oldest core, whose Python is the oldest, and on the newest.
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
    Step(
        "smoke",
        "smoke",
        EACH,
        PYTEST + " -m smoke tests/playbooks",
        ("tests/playbooks/test_*.py",),
        # What is told of a cluster, and what is done to it.
        between=PYTEST + " -m smoke tests/playbooks/test_smoke.py tests/playbooks/test_diagnose.py",
        env=OURS,
        weight=90,
    ),
    Step(
        "standin",
        "standin",
        NEWEST,
        # They wait more than they work.
        PYTEST + " -n 4 tests/standin/tests",
        ("tests/standin/tests/test_*.py",),
        env=OURS,
        weight=90,
    ),
    Step(
        "fidelity-tests",
        "fidelity",
        NEWEST,
        PYTEST + " tests/fidelity/tests",
        ("tests/fidelity/tests/test_*.py",),
        env=OURS,
        weight=20,
    ),
    Step(
        "fidelity",
        "fidelity",
        NEWEST,
        "{bin}/python -m fidelity",
        ("tests/fidelity/__main__.py",),
        env=OURS,
        weight=30,
    ),
    Step(
        "vendor-client",
        "vendor-client",
        NEWEST,
        PYTEST + " tests/vendor_client",
        ("tests/vendor_client/test_*.py",),
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
    Step(
        "scenarios",
        "scenarios",
        NEWEST,
        PYTEST + " -n 4 tests/scenarios",
        ("tests/scenarios/test_*.py",),
        env=OURS,
        weight=90,
    ),
    Step(
        "bad-input",
        "bad-input",
        OLDEST,
        PYTEST + " tests/bad_input",
        ("tests/bad_input/test_*.py",),
        env=OURS,
        weight=60,
    ),
    Step(
        "transfers",
        "transfers",
        NEWEST,
        PYTEST + " tests/transfers",
        ("tests/transfers/test_*.py",),
        env=OURS,
        weight=70,
    ),
    Step(
        "playbooks",
        "playbooks",
        NEWEST,
        # The others are a step on every core.
        PYTEST + " -n 3 -m 'not smoke and not long' tests/playbooks",
        ("tests/playbooks/test_*.py",),
        env=OURS,
        weight=200,
    ),
    Step(
        "playbooks-long",
        "playbooks",
        NEWEST,
        PYTEST + " -n 3 -m long tests/playbooks",
        ("tests/playbooks/test_*.py",),
        late=True,
        env=OURS,
        weight=150,
    ),
    # Most of the time is that of looks at a cluster, each of which is a run of Ansible.
    Step(
        "eda",
        "eda",
        AWX,
        PYTEST + " -n 3 tests/eda",
        ("tests/eda/test_*.py",),
        programs=("java",),
        env=OURS,
        weight=120,
    ),
    *(
        Step(
            f"setup-awx{name}",
            "awx",
            environment,
            PYTEST + " -n 2 tests/awx/setup_tests -k '" + which + "'",
            ("tests/awx/setup_tests/test_*.py",),
            awx=True,
            late=bool(name),
            env=OURS,
            weight=200,
        )
        # With what AWX's own execution environment has, and the main path with the newest.
        for name, environment, which in (
            ("", AWX, "there_again_and_gone or refused"),
            ("-more", AWX, "not there_again_and_gone and not refused"),
            ("-newest", NEWEST, "there_again_and_gone"),
        )
    ),
    Step(
        "ee",
        "awx",
        AWX,
        PYTEST + " tests/ee",
        ("tests/ee/test_*.py",),
        ee=True,
        env={**OURS, "EE": "{ee}"},
        weight=40,
    ),
    Step(
        "awx-jobs",
        "awx",
        AWX,
        PYTEST + " tests/jobs --ignore tests/jobs/on_hosts",
        ("tests/jobs/test_*.py",),
        env=OURS,
        weight=60,
    ),
    Step(
        "awx-jobs-hosts",
        "awx",
        AWX,
        "{bin}/python -m lab run --hosts 4 -- " + PYTEST + " tests/jobs/on_hosts",
        ("tests/jobs/on_hosts/test_*.py",),
        lab=True,
        env=OURS,
        weight=900,
        limit=7200,
    ),
    Step(
        "lab",
        "lab",
        NEWEST,
        "{bin}/python -m lab run --hosts 3 -- " + PYTEST + " tests/lab/tests",
        ("tests/lab/tests/test_*.py",),
        lab=True,
        env=OURS,
        weight=150,
    ),
    Step(
        "product",
        "product",
        NEWEST,
        PYTEST + " tests/product/tests",
        ("tests/product/tests/test_*.py",),
        env=OURS,
        weight=30,
    ),
    Step(
        "runbooks-core",
        "runbooks",
        NEWEST,
        "{bin}/python -m lab run --hosts 3 -- " + RUNBOOKS + " -m core",
        ("tests/runbooks/test_*.py",),
        lab=True,
        lab_core=True,
        env=OURS,
        weight=300,
    ),
    Step(
        "runbooks",
        "runbooks",
        NEWEST,
        "{bin}/python -m lab run --hosts 3 -- "
        + " --ignore ".join((RUNBOOKS + " -m 'not core'", *DIAGNOSIS)),
        ("tests/runbooks/test_*.py",),
        lab=True,
        env=OURS,
        limit=7200,
        weight=900,
    ),
    Step(
        "diagnosis",
        "runbooks",
        NEWEST,
        " ".join(("{bin}/python -m lab run --hosts 3 --", PYTEST, *DIAGNOSIS)),
        DIAGNOSIS,
        lab=True,
        env=OURS,
        limit=7200,
        weight=900,
    ),
    Step(
        "runbooks-matrix",
        "runbooks",
        NEWEST,
        "{bin}/python -m lab run --hosts 9 -- " + PYTEST + " tests/runbooks/matrix",
        ("tests/runbooks/matrix/test_*.py",),
        lab=True,
        env=OURS,
        limit=7200,
        weight=1200,
    ),
    Step(
        "product-hosts",
        "product",
        NEWEST,
        "{bin}/python -m lab run -- " + PYTEST + " tests/product/on_hosts",
        ("tests/product/on_hosts/test_*.py",),
        lab=True,
        env=OURS,
        weight=300,
    ),
    Step(
        "product-matrix",
        "product",
        NEWEST,
        "{bin}/python -m lab run -- " + PYTEST + " tests/product/matrix",
        ("tests/product/matrix/test_*.py",),
        lab=True,
        env=OURS,
        weight=600,
    ),
    Step(
        "standin-hosts",
        "standin",
        NEWEST,
        "{bin}/python -m lab run --hosts 3 -- " + PYTEST + " tests/standin/tests/on_hosts",
        ("tests/standin/tests/on_hosts/test_*.py",),
        lab=True,
        env=OURS,
        weight=200,
    ),
    Step(
        "bench-tests",
        "bench",
        NEWEST,
        PYTEST + " tests/bench/tests",
        ("tests/bench/tests/test_*.py",),
        env=OURS,
    ),
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
    Step(
        "awx-standin",
        "awx",
        AWX,
        PYTEST + " tests/awx/standin_tests",
        ("tests/awx/standin_tests/test_*.py",),
        awx=True,
        env=OURS,
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
    Step(
        "demo-tests",
        "demo",
        NEWEST,
        PYTEST + " tests/demo/tests",
        ("tests/demo/tests/test_*.py",),
        env=OURS,
    ),
    Step(
        "demo",
        "demo",
        NEWEST,
        "{bin}/python -m demo one_manager",
        ("tests/demo/__main__.py",),
        env=OURS,
        weight=30,
    ),
    Step(
        "demo-cluster",
        "demo",
        NEWEST,
        "{bin}/python -m demo cluster",
        ("tests/demo/__main__.py",),
        lab=True,
        env=OURS,
        weight=200,
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
