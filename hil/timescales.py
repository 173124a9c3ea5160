"""Epochs and time scales: every instant is an integer count of nanoseconds of TAI, so differences are exact.

Leap seconds and UT1 - UTC come from the tables in the installed package `astropy-iers-data`; nothing is
fetched from a network. The tables are valid for a limited time: `leap_seconds_expire()` and `ut1_span()`
say how long. After the last table entry, no further leap second is assumed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import metadata
from pathlib import Path

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
DAY_NS = 86_400 * SECOND_NS
TT_MINUS_TAI_NS = 32_184_000_000  # IAU 1991 Resolution A4
_J2000_MJD2 = 2 * 51544 + 1  # noon of 2000-01-01, in half days
_MJD_0 = date(1858, 11, 17).toordinal()
_END_MJD = date(9999, 1, 1).toordinal() - _MJD_0

# TAI minus each scale at a fixed distance from it: IS-GPS-200, Galileo OS SIS ICD, IS-QZSS-PNT, BDS-SIS-ICD
_TAI_MINUS_NS = {
    "TAI": 0,
    "TT": -TT_MINUS_TAI_NS,
    "GPS": 19 * SECOND_NS,
    "GST": 19 * SECOND_NS,
    "QZSS": 19 * SECOND_NS,
    "BDT": 33 * SECOND_NS,
}
SYSTEMS = ("UTC", *_TAI_MINUS_NS, "TDB", "TCB", "TCG", "UT1")

# CCSDS 301.0-B, ASCII time codes A (month and day) and B (day of year); an offset is ISO 8601
_TEXT = re.compile(
    r"(\d{4})-(?:(\d\d)-(\d\d)|(\d{3}))T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d*))?)?(?:Z|([+-])(\d\d):(\d\d))?", re.ASCII
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


@dataclass(frozen=True, order=True)
class Epoch:
    """An instant, as nanoseconds of TAI since 2000-01-01T12:00:00 TAI. `b - a` is the elapsed time in seconds."""

    tai_ns: int

    @classmethod
    def parse(cls, text: str, system: str = "UTC") -> Epoch:
        """The instant of a calendar or day-of-year date and time in a time scale, one of `SYSTEMS`.

        A trailing Z is allowed in any scale, an offset such as +02:00 in UTC only. Raises ValueError, with only
        the reason, for anything else, before 1972 and outside the tables.
        """
        if system not in SYSTEMS:
            raise ValueError(f"time scale {system}: expected one of {', '.join(SYSTEMS)}")
        match = _TEXT.fullmatch(text.strip())
        if match is None or (match[9] and system != "UTC"):
            raise ValueError(f"expected a {system} date and time, as 2025-02-26T13:00:00 or 2025-057T13:00:00")
        mjd, minute, second_ns = _fields(match)
        leap_ns = _leap_at_end_ns(mjd) if system == "UTC" and minute == 1439 else 0
        if second_ns >= MINUTE_NS + leap_ns:
            raise ValueError(f"second {match[7]} is out of range: there is no leap second at that time")
        label_ns = _since_j2000_ns(mjd) + minute * MINUTE_NS + second_ns
        if not _leap_seconds()[0][0] <= mjd < _END_MJD:
            raise ValueError(
                f"expected {_date(_leap_seconds()[0][0])}, when leap seconds began, to {_date(_END_MJD - 1)}"
            )
        return cls(label_ns + _tai_minus_ns(system, mjd, label_ns))

    @classmethod
    def of(cls, when: Epoch | datetime) -> Epoch:
        """The instant of a datetime, which is UTC where it has no time zone."""
        if isinstance(when, Epoch):
            return when
        return cls.parse((when.astimezone(UTC) if when.tzinfo else when).replace(tzinfo=None).isoformat())

    def __sub__(self, other: Epoch) -> float:
        return (self.tai_ns - other.tai_ns) / SECOND_NS

    def utc(self) -> tuple[int, int]:
        """Modified Julian day and nanoseconds into it; in a leap second the latter are 86,400 s or more."""
        table = _leap_seconds()
        starts = [_since_j2000_ns(mjd) + offset_ns for mjd, offset_ns in table]
        at = max(bisect_right(starts, self.tai_ns) - 1, 0)
        days, rest_ns = divmod(self.tai_ns - starts[at], DAY_NS)
        if at + 1 < len(table) and table[at][0] + days == table[at + 1][0]:
            return table[at][0] + days - 1, rest_ns + DAY_NS
        return table[at][0] + days, rest_ns

    def utc_since_j2000_us(self) -> int:
        """Microseconds from 2000-01-01T12:00:00 UTC, with 86,400 s to every day; for angles that follow UT1."""
        mjd, ns = self.utc()
        return (_since_j2000_ns(mjd) + ns) // 1000

    def tt_since_j2000_us(self) -> int:
        """Microseconds of TT from J2000.0."""
        return (self.tai_ns + TT_MINUS_TAI_NS) // 1000

    def __str__(self) -> str:
        """UTC in ISO 8601, with second 60 in a leap second."""
        mjd, ns = self.utc()
        minute = min(ns // MINUTE_NS, 1439)
        second, fraction = divmod(ns - minute * MINUTE_NS, SECOND_NS)
        text = f"{_date(mjd)}T{minute // 60:02}:{minute % 60:02}:{second:02}"
        if fraction:
            text += f".{fraction // 1000:06}" if fraction % 1000 == 0 else f".{fraction:09}"
        return text


def leap_seconds_expire() -> date:
    """The day until which the table of leap seconds is complete."""
    return _leap_second_file()[1]


def ut1_span() -> tuple[date, date]:
    """First and last day on which UT1 - UTC is tabulated; the last year of it is a prediction."""
    days = sorted(_ut1_minus_tai_s())
    return _date(days[0]), _date(days[-1])


def tables() -> str:
    """The package that the tables are from, with its version."""
    return f"astropy-iers-data {metadata.version('astropy-iers-data')}"


def notes(epoch: Epoch) -> list[str]:
    """Notes on what is unknown about the time scales at an epoch, one line each."""
    expire = leap_seconds_expire()
    if _date(epoch.utc()[0]) <= expire:
        return []
    return [
        f"{epoch} UTC is after {expire}, to which leap seconds are known ({tables()}): later ones are taken as none"
    ]


def _fields(match: re.Match[str]) -> tuple[int, int, int]:
    """Modified Julian day, minute of the day, and nanoseconds into the minute; an offset from UTC is taken off."""
    year, month, day, of_year, hour, minute = (int(match[i] or 0) for i in range(1, 7))
    if match[4]:
        ordinal = date(year, 1, 1).toordinal() + of_year - 1
        if not 1 <= of_year <= date(year, 12, 31).timetuple().tm_yday:
            raise ValueError(f"day of year is {match[4]}, out of range for {year}")
    else:
        ordinal = date(year, month, day).toordinal()
    if hour > 23 or minute > 59:
        raise ValueError(f"time of day is {match[5]}:{match[6]}: expected 00:00 to 23:59")
    minute += 60 * hour
    if match[9]:
        offset = 60 * int(match[10]) + int(match[11])
        if offset >= 1440 or int(match[11]) > 59:
            raise ValueError(f"offset from UTC is {match[9]}{match[10]}:{match[11]}: expected less than 24:00")
        days, minute = divmod(minute - offset if match[9] == "+" else minute + offset, 1440)
        ordinal += days
    second_ns = int(match[7] or 0) * SECOND_NS + int((match[8] or "").ljust(9, "0")[:9])
    return ordinal - _MJD_0, minute, second_ns


def _date(mjd: int) -> date:
    return date.fromordinal(mjd + _MJD_0)


def _since_j2000_ns(mjd: int) -> int:
    return (2 * mjd - _J2000_MJD2) * (DAY_NS // 2)


def _tai_minus_ns(system: str, mjd: int, label_ns: int) -> int:
    """TAI minus a scale, at an instant that the scale calls `label_ns` since its 2000-01-01T12:00:00."""
    if system == "UTC":
        return _tai_minus_utc_ns(mjd)
    if system == "UT1":
        return -round(_ut1_at(mjd, label_ns) * 1e9)
    if system in _TAI_MINUS_NS:
        return _TAI_MINUS_NS[system]
    import erfa

    # whole days and the fraction apart, so that the fraction keeps its last digits
    jd, ns = divmod(label_ns, DAY_NS)
    day, fraction = 2451545.0 + jd, ns / DAY_NS
    if system == "TCG":
        tt = erfa.tcgtt(day, fraction)[1]
    else:
        tdb = erfa.tcbtdb(day, fraction)[1] if system == "TCB" else fraction
        tt = tdb - erfa.dtdb(day, tdb, 0.0, 0.0, 0.0, 0.0) / 86400.0  # at the geocentre
    return round(float(tt - fraction) * DAY_NS) - TT_MINUS_TAI_NS


# ---- tables -------------------------------------------------------------------------------------


@cache
def _leap_second_file() -> tuple[tuple[tuple[int, int], ...], date]:
    """Modified Julian days from which TAI - UTC has a value (ns), and the date on which the file expires."""
    import astropy_iers_data as iers

    text = Path(iers.IERS_LEAP_SECOND_FILE).read_text(encoding="utf-8")
    expires = re.search(r"File expires on (\d+) (\w+) (\d+)", text)
    rows = tuple(
        (int(float(fields[0])), int(fields[4]) * SECOND_NS)
        for fields in map(str.split, text.splitlines())
        if fields and not fields[0].startswith("#")
    )
    if expires is None or not rows:
        raise RuntimeError(f"{iers.IERS_LEAP_SECOND_FILE}: not a leap second table with an expiry date")
    return rows, date(int(expires[3]), _MONTHS.index(expires[2]) + 1, int(expires[1]))


def _leap_seconds() -> tuple[tuple[int, int], ...]:
    return _leap_second_file()[0]


def _tai_minus_utc_ns(mjd: int) -> int:
    table = _leap_seconds()
    return table[max(bisect_right(table, (mjd, DAY_NS)) - 1, 0)][1]


def _leap_at_end_ns(mjd: int) -> int:
    return _tai_minus_utc_ns(mjd + 1) - _tai_minus_utc_ns(mjd)


@cache
def _ut1_minus_tai_s() -> dict[int, float]:
    """UT1 - TAI by the Modified Julian day (UTC) at whose start it holds; continuous where UT1 - UTC is not.

    IERS C04 as far as it goes, then Bulletin A with its predictions.
    """
    import astropy_iers_data as iers

    ut1_minus_utc: dict[int, float] = {}
    for line in Path(iers.IERS_A_FILE).read_text(encoding="ascii").splitlines():
        if value := line[58:68].strip():  # columns by the file's ReadMe
            ut1_minus_utc[int(float(line[7:15]))] = float(value)
    for line in Path(iers.IERS_B_FILE).read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            fields = line.split()
            ut1_minus_utc[int(float(fields[4]))] = float(fields[7])
    first = _leap_seconds()[0][0]
    return {mjd: x - _tai_minus_utc_ns(mjd) / SECOND_NS for mjd, x in ut1_minus_utc.items() if mjd >= first}


def _ut1_at(mjd: int, label_ns: int) -> float:
    """UT1 - TAI (s) between two days of the table, linearly; its rate makes UT1 for UTC in the argument harmless."""
    table = _ut1_minus_tai_s()
    if mjd not in table or mjd + 1 not in table:
        first, last = ut1_span()
        raise ValueError(f"UT1 is known from {first} to {last - timedelta(days=1)} ({tables()})")
    fraction = (label_ns - _since_j2000_ns(mjd)) / DAY_NS
    return table[mjd] + fraction * (table[mjd + 1] - table[mjd])
