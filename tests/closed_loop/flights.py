"""What the closed-loop tests share: flights with declared faults or telecommands, and what counts as a collision."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from hil import Log, Scenario, fly

HEADER = 'schema = 2\n[scenario]\nname = "{name}"\nextends = "{base}"\ntitle = "{base} with a fault or a telecommand"\n'


def fly_with(tmp_path: Path, base: str, tables: str, seed: int, **options: Any) -> Log:
    """Fly `base` with further TOML tables, for instance a [[fault]]."""
    tomllib.loads(tables)
    path = tmp_path / "variant.toml"
    path.write_text(HEADER.format(name="variant", base=base) + tables)
    return fly(Scenario.load(path), seed=seed, **options)


def fault(sensor: str, kind: str, start_s: float, *bias: float) -> str:
    """A [[fault]] table; a bias of the camera, gnss or rgnss in m, of the star tracker in deg, of the imu in deg/s."""
    key = {"imu": "error_deg_s", "star": "error_deg"}.get(sensor, "error_m")
    line = f"{key} = {list(bias)}\n" if bias else ""
    return f'[[fault]]\ninstrument = "{sensor}"\nkind = "{kind}"\nstart_s = {start_s}\n{line}'


def phases_flown(log: Log) -> list[str]:
    """Names of the phases in the order they were entered."""
    phase = log.telemetry["phase"]
    entered = [0, *(np.flatnonzero(np.diff(phase.astype(int))) + 1)]
    return [log.scenario.flight.phases[phase[i]] for i in entered]


def collided(log: Log) -> bool:
    """Touched off the port, faster than 0.2 m/s, or more than 0.34 m off its axis.

    Every crossing of the docking plane within 5 m of the port is a contact in the plant; beyond that the
    chaser's centre of mass never gets nearer to the station's than its port is.
    """
    if log.contact is not None:
        return log.contact["closing_rate_mps"] > 0.2 or log.contact["lateral_misalignment_m"] > 0.34
    nearest = np.linalg.norm(log.truth["r_chaser_target_hill_m"], axis=1).min()
    return bool(nearest < abs(log.scenario.target.port_tbody_m[0]))
