"""The rules that the sources can be read for: who imports whom, what the core includes, how long a function is."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "gnc" / "core"
MAY_IMPORT = {
    "gnc": {"gnc"},
    "firmware_bridge": {"gnc", "firmware_bridge"},
    "hil": {"gnc", "firmware_bridge", "hil"},
}
PYTHON = [p for house in MAY_IMPORT for p in sorted((ROOT / house).rglob("*.py"))]
CYTHON = [
    p for house in MAY_IMPORT for p in sorted((ROOT / house).rglob("*.p[yx][xd]")) if p.suffix in {".pyx", ".pxd"}
]
C = sorted(CORE.rglob("*.[ch]"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_comments(text: str) -> str:
    """C source with each comment blanked, its lines kept."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


def imports_of_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def imports_of_cython(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        if found := re.match(r"\s*from\s+([\w.]+)\s+c?import\b", line):
            yield found[1]
        elif found := re.match(r"\s*c?import\s+([\w., ]+)", line):
            yield from (part.split()[0] for part in found[1].split(",") if part.strip())


@pytest.mark.parametrize("path", PYTHON + CYTHON, ids=name)
def test_imports_go_one_way_round(path: Path) -> None:
    imported = imports_of_python(path) if path.suffix == ".py" else imports_of_cython(path)
    houses = {module.split(".")[0] for module in imported} & set(MAY_IMPORT)
    assert houses <= MAY_IMPORT[path.relative_to(ROOT).parts[0]]


def statements_run_on_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from statements_run_on_import([n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt)])


def imported_with(path: Path) -> Iterator[str]:
    """The modules that importing a Python file imports at once, and whatever it takes from them."""
    for node in statements_run_on_import(ast.parse(path.read_text()).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def with_its_packages(module: str) -> set[str]:
    parts = module.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts) + 1)}


def test_no_modules_import_each_other() -> None:
    """Each can be imported first; a package's own modules may be imported by its __init__, not through it."""
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in PYTHON}
    graph = {}
    for module, path in modules.items():
        # What is taken from a package and is no module comes from its __init__, also where that is the module's own.
        named = {each if each in modules else each.rpartition(".")[0] for each in imported_with(path)}
        packages = set().union(*map(with_its_packages, named)) - with_its_packages(module)
        graph[module] = (named | packages) & modules.keys()
    assert len(list(TopologicalSorter(graph).static_order())) == len(modules)


@pytest.mark.parametrize("path", C, ids=name)
def test_core_includes_its_own_headers_and_three_of_the_languages(path: Path) -> None:
    own = {header.relative_to(CORE).as_posix() for header in CORE.rglob("*.h")}
    for include in re.findall(r"^\s*#\s*include\s+(\S+)", path.read_text(), re.M):
        assert include in {"<stdint.h>", "<stdbool.h>", "<stddef.h>"} or include.strip('"') in own


def test_core_files_have_different_names() -> None:
    """ar keeps one of a name."""
    names = [path.name for path in CORE.rglob("*.c")]
    assert len(set(names)) == len(names)


def test_a_row_is_one_file_and_one_line() -> None:
    """Of a law, attitude, monitor or model nothing but its own file and its line in values.h says its name."""
    values = (CORE / "definitions" / "values.h").read_text()
    rows = re.findall(r"^ *R\((\w+), \w+, (\w+), ", values, re.M)
    assert {prefix for prefix, _ in rows} == {"LAW", "ATTITUDE", "MONITOR", "KIND"}
    for prefix, row in rows:
        constant = f"{'model' if prefix == 'KIND' else prefix.lower()}_{row}"
        found = [name(path) for path in CORE.rglob("*.[ch]") if re.search(rf"\b{constant}\b", path.read_text())]
        assert len(found) == 1 and found[0].endswith(".c"), f"{constant}: in {found}"


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a source distribution, without a repository")
def test_git_ignores_no_core_file() -> None:
    """Cython's C is ignored; a new core source that the same pattern hid would be missing from every clone."""
    new = [str(folder / "new.c") for folder in (CORE, *CORE.rglob("*")) if folder.is_dir()]
    command = ["git", "check-ignore", "--no-index", "--verbose", "--non-matching", *new]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    assert len(said) == len(new)
    assert [line for line in said if not line.startswith("::") and ":!" not in line] == []


@pytest.mark.parametrize("path", C, ids=name)
def test_core_functions_are_short(path: Path) -> None:
    lines = without_comments(path.read_text()).splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        if re.match(r"[A-Za-z_][\w\s*]*\(", line):
            start = number
        elif line.startswith("}") and start is not None:
            assert number - start < 60, f"{name(path)}:{start} is {number - start + 1} lines long"
            start = None


@pytest.mark.parametrize("path", CYTHON, ids=name)
def test_compiled_code_uses_the_cores_elementary_functions(path: Path) -> None:
    """The last bit of libm's differs between systems, of NumPy's between versions."""
    code = re.sub(r"#[^\n]*", "", path.read_text())
    assert not re.search(r"libc\s*\.\s*math|\bc?import\s+math\b|\bfrom\s+math\b|math\.h", code)
    if path.relative_to(ROOT).parts[0] == "hil":
        assert not re.search(r"\bnp\.(random\.(?!SeedSequence|Philox)|a?(sin|cos|tan)|arc|exp|log|hypot|linalg)", code)


def test_packages_that_messages_advise_to_install_are_on_an_index() -> None:
    """ProxOps is on none, so an extra of it is no advice; what an extra consists of is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {re.split(r"[<>=\[]", need)[0] for needs in project["optional-dependencies"].values() for need in needs}
    sources = [*PYTHON, *sorted((ROOT / "docs").rglob("*.md"))]
    advised = {
        found
        for p in sources
        for found in re.findall(r"pip install ['\"]?([\w.\[\]-]+)", p.read_text(encoding="utf-8"))
    }
    assert {"distributed", "pyarrow"} <= advised
    assert advised - extras <= {"-r", "-e"}


@pytest.mark.parametrize("path", PYTHON + CYTHON, ids=name)
def test_no_unseeded_randomness(path: Path) -> None:
    assert not re.search(
        r"default_rng\(\)|^\s*(import random|from random import)|np\.random\.(seed|rand|randn|normal)\(",
        path.read_text(),
        re.M,
    )


CONSOLE = ROOT / "hil" / "report" / "console.py"


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_nothing_but_the_console_module_prints_markup(path: Path) -> None:
    """Titles, paths and error texts hold square brackets; rich would take them for instructions."""
    if path == CONSOLE:
        return
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    } | set(imports_of_python(path))
    forbidden = {
        "rich.console.Console",
        "rich.console",
        "rich.markup",
        "rich.print",
        "rich.progress.TextColumn",
        "rich",
    }
    assert not imported & forbidden, "print with hil.report.console"
    assert not re.search(r"\bmarkup=|\bfrom_markup\(", path.read_text())
