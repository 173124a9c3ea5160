"""Delivered over declared impulse of one pulse, at several plant steps, ProxOps and Basilisk alike.

One thruster through the centre of mass, no gravity to speak of, no fuel drawn: the impulse is mass
times velocity change.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
from Basilisk.architecture import messaging
from Basilisk.simulation import spacecraft, svIntegrators, thrusterDynamicEffector
from Basilisk.utilities import SimulationBaseClass, macros

from hil.plant.config import BodyConfig, EnvironmentConfig, PlantConfig, ThrusterConfig
from hil.plant.plant import Plant

PULSES_S = (0.005, 0.010, 0.020, 0.0333, 0.050, 0.100)
STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
MASS_KG, THRUST_N, SPAN_S = 100.0, 216.0, 2.0
RISE_S, DECAY_S = 0.004, 0.003
IDENTITY = (1.0, 0.0, 0.0, 0.0)
DIAGONAL = (10.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 10.0)


def proxops(pulse_s: float, step_s: float) -> float:
    """Delivered over declared; the declared profile rises and decays linearly."""
    chaser = BodyConfig(MASS_KG - 1.0, (0.0,) * 3, DIAGONAL, 1.0, name="chaser")
    empty = EnvironmentConfig(datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC), 1.0, 6378137.0, 0.0, 0.0, 0.0)
    thruster = ThrusterConfig((0.0,) * 3, (1.0, 0.0, 0.0), THRUST_N, 1e12, RISE_S, DECAY_S, 0.001)
    plant = Plant(
        PlantConfig(empty, (replace(chaser, thrusters=(thruster,)), replace(chaser, name="target")), step_s=step_s)
    )
    plant.set_target((7e9, 0.0, 0.0), (0.0, 1.0, 0.0))
    plant.set_chaser((7e9, 1e6, 0.0), (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    cycle_us = round(1e6 * max(step_s, 0.1))
    plant.run(1, cycle_us, [round(1e6 * pulse_s)])
    plant.run(round(SPAN_S * 1e6 / cycle_us), cycle_us, [0])
    declared = THRUST_N * (pulse_s - 0.5 * RISE_S + 0.5 * DECAY_S)
    return MASS_KG * plant.state("chaser")["v_eci_mps"][0] / declared


def basilisk(pulse_s: float, step_s: float) -> float:
    """Delivered over declared; the profile is Basilisk's default, a rectangle."""
    sim = SimulationBaseClass.SimBaseClass()
    sim.CreateNewProcess("process").addTask(sim.CreateNewTask("dynamics", macros.sec2nano(step_s)))
    craft = spacecraft.Spacecraft()
    craft.ModelTag = "craft"
    craft.hub.mHub, craft.hub.IHubPntBc_B = MASS_KG, np.diag([10.0] * 3).tolist()
    integrator = svIntegrators.svIntegratorRK4(craft)
    craft.setIntegrator(integrator)
    effector = thrusterDynamicEffector.ThrusterDynamicEffector()
    effector.ModelTag = "thruster"
    config = thrusterDynamicEffector.THRSimConfig()
    config.thrLoc_B, config.thrDir_B = [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]
    config.MaxThrust, config.steadyIsp, config.MinOnTime = THRUST_N, 270.0, 0.001
    effector.addThruster(config)
    craft.addDynamicEffector(effector)
    command = messaging.THRArrayOnTimeCmdMsg().write(messaging.THRArrayOnTimeCmdMsgPayload(OnTimeRequest=[pulse_s]))
    effector.cmdsInMsg.subscribeTo(command)
    sim.AddModelToTask("dynamics", effector, 20)
    sim.AddModelToTask("dynamics", craft, 10)
    sim.InitializeSimulation()
    sim.ConfigureStopTime(macros.sec2nano(SPAN_S))
    sim.ExecuteSimulation()
    return MASS_KG * craft.scStateOutMsg.read().v_CN_N[0] / (THRUST_N * pulse_s)


def measure() -> list[dict[str, float]]:
    """One row a step: the worst of ProxOps' errors over the pulses, and the least and largest of Basilisk's."""
    rows = []
    for step in STEPS_S:
        ours = [proxops(pulse, step) - 1.0 for pulse in PULSES_S]
        theirs = [basilisk(pulse, step) - 1.0 for pulse in PULSES_S]
        rows.append(
            {
                "step_s": step,
                "proxops_worst": max(map(abs, ours)),
                "basilisk_least": min(theirs),
                "basilisk_largest": max(theirs),
            }
        )
    return rows
