"""Errors between host and board, each with one line that says what to do."""

from __future__ import annotations


class BridgeError(RuntimeError):
    """A flight computer on a wire cannot be used, or not any more. `exit_status` is the command line's."""

    exit_status = 3


class PortError(BridgeError):
    """The port cannot be opened: missing, busy, forbidden, not a serial port, or not at this baud rate."""

    exit_status = 2


class NoAnswerError(BridgeError):
    """No answer on the port, or an answer in another protocol."""

    exit_status = 2


class MismatchError(BridgeError):
    """The board was built from another interface or flight core."""

    exit_status = 2


class RefusedError(BridgeError):
    """The board refused a request."""


class PortLostError(BridgeError):
    """The port went away while it was in use."""


class BoardLostError(BridgeError):
    """The board stopped answering during a flight, or lost the flight's state."""


class ColdStartError(BoardLostError):
    """The board restarted without the flight's state: it answers, and flies again after its parameters are uploaded."""
