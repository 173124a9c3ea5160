"""One definition, and everything made from it: no drift, the same bytes from C and Python, an XTCE that others read."""

import ctypes
import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from space_packet_parser.xtce.definitions import XtcePacketDefinition
from space_packet_parser.xtce.validation import validate_xtce

from firmware_bridge.icd import definition, generate
from firmware_bridge.icd.c_codec import Codec
from firmware_bridge.icd.generated import icd
from firmware_bridge.icd.message import Message, RecordCodec
from firmware_bridge.wire import Wire, sensor_body
from gnc import flight
from hil.scenario import Scenario
from tests.bridge import golden, plain_wire
from tests.bridge.boards import recording

DEFINITION = definition.load()
RECORDS = {
    "sensors": flight.SENSOR_FRAME,
    "command": flight.COMMAND,
    "telemetry": flight.TELEMETRY,
    "params": flight.PARAMS,
}
BY_NAME = {message.name: message for message in icd.MESSAGES}
FIXED_MESSAGE = pytest.mark.parametrize("message", [m for m in icd.MESSAGES if not m.tail_bytes], ids=lambda m: m.name)
EVERY_MESSAGE = pytest.mark.parametrize("message", icd.MESSAGES, ids=lambda m: m.name)


@pytest.mark.parametrize("name", generate.files(DEFINITION))
def test_generated_files_are_those_of_the_definition(name: str) -> None:
    text = (generate.OUT / name).read_text()
    assert text == generate.files(DEFINITION)[name], "run `python -m firmware_bridge.icd`"


def test_nothing_else_lies_among_the_generated_files() -> None:
    lying = {path.name for path in generate.OUT.iterdir() if path.name != "__pycache__"}
    assert lying == set(generate.files(DEFINITION))


def test_a_cycle_fits_its_share_of_the_wire() -> None:
    """Every valve and every instrument of the shipped missions at once, within 115,200 baud at 10 Hz."""
    frame = np.zeros(1, flight.SENSOR_FRAME)[0]
    frame["thruster_applied_us"][:28] = 100_000
    for number, kind in enumerate(map(flight.Kind, Scenario.load("iss-vbar").instrument_kinds.values())):
        values = {f.name: np.zeros(f.count) if f.count else 0.0 for f in flight.components(kind)}
        flight.add_measurement(frame, kind, instrument=number, seq=0, t_valid_us=0, **values)
    sensor = len(Wire().frame(icd.SENSOR, sensor_body(frame)))
    command = DEFINITION.message("command").wire_bytes_max
    assert sensor <= 560
    assert command <= 540
    assert 10 * (sensor + command) * 10 <= 115200  # bits of a byte, Hz, baud


@pytest.mark.parametrize(("message", "record"), [("command", "command"), ("command", "telemetry")])
def test_every_field_of_the_loop_is_on_the_wire_once(message: str, record: str) -> None:
    body = BY_NAME[message].body
    wanted = [f for f in flight.fields(record) if "reserved" not in f.name]
    for field in wanted:
        assert body[field.name].base.itemsize == np.dtype(field.type).itemsize
        assert body[field.name].shape == ((field.count,) if field.count else ())
    assert "reserved" not in body.names


def test_hash_follows_the_interface_and_not_the_prose(tmp_path: Path) -> None:
    text = (definition.HERE / "messages.toml").read_text()

    def hashed(old: str, new: str) -> int:
        assert text.count(old) == 1
        (tmp_path / "messages.toml").write_text(text.replace(old, new))
        return definition.load(tmp_path / "messages.toml").hash

    assert hashed("comes back in the PONG", "is sent back") == DEFINITION.hash
    assert hashed('["u16", "used", "B"', '["u32", "used", "B"') != DEFINITION.hash
    assert hashed('["u16", "used", "B"', '["u16", "used", "1"') != DEFINITION.hash
    assert hashed("watchdog = [2,", "watchdog = [5,") != DEFINITION.hash
    assert hashed("text = 0x030", "text = 0x031") != DEFINITION.hash


def test_hash_follows_the_cores_records(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = flight.fields

    def other_unit(record: str) -> tuple[flight.Field, ...]:
        return tuple(replace(f, unit="km") if f.name == "r_port_tport_m" else f for f in fields(record))

    monkeypatch.setattr(flight, "fields", other_unit)
    assert definition.load().hash != DEFINITION.hash


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["u32", "token", "1", "comes', '["u33", "token", "1", "comes', "token.*u33"),
        ("enum:function", "enum:funktion", "no table of values 'funktion'"),
        ("subtype = 27", "subtype = 1\n", "same direction"),
        ('"offset", "B", "where', '"crc32", "B", "where', "params.*same name"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (definition.HERE / "messages.toml").read_text()
    assert text.count(old) == 1
    text = text.replace(old, new)
    if "same direction" in said:
        text = text.replace("service = 3\nsubtype = 1\n", "service = 8\nsubtype = 1\n")
    (tmp_path / "messages.toml").write_text(text)
    with pytest.raises(ValueError, match=said):
        definition.load(tmp_path / "messages.toml")


def test_frames_are_those_written_down() -> None:
    assert golden.frames() == json.loads(golden.FILE.read_text()), "run `python -m tests.bridge.golden`"


# ---- C against Python --------------------------------------------------------------------------


def structure(message: definition.Message) -> type[ctypes.Structure]:
    """The message's C struct, laid out by ctypes."""
    kinds = {
        "u8": ctypes.c_uint8,
        "u16": ctypes.c_uint16,
        "u32": ctypes.c_uint32,
        "u64": ctypes.c_uint64,
        "i32": ctypes.c_int32,
    }
    members: list[tuple[str, type]] = []
    for field in Codec(message).own_fields:
        if field.type == "text":
            members.append((field.name, ctypes.c_char * (field.count + 1)))
        else:
            members.append((field.name, kinds[field.type] * field.count if field.count else kinds[field.type]))
    for record in message.records:  # aligned for double
        members.append((record.name, ctypes.c_uint64 * (RECORDS[record.name].itemsize // 8)))
    return type(message.name, (ctypes.Structure,), {"_fields_": members})


def fill(struct: ctypes.Structure, message: Message, values: dict[str, np.ndarray]) -> None:
    for name, kind in struct._fields_:
        if name in RECORDS:
            record = np.zeros((), RECORDS[name])
            for field in record.dtype.names or ():
                if field in values:
                    record[field] = values[field]
            ctypes.memmove(
                ctypes.addressof(struct) + getattr(type(struct), name).offset, record.tobytes(), record.nbytes
            )
        elif issubclass(kind, ctypes.Array) and kind._type_ is not ctypes.c_char:
            setattr(struct, name, kind(*values[name].tolist()))
        else:
            setattr(struct, name, values[name].item())


def test_c_writes_and_reads_the_sensor_frames_that_python_does(link: ctypes.CDLL) -> None:
    link.icd_put_sensor.restype = ctypes.c_size_t
    link.icd_get_sensor.restype = ctypes.c_bool
    for seed in range(50):
        frame = golden.sensors(seed)
        expected = plain_wire.sensor_body(frame)
        body = ctypes.create_string_buffer(b"\xaa" * (len(expected) + 1), len(expected) + 1)
        assert link.icd_put_sensor(body, frame.tobytes()) == len(expected)
        assert body.raw == expected + b"\xaa" and sensor_body(frame) == expected
        again = np.frombuffer(b"\xff" * frame.itemsize, flight.SENSOR_FRAME).copy()
        assert link.icd_get_sensor(expected, ctypes.c_size_t(len(expected)), again.ctypes.data_as(ctypes.c_void_p))
        assert again[0].tobytes() == frame.tobytes() == plain_wire.sensor_frame(expected).tobytes()


def test_what_the_wire_cannot_say_is_held_at_its_end(link: ctypes.CDLL) -> None:
    frame = golden.sensors(3)
    frame["t_us"], frame["thruster_applied_us"][5] = 10**13, 2**32 - 1
    frame["slot"]["t_valid_us"][:2] = 0, 2 * 10**13
    there = plain_wire.sensor_frame(sensor_body(frame))
    assert there["thruster_applied_us"][5] == 2**24 - 1
    assert there["slot"]["t_valid_us"][:2].tolist() == [10**13 - 2**31 + 1, 10**13 + 2**31]


def test_a_body_whose_parts_do_not_end_with_it_is_refused(link: ctypes.CDLL) -> None:
    link.icd_get_sensor.restype = ctypes.c_bool
    rng = np.random.default_rng(5)
    for seed in range(300):
        body = bytearray(plain_wire.sensor_body(golden.sensors(seed)))
        at = int(rng.integers(36, len(body)))
        body[at] = int(rng.integers(0, 256))
        cut = bytes(body[: int(rng.integers(0, len(body)))]) if seed % 2 else bytes(body)
        memory = np.frombuffer(b"\xff" * flight.SENSOR_FRAME.itemsize, flight.SENSOR_FRAME).copy()
        taken = link.icd_get_sensor(cut, ctypes.c_size_t(len(cut)), memory.ctypes.data_as(ctypes.c_void_p))
        assert taken == plain_wire.tail_fits(cut)
        assert taken or memory.tobytes() == b"\xff" * memory.nbytes


@FIXED_MESSAGE
def test_c_writes_and_reads_the_bytes_that_python_does(link: ctypes.CDLL, message: Message) -> None:
    described = DEFINITION.message(message.name)
    for seed in range(20):
        values = golden.values(message, seed)
        expected = message.encode(**values)
        struct, again = structure(described)(), structure(described)()
        fill(struct, message, values)
        body = ctypes.create_string_buffer(b"\xaa" * (len(expected) + 1), len(expected) + 1)
        getattr(link, f"icd_put_{message.name}")(body, ctypes.byref(struct))
        assert body.raw == expected + b"\xaa"
        ctypes.memset(ctypes.byref(again), 0, ctypes.sizeof(again))
        getattr(link, f"icd_get_{message.name}")(body, ctypes.byref(again))
        assert bytes(again) == bytes(struct)


def test_c_reads_a_record_into_whatever_was_there(link: ctypes.CDLL) -> None:
    """Reserved fields come out zero, and the header's tick and time reach both records of COMMAND."""
    message = BY_NAME["command"]
    struct = structure(DEFINITION.message("command"))()
    ctypes.memset(ctypes.byref(struct), 0xFF, ctypes.sizeof(struct))
    values = golden.values(message)
    link.icd_get_command(message.encode(**values), ctypes.byref(struct))
    telemetry = np.frombuffer(bytes(struct.telemetry), flight.TELEMETRY)[0]
    command = np.frombuffer(bytes(struct.command), flight.COMMAND)[0]
    assert not telemetry["reserved"].any()
    for record in (telemetry, command):
        assert (record["tick"], record["t_us"]) == (values["tick"], values["t_us"])


def random_record(dtype: np.dtype, seed: int) -> np.void:
    raw = np.random.Generator(np.random.Philox(seed)).integers(0, 256, dtype.itemsize, np.uint8)
    record = raw.view(dtype)[0]
    for name in dtype.names or ():
        if "reserved" in name:
            record[name] = 0
    return record


@pytest.mark.parametrize(("message", "record"), [("command", "command"), ("command", "telemetry")])
def test_records_survive_the_wire_bit_for_bit(message: str, record: str) -> None:
    codec = RecordCodec(RECORDS[record], BY_NAME[message].body)
    for seed in range(20):
        given = random_record(RECORDS[record], seed)
        body = codec.put(given)
        assert codec.get(body).tobytes() == given.tobytes()
        decoded = BY_NAME[message].decode(body)
        for name in decoded.dtype.names or ():
            if name in (given.dtype.names or ()):
                assert np.asarray(decoded[name]).astype(given[name].dtype).tobytes() == given[name].tobytes(), name


def test_parameter_record_is_the_same_in_c_and_python(link: ctypes.CDLL) -> None:
    codec = RecordCodec(flight.PARAMS, icd.PARAMETERS)
    given = random_record(flight.PARAMS, 1)
    body = ctypes.create_string_buffer(icd.PARAMETERS.itemsize)
    link.icd_put_parameters(body, given.tobytes())
    assert body.raw == codec.put(given)
    back = ctypes.create_string_buffer(b"\xff" * flight.PARAMS.itemsize, flight.PARAMS.itemsize)
    link.icd_get_parameters(body, back)
    assert back.raw == given.tobytes() == codec.get(body.raw).tobytes()


def test_a_codec_refuses_a_field_that_differs_in_kind() -> None:
    with pytest.raises(ValueError, match="field tick"):
        RecordCodec(np.dtype([("tick", "<u8")]), BY_NAME["sensor"].body)


def test_messages_refuse_what_they_have_not() -> None:
    with pytest.raises(ValueError, match="ping has no field 'tokken'"):
        icd.PING.encode(tokken=1)
    with pytest.raises(ValueError, match="ping: 3 bytes: expected 18"):
        icd.PING.decode(b"abc")


# ---- XTCE --------------------------------------------------------------------------------------

XTCE = generate.OUT / "icd.xtce.xml"


def test_xtce_is_valid() -> None:
    result = validate_xtce(XTCE, level="all", allow_schema_download=False, print_results=False, raise_on_error=False)
    assert result.valid, result.errors


@pytest.fixture(scope="module")
def xtce() -> XtcePacketDefinition:
    return XtcePacketDefinition.from_xtce(XTCE)


@EVERY_MESSAGE
def test_an_independent_decoder_recovers_every_field(xtce: XtcePacketDefinition, message: Message) -> None:
    wire = Wire(listens_uplink=message.uplink)
    values = golden.values(message)
    for name, table in DEFINITION.enums.items():  # a label needs a value that has one
        for field in DEFINITION.message(message.name).fields:
            if field.enum == name:
                values[field.name] = np.uint8(next(iter(table.values()))[0])
    body = message.encode(**values)
    if message is icd.SENSOR:
        body = golden.body(message)
        values = plain_wire.sensor_frame(body)
    (packet,) = wire.feed(wire.frame(message, body))
    assert packet.body == body
    decoded = decode(xtce, message, body)
    record = message.decode(body)
    assert (decoded["TICK"], decoded["T_US"]) == (record["tick"], record["t_us"])
    enums = {f.name: f.enum for f in DEFINITION.message(message.name).fields if f.enum}
    if message.tail_bytes:
        assert decoded[f"{message.name.upper()}_tail"] == body[message.body.itemsize :]
    for name in (message.body.names or ())[2:]:
        if name in ("service", "subtype"):
            assert decoded[name.upper()] == record[name]
            continue
        kind, key = message.body[name], f"{message.name.upper()}_{name}"
        found = [decoded[f"{key}_{i}"] for i in range(kind.shape[0])] if kind.shape else decoded[key]
        if name in enums:
            assert DEFINITION.enums[enums[name]][found][0] == record[name]
        elif kind.kind == "S":
            assert found.rstrip("\0").encode() == record[name]
        else:
            assert np.array_equal(np.array(found, kind.base), record[name], equal_nan=kind.base.kind == "f"), name


def decode(xtce: XtcePacketDefinition, message: Message, body: bytes) -> dict:
    """What space_packet_parser makes of the packet."""
    header = ((0x1800 if message.uplink else 0x0800) | message.apid, 0xC000, len(body) + 3)
    packet = b"".join(word.to_bytes(2, "big") for word in header) + body
    packet += zlib.crc32(packet).to_bytes(4, "big")
    return xtce.parse_bytes(packet, root_container_name="CCSDSPacket")


def test_an_independent_decoder_recovers_recorded_telemetry(xtce: XtcePacketDefinition) -> None:
    """Every 50th cycle of a flight: what the ground decodes is what was flown, to the last bit."""
    log = recording()
    for command, telemetry in zip(log.command[::50], log.telemetry[::50], strict=True):
        body = bytearray(RecordCodec(flight.COMMAND, icd.COMMAND.body).put(command))
        told = RecordCodec(flight.TELEMETRY, icd.COMMAND.body).put(telemetry)
        decoded = decode(xtce, icd.COMMAND, bytes(a | b for a, b in zip(body, told, strict=True)))
        for record in (command, telemetry):
            for field in flight.fields("command" if record is command else "telemetry"):
                if field.name in ("tick", "t_us"):
                    assert decoded[field.name.upper()] == record[field.name]
                elif "reserved" not in field.name:
                    key = f"COMMAND_{field.name}"
                    found = [decoded[f"{key}_{i}"] for i in range(field.count)] if field.count else decoded[key]
                    assert np.array(found, field.type).tobytes() == record[field.name].tobytes(), field.name
