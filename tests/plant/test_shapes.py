"""Distances against dense sampling and closed forms, coverage of the points, and collisions against hand geometry."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gnc import kernels
from hil import Log, Scenario, fly
from hil.plant.config import BodyConfig, CaptureConfig, Flown, PlantConfig, PortConfig
from hil.plant.plant import Plant
from hil.prepare import facing_port, plant_config, prepare
from hil.scenario.schema import shapes
from tests.closed_loop.flights import fly_with
from tests.plant.plants import IDENTITY, SPHERE
from tests.plant.test_docking import VOID
from tests.plant.test_motion import rotation


def box(size, at=(0.0, 0.0, 0.0), q=IDENTITY):
    return shapes.Box(kind="box", name="box", size_m=size, position_body_m=at, q_from_body=q)


def cylinder(radius, length, at=(0.0, 0.0, 0.0), q=IDENTITY):
    return shapes.Cylinder(
        kind="cylinder", name="cylinder", radius_m=radius, length_m=length, position_body_m=at, q_from_body=q
    )


def cone(radius, end_radius, length, at=(0.0, 0.0, 0.0), q=IDENTITY):
    return shapes.Cone(
        kind="cone", name="cone", radius_m=radius, end_radius_m=end_radius, length_m=length, position_body_m=at,
        q_from_body=q,
    )  # fmt: skip


def sphere(radius, at=(0.0, 0.0, 0.0), q=IDENTITY):
    return shapes.Sphere(kind="sphere", name="sphere", radius_m=radius, position_body_m=at, q_from_body=q)


SKEW = tuple(np.array((0.9, 0.2, -0.3, 0.25)) / np.linalg.norm((0.9, 0.2, -0.3, 0.25)))
SOLIDS = [
    box((2.0, 1.0, 0.6), (0.3, -0.2, 0.1), SKEW),
    cylinder(0.7, 2.4, (0.0, 0.5, 0.0), SKEW),
    cone(0.9, 0.3, 1.6, (-0.2, 0.0, 0.4), SKEW),
    cone(0.8, 0.0, 1.1, (0.1, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0)),
    sphere(0.8, (0.0, 0.1, 0.2)),
]
UNION = (box((2.0, 1.0, 1.0)), cylinder(0.4, 3.0, (1.0, 0.0, 0.0)), sphere(0.7, (0.0, 0.9, 0.0)))
UNIT = (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)


def body(name, shape, **changes):
    return BodyConfig(100.0, (0.0, 0.0, 0.0), UNIT, name=name, shape=tuple(shape), **changes)


def pair(a, b=(), environment=VOID, **options):
    """Two bodies far from anything; the second is the target, at (1000, 0, 0)."""
    p = Plant(PlantConfig(environment, (body("chaser", a), body("target", b)), **options))
    p.place("target", (1000.0, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    return p


def put(p, r, v=(0.0, 0.0, 0.0), q=IDENTITY, w=(0.0, 0.0, 0.0)):
    p.place("chaser", np.add(r, (1000.0, 0.0, 0.0)), v, q, w)


def dense(solid, n=60000, seed=3):
    """Points on the surface of a solid, body axes."""
    rng = np.random.default_rng(seed)
    if solid.kind == "sphere":
        u = rng.normal(size=(n, 3))
        local = solid.radius_m * u / np.linalg.norm(u, axis=1, keepdims=True)
    elif solid.kind == "box":
        local = rng.uniform(-0.5, 0.5, (n, 3))
        axis = rng.integers(0, 3, n)
        local[np.arange(n), axis] = rng.choice((-0.5, 0.5), n)
        local *= solid.size_m
    else:
        back, front = (
            (solid.radius_m, solid.end_radius_m)
            if solid.kind == "cone" else (solid.radius_m, solid.radius_m)
        )  # fmt: skip
        angle, part, along = rng.uniform(0, 2 * math.pi, n), rng.integers(0, 3, n), rng.uniform(size=n)
        x = np.where(part == 0, -0.5, np.where(part == 1, 0.5, along - 0.5)) * solid.length_m
        radius = np.where(part == 0, back * np.sqrt(along), np.where(part == 1, front * np.sqrt(along), 0.0))
        radius = np.where(part == 2, back + (front - back) * along, radius)
        local = np.column_stack([x, radius * np.cos(angle), radius * np.sin(angle)])
    return local @ rotation(solid.q_from_body) + solid.position_body_m


@pytest.mark.parametrize("solid", SOLIDS)
def test_distance_from_outside_is_that_to_the_nearest_of_many_surface_points(solid):
    surface = dense(solid)
    p = pair((), (solid,))
    for r in np.random.default_rng(5).uniform(-3.0, 3.0, (60, 3)):
        put(p, r)
        nearest = np.linalg.norm(surface - r, axis=1).min()
        if p.clearance() > 0.05:
            assert p.clearance() == pytest.approx(nearest, abs=0.03)
            assert p.clearance() <= nearest + 1e-12
        else:
            assert nearest < 1.5


def test_distance_inside_is_negative():
    for solid, depth in (
        (box((2.0, 1.0, 0.6)), 0.3), (cylinder(0.7, 2.4), 0.7), (sphere(0.8), 0.8),
        (cone(0.9, 0.3, 1.6), 0.6 * 1.6 / math.hypot(0.6, 1.6)),
    ):  # fmt: skip
        p = pair((), (solid,))
        put(p, (0.0, 0.0, 0.0))
        assert p.clearance() == pytest.approx(-depth, abs=1e-12)


def test_distance_of_a_cone_in_closed_form():
    p = pair((), (cone(1.0, 0.0, 2.0),))
    flank = np.array((1.0, 2.0)) / math.sqrt(5.0)  # its normal, x and radius
    for along in (0.1, 0.5, 0.9):
        foot = np.array((-1.0 + 2.0 * along, 1.0 - along))
        x, rho = foot + 0.3 * flank
        put(p, (x, 0.0, rho))
        assert p.clearance() == pytest.approx(0.3, abs=1e-12)
    for r, expected in (((-1.5, 0.4, 0.0), 0.5), ((1.7, 0.0, 0.0), 0.7), ((-1.3, 1.4, 0.0), 0.5)):
        put(p, r)
        assert p.clearance() == pytest.approx(expected, abs=1e-12)


def test_a_bodys_attitude_and_centre_of_mass_turn_and_shift_its_shape():
    p = Plant(PlantConfig(VOID, (body("chaser", ()), replace(body("target", UNION), dry_com_body_m=(0.5, -0.3, 0.2)))))
    p.place("target", (1000.0, 0.0, 0.0), (0.0, 0.0, 0.0), SKEW, (0.0, 0.0, 0.0))
    reference = pair((), UNION)
    for r in np.random.default_rng(6).uniform(-4.0, 4.0, (20, 3)):
        put(p, rotation(SKEW).T @ (r - (0.5, -0.3, 0.2)))
        put(reference, r)
        assert p.clearance() == pytest.approx(reference.clearance(), abs=1e-9)


@pytest.mark.parametrize("shape", [(s,) for s in SOLIDS] + [UNION])
def test_no_point_of_the_surface_is_farther_from_the_tested_ones_than_is_said(shape):
    """A pin that enters the surface anywhere, deeper than undetected_m, is seen by the shape's own points."""
    p = pair(shape)
    limit = p.undetected_m("chaser")
    assert 0.0 < limit < 1.0
    rng = np.random.default_rng(8)
    surface = np.concatenate([dense(s, 3000) for s in shape])
    on_it = []
    seen = pair((), shape)
    for point in rng.permutation(surface)[:150]:
        put(seen, point)
        if abs(seen.clearance()) < 1e-9:
            on_it.append(point)
    assert len(on_it) > 50
    # a ball of that radius about any surface point holds a tested point: its own points are too far to be the nearest
    for point in on_it:
        ball = pair(shape, (sphere(limit),))
        put(ball, -point)
        assert ball.clearance() <= 1e-9


def test_two_boxes_collide_when_their_faces_meet():
    p = pair((box((1.0, 0.8, 0.6)),), (box((2.0, 3.0, 1.4)),))
    put(p, (-4.0, 0.3, 0.1), (0.13, 0.0, 0.0))
    p.run(300, 100_000)
    (event,) = p.collisions()
    assert event["bodies"] == ["chaser", "target"]
    assert event["t_s"] == pytest.approx(2.5 / 0.13, abs=2e-3)
    assert event["speed_mps"] == pytest.approx(0.13, abs=1e-9)
    assert event["point_body_m"][0] == pytest.approx(-1.0, abs=1e-3)
    assert p.n_collisions == 1  # one touch, however long it lasts


def test_a_thin_panel_is_not_passed_between_two_steps():
    """30 m/s and a step of 0.1 s against a plate of 5 cm."""
    p = pair((sphere(0.2),), (box((0.05, 20.0, 20.0)),))
    put(p, (-40.0, 0.4, 0.3), (30.0, 0.0, 0.0))
    p.run(20, 100_000)
    (event,) = p.collisions()
    assert event["t_s"] == pytest.approx((40.0 - 0.2 - 0.025) / 30.0, abs=5e-3)
    assert event["speed_mps"] == pytest.approx(30.0, abs=1e-6)


def test_what_turns_touches_at_the_speed_of_its_tip():
    p = pair((box((4.0, 0.2, 0.2)),), (box((6.0, 1.0, 1.0)),))
    put(p, (0.0, 2.0, 0.0), w=(0.0, 0.0, 0.05))
    p.run(400, 100_000)
    event = p.collisions()[0]
    angle = 0.05 * event["t_s"]
    # the tip's lower edge comes down on the face y = 0.5
    lowest = 2.0 - 2.0 * math.sin(angle) - 0.1 * math.cos(angle)
    assert lowest == pytest.approx(0.5, abs=2e-3)
    assert event["speed_mps"] == pytest.approx(0.05 * math.hypot(2.0, 0.1), rel=1e-3, abs=0.0)


def test_bodies_that_pass_each_other_do_not_collide():
    p = pair((box((1.0, 0.8, 0.6)),), (box((2.0, 3.0, 1.4)),))
    put(p, (-4.0, 1.95, 0.1), (0.5, 0.0, 0.0))
    nearest = math.inf
    for _ in range(200):
        p.run(1, 100_000)
        nearest = min(nearest, p.clearance())
    assert p.collisions() == []
    assert nearest == pytest.approx(0.05, abs=0.01)


def test_touching_again_after_parting_is_another_collision():
    p = pair((sphere(0.5),), (box((1.0, 1.0, 1.0)),))
    put(p, (-1.2, 0.0, 0.0), (0.5, 0.0, 0.0))
    p.run(10, 100_000)
    assert p.n_collisions == 1
    put(p, (-1.2, 0.0, 0.0), (0.5, 0.0, 0.0))
    p.run(10, 100_000)
    assert p.n_collisions == 2


def test_bodies_that_start_inside_each_other_collide_at_once():
    p = pair((sphere(0.5),), (box((1.0, 1.0, 1.0)),))
    put(p, (-0.8, 0.0, 0.0))
    p.run(1, 100_000)
    assert p.collisions()[0]["t_s"] == 0.0


def test_every_pair_of_bodies_is_watched():
    bodies = (body("chaser", (sphere(0.5),)), body("target", (sphere(0.5),)), body("visitor", (sphere(0.5),)))
    p = Plant(PlantConfig(VOID, (*bodies, body("debris", (sphere(0.1),)))))
    for k, name in enumerate(("chaser", "target", "visitor")):
        p.place(name, (1000.0, 10.0 * k, 0.0), (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    p.place("debris", (1000.0, 25.0, 0.0), (0.0, -2.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    p.run(50, 100_000)
    p.place("debris", (1000.0, 5.0, 0.0), (0.0, 2.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    p.run(30, 100_000)
    assert [e["bodies"] for e in p.collisions()] == [["visitor", "debris"], ["debris", "target"]]


def tumbling(seed):
    """A long approach of two shapes that turn, some of which touch."""
    rng = np.random.default_rng(seed)
    p = pair(UNION, (box((3.0, 1.0, 1.0)), cone(0.5, 1.5, 2.0, (2.0, 0.0, 0.0)), box((0.1, 8.0, 2.0))), SPHERE)
    v = math.sqrt(SPHERE.mu_m3ps2 / 6778137.0)
    q = rng.normal(size=4)
    p.place("target", (6778137.0, 0.0, 0.0), (0.0, v, 0.0), q / np.linalg.norm(q), rng.normal(0.0, 0.02, 3))
    r = rng.normal(size=3)
    r *= 15.0 / np.linalg.norm(r)
    towards = -r * 0.2 / 15.0 + rng.normal(0.0, 0.05, 3)
    q = rng.normal(size=4)
    p.place(
        "chaser", np.add(r, (6778137.0, 0.0, 0.0)), np.add(towards, (0.0, v, 0.0)), q / np.linalg.norm(q),
        rng.normal(0.0, 0.02, 3),
    )  # fmt: skip
    return p


def test_skipping_looks_never_changes_what_is_found():
    touched = 0
    for seed in range(30):
        skipping, always = tumbling(seed), tumbling(seed)
        always.look_always()
        for _ in range(15):
            skipping.run(100, 100_000)
            always.run(100, 100_000)
            exact = always.clearance()
            assert skipping.clearance() == pytest.approx(exact, abs=0.053 * abs(exact) + 0.01)
        assert skipping.collisions() == always.collisions()
        touched += bool(always.collisions())
    assert 5 < touched < 28


# ---- ports --------------------------------------------------------------------------------------

WIDE = CaptureConfig(0.0, 1.0, 0.3, 1.0, 0.2, 4.0, 1.0, 1.0, touch_lateral_m=0.5)


def docking(lateral=0.0, armed=True, radius_m=0.4):
    probe = PortConfig((1.2, 0.0, 0.0), capture=WIDE, radius_m=radius_m, depth_m=0.3, release_mps=0.05)
    socket = PortConfig((-2.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), radius_m=radius_m, depth_m=0.3)
    chaser = body("chaser", (box((2.0, 1.0, 1.0)), cylinder(0.3, 0.2, (1.1, 0.0, 0.0))), ports=(probe,))
    target = body("target", (box((3.4, 4.0, 2.0)), cylinder(0.3, 0.3, (-1.85, 0.0, 0.0))), ports=(socket,))
    p = Plant(PlantConfig(VOID, (replace(chaser, attitude=Flown()), target)))
    p.place("target", (1000.0, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    put(p, (-2.0 - 1.2 - 1.0, lateral, 0.0), (0.1, 0.0, 0.0))
    p.arm_dock(armed)
    return p


def test_ports_may_touch():
    p = docking()
    p.run(200, 100_000)
    assert p.docked and p.collisions() == [] and p.clearance() == 0.0
    p.release()
    p.run(100, 100_000)
    assert not p.docked and p.collisions() == []
    assert p.clearance() == pytest.approx(p.port()["axial_m"], abs=0.03)


def test_touching_beside_the_ports_envelope_is_a_collision():
    p = docking(lateral=0.9)
    p.run(200, 100_000)
    assert p.contact_record()["status"] == 0
    (event,) = p.collisions()
    # the probe's end meets the wall beside the socket's pipe: 0.3 m behind the port
    assert event["t_s"] == pytest.approx(13.0, abs=0.02)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            (replace(sphere(1.0), q_from_body=(0.5, 0.5, 0.0, 0.0)),),
            r"sphere\.q_from_body is .* expected a unit quaternion",
        ),
        (
            (SimpleNamespace(kind="torus", name="ring", position_body_m=(0, 0, 0), q_from_body=IDENTITY),),
            "ring.kind is 'torus'",
        ),
        ((sphere(1.0),) * 33, r"chaser\.shape has 33 solids: expected at most 32"),
        (
            tuple(cylinder(0.1, 1.0, (3.0 * k, 0.0, 0.0)) for k in range(32)),
            r"points at the least: expected at most 256",
        ),
    ],
)
def test_what_is_no_shape_is_refused_by_name(shape, message):
    with pytest.raises(ValueError, match=message):
        pair(shape)


# ---- the shipped craft --------------------------------------------------------------------------


def at_the_station(distance_m, lateral_m=0.0, attitude_rad=0.0, **changes):
    """The cargo ship before the ISS's aft port, at rest in an empty world, with the shapes of both files."""
    s = Scenario.load("iss-contact")
    run = prepare(s, 1)
    config = plant_config(s, run.dispersed)
    iss, cargo = config.bodies
    p = Plant(replace(config, environment=VOID, bodies=(iss, replace(cargo, **changes))))
    p.place("iss", (1000.0, 0.0, 0.0), (0.0, 1.0e-6, 0.0))
    q = np.array(facing_port(s))
    half = 0.5 * attitude_rad
    turn = kernels.quat_mul(np.array((math.cos(half), 0.0, -math.sin(half), 0.0)), q)
    p.set_chaser_hill((lateral_m, -distance_m, 0.0), (0.0, 0.0, 0.0), turn, (0.0, 0.0, 0.0), datum="port")
    return p


def test_the_docked_ship_touches_nothing_but_the_port():
    for lateral_m, attitude_rad in ((0.0, 0.0), (0.3, 0.0), (0.1, 0.08), (-0.1, -0.08)):
        p = at_the_station(0.0, lateral_m, attitude_rad)
        p.run(1, 100_000)
        assert p.collisions() == []
        assert abs(p.clearance()) < 0.12


def test_the_ship_beside_the_port_touches_the_station():
    p = at_the_station(-2.0, 3.0)
    p.run(1, 100_000)
    assert p.collisions()[0]["bodies"] == ["cargo", "iss"]


def test_the_stations_arrays_are_where_they_are():
    p = at_the_station(100.0, shape=())
    p.place("cargo", (1000.0, 0.0, 0.0), (0.0, 1.0e-6, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    origin = np.array(p.state("iss")["r_eci_m"])
    turn = rotation(p.state("iss")["q_body_from_eci"])
    for r_tbody_m, inside in (((30.0, 48.5, -4.6), True), ((30.0, 48.5, 4.6), False), ((-30.0, 0.0, 0.0), True)):
        p.place("cargo", origin + turn.T @ r_tbody_m, (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
        assert (p.clearance() < 0.0) == inside


def test_what_may_go_unseen_of_the_shipped_shapes_is_stated():
    p = at_the_station(20.0)
    assert p.undetected_m("cargo") < 1.2
    assert p.undetected_m("iss") < 12.0


def test_a_module_in_the_way_makes_the_mission_a_collision(tmp_path):
    longer = ["vehicle.iss.shape.zvezda.length_m=20.0"]
    log = fly("iss-contact", seed=1, overrides=longer, out=tmp_path / "run")
    assert log.truth["collisions"][-1] >= 1
    assert log.truth["contact_status"][-1] == 0
    assert log.verdict == "FAIL"
    assert log.truth["r_port_tport_m"][-1, 0] == pytest.approx(2.65, abs=0.5)
    (event,) = log.collisions
    assert event["bodies"] == ["cargo", "iss"]
    assert event["point_body_m"][0] == pytest.approx(-36.65, abs=0.01)
    assert event["speed_mps"] == pytest.approx(0.075, abs=0.02)
    assert Log.open(tmp_path / "run").collisions == log.collisions


def test_a_visitor_in_the_way_is_met(tmp_path):
    """A third craft between chaser and port, with a shape of its own."""
    visitor = """
[[vehicle]]
name = "visitor"
mass_kg = 100.0
inertia_kgm2 = [10.0, 10.0, 10.0, 0.0, 0.0, 0.0]
orbit = { kind = "relative", to = "iss", r_hill_m = [0.0, -44.0, 0.0] }
attitude = { mode = "lvlh_hold", q_body_from_hill = [1.0, 0.0, 0.0, 0.0], limit_cycle_radps = 0.02 }

[[vehicle.shape]]
name = "ball"
kind = "sphere"
radius_m = 1.0
"""
    log = fly_with(tmp_path, "iss-contact", visitor, seed=1)
    assert [event["bodies"] for event in log.collisions] == [["cargo", "visitor"]]
    assert log.verdict == "FAIL"
