"""Rules for the tests themselves: a comparison states how far off is still right, so that none passes on zero."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
# Their default absolute tolerance hides any error of a small number: 1e-12, 1e-8 and half a unit of the sixth decimal.
DEFAULT_HIDES = {
    "approx": "abs",
    "isclose": "atol",
    "allclose": "atol",
    "assert_almost_equal": None,
    "assert_array_almost_equal": None,
    "assert_approx_equal": None,
}


def called(node: ast.Call) -> str:
    """The last part of a called name; math.isclose, which has no absolute tolerance, in full."""
    whole = ast.unparse(node.func)
    return whole if whole == "math.isclose" else whole.split(".")[-1]


def weak_comparisons(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and called(node) in DEFAULT_HIDES:
            needed = DEFAULT_HIDES[called(node)]
            if needed is None or needed not in {keyword.arg for keyword in node.keywords}:
                instead = f"give {needed}=" if needed else "use assert_allclose"
                yield f"line {node.lineno}: {ast.unparse(node)}: {instead}"
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Compare) and is_constant(node.test):
            yield f"line {node.lineno}: {ast.unparse(node)}: always true"


def is_constant(test: ast.expr) -> bool:
    """Whether it is true whatever is tested: a literal, a tuple with a message, or an alternative that is one."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(is_constant(value) for value in test.values)
    return isinstance(test, ast.Constant | ast.Tuple | ast.List | ast.GeneratorExp | ast.Lambda)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_comparisons_state_their_absolute_tolerance(path: Path) -> None:
    assert not list(weak_comparisons(path.read_text()))


@pytest.mark.parametrize(
    "line",
    [
        "assert x == pytest.approx(y)",
        "assert x == approx(1e-14, rel=1e-9)",
        "assert np.allclose(x, y, rtol=1e-9)",
        "assert np.isclose(x, y)",
        "np.testing.assert_almost_equal(x, y)",
        "assert (x == y, 'unequal')",
        "assert x == y or 'unequal'",
        "assert (a == b for a, b in pairs)",
    ],
)
def test_weak_comparisons_are_found(line: str) -> None:
    assert len(list(weak_comparisons(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "assert x == pytest.approx(y, rel=1e-9, abs=0.0)",
        "assert np.allclose(x, y, rtol=0.0, atol=1e-9)",
        "np.testing.assert_allclose(x, y)",
        "assert math.isclose(x, y)",
        "assert x == y or x is None",
    ],
)
def test_sound_comparisons_are_let_through(line: str) -> None:
    assert not list(weak_comparisons(line))
