"""The matched closed loop in Basilisk: two rigid craft, J2, RK4 at 0.1 s, 10 Hz control on 24 thrusters.

Basilisk's own C and C++ modules only; Python runs once a call of `run`. What each side computes is
set side by side in docs/benchmarks.md.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from Basilisk.architecture import messaging
from Basilisk.fswAlgorithms import (
    attTrackingError,
    forceTorqueThrForceMapping,
    hillFrameRelativeControl,
    hillPoint,
    mrpFeedback,
    thrFiringRemainder,
    thrForceMapping,
)
from Basilisk.simulation import (
    extForceTorque,
    gravityEffector,
    simpleNav,
    spacecraft,
    sphericalHarmonicsGravityModel,
    svIntegrators,
    thrusterDynamicEffector,
)
from Basilisk.utilities import RigidBodyKinematics, SimulationBaseClass, fswSetupThrusters, macros

from benchmarks.matched import CASE, Case


def _earth(case: Case) -> gravityEffector.GravBodyData:
    """Earth to degree 2, order 0; Basilisk has no zonal-only model, its harmonics of degree 2 are the least."""
    earth = gravityEffector.GravBodyData()
    earth.planetName = "earth"
    earth.isCentralBody = True
    model = sphericalHarmonicsGravityModel.SphericalHarmonicsGravityModel()
    model.muBody, model.radEquator, model.maxDeg = case.mu_m3ps2, case.re_m, 2
    model.cBar = [[1.0], [0.0, 0.0], [-case.j2 / math.sqrt(5.0), 0.0, 0.0]]  # normalised (Vallado 2013, eq. 8-22)
    model.sBar = [[0.0], [0.0, 0.0], [0.0, 0.0, 0.0]]
    earth.gravityModel = model
    earth.mu, earth.radEquator = case.mu_m3ps2, case.re_m
    return earth


class BasiliskLoop:
    """One simulation that can be run on in stretches."""

    def __init__(self, case: Case = CASE, *, force_too: bool = True, control: bool = True, held: bool = False) -> None:
        """`force_too` maps force and torque on the thrusters; without it, torque only (cheaper).

        `held` applies what the translation law asks for as an outer force, so that the chaser stays at
        its point whatever was drawn; the thrusters' mapping is then asked for torque beside no force.
        """
        self._sim = SimulationBaseClass.SimBaseClass()
        self.navs: dict[str, simpleNav.SimpleNav] = {}
        process = self._sim.CreateNewProcess("process")
        step = macros.sec2nano(case.step_s)
        process.addTask(self._sim.CreateNewTask("dynamics", step), 2)
        process.addTask(self._sim.CreateNewTask("control", macros.sec2nano(case.cycle_s)), 1)
        self._earth = _earth(case)
        self._keep: list[Any] = [self._earth]
        self.target = self._craft("target", case, case.target_mass_kg, case.target_inertia_kgm2, *case.target_state())
        self.chaser = self._craft("chaser", case, case.mass_kg, case.inertia_kgm2, *case.chaser_state())
        self.thrusters = self._thrusters(case)
        if control:
            self._control(case, force_too, held)
        self._elapsed_s = 0.0

    def _add(self, task: str, module: Any, priority: int, tag: str) -> Any:
        module.ModelTag = tag
        self._sim.AddModelToTask(task, module, priority)
        self._keep.append(module)
        return module

    def _craft(
        self, tag: str, case: Case, mass: float, inertia: tuple[float, ...], r: np.ndarray, v: np.ndarray
    ) -> spacecraft.Spacecraft:
        craft = spacecraft.Spacecraft()
        craft.hub.mHub = mass
        craft.hub.r_BcB_B = [[0.0], [0.0], [0.0]]
        craft.hub.IHubPntBc_B = np.diag(inertia).tolist()
        craft.hub.r_CN_NInit, craft.hub.v_CN_NInit = r.tolist(), v.tolist()
        craft.hub.sigma_BNInit = case.sigma_body_eci(r, v)
        rate = [0.0, 0.0, case.mean_motion_radps]
        if tag == "chaser":
            rate = [w + dw for w, dw in zip(rate, case.initial_rate_error_radps, strict=True)]
        craft.hub.omega_BN_BInit = rate
        craft.gravField.gravBodies = spacecraft.GravBodyVector([self._earth])
        integrator = svIntegrators.svIntegratorRK4(craft)
        craft.setIntegrator(integrator)
        self._keep.append(integrator)
        return self._add("dynamics", craft, 10, tag)

    def _thrusters(self, case: Case) -> thrusterDynamicEffector.ThrusterDynamicEffector:
        effector = thrusterDynamicEffector.ThrusterDynamicEffector()
        self.thruster_configs: list[Any] = []
        for position, direction in zip(case.thruster_position_m, case.thruster_direction, strict=True):
            config = thrusterDynamicEffector.THRSimConfig()
            config.thrLoc_B, config.thrDir_B = list(position), list(direction)
            config.MaxThrust, config.steadyIsp, config.MinOnTime = case.thrust_n, case.isp_s, case.min_on_s
            effector.addThruster(config)
            self.thruster_configs.append(config)
        self.chaser.addDynamicEffector(effector)
        return self._add("dynamics", effector, 20, "thrusters")

    def _control(self, case: Case, force_too: bool, held: bool) -> None:
        navs = self.navs
        for tag, craft in (("chaser", self.chaser), ("target", self.target)):
            nav = self._add("control", simpleNav.SimpleNav(), 100, f"{tag} nav")
            nav.scStateInMsg.subscribeTo(craft.scStateOutMsg)
            navs[tag] = nav
        vehicle = messaging.VehicleConfigMsg().write(
            messaging.VehicleConfigMsgPayload(
                massSC=case.mass_kg, ISCPntB_B=np.diag(case.inertia_kgm2).ravel().tolist()
            )
        )
        fswSetupThrusters.clearSetup()
        for position, direction in zip(case.thruster_position_m, case.thruster_direction, strict=True):
            fswSetupThrusters.create(list(position), list(direction), case.thrust_n)
        thrusters = fswSetupThrusters.writeConfigMessage()
        # No Basilisk module turns an inertial force command into a body one, so the translation law runs
        # and the mapping is given the force that holds the point: work left out in Basilisk's favour.
        hold_n = [0.0 if held else -3.0 * case.mean_motion_radps**2 * case.hold_hill_m[0] * case.mass_kg, 0.0, 0.0]
        force = messaging.CmdForceBodyMsg().write(messaging.CmdForceBodyMsgPayload(forceRequestBody=hold_n))
        self._keep += [vehicle, thrusters, force]

        translation = self._add("control", hillFrameRelativeControl.HillFrameRelativeControl(), 90, "translation")
        translation.setMu(case.mu_m3ps2)
        translation.setK((case.kp_ps2 * np.eye(3)).ravel().tolist())
        translation.setP((case.kd_ps * np.eye(3)).ravel().tolist())
        translation.setReferencePosition(list(case.hold_hill_m))
        translation.chiefTransInMsg.subscribeTo(navs["target"].transOutMsg)
        translation.deputyTransInMsg.subscribeTo(navs["chaser"].transOutMsg)
        translation.deputyVehicleConfigInMsg.subscribeTo(vehicle)
        if held:
            outer = self._add("dynamics", extForceTorque.ExtForceTorque(), 15, "outer force")
            outer.cmdForceInertialInMsg.subscribeTo(translation.forceOutMsg)
            self.chaser.addDynamicEffector(outer)

        reference = self._add("control", hillPoint.hillPoint(), 80, "reference")
        reference.transNavInMsg.subscribeTo(navs["chaser"].transOutMsg)
        error = self._add("control", attTrackingError.attTrackingError(), 70, "error")
        error.attNavInMsg.subscribeTo(navs["chaser"].attOutMsg)
        error.attRefInMsg.subscribeTo(reference.attRefOutMsg)
        attitude = self._add("control", mrpFeedback.mrpFeedback(), 60, "attitude")
        attitude.K = 4.0 * case.attitude_kp_ps2 * max(case.inertia_kgm2)
        attitude.P = case.attitude_kd_ps * max(case.inertia_kgm2)
        attitude.Ki = -1.0
        attitude.guidInMsg.subscribeTo(error.attGuidOutMsg)
        attitude.vehConfigInMsg.subscribeTo(vehicle)

        mapping: Any
        if force_too:
            mapping = self._add("control", forceTorqueThrForceMapping.forceTorqueThrForceMapping(), 50, "mapping")
            mapping.cmdForceInMsg.subscribeTo(force)
        else:
            mapping = self._add("control", thrForceMapping.thrForceMapping(), 50, "mapping")
            mapping.thrForceSign = 1
            mapping.controlAxes_B = np.eye(3).ravel().tolist()
        mapping.cmdTorqueInMsg.subscribeTo(attitude.cmdTorqueOutMsg)
        mapping.thrConfigInMsg.subscribeTo(thrusters)
        mapping.vehConfigInMsg.subscribeTo(vehicle)
        firing = self._add("control", thrFiringRemainder.thrFiringRemainder(), 40, "firing")
        firing.thrMinFireTime = case.min_on_s
        firing.baseThrustState = 0
        firing.thrConfInMsg.subscribeTo(thrusters)
        firing.thrForceInMsg.subscribeTo(mapping.thrForceCmdOutMsg)
        self.thrusters.cmdsInMsg.subscribeTo(firing.onTimeOutMsg)

    def run(self, duration_s: float) -> None:
        """Runs on for `duration_s`."""
        if not self._elapsed_s:
            self._sim.InitializeSimulation()
        self._elapsed_s += duration_s
        self._sim.ConfigureStopTime(macros.sec2nano(self._elapsed_s))
        self._sim.ExecuteSimulation()

    @property
    def TaskList(self) -> Any:  # noqa: N802  the name by which Basilisk's Monte Carlo controller asks for it
        """The simulation's tasks."""
        return self._sim.TaskList

    def record(self, message: Any) -> Any:
        """A recorder of every value that a message has at the control rate."""
        recorder = message.recorder()
        self._sim.AddModelToTask("control", recorder)
        self._keep.append(recorder)
        return recorder

    def attitude_error_rad(self) -> float:
        """Angle of the chaser's body from its own hill frame."""
        state = self.chaser.scStateOutMsg.read()
        axes = Case.hill_axes(np.array(state.r_CN_N), np.array(state.v_CN_N))
        relative = RigidBodyKinematics.MRP2C(state.sigma_BN) @ axes.T
        return math.acos(min(1.0, (np.trace(relative) - 1.0) / 2.0))

    def range_m(self) -> float:
        """Distance between the centres of mass."""
        states = [np.array(craft.scStateOutMsg.read().r_CN_N) for craft in (self.chaser, self.target)]
        return float(np.linalg.norm(states[0] - states[1]))
