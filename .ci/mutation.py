"""Breaks a seeded sample of gnc/core, one small change at a time, and counts the changes that a test notices.

Works on copies of the tree below build/, one for each processor, so that several changes are tried at once. A change
that compiles to the same object code is no change and is passed over; one that does not compile is passed over too.
The tests whose names share words with the changed file run first, then the others, quickest first, until one fails.
Rewrites the Markdown report, keeping the comments in its last column; progress goes to stderr. Exit status 1 when
fewer than --at-least percent of the changes were noticed.
"""

import argparse
import os
import queue
import random
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

CORE = Path("gnc/core")
COPIES = Path("build/mutation")
FIRST = COPIES / "0"
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
    """One replacement in one file, whose text is kept: a later edit changes no mutant."""

    file: Path
    whole: str
    start: int
    old: str
    new: str

    def line(self) -> int:
        return self.whole.count("\n", 0, self.start) + 1

    def where(self) -> str:
        return f"{self.file}:{self.line()}"

    def text(self) -> str:
        return self.whole[: self.start] + self.new + self.whole[self.start + len(self.old) :]


def code_only(text: str) -> str:
    """C source with comments, preprocessor lines and strings blanked, every other character at its place."""
    blank = r"/\*.*?\*/|//[^\n]*|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*|\"(?:\\.|[^\"\\])*\""
    return re.sub(blank, lambda m: re.sub(r"[^\n]", "\0", m[0]), text, flags=re.S | re.M)


def mutants(file: Path) -> Iterator[Mutant]:
    """Every change that the operators can make inside the functions of a file."""
    whole = file.read_text()
    code = code_only(whole)
    for function in re.finditer(r"^[A-Za-z_][^;{}]*\)\s*\{.*?^\}", code, re.S | re.M):
        for pattern, new in OPERATORS:
            for found in re.finditer(pattern, function[0]):
                yield Mutant(file, whole, function.start() + found.start(), found[0], new)


def run(tree: Path, *command: str, cpu_s: int = 3600) -> subprocess.CompletedProcess[str]:
    """A command in one of the copies; each of its processes is killed after cpu_s seconds of processor time, and all
    that it is waited for after ten times as long."""
    return subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "CFLAGS": "-g0"},  # debug information would make equal code look different
        capture_output=True,
        text=True,
        timeout=10.0 * cpu_s,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s)),
    )


def build(tree: Path) -> subprocess.CompletedProcess[str]:
    return run(tree, sys.executable, "setup.py", "-q", "build_ext", "--inplace")


def object_code(file: Path) -> bytes | None:
    """What the first copy's build makes of a file, or None where it does not compile."""
    (stamp,) = (FIRST / "build").glob("temp*/command")
    made = "build/mutant.o"
    include = [f"-I{folder}" for folder in sorted({header.parent for header in CORE.rglob("*.h")})]
    compiled = run(FIRST, *shlex.split(stamp.read_text()), "-Werror", *include, "-c", str(file), "-o", made)
    return (FIRST / made).read_bytes() if compiled.returncode == 0 else None


def sort_out(mutant: Mutant, originals: dict[Path, bytes | None]) -> str:
    """`refused` by the compiler, `equivalent` (the same object code), or `live`."""
    if mutant.file not in originals:
        originals[mutant.file] = object_code(mutant.file)
    copy = FIRST / mutant.file
    original = copy.read_text()
    copy.write_text(mutant.text())
    made = object_code(mutant.file)
    copy.write_text(original)
    if made is None:
        return "refused"
    return "equivalent" if made == originals[mutant.file] else "live"


def words(path: Path) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", str(path.with_suffix("")))) - {"gnc", "core", "tests", "test"}


@dataclass(frozen=True)
class Suite:
    """The files of the tests, quickest first, and how much processor time all of them together may take."""

    files: list[Path]
    cpu_s: int

    def stages(self, changed: Path) -> list[list[Path]]:
        """Those that share most words with a changed file's name, then the rest, those that share some first."""
        by_shared = sorted(self.files, key=lambda file: -len(words(file) & words(changed)))
        most = len(words(by_shared[0]) & words(changed))
        own = [file for file in by_shared if most and len(words(file) & words(changed)) == most]
        return [stage for stage in (own, by_shared[len(own) :]) if stage]

    def first_failure(self, tree: Path, files: list[Path], *options: str) -> str | None:
        """The test that failed first, or how the tests ended without naming one; None when all pass."""
        options = ("-x", "-q", "-m", "not long", "-p", "no:cacheprovider", "--hypothesis-profile=unshrunk", *options)
        try:
            ended = run(tree, sys.executable, "-m", "pytest", *options, *map(str, files), cpu_s=self.cpu_s)
        except subprocess.TimeoutExpired:
            return "out of time"
        if ended.returncode == 0:
            return None
        if ended.returncode in {3, 4, 5}:  # pytest itself broke, was misused, or found no test
            sys.exit(f"pytest ended with status {ended.returncode}:\n{ended.stdout}{ended.stderr}")
        found = re.search(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.M)
        return found[1] if found else f"exit status {ended.returncode}"


def measured(tests: list[str]) -> Suite:
    """The suite of these tests, which must pass on the tree as it is."""
    named = [FIRST / test for test in tests]
    files = sorted({f.relative_to(FIRST) for t in named for f in [t, *t.rglob("test_*.py")] if f.is_file()})
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    if failure := Suite(files, 3600).first_failure(FIRST, files, "--junitxml=build/times.xml"):
        sys.exit(f"The tests do not pass on the tree as it is: {failure}")
    cpu_s = 20 + 3 * round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    times: Counter[str] = Counter()
    for case in ET.parse(FIRST / "build/times.xml").iter("testcase"):
        times[case.attrib["classname"]] += float(case.attrib["time"])
    return Suite(sorted(files, key=lambda file: times[".".join(file.with_suffix("").parts)]), cpu_s)


def outcome(mutant: Mutant, suite: Suite, trees: "queue.Queue[Path]") -> str | None:
    """The test that noticed a change, or None."""
    tree = trees.get()
    copy = tree / mutant.file
    original, began = copy.read_text(), time.monotonic()
    copy.write_text(mutant.text())
    try:
        if (built := build(tree)).returncode != 0:
            sys.exit(f"A change that compiles does not build:\n{built.stderr}")
        stages = (suite.first_failure(tree, stage) for stage in suite.stages(mutant.file))
        noticed = next((failure for failure in stages if failure), None)
    finally:
        copy.write_text(original)
        trees.put(tree)
    said = f"killed by {noticed}" if noticed else "survived"
    took = f"{time.monotonic() - began:.0f} s"
    print(f"{mutant.where()}  {mutant.old!r} -> {mutant.new!r}  {said}, {took}", file=sys.stderr, flush=True)
    return noticed


def copy_tree(count: int) -> list[Path]:
    """Copies of the repository's files and their Cython output, built."""
    shutil.rmtree(COPIES, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines()
    for name in [*listed, *(str(p) for house in ("gnc", "hil", "firmware_bridge") for p in Path(house).rglob("*.c"))]:
        if Path(name).is_file():
            (FIRST / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, FIRST / name)
    if (built := build(FIRST)).returncode != 0:
        sys.exit(f"The tree itself does not build:\n{built.stderr}")
    imported = run(FIRST, sys.executable, "-c", "import gnc.flight; print(gnc.flight.__file__)").stdout
    if not Path(imported.strip()).is_relative_to(FIRST.resolve()):
        sys.exit(f"The tests would import {imported.strip()}, not the copy in {FIRST}")
    return [FIRST, *(Path(shutil.copytree(FIRST, COPIES / str(k))) for k in range(1, count))]


def row(mutant: Mutant) -> str:
    """What a survivor is in the report, without the comment that its reader writes."""
    line = mutant.whole.splitlines()[mutant.line() - 1]
    cells = (" ".join(text.split()) for text in (str(mutant.file), line, mutant.old, mutant.new or "(nothing)"))
    return "".join("| `" + cell.replace("|", "\\|") + "` " for cell in cells) + "|"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=40, help="how many changes to try")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once, each in its own copy")
    parser.add_argument("--at-least", type=float, default=90.0, help="percent of them that tests must notice")
    parser.add_argument("--report", type=Path, default=Path("docs/mutation.md"))
    parser.add_argument("tests", nargs="*", default=["tests/core"], help="the tests that ought to notice")
    arguments = parser.parse_args()

    copies = copy_tree(arguments.jobs)
    suite = measured(arguments.tests)
    everything = [m for file in sorted(CORE.rglob("*.c")) for m in mutants(file)]
    random.Random(arguments.seed).shuffle(everything)
    originals: dict[Path, bytes | None] = {}
    kinds: Counter[str] = Counter()
    live: list[Mutant] = []
    for mutant in everything:
        if len(live) == arguments.sample:
            break
        kind = sort_out(mutant, originals)
        kinds[kind] += 1
        if kind == "live":
            live.append(mutant)

    trees: queue.Queue[Path] = queue.Queue()
    for tree in copies:
        trees.put(tree)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        noticed = list(pool.map(lambda mutant: outcome(mutant, suite, trees), live))
    survivors = [mutant for mutant, by in zip(live, noticed, strict=True) if by is None]
    killed = len(live) - len(survivors)
    percent = 100.0 * killed / max(len(live), 1)

    old = arguments.report.read_text() if arguments.report.exists() else ""
    comments = dict(re.findall(r"^(\| .* \|) ([^|\n]*) \|$", old, re.M))
    table = [f"{row(mutant)} {comments.get(row(mutant), 'not read yet')} |" for mutant in survivors]
    heading = "| survived in | line | was | became | what a reader says |\n|---|---|---|---|---|"
    arguments.report.write_text(
        f"""# Mutation testing of the flight core

Small changes to `gnc/core`, one at a time, against `{" ".join(arguments.tests)}`. `make mutation` writes this page for
a sample of any size (`SAMPLE=40`) and keeps the comments in the last column.

Of {len(live)} changes drawn with seed {arguments.seed} out of {len(everything)}, the tests noticed **{killed}**
({percent:.0f} %). Not counted: {kinds["equivalent"]} that compile to the same object code and {kinds["refused"]} that
do not compile.
"""
        + "".join(f"{line}\n" for line in (["", heading, *table] if table else []))
    )
    if percent < arguments.at_least:
        sys.exit(f"{percent:.0f} % noticed; expected at least {arguments.at_least:g} %")


if __name__ == "__main__":
    main()
