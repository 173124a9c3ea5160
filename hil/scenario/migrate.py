"""From scenario files of schema 1 to files of schema 2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import hypot
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from hil.scenario.files import EXTENDS_MAX, base_of, merged, read_file, read_layers, read_toml
from hil.scenario.messages import ScenarioError, show

Table = dict[str, Any]


class Names(NamedTuple):
    """What the rows are called that had no names: those of the file that is extended."""

    chaser: str = "chaser"
    target: str = "target"
    chaser_port: str = "port"
    target_port: str = "port"
    tank: str = "tank"

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Names:
        """Those of a document of schema 2, its rows by name."""
        chaser, target = (document["scenario"][role] for role in ("chaser", "target"))
        rows = document["vehicle"]
        ports = (next(iter(rows[name].get("port", {})), "port") for name in (chaser, target))
        return cls(chaser, target, next(ports), next(ports), next(iter(rows[chaser].get("tank", {})), "tank"))


def migrate_text(text: str, file: str) -> str:
    """A scenario of schema 1 that extends no other, as in a log, as one of schema 2. Raises ScenarioError."""
    document = _by_name(file, read_toml(text))
    return tomli_w.dumps(migrated(document))


def migrate_file(path: Path) -> str:
    """The text of schema 2 of a scenario file of schema 1. Raises ScenarioError."""
    document = read_file(path)
    if document.get("schema", 1) != 1:
        raise ScenarioError(f"{path.name}: schema = {show(document['schema'])}: expected a file of schema 1")
    try:
        base, names = _base(path, document)
        new = migrated(_by_name(path.name, document), base, names)
    except ScenarioError as error:
        raise ScenarioError(f"{path.name}: {error}") from None
    return tomli_w.dumps(new)


def _base(path: Path, document: Mapping[str, Any], depth: int = 0) -> tuple[Table | None, Names]:
    """What a file of schema 1 extends, merged, and the names of its rows; nothing where it extends none."""
    extended = _table(document, "scenario").get("extends")
    if extended is None:
        return None, Names()
    if depth >= EXTENDS_MAX:
        raise ScenarioError(f"scenario.extends: expected at most {EXTENDS_MAX} files in a row")
    under = base_of(path, extended)
    found = read_file(under)
    if found.get("schema", 1) != 1:
        whole, _ = merged(read_layers(under))
        return as_base(whole), Names.of(whole)
    base, names = _base(under, found, depth + 1)
    return _over(base or {}, _by_name(under.name, found)), names


def _by_name(file: str, document: Table) -> Table:
    """A document of schema 1 with its phases by name."""
    phases = _table(document, "flight").get("phase")
    if isinstance(phases, list):
        if not all(isinstance(phase, dict) and isinstance(phase.get("name"), str) for phase in phases):
            raise ScenarioError(f"{file}: flight.phase: expected tables with a name")
        named = {phase["name"]: {k: v for k, v in phase.items() if k != "name"} for phase in phases}
        document = document | {"flight": document["flight"] | {"phase": named}}
    return document


# Sensors of schema 1, in the order of their numbers, with what their keys are called now
SENSORS: dict[str, dict[str, str]] = {
    "imu": {},
    "star": {"q_star_from_body": "q_from_body"},
    "gnss": {"antenna_body_m": "position_body_m"},
    "rgnss": {},
    "camera": {"q_camera_from_body": "q_from_body"},
}
NEW_IN_FLIGHT = {"target_attitude_mode": "lvlh_hold", "mated_sigma_r_m": 0.02, "mated_sigma_v_mps": 0.002,
                 "mated_sigma_attitude_deg": 0.2}  # fmt: skip
NEW_IN_IMU = {"agree_radps": 1.0e-4, "agree_mps2": 1.5e-3}  # of a single unit they decide nothing
TIMEOUT, TIMED_AS_ONE = "sensor_timeout_s", ("gnss", "rgnss", "camera")
BELIEFS = {"imu": ("gyro_", "accel_"), "star": ("star_",), "gnss": ("gnss_",), "rgnss": ("rgnss_",),
           "camera": ("camera_",)}  # fmt: skip
CENTRAL_BODY = ("mu_m3ps2", "re_m", "j2", "j3", "j4")
# By law: the keys that were one for all phases of [flight]
LAW_KEYS = {
    "hop": {"hop_lead_s": "lead_s", "hop_correction_fraction": "correction_fraction", "burn_cutoff_mps": "cutoff_mps"},
    "forced": {"forced_accel_mps2": "accel_mps2"},
    "cam": {"cam_velocity_hill_mps": "velocity_hill_mps", "burn_cutoff_mps": "cutoff_mps"},
}
# By kind of requirement: its name, what its keys begin with, and whether it may not occur
REQUIREMENTS = {
    "docking": ("docking", "contact_", False),
    "corridor": ("corridor", "corridor_", True),
    "closing_rate": ("closing_rate", "closing_rate_", True),
    "keep_out": ("keep_out_sphere", "keep_out_", True),
    "passive_safety": ("passive_safety", "passive_safety_", True),
    "delta_v": ("delta_v", "delta_v_", False),
    "avoidance": ("avoidance_range", "avoidance_", True),
}


def migrated(document: Mapping[str, Any], base: Mapping[str, Any] | None = None, names: Names | None = None) -> Table:
    """A document of schema 1 as one of schema 2, rows as lists.

    document: with phases by name. base: that of what it extends, all layers merged; None when it extends none.
    names: what rows are called there. Raises ScenarioError for what is no scenario of schema 1.
    """
    names = names or Names()
    old = {key: value for key, value in document.items() if key != "schema"}
    whole = _over(base or {}, old)
    new: Table = {"schema": 2, "scenario": dict(_table(old, "scenario"))}
    if base is None:
        new["scenario"] |= {"chaser": names.chaser, "target": names.target}
    plant = dict(_table(old, "plant"))
    body = {key: plant.pop(key) for key in CENTRAL_BODY if key in plant}
    _put(new, "plant", plant)
    _put(new, "central_body", body)
    _put(new, "vehicle", [row for row in (_target(old, names), _chaser(old, names)) if len(row) > 1])
    flight = _table(old, "flight")
    _put(new, "instrument", _instruments(old, flight, base is None))
    _put(new, "effector", _effectors(old))
    for key in ("dispersions", "link_faults", "board_fault", "telecommand"):
        if key in old:
            new[key] = old[key]
    _put(new, "requirement", _requirements(old, whole))
    kept = {key: value for key, value in flight.items() if key != "phase" and not _moves(key)}
    if "retreat_phase" in flight:
        kept["recovery_phase"] = flight["retreat_phase"]
    _put(new, "flight", (NEW_IN_FLIGHT if base is None else {}) | kept)
    every = _table(whole, "flight")
    _put(new, "phase", [_of_graph(row.pop("name"), row, every) for row in _phases(flight, whole)])
    _put(new, "transition", _transitions(flight, base, every))
    _put(new, "monitor", _monitors(flight, base is None))
    _put(new, "fault", [_fault(fault) for fault in old.get("fault", [])])
    known = {"scenario", "plant", "target", "chaser", "sensors", "dispersions", "initial", "contact", "requirements",
             "link_faults", "board_fault", "telecommand", "flight", "fault"}  # fmt: skip
    for key in old:
        if key not in known:
            raise ScenarioError(f"{key}: not a table of a scenario of schema 1")
    return new


def as_base(document: Mapping[str, Any]) -> Table:
    """What `migrated` reads of a base, from one that is a document of schema 2 with its rows by name."""
    rows = document.get("requirement", {})
    passive, corridor, keep_out = (rows.get(name, {}) for name in ("passive_safety", "corridor", "keep_out_sphere"))
    ports = []
    for role in ("target", "chaser"):
        rows_of_ports: Table = document["vehicle"][document["scenario"][role]].get("port", {})
        ports.append(next((port["position_body_m"] for port in rows_of_ports.values()), (0.0,)))
    return {
        "target": {"port_tbody_m": ports[0]},
        "chaser": {"port_body_m": ports[1]},
        "flight": _flight_of(document),
        "transition": document.get("transition", {}),
        "requirements": {
            "passive_safety_orbits": passive.get("orbits", 0.0), "passive_safety_to_phase": "s3",
            "corridor_range_m": corridor.get("range_m", 0.0), "keep_out_radius_m": keep_out.get("radius_m", 0.0),
        },
    }  # fmt: skip


def _flight_of(document: Mapping[str, Any]) -> Table:
    """`[flight]` of schema 1, with phases by name and what their transitions stand for."""
    flight, phases = dict(document["flight"]), {name: dict(row) for name, row in document["phase"].items()}
    for row in document.get("transition", {}).values():
        sources = row["from"] if isinstance(row["from"], list) else [row["from"]]
        for phase in (phases[name] for name in sources if name in phases):
            if row["event"] == "done":
                phase["next"], phase["needs_go"] = row["to"], "go" in row.get("guard", [])
            elif row["event"] == "lost":
                phase["abort"] = row["to"]
        if row["event"] == "telecommand" and row["command"] in ("retreat", "abort"):
            flight["retreat_phase" if row["command"] == "retreat" else "cam_phase"] = row["to"]
    return {**flight, "phase": phases}


def _put(new: Table, key: str, value: Any) -> None:
    if value:
        new[key] = value


def _table(document: Mapping[str, Any], key: str) -> Table:
    found = document.get(key, {})
    if not isinstance(found, dict):
        raise ScenarioError(f"{key}: expected a table")
    return found


def _over(base: Mapping[str, Any], top: Mapping[str, Any]) -> Table:
    """`top` over `base`, table by table."""
    merged = dict(base)
    for key, value in top.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _over(merged[key], value) if both else value
    return merged


def _renamed(table: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    return {names.get(key, key): value for key, value in table.items()}


def _only(table: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    return {names[key]: table[key] for key in names if key in table}


def _target(old: Mapping[str, Any], names: Names) -> Table:
    table = _table(old, "target")
    same = ("mass_kg", "drag_area_m2", "drag_coefficient", "inertia_kgm2")
    row: Table = {"name": names.target} | {key: table[key] for key in same if key in table}
    if "ephemeris" in table:
        row["orbit"] = {"kind": "oem", "file": table["ephemeris"]}
    attitude = _only(table, {"q_tbody_from_hill": "q_body_from_hill", "hold_limit_cycle_radps": "limit_cycle_radps"})
    if len(attitude) == 2:
        attitude = {"mode": "lvlh_hold", **attitude}
    _put(row, "attitude", attitude)
    port = _only(table, {"port_tbody_m": "position_body_m", "q_tport_from_tbody": "q_port_from_body"})
    _put(row, "port", [{"name": names.target_port, **port}] if port else [])
    return row


def _chaser(old: Mapping[str, Any], names: Names) -> Table:
    table = _table(old, "chaser")
    same = ("mass_kg", "com_body_m", "inertia_kgm2", "drag_area_m2", "drag_coefficient")
    row: Table = {"name": names.chaser} | {key: table[key] for key in same if key in table}
    orbit = _table(old, "initial")
    _put(row, "orbit", {"kind": "approach", **orbit} if len(orbit) == 2 else dict(orbit))
    if "mass_kg" in table and "inertia_kgm2" in table:
        row["attitude"] = {"mode": "flown"}
    tank = _only(table, {"tank_body_m": "position_body_m", "propellant_kg": "propellant_kg"})
    _put(row, "tank", [{"name": names.tank, **tank}] if tank else [])
    port = _only(table, {"port_body_m": "position_body_m", "q_port_from_body": "q_port_from_body",
                         "q_tport_from_port": "q_mate_from_port"})  # fmt: skip
    _put(row, "port", [{"name": names.chaser_port, **port}] if port else [])
    return row


def _instruments(old: Mapping[str, Any], flight: Table, first: bool) -> list[Table]:
    sensors = _table(old, "sensors")
    antenna, target = _table(sensors, "gnss").get("antenna_body_m"), _table(old, "target")
    rows = []
    for kind, keys in SENSORS.items():
        row = _renamed(_table(sensors, kind), keys)
        if kind == "rgnss" and antenna is not None:
            row["position_body_m"] = antenna
        if kind == "rgnss" and "gnss_antenna_tbody_m" in target:
            row["target_antenna_tbody_m"] = target["gnss_antenna_tbody_m"]
        believed = {_belief(kind, key): value for key, value in flight.items() if key.startswith(BELIEFS[kind])}
        if kind in TIMED_AS_ONE and TIMEOUT in flight:
            believed["timeout_s"] = flight[TIMEOUT]
        if kind == "imu" and first:
            believed |= NEW_IN_IMU
        if row or believed:
            given = {"name": kind, "kind": kind} if first else {"name": kind}
            rows.append({**given, **row, **({"flight": believed} if believed else {})})
    return [*rows, {"name": "dock", "kind": "dock"}] if first else rows


def _belief(kind: str, key: str) -> str:
    return key if kind == "imu" else key.removeprefix(BELIEFS[kind][0])


def _effectors(old: Mapping[str, Any]) -> list[Table]:
    rows = []
    thrusters, contact = _table(_table(old, "chaser"), "thrusters"), _table(old, "contact")
    if thrusters:
        kind = {"kind": "thrusters"} if "position_m" in thrusters and "force_n" in thrusters else {}
        rows.append({"name": "thrusters", **kind, **thrusters})
    if contact:
        kind = {"kind": "docking_mechanism"} if len(contact) == 4 else {}
        rows.append({"name": "mechanism", **kind, **contact})
    return rows


def _moves(key: str) -> bool:
    """Whether a key of [flight] is one of an instrument or of a phase now."""
    laws = {name for names in LAW_KEYS.values() for name in names}
    if key in FLIGHT_GRAPH or (key in MONITOR_KEYS and not key.startswith("attitude_max")):
        return True
    return key in laws or key == TIMEOUT or any(key.startswith(prefixes) for prefixes in BELIEFS.values())


def _requirements(old: Mapping[str, Any], whole: Mapping[str, Any]) -> list[Table]:
    table, every = _table(old, "requirements"), _table(whole, "requirements")
    if not table:
        return []
    rows = []
    for kind, (name, prefix, conditional) in REQUIREMENTS.items():
        keys = {key.removeprefix(prefix): value for key, value in table.items() if key.startswith(prefix)}
        if kind == "passive_safety":
            keys = _passive_safety(table, every, whole)
        if kind == "corridor" and "contact_lateral_misalignment_m" in table:
            keys["apex_radius_m"] = table["contact_lateral_misalignment_m"]
        if kind == "closing_rate" and "corridor_range_m" in table:
            keys["lateral_range_m"] = table["corridor_range_m"]
        if keys.get("remove"):
            rows.append({"name": name, **keys})
        elif keys:
            rows.append({"name": name, "kind": kind, **({"conditional": True} if conditional else {}), **keys})
    return rows


def _passive_safety(table: Table, every: Table, whole: Mapping[str, Any]) -> Table:
    """Drifts start at distances now, which were told by phases and by other requirements."""
    keys = {k.removeprefix("passive_safety_"): v for k, v in table.items() if k.startswith("passive_safety_")}
    if keys.get("orbits") == 0.0:
        return {"remove": True} if len(table) < len(every) else {}
    if not keys and not {"keep_out_radius_m", "corridor_range_m"} & table.keys():
        return {}
    arms = hypot(*_table(whole, "target")["port_tbody_m"]) + hypot(*_table(whole, "chaser")["port_body_m"])
    last = _table(_table(_table(whole, "flight"), "phase"), every["passive_safety_to_phase"])
    kept = {key: value for key, value in keys.items() if key not in ("from_phase", "to_phase")}
    return {
        "distance_m": every["keep_out_radius_m"],
        **kept,
        "beyond_m": arms + max(0.0, last.get("distance_m", 0.0) - last.get("deadband_m", 0.0)),
        "until_m": arms + every["corridor_range_m"],
    }


def _phases(flight: Table, whole: Mapping[str, Any]) -> list[Table]:
    """Phases, with the keys of their laws that were one for all."""
    every = _table(whole, "flight")
    rows = {name: {"name": name, **table} for name, table in _table(flight, "phase").items()}
    for name, table in _table(every, "phase").items():
        for old, new in LAW_KEYS.get(table.get("law", ""), {}).items():
            if old in flight or (old in every and "law" in rows.get(name, {})):
                rows.setdefault(name, {"name": name})[new] = every[old]
    return list(rows.values())


def _fault(fault: Mapping[str, Any]) -> Table:
    keys = {"sensor": "instrument", "bias_m": "error_m", "bias_deg": "error_deg", "bias_deg_s": "error_deg_s"}
    return _renamed(fault, keys)


# ---- the mission's graph ------------------------------------------------------------------------

# What the flight core made of phases, and what it knew by itself
FOLLOWING, BURNING = ("hold", "forced"), ("hop", "cam")
CAPTURE_WAIT_S, CONTACT_IGNORED_M, CORRIDOR_NEAR_M, MISSED_BEHIND_M = 3.0, 65535, 2.0, 0.3
PHASE_GRAPH, FLIGHT_GRAPH = ("next", "abort", "needs_go", "uses"), ("retreat_phase", "cam_phase")
# By monitor: its keys, and what they were called in [flight]
MONITORS = {
    "disagreement": {"disagreement_chi2_3dof": "chi2_3dof"},
    "corridor": {},
    "closing_rate": {
        f"closing_rate_{key}": key for key in ("margin_mps", "hard_mps", "floor_mps", "base_mps", "slope_ps")
    },
    "attitude": {"attitude_max_deg": "max_deg", "attitude_max_rad": "max_rad"},
    "missed_contact": {},
}  # fmt: skip
MONITOR_KEYS = {old: (monitor, new) for monitor, keys in MONITORS.items() for old, new in keys.items()}
CONSTANT: dict[str, Table] = {
    "disagreement": {"instruments": ["camera"]},
    "corridor": {"near_m": CORRIDOR_NEAR_M},
    "missed_contact": {"behind_m": MISSED_BEHIND_M},
}


def graph_rows(flight: Mapping[str, Any]) -> dict[str, Table]:
    """The transitions that `next`, `abort` and `needs_go` of phases by name stood for, by name, in their order."""
    phases = _table(flight, "phase")
    retreat, cam = flight.get("retreat_phase"), flight.get("cam_phase")
    docked = next((name for name, phase in phases.items() if phase.get("law") == "docked"), None)
    found: list[tuple[str, str, str, Table]] = []
    for name, phase in phases.items():
        law = phase.get("law")
        abort, onward = phase.get("abort", name), phase.get("next", name)
        if abort != name:
            if docked:
                found += [(name, docked, "captured", {}), (name, docked, "contact", {})]
            found += [(name, str(cam), "monitor", {"level": 2}), (name, abort, "lost", {}),
                      (name, abort, "monitor", {"level": 1}), (name, abort, "timeout", {})]  # fmt: skip
        if law == "docked":
            found.append((name, str(retreat), "timeout", {}))
        if law in FOLLOWING and name != retreat:
            found.append((name, str(retreat), "telecommand", {"command": "retreat"}))
        if law not in ("docked", "cam"):
            found.append((name, str(cam), "telecommand", {"command": "abort"}))
        if onward != name:
            guards = ([] if law in BURNING else ["gate"]) + (["go"] if phase.get("needs_go") else [])
            found.append((name, onward, "done", {"guard": guards} if guards else {}))
    if docked:
        found += [("*", docked, "captured", {}), ("*", docked, "contact", {})]
    rows = {}
    for source, to, event, more in found:
        said = "-".join(map(str, (event, *(value for key, value in more.items() if key != "guard"))))
        rows[f"{'any' if source == '*' else source}-{said}"] = {"from": source, "to": to, "event": event, **more}
    return rows


def _transitions(old: Table, base: Mapping[str, Any] | None, whole: Table) -> list[Table]:
    """The rows that differ from those of what is extended."""
    if base is not None and not _touches_graph(old):
        return []
    now, was = graph_rows(whole), graph_rows(_table(base or {}, "flight"))
    changed = {name: row for name, row in now.items() if was.get(name) != row}
    gone = {name: row for name, row in was.items() if name not in now or name in changed}
    named = _table(base or {}, "transition")
    if not named:
        return [
            *({"name": name, **row} for name, row in changed.items()),
            *({"name": name, "remove": True} for name in gone if name not in changed),
        ]
    return [*_taken_out(named, gone.values()), *({"name": name, **row} for name, row in changed.items())]


def _taken_out(named: Mapping[str, Any], gone: Iterable[Table]) -> list[Table]:
    """Rows of schema 2, each of several phases, without the phases that have one of their own now."""
    rows = []
    for name, row in named.items():
        sources = row["from"] if isinstance(row["from"], list) else [row["from"]]
        leaving = {other["from"] for other in gone if _awaited(other) == _awaited(row)}
        kept = [source for source in sources if source not in leaving]
        if len(kept) < len(sources):
            rows.append({"name": name, "from": kept} if kept else {"name": name, "remove": True})
    return rows


def _awaited(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["to"], row["event"], row.get("level", 1), row.get("command")


def _touches_graph(flight: Table) -> bool:
    phases = _table(flight, "phase").values()
    return any(key in flight for key in FLIGHT_GRAPH) or any(
        key in phase for phase in phases for key in (*PHASE_GRAPH, "law")
    )


def _breaking_off(flight: Mapping[str, Any]) -> set[str]:
    """The phases of a retreat or an avoidance, and those that follow."""
    found: set[str] = set()
    for key in FLIGHT_GRAPH:
        at = flight.get(key)
        while isinstance(at, str) and at not in found:
            found.add(at)
            at = _table(flight, "phase").get(at, {}).get("next")
    return found


def _of_graph(name: str, phase: Table, whole: Mapping[str, Any]) -> Table:
    """A phase with what its place in the graph made of it."""
    row: Table = {"name": name} | {
        key: value for key, value in phase.items() if key not in ("next", "abort", "needs_go")
    }
    if "uses" in row:
        row["needs"] = row.pop("uses")
    if "law" not in phase:
        return row
    onward = _table(whole, "phase").get(phase.get("next", ""), {})
    if phase["law"] == "forced" and onward.get("law") == "docked":
        row["mechanism"] = ["arm"]
    if phase["law"] == "docked" and not phase.get("timeout_s"):
        row["timeout_s"] = CAPTURE_WAIT_S
    if name in _breaking_off(whole):
        row["ignores_contact_until_m"] = CONTACT_IGNORED_M
    return row


def _monitors(flight: Table, first: bool) -> list[Table]:
    rows: dict[str, Table] = {}
    for monitor, keys in MONITORS.items():
        own = {new: flight[old] for old, new in keys.items() if old in flight}
        if own or first:
            kind = {"kind": monitor} if first else {}
            constant: Table = CONSTANT.get(monitor, {}) if first else {}
            rows[monitor] = {"name": monitor, **kind, **own, **constant}
    return list(rows.values())
