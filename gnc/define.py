"""Writes gnc/definitions.pxd and gnc/definitions.py from the tables of gnc/core/definitions.

`python -m gnc.define`, after a build in which a table has changed; both files are checked in.
"""

from __future__ import annotations

from pathlib import Path

from gnc import flight

HERE = Path(__file__).parent
MADE = "Made by `python -m gnc.define` from the tables of gnc/core/definitions: do not edit."
_PREFIX = {"Telecommand": "TC"}
_STRUCTS = {
    "measurement": "measurement_t",
    "sensors": "sensor_frame_t",
    "solution": "solution_t",
    "intent": "intent_t",
    "reference": "reference_t",
    "progress": "progress_t",
    "command": "command_t",
    "telemetry": "telemetry_t",
}
_TYPES = {
    "<f8": "double", "<f4": "float", "<u8": "uint64_t", "<u4": "uint32_t", "<u2": "uint16_t", "u1": "uint8_t",
    "measurement": "measurement_t",
}  # fmt: skip
_DOCSTRINGS = {
    "Telecommand": '`sensors["tc_opcode"]`.',
    "Flag": 'Bits of `telemetry["flags"]`.',
    "Law": 'Guidance laws, `telemetry["law"]` and `params["phase_law"]`.',
    "Reason": 'Why an approach was broken off, `telemetry["abort_reason"]`.',
    "Monitor": 'Monitors, `params["monitor_kind"]`.',
    "Point": 'What of the chaser a phase steers, `params["phase_point"]`.',
    "Frame": 'In what a phase steers it, `params["phase_frame"]`.',
    "Attitude": 'What attitude a phase holds, `params["phase_attitude"]`.',
    "Mode": 'How the chaser moves, `intent["nav_mode"]`.',
    "Overlay": 'Bits of what telecommands lay over a phase, `intent["overlay"]`.',
    "Event": 'What a transition waits for, `params["transition_event"]`.',
    "Guard": 'What must hold besides, `params["transition_guard"]`.',
    "Kind": "What an instrument measures, `kind` of a measurement.",
    "Target": 'What flight knows of the target\'s attitude, `params["target_attitude_mode"]`.',
    "Instrument": 'Bits of `solution["instrument_state"]`.',
    "Quality": 'What an estimate rests on, `solution["relative_quality"]` and its like.',
    "Dock": "Bits of the flags of a docking mechanism's measurement.",
    "Mechanism": 'Bits of `command["mechanism"]`, for the chaser\'s port 0; of port n shifted left by n.',
}


def pxd() -> str:
    """The Cython declarations of the frames and of the named values."""
    out = [f'"""{MADE}"""', "", "from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t", ""]
    out.append('cdef extern from "flight.h" nogil:')
    for name, (_, values) in flight.tables().items():
        out.append("    enum:")
        out += [f"        {_PREFIX.get(name, name.upper())}_{value}" for value in values]
    for frame, struct in _STRUCTS.items():
        out.append(f"    ctypedef struct {struct}:")
        out += [f"        {_TYPES[f.type]} {f.name}{f'[{f.count}]' if f.count else ''}" for f in flight.fields(frame)]
    # parameters are reached by name, through gnc.flight.PARAMS
    out += ["    ctypedef struct flight_params_t:", "        double cycle_s"]
    return "\n".join([*out, ""])


def python() -> str:
    """The enumerations."""
    out = [f'"""{MADE}"""', "", "# ruff: noqa", "from enum import IntEnum, IntFlag"]
    for name, (bits, values) in flight.tables().items():
        out += ["", "", f"class {name}({'IntFlag' if bits else 'IntEnum'}):", f'    """{_DOCSTRINGS[name]}"""', ""]
        out += [f"    {value} = {number}  # {meaning}" for value, (number, meaning) in values.items()]
    return "\n".join([*out, ""])


def files() -> dict[str, str]:
    """The text of each generated file, by name."""
    return {"definitions.pxd": pxd(), "definitions.py": python()}


def main() -> None:
    """Writes the generated files."""
    for name, text in files().items():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
