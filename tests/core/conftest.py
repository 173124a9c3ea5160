"""The core as a plain C library, for what its Python face cannot show: internals, aliased and untouched outputs."""

import ctypes

import pytest

from tests.core.internals import build, load


@pytest.fixture(scope="session")
def core() -> ctypes.CDLL:
    return load(build())
