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
    "iss-contact": "fda6a84157967f36140a0be5bb49e3a89c8e86c6bd76259acf4f0d5bbaebc2bd",
    "iss-final": "d6d57a615278c1967d103001f8b09fa6a33d3f43788e3f9464e17d99c688ee5f",
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
