"""What `pip install` gets from a source distribution: everything that a run, a reader and a firmware build need."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.quality.out_of_tree import ROOT, run_python


def run(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr


def below(folder: str, *suffixes: str) -> set[str]:
    found = (p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes)
    return {str(p.relative_to(ROOT)) for p in found if "__pycache__" not in p.parts}


def generated(names: set[str]) -> set[str]:
    """Those that a build made, Cython's C included."""
    made = {n for n in names if n.endswith(".c") and (n[:-2] + ".pyx" in names or n == "gnc/_cyutility.c")}
    return made | {n for n in names if n.endswith((".so", ".pyc", ".html"))}


def test_wheel_of_the_source_distribution_is_whole_and_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(tmp_path), "sdist", "--dist-dir", str(tmp_path))
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = (
        below("gnc/core", ".c", ".h", ".mk") | below("gnc", ".py", ".pyx", ".pxd") | below("hil", ".py", ".pyx", ".pxd")
    )
    wanted |= below("firmware_bridge", ".py", ".pyx", ".c", ".h", ".S", ".ld", ".mk", ".toml")
    wanted |= below("tests", ".py") | {"firmware_bridge/board/Makefile", "Makefile", "LICENSE", "README.md", ".ci/run"}
    assert wanted - generated(wanted) - names == set()
    assert generated(names) == set()

    monkeypatch.setenv("PROXOPS_OPT", "-O0")
    pip = [sys.executable, "-m", "pip"]
    run(*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(sdist), cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (points,) = (name for name in names if name.endswith("/entry_points.txt"))
        assert "[pytest11]\nproxops = hil.pytest_plugin" in archive.read(points).decode()
    every = {
        str(p.relative_to(ROOT)) for house in ("gnc", "hil", "firmware_bridge") for p in (ROOT / house).rglob("*.*")
    }
    made = generated(every) | {n for n in every if n.endswith(".pyx")}
    assert every - made - names == set()

    installed = tmp_path / "installed"
    run(*pip, "install", "-q", "--no-deps", "--target", str(installed), str(wheel))
    fly = "import hil; print(hil.__file__, hil.fly('iss-contact', seed=1).verdict)"
    assert run_python(installed, "-c", fly).split() == [str(installed / "hil" / "__init__.py"), "PASS"]
