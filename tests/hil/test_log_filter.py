"""The log's filter gives every bit back, whatever the records hold, and survives what is no chunk."""

from __future__ import annotations

from collections.abc import Iterator

import h5py
import numpy as np
import pytest
import zstandard

from gnc import flight
from hil import log_filter
from hil.recorder import FRAMES

MIXED = np.dtype([("a", "<f8", (2,)), ("b", "<f4"), ("c", "<u2", (3,)), ("d", "u1", (5,))])  # 31 bytes
DTYPES = {name: dtype for name, (dtype, _) in FRAMES.items()} | {"mixed": MIXED}


@pytest.fixture
def file() -> Iterator[h5py.File]:
    with h5py.File("in memory", "w", driver="core", backing_store=False, rdcc_nbytes=0) as opened:
        yield opened


def dataset(file: h5py.File, dtype: np.dtype, rows: int, chunks: int, name: str = "rows") -> h5py.Dataset:
    filters = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    filters.set_filter(log_filter.FILTER_ID, 0, log_filter.options(dtype, rows))
    return file.create_dataset(name, (rows * chunks,), dtype, chunks=(rows,), dcpl=filters)


def words(dtype: np.dtype, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Records whose columns are, by turns, noise, smooth, constant, sparse, zero, and the floats that are special."""
    special = np.array(
        [0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 5e-324, -5e-324, np.finfo(float).max, np.finfo(float).min]
    )
    made = np.zeros((rows, dtype.itemsize), np.uint8)
    noise = rng.integers(0, 256, made.shape, np.uint8)
    t = np.linspace(0.0, 1.0, rows)
    for at in range(0, dtype.itemsize - 7, 8):
        column = made[:, at : at + 8]
        match rng.integers(6):
            case 0:
                column[:] = noise[:, at : at + 8]
            case 1:
                column[:] = (rng.normal() * 7.0e6 * np.sin(0.1 * t + rng.normal())).view(np.uint8).reshape(rows, 8)
            case 2:
                column[:] = noise[0, at : at + 8]
            case 3:
                column[rng.integers(rows)] = noise[0, at : at + 8]
            case 4:
                column[:] = rng.choice(special, rows).view(np.uint8).reshape(rows, 8)
    made[:, dtype.itemsize // 8 * 8 :] = noise[:, dtype.itemsize // 8 * 8 :]
    return made.view(dtype).reshape(rows)


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
@pytest.mark.parametrize("name", DTYPES)
def test_every_bit_comes_back(file: h5py.File, name: str, rows: int) -> None:
    dtype, chunks = DTYPES[name], 40
    rng = np.random.default_rng(rows)
    records = np.concatenate([words(dtype, rows, rng) for _ in range(chunks)])
    data = dataset(file, dtype, rows, chunks)
    data[:] = records
    assert data[:].tobytes() == records.tobytes()
    encoder, direct = log_filter.Encoder(dtype, rows), dataset(file, dtype, rows, chunks, "direct")
    for at in range(0, len(records), rows):
        direct.id.write_direct_chunk((at,), bytes(encoder.encode(records[at : at + rows])))
    assert direct[:].tobytes() == records.tobytes()


def test_smooth_columns_take_few_bytes(file: h5py.File) -> None:
    """A circular orbit sampled at 10 Hz: the fourth difference of a coordinate is the rounding of its cosine."""
    dtype = np.dtype([("r_m", "<f8", (2,)), ("zero", "<f8", (9,))])
    records = np.zeros(1000, dtype)
    angle = 1.13e-3 * 0.1 * np.arange(1000)
    records["r_m"] = 6.78e6 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    data = dataset(file, dtype, 100, 10)
    data[:] = records
    assert data.id.get_storage_size() < 1000 * 2 * 2.6


def test_what_is_no_chunk_is_refused_and_does_no_harm(file: h5py.File) -> None:
    """Truncated, longer, or with a byte of the head changed: refused, or read as other numbers."""
    rng = np.random.default_rng(7)
    records = words(MIXED, 20, rng)
    data = dataset(file, MIXED, 20, 1)
    data[:] = records
    whole = data.id.read_direct_chunk((0,))[1]
    refused = 0
    for kind in range(600):
        broken = bytearray(whole)
        if kind % 3 == 0:
            del broken[rng.integers(len(broken)) :]
        elif kind % 3 == 1:
            broken += rng.integers(0, 256, rng.integers(1, 9), np.uint8).tobytes()
        else:
            broken[rng.integers(2 * 11)] ^= rng.integers(1, 256)  # of the head: orders and planes
        data.id.write_direct_chunk((0,), bytes(broken) or b"\0")
        try:
            assert data[:].shape == (20,)
        except OSError:
            refused += 1
    assert refused > 400 + 150


@pytest.mark.parametrize(
    "values", [(), (1,), (2, 20, 8, 2), (1, 0, 8, 2), (1, 20, 3, 1), (1, 20, 8), (1, 20, 8, 500), (1, 20, 8, 0)]
)
def test_values_that_do_not_fit_are_refused(file: h5py.File, values: tuple[int, ...]) -> None:
    filters = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    filters.set_filter(log_filter.FILTER_ID, 0, values)
    data = file.create_dataset("rows", (20,), MIXED, chunks=(20,), dcpl=filters)
    with pytest.raises(OSError, match="filter"):
        data[:] = np.zeros(20, MIXED)


@pytest.mark.parametrize(
    "dtype", [np.dtype([("a", "u1"), ("b", "<f8")], align=True), np.dtype("S3"), np.dtype([("a", "<c16")])]
)
def test_records_that_cannot_be_encoded(dtype: np.dtype) -> None:
    with pytest.raises(ValueError, match=r"expected words of 1, 2, 4 or 8 bytes without padding"):
        log_filter.options(dtype, 10)
    with pytest.raises(ValueError, match=r"expected words of 1, 2, 4 or 8 bytes without padding"):
        log_filter.Encoder(dtype, 10)


def test_encoder_takes_whole_chunks_only() -> None:
    with pytest.raises(ValueError, match="bytes: expected 10 records of"):
        log_filter.Encoder(flight.TELEMETRY, 10).encode(np.zeros(9, flight.TELEMETRY))
    assert zstandard.ZstdCompressor(1).compress(log_filter.Encoder(MIXED, 10).encode(np.zeros(10, MIXED)))
