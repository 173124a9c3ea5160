"""The grammar of an OEM: every version, encoding and namespace, and the one line each mistake gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.oem import OemError, OemMessage, read

KVN = """CCSDS_OEM_VERS = 3.0
COMMENT an agency
CLASSIFICATION = public, of course
CREATION_DATE=2025-02-25T00:00:00
ORIGINATOR = TEST
MESSAGE_ID = OEM 1

META_START
COMMENT DRAG_AREA = 1.5
OBJECT_NAME = A NAME
OBJECT_ID = 1998-067-A
CENTER_NAME = EARTH
REF_FRAME = EME2000
TIME_SYSTEM = UTC
START_TIME = 2025-02-26T12:00:00
USEABLE_START_TIME = 2025-02-26T12:00:00
USEABLE_STOP_TIME = 2025-02-26T12:08:00
STOP_TIME = 2025-02-26T12:08:00
INTERPOLATION = HERMITE
INTERPOLATION_DEGREE = 7
META_STOP

COMMENT MASS=10
2025-02-26T12:00:00 1 -2 3e3 4 5 6
2025-02-26T12:04:00 1 -2 3e3 4 5 7 0.1 0.2 0.3

COVARIANCE_START
EPOCH = 2025-02-26T12:00:00
COV_REF_FRAME = RTN
1e-3
1e-4 1e-3
COVARIANCE_STOP
META_START
OBJECT_NAME = A NAME
OBJECT_ID = 1998-067-A
CENTER_NAME = EARTH
REF_FRAME = EME2000
TIME_SYSTEM = UTC
START_TIME = 2025-02-26T12:08:00
STOP_TIME = 2025-02-26T12:12:00
META_STOP
2025-02-26T12:08:00 1 2 3 4 5 6
"""
METADATA = """<OBJECT_NAME>A NAME</OBJECT_NAME><OBJECT_ID>1998-067-A</OBJECT_ID><CENTER_NAME>EARTH</CENTER_NAME>
<REF_FRAME>EME2000</REF_FRAME><TIME_SYSTEM>UTC</TIME_SYSTEM><START_TIME>2025-02-26T12:00:00</START_TIME>
<STOP_TIME>2025-02-26T12:08:00</STOP_TIME>"""
XML = (
    """<?xml version="1.0" encoding="{encoding}"?>
<oem {attributes} id="CCSDS_OEM_VERS" version="{version}">
<header><COMMENT>Agence spatiale européenne</COMMENT><CLASSIFICATION>public</CLASSIFICATION>
<CREATION_DATE>2025-02-25T00:00:00</CREATION_DATE><ORIGINATOR>TEST</ORIGINATOR><MESSAGE_ID>1</MESSAGE_ID></header>
<body><segment><!-- a remark --><metadata>"""
    + METADATA
    + """</metadata><data><COMMENT>MASS=10</COMMENT>
<stateVector><EPOCH>2025-02-26T12:00:00</EPOCH><X units="km">1</X><Y>-2</Y><Z>3e3</Z>
<X_DOT units="km/s">4</X_DOT><Y_DOT>5</Y_DOT><Z_DOT>6</Z_DOT>
<X_DDOT>0.1</X_DDOT><Y_DDOT>0.2</Y_DDOT><Z_DDOT>0.3</Z_DDOT></stateVector>
<covarianceMatrix><EPOCH>2025-02-26T12:00:00</EPOCH><CX_X>1e-3</CX_X></covarianceMatrix></data></segment></body></oem>
"""
)
FIRST_STATE = ("2025-02-26T12:00:00", (1.0, -2.0, 3000.0, 4.0, 5.0, 6.0))


def message(tmp_path: Path, content: str | bytes) -> OemMessage:
    path = tmp_path / "states.oem"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path)


def xml(version: str = "3.0", encoding: str = "UTF-8", attributes: str = "") -> str:
    return XML.format(version=version, encoding=encoding, attributes=attributes)


def test_kvn_with_everything_that_it_may_hold(tmp_path: Path) -> None:
    found = message(tmp_path, KVN)
    assert found.comments == ["an agency", "DRAG_AREA = 1.5", "MASS=10"]
    one, two = found.segments
    assert one.states == [FIRST_STATE, ("2025-02-26T12:04:00", (1.0, -2.0, 3000.0, 4.0, 5.0, 7.0))]
    assert one.metadata["USEABLE_STOP_TIME"] == "2025-02-26T12:08:00" and one.metadata["OBJECT_NAME"] == "A NAME"
    assert two.states == [("2025-02-26T12:08:00", (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))]


@pytest.mark.parametrize("version", ["1.0", "2.0", "3.0"])
def test_every_version(tmp_path: Path, version: str) -> None:
    assert len(message(tmp_path, KVN.replace("3.0\n", f"{version}\n", 1)).segments) == 2
    assert len(message(tmp_path, xml(version)).segments) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "iso-8859-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_kvn_encodings_and_line_ends(tmp_path: Path, encoding: str, newline: str) -> None:
    text = KVN.replace("an agency", "une société").replace("\n", newline)
    content = ("\ufeff" + text).encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)
    found = message(tmp_path, content)
    assert found.comments[0] == "une société"
    assert found.segments == message(tmp_path, KVN).segments


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("UTF-8", "utf-8"), ("UTF-8", "utf-8-sig"), ("ISO-8859-1", "iso-8859-1"), ("windows-1252", "cp1252"),
     ("UTF-16", "utf-16"), ("UTF-16", "utf-16-be")],
)  # fmt: skip
def test_xml_in_its_declared_encoding(tmp_path: Path, declared: str, encoding: str) -> None:
    found = message(tmp_path, xml(encoding=declared).encode(encoding))
    assert found.comments == ["Agence spatiale européenne", "MASS=10"]
    assert found.segments[0].states == [FIRST_STATE]


@pytest.mark.parametrize(
    "attributes",
    [
        'xmlns="urn:ccsds:schema:ndmxml"',
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"',
    ],
)
def test_namespaces_do_not_matter(tmp_path: Path, attributes: str) -> None:
    assert message(tmp_path, xml(attributes=attributes)) == message(tmp_path, xml())
    prefixed = xml().replace("<oem", "<n:oem xmlns:n='urn:n'").replace("</oem", "</n:oem")
    assert message(tmp_path, prefixed) == message(tmp_path, xml())


def test_message_within_an_ndm(tmp_path: Path) -> None:
    text = xml().replace("<oem", "<ndm><COMMENT>MASS=99</COMMENT><oem").replace("</oem>", "</oem></ndm>")
    assert message(tmp_path, text) == message(tmp_path, xml())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 0: expected META_START, found the end of the file"),
        ("nothing of the kind", "line 1: 'nothing of the kind': expected KEYWORD = value"),
        (KVN.replace("3.0", "4.0", 1), "line 8: CCSDS_OEM_VERS is 4.0: expected 1.0, 2.0 or 3.0"),
        (KVN.replace("CCSDS_OEM_VERS", "CCSDS_OPM_VERS"), "line 1: CCSDS_OPM_VERS = 3.0: unknown keyword"),
        (KVN.replace("USEABLE_STOP", "USABLE_STOP"), "line 17: USABLE_STOP_TIME = .*did you mean USEABLE_STOP_TIME"),
        (KVN.replace("ORIGINATOR = TEST", "MESSAGE_ID = 2"), "line 6: MESSAGE_ID = OEM 1: given twice"),
        (KVN.replace("REF_FRAME = EME2000\n", "", 1), "segment 1: REF_FRAME is missing"),
        (KVN.replace("3e3 4 5 6", "3e3 4 5"), "line 24: found 5 values after the epoch: expected 6 or 9"),
        (KVN.replace("3e3 4 5 6", "3e3 4 5 x"), "line 24: Z_DOT is 'x': expected a number"),
        (KVN.replace("3e3 4 5 6", "1_000 4 5 6"), "line 24: Z is '1_000': expected a number"),
        (KVN.replace("0.1 0.2 0.3", "0.1 0.2 ?"), "line 25: Z_DDOT is '\\?': expected a number"),
        (KVN[: KVN.index("META_STOP")], "expected META_STOP, found the end of the file"),
        (KVN[: KVN.index("COVARIANCE_STOP")], "expected COVARIANCE_STOP, found the end of the file"),
        ("<oem", "not well-formed XML: "),
        ('<?xml version="1.0" encoding="ebcdic-of-old"?><oem/>', "not well-formed XML: "),
        ('<!DOCTYPE a [<!ENTITY e "x">]><oem>&e;</oem>', "not well-formed XML: "),
        ("<ndm><opm/></ndm>", "0 orbit ephemeris messages: expected one"),
        ("<oem/>", "CCSDS_OEM_VERS is None: expected 1.0"),
        ('<oem version="2.0"/>', "no segment with states: expected at least one"),
        (xml().replace('"km"', '"m"'), "segment 1: state 1: X is in m: expected km"),
        (xml().replace("<Y>-2</Y>", ""), "segment 1: state 1: Y is missing"),
        (xml().replace("<Y>-2</Y>", "<Y/>"), "segment 1: state 1: Y is '': expected a number"),
        (
            xml().replace("TIME_SYSTEM>", "TIME_SISTEM>"),
            "segment 1: TIME_SISTEM = UTC: unknown keyword; did you mean TIME_SYS",
        ),
    ],
)
def test_mistake_is_one_line_that_names_the_place(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(OemError, match=reason) as refused:
        message(tmp_path, text)
    assert "\n" not in str(refused.value)
