"""CCSDS OEM: coverage on actual epochs, time scales and leap seconds, interpolation checked by leaving states out."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import erfa
import numpy as np
import pytest

import hil
from hil.ephemeris import Ephemeris, EphemerisError, hermite, hermite_error_m
from hil.timescales import SECOND_NS, Epoch

OEM = Path(hil.__file__).parent / "missions" / "iss_oem_2025-057.xml"
START = datetime(2025, 2, 26, 12)

KVN = """CCSDS_OEM_VERS = 2.0
CREATION_DATE = 2025-02-26T00:00:00
ORIGINATOR = TEST
{segments}"""
SEGMENT = """META_START
OBJECT_NAME = ISS
OBJECT_ID = 1998-067-A
CENTER_NAME = {center}
REF_FRAME = {frame}
TIME_SYSTEM = {system}
START_TIME = {start}
STOP_TIME = {stop}
META_STOP
COMMENT MASS=1000.5
{states}
"""


@pytest.fixture(scope="module")
def iss():
    return Ephemeris.read(OEM)


def as_kvn(ephemeris):
    """The NASA file written as KVN, its frame GCRF as the reader gives it."""
    rows = []
    for segment in ephemeris.segments:
        for t, r, v in zip(segment.t_s, segment.r_m, segment.v_mps, strict=True):
            values = " ".join(repr(x / 1000.0) for x in (*r, *v))
            rows.append(f"{after(segment.epoch, t)} {values}")
    return kvn(rows, frame="GCRF")


def after(epoch, t_s):
    return Epoch(epoch.tai_ns + round(t_s * SECOND_NS))


def kvn(*segments, frame="EME2000", system="UTC", center="EARTH"):
    text = ""
    for rows in segments:
        start, stop = rows[0].split()[0], rows[-1].split()[0]
        text += SEGMENT.format(
            frame=frame, system=system, center=center, start=start, stop=stop, states="\n".join(rows)
        )
    return KVN.format(segments=text)


def circle(first_s, last_s, every_s, radius_km=7000.0):
    """States on a circle in the equator, as KVN rows."""
    n = 1e-3
    rows = []
    for t in np.arange(first_s, last_s + 1e-9, every_s):
        c, s = radius_km * np.cos(n * t), radius_km * np.sin(n * t)
        epoch = (START + timedelta(seconds=float(t))).isoformat(timespec="milliseconds")
        rows.append(f"{epoch} {c!s} {s!s} 0.0 {-n * s!s} {n * c!s} 0.0")
    return rows


def write(tmp_path, text, name="states.oem"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_nasa_file(iss):
    assert iss.object_name == "ISS"
    assert (iss.mass_kg, iss.drag_area_m2, iss.drag_coefficient) == (454339.0, 1791.90, 1.95)
    assert iss.start == Epoch.of(START)
    # the metadata promise 12:00, the states end three minutes before
    assert iss.stop == Epoch.parse("2025-02-27T11:57:00")


def test_frame_bias_is_that_of_the_conventions(iss):
    bias = erfa.bp06(2451545.0, 0.0)[0]
    in_file = np.array((236.607189722756, -5167.4525798095301, 4405.8223442860099)) * 1e3
    r, _ = iss.state(START)
    assert r == pytest.approx(bias.T @ in_file, abs=1e-4)
    assert np.linalg.norm(np.array(r) - in_file) < 1.0


def test_xml_and_kvn_agree(iss, tmp_path):
    other = Ephemeris.read(write(tmp_path, as_kvn(iss)))
    assert other.mass_kg == 1000.5
    assert other.start == iss.start
    assert other.stop == iss.stop
    for minutes in (0.0, 1.7, 333.3, 1437.0):
        epoch = START + timedelta(minutes=minutes)
        for a, b in zip(iss.state(epoch), other.state(epoch), strict=True):
            assert a == pytest.approx(b, rel=1e-14, abs=1e-8)


def test_states_come_back_as_they_are(iss):
    segment = iss.segments[0]
    for k in (0, 1, 57, -2, -1):
        r, v = iss.state(after(segment.epoch, segment.t_s[k]))
        assert r == pytest.approx(segment.r_m[k], abs=1e-8)
        assert v == pytest.approx(segment.v_mps[k], abs=1e-11)


def test_interpolation_error_found_by_leaving_states_out(iss, tmp_path):
    """Every second state left out: the error at 8 min is the field's short waves, an order above that at 4 min."""
    segment = iss.segments[0]
    thin = as_kvn(iss).splitlines()
    first = thin.index("COMMENT MASS=1000.5") + 1
    thin = thin[:first] + thin[first::2]
    coarse = Ephemeris.read(write(tmp_path, "\n".join(thin) + "\n"))
    errors = []
    for k in range(11, 340, 2):
        r, v = coarse.state(after(segment.epoch, segment.t_s[k]))
        errors.append(
            (np.linalg.norm(np.subtract(r, segment.r_m[k])), np.linalg.norm(np.subtract(v, segment.v_mps[k])))
        )
    assert np.max(errors, axis=0)[0] < 1.5
    assert np.max(errors, axis=0)[1] < 0.01


def test_circle_is_interpolated_to_a_micrometre(tmp_path):
    ephemeris = Ephemeris.read(write(tmp_path, kvn(circle(0.0, 4800.0, 240.0), frame="GCRF")))
    for t in (13.0, 777.7, 2400.1, 4799.0):
        r, v = ephemeris.state(START + timedelta(seconds=t))
        c, s = 7e6 * np.cos(1e-3 * t), 7e6 * np.sin(1e-3 * t)
        edge = t < 480.0 or t > 4320.0
        assert r == pytest.approx((c, s, 0.0), abs=1e-3 if edge else 1e-6)
        assert v == pytest.approx((-1e-3 * s, 1e-3 * c, 0.0), abs=1e-5 if edge else 1e-8)


@pytest.mark.parametrize(("states", "every_s"), [(2, 60.0), (2, 240.0), (3, 600.0), (4, 900.0), (6, 900.0)])
def test_estimated_interpolation_error_is_that_of_a_circle(states, every_s):
    n, times = 1e-3, tuple(every_s * i for i in range(states))
    r = tuple((7e6 * np.cos(n * t), 7e6 * np.sin(n * t), 0.0) for t in times)
    v = tuple((-7e3 * np.sin(n * t), 7e3 * np.cos(n * t), 0.0) for t in times)
    t = 0.4 * every_s
    exact = (7e6 * np.cos(n * t), 7e6 * np.sin(n * t), 0.0)
    error = np.linalg.norm(np.subtract(hermite(t, times, r, v)[0], exact))
    assert error < hermite_error_m(t, times, r, v) * (1.0 + 1e-6) + 1e-8
    assert error > 0.8 * hermite_error_m(t, times, r, v) - 1e-8


def test_too_few_states_for_the_orbit_are_refused(tmp_path):
    """Two states 15 minutes apart leave kilometres between them, and nothing at the states themselves."""
    ephemeris = Ephemeris.read(write(tmp_path, kvn(circle(0.0, 900.0, 900.0), frame="GCRF")))
    ephemeris.state(START)
    with pytest.raises(
        EphemerisError, match=r"between its 2 states in reach is off by about 1\.2e\+04 m: expected at most"
    ):
        ephemeris.state(START + timedelta(seconds=450.0))


@pytest.mark.parametrize("minutes", [-0.001, 1437.01, 1440.0])
def test_epoch_outside_the_states_is_refused_naming_the_coverage(iss, minutes):
    epoch = START + timedelta(minutes=minutes)
    with pytest.raises(
        EphemerisError,
        match=r"is outside the ephemeris: its states cover 2025-02-26T12:00:00 to 2025-02-27T11:57:00 UTC",
    ):
        iss.state(epoch)


def test_epoch_may_carry_a_time_zone(iss):
    east = datetime(2025, 2, 26, 16, 30, tzinfo=timezone(timedelta(hours=2)))
    assert (
        iss.state(east)
        == iss.state(datetime(2025, 2, 26, 14, 30, tzinfo=UTC))
        == iss.state(datetime(2025, 2, 26, 14, 30))
    )


@pytest.mark.parametrize(
    ("system", "utc_minus_it_s"),
    [("UTC", 0.0), ("TAI", -37.0), ("TT", -69.184), ("GPS", -18.0), ("GST", -18.0), ("QZSS", -18.0), ("BDT", -4.0)],
)
def test_time_systems_come_out_in_utc(tmp_path, system, utc_minus_it_s):
    ephemeris = Ephemeris.read(write(tmp_path, kvn(circle(0.0, 2400.0, 240.0), system=system)))
    assert ephemeris.start - Epoch.of(START) == utc_minus_it_s
    assert ephemeris.stop - ephemeris.start == 2400.0


@pytest.mark.parametrize("system", ["TDB", "TCB", "TCG", "UT1"])
def test_other_time_systems_keep_the_spacing(tmp_path, system):
    ephemeris = Ephemeris.read(write(tmp_path, kvn(circle(0.0, 2400.0, 240.0), system=system)))
    assert abs(ephemeris.start - Epoch.parse(START.isoformat(), system)) < 1e-9
    assert ephemeris.stop - ephemeris.start == pytest.approx(2400.0, abs=1e-3)


@pytest.mark.parametrize("system", ["MET", "MRT", "SCLK", "GMST", "Z"])
def test_time_system_that_cannot_be_converted_is_refused_by_name(tmp_path, system):
    path = write(tmp_path, kvn(circle(0.0, 2400.0, 240.0), system=system))
    with pytest.raises(
        EphemerisError, match=rf"states\.oem: TIME_SYSTEM is {system}: expected one of UTC, TAI, TT, GPS"
    ):
        Ephemeris.read(path)


# ---- leap second of 2016-12-31: an hour of states before it, and one after ------------------------

MU, RADIUS_M = 3.986004418e14, 6778137.0
RATE = np.sqrt(MU / RADIUS_M**3)
BEFORE_LEAP = Epoch.parse("2016-12-31T23:00:00")  # 3600 s of physical time before the leap second begins


def orbit(t_s):
    c, s, inclination = np.cos(RATE * t_s), np.sin(RATE * t_s), np.radians(51.6)
    plane = np.array(((c, s), (-RATE * s, RATE * c))) * RADIUS_M
    r, v = (np.array((x, y * np.cos(inclination), y * np.sin(inclination))) for x, y in plane)
    return r, v


def utc_text(t_s):
    return str(after(BEFORE_LEAP, t_s))


def tai_text(t_s):
    return (datetime(2016, 12, 31, 23, 0, 36) + timedelta(seconds=float(t_s))).isoformat(timespec="microseconds")


EVERY_MINUTE = 60 * np.arange(121)
LEAP = {
    "on elapsed minutes": ("UTC", EVERY_MINUTE, utc_text),
    "on UTC minutes": ("UTC", np.where(EVERY_MINUTE < 3600, EVERY_MINUTE, EVERY_MINUTE + 1), utc_text),
    "in TAI": ("TAI", EVERY_MINUTE, tai_text),
    "at 23:59:60": ("UTC", EVERY_MINUTE + (EVERY_MINUTE > 3600), utc_text),
}


@pytest.mark.parametrize("kind", LEAP)
def test_positions_across_a_leap_second_are_exact(tmp_path, kind):
    system, times, text = LEAP[kind]
    rows = [f"{text(t)} {' '.join(repr(float(x) / 1e3) for x in np.ravel(orbit(t)))}" for t in times]
    assert sum("23:59:60" in row for row in rows) == (kind in ("on elapsed minutes", "at 23:59:60"))
    ephemeris = Ephemeris.read(write(tmp_path, kvn(rows, frame="GCRF", system=system)))
    for when, t_s in (
        (datetime(2016, 12, 31, 23, 30, 30), 1830.0),
        (datetime(2016, 12, 31, 23, 59, 59, 500000), 3599.5),
        (Epoch.parse("2016-12-31T23:59:60.5"), 3600.5),
        (datetime(2017, 1, 1, 0, 0, 0, 500000), 3601.5),
        (datetime(2017, 1, 1, 0, 0, 30), 3631.0),
        (datetime(2017, 1, 1, 0, 30, 30), 5431.0),
    ):
        assert np.linalg.norm(np.subtract(ephemeris.state(when), orbit(t_s)), axis=1) == pytest.approx(0.0, abs=1e-3)


# ---- coverage and segments ------------------------------------------------------------------------


def test_gap_between_states_is_refused(tmp_path):
    rows = circle(0.0, 1200.0, 240.0) + circle(3600.0, 4800.0, 240.0)
    ephemeris = Ephemeris.read(write(tmp_path, kvn(rows)))
    ephemeris.state(START + timedelta(seconds=1000.0))
    with pytest.raises(EphemerisError, match="falls into a gap of 2400 s"):
        ephemeris.state(START + timedelta(seconds=2000.0))


def test_segments_are_not_interpolated_across(tmp_path):
    """Two segments that share an epoch, with a jump between: each answers for itself, the later one at the joint."""
    text = kvn(circle(0.0, 2400.0, 240.0), circle(2400.0, 4800.0, 240.0, radius_km=7001.0), frame="GCRF")
    ephemeris = Ephemeris.read(write(tmp_path, text))
    for t, radius in ((2399.0, 7000e3), (2400.0, 7001e3), (2401.0, 7001e3)):
        r, _ = ephemeris.state(START + timedelta(seconds=t))
        assert np.linalg.norm(r) == pytest.approx(radius, abs=1e-2)


def useable(text, first_s=None, last_s=None, segment=0):
    """The text of an OEM with a useable span put into one of its segments."""
    parts = text.split("META_STOP")
    for key, t in (("USEABLE_START_TIME", first_s), ("USEABLE_STOP_TIME", last_s)):
        if t is not None:
            parts[segment] += f"{key} = {(START + timedelta(seconds=t)).isoformat()}\n"
    return "META_STOP".join(parts)


@pytest.mark.parametrize(("first_s", "last_s"), [(480.0, 1200.0), (480.0, None), (None, 1200.0), (-60.0, 9999.0)])
def test_useable_span_bounds_the_coverage_and_the_rest_serves_interpolation(tmp_path, first_s, last_s):
    text = kvn(circle(0.0, 2400.0, 240.0), frame="GCRF")
    whole = Ephemeris.read(write(tmp_path, text, "whole.oem"))
    part = Ephemeris.read(write(tmp_path, useable(text, first_s, last_s)))
    first, last = max(first_s or 0.0, 0.0), min(last_s or 2400.0, 2400.0)
    assert (part.start - whole.start, part.stop - whole.start) == (first, last)
    for t in (first, (first + last) / 2, last):
        assert part.state(after(whole.start, t)) == whole.state(after(whole.start, t))
    for t in (first - 0.001, last + 0.001):
        with pytest.raises(EphemerisError, match="is outside the ephemeris"):
            part.state(after(whole.start, t))


def test_useable_spans_decide_between_segments_at_a_burn(tmp_path):
    """Both segments carry on beyond the burn at 1200 s, for interpolation only."""
    text = kvn(circle(0.0, 2400.0, 240.0), circle(0.0, 2400.0, 240.0, radius_km=7001.0), frame="GCRF")
    text = useable(useable(text, 0.0, 1200.0), 1200.0, 2400.0, segment=1)
    ephemeris = Ephemeris.read(write(tmp_path, text))
    for t, radius in ((0.0, 7000e3), (961.0, 7000e3), (1199.999, 7000e3), (1200.0, 7001e3), (1201.0, 7001e3)):
        r, _ = ephemeris.state(after(Epoch.of(START), t))
        assert np.linalg.norm(r) == pytest.approx(radius, abs=1e-2)


def test_epoch_in_segments_that_overlap_is_refused(tmp_path):
    text = kvn(circle(0.0, 2400.0, 240.0), circle(1200.0, 3600.0, 240.0, radius_km=7001.0), frame="GCRF")
    ephemeris = Ephemeris.read(write(tmp_path, text))
    for t in (0.0, 1199.0, 2401.0, 3600.0):
        ephemeris.state(after(ephemeris.start, t))
    for t in (1200.0, 1800.0, 2400.0):
        with pytest.raises(
            EphemerisError, match=r"states\.oem: epoch .* is in segments that overlap.* expected USEABLE"
        ):
            ephemeris.state(after(ephemeris.start, t))


def test_epochs_that_do_not_ascend_are_refused(tmp_path):
    rows = circle(0.0, 2400.0, 240.0)
    for again in (rows[4], rows[2]):
        with pytest.raises(
            EphemerisError, match=r"state at \S+ follows one at \S+12:16:00 UTC: expected ascending epochs"
        ):
            Ephemeris.read(write(tmp_path, kvn([*rows[:5], again, *rows[5:]])))


@pytest.mark.parametrize("end", ["Z", ""])
def test_epochs_may_end_in_z(tmp_path, end):
    rows = [row.replace(" ", f"{end} ", 1) for row in circle(0.0, 2400.0, 240.0)]
    assert Ephemeris.read(write(tmp_path, kvn(rows))).start == Epoch.of(START)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing of the kind", "not a CCSDS orbit ephemeris message"),
        ("<ndm><opm/></ndm>", "0 orbit ephemeris messages: expected one"),
        (kvn(circle(0.0, 2400.0, 240.0), frame="TEME"), "REF_FRAME is TEME: expected EME2000, J2000, GCRF or ICRF"),
        (kvn(circle(0.0, 2400.0, 240.0), center="MARS"), "CENTER_NAME is MARS: expected EARTH"),
        (kvn(circle(0.0, 0.0, 240.0)), "a segment with 1 states: expected at least 2"),
        (
            kvn(circle(0.0, 2400.0, 240.0)).replace("T12:04:00.000", "T12:03:60.000"),
            "epoch of state is 2025-02-26T12:03:60.000, TIME_SYSTEM UTC: second 60 is out of range",
        ),
        (
            kvn(circle(0.0, 2400.0, 240.0)).replace("STOP_TIME = 2025-02-26T12", "STOP_TIME = 2025-02-26T11"),
            "START_TIME is 2025-02-26T12:00:00.000: expected STOP_TIME = 2025-02-26T11:40:00.000 or earlier",
        ),
        (
            useable(kvn(circle(0.0, 2400.0, 240.0)), 3000.0, 3600.0),
            "USEABLE_START_TIME = 2025-02-26T12:50:00 and USEABLE_STOP_TIME = 2025-02-26T13:00:00: expected a useable",
        ),
        (
            kvn(circle(0.0, 2400.0, 240.0)).replace("MASS=1000.5", "MASS=-3"),
            "comment MASS is -3: expected a positive number",
        ),
    ],
)
def test_what_cannot_be_flown_is_refused_by_name(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(EphemerisError, match=message) as refused:
        Ephemeris.read(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_state_that_is_no_number_is_refused(tmp_path):
    path = write(tmp_path, OEM.read_text().replace("236.607189722756", "nan"), "states.xml")
    with pytest.raises(EphemerisError, match=r"state at 2025-057T12:00:00.000Z is \(nan, .* expected finite numbers"):
        Ephemeris.read(path)


def test_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(EphemerisError, match=r"nowhere\.oem: cannot read the ephemeris"):
        Ephemeris.read(tmp_path / "nowhere.oem")
