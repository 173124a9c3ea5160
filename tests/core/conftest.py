"""The core as a plain C library, for what its Python face cannot show: internals, aliased and untouched outputs."""

import ctypes
import os

import pytest

from tests.core.internals import ROOT, build, load


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> ctypes.CDLL:
    shared = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    # gcov writes beside the objects, and gcovr looks below the root
    measured = "--coverage" in os.environ.get("PROXOPS_OPT", "")
    return load(build(ROOT / "build" / "coverage" / "internals" if measured else shared / "internals"))
