"""Prints the constants of gnc/core/math/elementary.c from their definitions (needs mpmath).

Polynomials interpolate at Chebyshev nodes of the stated interval, which is within a small factor
of minimax; the printed bound is the largest error found on a fine grid after the coefficients
were rounded to double.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

PRECISION = 400


def hexf(x: mp.mpf) -> str:
    return float(x).hex().replace("0x1.0000000000000p", "0x1p").replace("0x0.0p+0", "0.0")


def split(x: mp.mpf, bits: int) -> tuple[mp.mpf, mp.mpf]:
    """x as a head of at most `bits` significant bits, truncated, and the rest."""
    m, e = mp.frexp(x)
    head = mp.ldexp(mp.floor(mp.ldexp(m, bits)), int(e) - bits)
    return head, x - head


def polynomial(f: Callable[[mp.mpf], mp.mpf], lo: float, hi: float, count: int) -> tuple[list[mp.mpf], mp.mpf]:
    """Coefficients (constant term first) of degree count-1 and the largest error on [lo, hi]."""
    mid, half = mp.mpf(lo + hi) / 2, mp.mpf(hi - lo) / 2
    nodes = [mid + half * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    a = mp.matrix(count, count)
    for i, x in enumerate(nodes):
        for j in range(count):
            a[i, j] = x**j
    c = mp.lu_solve(a, mp.matrix([f(x) for x in nodes]))
    rounded = [mp.mpf(float(c[j])) for j in range(count)]
    grid = [mid + half * (2 * mp.mpf(i) / 400 - 1) for i in range(401)]
    return rounded, max(abs(mp.fdot(rounded, [x**j for j in range(count)]) - f(x)) for x in grid if x != 0)


def show(name: str, values: list[mp.mpf], note: str = "") -> str:
    body = ",\n".join("    " + ", ".join(hexf(v) for v in values[i : i + 4]) for i in range(0, len(values), 4))
    return f"static const double {name}[{len(values)}] = {{{'  /* ' + note + ' */' if note else ''}\n{body}}};"


def show_polynomial(name: str, f: Callable[[mp.mpf], mp.mpf], lo: float, hi: float, count: int) -> str:
    c, err = polynomial(f, lo, hi, count)
    return show(name, c, f"error below 2^{float(mp.log(err, 2)):.1f}")


@mp.workprec(PRECISION)
def listing() -> str:
    """The constants as C."""
    p, rest = [], mp.pi / 2
    for _ in range(3):
        head, rest = split(rest, 33)
        p.append(head)
    atan = [mp.atan(mp.mpf(i) / 32) for i in range(33)]
    exp = [mp.mpf(2) ** (mp.mpf(j) / 32) for j in range(32)]
    parts = [
        show("PIO2", [*p, rest], "33 + 33 + 33 + 53 bits"),
        show("PIO2_PAIR", [mp.pi / 2, mp.pi / 2 - mp.mpf(float(mp.pi / 2))]),
        f"#define INV_PIO2 {hexf(2 / mp.pi)}",
        f"#define INV_LN2_32 {hexf(32 / mp.ln(2))}",
        show("LN2_32", list(split(mp.ln(2) / 32, 36)), "36 + 53 bits"),
        show("LN2", list(split(mp.ln(2), 40)), "40 + 53 bits"),
        show_polynomial("SIN_C", lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 0, 0.618, 7),
        show_polynomial("COS_C", lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, 0, 0.618, 7),
        show_polynomial("ASIN_C", lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 0, 0.25, 14),
        show_polynomial("ATAN_C", lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 0, (3 / 16) ** 2, 11),
        show_polynomial("EXP_C", lambda r: mp.hyp1f1(1, 3, r) / 2, -0.01084, 0.01084, 5),
        show_polynomial("LOG_C", lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z, 0, 0.02945, 8),
        show_polynomial("CBRT_C", lambda m: mp.cbrt(m), 0.5, 1, 4),
        show("CBRT_2", [mp.mpf(1), mp.cbrt(2), mp.cbrt(4)]),
        show("ATAN_HI", atan),
        show("ATAN_LO", [v - mp.mpf(float(v)) for v in atan]),
        show("EXP_HI", exp),
        show("EXP_LO", [v - mp.mpf(float(v)) for v in exp]),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    print(listing())
