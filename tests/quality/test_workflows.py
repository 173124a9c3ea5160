"""What continuous integration is asked to do: actions of a known version, targets that exist, the Pythons supported."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.quality.out_of_tree import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = workflow["jobs"]
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_steps_use_pinned_actions_and_targets_that_exist(path: Path) -> None:
    assert "://" not in path.read_text(encoding="utf-8")
    for job in jobs(path).values():
        assert re.fullmatch(r"(ubuntu|macos)-[\d.]+(-arm)?|\$\{\{ matrix\.runner \}\}", job["runs-on"])
        for step in job["steps"]:
            assert len({"uses", "run"} & set(step)) == 1
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "actions/x@v1"))
            assert set(re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))) <= TARGETS


def test_every_supported_python_is_tested_and_gets_a_wheel() -> None:
    tested = jobs(ROOT / ".github/workflows/ci.yml")["test"]["strategy"]["matrix"]
    built = PROJECT["tool"]["cibuildwheel"]["build"]
    assert [f"cp{python.replace('.', '')}-*" for python in tested["python"]] == built
    assert PROJECT["project"]["requires-python"] == f">={tested['python'][0]}"
    assert {*tested["cc"], *(row["cc"] for row in tested["include"])} == {"gcc", "clang"}
