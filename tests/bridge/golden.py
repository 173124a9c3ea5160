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
from tests.bridge.plain_wire import PlainWire

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


def frames() -> dict[str, str]:
    """The frame of each message with its values, in hexadecimal."""
    found = {"icd_hash": f"{icd.ICD_HASH:016x}"}
    for message in icd.MESSAGES:
        body = bytes.fromhex("".join(np.asarray(v).tobytes().hex() for v in _whole(message).values()))
        found[message.name] = PlainWire(listens_uplink=message.uplink).frame(message, body).hex()
    return found


def _whole(message: Message) -> dict[str, Any]:
    given = values(message)
    fixed = {"service": np.uint8(message.service or 0), "subtype": np.uint8(message.subtype or 0)}
    return {name: given.get(name, fixed.get(name)) for name in message.body.names or ()}


if __name__ == "__main__":
    FILE.write_text(json.dumps(frames(), indent=1) + "\n")
