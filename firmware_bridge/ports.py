"""The serial ports of this computer, by their persistent names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True)
class Port:
    """A serial port: its device, its name by id where it has one, and "usb:VID:PID:SERIAL" where it is one."""

    device: str
    by_id: str | None
    usb: str | None
    description: str


def ports(by_id: Path = BY_ID) -> list[Port]:
    """The serial ports, in order of device; by_id: the folder of their persistent names."""
    lasting = {str(link.resolve()): str(link) for link in sorted(by_id.iterdir())} if by_id.is_dir() else {}
    found = []
    for port in sorted(list_ports.comports()):
        usb = None
        if port.vid is not None and port.pid is not None:
            usb = f"usb:{port.vid:04x}:{port.pid:04x}" + (f":{port.serial_number}" if port.serial_number else "")
        description = "" if port.description in (None, "n/a") else port.description
        found.append(Port(port.device, lasting.get(str(Path(port.device).resolve())), usb, description))
    return found
