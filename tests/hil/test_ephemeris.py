"""CCSDS OEM: XML and KVN alike, coverage on actual epochs, interpolation checked by leaving states out."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import erfa
import numpy as np
import pytest

import hil
from hil.ephemeris import Ephemeris, EphemerisError

OEM = Path(hil.__file__).parent / "scenarios" / "iss_oem_2025-057.xml"
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
            rows.append(f"{(segment.epoch + timedelta(seconds=t)).isoformat(timespec='milliseconds')} {values}")
    return kvn(rows, frame="GCRF")


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
    assert iss.start == START
    # the metadata promise 12:00, the states end three minutes before
    assert iss.stop == datetime(2025, 2, 27, 11, 57)


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
        r, v = iss.state(segment.epoch + timedelta(seconds=segment.t_s[k]))
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
        r, v = coarse.state(segment.epoch + timedelta(seconds=segment.t_s[k]))
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


def test_time_systems_come_out_in_utc(tmp_path):
    ephemeris = Ephemeris.read(write(tmp_path, kvn(circle(0.0, 2400.0, 240.0), system="TAI")))
    assert ephemeris.start == START - timedelta(seconds=37)


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


def test_epochs_that_do_not_ascend_are_refused(tmp_path):
    rows = circle(0.0, 2400.0, 240.0)
    with pytest.raises(EphemerisError, match="not a CCSDS orbit ephemeris message: Malformed data section"):
        Ephemeris.read(write(tmp_path, kvn([*rows[:5], rows[4], *rows[5:]])))
    with pytest.raises(EphemerisError, match="Malformed data section"):
        Ephemeris.read(write(tmp_path, kvn([*rows[:5], rows[2], *rows[5:]])))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing of the kind", "not a CCSDS orbit ephemeris message"),
        ("<ndm><opm/></ndm>", "0 orbit ephemeris messages: expected one"),
        (kvn(circle(0.0, 2400.0, 240.0), frame="TEME"), "REF_FRAME is TEME: expected EME2000, J2000, GCRF or ICRF"),
        (kvn(circle(0.0, 2400.0, 240.0), center="MARS"), "CENTER_NAME is MARS: expected EARTH"),
        (kvn(circle(0.0, 0.0, 240.0)), "a segment with 1 states: expected at least 2"),
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
    with pytest.raises(EphemerisError, match=r"state at 2025-02-26T12:00:00 is \(nan, .* expected finite numbers"):
        Ephemeris.read(path)


def test_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(EphemerisError, match=r"nowhere\.oem: cannot read the ephemeris"):
        Ephemeris.read(tmp_path / "nowhere.oem")
