"""What the compiled core is made of: no warning, no outside symbol, no state of its own, no recursion."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gnc import modules

CORE = Path(__file__).parents[2] / "gnc" / "core"
# Named so that neither a position-independent build nor a distribution's hardening moves or adds a symbol.
PLAIN = ["-fno-pic", "-fno-stack-protector", "-U_FORTIFY_SOURCE"]
BUILDS = [("gcc", "-O0"), ("gcc", "-O2"), ("gcc", "-O3"), ("clang", "-O0"), ("clang", "-O2"), ("clang", "-O3")]


def variables() -> dict[str, list[str]]:
    text = (CORE / "sources.mk").read_text().replace("\\\n", " ")
    return {m[1]: m[2].split() for m in re.finditer(r"^(\w+)\s*=\s*(.*)$", text, re.M)}


def compile_core(compiler: str, into: Path, *flags: str) -> None:
    """All sources to objects in `into`, warnings being errors."""
    assert shutil.which(compiler), f"{compiler} is missing: `make test` installs it"
    mk = variables()
    sources = [str(CORE / s) for s in modules.sources(CORE)]
    command = [compiler, *mk["CORE_CFLAGS"], *mk["CORE_WARNINGS"], *flags, f"-I{CORE}", "-c", *sources]
    made = subprocess.run(command, cwd=into, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


@pytest.fixture(scope="module", params=BUILDS, ids=" ".join)
def symbols(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """(type, name) of each symbol that nm sees in the core's objects."""
    compiler, optimisation = request.param
    into = tmp_path_factory.mktemp("core")
    compile_core(compiler, into, optimisation, *PLAIN)
    listed = subprocess.run(["nm", *sorted(map(str, into.glob("*.o")))], capture_output=True, text=True, check=True)
    found = re.findall(r"^[0-9a-f ]* ([A-Za-z]) (\S+)$", listed.stdout, re.M)
    assert ("T", "flight_step") in found
    return found


def test_core_references_nothing_outside_itself(symbols: list[tuple[str, str]]) -> None:
    defined = {name for kind, name in symbols if kind in "TRDB"}
    wanted = {name for kind, name in symbols if kind in "Uwv"}
    assert wanted - defined <= {"memcpy", "memset"}


def test_core_keeps_no_state(symbols: list[tuple[str, str]]) -> None:
    assert [name for kind, name in symbols if kind.lower() in "dbcsg"] == []


def test_core_compiles_without_a_warning_as_newer_c(tmp_path: Path) -> None:
    """A user's firmware may be compiled as C11 or C17."""
    compile_core("gcc", tmp_path, "-O2", "-std=c17", "-pedantic", "-Wshadow", "-Wvla", "-Wstrict-prototypes")


def registered() -> dict[str, set[str]]:
    """The functions in the rows of the registries by member, as the call graph names them: what a call through that
    member of a table may reach."""
    found: dict[str, set[str]] = {}
    for source in CORE.rglob("*.c"):
        text = source.read_text()
        for row in re.findall(r"^const (?:law|attitude|monitor|model)_t \w+ = \{(.*?)\};", text, re.M | re.S):
            for member, name in re.findall(r"\.(?!fields\b)(\w+) = ([a-z]\w*)", row):
                if re.search(rf"^static [\w ]+\b{name}\(", text, re.M):
                    found.setdefault(member, set()).add(f"{source}:{name}")
                elif name not in ("true", "false"):
                    found.setdefault(member, set()).add(name)
    return found


def members_called(caller: str, file: str) -> set[str]:
    """The members through which a function calls."""
    name = caller.rpartition(":")[2]
    body = re.search(rf"^[\w *]*\b{name}\([^;{{]*\)\n\{{\n(.*?)^\}}", Path(file).read_text(), re.M | re.S)
    assert body is not None, caller
    return set(re.findall(r"->(\w+)\(", body[1]))


def call_graph(into: Path) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Who calls whom, calls through tables expanded to every function in them, and the file of each function."""
    compile_core("gcc", into, "-O0", "-fcallgraph-info")
    calls: dict[str, set[str]] = {}
    files: dict[str, str] = {}
    for graph in into.glob("*.ci"):
        text = graph.read_text()
        for caller, callee in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            calls.setdefault(caller, set()).add(callee)
        for title, file in re.findall(r'node: \{ title: "([^"]+)" label: "[^"\\]+\\n([^:"]+):\d+:\d+" \}', text):
            files[title] = file
    assert len(calls) > 100 and len(files) > len(calls) // 2
    return calls, files


def test_core_does_not_recurse(tmp_path: Path) -> None:
    calls, files = call_graph(tmp_path)
    tables = registered()
    every = set().union(*tables.values())
    assert "guidance_burns_done" in every and every <= files.keys()
    indirect = [caller for caller, callees in calls.items() if "__indirect_call" in callees]
    assert indirect
    for caller in indirect:
        members = members_called(caller, files[caller])
        assert members, caller
        for member in members:
            calls[caller] |= tables.get(member, set())  # a stage that replaces the core's own is none of its functions

    # A function that still calls one left standing, after leaves have been taken away again and again, is in a cycle.
    while leaves := [f for f, callees in calls.items() if not callees & calls.keys()]:
        for leaf in leaves:
            del calls[leaf]
    assert sorted(calls) == []


def test_no_file_of_the_core_calls_back_into_one_that_calls_it(tmp_path: Path) -> None:
    calls, files = call_graph(tmp_path)
    uses: dict[str, set[str]] = {}
    for caller, callees in calls.items():
        for callee in callees & files.keys():
            one, other = files.get(caller), files[callee]
            if one is not None and one != other and other.endswith(".c"):
                uses.setdefault(one, set()).add(other)
    assert len(uses) > 10
    while leaves := [file for file, others in uses.items() if not others & uses.keys()]:
        for leaf in leaves:
            del uses[leaf]
    assert {file: sorted(others & uses.keys()) for file, others in uses.items()} == {}


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_core_fuses_no_multiplication_with_an_addition(compiler: str, tmp_path: Path) -> None:
    """A fused operation rounds once where two round twice: the bits would depend on the processor."""
    fused_on = {"x86_64": ["-mfma", "-mavx2"], "aarch64": []}  # where it is an option, and where it is always there
    compile_core(compiler, tmp_path, "-O3", *fused_on[platform.machine()])
    objects = sorted(map(str, tmp_path.glob("*.o")))
    code = subprocess.run(["objdump", "-d", *objects], capture_output=True, text=True, check=True).stdout
    assert "mul" in code
    assert re.findall(r"\t(vfn?m(?:add|sub)\w+|fn?m(?:add|sub|la|ls)\b.*)", code) == []
