"""Noise streams of a run: Philox4x64-10 words, Box-Muller normals, nothing from libm or NumPy's
distributions, so that the same draw has the same bits on every machine.

Philox: Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".
"""

import zlib

import numpy as np

cdef extern from *:
    """
    /* high word of a 64 x 64 bit product, from 32-bit halves where the compiler has no wider type */
    static inline uint64_t philox_mulhi(uint64_t a, uint64_t b)
    {
    #ifdef __SIZEOF_INT128__
        return (uint64_t)(((unsigned __int128)a * b) >> 64);
    #else
        uint64_t a0 = a & 0xffffffffu, a1 = a >> 32, b0 = b & 0xffffffffu, b1 = b >> 32;
        uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0;
        uint64_t middle = (p00 >> 32) + (p01 & 0xffffffffu) + (p10 & 0xffffffffu);
        return a1 * b1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
    #endif
    }
    static inline void philox4x64_10(const uint64_t key[2], uint64_t counter, uint64_t out[4])
    {
        uint64_t c0 = counter, c1 = 0, c2 = 0, c3 = 0, k0 = key[0], k1 = key[1];
        for (int round = 0; round < 10; round++) {
            uint64_t h0 = philox_mulhi(0xD2E7470EE14C6C93u, c0), l0 = 0xD2E7470EE14C6C93u * c0;
            uint64_t h1 = philox_mulhi(0xCA5A826395121157u, c2), l1 = 0xCA5A826395121157u * c2;
            c0 = h1 ^ c1 ^ k0; c1 = l1; c2 = h0 ^ c3 ^ k1; c3 = l0;
            k0 += 0x9E3779B97F4A7C15u; k1 += 0xBB67AE8584CAA73Bu;
        }
        out[0] = c0; out[1] = c1; out[2] = c2; out[3] = c3;
    }
    """
    void philox4x64_10(const uint64_t* key, uint64_t counter, uint64_t* out) nogil

cdef extern from "math/elementary.h" nogil:
    double elem_sqrt(double)
    double elem_log(double)
    double elem_exp(double)
    void elem_sincos(double, double*, double*)
    double ELEM_TWO_PI


cdef void noise_open(stream_t* s, uint64_t key0, uint64_t key1) noexcept nogil:
    s.key[0] = key0
    s.key[1] = key1
    s.counter = 0
    s.used = 4
    s.has_spare = False
    s.spare = 0.0


cdef uint64_t noise_word(stream_t* s) noexcept nogil:
    if s.used == 4:
        s.counter += 1
        philox4x64_10(s.key, s.counter, s.words)
        s.used = 0
    s.used += 1
    return s.words[s.used - 1]


cdef double noise_uniform(stream_t* s) noexcept nogil:
    # 52 bits centred in their cells: (k + 1/2) 2^-52
    return (<double>(noise_word(s) >> 12) + 0.5) * 2.220446049250313e-16


cdef double noise_normal(stream_t* s) noexcept nogil:
    cdef double radius, sine, cosine
    if s.has_spare:
        s.has_spare = False
        return s.spare
    radius = elem_sqrt(-2.0 * elem_log(noise_uniform(s)))
    elem_sincos(ELEM_TWO_PI * noise_uniform(s), &sine, &cosine)
    s.spare = radius * sine
    s.has_spare = True
    return radius * cosine


cdef void noise_normal3(stream_t* s, double sigma, double* out) noexcept nogil:
    cdef int i
    for i in range(3):
        out[i] = sigma * noise_normal(s)


cdef void gauss_markov_init(gauss_markov_t* g, stream_t* s, double sigma, double tau_s, double dt_s) noexcept nogil:
    g.keep = elem_exp(-dt_s / tau_s)
    g.kick = sigma * elem_sqrt(1.0 - g.keep * g.keep)
    g.value = sigma * noise_normal(s)


cdef double gauss_markov_next(gauss_markov_t* g, stream_t* s) noexcept nogil:
    g.value = g.keep * g.value + g.kick * noise_normal(s)
    return g.value


# Wichura (1988), "Algorithm AS 241: The percentage points of the normal distribution", Appl. Stat. 37, 477,
# routine PPND16: relative accuracy about 1e-16. Numerator, then denominator, highest power first.
cdef double[8] CENTRE_ABOVE = [
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0]
cdef double[8] CENTRE_BELOW = [
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0]
cdef double[8] TAIL_ABOVE = [
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0]
cdef double[8] TAIL_BELOW = [
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0]
cdef double[8] FAR_ABOVE = [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0]
cdef double[8] FAR_BELOW = [
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0]


cdef double _quotient(double x, const double* above, const double* below) noexcept nogil:
    cdef double p = above[0], q = below[0]
    cdef int i
    for i in range(1, 8):
        p = p * x + above[i]
        q = q * x + below[i]
    return p / q


def inverse_normal(double probability):
    """The standard normal deviate below which a share of 0 < probability < 1 lies (Wichura 1988)."""
    cdef double q = probability - 0.5, r, z
    if -0.425 <= q <= 0.425:
        return q * _quotient(0.180625 - q * q, CENTRE_ABOVE, CENTRE_BELOW)
    r = elem_sqrt(-elem_log(probability if q < 0.0 else 1.0 - probability))
    if r <= 5.0:
        z = _quotient(r - 1.6, TAIL_ABOVE, TAIL_BELOW)
    else:
        z = _quotient(r - 5.0, FAR_ABOVE, FAR_BELOW)
    return -z if q < 0.0 else z


def stream_key(seed, case, str name):
    """Philox key of a stream: two 64-bit words from NumPy's SeedSequence.

    `seed` is the run's master seed, `case` the campaign case, each below 2^64; `name` is the stream. The stream's
    number is the CRC-32 of its name, so that adding a stream changes no other draw.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(case, zlib.crc32(name.encode())))
    words = sequence.generate_state(2, np.uint64)
    return int(words[0]), int(words[1])


def permuted(uint64_t number, uint64_t count, seed, str name):
    """Where a random permutation of 0 .. count - 1 takes `number`; another permutation for each seed and name.

    Eight Feistel rounds of Philox (Luby & Rackoff 1988) over the smallest square of a power of two that holds them
    all, walked until the value is one of them (Black & Rogaway 2002): no table, whatever the count.
    """
    cdef uint64_t key[2]
    cdef uint64_t words[4]
    cdef uint64_t left, right, mask, value = number
    cdef int half = 1, i
    if not number < count <= <uint64_t>1 << 40:
        raise ValueError(f"number {number} of {count}: expected one of at most 2^40")
    key[0], key[1] = stream_key(seed, 0, name)
    while (<uint64_t>1 << (2 * half)) < count:
        half += 1
    mask = (<uint64_t>1 << half) - 1
    while True:
        left, right = value >> half, value & mask
        for i in range(8):
            philox4x64_10(key, (<uint64_t>i << 32) | right, words)
            left, right = right, (left ^ words[0]) & mask
        value = (left << half) | right
        if value < count:
            return value


cdef class Stream:
    """One noise stream, for set-up code and tests. Draws are the same as the plant's."""

    cdef stream_t stream

    def __init__(self, seed, case, str name):
        key0, key1 = stream_key(seed, case, name)
        noise_open(&self.stream, key0, key1)

    def word(self) -> int:
        """Next raw 64-bit word."""
        return noise_word(&self.stream)

    def uniform(self) -> float:
        """Next deviate, uniform in the open interval (0, 1)."""
        return noise_uniform(&self.stream)

    def normal(self) -> float:
        """Next standard normal deviate."""
        return noise_normal(&self.stream)

    def normals(self, int count):
        """`count` standard normal deviates, shape (count,)."""
        out = np.empty(count)
        cdef double[::1] view = out
        cdef int i
        with nogil:
            for i in range(count):
                view[i] = noise_normal(&self.stream)
        return out
