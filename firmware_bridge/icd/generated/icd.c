/* Made by `python -m firmware_bridge.icd` from messages.toml and the flight core's descriptors: do not edit. */
#include "icd.h"

static uint8_t *put_u8(uint8_t *at, uint8_t x)
{
    at[0] = x;
    return at + 1;
}

static const uint8_t *get_u8(const uint8_t *at, uint8_t *x)
{
    *x = at[0];
    return at + 1;
}

static uint8_t *put_u16(uint8_t *at, uint16_t x)
{
    at[0] = (uint8_t)(x >> 8);
    at[1] = (uint8_t)(x >> 0);
    return at + 2;
}

static const uint8_t *get_u16(const uint8_t *at, uint16_t *x)
{
    *x = (uint16_t)((uint32_t)at[0] << 8 | (uint32_t)at[1] << 0);
    return at + 2;
}

static uint8_t *put_u32(uint8_t *at, uint32_t x)
{
    at[0] = (uint8_t)(x >> 24);
    at[1] = (uint8_t)(x >> 16);
    at[2] = (uint8_t)(x >> 8);
    at[3] = (uint8_t)(x >> 0);
    return at + 4;
}

static const uint8_t *get_u32(const uint8_t *at, uint32_t *x)
{
    *x = (uint32_t)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3] << 0);
    return at + 4;
}

static uint8_t *put_u64(uint8_t *at, uint64_t x)
{
    at[0] = (uint8_t)(x >> 56);
    at[1] = (uint8_t)(x >> 48);
    at[2] = (uint8_t)(x >> 40);
    at[3] = (uint8_t)(x >> 32);
    at[4] = (uint8_t)(x >> 24);
    at[5] = (uint8_t)(x >> 16);
    at[6] = (uint8_t)(x >> 8);
    at[7] = (uint8_t)(x >> 0);
    return at + 8;
}

static const uint8_t *get_u64(const uint8_t *at, uint64_t *x)
{
    *x = (uint64_t)((uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 | (uint64_t)at[3] << 32 | (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 | (uint64_t)at[6] << 8 | (uint64_t)at[7] << 0);
    return at + 8;
}

static uint8_t *put_i32(uint8_t *at, int32_t x)
{
    union { int32_t value; uint32_t bits; } u;
    u.value = x;
    return put_u32(at, u.bits);
}

static const uint8_t *get_i32(const uint8_t *at, int32_t *x)
{
    union { int32_t value; uint32_t bits; } u;
    at = get_u32(at, &u.bits);
    *x = u.value;
    return at;
}

static uint8_t *put_f32(uint8_t *at, float x)
{
    union { float value; uint32_t bits; } u;
    u.value = x;
    return put_u32(at, u.bits);
}

static const uint8_t *get_f32(const uint8_t *at, float *x)
{
    union { float value; uint32_t bits; } u;
    at = get_u32(at, &u.bits);
    *x = u.value;
    return at;
}

static uint8_t *put_f64(uint8_t *at, double x)
{
    union { double value; uint64_t bits; } u;
    u.value = x;
    return put_u64(at, u.bits);
}

static const uint8_t *get_f64(const uint8_t *at, double *x)
{
    union { double value; uint64_t bits; } u;
    at = get_u64(at, &u.bits);
    *x = u.value;
    return at;
}

static uint8_t *put_u8s(uint8_t *at, const uint8_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = put_u8(at, x[i]);
    return at;
}

static const uint8_t *get_u8s(const uint8_t *at, uint8_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = get_u8(at, &x[i]);
    return at;
}

static uint8_t *put_u16s(uint8_t *at, const uint16_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = put_u16(at, x[i]);
    return at;
}

static const uint8_t *get_u16s(const uint8_t *at, uint16_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = get_u16(at, &x[i]);
    return at;
}

static uint8_t *put_u32s(uint8_t *at, const uint32_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = put_u32(at, x[i]);
    return at;
}

static const uint8_t *get_u32s(const uint8_t *at, uint32_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = get_u32(at, &x[i]);
    return at;
}

static uint8_t *put_f32s(uint8_t *at, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = put_f32(at, x[i]);
    return at;
}

static const uint8_t *get_f32s(const uint8_t *at, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = get_f32(at, &x[i]);
    return at;
}

static uint8_t *put_f64s(uint8_t *at, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = put_f64(at, x[i]);
    return at;
}

static const uint8_t *get_f64s(const uint8_t *at, double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = get_f64(at, &x[i]);
    return at;
}

/* A mask of those not zero, then 24 bits of each, lowest index first; larger values are cut. */
static uint8_t *put_sparse(uint8_t *at, const uint32_t *x, size_t n)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < n; i++) mask |= (uint32_t)(x[i] != 0) << i;
    at = put_u32(at, mask);
    for (size_t i = 0; i < n; i++) {
        uint32_t value = x[i] > 0xFFFFFFu ? 0xFFFFFFu : x[i];
        if (value == 0) continue;
        *at++ = (uint8_t)(value >> 16);
        *at++ = (uint8_t)(value >> 8);
        *at++ = (uint8_t)value;
    }
    return at;
}

static const uint8_t *get_sparse(const uint8_t *at, uint32_t *x, size_t n)
{
    uint32_t mask;
    at = get_u32(at, &mask);
    for (size_t i = 0; i < n; i++) {
        x[i] = 0;
        if ((mask >> i & 1u) == 0) continue;
        x[i] = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
        at += 3;
    }
    return at;
}

/* A measurement's age, us: negative from the future, cut to the ends of 32 bits. */
static uint32_t age_of(uint64_t t_us, uint64_t t_valid_us)
{
    uint64_t apart = t_valid_us > t_us ? t_valid_us - t_us : t_us - t_valid_us;
    if (t_valid_us > t_us) return apart > 0x80000000u ? 0x80000000u : 0u - (uint32_t)apart;
    return apart > 0x7FFFFFFFu ? 0x7FFFFFFFu : (uint32_t)apart;
}

static uint8_t *put_slots(uint8_t *at, const sensor_frame_t *m)
{
    uint8_t slots = m->slot_count < FLIGHT_SLOTS ? m->slot_count : FLIGHT_SLOTS;
    at = put_u8(at, slots);
    for (uint8_t i = 0; i < slots; i++) {
        const measurement_t *s = &m->slot[i];
        uint8_t count = s->count < MEASUREMENT_VALUES ? s->count : MEASUREMENT_VALUES;
        at = put_u8(at, s->instrument);
        at = put_u8(at, s->kind);
        at = put_u8(at, s->flags);
        at = put_u8(at, count);
        at = put_u16(at, s->seq);
        at = put_u32(at, age_of(m->t_us, s->t_valid_us));
        at = put_f64s(at, s->z, count);
    }
    return at;
}

static const uint8_t *get_slots(const uint8_t *at, sensor_frame_t *m)
{
    static const measurement_t empty;
    at = get_u8(at, &m->slot_count);
    for (uint8_t i = 0; i < FLIGHT_SLOTS; i++) {
        measurement_t *s = &m->slot[i];
        uint32_t age;
        *s = empty;
        if (i >= m->slot_count) continue;
        at = get_u8(at, &s->instrument);
        at = get_u8(at, &s->kind);
        at = get_u8(at, &s->flags);
        at = get_u8(at, &s->count);
        at = get_u16(at, &s->seq);
        at = get_u32(at, &age);
        s->t_valid_us = (age & 0x80000000u) != 0 ? m->t_us + (uint64_t)(0u - age) : m->t_us - (uint64_t)age;
        at = get_f64s(at, s->z, s->count);
    }
    return at;
}

/* Up to n characters, then zeros. */
static uint8_t *put_text(uint8_t *at, const char *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = put_u8(at, (uint8_t)(*x != 0 ? *x++ : 0));
    return at;
}

/* n characters and a closing zero. */
static const uint8_t *get_text(const uint8_t *at, char *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = (char)at[i];
    x[n] = 0;
    return at + n;
}

const icd_message_t icd_messages[ICD_MESSAGES] = {
    {"hello_request", 0x010, 25, 25, 1, 0, 0},
    {"params", 0x011, 286, 286, 1, 0, 0},
    {"sensor", 0x012, 37, 1021, 1, 0, 0},
    {"statistics_request", 0x020, 14, 14, 1, 3, 27},
    {"function_request", 0x020, 15, 15, 1, 8, 1},
    {"ping", 0x020, 18, 18, 1, 17, 1},
    {"hello", 0x010, 78, 78, 0, 0, 0},
    {"command", 0x012, 506, 506, 0, 0, 0},
    {"ack", 0x020, 22, 22, 0, 1, 1},
    {"nak", 0x020, 23, 23, 0, 1, 2},
    {"statistics", 0x020, 86, 86, 0, 3, 25},
    {"event", 0x020, 19, 19, 0, 5, 0},
    {"pong", 0x020, 18, 18, 0, 17, 2},
    {"text", 0x030, 93, 93, 0, 0, 0},
};

/* The size of a SENSOR is that of what is in it. */
static bool sensor_fits(const uint8_t *body, size_t size)
{
    size_t at = 32u;
    uint32_t mask;
    if (size < ICD_SENSOR_BYTES_MIN || size > ICD_SENSOR_BYTES) return false;
    (void)get_u32(body + at, &mask);
    for (at += 4u; mask != 0; mask &= mask - 1u) at += 3u;
    if (at >= size || body[at] > FLIGHT_SLOTS) return false;
    uint8_t slots = body[at++];
    for (uint8_t i = 0; i < slots; i++) {
        if (at + 10u > size || body[at + 3u] > MEASUREMENT_VALUES) return false;
        at += 10u + 8u * body[at + 3u];
    }
    return at == size;
}

int icd_identify(bool uplink, uint16_t apid, const uint8_t *body, size_t size)
{
    int found = ICD_UNKNOWN;
    for (int i = 0; i < ICD_MESSAGES; i++) {
        const icd_message_t *m = &icd_messages[i];
        if (m->apid != apid || (m->uplink != 0) != uplink) continue;
        if (m->service != 0) {
            if (size < 14) return ICD_WRONG_SIZE;
            if (body[12] != m->service || (m->subtype != 0 && body[13] != m->subtype)) continue;
        }
        bool fits = m->bytes_min == m->bytes ? size == m->bytes : sensor_fits(body, size);
        found = fits ? i : ICD_WRONG_SIZE;
    }
    return found;
}

size_t icd_apid_index(uint16_t apid)
{
    switch (apid) {
    case 0x010: return 0;
    case 0x011: return 1;
    case 0x012: return 2;
    case 0x020: return 3;
    case 0x030: return 4;
    default: return ICD_APIDS;
    }
}

void icd_put_hello_request(uint8_t *body, const icd_hello_request_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u64(at, m->icd_hash);
    at = put_u32(at, m->session);
    (void)put_u8(at, m->start);
}

void icd_get_hello_request(const uint8_t *body, icd_hello_request_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at = get_u64(at, &m->icd_hash);
    at = get_u32(at, &m->session);
    (void)get_u8(at, &m->start);
}

void icd_put_params(uint8_t *body, const icd_params_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u32(at, m->session);
    at = put_u32(at, m->total_bytes);
    at = put_u32(at, m->crc32);
    at = put_u32(at, m->offset);
    at = put_u16(at, m->used);
    (void)put_u8s(at, m->data, 256);
}

void icd_get_params(const uint8_t *body, icd_params_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at = get_u32(at, &m->session);
    at = get_u32(at, &m->total_bytes);
    at = get_u32(at, &m->crc32);
    at = get_u32(at, &m->offset);
    at = get_u16(at, &m->used);
    (void)get_u8s(at, m->data, 256);
}

size_t icd_put_sensor(uint8_t *body, const sensor_frame_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_f64s(at, m->tc_arg, 2);
    at = put_u16(at, m->tc_seq);
    at = put_u16(at, m->tc_opcode);
    at = put_sparse(at, m->thruster_applied_us, 32);
    at = put_slots(at, m);
    return (size_t)(at - body);
}

bool icd_get_sensor(const uint8_t *body, size_t size, sensor_frame_t *m)
{
    if (!sensor_fits(body, size)) return false;
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at = get_f64s(at, m->tc_arg, 2);
    at = get_u16(at, &m->tc_seq);
    at = get_u16(at, &m->tc_opcode);
    at = get_sparse(at, m->thruster_applied_us, 32);
    (void)get_slots(at, m);
    for (size_t i = 0; i < 7; i++) m->reserved[i] = 0;
    return true;
}

void icd_put_statistics_request(uint8_t *body, const icd_statistics_request_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, 3);
    (void)put_u8(at, 27);
}

void icd_get_statistics_request(const uint8_t *body, icd_statistics_request_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    (void)at;
}

void icd_put_function_request(uint8_t *body, const icd_function_request_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, 8);
    at = put_u8(at, 1);
    (void)put_u8(at, m->function);
}

void icd_get_function_request(const uint8_t *body, icd_function_request_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at++;
    at++;
    (void)get_u8(at, &m->function);
}

void icd_put_ping(uint8_t *body, const icd_ping_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, 17);
    at = put_u8(at, 1);
    (void)put_u32(at, m->token);
}

void icd_get_ping(const uint8_t *body, icd_ping_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at++;
    at++;
    (void)get_u32(at, &m->token);
}

void icd_put_hello(uint8_t *body, const icd_hello_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u64(at, m->icd_hash);
    at = put_u64(at, m->build_id);
    at = put_u32(at, m->params_crc32);
    at = put_u32(at, m->session);
    at = put_u32(at, m->boot_count);
    at = put_u32(at, m->next_tick);
    at = put_u8(at, m->boot_reason);
    at = put_u8(at, m->state);
    (void)put_text(at, m->board, 32);
}

void icd_get_hello(const uint8_t *body, icd_hello_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at = get_u64(at, &m->icd_hash);
    at = get_u64(at, &m->build_id);
    at = get_u32(at, &m->params_crc32);
    at = get_u32(at, &m->session);
    at = get_u32(at, &m->boot_count);
    at = get_u32(at, &m->next_tick);
    at = get_u8(at, &m->boot_reason);
    at = get_u8(at, &m->state);
    (void)get_text(at, m->board, 32);
}

void icd_put_command(uint8_t *body, const icd_command_t *m)
{
    uint8_t *at = put_u32(body, m->command.tick);
    at = put_u64(at, m->command.t_us);
    at = put_i32(at, m->status);
    at = put_u32s(at, m->command.thruster_on_us, 32);
    at = put_u32(at, m->command.mechanism);
    at = put_u32(at, m->command.shut);
    at = put_f64s(at, m->telemetry.q_body_from_eci, 4);
    at = put_f64s(at, m->telemetry.w_body_eci_body_radps, 3);
    at = put_f64s(at, m->telemetry.r_chaser_target_hill_m, 3);
    at = put_f64s(at, m->telemetry.v_chaser_target_hill_mps, 3);
    at = put_f64s(at, m->telemetry.r_port_tport_m, 3);
    at = put_f64s(at, m->telemetry.v_port_tport_mps, 3);
    at = put_f32s(at, m->telemetry.sigma_r_hill_m, 3);
    at = put_f32s(at, m->telemetry.sigma_v_hill_mps, 3);
    at = put_f32s(at, m->telemetry.sigma_attitude_rad, 3);
    at = put_f32s(at, m->telemetry.target_attitude_rad, 3);
    at = put_f32s(at, m->telemetry.gyro_bias_radps, 3);
    at = put_f32s(at, m->telemetry.attitude_error_rad, 3);
    at = put_f32s(at, m->telemetry.r_ref_hill_m, 3);
    at = put_f32s(at, m->telemetry.v_ref_hill_mps, 3);
    at = put_f32s(at, m->telemetry.accel_cmd_hill_mps2, 3);
    at = put_f32s(at, m->telemetry.instrument_nis, 12);
    at = put_u32(at, m->telemetry.flags);
    at = put_u16s(at, m->telemetry.instrument_rejects, 12);
    at = put_u16(at, m->telemetry.slots_refused);
    at = put_u8s(at, m->telemetry.instrument_state, 12);
    at = put_u8(at, m->telemetry.phase);
    at = put_u8(at, m->telemetry.law);
    at = put_u8(at, m->telemetry.abort_reason);
    (void)put_u8(at, m->telemetry.previous_phase);
}

void icd_get_command(const uint8_t *body, icd_command_t *m)
{
    const uint8_t *at = get_u32(body, &m->command.tick);
    at = get_u64(at, &m->command.t_us);
    at = get_i32(at, &m->status);
    at = get_u32s(at, m->command.thruster_on_us, 32);
    at = get_u32(at, &m->command.mechanism);
    at = get_u32(at, &m->command.shut);
    at = get_f64s(at, m->telemetry.q_body_from_eci, 4);
    at = get_f64s(at, m->telemetry.w_body_eci_body_radps, 3);
    at = get_f64s(at, m->telemetry.r_chaser_target_hill_m, 3);
    at = get_f64s(at, m->telemetry.v_chaser_target_hill_mps, 3);
    at = get_f64s(at, m->telemetry.r_port_tport_m, 3);
    at = get_f64s(at, m->telemetry.v_port_tport_mps, 3);
    at = get_f32s(at, m->telemetry.sigma_r_hill_m, 3);
    at = get_f32s(at, m->telemetry.sigma_v_hill_mps, 3);
    at = get_f32s(at, m->telemetry.sigma_attitude_rad, 3);
    at = get_f32s(at, m->telemetry.target_attitude_rad, 3);
    at = get_f32s(at, m->telemetry.gyro_bias_radps, 3);
    at = get_f32s(at, m->telemetry.attitude_error_rad, 3);
    at = get_f32s(at, m->telemetry.r_ref_hill_m, 3);
    at = get_f32s(at, m->telemetry.v_ref_hill_mps, 3);
    at = get_f32s(at, m->telemetry.accel_cmd_hill_mps2, 3);
    at = get_f32s(at, m->telemetry.instrument_nis, 12);
    at = get_u32(at, &m->telemetry.flags);
    at = get_u16s(at, m->telemetry.instrument_rejects, 12);
    at = get_u16(at, &m->telemetry.slots_refused);
    at = get_u8s(at, m->telemetry.instrument_state, 12);
    at = get_u8(at, &m->telemetry.phase);
    at = get_u8(at, &m->telemetry.law);
    at = get_u8(at, &m->telemetry.abort_reason);
    (void)get_u8(at, &m->telemetry.previous_phase);
    for (size_t i = 0; i < 1; i++) m->command.reserved[i] = 0;
    m->telemetry.tick = m->command.tick;
    m->telemetry.t_us = m->command.t_us;
    for (size_t i = 0; i < 2; i++) m->telemetry.reserved[i] = 0;
}

void icd_put_ack(uint8_t *body, const icd_ack_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, 1);
    at = put_u8(at, 1);
    at = put_u16(at, m->request_apid);
    at = put_u16(at, m->request_sequence);
    (void)put_u32(at, m->detail);
}

void icd_get_ack(const uint8_t *body, icd_ack_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at++;
    at++;
    at = get_u16(at, &m->request_apid);
    at = get_u16(at, &m->request_sequence);
    (void)get_u32(at, &m->detail);
}

void icd_put_nak(uint8_t *body, const icd_nak_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, 1);
    at = put_u8(at, 2);
    at = put_u16(at, m->request_apid);
    at = put_u16(at, m->request_sequence);
    at = put_u8(at, m->reason);
    (void)put_u32(at, m->detail);
}

void icd_get_nak(const uint8_t *body, icd_nak_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at++;
    at++;
    at = get_u16(at, &m->request_apid);
    at = get_u16(at, &m->request_sequence);
    at = get_u8(at, &m->reason);
    (void)get_u32(at, &m->detail);
}

void icd_put_statistics(uint8_t *body, const icd_statistics_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, 3);
    at = put_u8(at, 25);
    at = put_u32(at, m->bytes_received);
    at = put_u32(at, m->bytes_sent);
    at = put_u32(at, m->packets_received);
    at = put_u32(at, m->packets_sent);
    at = put_u32(at, m->cobs_errors);
    at = put_u32(at, m->length_errors);
    at = put_u32(at, m->crc_errors);
    at = put_u32(at, m->apid_errors);
    at = put_u32(at, m->overrun_errors);
    at = put_u32(at, m->sequence_gaps);
    at = put_u32(at, m->sequence_duplicates);
    at = put_u32(at, m->sequence_reordered);
    at = put_u32(at, m->uart_lost);
    at = put_u32(at, m->steps);
    at = put_u32(at, m->repeats);
    at = put_u32(at, m->frames_refused);
    at = put_u32(at, m->naks);
    (void)put_u32(at, m->stack_high_water_bytes);
}

void icd_get_statistics(const uint8_t *body, icd_statistics_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at++;
    at++;
    at = get_u32(at, &m->bytes_received);
    at = get_u32(at, &m->bytes_sent);
    at = get_u32(at, &m->packets_received);
    at = get_u32(at, &m->packets_sent);
    at = get_u32(at, &m->cobs_errors);
    at = get_u32(at, &m->length_errors);
    at = get_u32(at, &m->crc_errors);
    at = get_u32(at, &m->apid_errors);
    at = get_u32(at, &m->overrun_errors);
    at = get_u32(at, &m->sequence_gaps);
    at = get_u32(at, &m->sequence_duplicates);
    at = get_u32(at, &m->sequence_reordered);
    at = get_u32(at, &m->uart_lost);
    at = get_u32(at, &m->steps);
    at = get_u32(at, &m->repeats);
    at = get_u32(at, &m->frames_refused);
    at = get_u32(at, &m->naks);
    (void)get_u32(at, &m->stack_high_water_bytes);
}

void icd_put_event(uint8_t *body, const icd_event_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, 5);
    at = put_u8(at, m->subtype);
    at = put_u8(at, m->event);
    (void)put_u32(at, m->argument);
}

void icd_get_event(const uint8_t *body, icd_event_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at++;
    at = get_u8(at, &m->subtype);
    at = get_u8(at, &m->event);
    (void)get_u32(at, &m->argument);
}

void icd_put_pong(uint8_t *body, const icd_pong_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, 17);
    at = put_u8(at, 2);
    (void)put_u32(at, m->token);
}

void icd_get_pong(const uint8_t *body, icd_pong_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at++;
    at++;
    (void)get_u32(at, &m->token);
}

void icd_put_text(uint8_t *body, const icd_text_t *m)
{
    uint8_t *at = put_u32(body, m->tick);
    at = put_u64(at, m->t_us);
    at = put_u8(at, m->severity);
    (void)put_text(at, m->text, 80);
}

void icd_get_text(const uint8_t *body, icd_text_t *m)
{
    const uint8_t *at = get_u32(body, &m->tick);
    at = get_u64(at, &m->t_us);
    at = get_u8(at, &m->severity);
    (void)get_text(at, m->text, 80);
}

void icd_put_parameters(uint8_t *at, const flight_params_t *m)
{
    at = put_f64(at, m->cycle_s);
    at = put_f64(at, m->mu_m3ps2);
    at = put_f64(at, m->re_m);
    at = put_f64(at, m->j2);
    at = put_f64s(at, m->pole_eci, 3);
    at = put_f64(at, m->mass_kg);
    at = put_f64s(at, m->com_body_m, 3);
    at = put_f64(at, m->com_sigma_m);
    at = put_f64s(at, m->inertia_body_kgm2, 9);
    at = put_f64s(at, m->port_body_m, 3);
    at = put_f64s(at, m->q_port_from_body, 4);
    at = put_f64s(at, m->thruster_min_on_s, 4);
    at = put_f64s(at, m->thruster_rise_s, 4);
    at = put_f64s(at, m->thruster_decay_s, 4);
    at = put_f64s(at, m->thruster_body_m, 96);
    at = put_f64s(at, m->thruster_dir_body, 96);
    at = put_f64s(at, m->thruster_force_n, 32);
    at = put_f64s(at, m->tport_tbody_m, 3);
    at = put_f64s(at, m->q_tport_from_tbody, 4);
    at = put_f64s(at, m->q_tport_from_port, 4);
    at = put_f64s(at, m->q_tbody_from_hill, 4);
    at = put_f64s(at, m->target_r_eci_m, 3);
    at = put_f64s(at, m->target_v_eci_mps, 3);
    at = put_f64(at, m->target_sigma_r_m);
    at = put_f64(at, m->target_sigma_v_mps);
    at = put_f64s(at, m->init_r_hill_m, 3);
    at = put_f64s(at, m->init_v_hill_mps, 3);
    at = put_f64(at, m->init_sigma_r_m);
    at = put_f64(at, m->init_sigma_v_mps);
    at = put_f64s(at, m->init_q_body_from_eci, 4);
    at = put_f64(at, m->init_sigma_attitude_rad);
    at = put_f64(at, m->rel_accel_psd_m2ps3);
    at = put_f64(at, m->orbit_accel_psd_m2ps3);
    at = put_f64(at, m->mated_sigma_r_m);
    at = put_f64(at, m->mated_sigma_v_mps);
    at = put_f64(at, m->mated_sigma_attitude_rad);
    at = put_f64(at, m->target_attitude_sigma_rad);
    at = put_f64(at, m->target_rate_sigma_radps);
    at = put_f64(at, m->target_damping_ratio);
    at = put_f64(at, m->gate_chi2_3dof);
    at = put_f64(at, m->measurement_max_age_s);
    at = put_f64(at, m->attitude_kp_ps2);
    at = put_f64(at, m->attitude_kd_ps);
    at = put_f64(at, m->attitude_rate_max_radps);
    at = put_f64(at, m->quiet_start_s);
    at = put_f64(at, m->force_max_n);
    at = put_f64(at, m->fire_threshold);
    at = put_f64(at, m->track_far_m);
    at = put_f64(at, m->track_near_m);
    at = put_f64(at, m->attitude_max_rad);
    at = put_f64s(at, m->phase_timeout_s, 32);
    at = put_f64s(at, m->phase_gate_r_m, 32);
    at = put_f64s(at, m->phase_gate_v_mps, 32);
    at = put_f64s(at, m->phase_attitude_deadband_rad, 32);
    at = put_f64s(at, m->phase_corridor_rad, 32);
    at = put_f64s(at, m->sun_eci, 3);
    at = put_f64s(at, m->block, 640);
    at = put_f64s(at, m->instrument_position_body_m, 36);
    at = put_f64s(at, m->instrument_q_from_body, 48);
    at = put_f64s(at, m->instrument_timeout_s, 12);
    at = put_u32(at, m->instrument_count);
    at = put_u32(at, m->thruster_count);
    at = put_u32(at, m->phase_count);
    at = put_u32(at, m->start_phase);
    at = put_u32(at, m->reject_limit);
    at = put_u16s(at, m->instrument_block_offset, 12);
    at = put_u16s(at, m->instrument_block_length, 12);
    at = put_u32(at, m->transition_count);
    at = put_u32(at, m->monitor_count);
    at = put_u16s(at, m->transition_guard_arg, 192);
    at = put_u16s(at, m->phase_ignores_contact_until_m, 32);
    at = put_u16s(at, m->phase_mechanism, 32);
    at = put_u16s(at, m->phase_needs, 32);
    at = put_u16s(at, m->monitor_block_offset, 16);
    at = put_u16s(at, m->monitor_block_length, 16);
    at = put_u16s(at, m->phase_block_offset, 32);
    at = put_u16s(at, m->phase_block_length, 32);
    at = put_u8(at, m->target_attitude_mode);
    at = put_u8s(at, m->thruster_group, 32);
    at = put_u8s(at, m->transition_from, 96);
    at = put_u8s(at, m->transition_to, 96);
    at = put_u8s(at, m->transition_event, 96);
    at = put_u8s(at, m->transition_event_arg, 96);
    at = put_u8s(at, m->transition_guard, 192);
    at = put_u8s(at, m->monitor_kind, 16);
    at = put_u8s(at, m->instrument_kind, 12);
    at = put_u8s(at, m->phase_law, 32);
    at = put_u8s(at, m->phase_point, 32);
    at = put_u8s(at, m->phase_frame, 32);
    (void)put_u8s(at, m->phase_attitude, 32);
}

void icd_get_parameters(const uint8_t *at, flight_params_t *m)
{
    at = get_f64(at, &m->cycle_s);
    at = get_f64(at, &m->mu_m3ps2);
    at = get_f64(at, &m->re_m);
    at = get_f64(at, &m->j2);
    at = get_f64s(at, m->pole_eci, 3);
    at = get_f64(at, &m->mass_kg);
    at = get_f64s(at, m->com_body_m, 3);
    at = get_f64(at, &m->com_sigma_m);
    at = get_f64s(at, m->inertia_body_kgm2, 9);
    at = get_f64s(at, m->port_body_m, 3);
    at = get_f64s(at, m->q_port_from_body, 4);
    at = get_f64s(at, m->thruster_min_on_s, 4);
    at = get_f64s(at, m->thruster_rise_s, 4);
    at = get_f64s(at, m->thruster_decay_s, 4);
    at = get_f64s(at, m->thruster_body_m, 96);
    at = get_f64s(at, m->thruster_dir_body, 96);
    at = get_f64s(at, m->thruster_force_n, 32);
    at = get_f64s(at, m->tport_tbody_m, 3);
    at = get_f64s(at, m->q_tport_from_tbody, 4);
    at = get_f64s(at, m->q_tport_from_port, 4);
    at = get_f64s(at, m->q_tbody_from_hill, 4);
    at = get_f64s(at, m->target_r_eci_m, 3);
    at = get_f64s(at, m->target_v_eci_mps, 3);
    at = get_f64(at, &m->target_sigma_r_m);
    at = get_f64(at, &m->target_sigma_v_mps);
    at = get_f64s(at, m->init_r_hill_m, 3);
    at = get_f64s(at, m->init_v_hill_mps, 3);
    at = get_f64(at, &m->init_sigma_r_m);
    at = get_f64(at, &m->init_sigma_v_mps);
    at = get_f64s(at, m->init_q_body_from_eci, 4);
    at = get_f64(at, &m->init_sigma_attitude_rad);
    at = get_f64(at, &m->rel_accel_psd_m2ps3);
    at = get_f64(at, &m->orbit_accel_psd_m2ps3);
    at = get_f64(at, &m->mated_sigma_r_m);
    at = get_f64(at, &m->mated_sigma_v_mps);
    at = get_f64(at, &m->mated_sigma_attitude_rad);
    at = get_f64(at, &m->target_attitude_sigma_rad);
    at = get_f64(at, &m->target_rate_sigma_radps);
    at = get_f64(at, &m->target_damping_ratio);
    at = get_f64(at, &m->gate_chi2_3dof);
    at = get_f64(at, &m->measurement_max_age_s);
    at = get_f64(at, &m->attitude_kp_ps2);
    at = get_f64(at, &m->attitude_kd_ps);
    at = get_f64(at, &m->attitude_rate_max_radps);
    at = get_f64(at, &m->quiet_start_s);
    at = get_f64(at, &m->force_max_n);
    at = get_f64(at, &m->fire_threshold);
    at = get_f64(at, &m->track_far_m);
    at = get_f64(at, &m->track_near_m);
    at = get_f64(at, &m->attitude_max_rad);
    at = get_f64s(at, m->phase_timeout_s, 32);
    at = get_f64s(at, m->phase_gate_r_m, 32);
    at = get_f64s(at, m->phase_gate_v_mps, 32);
    at = get_f64s(at, m->phase_attitude_deadband_rad, 32);
    at = get_f64s(at, m->phase_corridor_rad, 32);
    at = get_f64s(at, m->sun_eci, 3);
    at = get_f64s(at, m->block, 640);
    at = get_f64s(at, m->instrument_position_body_m, 36);
    at = get_f64s(at, m->instrument_q_from_body, 48);
    at = get_f64s(at, m->instrument_timeout_s, 12);
    at = get_u32(at, &m->instrument_count);
    at = get_u32(at, &m->thruster_count);
    at = get_u32(at, &m->phase_count);
    at = get_u32(at, &m->start_phase);
    at = get_u32(at, &m->reject_limit);
    at = get_u16s(at, m->instrument_block_offset, 12);
    at = get_u16s(at, m->instrument_block_length, 12);
    at = get_u32(at, &m->transition_count);
    at = get_u32(at, &m->monitor_count);
    at = get_u16s(at, m->transition_guard_arg, 192);
    at = get_u16s(at, m->phase_ignores_contact_until_m, 32);
    at = get_u16s(at, m->phase_mechanism, 32);
    at = get_u16s(at, m->phase_needs, 32);
    at = get_u16s(at, m->monitor_block_offset, 16);
    at = get_u16s(at, m->monitor_block_length, 16);
    at = get_u16s(at, m->phase_block_offset, 32);
    at = get_u16s(at, m->phase_block_length, 32);
    at = get_u8(at, &m->target_attitude_mode);
    at = get_u8s(at, m->thruster_group, 32);
    at = get_u8s(at, m->transition_from, 96);
    at = get_u8s(at, m->transition_to, 96);
    at = get_u8s(at, m->transition_event, 96);
    at = get_u8s(at, m->transition_event_arg, 96);
    at = get_u8s(at, m->transition_guard, 192);
    at = get_u8s(at, m->monitor_kind, 16);
    at = get_u8s(at, m->instrument_kind, 12);
    at = get_u8s(at, m->phase_law, 32);
    at = get_u8s(at, m->phase_point, 32);
    at = get_u8s(at, m->phase_frame, 32);
    (void)get_u8s(at, m->phase_attitude, 32);
    for (size_t i = 0; i < 7; i++) m->param_reserved[i] = 0;
}
