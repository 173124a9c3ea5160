"""One flight of the shortest scenario, shared by the tests that look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil import Log, fly


@pytest.fixture(scope="session")
def contact_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contact") / "out"


@pytest.fixture(scope="session")
def contact_log(contact_folder: Path) -> Log:
    return fly("iss-contact", seed=1, out=contact_folder)
