"""Throw-away parts of every kind from the templates, in a copy of the tree: they fly, with the same bits on a board."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bridge import here
from tests.quality.out_of_tree import ROOT, run_python

PARTS = {"instrument": "pinger", "law": "sway", "monitor": "spin", "requirement": "turn_rate"}
IN_C = ("instrument", "law", "monitor")
MISSION = """
schema = 2

[scenario]
name = "parts"
extends = "iss-contact"
max_duration_s = 20.0

[[instrument]]
name = "pinger"
kind = "pinger"
vehicle = "cargo"
position_body_m = [1.0, 0.0, 0.0]
period_s = 0.5
latency_s = 0.1
sigma_m = 0.05

[instrument.flight]
sigma_m = 0.05
timeout_s = 10.0

[[phase]]
name = "s4"
law = "sway"
amplitude_m = 0.5
period_s = 60.0
duration_s = 1000.0

[[monitor]]
name = "spin"
kind = "spin"
limit_deg_s = 5.0
urgent_deg_s = 10.0

[[requirement]]
name = "turning"
kind = "turn_rate"
max_deg_s = 5.0
"""
FLOWN = """
import json, sys
from firmware_bridge.computers import open_computer
from gnc.build_id import core_build_id
from hil import Scenario, fly
from hil.campaign.lincov.prediction import not_predicted

mission = Scenario.load(sys.argv[1])
here = fly(mission, seed=1)
with open_computer("emulated") as computer:
    there = fly(mission, seed=1, flight=computer)
plain = fly("iss-contact", seed=1)
judged = {r.name: r.passed for r in here.requirements}
cores = [there.computer["core"], core_build_id()]
print(json.dumps([here.digest, there.digest, *cores, plain.verdict, judged["turning"], not_predicted(mission)]))
"""


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tree`, a copy of this one that is built with the parts, `site`, and the parts themselves."""
    folder = tmp_path_factory.mktemp("parts")
    tree = folder / "tree"
    unwanted = shutil.ignore_patterns("__pycache__", "_core")
    for name in ("gnc", "hil", "firmware_bridge"):
        shutil.copytree(ROOT / name, tree / name, ignore=unwanted)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, tree)
    for objects in ROOT.glob("build/temp.*"):
        shutil.copytree(objects, tree / "build" / objects.name)
    for kind, name in PARTS.items():
        run_python(tree, "-m", "hil.cli", "new", kind, name, "--dir", str(folder / "parts"))
    given = [part for kind in IN_C for part in ("--modules", str(folder / "parts" / PARTS[kind]))]
    built = run_python(tree, "-m", "hil.cli", "build", *given)
    assert "model pinger, 128: " in built and "law sway, 128: " in built and "monitor spin, 128: " in built
    packages = [str(folder / "parts" / PARTS[kind]) for kind in ("instrument", "requirement")]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*pip, "--target", str(folder / "site"), *packages], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_part_passes_its_own_tests(parts: Path) -> None:
    tests = sorted(map(str, (parts / "parts").glob("*/test_*.py")))
    assert len(tests) == len(PARTS)
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
    found = run_python(parts / "tree", "-m", "pytest", *options, *tests, path=(parts / "site",))
    assert " passed" in found and "failed" not in found


def test_all_parts_together_give_the_same_bits_on_a_board(parts: Path) -> None:
    here.need("emulated")
    mission = parts / "parts.toml"
    mission.write_text(MISSION)
    drawn = run_python(parts / "tree", "-m", "hil.cli", "check", str(mission), path=(parts / "site",))
    assert "s4 (sway, start, needs star, camera, dock)" in drawn
    printed = run_python(parts / "tree", "-c", FLOWN, str(mission), path=(parts / "site",))
    flown, board, board_core, core, plain, turning, unknown = json.loads(printed)
    assert flown == board and board_core == core and turning is True
    assert unknown == "no model of the law sway"
    assert plain == "PASS", "missions without the parts fly as before"


def test_a_core_that_does_not_compile_leaves_the_one_that_was_built(parts: Path) -> None:
    wrong = parts / "wrong"
    wrong.mkdir()
    (wrong / "wrong.c").write_text(
        '#include "registry.h"\nconst model_t model_wrong = {.kind = 200, .update = nothing};\n'
    )
    tree = parts / "tree"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hil.cli", "build", "--modules", str(wrong)], cwd=tree, capture_output=True,
        text=True, env=os.environ | {"PYTHONPATH": str(tree)},
    )  # fmt: skip
    assert done.returncode == 2 and "wrong.c:2:" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert "the core does not build; the earlier build is unchanged" in done.stderr
    still = "from gnc import flight; print(flight.numbers('model')['pinger'])"
    assert run_python(tree, "-c", still) == "128\n" and (tree / "gnc/_core/modules/pinger.c").exists()
