"""The core's kernels as a plain C library, for what its Python face cannot show: aliased and untouched outputs."""

import ctypes
import re
import subprocess
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "gnc" / "core"


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    flags = re.search(r"^CORE_CFLAGS\s*=(.*)$", (CORE / "sources.mk").read_text(), re.M)
    assert flags is not None
    library = tmp_path_factory.mktemp("core") / "kernels.so"
    sources = [str(CORE / f"{name}.c") for name in ("elementary", "linalg", "rotation", "orbit")]
    subprocess.run(["gcc", *flags[1].split(), "-O2", "-shared", "-fPIC", *sources, "-o", str(library)], check=True)
    loaded = ctypes.CDLL(str(library))
    for name in ("mat3_inverse", "mat_solve", "orbit_kepler_propagate", "orbit_two_impulse"):
        getattr(loaded, name).restype = ctypes.c_bool
    return loaded
