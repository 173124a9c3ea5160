"""What an instrument is to the harness: its row in the scenario, its kind, and what it is fitted with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass as plain_dataclass
from dataclasses import field
from typing import Any, NamedTuple

import numpy as np
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import kernels
from gnc.definitions import Kind
from hil.instruments.faults import Fault
from hil.schema import Quaternion, Vector

Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]
Mat3 = tuple[float, float, float, float, float, float, float, float, float]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Row:
    """What every row of `[[instrument]]` has. Kinds add their figures, in the units that the keys end in.

    name: unique among the instruments. kind: a key of `hil.instruments.kinds()`. vehicle: the one that carries it, the
    chaser if left out. power_string: the one that feeds it. Mounting: where on the craft, structural body frame, and
    the turn of the instrument's axes.
    """

    name: str
    kind: str
    vehicle: str = ""
    power_string: str = ""
    position_body_m: Vector = (0.0, 0.0, 0.0)
    q_from_body: Quaternion = (1.0, 0.0, 0.0, 0.0)


class Drawn(NamedTuple):
    """A constant error that is drawn for each run: its name, and the key of the row that declares its distribution.

    It has three components, in SI and radians.
    """

    name: str
    key: str


@plain_dataclass(frozen=True)
class InstrumentKind:
    """One kind of instrument, as its file declares it.

    number: what flight knows the kind by. row: the model of its row. make: builds one from what it is `Fitted` with.
    group: what its drawn errors belong to when the variance of a figure is shared out. drawn: its constant errors.
    faults: the kinds of fault that it can have. errors: the unit suffixes of the errors that a fault can put in.
    """

    number: Kind | int
    row: type[Row]
    make: Callable[[Fitted], Any]
    group: str
    drawn: tuple[Drawn, ...] = ()
    faults: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@plain_dataclass(frozen=True)
class TargetPort:
    """What instruments look at: the target's docking port, tbody frame, and its shape, rows of `[[vehicle.shape]]`."""

    port_tbody_m: Vec3
    q_tport_from_tbody: Quat
    shape: tuple[Any, ...] = ()


@plain_dataclass(frozen=True)
class Fitted:
    """What one instrument of a run is made from; the values are truth, drawn errors included.

    number: its place in the flight's table of instruments. seed, case: of its noise. drawn: its constant errors by
    name, SI and radians. ports: the names of the chaser's docking ports.
    """

    kind: InstrumentKind
    row: Row
    number: int
    seed: int
    case: int
    target: TargetPort
    drawn: Mapping[str, Vec3] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    ports: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The instrument's name."""
        return self.row.name


def turned(q_b_from_a: Quat, rotvec_b_rad: Vec3) -> Quat:
    """Quaternion to the frame b turned by a rotation vector in its own axes."""
    w, x, y, z = kernels.quat_mul(kernels.quat_from_rotvec(np.array(rotvec_b_rad)), np.array(q_b_from_a))
    return (float(w), float(x), float(y), float(z))


def sensing_matrix(scale: Vec3, misalignment_rad: Vec3) -> Mat3:
    """What a triad reads of a true vector: (I + diag(scale)) C, C of a triad turned by the misalignment; row-major."""
    c = kernels.quat_to_dcm(kernels.quat_from_rotvec(np.array(misalignment_rad)))
    a, b, c_, d, e, f, g, h, i = [(1.0 + scale[i]) * float(c[i][j]) for i in range(3) for j in range(3)]
    return (a, b, c_, d, e, f, g, h, i)
