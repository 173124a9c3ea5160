"""One frame of every message, written down: `python -m tests.bridge.golden` writes golden.json anew.

The file changes only with the interface itself: codecs in two languages that went wrong together would show here.
"""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from firmware_bridge.icd.generated import icd
from firmware_bridge.icd.message import Message
from gnc.flight import N_SLOTS, SENSOR_FRAME
from tests.bridge.plain_wire import PlainWire, sensor_body

FILE = Path(__file__).with_name("golden.json")


def values(message: Message, seed: int = 0) -> dict[str, Any]:
    """A value for each field of the body: any bits, zeros and what is not a number among them."""
    rng = np.random.Generator(np.random.Philox([zlib.crc32(message.name.encode()), seed]))
    found: dict[str, Any] = {}
    for name in message.body.names or ():
        kind = message.body[name]
        if name in ("service", "subtype") and getattr(message, name) is not None:
            continue
        raw = rng.integers(0, 256, kind.itemsize, np.uint8)
        raw[rng.random(kind.itemsize) < 0.2] = 0
        if kind.kind == "S":
            raw = np.frombuffer(b"text %d" % seed + bytes(kind.itemsize), np.uint8, kind.itemsize)
        found[name] = raw.view(kind.base).reshape(kind.shape)[()]
    return found


def sensors(seed: int = 0) -> np.void:
    """A sensor frame of any bits that survive the wire: times within its reach, unused parts zero."""
    rng = np.random.Generator(np.random.Philox([zlib.crc32(b"sensor"), seed]))
    frame = rng.integers(0, 256, SENSOR_FRAME.itemsize, np.uint8).view(SENSOR_FRAME)[0]
    frame["reserved"], frame["slot_count"] = 0, rng.integers(0, N_SLOTS + 1)
    frame["thruster_applied_us"] = np.where(rng.random(32) < 0.5, 0, rng.integers(0, 2**24, 32))
    for i, slot in enumerate(frame["slot"]):
        used = i < frame["slot_count"]
        slot["reserved"], slot["count"] = 0, rng.integers(0, 9) if used else 0
        slot["z"][slot["count"] :] = 0.0
        for name in ("instrument", "kind", "flags", "seq"):
            slot[name] = slot[name] if used else 0
        age = int(rng.choice([0, -1, 100_000, 2**31 - 1, -(2**31)]))
        slot["t_valid_us"] = (int(frame["t_us"]) - age) % 2**64 if used else 0
    return frame


def body(message: Message, seed: int = 0) -> bytes:
    """A body of a message, of any bits."""
    return sensor_body(sensors(seed)) if message is icd.SENSOR else message.encode(**values(message, seed))


def frames() -> dict[str, str]:
    """The frame of each message with its values, in hexadecimal."""
    found = {"icd_hash": f"{icd.ICD_HASH:016x}"}
    for message in icd.MESSAGES:
        found[message.name] = PlainWire(listens_uplink=message.uplink).frame(message, body(message)).hex()
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(frames(), indent=1) + "\n")
