"""Noise streams: counter-based, so that a draw depends on its stream and number alone."""

from libc.stdint cimport uint64_t

ctypedef struct stream_t:
    uint64_t key[2]
    uint64_t counter        # blocks drawn
    uint64_t words[4]       # of the current block
    int used                # words of it used; 4: a new block is due
    bint has_spare
    double spare            # second deviate of the last Box-Muller pair

ctypedef struct gauss_markov_t:
    double value
    double keep             # exp(-dt / tau)
    double kick             # sigma sqrt(1 - keep^2)

cdef uint64_t noise_word(stream_t* s) noexcept nogil
# Uniform in (0, 1): never 0, never 1
cdef double noise_uniform(stream_t* s) noexcept nogil
# Standard normal
cdef double noise_normal(stream_t* s) noexcept nogil
cdef void noise_normal3(stream_t* s, double sigma, double* out) noexcept nogil
cdef void gauss_markov_init(gauss_markov_t* g, stream_t* s, double sigma, double tau_s, double dt_s) noexcept nogil
cdef double gauss_markov_next(gauss_markov_t* g, stream_t* s) noexcept nogil
# Key of the stream `name` of case `case` under master seed `seed`
cdef void noise_open(stream_t* s, uint64_t key0, uint64_t key1) noexcept nogil
