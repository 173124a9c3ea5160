"""Two bodies become one and part again: what is conserved, how the stack flies, what its IMU feels."""

import math
from dataclasses import replace

import numpy as np
import pytest

from hil.plant.config import BodyConfig, CaptureConfig, Flown, Hold, PlantConfig, PortConfig, ThrusterConfig
from hil.plant.plant import Plant
from tests.plant.plants import EMPTY, IDENTITY, SPHERE
from tests.plant.test_motion import rotation

# Figures without symmetry: no term of the momentum may vanish
WIDE = CaptureConfig(0.0, 10.0, 5.0, 10.0, 1.0, 4.0, 10.0, 10.0, touch_lateral_m=5.0)
SERVICER = BodyConfig(
    700.0, (0.1, -0.05, 0.2), (300.0, 10.0, -5.0, 10.0, 500.0, 20.0, -5.0, 20.0, 450.0), 50.0, (-0.5, 0.1, 0.0),
    name="servicer", ports=(PortConfig((1.5, 0.1, 0.0), name="probe", capture=WIDE, release_mps=0.05),),
)  # fmt: skip
CLIENT = BodyConfig(
    1900.0, (0.0, 0.1, -0.1), (2500.0, -30.0, 40.0, -30.0, 1800.0, 15.0, 40.0, 15.0, 3000.0),
    name="client", ports=(PortConfig((-2.0, 0.0, 0.2), (0.0, 0.0, 0.0, 1.0), name="nozzle"),), attitude=Flown(),
)  # fmt: skip
AFT = ThrusterConfig((-1.5, 0.3, 0.0), (1.0, 0.0, 0.0), 20.0, 220.0, 0.0, 0.0, 0.0)


VOID = replace(EMPTY, mu_m3ps2=1e-15)


def pair(environment=VOID, servicer=SERVICER, client=CLIENT, others=(), **options):
    return Plant(PlantConfig(environment, (client, *others, servicer), chaser="servicer", target="client", **options))


def momenta(p):
    """Linear momentum, and angular momentum about the common centre of mass, ECI."""
    states = [p.state(name) for name in ("servicer", "client")]
    mass = sum(s["mass_kg"] for s in states)
    r_0 = sum(s["mass_kg"] * np.array(s["r_eci_m"]) for s in states) / mass
    linear = sum(s["mass_kg"] * np.array(s["v_eci_mps"]) for s in states)
    angular = np.zeros(3)
    for s in states:
        inertia = np.reshape(s["inertia_body_kgm2"], (3, 3))
        angular += rotation(s["q_body_from_eci"]).T @ inertia @ s["w_body_radps"]
        angular += s["mass_kg"] * np.cross(np.array(s["r_eci_m"]) - r_0, np.array(s["v_eci_mps"]) - linear / mass)
    return linear, angular


def meeting():
    """The servicer flies at the client's port, off its axis and turning, the client turns too."""
    p = pair()
    p.place("client", (100.0, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY, (0.004, -0.003, 0.002))
    p.place("servicer", (96.3, 0.1, 0.15), (0.31, 0.01, -0.02), IDENTITY, (0.01, 0.005, -0.02))
    p.arm_dock()
    return p


def test_capture_conserves_linear_and_angular_momentum():
    p = meeting()
    linear, angular = momenta(p)
    assert np.abs(angular).min() > 1.0
    p.run(50, 100_000)
    assert p.docked
    after = momenta(p)
    assert after[0] == pytest.approx(linear, abs=1e-9 * np.linalg.norm(linear))
    assert after[1] == pytest.approx(angular, abs=1e-8 * np.linalg.norm(angular))
    p.run(1000, 100_000)
    after = momenta(p)
    assert after[0] == pytest.approx(linear, abs=1e-9 * np.linalg.norm(linear))
    assert after[1] == pytest.approx(angular, abs=1e-8 * np.linalg.norm(angular))


def test_the_stack_turns_as_one():
    p = meeting()
    p.run(50, 100_000)
    before = p.port()
    p.run(600, 100_000)
    port = p.port()
    assert port["r_port_tport_tport_m"] == pytest.approx(before["r_port_tport_tport_m"], abs=1e-9)
    assert port["v_port_tport_tport_mps"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)
    assert port["w_port_tport_tport_radps"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-15)


def test_capture_does_not_depend_on_where_the_step_falls():
    ends = []
    for step_s in (0.1, 0.013):
        p = pair(servicer=replace(SERVICER, thrusters=(AFT,)), step_s=step_s)
        p.place("client", (100.0, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY, (0.004, -0.003, 0.002))
        p.place("servicer", (96.3, 0.1, 0.15), (0.31, 0.01, -0.02), IDENTITY, (0.01, 0.005, -0.02))
        p.arm_dock()
        p.run(60, 100_000, [60_000])
        assert p.docked
        ends.append((p.state("client"), p.thruster(0)["impulse_Ns"], p.state("servicer")["propellant_kg"]))
    (a, impulse_a, left_a), (b, impulse_b, left_b) = ends
    assert a["v_eci_mps"] == pytest.approx(b["v_eci_mps"], abs=1e-6)
    assert a["w_body_radps"] == pytest.approx(b["w_body_radps"], abs=1e-6)
    assert impulse_a == pytest.approx(60 * 0.06 * 20.0, abs=1e-9)
    assert (impulse_b, left_b) == pytest.approx((impulse_a, left_a), abs=1e-9)


def docked():
    p = pair(servicer=replace(SERVICER, thrusters=(AFT,)))
    p.place("client", (100.0, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    p.dock()
    return p


def test_starts_docked_port_on_port():
    p = docked()
    port = p.port()
    assert p.docked and p.contact_record()["status"] == 1
    assert port["r_port_tport_tport_m"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)
    assert port["pitch_yaw_rad"] == pytest.approx(0.0, abs=1e-12)
    assert port["roll_rad"] == pytest.approx(0.0, abs=1e-12)


def test_thrusters_of_the_chaser_push_and_turn_the_whole_stack():
    p = docked()
    states = [p.state(name) for name in ("servicer", "client")]
    mass = sum(s["mass_kg"] for s in states)
    common = sum(s["mass_kg"] * np.array(s["r_eci_m"]) for s in states) / mass
    inertia = np.zeros((3, 3))
    for s in states:
        c, d = rotation(s["q_body_from_eci"]), np.array(s["r_eci_m"]) - common
        inertia += c.T @ np.reshape(s["inertia_body_kgm2"], (3, 3)) @ c
        inertia += s["mass_kg"] * (d @ d * np.eye(3) - np.outer(d, d))
    c = rotation(states[0]["q_body_from_eci"])
    at = np.array(states[0]["r_eci_m"]) + c.T @ (np.array(AFT.position_body_m) - states[0]["com_body_m"])
    force = c.T @ np.array([20.0, 0.0, 0.0])
    p.run(1, 100_000, [100_000])
    for name in ("servicer", "client"):
        s = p.state(name)
        rate = rotation(s["q_body_from_eci"]).T @ s["w_body_radps"]
        alpha = np.linalg.solve(inertia, np.cross(at - common, force))
        assert rate == pytest.approx(0.1 * alpha, rel=1e-4, abs=1e-9)
    linear, _ = momenta(p)
    assert linear == pytest.approx(0.1 * force, rel=1e-5, abs=1e-5)


def test_imu_of_the_stack_feels_thrust_and_turn_at_the_chasers_centre_of_mass():
    p = docked()
    p.run(20, 100_000, [100_000])
    before = p.state("servicer")
    p.run(1, 100_000, [100_000])
    after, imu = p.state("servicer"), p.imu_truth()
    dv = rotation(after["q_body_from_eci"]) @ (np.array(after["v_eci_mps"]) - before["v_eci_mps"])
    assert imu["dv_com_body_mps"] == pytest.approx(dv, rel=1e-3, abs=1e-8)
    assert np.abs(dv[0]) > 5e-4
    w = (np.array(after["w_body_radps"]) + before["w_body_radps"]) / 2
    assert imu["dtheta_body_rad"] == pytest.approx(0.1 * w, rel=1e-3, abs=1e-10)
    assert np.abs(w).max() > 1e-4


def test_the_stack_in_orbit_feels_no_gravity():
    p = pair(SPHERE)
    p.place("client", (6778137.0, 0.0, 0.0), (0.0, 7668.56, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    p.dock()
    p.run(100, 100_000)
    # gravity at the chaser's c.m. differs from that of the stack's: n^2 times metres, in 0.1 s
    assert np.linalg.norm(p.imu_truth()["dv_com_body_mps"]) == pytest.approx(5e-7, abs=5e-7)


def test_springs_part_the_bodies_at_their_speed_and_conserve_momentum():
    p = docked()
    p.run(30, 100_000, [100_000])
    p.run(10, 100_000, [0])
    linear, angular = momenta(p)
    p.release()
    p.run(1, 100_000, [0])
    assert not p.docked
    assert p.contact_record()["status"] == 0
    assert p.port()["closing_mps"] == pytest.approx(-0.05, abs=1e-4)
    after = momenta(p)
    assert after[0] == pytest.approx(linear, abs=1e-9 * np.linalg.norm(linear))
    assert after[1] == pytest.approx(angular, abs=1e-8 * np.linalg.norm(angular))
    p.run(100, 100_000, [0])
    assert p.port()["axial_m"] == pytest.approx(0.5, abs=0.05)
    assert p.contact_record()["status"] == 0


def test_a_released_chaser_can_dock_again():
    p = docked()
    p.release()
    p.run(50, 100_000, [0])
    state = p.state("servicer")
    back = np.add(state["v_eci_mps"], (0.12, 0.0, 0.0))
    p.place("servicer", state["r_eci_m"], back, state["q_body_from_eci"], state["w_body_radps"])
    p.arm_dock()
    p.run(100, 100_000, [0])
    assert p.docked


def test_a_hold_may_end_at_capture():
    """A client whose own control is off once docked is turned by the chaser; one that keeps it stays."""
    turned = []
    for ends in (False, True):
        client = replace(CLIENT, attitude=Hold(IDENTITY, frame="inertial", ends_at_capture=ends))
        p = pair(servicer=replace(SERVICER, thrusters=(AFT,)), client=client)
        p.place("client", (100.0, 0.0, 0.0), (0.0, 1e-6, 0.0))
        p.dock()
        p.run(100, 100_000, [100_000])
        turned.append(2.0 * math.hypot(*p.state("client")["q_body_from_eci"][1:]))
    assert turned[0] < 0.01 < turned[1]


def test_four_bodies_fly_by_name_without_touching_each_other():
    visitor = replace(CLIENT, name="visitor", ports=())
    debris = replace(SERVICER, name="debris", ports=(), propellant_kg=0.0)
    p = pair(SPHERE, others=(visitor, debris))
    assert p.names == ("client", "visitor", "debris", "servicer")
    alone = pair(SPHERE)
    v = math.sqrt(SPHERE.mu_m3ps2 / 6778137.0)
    for plant in (p, alone):
        plant.place("client", (6778137.0, 0.0, 0.0), (0.0, v, 0.0), IDENTITY, (0.0, 0.0, 0.001))
        plant.place("servicer", (6778137.0, -100.0, 0.0), (0.0, v, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    p.place("visitor", (6778137.0 + 500.0, 0.0, 0.0), (0.0, v, 0.0), IDENTITY, (0.01, 0.0, 0.0))
    p.place("debris", (6778137.0, 300.0, 0.0), (0.0, v, 0.0), IDENTITY, (0.0, 0.02, 0.0))
    for plant in (p, alone):
        plant.run(100, 100_000)
    for name in ("client", "servicer"):
        assert p.state(name) == alone.state(name)
    moved = np.linalg.norm(np.subtract(p.state("visitor")["r_eci_m"], (6778137.0 + 500.0, 10.0 * v, 0.0)))
    assert moved == pytest.approx(0.5 * 8.67 * 100.0, rel=1e-2, abs=0.0)
    assert p.state("target") == p.state("client") and p.state("chaser") == p.state("servicer")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "station"}, "target is 'station': expected one of chaser, client"),
        ({"target": "chaser"}, "chaser and target are both 'chaser': expected two bodies"),
        ({"bodies": ("chaser", "client", "client")}, "body 'client' is given 2 times"),
        ({"bodies": ("chaser", *(f"b{i}" for i in range(8)))}, r"9 bodies: expected 1\.\.8"),
        ({"thrusters": True}, "client has thrusters: expected none, only those of chaser are commanded"),
        ({"ports": 5}, "chaser has 5 ports: expected at most 4"),
    ],
)
def test_bodies_that_make_no_plant_are_refused_by_name(changes, message):
    names = changes.pop("bodies", ("chaser", "client"))
    ports = tuple(PortConfig((float(i), 0.0, 0.0), name=f"p{i}") for i in range(changes.pop("ports", 1)))
    thrusters = (AFT,) if changes.pop("thrusters", False) else ()
    bodies = tuple(replace(CLIENT, name=n, ports=ports, thrusters=thrusters if n == "client" else ()) for n in names)
    with pytest.raises(ValueError, match=message):
        Plant(PlantConfig(VOID, bodies, **({"target": "client"} | changes)))


def test_ports_are_chosen_by_name():
    second = PortConfig((0.0, 3.0, 0.0), (math.sqrt(0.5), 0.0, 0.0, -math.sqrt(0.5)), name="side")
    p = pair(client=replace(CLIENT, ports=(*CLIENT.ports, second)))
    p.place("client", (100.0, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    p.dock("probe", "side")
    assert p.port()["r_port_tport_tport_m"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)
    assert p.state("servicer")["r_eci_m"][1] > 3.0
    with pytest.raises(ValueError, match="port of client is 'front': expected one of nozzle, side"):
        p.dock("probe", "front")
