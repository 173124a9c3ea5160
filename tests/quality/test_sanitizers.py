"""The core, and the compiled harness around it, under the address and undefined-behaviour sanitizers."""

import subprocess
from pathlib import Path

import pytest

from tests.quality.out_of_tree import ROOT, build, run_python

SANITIZE = "-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"


def sanitizer_environment() -> dict[str, str]:
    """The interpreter is not sanitized, so the runtime must be there before it; its own leaks are not ours."""
    runtime = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    return {
        "LD_PRELOAD": runtime.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("sanitized"), "gcc", SANITIZE)


def test_core_tests_run_clean(sanitized: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-o", "pythonpath=", "-m", "not long", "--rootdir", str(ROOT)]
    printed = run_python(
        sanitized,
        *("-m", "pytest", "-c", str(ROOT / "pyproject.toml"), *options, str(ROOT / "tests" / "gnc")),
        path=(ROOT,),
        **sanitizer_environment(),
    )
    assert " passed" in printed
