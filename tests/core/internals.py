"""The flight core with its lid off: any of its functions, on a state whose members are NumPy arrays."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from gnc import modules
from gnc.flight import (
    COMMAND,
    LATE_CYCLES_MAX,
    MEASUREMENT,
    N_GUARDS,
    N_TRANSITIONS,
    PARAMS,
    SENSOR_FRAME,
    TELEMETRY,
    Attitude,
    Event,
    Guard,
    Kind,
    Law,
    add_measurement,
    attitude_fields,
    components,
    law_block,
    law_fields,
    model_block,
    monitor_block,
)
from hil import Scenario
from hil.prepare import prepare

Array = NDArray[np.float64]
ROOT = Path(__file__).parents[2]
CORE = ROOT / "gnc" / "core"
CYCLE_US = 100_000
TRUTHS = (
    "mat3_inverse mat_solve orbit_kepler_propagate orbit_two_impulse internals_targeting_solve "
    "internals_targeting_predict internals_filter_update internals_nav_relative_at internals_nav_take "
    "internals_flush_subnormals internals_hold_without"
)


# A sensor frame with one instrument of each kind by name: what tests write into. `slots` makes the core's frame of it.
KINDS = {"imu": Kind.IMU, "star": Kind.STAR, "gnss": Kind.GNSS, "rgnss": Kind.RGNSS, "camera": Kind.CAMERA}
POSE = "q_camera_from_tport"
NAMED_FRAME = np.dtype(
    [("t_us", "<u8"), ("tick", "<u4"), ("tc_arg", "<f8", 2), ("tc_seq", "<u2"), ("tc_opcode", "<u2")]
    + [("thruster_applied_us", "<u4", SENSOR_FRAME["thruster_applied_us"].shape)]
    + [(f"{name}_{field}", kind)
       for name in KINDS for field, kind in (("valid", "u1"), ("seq", "<u2"), ("t_valid_us", "<u8"))]
    + [(f"{name}_{f.name}", "<f8", max(f.count, 1)) if f.count else (f"{name}_{f.name}", "<f8")
       for name, kind in KINDS.items() for f in components(kind)]
    + [("camera_pose_valid", "u1"), ("dock_contact", "u1"), ("dock_captured", "u1")]
)  # fmt: skip
UPDATES = {f"nav_{name}_update": kind for name, kind in KINDS.items() if kind is not Kind.IMU}


def slots(named: Any) -> NDArray[Any]:
    """The sensor frame of one record of NAMED_FRAME: a slot for each instrument that has a measurement."""
    named = np.asarray(named).reshape(())
    frame = np.zeros(1, SENSOR_FRAME)
    for name in ("t_us", "tick", "tc_arg", "tc_seq", "tc_opcode", "thruster_applied_us"):
        frame[name] = named[name]
    for number, (name, kind) in enumerate(KINDS.items()):
        if named[f"{name}_valid"]:
            values = {f.name: named[f"{name}_{f.name}"] for f in components(kind)}
            if kind is Kind.CAMERA and not named["camera_pose_valid"]:
                del values[POSE]
            seq, t_valid_us = int(named[f"{name}_seq"]), named[f"{name}_t_valid_us"]
            add_measurement(frame[0], kind, instrument=number, seq=seq, t_valid_us=t_valid_us, **values)
    flags = int(named["dock_contact"]) + 2 * int(named["dock_captured"])
    tick, t_us = int(named["tick"]) % 2**16, named["t_us"]
    add_measurement(frame[0], Kind.DOCK, instrument=len(KINDS), seq=tick, t_valid_us=t_us, flags=flags)
    return frame


def measurement(named: Any, kind: Kind) -> NDArray[Any] | None:
    """The measurement of a kind in a record of NAMED_FRAME; None if there is none."""
    frame = slots(named)[0]
    found = [slot for slot in frame["slot"][: frame["slot_count"]] if slot["kind"] == kind]
    return np.array(found, MEASUREMENT) if found else None


class Member(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_char_p),
        ("at", ctypes.c_uint32),
        ("count", ctypes.c_uint32),
    )


def build() -> Path:
    """Compiles what changed of gnc/core and internals.c into a shared library, with CC and PROXOPS_OPT as setup.py
    takes them; one below build/ for each compiler command."""
    text = (CORE / "sources.mk").read_text().replace("\\\n", " ")
    variables = {m[1]: m[2].split() for m in re.finditer(r"^(\w+)\s*=\s*(.*)$", text, re.M)}
    optimisation = shlex.split(os.environ.get("PROXOPS_OPT", "-O2"))
    compiler = [os.environ.get("CC", "gcc"), *variables["CORE_CFLAGS"], *variables["CORE_WARNINGS"], *optimisation]
    sources = [*(CORE / name for name in modules.sources(CORE)), Path(__file__).with_suffix(".c")]
    include = [f"-I{place}" for place in sorted({header.parent for header in CORE.rglob("*.h")})]
    headers = max(path.stat().st_mtime_ns for path in CORE.rglob("*.[hm]*"))
    folder = ROOT / "build" / "internals" / f"{crc32(shlex.join(compiler).encode()):08x}"
    library = folder / "internals.so"
    folder.mkdir(parents=True, exist_ok=True)

    def made_before(made: Path, time_ns: int) -> bool:
        return not made.exists() or made.stat().st_mtime_ns <= time_ns

    def compile_one(source: Path) -> Path:
        made = folder / f"{'-'.join(source.relative_to(ROOT).parts)}.o"
        if made_before(made, max(source.stat().st_mtime_ns, headers)):
            subprocess.run([*compiler, "-fPIC", *include, "-c", str(source), "-o", str(made)], check=True)
        return made

    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first of several pytest workers builds for them all
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(compile_one, sources))
        if made_before(library, max(made.stat().st_mtime_ns for made in objects)):
            part = folder / "part.so"
            subprocess.run([*compiler[:1], *optimisation, "-shared", *map(str, objects), "-o", str(part)], check=True)
            part.rename(library)
    return library


def load(library: Path) -> ctypes.CDLL:
    core = ctypes.CDLL(str(library))
    for name in TRUTHS.split():
        getattr(core, name).restype = ctypes.c_bool
    for name in ("internals_nav_attitude_variance", "internals_nav_rgnss_growth", "filter_gate"):
        getattr(core, name).restype = ctypes.c_double
    core.flight_size.restype = ctypes.c_size_t
    return core


def pointer(x: Any) -> Any:
    """An array's or record's address; other arguments as they are."""
    if isinstance(x, np.ndarray | np.void):
        return ctypes.c_void_p(x.__array_interface__["data"][0])
    return ctypes.c_double(x) if isinstance(x, float) else x


class Core:
    """One flight_t. `core["attitude.p"]` is a view into it, `core.call(name, ...)` a C function on it."""

    def __init__(self, library: ctypes.CDLL, params: Any) -> None:
        self.library = library
        self.memory = np.zeros((library.flight_size() + 7) // 8, np.uint64)
        self.members = self._members()
        bad = ctypes.c_uint32(0)
        status = self.call("flight_init", np.asarray(params).reshape(1), ctypes.byref(bad))
        assert status == 0, (status, bad.value)

    def _members(self) -> dict[str, NDArray[Any]]:
        raw, count = self.memory.view(np.uint8), ctypes.c_uint32.in_dll(self.library, "internals_member_count").value
        table = (Member * count).in_dll(self.library, "internals_members")
        members = {}
        for m in table:
            dtype = np.dtype(m.type.decode())
            members[m.name.decode()] = raw[m.at : m.at + m.count * dtype.itemsize].view(dtype)
        members["params"] = members["params"].view(PARAMS)
        return members

    def __getitem__(self, name: str) -> NDArray[Any]:
        x = self.members[name]
        return x[: int(self.members["relative.filter.states"][0]) ** 2] if name == "relative.p" else x

    def __setitem__(self, name: str, value: Any) -> None:
        self[name][...] = np.ravel(value)

    def matrix(self, name: str) -> Array:
        """A square member as a matrix view."""
        x = self[name]
        n = round(len(x) ** 0.5)
        return x.reshape(n, n)

    @property
    def params(self) -> Parameters:
        return Parameters(self.members["params"][0])

    def call(self, name: str, *arguments: Any) -> Any:
        """A function of the core on this state; frames by name become the core's, or the measurement that it takes."""
        if (kind := UPDATES.get(name)) is not None:
            found = measurement(arguments[0], kind)
            update = self.library.internals_nav_update
            return None if found is None else update(pointer(self.memory), pointer(found))
        function: Callable[..., Any] = getattr(
            self.library, name if name.startswith("flight_") else f"internals_{name}"
        )
        arguments = tuple(slots(a) if getattr(a, "dtype", None) == NAMED_FRAME else a for a in arguments)
        return function(pointer(self.memory), *(pointer(a) for a in arguments))

    def changed_by(self, name: str, *arguments: Any) -> set[str]:
        """The members that a call changed."""
        before = {member: x.tobytes() for member, x in self.members.items()}
        self.call(name, *arguments)
        return {member for member, x in self.members.items() if x.tobytes() != before[member]}

    def step(self, frame: NDArray[Any], telemetry: bool = True) -> tuple[int, Any, Any]:
        """flight_step: status, command, telemetry (all ones before the call, so that what is written shows)."""
        command, told = (np.frombuffer(b"\xff" * t.itemsize, t).copy() for t in (COMMAND, TELEMETRY))
        status = self.call("flight_step", frame, command, told if telemetry else None)
        return status, command[0], told[0]


def with_imu(frame: NDArray[Any], dtheta: Any = 0.0, dv: Any = 0.0) -> NDArray[Any]:
    """The frame with an IMU's increments of its cycle, and a number of their own."""
    frame["imu_valid"], frame["imu_seq"], frame["imu_t_valid_us"] = 1, frame["tick"], frame["t_us"]
    frame["imu_dtheta_body_rad"], frame["imu_dv_body_mps"] = dtheta, dv
    return frame


def blank_frame(tick: int = 0, t_us: int | None = None) -> NDArray[Any]:
    """A sensor frame by name that holds nothing but its number and time."""
    frame = np.zeros(1, NAMED_FRAME)
    frame["tick"], frame["t_us"] = tick, tick * CYCLE_US if t_us is None else t_us
    return frame


# What tests write of the instruments of the shipped scenarios: by kind, how the names of its model's fields begin.
PREFIX = {"imu": "", "star": "star_", "gnss": "gnss_", "rgnss": "rgnss_", "camera": "camera_"}
PLACED = {"imu_body_m": "imu", "camera_body_m": "camera"}
TURNED = {"q_star_from_body": "star", "q_camera_from_body": "camera"}
BOTH_ANTENNAS = "gnss_body_m"


class Parameters:
    """A record of PARAMS with what the instruments have of their own by name, as `camera_sigma_los_rad`,
    `q_camera_from_body`, `imu_body_m` or `gnss_body_m`, which is both receivers' antenna."""

    def __init__(self, record: Any) -> None:
        self.record = record

    def of(self, name: str) -> NDArray[Any] | None:
        """The view of a name that is an instrument's own; None: the name is a parameter's."""
        p = self.record
        for kind, prefix in PREFIX.items():
            number = list(PREFIX).index(kind)
            if name == f"{kind}_timeout_s":
                return p["instrument_timeout_s"][number : number + 1].reshape(())  # type: ignore[no-any-return]
            own = model_block(p, number)
            if name.startswith(prefix) and name.removeprefix(prefix) in own:
                return own[name.removeprefix(prefix)]
        if name in PLACED or name == BOTH_ANTENNAS:
            number = list(PREFIX).index(PLACED.get(name, "gnss"))
            return p["instrument_position_body_m"][3 * number : 3 * number + 3]  # type: ignore[no-any-return]
        if name in TURNED:
            number = list(PREFIX).index(TURNED[name])
            return p["instrument_q_from_body"][4 * number : 4 * number + 4]  # type: ignore[no-any-return]
        return None

    def __getitem__(self, name: str) -> Any:
        own = self.of(name)
        return self.record[name] if own is None else own if own.shape else float(own)

    def __setitem__(self, name: str, value: Any) -> None:
        own = self.of(name)
        if own is None:
            self.record[name] = value
            return
        own[...] = value
        if name == BOTH_ANTENNAS:
            number = list(PREFIX).index("rgnss")
            self.record["instrument_position_body_m"][3 * number : 3 * number + 3] = value


@cache
def _params(name: str, seed: int) -> bytes:
    return prepare(Scenario.load(name), seed).params.tobytes()


def scenario_params(name: str = "iss-vbar", seed: int = 1, **changes: Any) -> Any:
    """The flight parameters of a shipped scenario, with changes; one writeable record of PARAMS.

    A change may name what an instrument has of its own (`Parameters`).
    A change `law_<field>` is one of a law's own field, in every phase whose law has it; `monitor_<field>` one of a
    monitor's. `without` are events whose transitions are taken out, `go` a phase that is left by GO only.
    """
    params = np.frombuffer(_params(name, seed), PARAMS).copy()
    rows = range(int(params["transition_count"][0]))
    without, go = changes.pop("without", ()), changes.pop("go", None)
    for row in rows:
        if params["transition_from"][0, row] == go and params["transition_event"][0, row] == Event.DONE:
            params["transition_guard"][0, N_GUARDS * row + 1] = Guard.GO
    kept = [row for row in rows if params["transition_event"][0, row] not in without]
    for column in ("from", "to", "event", "event_arg", "guard", "guard_arg"):
        table = params[f"transition_{column}"].reshape(N_TRANSITIONS, -1)
        table[: len(kept)] = table[kept]
    params["transition_count"] = len(kept)
    for key, value in changes.items():
        if key.startswith("monitor_") and key not in PARAMS.fields:
            for number in range(int(params["monitor_count"][0])):
                own = monitor_block(params[0], number)
                if key.removeprefix("monitor_") in own:
                    own[key.removeprefix("monitor_")][...] = value
        elif key.startswith("law_"):
            for number in range(int(params["phase_count"][0])):
                own = law_block(params[0], number)
                if key.removeprefix("law_") in own:
                    own[key.removeprefix("law_")][...] = value
        else:
            Parameters(params[0])[key] = value
    if "cycle_s" in changes:  # the history is a number of cycles
        params["measurement_max_age_s"] = np.minimum(
            params["measurement_max_age_s"], LATE_CYCLES_MAX * params["cycle_s"]
        )
    return params


def with_law(params: Any, name: str, law: Law, attitude: Attitude = Attitude.MATE, **own: Any) -> Any:
    """The same record with another law and attitude in a phase, their fields at the end of the block; those not given
    are 0, quaternions the identity."""
    row = phase(name)
    ends = [
        params[f"{part}_block_offset"] + params[f"{part}_block_length"] for part in ("instrument", "phase", "monitor")
    ]
    params["phase_law"][0, row], params["phase_attitude"][0, row] = law, attitude
    params["phase_block_offset"][0, row] = max(int(end.max()) for end in ends)
    fields = law_fields(law) + attitude_fields(attitude)
    params["phase_block_length"][0, row] = sum(max(field.count, 1) for field in fields)
    for field, value in law_block(params[0], row).items():
        value[...] = own.get(field, [1.0, 0.0, 0.0, 0.0] if field.startswith("q_") else 0.0)
    return params


BREAKING_OFF = (Event.MONITOR, Event.LOST, Event.TIMEOUT)


def phase(name: str) -> int:
    """Index of a phase of the shipped scenarios."""
    return list(Scenario.load("iss-vbar").flight.phases).index(name)
