"""Truth never reaches flight: what the core says is a function of its parameters and the SensorFrames alone."""

import numpy as np

from gnc.flight import Flight, Kind, measurements
from hil import Scenario, fly
from hil.loop import Chunk, Loop
from hil.prepare import prepare


def test_a_recorded_flight_replays_without_a_plant() -> None:
    log = fly("iss-contact", seed=41)
    core = Flight(log.params)
    for row in range(len(log.sensors)):
        command, telemetry = core.step(log.sensors[row])
        assert telemetry == log.telemetry[row]
        assert command == log.command[row]


def test_scrambling_truth_after_the_sensors_changes_nothing() -> None:
    """Between frame and answer the chaser is thrown about; a core that never saw a plant says the same."""
    run = prepare(Scenario.load("iss-contact"), 42)
    loop, chunk = Loop(run.plant, run.instruments, 0.1), Chunk(1)
    beside_the_plant, alone = Flight(run.params), Flight(run.params)
    scramble = np.random.default_rng(42)
    for _ in range(300):
        loop.sense(chunk, 0)
        frame = chunk.sensors[0].copy()
        chaser = run.plant.state("chaser")
        r = tuple(x + scramble.normal(0.0, 20.0) for x in chaser["r_eci_m"])
        v = tuple(x + scramble.normal(0.0, 0.2) for x in chaser["v_eci_mps"])
        q = scramble.normal(size=4)
        run.plant.set_chaser(r, v, tuple(q / np.linalg.norm(q)), tuple(scramble.normal(0.0, 0.01, 3)))
        command, telemetry = beside_the_plant.step(frame)
        assert alone.step(frame) == (command, telemetry)
        chunk.command[0] = command
        loop.act(chunk, 0)


def test_a_corrupted_frame_does_change_the_answer() -> None:
    """The comparison above can fail: one bit of one measurement is enough."""
    log = fly("iss-contact", seed=41)
    core, changed = Flight(log.params), False
    frames = log.sensors.copy()
    first = int(measurements(frames, Kind.CAMERA)["row"][3])
    slot = frames["slot"][first]
    (camera,) = np.flatnonzero(slot["kind"] == Kind.CAMERA)
    slot["z"][camera, 0] = np.nextafter(slot["z"][camera, 0], 1.0e9)
    for row in range(first + 50):
        _, telemetry = core.step(frames[row])
        changed = changed or telemetry != log.telemetry[row]
    assert changed


def test_flight_parameters_hold_no_drawn_truth() -> None:
    """Between two seeds only what is uploaded or handed over differs; without upload errors it is what truth is."""
    scenario = Scenario.load("iss-vbar")
    one, two = (prepare(scenario, seed).params for seed in (1, 2))
    differing = {name for name in one.dtype.names if not np.array_equal(one[name], two[name])}
    assert differing == {
        "target_r_eci_m", "target_v_eci_mps", "init_r_hill_m", "init_v_hill_mps", "init_q_body_from_eci",
    }  # fmt: skip
