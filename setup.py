"""Builds the flight core once and links it into every Cython extension.

Environment: ``CC`` chooses the compiler; ``PROXOPS_OPT`` replaces ``-O2`` for compiler and linker alike
(``"-O0 --coverage"``, ``"-O1 -g -fsanitize=address,undefined"``); ``PROXOPS_ANNOTATE=1`` writes
Cython's annotated HTML; ``PROXOPS_ALSO=benchmarks`` builds the extensions there too; ``PROXOPS_ONLY=gnc`` builds those
in one package only, an empty one none; ``PROXOPS_MODULES=folder:folder`` builds the C files in them into the core.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.modified import newer_group

sys.path.insert(0, str(Path(__file__).parent))  # a build in isolation does not start here
from gnc import modules  # which imports nothing that is compiled

CORE = Path("gnc/core")
SHARED = "gnc._cyutility"  # Cython's memory views and functions, compiled once instead of in every extension
BRIDGE = Path("firmware_bridge")
LINK, ICD = BRIDGE / "link", BRIDGE / "icd/generated"
JOBS = os.cpu_count() or 1


def read_sources_mk(folder: Path) -> dict[str, list[str]]:
    """The variables of a sources.mk: gnc/core's has the core's flags."""
    text = (folder / "sources.mk").read_text().replace("\\\n", " ")
    return {m[1]: m[2].split() for m in re.finditer(r"^(\w+)\s*=\s*(.*)$", text, re.M)}


MK = read_sources_mk(CORE)
GIVEN = os.environ.get("PROXOPS_MODULES", "")
try:
    ROWS = modules.find(modules.folders_of(GIVEN))
except (modules.ModuleError, OSError) as error:
    sys.exit(f"setup.py: {error}")
# The host's end of the wire is the boards' link, but for the protocol, which is theirs alone.
LINK_SOURCES = [os.path.normpath(LINK / name) for name in read_sources_mk(LINK)["LINK_SOURCES"] if name != "protocol.c"]
PACKAGES = (
    os.environ.get("PROXOPS_ONLY", "gnc hil firmware_bridge").split() + os.environ.get("PROXOPS_ALSO", "").split()
)
# The interpreter's own CFLAGS ask for -g, a third of the compiler's time; a -g in PROXOPS_OPT comes later and wins.
OPT = ["-g0", *os.environ.get("PROXOPS_OPT", "-O2").split()]
# A stranger's newer compiler may warn of more than ours: a warning stops the tests, never an install.
WARNINGS = [w for w in MK["CORE_WARNINGS"] if w != "-Werror"]
FLAGS = [*MK["CORE_CFLAGS"], "-Wno-unused-function", *OPT]
HEADERS = [str(p) for folder in (CORE, LINK, ICD) for p in sorted(folder.rglob("*.h"))]

# The interpreter's own CFLAGS (a distribution's, or the environment's) may not change the code made for an
# expression; given at the link, -ffast-math would even set flush-to-zero for the whole process.
FOREIGN = re.compile(r"-O.*|-f(?!PIC).*|-m(?!32|64|macosx).*")


def without_foreign(command: list[str]) -> list[str]:
    """A compiler command without the flags that belong to gnc/core/sources.mk alone."""
    return [part for part in command if not FOREIGN.fullmatch(part)]


class BuildExt(build_ext):
    """Compiles what changed, core and extensions alike, and everything when the command line changed."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or JOBS

    def build_extensions(self) -> None:
        for name in ("compiler", "compiler_so", "linker_so"):
            setattr(self.compiler, name, without_foreign(getattr(self.compiler, name)))
        self.force_if_command_changed()
        self.compile_all = self.compiler.compile
        self.compiler.compile = self.compile_changed
        library = self.build_core()
        for ext in self.extensions:
            ext.extra_objects = [library]
            ext.depends = [*HEADERS, library]
        super().build_extensions()

    def run(self) -> None:
        super().run()
        if self.extensions:
            self.leave_sources()

    @property
    def staged(self) -> Path:
        """The core with users' modules."""
        return Path(self.build_temp, "core_with_modules")

    def leave_sources(self) -> None:
        """The core with users' modules beside the extensions, for firmware and build id; none where there are none."""
        place = Path("." if self.inplace else self.build_lib, "gnc", "_core")
        shutil.rmtree(place, ignore_errors=True)
        if ROWS:
            shutil.copytree(self.staged, place)
        if self.inplace:
            write_if_changed(Path("build/modules"), f"{GIVEN}\n")  # which the Makefile compares

    def force_if_command_changed(self) -> None:
        stamp = Path(self.build_temp, "command")
        command = " ".join([*self.compiler.compiler_so, *MK["CORE_CFLAGS"], *WARNINGS, *OPT])
        if not stamp.exists() or stamp.read_text() != command:
            self.force = True
            stamp.parent.mkdir(parents=True, exist_ok=True)
            stamp.write_text(command)

    def compile_changed(self, sources: list[str], **options: Any) -> list[str]:
        """The compiler's own ``compile`` takes every source each time; this one those older than their objects."""
        objects = self.compiler.object_filenames(sources, output_dir=self.build_temp)
        for source, made in zip(sources, objects, strict=True):
            if self.force or newer_group([source, *HEADERS, "gnc/core/sources.mk", "setup.py"], made):
                self.compile_all([source], **options)
        return objects

    def build_core(self) -> str:
        def compile_one(name: str) -> str:
            flags = [*MK["CORE_CFLAGS"], *WARNINGS, *OPT]
            return self.compiler.compile(
                [name], output_dir=self.build_temp, include_dirs=[str(CORE)], extra_postargs=flags
            )[0]

        with ThreadPoolExecutor(JOBS) as pool:
            objects = list(pool.map(compile_one, self.core_sources()))
        library = self.compiler.library_filename("proxops_core", output_dir=self.build_temp)
        other = write_if_changed(Path(self.build_temp, "objects"), "\n".join(objects))
        if self.force or other or newer_group(objects, library):
            Path(library).unlink(missing_ok=True)
            self.compiler.create_static_lib(objects, "proxops_core", output_dir=self.build_temp)
        return library

    def core_sources(self) -> list[str]:
        """Of a core with users' modules only what differs is compiled anew."""
        if not ROWS:
            return [str(CORE / name) for name in modules.sources(CORE)]
        modules.stage(CORE, ROWS, self.staged)
        own = [str(CORE / name) for name in modules.sources(CORE) if name != modules.LISTS]
        users = sorted({f"{modules.FOLDER}/{row.source.name}" for row in ROWS})
        return [*own, *(str(self.staged / name) for name in (modules.LISTS, *users))]


def write_if_changed(path: Path, text: str) -> bool:
    """Whether the file had another text."""
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return True


def extensions() -> Iterator[Extension]:
    """One extension for each .pyx below the packages to build, and the one that they share; the longest first."""
    if not PACKAGES:
        return
    yield Extension(SHARED, [f"{SHARED.replace('.', '/')}.c"], extra_compile_args=FLAGS, extra_link_args=OPT)
    sources = [p for root in PACKAGES for p in sorted(Path(root).rglob("*.pyx"))]
    for pyx in sorted(sources, key=lambda p: -p.stat().st_size):
        yield Extension(
            ".".join(pyx.with_suffix("").parts),
            [str(pyx), *(LINK_SOURCES if pyx.is_relative_to(BRIDGE) else [])],
            include_dirs=[str(CORE), str(LINK), str(ICD)],
            extra_compile_args=FLAGS,
            extra_link_args=OPT,
        )


def translated_before_this_file(made_from: list[Extension]) -> bool:
    """Cython compares its C with the sources alone; the options that it was made with are here."""
    made = [Path(ext.sources[0]).with_suffix(".c") for ext in made_from]
    return any(c.exists() and c.stat().st_mtime < Path(__file__).stat().st_mtime for c in made)


if __name__ == "__main__":
    every = list(extensions())
    setup(
        cmdclass={"build_ext": BuildExt},
        ext_modules=cythonize(
            every,
            force=translated_before_this_file(every),
            nthreads=JOBS,
            shared_utility_qualified_name=SHARED,
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
