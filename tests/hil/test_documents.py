"""What the documents say is what the code does."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

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
    assert "`camera_sigma_los_rad` or `camera_sigma_los_deg`" in text


def test_example_of_ones_own_flight_software_stops_the_ship_turning(capsys: pytest.CaptureFixture[str]) -> None:
    log = load(DOCS / "examples" / "own_flight_software.py").main()
    rate = np.linalg.norm(log.truth["w_body_eci_body_radps"], axis=1)
    assert rate[-1] < 0.3 * rate[0] and log.propellant_kg > 0.0
    assert log.verdict == "FAIL" and "body rate" in capsys.readouterr().out
