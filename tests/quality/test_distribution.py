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


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(into), "sdist", "--dist-dir", str(into))
    (made,) = into.glob("*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(into)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXOPS_OPT", "-O0")
        run(*command, str(sdist), cwd=into)
    (made,) = into.glob("*.whl")
    return made


def below(folder: str, *suffixes: str) -> set[str]:
    found = (p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes)
    return {str(p.relative_to(ROOT)) for p in found if "__pycache__" not in p.parts}


@pytest.mark.xdist_group("distribution")
def test_source_distribution_holds_every_source_and_no_generated_one(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = (
        below("gnc/core", ".c", ".h", ".mk") | below("gnc", ".py", ".pyx", ".pxd") | below("hil", ".py", ".pyx", ".pxd")
    )
    assert wanted | below("tests", ".py") | {"Makefile", "LICENSE", "README.md", ".ci/run"} <= names
    assert {n for n in names if n.endswith((".c", ".so")) and not n.startswith("gnc/core/")} == set()


@pytest.mark.xdist_group("distribution")
def test_wheel_holds_what_a_run_and_a_firmware_build_read(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    every = {
        str(p.relative_to(ROOT)) for house in ("gnc", "hil", "firmware_bridge") for p in (ROOT / house).rglob("*.*")
    }
    made = {
        n for n in every if n.endswith((".so", ".pyc", ".pyx")) or (n.endswith((".c", ".html")) and "/core/" not in n)
    }
    assert every - made - names == set()


@pytest.mark.xdist_group("distribution")
def test_wheel_works_away_from_the_tree(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path), str(wheel))
    code = "import gnc.flight, hil; print(gnc.flight.__file__, hil.__file__)"
    printed = run_python(tmp_path, "-c", code).split()
    assert all(Path(file).is_relative_to(tmp_path) for file in printed)
