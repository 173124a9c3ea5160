"""The core, and the compiled harness around it, under the address and undefined-behaviour sanitizers."""

import subprocess
from pathlib import Path

import pytest

from tests.quality.out_of_tree import ROOT, build, run_python

SANITIZE = "-O0 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all"
pytestmark = pytest.mark.xdist_group("sanitizers")  # one build for them all


def sanitizer_environment() -> dict[str, str]:
    """The interpreter is not sanitized, so the runtime must be there before it; its own leaks are not ours.

    With it comes the C++ library, or the runtime does not find the functions that throw when a library of others does.
    """
    libraries = [
        subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan.so", "libstdc++.so.6")
    ]
    return {
        "LD_PRELOAD": ":".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("sanitized"), "gcc", SANITIZE)


def test_core_tests_run_clean(sanitized: Path) -> None:
    options = ["-q", "-s", "-p", "no:cacheprovider", "-o", "pythonpath=", "-m", "not long", "--rootdir", str(ROOT)]
    options += [
        "--ignore",
        str(ROOT / "tests" / "gnc" / "test_design.py"),
    ]  # Python only, and slow under the sanitizers
    printed = run_python(
        sanitized,
        *("-m", "pytest", "-c", str(ROOT / "pyproject.toml"), *options, str(ROOT / "tests" / "gnc")),
        path=(ROOT,),
        **sanitizer_environment(),
    )
    assert " passed" in printed
