"""QEMU's control channel."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

from firmware_bridge.boards.board import START_TIMEOUT_S
from firmware_bridge.boards.targets import BoardError


class Qmp:
    """QEMU's machine protocol: JSON, one object a line, over a Unix socket."""

    def __init__(self, path: Path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(START_TIMEOUT_S)
        self._lines = self._socket.makefile("r")
        self.events: list[str] = []  # names of those seen, in order
        try:
            self._connect(path)
            self._receive()  # the greeting
            self.command("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def _connect(self, path: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                return self._socket.connect(str(path))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise BoardError(f"QEMU's control socket {path}: {error}") from error
                time.sleep(0.01)

    def command(self, name: str, **arguments: Any) -> Any:
        """Runs a command and returns what it answers. BoardError when QEMU refuses it or is gone."""
        try:
            self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
            while True:
                answer = self._receive()
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise BoardError(f"QEMU refused {name}: {answer['error']['desc']}")
        except OSError as error:
            raise BoardError(f"QEMU is gone: {error}") from error

    def wait_for(self, event: str, timeout_s: float) -> bool:
        """True once an event of that name has come (since the start); False when it does not in time."""
        deadline = time.monotonic() + timeout_s
        while event not in self.events:
            if time.monotonic() > deadline:
                return False
            self.command("query-status")
            time.sleep(0.02)
        return True

    def _receive(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise BoardError("QEMU is gone")
        answer: dict[str, Any] = json.loads(line)
        if "event" in answer:
            self.events.append(answer["event"])
        return answer

    def close(self) -> None:
        """Closes the socket; QEMU runs on."""
        self._lines.close()
        self._socket.close()
