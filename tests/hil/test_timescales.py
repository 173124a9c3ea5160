"""Epochs: exact across leap seconds, every time scale, and what the tables cannot tell."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone

import brahe
import pytest

from hil.timescales import SYSTEMS, Epoch, leap_seconds_expire, notes, ut1_span


def test_differences_are_elapsed_time_across_a_leap_second() -> None:
    before, within, after = map(
        Epoch.parse, ("2016-12-31T23:59:59.5", "2016-12-31T23:59:60.25", "2017-01-01T00:00:00.125")
    )
    assert (within - before, after - within, after - before) == (0.75, 0.875, 1.625)
    whole = Epoch.parse("2017-01-01T00:00:00") - Epoch.parse("1972-01-01T00:00:00")
    assert whole == (date(2017, 1, 1) - date(1972, 1, 1)).days * 86400.0 + 27.0


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-31T23:59:59", "2016-12-31T23:59:60", "2016-12-31T23:59:60.999999", "2017-01-01T00:00:00",
        "2017-01-01T00:00:00.000001", "1972-01-01T00:00:00", "1999-12-31T12:00:00.123456789", "2035-06-30T23:59:59",
    ],
)  # fmt: skip
def test_utc_comes_back_as_written(text: str) -> None:
    assert str(Epoch.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-057T13:00:00.500Z", "2025-02-26T13:00:00.500000"),
        ("2025-02-26T13:00", "2025-02-26T13:00:00"),
        ("2025-02-26T15:30:00+02:30", "2025-02-26T13:00:00"),
        ("2025-02-25T23:00:00-14:00", "2025-02-26T13:00:00"),
        ("2017-01-01T01:59:60.5+02:00", "2016-12-31T23:59:60.500000"),
    ],
)
def test_other_ways_to_write_utc(text: str, utc: str) -> None:
    assert str(Epoch.parse(text)) == utc


def test_datetime_is_utc_without_a_time_zone() -> None:
    naive = datetime(2025, 2, 26, 13)
    east = timezone(timedelta(hours=2))
    assert Epoch.of(naive) == Epoch.of(naive.replace(tzinfo=UTC)) == Epoch.parse("2025-02-26T13:00:00")
    assert Epoch.of(naive.replace(tzinfo=east)) == Epoch.parse("2025-02-26T11:00:00")
    assert Epoch.of(Epoch.of(naive)) == Epoch.of(naive)


# UTC of 2025-02-26T13:00:00.123456 in each scale, by astropy 8.0.2
ASTROPY = {
    "TAI": "2025-02-26T12:59:23.123456",
    "TT": "2025-02-26T12:58:50.939456",
    "GPS": "2025-02-26T12:59:42.123456",
    "TDB": "2025-02-26T12:58:50.938140803",
    "TCB": "2025-02-26T12:58:27.375602150",
    "TCG": "2025-02-26T12:58:49.880367847",
    "UT1": "2025-02-26T13:00:00.076209588",
}


@pytest.mark.parametrize("system", ASTROPY)
def test_time_scales_agree_with_astropy(system: str) -> None:
    difference = Epoch.parse("2025-02-26T13:00:00.123456", system) - Epoch.parse(ASTROPY[system])
    # UT1 of C04 is recomputed now and then
    assert abs(difference) <= (1e-5 if system == "UT1" else 2e-9)


@pytest.mark.parametrize("text", ["2016-12-31T23:59:30", "2025-02-26T13:00:00"])
@pytest.mark.parametrize("system", ["TAI", "TT", "GPS", "BDT", "GST"])
def test_time_scales_agree_with_brahe(text: str, system: str) -> None:
    when = datetime.fromisoformat(text)
    fields = (when.year, when.month, when.day, when.hour, when.minute, float(when.second), 0.0)
    there = brahe.Epoch.from_datetime(*fields, getattr(brahe, system)) - brahe.Epoch.from_datetime(*fields, brahe.UTC)
    assert Epoch.parse(text, system) - Epoch.parse(text) == pytest.approx(there, abs=1e-6)


def test_ut1_across_a_leap_second() -> None:
    """UT1 runs on where UTC inserts a second."""
    epochs = [Epoch.parse(text, "UT1") for text in ("2016-12-31T23:59:59", "2017-01-01T00:00:01")]
    assert epochs[1] - epochs[0] == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "system", "reason"),
    [
        ("today", "UTC", "expected a UTC date and time, as 2025-02-26T13:00:00"),
        ("2025-02-26", "UTC", "expected a UTC date and time"),
        ("2025-02-26T13:00:00+01:00", "TAI", "expected a TAI date and time"),
        ("2025-02-26T13:00:00+25:00", "UTC", r"offset from UTC is \+25:00"),
        ("2025-13-01T00:00:00", "UTC", "month must be in 1..12"),
        ("2025-02-29T00:00:00", "UTC", "day "),
        ("2025-366T00:00:00", "UTC", "day of year is 366, out of range for 2025"),
        ("2025-02-26T24:00:00", "UTC", "time of day is 24:00: expected 00:00 to 23:59"),
        ("2025-02-26T23:59:60", "UTC", "second 60 is out of range: there is no leap second"),
        ("2016-12-31T22:59:60", "UTC", "there is no leap second"),
        ("2016-12-31T23:59:61", "UTC", "there is no leap second"),
        ("2016-12-31T23:59:60", "TAI", "there is no leap second"),
        ("1971-12-31T23:59:59", "TT", "expected 1972-01-01, when leap seconds began"),
        ("9999-12-31T23:59:59", "UTC", "expected 1972-01-01"),
        ("2025-02-26T13:00:00", "MET", "time scale MET: expected one of UTC, TAI"),
        ("2200-01-01T00:00:00", "UT1", "UT1 is known from 1972-01-01 to 20.*astropy-iers-data"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, system: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Epoch.parse(text, system)


def test_validity_of_the_tables_is_stated() -> None:
    assert leap_seconds_expire() > date(2025, 1, 1)
    first, last = ut1_span()
    assert first == date(1972, 1, 1)
    assert last > date(2025, 6, 1)
    assert notes(Epoch.parse("2025-01-01T00:00:00")) == []
    (note,) = notes(Epoch.parse("2200-01-01T00:00:00"))
    assert str(leap_seconds_expire()) in note


EVERYTHING = """
import json, socket, sys
def refused(*_, **__): raise AssertionError("a network is used")
socket.socket.connect = socket.getaddrinfo = refused
from hil.timescales import SYSTEMS, Epoch
from hil.ephemeris import Ephemeris
for system in SYSTEMS:
    str(Epoch.parse("2016-12-31T23:00:00", system))
str(Epoch.parse("2099-01-01T00:00:00", "TDB"))
print(json.dumps([name for name in sys.modules if name.split(".")[0] == "astropy"]))
"""


def test_no_network_and_no_warning() -> None:
    """In a fresh interpreter: importing astropy would look for a newer leap second table on the network."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EVERYTHING], capture_output=True, text=True, check=False
    )
    assert (done.stderr, json.loads(done.stdout)) == ("", [])
    assert "UT1" in SYSTEMS
