"""When to resend an unanswered request: soon after a loss, but never because the wire is slow."""

from __future__ import annotations

BITS_A_BYTE = 10  # 8 data bits, a start and a stop bit
LEAST_S = 0.02
UNMEASURED_S = 0.2  # allowed for latency before the first measurement
GUESSED_MOST_S = 0.125  # longest exchange assumed because of a late answer whose round trip is not known


class ResendTimer:
    """Estimates how long an exchange of a number of bytes takes, request and answer together.

    The port's baud rate counts until the first measurement. From then on measurements decide, because the baud rate
    says little about a pseudo-terminal, a USB adapter, or a radio or relay that is slower than the port. An exchange of
    a size that has not been measured is assumed to take as long as the largest measured one, and longer in proportion
    if it is larger: both are upper bounds, whatever share of the time is latency.

    baud: of the port; None if it has none.
    """

    def __init__(self, baud: int | None):
        self._byte_s = BITS_A_BYTE / baud if baud else 0.0
        self._took_s: dict[int, float] = {}

    @property
    def measured_any(self) -> bool:
        """True after the first measurement."""
        return bool(self._took_s)

    def wait_s(self, size: int) -> float:
        """How long to wait for an answer before sending the request again (s); size: of both on the wire (B)."""
        took_s = self._took_s.get(size)
        if took_s is None:
            if not self._took_s:
                return UNMEASURED_S + 1.5 * size * self._byte_s
            largest = max(self._took_s)
            took_s = self._took_s[largest] * max(1.0, size / largest)
        # A short exchange varies by multiples, a long one by no more than what the host or the board adds.
        wait_s = 4.0 * took_s
        return LEAST_S if wait_s < LEAST_S else min(wait_s, 1.5 * took_s + 0.5)

    def give_up_s(self, size: int, timeout_s: float) -> float:
        """How long to wait in all (s): `timeout_s` longer than for an answer, and no less than three sendings need."""
        wait_s = self.wait_s(size)
        return wait_s + max(timeout_s, 2.0 * wait_s)

    def measured(self, size: int, took_s: float) -> None:
        """Notes how long an exchange took (s).

        Call it only if it is known which sending was answered (Karn & Partridge, SIGCOMM 1987).
        """
        before_s = self._took_s.get(size)
        self._took_s[size] = took_s if before_s is None else 0.75 * before_s + 0.25 * took_s

    def late(self, size: int, took_s: float) -> None:
        """Notes a second answer to an exchange: it was not lost, and was sent again too soon.

        took_s: time from its first sending to its first answer (s); 0 if unknown.
        """
        before_s = self._took_s.get(size, 0.0)
        guessed_s = min(2.0 * max(before_s, LEAST_S / 4.0), GUESSED_MOST_S)
        self._took_s[size] = max(before_s, guessed_s, took_s)
