"""Users' own modules of the core: what is found in their files, what is refused, and the core that has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gnc import flight, modules
from gnc.build_id import CORE, core_build_id
from gnc.modules import ModuleError, find, folders_of, lists, stage

MODEL = '#include "registry.h"\n\nconst model_t model_{name} = {{\n    .kind = {number}, /* its own */\n}};\n'


def module(folder: Path, name: str = "pinger", number: object = 130, file: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    source = folder / (file or f"{name}.c")
    source.write_text(MODEL.format(name=name, number=number))
    return source


def test_the_cores_own_lists_are_current() -> None:
    assert (CORE / modules.LISTS).read_text() == lists(()), "write gnc/core/users.c anew with gnc.modules.lists(())"


def test_rows_are_found_in_every_file_of_every_folder(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    module(one), module(one, "alarm", 131)
    two = one / "two.c"
    two.write_text(
        "const model_t model_short = {.kind = 140, .update = update};\nstatic const own_t other = {1};\n"
        "const law_t law_spiral = {\n    .id = 140,\n};\n"
    )
    module(other, "probe", 255)
    text = os.pathsep.join([str(one), str(other), str(one)])
    assert [(row.type, row.name, row.id, row.source) for row in find(folders_of(text))] == [
        ("model", "alarm", 131, one / "alarm.c"), ("model", "pinger", 130, one / "pinger.c"),
        ("model", "short", 140, two), ("law", "spiral", 140, two), ("model", "probe", 255, other / "probe.c"),
    ]  # fmt: skip
    assert folders_of("") == () and find(()) == ()


@pytest.mark.parametrize("number", [127, 256, "KIND_CAMERA", -1, "0x90"])
def test_a_number_that_is_not_a_users_is_refused(number: object, tmp_path: Path) -> None:
    source = module(tmp_path, number=number)
    with pytest.raises(ModuleError, match=f"^{source}: model_pinger: id.*: expected a number from 128 to 255$"):
        find([tmp_path])


def test_what_is_there_twice_is_refused(tmp_path: Path) -> None:
    first = module(tmp_path / "a")
    second = module(tmp_path / "b", "alarm")
    with pytest.raises(ModuleError, match=f"^{second}: model_alarm: id = 130: taken by model_pinger of {first}$"):
        find([tmp_path / "a", tmp_path / "b"])
    module(tmp_path / "b", "pinger", 131, "alarm.c")
    with pytest.raises(ModuleError, match=r"alarm.c: model_pinger: there is one of that name in .*pinger.c$"):
        find([tmp_path / "a", tmp_path / "b"])
    second.unlink()
    module(tmp_path / "b", "alarm", 131, "pinger.c")
    with pytest.raises(ModuleError, match=r"b/pinger.c: there is a file of that name in .*a$"):
        find([tmp_path / "a", tmp_path / "b"])
    module(tmp_path / "b", "camera", 131, "pinger.c")
    with pytest.raises(ModuleError, match=r"model_camera: the core has one of that name$"):
        find([tmp_path / "b"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("int x;\n", "no row: expected a definition as const law_t law_"),
        ("const model_t pinger = {.kind = 130};\n", "pinger: expected a name that begins with model_$"),
        ("const model_t model_pinger = {.update = update};\n", "model_pinger: id: expected a number"),
    ],
)
def test_a_file_that_is_no_module_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text(text)
    with pytest.raises(ModuleError, match=said):
        find([tmp_path])


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModuleError, match=f"^modules folder {tmp_path}: expected a folder with C files$"):
        find([tmp_path])


def test_the_core_with_modules_has_another_build_id(tmp_path: Path) -> None:
    """It holds the core's sources, the modules and the lists; what did not change keeps its time."""
    source, target = module(tmp_path / "a"), tmp_path / "core"
    stage(CORE, find([tmp_path / "a"]), target)
    assert (target / "modules/pinger.c").read_text() == source.read_text()
    assert '{"model", "pinger", 130}' in (target / modules.LISTS).read_text()
    assert modules.sources(target) == sorted(["modules/pinger.c", *modules.sources(CORE)])
    assert (target / "sources.mk").read_text() == (CORE / "sources.mk").read_text()
    copied = {path.relative_to(target).as_posix() for path in target.rglob("*.[ch]")}
    assert copied - {"modules/pinger.c"} == {path.relative_to(CORE).as_posix() for path in CORE.rglob("*.[ch]")}

    ids = {core_build_id(CORE), core_build_id(target)}
    before = (target / modules.LISTS).stat().st_mtime_ns
    stage(CORE, find([tmp_path / "a"]), target)
    assert (target / modules.LISTS).stat().st_mtime_ns == before
    source.write_text(source.read_text() + "/* another */\n")
    module(tmp_path / "a", "alarm", 131)
    core_build_id.cache_clear()
    stage(CORE, find([tmp_path / "a"]), target)
    ids.add(core_build_id(target))
    source.unlink()
    core_build_id.cache_clear()
    stage(CORE, find([tmp_path / "a"]), target)
    ids.add(core_build_id(target))
    core_build_id.cache_clear()
    assert len(ids) == 4 and not (target / "modules/pinger.c").exists()


def test_rows_of_the_core_have_names() -> None:
    assert flight.numbers("law")["hold"] == flight.Law.HOLD and flight.numbers("model")["imu"] == flight.Kind.IMU
    with pytest.raises(ValueError, match="type 'phase': expected one of law, attitude, monitor, model"):
        flight.numbers("phase")
