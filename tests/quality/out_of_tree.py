"""The whole package built beside the tree, by another compiler or with other flags, and Python run on that build."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build(into: Path, compiler: str = "gcc", optimisation: str = "-O2", cflags: str = "") -> Path:
    """Builds into a directory of its own, from the Cython output of the tree; returns what to put on PYTHONPATH."""
    assert shutil.which(compiler), f"{compiler} is missing: `make test` installs it"
    library = into / "lib"
    command = [
        sys.executable,
        "setup.py",
        "-q",
        "build",
        "--build-lib",
        str(library),
        "--build-temp",
        str(into / "temp"),
    ]
    environment = {**os.environ, "CC": compiler, "PROXOPS_OPT": optimisation, "CFLAGS": cflags}
    environment.pop("LDSHARED", None)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return library


def run_python(library: Path, *arguments: str, path: tuple[Path, ...] = (), **environment: str) -> str:
    """Runs Python on that build and nothing of the tree; returns what it printed, and fails with what it said."""
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=library,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (library, *path))), **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
