"""Each extension and its stub: the same public names, members and parameters, so that mypy sees what is there."""

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hil import effectors, instruments
from hil.plant import attitudes
from tests.quality.out_of_tree import ROOT

# A kind of instrument or effector, or a mode of attitude, has no stub: what is public of it is its KIND or MODE, typed
# where the registry is.
KINDS = [ROOT / f"hil/instruments/{name}.pyx" for name in instruments.OWN]
KINDS += [path for name in effectors.OWN if (path := ROOT / f"hil/effectors/{name}.pyx").is_file()]
MODES = [ROOT / f"hil/plant/attitudes/{name}.pyx" for name in attitudes.OWN]
PYX = [
    p
    for house in ("gnc", "hil", "firmware_bridge")
    for p in sorted((ROOT / house).rglob("*.pyx"))
    if p not in KINDS + MODES
]
# What Python itself sets on a class, and what a data class defines, and what is private.
OF_EVERY_CLASS = re.compile(r"_(?!_init__$|_call__$|_len__$|_iter__$|_enter__$|_exit__$).*")

Parameters = list[tuple[str, bool]]


class Stub(NamedTuple):
    """Names that a stub declares, or the members of a class in it."""

    functions: dict[str, ast.FunctionDef]
    properties: set[str]
    values: set[str]
    classes: dict[str, ast.ClassDef]


def name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def declared(body: list[ast.stmt]) -> Stub:
    stub = Stub({}, set(), set(), {})
    for node in body:
        if isinstance(node, ast.ClassDef):
            stub.classes[node.name] = node
        elif isinstance(node, ast.FunctionDef):
            if any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list):
                stub.properties.add(node.name)
            else:
                stub.functions[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            stub.values.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            stub.values.update(a.name for a in node.names if a.asname == a.name)
    return stub


def declared_parameters(node: ast.FunctionDef) -> Parameters:
    """Names of the parameters, `self` not among them, and whether each has a default."""
    a = node.args
    assert a.vararg is None or not a.posonlyargs
    positional = [*a.posonlyargs, *a.args]
    defaults = [False] * (len(positional) - len(a.defaults)) + [True] * len(a.defaults)
    both = [(p.arg, d) for p, d in zip(positional, defaults, strict=True)]
    both += [(a.vararg.arg, False)] if a.vararg else []
    both += [(p.arg, d is not None) for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    both += [(a.kwarg.arg, False)] if a.kwarg else []
    return [(p, d) for p, d in both if p != "self"]


def parameters(function: Callable[..., Any]) -> Parameters:
    found = inspect.signature(function).parameters.values()
    return [(p.name, p.default is not p.empty) for p in found if p.name != "self"]


def constructor(cls: type, source: str) -> Parameters:
    """Of an extension type, from its source: it has no signature to ask for."""
    if type(cls.__init__).__name__ in {"function", "cython_function_or_method"}:
        return parameters(cls.__init__)
    found = re.search(rf"^cdef class {cls.__name__}\b.*?def __c?init__\(self,?(.*?)\):\n", source, re.M | re.S)
    assert found is not None, f"{cls}: no constructor in its source"
    parts = [part.strip() for part in re.split(r",(?![^()]*\))", found[1])]
    words = [re.fullmatch(r"(?:[\w.]+\s+)?(\w+)(?::[^=]*)?\s*(=.*)?", part) for part in parts if part not in {"", "*"}]
    assert None not in words
    return [(word[1], word[2] is not None) for word in words if word]


def public(path: Path) -> set[str]:
    """`__all__`, or what the source defines at its outermost level."""
    module = importlib.import_module(name(path))
    if hasattr(module, "__all__"):
        return set(module.__all__)
    defined = re.findall(r"^(?:def|class|cdef class|cpdef [\w ]*?)\s*(\w+)|^(\w+)\s*=", path.read_text(), re.M)
    return {word for words in defined for word in words if word and not word.startswith("_")}


@pytest.mark.parametrize("path", PYX, ids=name)
def test_stub_declares_the_public_names(path: Path) -> None:
    stub = declared(ast.parse(path.with_suffix(".pyi").read_text()).body)
    values = {n for n in stub.values if not n.startswith("_")}
    assert {*stub.functions, *values, *stub.classes} == public(path)
    module = importlib.import_module(name(path))
    for n in stub.functions:
        assert inspect.isroutine(getattr(module, n))
    for n in stub.classes:
        assert inspect.isclass(getattr(module, n))
    for n in values:
        assert hasattr(module, n)


@pytest.mark.parametrize("path", PYX, ids=name)
def test_stub_declares_the_parameters(path: Path) -> None:
    module = importlib.import_module(name(path))
    stub = declared(ast.parse(path.with_suffix(".pyi").read_text()).body)
    for n, node in stub.functions.items():
        assert (n, declared_parameters(node)) == (n, parameters(getattr(module, n)))
    for n, node in stub.classes.items():
        cls = getattr(module, n)
        for method, function in declared(node.body).functions.items():
            actual = constructor(cls, path.read_text()) if method == "__init__" else parameters(getattr(cls, method))
            assert (n, method, declared_parameters(function)) == (n, method, actual)


@pytest.mark.parametrize("path", PYX, ids=name)
def test_stub_declares_the_members_of_each_class(path: Path) -> None:
    module = importlib.import_module(name(path))
    for n, node in declared(ast.parse(path.with_suffix(".pyi").read_text()).body).classes.items():
        cls = getattr(module, n)
        stub = declared(node.body)
        if issubclass(cls, tuple):
            assert stub.values == set(cls._fields)
            continue
        fields = {f.name for f in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()
        members = {m: v for m, v in vars(cls).items() if not OF_EVERY_CLASS.match(m) and m not in fields}
        members.pop("__init__", None)  # its parameters are compared above, of __cinit__ too
        routines = {m for m, v in members.items() if inspect.isroutine(v)}
        assert (n, {*stub.functions} - {"__init__"}) == (n, routines)
        assert (n, stub.properties) == (n, set(members) - routines)
        set_by_itself = set(re.findall(r"^\s+self\.(\w+) = ", path.read_text(), re.M))
        assert (n, stub.values - set_by_itself) == (n, fields - set_by_itself)


@pytest.mark.parametrize("path", KINDS, ids=name)
def test_a_kind_declares_itself_and_its_row_and_nothing_else(path: Path) -> None:
    module = importlib.import_module(name(path))
    house = instruments if path.parent.name == "instruments" else effectors
    assert house.kinds()[path.stem] is module.KIND
    defined = re.findall(r"^(?:def|class|cdef class|cpdef [\w ]*?)\s*(\w+)", path.read_text(), re.M)
    assert [n for n in defined if not n.startswith("_")] == [module.KIND.row.__name__]


@pytest.mark.parametrize("path", MODES, ids=name)
def test_a_mode_of_attitude_declares_its_row_and_its_configuration(path: Path) -> None:
    module = importlib.import_module(name(path))
    assert attitudes.modes()[path.stem] is module.MODE
    public = re.findall(r"^(?:def|class|cdef class)\s+([^\W_]\w*)", path.read_text(), re.M)
    assert public[0] == module.MODE.row.__name__ and len(public) <= 2
