"""The result of a run: its frames, verdict and figures, in memory or read back from a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnc import flight
from gnc.build_id import core_build_id
from hil.campaign.sampling import RANDOM, Sampling
from hil.outcome import Judgement, Outcome
from hil.recorder import SCHEMA_VERSION, LogFile, RecorderError
from hil.requirements import Requirement
from hil.scenario import Scenario
from hil.scenario.files import SCHEMA, schema_of
from hil.scenario.migrate import migrate_text

PASS, FAIL, ERROR = "PASS", "FAIL", "ERROR"
SAFE_STATUS = 4
THINGS = ("instrument", "effector", "vehicle", "computer", "link")
"""The key of an injected fault that says what it broke."""


@dataclass(frozen=True, kw_only=True)
class Log:
    """One run.

    `sensors`, `command`, `telemetry` (gnc.flight dtypes) and `truth` (hil.truth.TRUTH) have one row per control
    cycle; their fields carry their units. `verdict` is PASS, FAIL or ERROR, with the reason in `error`. `contact` is
    None if the ports never touched. `realtime` describes the timing (`hil.realtime.Pacer.summary`); None in lockstep.
    `computer` is the flight computer's description of itself, for a board its firmware, link and notices; None if
    there is none. `cold_starts` are the ticks at which it had lost its state and its parameters were uploaded again;
    `params` has one record for the start and one for each cold start. `beyond_validity` has a line for each model of
    the plant that was used outside its range of validity. `outcome` is the safety of the run; None for a run that
    broke, unless a vehicle left the range that the plant can propagate. `faults` has what became of each declared
    fault: `instrument`, `effector`, `vehicle`, `computer` or `link`, kind, start_s, end_s and `changed`, the sensor
    frames or cycles that would have been others without it; a fault that changed none was not injected. `collisions`
    has the first touches of bodies where no port allows it: t_s, bodies (two names), point_body_m in the second one's
    structural frame, speed_mps. `burns` has the burns before any contact, with the chaser's orbit before and after each
    (`hil.requirements.thrust.burn_table`).
    """

    scenario: Scenario
    seed: int
    case: int
    sensors: NDArray[np.void]
    command: NDArray[np.void]
    telemetry: NDArray[np.void]
    truth: NDArray[np.void]
    verdict: str
    error: str | None
    ended: str
    requirements: tuple[Requirement, ...]
    contact: dict[str, float] | None
    delta_v_mps: dict[str, float]
    propellant_kg: float
    duration_s: float
    realtime_factor: float
    wall_s: dict[str, float]
    digest: str
    versions: dict[str, str]
    dispersed: dict[str, Any]
    params: NDArray[np.void]
    sampling: Sampling = RANDOM
    realtime: dict[str, Any] | None = None
    computer: dict[str, Any] | None = None
    cold_starts: Sequence[int] = ()
    beyond_validity: tuple[str, ...] = ()
    faults: tuple[dict[str, Any], ...] = ()
    outcome: Judgement | None = None
    burns: tuple[dict[str, Any], ...] = ()
    collisions: tuple[dict[str, Any], ...] = ()
    scenario_schema: int = SCHEMA

    def without_effect(self) -> list[str]:
        """Each declared fault that changed nothing, as "dropout of camera from 150 s"."""
        return [
            f"{f['kind']} of {next(f[key] for key in THINGS if key in f)} "
            + ("that did not begin" if f["start_s"] is None else f"from {f['start_s']:g} s")
            for f in self.faults
            if not f["changed"]
        ]

    @property
    def ending(self) -> str:
        """How the run ended, with the reason for which the flight software aborted, if it did."""
        reason = int(self.telemetry["abort_reason"].max(initial=flight.Reason.NONE))
        if reason == flight.Reason.NONE:
            return self.ended
        own = {flight.Reason.MONITOR + monitor: monitor.name for monitor in flight.Monitor}
        users = {number: name for name, number in flight.numbers("monitor").items() if number not in [*flight.Monitor]}
        names = {int(known): known.name for known in flight.Reason} | own | users
        said = names[reason].lower().replace("_", " ") if reason in names else f"unknown reason {reason}"
        return f"aborted: {said}" if self.ended == "aborted" else f"{self.ended}; aborted before: {said}"

    @property
    def custom(self) -> bool:
        """Whether a stage of the flight core was replaced, so that the digest is not comparable."""
        return bool((self.computer or {}).get("stages"))

    def summary(self) -> dict[str, Any]:
        """The run as plain values for JSON; a figure that does not exist is None."""
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "case": self.case,
            "sampling": asdict(self.sampling),
            "verdict": self.verdict,
            "error": self.error,
            "ended": self.ended,
            "outcome": None if self.outcome is None else self.outcome.as_dict(),
            "requirements": [requirement.as_dict() for requirement in self.requirements],
            "contact": self.contact,
            "delta_v_mps": self.delta_v_mps,
            "burns": list(self.burns),
            "propellant_kg": self.propellant_kg,
            "duration_s": self.duration_s,
            "realtime_factor": self.realtime_factor,
            "wall_s": self.wall_s,
            "digest": self.digest,
            "versions": self.versions,
            "realtime": self.realtime,
            "computer": self.computer,
            "cold_starts": list(self.cold_starts),
            "beyond_validity": list(self.beyond_validity),
            "faults": list(self.faults),
            "collisions": list(self.collisions),
        }

    @property
    def exit_status(self) -> int:
        """Exit status of a command that flew it: 0 PASS, 4 failed but SAFE or PASSIVE, 3 ERROR, 1 otherwise."""
        if (
            self.verdict == FAIL
            and self.outcome is not None
            and self.outcome.outcome in (Outcome.SAFE, Outcome.PASSIVE)
        ):
            return SAFE_STATUS
        return {PASS: 0, FAIL: 1, ERROR: 3}[self.verdict]

    def require_current(self, use: str) -> None:
        """Raises RecorderError for a log of an earlier schema version. use: the operation that needs this one."""
        if (version := self.versions.get("log_schema")) != str(SCHEMA_VERSION):
            raise RecorderError(
                f"log of {self.scenario.name}, seed {self.seed}: of schema version {version}: {use} needs version "
                f"{SCHEMA_VERSION}: fly it again"
            )
        if self.scenario_schema != SCHEMA:
            raise RecorderError(
                f"log of {self.scenario.name}, seed {self.seed}: flown from a scenario of schema "
                f"{self.scenario_schema}: {use} needs schema {SCHEMA}: fly it again"
            )

    def gates(self) -> dict[str, list[float]]:
        """The true state of the chaser relative to the target as each phase ended, by the phase's name.

        Six numbers in hill axes, m and m/s. The last phase has not ended, and what follows the first contact
        is no approach; a flight computer without telemetry tells no phases.
        """
        phase = self.telemetry["phase"]
        last = np.flatnonzero((np.diff(phase.astype(np.int64)) != 0) & (self.truth["contact_status"][1:] == 0))
        states = np.hstack([self.truth[name][last] for name in ("r_chaser_target_hill_m", "v_chaser_target_hill_mps")])
        name = self.scenario.flight.phase_name
        return {name(int(phase[row])): state.tolist() for row, state in zip(last, states, strict=True)}

    @classmethod
    def open(cls, directory: str | Path) -> Log:
        """The run recorded in a folder. A log cut short has verdict ERROR. Raises RecorderError, ScenarioError."""
        file = LogFile(Path(directory))
        text, source = str(file.attributes["scenario_toml"]), f"{file.path}: scenario"
        schema = schema_of(text)
        scenario = Scenario.parse(migrate_text(text, source) if schema == 1 else text, source)
        summary = file.summary or _cut_short(file)
        return cls(
            scenario=scenario,
            seed=summary["seed"],
            case=summary["case"],
            sensors=file.sensors,
            command=file.command,
            telemetry=file.telemetry,
            truth=file.truth,
            verdict=summary["verdict"],
            error=summary["error"],
            ended=summary["ended"],
            outcome=Judgement.of(summary.get("outcome")),
            requirements=tuple(Requirement(**requirement) for requirement in summary["requirements"]),
            contact=summary["contact"],
            delta_v_mps=summary["delta_v_mps"],
            burns=tuple(summary.get("burns", ())),
            propellant_kg=summary["propellant_kg"],
            duration_s=summary["duration_s"],
            realtime_factor=summary["realtime_factor"],
            wall_s=summary["wall_s"],
            digest=summary["digest"],
            versions=summary["versions"],
            dispersed=json.loads(str(file.attributes["dispersed"])),
            params=file.params,
            sampling=Sampling(**json.loads(str(file.attributes["sampling"]))),
            realtime=summary["realtime"],
            computer=summary["computer"],
            cold_starts=summary["cold_starts"],
            beyond_validity=tuple(summary.get("beyond_validity", ())),
            faults=tuple(summary.get("faults", ())),
            collisions=tuple(summary.get("collisions", ())),
            scenario_schema=schema,
        )


def _cut_short(file: LogFile) -> dict[str, Any]:
    truth = file.truth
    return {
        "seed": int(file.attributes["seed"]),
        "case": int(file.attributes["case"]),
        "verdict": ERROR,
        "error": "the log was cut short: nothing was checked",
        "ended": "cut short",
        "requirements": [],
        "contact": None,
        "delta_v_mps": {},
        "propellant_kg": float(truth["propellant_kg"][0] - truth["propellant_kg"][-1]) if len(truth) else 0.0,
        "duration_s": float(truth["t_us"][-1]) * 1.0e-6 if len(truth) else 0.0,
        "realtime_factor": 0.0,
        "wall_s": {},
        "digest": digest(file.telemetry),
        "versions": json.loads(str(file.attributes["versions"])),
        "realtime": None,
        "computer": None,
        "cold_starts": [],
    }


def digest(telemetry: NDArray[np.void]) -> str:
    """SHA-256 of the raw telemetry records of all cycles, in hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(telemetry).view(np.uint8).data).hexdigest()


@cache
def versions() -> dict[str, str]:
    """Versions of ProxOps, its core, its log schema and NumPy."""
    try:
        proxops = metadata.version("proxops")
    except metadata.PackageNotFoundError:
        proxops = "source tree"
    return {"proxops": proxops, "core": core_build_id(), "log_schema": str(SCHEMA_VERSION), "numpy": np.__version__}
