"""Builds the flight core once as a static library and links it into every Cython extension."""

from __future__ import annotations

import os
import re
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

CORE = Path("gnc/core")


def read_sources_mk() -> dict[str, list[str]]:
    """The variables of gnc/core/sources.mk, the one list of core sources and flags."""
    text = (CORE / "sources.mk").read_text().replace("\\\n", " ")
    return {m[1]: m[2].split() for m in re.finditer(r"^(\w+)\s*=\s*(.*)$", text, re.M)}


MK = read_sources_mk()
OPT = os.environ.get("PROXOPS_OPT", "-O2").split()
FLAGS = MK["CORE_CFLAGS"] + OPT
CORE_LIB = (
    "proxops_core",
    {
        "sources": [str(CORE / s) for s in MK["CORE_SOURCES"]],
        "include_dirs": [str(CORE)],
        "cflags": FLAGS + MK["CORE_WARNINGS"],
        "obj_deps": {"": [str(h) for h in CORE.glob("*.h")]},
    },
)


def extensions() -> list[Extension]:
    """One extension for each .pyx below gnc/ and hil/."""
    pyx = sorted([*Path("gnc").rglob("*.pyx"), *Path("hil").rglob("*.pyx")])
    return [
        Extension(
            ".".join(p.with_suffix("").parts),
            [str(p)],
            include_dirs=[str(CORE)],
            extra_compile_args=[*FLAGS, "-Wno-unused-function"],
            depends=[str(h) for h in CORE.glob("*.h")],
        )
        for p in pyx
    ]


setup(
    libraries=[CORE_LIB],
    ext_modules=cythonize(
        extensions(),
        annotate=bool(os.environ.get("PROXOPS_ANNOTATE")),
        compiler_directives={
            "language_level": 3,
            "cdivision": True,
            "embedsignature": True,
            "boundscheck": True,
            "wraparound": False,
        },
    ),
)
