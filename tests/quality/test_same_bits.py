"""One digest of the telemetry for each scenario, whatever compiler, optimisation or NumPy made it.

A change of the flight software, of the plant or of a scenario changes the digests, and they are then written anew
here; a build that disagrees with the others is a defect.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.quality.out_of_tree import ROOT, build, run_python

DIGESTS = {
    "iss-contact": "dd386d3cd4820df1f142f7eefbf4b003fbca550d96867cc042a66b2f5ef3a2df",
    "iss-final": "3c60b0ce178457856d8f0cfc9855e6d04d93edfa48d16e2ee4b1e2b7dc2fc3d7",
}
FLY = f"from hil import fly; print({{name: fly(name, seed=1).digest for name in {list(DIGESTS)}}})"
BUILDS = {
    "gcc -O0": ("gcc", "-O0", ""),
    "gcc -O2, in an environment that asks for fast arithmetic": ("gcc", "-O2", "-Ofast -ffast-math -march=native"),
    "gcc -O3 -march=native": ("gcc", "-O3 -march=native", ""),
    "clang -O2": ("clang", "-O2", ""),
}


@pytest.mark.parametrize("made_by", BUILDS)
def test_same_bits_from_every_build(made_by: str, tmp_path: Path) -> None:
    library = build(tmp_path, *BUILDS[made_by])
    assert run_python(library, "-c", FLY).strip() == str(DIGESTS)


def test_same_bits_with_another_numpy(tmp_path: Path) -> None:
    other = "2.0.2" if sys.version_info < (3, 13) else "2.3.2"
    assert np.__version__ != other
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary=:all:", f"numpy=={other}"]
    subprocess.run([*pip, "--target", str(tmp_path)], check=True, stdin=subprocess.DEVNULL)
    code = f"import numpy; assert numpy.__version__ == '{other}'; {FLY}"
    assert run_python(tmp_path, "-c", code, path=(ROOT,)).strip() == str(DIGESTS)
