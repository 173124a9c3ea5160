"""The link's C as a plain library, for tests that hold it against Python."""

import ctypes
import re
import subprocess
from pathlib import Path

import pytest

from gnc import modules
from gnc.build_id import core_build_id

ROOT = Path(__file__).parents[2]
CORE, LINK, GENERATED = (ROOT / p for p in ("gnc/core", "firmware_bridge/link", "firmware_bridge/icd/generated"))


def variables(path: Path) -> dict[str, list[str]]:
    text = path.read_text().replace("\\\n", " ")
    return {m[1]: m[2].split() for m in re.finditer(r"^(\w+)\s*=\s*(.*)$", text, re.M)}


def compile_link(out: Path, *more: str, compiler: str = "gcc", core_sources: bool = True) -> None:
    """Compiles link, codec and core, warnings being errors, with `more` flags and sources."""
    core = variables(CORE / "sources.mk")
    sources = [str(LINK / name) for name in variables(LINK / "sources.mk")["LINK_SOURCES"]]
    if core_sources:
        sources += [str(CORE / name) for name in modules.sources(CORE)]
    flags = [*core["CORE_CFLAGS"], *core["CORE_WARNINGS"], "-Wshadow", f"-DPROXOPS_BUILD_ID=0x{core_build_id()}u"]
    folders = [f"-I{folder}" for folder in (CORE, LINK, GENERATED)]
    done = subprocess.run(
        [compiler, *flags, *folders, *sources, *more, "-o", str(out)], capture_output=True, text=True, cwd=out.parent
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def link(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    library = tmp_path_factory.mktemp("link") / "link.so"
    compile_link(library, "-O1", "-shared", "-fPIC", str(Path(__file__).with_name("harness.c")))
    loaded = ctypes.CDLL(str(library))
    loaded.link_crc32.restype = ctypes.c_uint32
    return loaded
