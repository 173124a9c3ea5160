"""Sets up a run from a scenario and a seed: plant, instruments and flight parameters.

The truth gets the drawn values. The flight core gets the nominal properties of the vehicles, and a target orbit and
relative state with upload errors; it never gets a drawn value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import pi, sqrt
from typing import Any

import numpy as np

from gnc import flight, kernels
from hil.campaign.sampling import NOISE, RANDOM, Sampling
from hil.dispersion import Dispersed, Vector, chaser_config, declared_sigma, sample
from hil.effectors.docking_mechanism import DockingMechanism
from hil.effectors.effector import Effectors
from hil.effectors.faults import Fault as EffectorFault
from hil.ephemeris import EphemerisError
from hil.faults.commands import Commands
from hil.faults.computer import Computer
from hil.faults.power import off
from hil.faults.rows import CommandFault, ComputerFault, PowerFault, TargetFault, of_model
from hil.faults.target import TargetFaults
from hil.instruments import fit, kinds, known_to_flight, quantities_of
from hil.instruments.faults import Fault
from hil.instruments.instrument import Instruments
from hil.instruments.rows import Fitted, Row, TargetPort, turned
from hil.orbits import OrbitError, State, start_states
from hil.plant.attitudes import frame_held, modes
from hil.plant.config import (
    MOON,
    SUN,
    Atmosphere,
    BodyConfig,
    CaptureConfig,
    EnvironmentConfig,
    PlantConfig,
    PortConfig,
    Quat,
    ThrusterConfig,
    load_atmosphere,
    load_gravity_field,
)
from hil.plant.density import BULGE_LAG_DEG, HEIGHT_STEP_M, MEAN_DAYS
from hil.plant.environment import pole_of_date, sun_position_m
from hil.plant.plant import Plant
from hil.plant.validity import conditions, height_range_m, outside
from hil.scenario import Scenario, ScenarioError, inertia_matrix
from hil.scenario.air import OF_THE_DAY, day_of
from hil.scenario.graph import BlockFullError, fill_graph
from hil.scenario.parameters import MOUNTED_FIELDS
from hil.scenario.schema.orbits import Approach, Docked
from hil.scenario.schema.vehicle import Port, Vehicle
from hil.schema import DEG
from hil.seeds import checked

NOT_LIMITED = 1.0e9
CENTURY_S = 86400.0 * 36525.0
TOUCH_WITHOUT_SHAPES_M = 5.0
ORBIT_MAX_S = 1.0e6


@dataclass(frozen=True)
class Run:
    """The initial data of one run. `params` is one record of `gnc.flight.PARAMS`."""

    scenario: Scenario
    seed: int
    case: int
    dispersed: Dispersed
    plant: Plant
    instruments: Instruments
    effectors: Effectors
    params: Any
    computer: Computer | None = None
    commands: Commands | None = None
    target_faults: TargetFaults | None = None
    sampling: Sampling = RANDOM
    beyond_validity: tuple[str, ...] = ()
    """What of the run lies outside the range of which model, a line each; allowed by `[plant] beyond_validity`."""

    def flight_core(self, **stages: Callable[..., None] | None) -> flight.Flight:
        """A flight core with the run's parameters. Raises ScenarioError when the core refuses them.

        stages: what takes the place of its own, as `gnc.flight.Flight` takes them.
        """
        try:
            return flight.Flight(self.params, **stages)
        except ValueError as error:
            raise ScenarioError(f"{self.scenario.source}: {error}") from None

    def params_to_retreat(self) -> Any:
        """Parameters for a flight computer that has lost its state: current states, starting in the retreat phase.

        The states have the errors that were drawn for the start.
        """
        params = np.array(flight_params(self.scenario, self.dispersed, self.plant))
        if self.scenario.flight.recovery is not None:
            params["start_phase"] = self.scenario.flight.recovery
        return params[()]


def prepare(scenario: Scenario, seed: int, case: int = 0, sampling: Sampling = RANDOM) -> Run:
    """Builds plant, sensors and flight parameters of `scenario` under master seed `seed`, campaign case `case`.

    Raises ScenarioError when the vehicles or the ephemeris do not make a run, CampaignError for a case that the
    sampling does not have, ValueError for a seed or case that is not a whole number from 0 to 2^64 - 1.
    """
    seed, case = checked("seed", seed), checked("case", case)
    sampling.check_case(case)
    try:
        d = sample(scenario, seed, case, sampling)
        config = plant_config(scenario, d)
        plant = Plant(config)
        _place(plant, scenario, d)
        beyond = _beyond_validity(scenario, config.environment, plant)
        phases = tuple(scenario.flight.phases)
        effectors = Effectors(scenario.effectors, _effector_faults(scenario), phases)
        others = {model: of_model(scenario.other_faults, model) for model in (ComputerFault, CommandFault, TargetFault)}
        upset = others[ComputerFault]
        computer = Computer(upset, phases, seed, sampling.case_of(NOISE, case)) if upset else None
        commands = Commands(others[CommandFault], phases) if others[CommandFault] else None
        target = TargetFaults(plant, others[TargetFault], phases) if others[TargetFault] else None
        ports = plant.port_names[plant.names.index(config.chaser)]
        instruments = fitted_instruments(scenario, d, seed, sampling.case_of(NOISE, case), ports)
    except ScenarioError:
        raise
    except ValueError as error:
        raise ScenarioError(f"{scenario.source}: {error}") from None
    return Run(
        scenario, seed, case, d, plant, instruments, effectors, flight_params(scenario, d, plant), computer, commands,
        target, sampling, beyond,
    )  # fmt: skip


def _beyond_validity(s: Scenario, environment: EnvironmentConfig, plant: Plant) -> tuple[str, ...]:
    """The models that a run uses outside their range. Raises ScenarioError for one that is not permitted."""
    states = [(plant.state(craft)["r_eci_m"], plant.state(craft)["v_eci_mps"]) for craft in ("chaser", "target")]
    asked = conditions(environment, plant.pole_eci, states, s.scenario.max_duration_s)
    found = outside(environment, asked)
    found = {model: said for model, said in found.items() if model not in not_carried(s)}
    refused = [model for model in found if model not in s.plant.beyond_validity]
    if refused:
        said = "; ".join(f"{model}: {found[model]}" for model in refused)
        key = ", ".join(f'"{model}"' for model in refused)
        raise ScenarioError(
            f"{s.source}: outside the range of a model: {said}; to fly it all the same: plant.beyond_validity = [{key}]"
        )
    return tuple(f"{model}: {said}" for model, said in found.items())


def not_carried(s: Scenario) -> tuple[str, ...]:
    """The models of receivers that the chaser does not have: they limit nothing."""
    return tuple(model for model in ("gnss", "rgnss") if all(row.kind != model for row in s.instruments))


def models_beyond(s: Scenario) -> tuple[str, ...]:
    """The models that may be left: those that the scenario names, and those of receivers that are not carried."""
    return (*s.plant.beyond_validity, *not_carried(s))


def check(scenario: Scenario) -> Run:
    """A run of the scenario, with a flight core that takes it. Raises ScenarioError, one line, when there is none."""
    run = prepare(scenario, seed=1)
    run.flight_core()
    return run


# ---- small algebra, with the core's own functions -----------------------------------------------


def _quaternion(q: Any) -> Quat:
    w, x, y, z = (float(c) for c in q)
    return (w, x, y, z)


def _vector(v: Any) -> Vector:
    x, y, z = (float(c) for c in v)
    return (x, y, z)


def _mul(a: Any, b: Any) -> Quat:
    return _quaternion(kernels.quat_mul(np.array(a), np.array(b)))


def _conj(q: Quat) -> Quat:
    return (q[0], -q[1], -q[2], -q[3])


def _inverse_rotated(q_b_from_a: Quat, v_b: Vector) -> Vector:
    return _vector(kernels.quat_irotate(np.array(q_b_from_a), np.array(v_b)))


def _added(a: Sequence[float], b: Sequence[float]) -> Vector:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


# ---- truth --------------------------------------------------------------------------------------


def plant_config(scenario: Scenario, d: Dispersed) -> PlantConfig:
    """The truth plant of a run: chaser and target as drawn, every other vehicle as it is declared."""
    s = scenario
    environment = _environment(s, d)
    return PlantConfig(
        environment, tuple(_body(s, d, vehicle) for vehicle in s.vehicles.values()), chaser=s.scenario.chaser,
        target=s.scenario.target, chaser_port=s.scenario.chaser_port, target_port=s.scenario.target_port,
        step_s=s.plant.step_s,
        height_range_m=height_range_m(environment, models_beyond(s)),
    )  # fmt: skip


def _body(s: Scenario, d: Dispersed, vehicle: Vehicle) -> BodyConfig:
    """A vehicle as a body of the plant."""
    given: dict[str, Any] = {
        "name": vehicle.name, "ports": _ports(s, vehicle), "shape": tuple(vehicle.shapes),
        "radiation_area_m2": vehicle.radiation_area_m2,
        "radiation_coefficient": vehicle.radiation_coefficient if vehicle.radiation_area_m2 else 0.0,
    }  # fmt: skip
    if vehicle.name == s.scenario.chaser:
        drawn = chaser_config(s, d.mass_ratio, d.com_body_m, d.inertia_ratio)
        return replace(drawn, thrusters=_thrusters(s, d), attitude=_attitude(vehicle, None), **given)
    return BodyConfig.from_loaded(
        vehicle.mass_kg, vehicle.com_body_m, inertia_matrix(vehicle.inertia_kgm2), vehicle.propellant_kg,
        vehicle.tank_body_m, cd=vehicle.drag_coefficient, area_m2=vehicle.drag_area_m2,
        attitude=_attitude(vehicle, d if vehicle.name == s.scenario.target else None), **given,
    )  # fmt: skip


def _ports(s: Scenario, vehicle: Vehicle) -> tuple[PortConfig, ...]:
    """The ports of a vehicle; those of the chaser with the docking mechanism that is on them."""
    chaser = vehicle.name == s.scenario.chaser
    mechanisms = [row for row in s.effectors if isinstance(row, DockingMechanism)] if chaser else []
    on = {row.port or vehicle.port("").name: row for row in mechanisms}
    ports = vehicle.ports or ((vehicle.port(""),) if chaser or vehicle.name == s.scenario.target else ())
    return tuple(
        PortConfig(
            port.position_body_m, port.q_port_from_body, port.name or "port",
            capture=_capture(on.get(port.name), _touch_m(s, port)),
            q_tport_from_port_docked=port.q_mate_from_port, radius_m=port.radius_m, depth_m=port.depth_m,
            release_mps=getattr(on.get(port.name), "release_mps", 0.0),
        )
        for port in ports
    )  # fmt: skip


def _attitude(vehicle: Vehicle, d: Dispersed | None) -> Any:
    """How the plant turns a vehicle, with the errors of its attitude where they are drawn."""
    drawn = None if d is None else (d.target_attitude_tbody_rad, d.target_rate_amplitude_radps, d.target_phase_rad)
    return modes()[vehicle.attitude.mode].truth(vehicle.attitude, drawn)


def _touch_m(s: Scenario, port: Port) -> float:
    """How far off the axis ports touch when they meet: where both craft have shapes, these tell what else touches."""
    both = s.vehicles[s.scenario.chaser].shapes and s.vehicles[s.scenario.target].shapes
    return port.radius_m if both else TOUCH_WITHOUT_SHAPES_M


def _capture(contact: DockingMechanism | None, touch_m: float) -> CaptureConfig | None:
    if contact is None:
        return None
    return CaptureConfig(
        closing_min_mps=contact.capture_closing_min_mps, closing_max_mps=contact.capture_closing_max_mps,
        lateral_m=contact.capture_lateral_m, lateral_rate_mps=NOT_LIMITED,
        pitch_yaw_rad=contact.capture_angle_deg * DEG, roll_rad=contact.capture_angle_deg * DEG,
        pitch_yaw_rate_radps=NOT_LIMITED, roll_rate_radps=NOT_LIMITED, touch_lateral_m=touch_m,
    )  # fmt: skip


def _environment(s: Scenario, d: Dispersed) -> EnvironmentConfig:
    p, body = s.plant, s.central_body
    return EnvironmentConfig(
        epoch=s.scenario.epoch,
        mu_m3ps2=body.mu_m3ps2,
        re_m=body.re_m,
        j2=body.j2,
        j3=body.j3,
        j4=body.j4,
        field=load_gravity_field(degree=p.field_degree) if p.field_degree else None,
        atmosphere=_atmosphere(s),
        density_factor=d.density_factor,
        flattening=body.flattening,
        rate_radps=body.rate_radps,
        others=tuple({"sun": SUN, "moon": MOON}[name] for name in p.third_bodies),
        radiation_pressure=p.radiation_pressure,
    )


def _atmosphere(s: Scenario) -> Atmosphere | None:
    name, air = s.plant.atmosphere, s.plant.density
    if name == "none":
        return None
    if name == OF_THE_DAY:
        half = timedelta(days=MEAN_DAYS // 2)
        day = day_of(s.scenario)
        return Atmosphere(
            name, air.source, air.f107_sfu, air.f107_81day_sfu, air.ap, air.lowest_m, HEIGHT_STEP_M, air.night_kgpm3,
            air.bulge_ratio, BULGE_LAG_DEG * DEG, air.latitude_max_deg, day - half, day + half + timedelta(days=1),
        )  # fmt: skip
    try:
        return load_atmosphere(name)
    except (ValueError, KeyError):
        expected = 'expected "none", "nrlmsis21" or the name of a table of densities in hil/plant/tables'
        raise ScenarioError(f'{s.source}: plant.atmosphere = "{name}": {expected}') from None


def _thrusters(s: Scenario, d: Dispersed) -> tuple[ThrusterConfig, ...]:
    return tuple(
        ThrusterConfig(
            position_body_m=t.position_m, direction_body=_tilted(t.direction, tilt), thrust_n=t.force_n * (1.0 + ratio),
            isp_s=t.isp_s, rise_s=t.rise_s, decay_s=t.decay_s, min_on_s=t.min_on_s,
        )
        for t, tilt, ratio in zip(s.thrusters, d.thruster_direction_rad, d.thruster_force_ratio, strict=True)
    )  # fmt: skip


def _tilted(direction: Vector, tilt_rad: Vector) -> Vector:
    """A unit vector turned by a small rotation vector."""
    (x, y, z), (a, b, c) = direction, tilt_rad
    x, y, z = x + (b * z - c * y), y + (c * x - a * z), z + (a * y - b * x)
    norm = sqrt(x * x + y * y + z * z)
    return (x / norm, y / norm, z / norm)


def _place(plant: Plant, s: Scenario, d: Dispersed) -> None:
    """Initial states of all vehicles; the chaser's includes its drawn errors, in the hill frame of the target."""
    states = start_states_of(s)
    target, chaser = s.scenario.target, s.vehicles[s.scenario.chaser]
    if target not in states:
        at = f'vehicle.{target}.orbit.kind = "{s.vehicles[target].orbit.kind}"'
        raise ScenarioError(f"{s.source}: {at}: expected one that gives the target a state")
    plant.set_target(*states[target])
    _check_orbit(s, *states[target])
    for name, state in states.items():
        if name not in (target, chaser.name):
            attitude = s.vehicles[name].attitude
            turn = kernels.hill_frame(*map(np.array, state))[0]
            q = _quaternion(kernels.quat_from_dcm(turn)) if attitude.mode == "flown" else None
            plant.place(name, *state, q)
    q = _start_attitude(plant, s)
    if isinstance(chaser.orbit, Docked):
        plant.dock(chaser.orbit.port or None, chaser.orbit.target_port or None)
        return
    if isinstance(chaser.orbit, Approach):
        q_tport_from_hill = _mul(s.target.q_tport_from_tbody, _q_tbody_from_hill(plant, s))
        r_hill = _inverse_rotated(q_tport_from_hill, (chaser.orbit.distance_m, 0.0, 0.0))
        r_hill, v_hill, datum = _added(r_hill, (chaser.orbit.offset_x_m, 0.0, 0.0)), (0.0, 0.0, 0.0), "port"
    else:
        apart = [np.subtract(a, b) for a, b in zip(states[chaser.name], states[target], strict=True)]
        r, v = kernels.relative_to_hill(*map(np.array, states[target]), *apart)
        r_hill, v_hill, datum = _vector(r), _vector(v), "com"
    plant.set_chaser_hill(
        _added(r_hill, d.initial_position_hill_m), _added(v_hill, d.initial_velocity_hill_mps),
        turned(q, d.initial_attitude_body_rad), d.initial_rate_body_radps, datum=datum,
    )  # fmt: skip


def _start_attitude(plant: Plant, s: Scenario) -> Quat:
    """q_body_from_hill of the chaser at the start, as declared, or that of docking to the target as it is then."""
    attitude = s.vehicles[s.scenario.chaser].attitude
    declared: Quat | None = attitude.q_body_from_hill if attitude.mode == "flown" else None
    if declared:
        return declared
    q_tport_from_hill = _mul(s.target.q_tport_from_tbody, _q_tbody_from_hill(plant, s))
    q_port_from_hill = _mul(_conj(s.chaser.q_tport_from_port), q_tport_from_hill)
    return _mul(_conj(s.chaser.q_port_from_body), q_port_from_hill)


def _q_tbody_from_hill(plant: Plant, s: Scenario) -> Quat:
    """The target's attitude: nominal where it holds one in the hill frame, else that of the start."""
    if frame_held(s.vehicles[s.scenario.target].attitude) == "lvlh":
        return s.target.q_tbody_from_hill
    target = plant.state("target")
    turn = kernels.hill_frame(np.array(target["r_eci_m"]), np.array(target["v_eci_mps"]))[0]
    return _mul(target["q_body_from_eci"], _conj(_quaternion(kernels.quat_from_dcm(turn))))


def _check_orbit(s: Scenario, r_eci_m: Vector, v_eci_mps: Vector) -> None:
    """Refuses nearly open orbits, because passive safety is evaluated over orbits (vis-viva: 1/a = 2/r - v^2/mu)."""
    mu, r2, v2 = s.central_body.mu_m3ps2, sum(x * x for x in r_eci_m), sum(x * x for x in v_eci_mps)
    per_a = 2.0 / sqrt(r2) - v2 / mu
    if 0.0 < mu * per_a * per_a * per_a < (2.0 * pi / ORBIT_MAX_S) ** 2:
        expected = f"expected one that keeps the target on an orbit of at most {ORBIT_MAX_S:g} s"
        raise ScenarioError(f"{s.source}: central_body.mu_m3ps2 = {mu:g}: {expected}")


def facing_port(s: Scenario) -> Quat:
    """Nominal q_body_from_hill: the chaser's attitude as it will be when docked."""
    q_tport_from_hill = _mul(s.target.q_tport_from_tbody, s.target.q_tbody_from_hill)
    q_port_from_hill = _mul(_conj(s.chaser.q_tport_from_port), q_tport_from_hill)
    return _mul(_conj(s.chaser.q_port_from_body), q_port_from_hill)


def start_states_of(s: Scenario) -> dict[str, State]:
    """States (m, m/s; eci) at the epoch of the vehicles whose orbit gives one. Raises ScenarioError."""
    try:
        return start_states(s.vehicles, s.scenario.epoch, s.central_body.mu_m3ps2, s.file)
    except (EphemerisError, OrbitError) as error:
        raise ScenarioError(f"{s.source}: {error}") from None


def target_state(s: Scenario) -> State:
    """True target position (m) and velocity (m/s) at the scenario's epoch, eci. Raises ScenarioError."""
    return start_states_of(s)[s.scenario.target]


def fitted_instruments(s: Scenario, d: Dispersed, seed: int, case: int, ports: tuple[str, ...]) -> Instruments:
    """The instruments of a run, as mounted and with their drawn constant errors.

    case: that of their noise; ports: the names of the chaser's docking ports.
    """
    target = TargetPort(s.target.port_tbody_m, s.target.q_tport_from_tbody, s.vehicles[s.scenario.target].shapes)
    return Instruments(
        fit(
            Fitted(
                kinds()[row.kind], row, number, seed, case, target,
                _errors_of(row, d), _faults_of(s, row), ports, tuple(s.flight.phases),
            )
        )
        for number, row in enumerate(s.instruments)
    )  # fmt: skip


def _errors_of(row: Row, d: Dispersed) -> dict[str, Vector]:
    drawn = zip(kinds()[row.kind].drawn, quantities_of(row), strict=True)
    return {each.name: d.instruments[quantity.field] for each, quantity in drawn}


def _faults_of(s: Scenario, row: Row) -> tuple[Fault, ...]:
    """The faults of an instrument: its own, those of all of its kind, and those of what feeds it."""
    own = tuple(fault for fault in s.faults if row.name == fault.instrument or row.kind == fault.instrument_kind)
    fed = [off(fault, (row,), ())[0] for fault in of_model(s.other_faults, PowerFault)]
    return (*own, *(fault for each in fed for fault in each))


def _effector_faults(s: Scenario) -> tuple[EffectorFault, ...]:
    """The faults of effectors, and those of what feeds them."""
    fed = [off(fault, (), s.effectors)[1] for fault in of_model(s.other_faults, PowerFault)]
    return (*s.effector_faults, *(fault for each in fed for fault in each))


# ---- what flight is told ------------------------------------------------------------------------


def flight_params(s: Scenario, d: Dispersed, plant: Plant) -> Any:
    """The core's parameters: nominal vehicles, design values of [flight], uploaded states with their errors."""
    params = np.zeros((), flight.PARAMS)
    for name, value in s.flight.items():
        if name not in (flight.PARAMS.names or ()):
            continue  # of the graph
        if name.startswith("phase_"):
            params[name][: len(value)] = value
        else:
            params[name] = value
    _fill_instruments(params, s)
    try:
        fill_graph(params, s.flight)
    except BlockFullError as error:
        raise ScenarioError(f"{s.source}: flight.phase: {error}") from None
    _tell_vehicles(params, s)
    _upload(params, s, d, plant)
    return params[()]


def _fill_instruments(params: Any, s: Scenario) -> None:
    """The table of instruments, and a stretch of the block for each one's model."""
    at = 0
    known = [row for row in s.instruments if known_to_flight(row.kind)]  # the first ones: see Scenario.instruments
    for number, instrument in enumerate(known):
        believed = s.flight.instruments[instrument.name]
        kind = int(kinds()[instrument.kind].number)
        length = _length(flight.model_fields(kind))
        params["instrument_kind"][number], params["instrument_timeout_s"][number] = kind, believed["timeout_s"]
        params["instrument_position_body_m"][3 * number : 3 * number + 3] = instrument.position_body_m
        params["instrument_q_from_body"][4 * number : 4 * number + 4] = instrument.q_from_body
        params["instrument_block_offset"][number], params["instrument_block_length"][number] = at, length
        _refuse_full(s, f"instrument.{instrument.name}", at + length)
        for field, value in flight.model_block(params, number).items():
            value[...] = getattr(instrument, field) if field in MOUNTED_FIELDS else believed[field]
        at += length
    params["instrument_count"] = len(known)


def _length(fields: Sequence[flight.Field]) -> int:
    return sum(max(field.count, 1) for field in fields)


def _refuse_full(s: Scenario, what: str, length: int) -> None:
    if length > flight.N_BLOCK:
        expected = f"expected at most {flight.N_BLOCK} numbers in all for what laws and instruments have of their own"
        raise ScenarioError(f"{s.source}: {what}: {expected}")


def _tell_vehicles(params: Any, s: Scenario) -> None:
    chaser, target, thrusters = s.chaser, s.target, s.thrusters
    count = len(thrusters)
    # TT - UTC of the navigation model is dropped: the pole moves 1e-9 rad in it
    since_j2000_s = s.scenario.epoch.utc_since_j2000_us() / 1e6
    params["mu_m3ps2"], params["re_m"], params["j2"] = s.central_body.mu_m3ps2, s.central_body.re_m, s.central_body.j2
    params["pole_eci"] = pole_of_date(since_j2000_s / CENTURY_S)
    params["mass_kg"], params["com_body_m"] = chaser.mass_kg, chaser.com_body_m
    params["inertia_body_kgm2"] = inertia_matrix(chaser.inertia_kgm2)
    params["port_body_m"], params["q_port_from_body"] = chaser.port_body_m, chaser.q_port_from_body
    for key in ("min_on_s", "rise_s", "decay_s"):
        params[f"thruster_{key}"] = getattr(thrusters[0], key)  # also of groups that are not there
        for thruster in thrusters:
            params[f"thruster_{key}"][thruster.group] = getattr(thruster, key)
    params["thruster_group"][:count] = [t.group for t in thrusters]
    params["thruster_body_m"][: 3 * count] = np.ravel([t.position_m for t in thrusters])
    params["thruster_dir_body"][: 3 * count] = np.ravel([t.direction for t in thrusters])
    params["thruster_force_n"][:count] = [t.force_n for t in thrusters]
    params["tport_tbody_m"], params["q_tport_from_tbody"] = target.port_tbody_m, target.q_tport_from_tbody
    params["q_tport_from_port"] = chaser.q_tport_from_port
    params["q_tbody_from_hill"] = target.q_tbody_from_hill
    params["thruster_count"], params["phase_count"] = count, len(s.flight.phases)
    if flight.Attitude.SUN in params["phase_attitude"][: len(s.flight.phases)]:
        away = np.array(sun_position_m(1e-6 * s.scenario.epoch.tt_since_j2000_us() / CENTURY_S))
        params["sun_eci"] = away / np.linalg.norm(away)


def _upload(params: Any, s: Scenario, d: Dispersed, plant: Plant) -> None:
    """States handed over at start: truth plus the drawn error, and the 1 sigma declared for it."""
    target, chaser = plant.state("target"), plant.state("chaser")
    r_hill, v_hill = plant.relative()
    params["target_r_eci_m"] = _added(target["r_eci_m"], d.upload_target_position_eci_m)
    params["target_v_eci_mps"] = _added(target["v_eci_mps"], d.upload_target_velocity_eci_mps)
    params["init_r_hill_m"] = _added(r_hill, d.handover_position_hill_m)
    params["init_v_hill_mps"] = _added(v_hill, d.handover_velocity_hill_mps)
    params["init_q_body_from_eci"] = turned(_quaternion(chaser["q_body_from_eci"]), d.handover_attitude_body_rad)
    least = {field.name: field.lo for field in flight.fields("params")}
    for name, key in (
        ("target_sigma_r_m", "upload_target_position_m"),
        ("target_sigma_v_mps", "upload_target_velocity_mps"),
        ("init_sigma_r_m", "handover_position_m"),
        ("init_sigma_v_mps", "handover_velocity_mps"),
    ):
        params[name] = max(declared_sigma(s, key), least[name])
