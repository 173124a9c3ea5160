"""What the documents say is what the code does."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

from hil import Log, baseline
from hil.scaffold import new
from tests.command_line import call

pytest_plugins = "pytester"

DOCS = Path(__file__).parents[2] / "docs"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_of_the_scenario_page_are_current() -> None:
    tables = load(DOCS / "scenario_tables.py")
    text = (DOCS / "scenario.md").read_text(encoding="utf-8")
    assert tables.page(text) == text, "run: python docs/scenario_tables.py"
    assert "`sigma_los_rad` or `sigma_los_deg`" in text


def test_example_of_ones_own_flight_software_stops_the_ship_turning(capsys: pytest.CaptureFixture[str]) -> None:
    log = load(DOCS / "examples" / "own_flight_software.py").main()
    rate = np.linalg.norm(log.truth["w_body_eci_body_radps"], axis=1)
    assert rate[-1] < 0.3 * rate[0] and log.propellant_kg > 0.0
    assert log.verdict == "FAIL" and "body rate" in capsys.readouterr().out


def test_example_of_a_stage_in_python_moves_the_hold_aside(capsys: pytest.CaptureFixture[str]) -> None:
    log = load(DOCS / "examples" / "own_guidance.py").main()
    across_m = log.truth["r_chaser_target_hill_m"][-300:, 2]
    assert abs(across_m.mean() - 1.0) < 0.3 and log.custom
    assert "guided by own_guidance.WaitAside" in capsys.readouterr().out


def test_example_of_a_report_section_counts_all_propellant(contact_log: Log) -> None:
    section = load(DOCS / "examples" / "own_report_section.py").propellant(contact_log)
    figures = [float(cell) for cell in re.findall(r"<td>([\d.]+)</td>", section.html)]
    assert len(figures) >= 3 and sum(figures) == pytest.approx(contact_log.propellant_kg, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("instrument", "pinger"), ("law", "sway"), ("monitor", "spin"), ("requirement", "turn_rate"),
        ("vehicle", "tug"), ("mission", "visit"),
    ],
)  # fmt: skip
def test_examples_of_parts_are_what_the_templates_give(kind: str, name: str, tmp_path: Path) -> None:
    """tests/quality/test_users_parts.py flies them."""
    made, example = tmp_path / "parts", DOCS / "examples" / "parts"
    path = new(kind, name, made).relative_to(made)
    files = [path] if path.suffix else sorted(file.relative_to(made) for file in made.rglob("*.*"))
    assert files and {file: (example / file).read_text() for file in files} == {
        file: (made / file).read_text() for file in files
    }, f"run: proxops new {kind} {name} --dir docs/examples/parts, in place of the one that is there"


@pytest.mark.parametrize("inside", [True, False])
def test_python_of_the_readme_works_inside_a_clone_and_outside(inside: bool, tmp_path: Path) -> None:
    """As installed there: editable, so that both find what was built."""
    readme = DOCS.parent / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert "\npip install -e ." in text
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.S)
    cwd = readme.parent if inside else tmp_path
    done = subprocess.run([sys.executable, "-c", snippet], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"PASS [0-9a-f]{64}\n", done.stdout)


def commands(node: Any) -> Iterator[str]:
    """What a pipeline runs: GitHub's `run`, GitLab's `script` and `before_script`."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "run":
                yield value
            elif key in ("script", "before_script"):
                yield from value
            else:
                yield from commands(value)
    elif isinstance(node, list):
        for item in node:
            yield from commands(item)


def test_examples_for_continuous_integration_work(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is YAML, and every command in it does what it is there for."""
    text = (DOCS / "regression.md").read_text(encoding="utf-8")
    pipelines = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.S)]
    assert [len(list(commands(pipeline))) for pipeline in pipelines] == [3, 4]
    pytester.mkdir("scenarios").joinpath("docking.toml").write_text(
        'schema = 2\n[scenario]\nname = "docking"\nextends = "iss-contact"\n'
    )
    baseline.save("flights.baseline", ["scenarios/docking.toml"], [1, 2])
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    run = set()
    for command in dict.fromkeys(command for pipeline in pipelines for command in commands(pipeline)):
        program, *arguments = shlex.split(command)
        if program == "pytest":
            arguments = ["0" if argument == "auto" else argument for argument in arguments]
            found = pytester.runpytest_inprocess("-p", "xdist", "-p", "hil.pytest_plugin", *arguments)
            assert found.ret == 0 and found.parseoutcomes()["passed"] > 50 and Path("flights.xml").is_file()
        elif program == "proxops":
            status, _, err = call(capsys, *arguments)
            assert (status, err) == (0, ""), command
        else:
            assert (program, arguments[0]) == ("pip", "install")
        run.add(program)
    assert run == {"pip", "pytest", "proxops"} and Path("campaign", "report.html").is_file()
