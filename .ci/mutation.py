"""Breaks a seeded sample of gnc/core, one small change at a time, and counts the changes that a test notices.

Works on a copy of the tree below build/. A change that compiles to the same object code is no change and is passed
over. Prints a Markdown report; progress goes to stderr.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TREE = Path("build/mutation")
SWAPS = [(" + ", " - "), (" * ", " / "), (" += ", " -= "), (" < ", " <= "), (" > ", " >= "), (" == ", " != ")]
SWAPS += [(" && ", " || "), ("true", "false"), ("[0]", "[1]"), ("[1]", "[2]"), ("1.0", "2.0")]
OPERATORS = [
    (rf"\b{old}\b" if old.isalpha() else re.escape(old), new) for pair in SWAPS for old, new in (pair, pair[::-1])
]
OPERATORS += [(r"(?<=[=(,] )-(?=[a-z])", ""), (r"\b0\.5\b", "0.25")]
# A statement left out: an assignment to something declared before, or a call.
OPERATORS += [
    (r"(?m)(?<=^    )[a-z][\w.\[\]>-]* [-+*/]?= [^;{}]+(?=;)", ""),
    (r"(?m)(?<=^    )[a-z]\w+\([^;{}]+\)(?=;)", ""),
]


@dataclass(frozen=True)
class Mutant:
    """One replacement in one file."""

    file: Path
    start: int
    old: str
    new: str

    def line(self) -> int:
        return self.file.read_text().count("\n", 0, self.start) + 1

    def text(self) -> str:
        whole = self.file.read_text()
        return whole[: self.start] + self.new + whole[self.start + len(self.old) :]


def code_only(text: str) -> str:
    """C source with comments, preprocessor lines and strings blanked, every other character at its place."""
    blank = r"/\*.*?\*/|//[^\n]*|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*|\"(?:\\.|[^\"\\])*\""
    return re.sub(blank, lambda m: re.sub(r"[^\n]", "\0", m[0]), text, flags=re.S | re.M)


def mutants(file: Path) -> Iterator[Mutant]:
    """Every change that the operators can make inside the functions of a file."""
    code = code_only(file.read_text())
    for function in re.finditer(r"^[A-Za-z_][^;{}]*\)\s*\{.*?^\}", code, re.S | re.M):
        for pattern, new in OPERATORS:
            for found in re.finditer(pattern, function[0]):
                yield Mutant(file, function.start() + found.start(), found[0], new)


def run(*command: str, timeout_s: float = 600.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=TREE,
        env={**os.environ, "CFLAGS": "-g0"},  # debug information would make equal code look different
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
    )


def build() -> bool:
    return run(sys.executable, "setup.py", "-q", "build_ext", "--inplace").returncode == 0


def object_code(file: Path) -> bytes:
    (made,) = (TREE / "build").rglob(f"temp*/gnc/core/{file.stem}.o")
    return made.read_bytes()


def tests_pass(tests: list[str], timeout_s: float) -> bool:
    options = ["-x", "-q", "-n", "auto", "-m", "not long", "-p", "no:cacheprovider"]
    try:
        return run(sys.executable, "-m", "pytest", *options, *tests, timeout_s=timeout_s).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def outcome(mutant: Mutant, tests: list[str], timeout_s: float) -> str:
    """`equivalent`, `refused` by the compiler, `killed` or `survived`."""
    copy = TREE / mutant.file
    original, before = copy.read_text(), object_code(mutant.file)
    copy.write_text(mutant.text())
    try:
        if not build():
            return "refused"
        if object_code(mutant.file) == before:
            return "equivalent"
        return "survived" if tests_pass(tests, timeout_s) else "killed"
    finally:
        copy.write_text(original)


def copy_tree() -> None:
    """The files of the repository and their Cython output, built."""
    shutil.rmtree(TREE, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines()
    for name in [*listed, *(str(p) for house in ("gnc", "hil", "firmware_bridge") for p in Path(house).rglob("*.c"))]:
        if Path(name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, TREE / name)
    if not build():
        sys.exit("The tree itself does not build")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=40, help="how many changes to try")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("tests", nargs="*", default=["tests/gnc"], help="the tests that ought to notice")
    arguments = parser.parse_args()

    copy_tree()
    began = time.monotonic()
    if not tests_pass(arguments.tests, 600.0):
        sys.exit("The tests do not pass on the tree as it is")
    timeout_s = 30.0 + 5.0 * (time.monotonic() - began)

    everything = [m for file in sorted(Path("gnc/core").glob("*.c")) for m in mutants(file)]
    random.Random(arguments.seed).shuffle(everything)
    results: list[tuple[Mutant, str]] = []
    for mutant in everything:
        if sum(result in {"killed", "survived"} for _, result in results) == arguments.sample:
            break
        results.append((mutant, outcome(mutant, arguments.tests, timeout_s)))
        print(f"{results[-1][1]:10} {mutant.file}:{mutant.line()}  {mutant.old!r} -> {mutant.new!r}", file=sys.stderr)

    kinds = ("killed", "survived", "equivalent", "refused")
    counts = {kind: sum(result == kind for _, result in results) for kind in kinds}
    tried = counts["killed"] + counts["survived"]
    print(f"""# Mutation testing of the flight core

Written by `make mutation`: small changes to `gnc/core`, one at a time, against `{" ".join(arguments.tests)}`.

Of {tried} changes drawn (seed {arguments.seed}) out of {len(everything)}, the tests noticed **{counts["killed"]}**
({100.0 * counts["killed"] / max(tried, 1):.0f} %). Passed over were {counts["equivalent"]} that compile to the same
object code and {counts["refused"]} that do not compile.
""")
    print("| survived at | was | became |\n|---|---|---|")
    for mutant, result in results:
        if result == "survived":
            old, new = (" ".join(text.split()) for text in (mutant.old, mutant.new or "(nothing)"))
            print(f"| `{mutant.file}:{mutant.line()}` | `{old}` | `{new}` |".replace("||", "\\|\\|"))


if __name__ == "__main__":
    main()
