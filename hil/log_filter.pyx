"""The HDF5 filter of the log's frames: takes out of a chunk what the rows before foretell, losing no bit.

A chunk is `rows` records of one dtype without padding. Each word of the record (a field, or an element of one) is a
column. The bits of a column, read as integers that grow with the number they stand for, are differenced as often as
makes them smallest: a smooth double leaves some low bytes of its fourth difference, a constant one nothing. What is left
is written by planes, all lowest bytes first; a plane of zeros is left out. A general compressor follows in the
dataset's filters.

Encoded: for each column its order (how often it is differenced) and which planes follow, one byte each; then for
each column the first `order` words, each differenced as often as it has words before it, and its planes, one byte a row
for the rows after. The filter's values are its version, then the width and the number of words of each run of equal words.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from itertools import groupby

import h5py
import numpy as np

cdef extern from *:
    int __builtin_clzll(unsigned long long) nogil

# HDF5's interface of a filter, H5Z_class2_t, as every release since 1.8 has it.
ctypedef size_t (*filter_t)(unsigned int, size_t, const unsigned int*, size_t, size_t*, void**) noexcept nogil

ctypedef struct filter_class_t:
    int version
    int id
    unsigned int encoder_present
    unsigned int decoder_present
    const char* name
    void* can_apply
    void* set_local
    filter_t filter

cdef enum:
    ID = 411  # of the numbers that the HDF Group leaves to in-house filters
    VERSION = 1
    ORDER_MOST = 5
    CHOSEN_EVERY = 30
    H5Z_FLAG_REVERSE = 0x0100
    H5Z_CLASS_T_VERS = 1

FILTER_ID = ID


cdef inline uint64_t _load(const uint8_t* at, unsigned int width) noexcept nogil:
    """A word as an unsigned number whose order is that of the floating-point number, or of the signed one."""
    cdef uint64_t eight = 0
    cdef uint32_t four = 0
    cdef uint16_t two = 0
    if width == 8:
        memcpy(&eight, at, 8)
        return eight ^ ((eight >> 63) * <uint64_t>0x7FFFFFFFFFFFFFFF)
    if width == 4:
        memcpy(&four, at, 4)
        return four ^ ((four >> 31) * <uint32_t>0x7FFFFFFF)
    if width == 2:
        memcpy(&two, at, 2)
        return two
    return at[0]


cdef inline void _store(uint8_t* at, unsigned int width, uint64_t word) noexcept nogil:
    cdef uint64_t eight
    cdef uint32_t four
    cdef uint16_t two
    if width == 8:
        eight = word ^ ((word >> 63) * <uint64_t>0x7FFFFFFFFFFFFFFF)
        memcpy(at, &eight, 8)
    elif width == 4:
        four = <uint32_t>word
        four ^= (four >> 31) * <uint32_t>0x7FFFFFFF
        memcpy(at, &four, 4)
    elif width == 2:
        two = <uint16_t>word
        memcpy(at, &two, 2)
    else:
        at[0] = <uint8_t>word


cdef inline uint64_t _folded(uint64_t word, unsigned int unused) noexcept nogil:
    """A difference as a small number, whatever its sign; `unused` bits of the 64 are not of the word."""
    cdef int64_t signed = <int64_t>(word << unused) >> unused
    return ((<uint64_t>signed << 1) ^ <uint64_t>(signed >> 63)) & (~<uint64_t>0 >> unused)


cdef inline uint64_t _unfolded(uint64_t word) noexcept nogil:
    return (word >> 1) ^ (~(word & 1) + 1)


cdef inline uint64_t _length(uint64_t word) noexcept nogil:
    """Bits from the highest that is set."""
    return 64 - <uint64_t>__builtin_clzll(word) if word else 0


cdef void _mark_used(const uint8_t* records, size_t rows, size_t size, uint64_t* used) noexcept nogil:
    """The bits that are set in any row, 8 bytes of the record in each word of `used`; all of them in a shorter rest.

    Most of a sensor frame is empty slots; reading it row by row costs a tenth of walking down its columns.
    """
    cdef size_t whole = size // 8, i, row
    cdef uint64_t word
    for i in range(whole):
        used[i] = 0
    used[whole] = ~<uint64_t>0
    for row in range(rows):
        for i in range(whole):
            memcpy(&word, records + row * size + 8 * i, 8)
            used[i] |= word


cdef uint64_t _gather(const uint8_t* column, size_t rows, size_t size, unsigned int width, uint64_t* words) noexcept nogil:
    """Copies a column into `words`; returns the bits that are set in any of them."""
    cdef uint64_t any = 0
    cdef size_t i
    if width == 8:
        for i in range(rows):
            words[i] = _load(column + i * size, 8)
            any |= words[i]
    elif width == 4:
        for i in range(rows):
            words[i] = _load(column + i * size, 4)
            any |= words[i]
    else:
        for i in range(rows):
            words[i] = _load(column + i * size, width)
            any |= words[i]
    return any


cdef void _difference(uint64_t* words, size_t rows, size_t order) noexcept nogil:
    """Differences a column `order` times, in place; its first words as often as they have words before them."""
    cdef uint64_t before, word
    cdef size_t i, start
    for start in range(1, order + 1):
        before = words[start - 1]
        for i in range(start, rows):
            word = words[i]
            words[i] = word - before
            before = word


cdef uint64_t* _difference_as_pays(uint64_t* words, uint64_t* spare, size_t rows, unsigned int unused,
                                   size_t* order) noexcept nogil:
    """Differences a column as often as pays; returns which of the two buffers has it, and sets how often."""
    cdef uint64_t best = 0, bits
    cdef uint64_t* swapped
    cdef size_t i, tried
    for i in range(rows):
        best += _length(_folded(words[i], unused))
    order[0] = 0
    tried = 0
    while tried < ORDER_MOST and tried + 1 < rows:
        tried += 1
        bits = tried * (64 - unused)  # its first words are not folded
        for i in range(tried, rows):
            spare[i] = words[i] - words[i - 1]
            bits += _length(_folded(spare[i], unused))
        if bits >= best:
            break
        memcpy(spare, words, tried * sizeof(uint64_t))
        swapped = words
        words = spare
        spare = swapped
        best, order[0] = bits, tried
    return words


cdef size_t _encode(const uint8_t* records, size_t rows, size_t size, size_t columns, const unsigned int* runs,
                    size_t n_runs, uint8_t* out, uint64_t* buffer, const uint8_t* orders) noexcept nogil:
    """Returns the bytes written to `out`. buffer: room for two columns and a row, of words of 8 bytes; orders: of each
    column, NULL to choose them."""
    cdef uint8_t* head = out
    cdef uint8_t* at = out + 2 * columns
    cdef const uint8_t* column = records
    cdef unsigned int width, unused, plane
    cdef size_t run, i, row, order
    cdef uint64_t any
    cdef uint64_t* words
    cdef uint64_t* used = buffer + 2 * rows
    _mark_used(records, rows, size, used)
    for run in range(n_runs):
        width = runs[2 * run]
        unused = 64 - 8 * width
        for i in range(runs[2 * run + 1]):
            words, order = buffer, 0
            any = used[(column - records) // 8] | used[(column - records + width - 1) // 8]
            if any:
                any = _gather(column, rows, size, width, buffer)
            if any:
                if orders == NULL:
                    words = _difference_as_pays(buffer, buffer + rows, rows, unused, &order)
                else:
                    order = orders[0]
                    _difference(words, rows, order)
                any = 0
                for row in range(order, rows):
                    words[row] = _folded(words[row], unused)
                    any |= words[row]
            head[0], head[1] = <uint8_t>order, 0
            for row in range(order):
                memcpy(at, &words[row], width)
                at += width
            for plane in range(width):
                if (any >> (8 * plane)) & 0xFF:
                    head[1] |= <uint8_t>(1 << plane)
                    for row in range(order, rows):
                        at[row - order] = <uint8_t>(words[row] >> (8 * plane))
                    at += rows - order
            head += 2
            column += width
            if orders != NULL:
                orders += 1
    return <size_t>(at - out)


cdef bint _decode(const uint8_t* encoded, size_t length, size_t rows, size_t size, size_t columns,
                  const unsigned int* runs, size_t n_runs, uint8_t* out, uint64_t* words) noexcept nogil:
    """Whether `encoded` is a whole chunk, which is then in `out`."""
    cdef const uint8_t* head = encoded
    cdef const uint8_t* at = encoded + 2 * columns
    cdef const uint8_t* end = encoded + length
    cdef uint8_t* column = out
    cdef unsigned int width, plane, taken
    cdef size_t run, i, row, order, differenced
    if length < 2 * columns:
        return False
    for run in range(n_runs):
        width = runs[2 * run]
        for i in range(runs[2 * run + 1]):
            order, taken = head[0], head[1]
            if order > ORDER_MOST or order > rows or taken >> width:
                return False
            if <size_t>(end - at) < order * width + <size_t>__builtin_popcount(taken) * (rows - order):
                return False
            for row in range(order):
                words[row] = 0
                memcpy(&words[row], at, width)
                at += width
            for row in range(order, rows):
                words[row] = 0
            for plane in range(width):
                if (taken >> plane) & 1:
                    for row in range(order, rows):
                        words[row] |= <uint64_t>at[row - order] << (8 * plane)
                    at += rows - order
            for row in range(order, rows):
                words[row] = _unfolded(words[row])
            differenced = order
            while differenced:
                for row in range(differenced, rows):
                    words[row] += words[row - 1]
                differenced -= 1
            for row in range(rows):
                _store(column + row * size, width, words[row])
            head += 2
            column += width
    return at == end


cdef extern from *:
    int __builtin_popcount(unsigned int) nogil


cdef size_t _filter(unsigned int flags, size_t n_values, const unsigned int* values, size_t n_bytes, size_t* room,
                    void** buffer) noexcept nogil:
    """HDF5 calls it with a chunk, and takes the buffer that it leaves; 0 says that it failed."""
    cdef size_t n_runs, size = 0, columns = 0, rows, made, run
    cdef const unsigned int* runs = values + 2
    cdef uint8_t* out
    cdef uint64_t* words
    if n_values < 4 or n_values % 2 or values[0] != VERSION or values[1] == 0:
        return 0
    n_runs, rows = (n_values - 2) // 2, values[1]
    for run in range(n_runs):
        if not (runs[2 * run] == 1 or runs[2 * run] == 2 or runs[2 * run] == 4 or runs[2 * run] == 8):
            return 0
        size += <size_t>runs[2 * run] * runs[2 * run + 1]
        columns += runs[2 * run + 1]
    if not flags & H5Z_FLAG_REVERSE and n_bytes != rows * size:
        return 0
    made = rows * size + 2 * columns
    out, words = <uint8_t*>malloc(made), <uint64_t*>malloc((2 * rows + size // 8 + 1) * sizeof(uint64_t))
    if out != NULL and words != NULL:
        if flags & H5Z_FLAG_REVERSE:
            if not _decode(<uint8_t*>buffer[0], n_bytes, rows, size, columns, runs, n_runs, out, words):
                made = 0
            else:
                n_bytes = rows * size
        else:
            n_bytes = _encode(<uint8_t*>buffer[0], rows, size, columns, runs, n_runs, out, words, NULL)
    else:
        made = 0
    free(words)
    if made == 0:
        free(out)
        return 0
    free(buffer[0])
    buffer[0], room[0] = out, made
    return n_bytes


def _words(dtype):
    """The width of every word of a record, in order; ValueError where the record has padding."""
    if dtype.names:
        found = [width for name in sorted(dtype.names, key=lambda name: dtype.fields[name][1])
                 for width in _words(dtype.fields[name][0])]
    elif dtype.subdtype:
        found = _words(dtype.subdtype[0]) * int(np.prod(dtype.subdtype[1]))
    else:
        found = [dtype.itemsize]
    if sum(found) != dtype.itemsize or not set(found) <= {1, 2, 4, 8}:
        raise ValueError(f"{dtype}: expected words of 1, 2, 4 or 8 bytes without padding")
    return found


def options(dtype, rows):
    """The filter's values for chunks of `rows` records of a dtype, as h5py takes them with `FILTER_ID`.

    Raises ValueError for a dtype that has padding or words of another size.
    """
    return (VERSION, rows, *(value for width, same in groupby(_words(dtype)) for value in (width, len(list(same)))))


cdef class Encoder:
    """Encodes chunk after chunk of one dataset: `Encoder(dtype, rows)`. What the filter makes, in half its time.

    A column is seldom differenced another number of times than in the chunk before, so that is chosen anew only in
    every eighth chunk. Raises ValueError as `options`.
    """

    cdef object _runs
    cdef size_t _rows, _size, _columns, _chunks
    cdef uint8_t[::1] _out, _orders
    cdef uint64_t[::1] _words

    def __cinit__(self, dtype, rows):
        self._runs = np.array(options(dtype, rows)[2:], np.uint32)
        self._rows, self._size, self._columns, self._chunks = rows, dtype.itemsize, int(self._runs[1::2].sum()), 0
        self._out = np.zeros(rows * self._size + 2 * self._columns, np.uint8)
        self._orders = np.zeros(self._columns, np.uint8)
        self._words = np.zeros(2 * rows + self._size // 8 + 1, np.uint64)

    def encode(self, records):
        """The next chunk encoded, as a view that holds until the next call. records: shape (rows,), contiguous."""
        cdef const uint8_t[::1] raw = records.view(np.uint8)
        cdef const unsigned int[::1] runs = self._runs
        cdef const uint8_t* orders = NULL
        cdef size_t made, i
        if <size_t>raw.shape[0] != self._rows * self._size:
            raise ValueError(f"{raw.shape[0]} bytes: expected {self._rows} records of {self._size}")
        if self._chunks % CHOSEN_EVERY:
            orders = &self._orders[0]
        with nogil:
            made = _encode(&raw[0], self._rows, self._size, self._columns, &runs[0], <size_t>runs.shape[0] // 2,
                           &self._out[0], &self._words[0], orders)
            if orders == NULL:
                for i in range(self._columns):
                    self._orders[i] = self._out[2 * i]
        self._chunks += 1
        return memoryview(self._out)[:made]


cdef filter_class_t _class
_class.version = H5Z_CLASS_T_VERS
_class.id = ID
_class.encoder_present = _class.decoder_present = 1
_class.name = b"differences of ProxOps logs: import hil.recorder"  # what HDF5 says when it is missing
_class.can_apply = _class.set_local = NULL
_class.filter = _filter
h5py.h5z.register_filter(<uintptr_t>&_class)
