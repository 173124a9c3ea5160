"""The host's end of the wire: messages to frames and whatever arrives to messages, every failure counted.

`0x00 | COBS(primary header | body | CRC-32) | 0x00`, one CCSDS space packet a frame; see icd/generated/icd.md. It is
link/link.c, as on boards, and for the two messages of the loop the generated C codec.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from gnc.flight cimport command_t, sensor_frame_t, telemetry_t

from firmware_bridge.icd.generated import icd
from firmware_bridge.icd.message import Message
from gnc.flight import COMMAND, SENSOR_FRAME, TELEMETRY

__all__ = ["PACKET_MAX", "Counters", "Packet", "Wire", "command_of", "recording", "sensor_body"]


cdef extern from "icd.h" nogil:
    enum:
        FLIGHT_SLOTS
        MEASUREMENT_VALUES
        ICD_PACKET_MAX
        ICD_FRAME_MAX
        ICD_APIDS
        ICD_SENSOR_BYTES
        ICD_COMMAND_BYTES
    ctypedef struct icd_message_t:
        uint16_t bytes_min
        uint16_t bytes
    ctypedef struct icd_command_t:
        int32_t status
        command_t command
        telemetry_t telemetry
    const icd_message_t icd_messages[]
    size_t icd_apid_index(uint16_t apid)
    size_t icd_put_sensor(uint8_t *body, const sensor_frame_t *m)
    void icd_get_command(const uint8_t *body, icd_command_t *m)


cdef extern from "link.h" nogil:
    ctypedef struct link_counters_t:
        uint32_t bytes_received
        uint32_t bytes_sent
        uint32_t packets_received
        uint32_t packets_sent
        uint32_t cobs_errors
        uint32_t length_errors
        uint32_t crc_errors
        uint32_t apid_errors
        uint32_t overrun_errors
        uint32_t sequence_gaps
        uint32_t sequence_duplicates
        uint32_t sequence_reordered
    ctypedef struct link_t:
        uint16_t next_sent[ICD_APIDS]
        link_counters_t counters
    ctypedef struct link_packet_t:
        int message
        uint16_t sequence
        const uint8_t *body
        size_t size
    void link_init(link_t *link, bint listens_uplink)
    size_t link_receive(link_t *link, const uint8_t *bytes, size_t size, link_packet_t *packet)
    size_t link_send(link_t *link, int message, const uint8_t *body, size_t size, uint8_t *frame)
    void link_forget_sequences(link_t *link)


PACKET_MAX = ICD_PACKET_MAX
cdef tuple _MESSAGES = icd.MESSAGES
cdef dict _NUMBER = {message.name: number for number, message in enumerate(icd.MESSAGES)}


class Packet(NamedTuple):
    """One sound packet."""

    message: Message
    sequence: int
    body: bytes


@dataclass(frozen=True)
class Counters:
    """What crossed one end of the wire, and each kind of failure: the fields of the STATISTICS message."""

    bytes_received: int = 0
    bytes_sent: int = 0
    packets_received: int = 0
    packets_sent: int = 0
    cobs_errors: int = 0
    length_errors: int = 0
    crc_errors: int = 0
    apid_errors: int = 0
    overrun_errors: int = 0
    sequence_gaps: int = 0
    sequence_duplicates: int = 0
    sequence_reordered: int = 0

    def as_dict(self):
        """The counters by name."""
        return asdict(self)


cdef class Wire:
    """One end: `frame` makes a frame of a message, `feed` takes what arrived and returns the sound packets in it.

    listens_uplink: True for a board's end, which takes what hosts send.
    """

    cdef link_t _link

    def __init__(self, *, bint listens_uplink=False):
        link_init(&self._link, listens_uplink)

    @property
    def counters(self):
        """The counters as they stand."""
        return Counters(**self._link.counters)

    def frame(self, message, bytes body):
        """The frame of a message. Its sequence count is one more than that of the one before on its APID."""
        cdef int number = _NUMBER[message.name]
        cdef uint8_t made[ICD_FRAME_MAX]
        cdef size_t size
        if not icd_messages[number].bytes_min <= len(body) <= icd_messages[number].bytes:
            raise ValueError(f"message {message.name}: {len(body)} bytes: expected {icd_messages[number].bytes}")
        size = link_send(&self._link, number, <const uint8_t *>PyBytes_AS_STRING(body), len(body), made)
        return PyBytes_FromStringAndSize(<char *>made, size)

    def last_sequence(self, message):
        """The sequence count of the packet sent last on the message's APID."""
        return (self._link.next_sent[icd_apid_index(message.apid)] - 1) & 0x3FFF

    def forget_sequences(self):
        """The other side has started anew: its sequence counts begin anywhere."""
        link_forget_sequences(&self._link)

    def feed(self, bytes data):
        """Takes what arrived, in pieces of any size; returns the sound packets that it completed."""
        cdef const uint8_t *at = <const uint8_t *>PyBytes_AS_STRING(data)
        cdef const uint8_t *end = at + len(data)
        cdef link_packet_t packet
        cdef list found = []
        while at < end:
            at += link_receive(&self._link, at, end - at, &packet)
            if packet.message >= 0:
                found.append(Packet(
                    _MESSAGES[packet.message],
                    packet.sequence,
                    PyBytes_FromStringAndSize(<const char *>packet.body, packet.size),
                ))
        return found


def sensor_body(record):
    """The body of a SENSOR: one record of gnc.flight.SENSOR_FRAME.

    Raises ValueError for any other, and for a frame that says of more slots or values than it can hold.
    """
    cdef int i
    cdef sensor_frame_t frame
    cdef uint8_t body[ICD_SENSOR_BYTES]
    if record.dtype is not SENSOR_FRAME and record.dtype != SENSOR_FRAME:
        raise ValueError(f"sensors: expected one record of gnc.flight.SENSOR_FRAME, got {record.dtype}")
    cdef bytes raw = record.tobytes()
    if len(raw) != sizeof(frame):
        raise ValueError(f"sensors: expected one record of gnc.flight.SENSOR_FRAME, got {len(raw)} bytes")
    memcpy(&frame, PyBytes_AS_STRING(raw), sizeof(frame))
    if frame.slot_count > FLIGHT_SLOTS:
        raise ValueError(f"sensors: slot_count is {frame.slot_count}: expected at most {FLIGHT_SLOTS}")
    for i in range(frame.slot_count):
        if frame.slot[i].count > MEASUREMENT_VALUES:
            raise ValueError(f"sensors: slot {i} has count {frame.slot[i].count}: expected at most {MEASUREMENT_VALUES}")
    return PyBytes_FromStringAndSize(<char *>body, icd_put_sensor(body, &frame))


def recording(params, sensors):
    """What the check program of a board replays (board/check.c): the parameters, then each frame as it goes on the wire.

    params: one record of gnc.flight.PARAMS; sensors: records of gnc.flight.SENSOR_FRAME.
    """
    bodies = (sensor_body(frame) for frame in sensors)
    return params.tobytes() + b"".join(len(body).to_bytes(2, "big") + body for body in bodies)


def command_of(bytes body):
    """(status, COMMAND record, TELEMETRY record) in the body of a COMMAND. Raises ValueError when it has another size."""
    cdef icd_command_t m
    if len(body) != ICD_COMMAND_BYTES:
        raise ValueError(f"message command: {len(body)} bytes: expected {ICD_COMMAND_BYTES}")
    icd_get_command(<const uint8_t *>PyBytes_AS_STRING(body), &m)
    command = PyBytes_FromStringAndSize(<char *>&m.command, sizeof(m.command))
    telemetry = PyBytes_FromStringAndSize(<char *>&m.telemetry, sizeof(m.telemetry))
    return m.status, np.frombuffer(command, COMMAND)[0], np.frombuffer(telemetry, TELEMETRY)[0]
