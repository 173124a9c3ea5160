"""The core, and the compiled harness around it, under the address and undefined-behaviour sanitizers."""

import subprocess
from pathlib import Path

from tests.quality.out_of_tree import ROOT, build, run_python

SANITIZE = "-O0 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all"


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


def test_core_tests_and_a_docking_run_clean(tmp_path: Path) -> None:
    library = build(tmp_path, "gcc", SANITIZE)

    options = ["-q", "-s", "-p", "no:cacheprovider", "-o", "pythonpath=", "-m", "not long", "--rootdir", str(ROOT)]
    options += [
        "--ignore",
        str(ROOT / "tests" / "gnc" / "test_design.py"),
    ]  # Python only, and slow under the sanitizers
    tests = [str(ROOT / "tests" / "core"), str(ROOT / "tests" / "gnc")]
    pytest = ["-m", "pytest", "-c", str(ROOT / "pyproject.toml"), *options, *tests]
    assert " passed" in run_python(library, *pytest, path=(ROOT,), **sanitizer_environment())

    fly = "from hil import fly; print(fly('iss-contact', seed=1).verdict)"
    assert run_python(library, "-c", fly, **sanitizer_environment()).strip() == "PASS"
