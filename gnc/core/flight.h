/* ProxOps flight core: the one public header.
 *
 * One call a control cycle:  flight_step(core, sensors) -> command, telemetry.
 * State is one caller-owned flight_t; no heap, no globals, no I/O, no clock. The same inputs give
 * the same bits on every target (docs/conventions.md).
 *
 * Frames: eci (GCRF-aligned), hill (target c.m.; x radial out, y along-track, z orbit normal),
 * body (chaser structural frame), tbody (target structural frame), port / tport (docking
 * interfaces, +x outward), star, camera (+x boresight). q_b_from_a is scalar first, Hamilton, and
 * maps components in a to components in b. SI and radians throughout.
 *
 * Frames, parameters and tables of values are declared once, in definitions/. They expand to the C
 * structs and enumerations and, in definitions/layout.c, to descriptors from which Python derives its
 * structured views and enumerations, the recorder its channels and the scenario its checks. */
#ifndef PROXOPS_FLIGHT_H
#define PROXOPS_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orbit/orbit.h"

#if defined(__GNUC__)
#define FLIGHT_MUST_USE __attribute__((warn_unused_result))
#else
#define FLIGHT_MUST_USE
#endif

typedef double f64;
typedef float f32;
typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;

#define FLIGHT_THRUSTERS 32
#define FLIGHT_GROUPS 4 /* of thrusters of one kind */
#define FLIGHT_PHASES 32
#define FLIGHT_BLOCK 640
#define FLIGHT_TRANSITIONS 96
#define FLIGHT_GUARDS 2 /* of each transition */
#define FLIGHT_MONITORS 16
#define FLIGHT_GAP_CYCLES 100u /* the next tick may be so many cycles after the last: what was missed is bridged */
#define FLIGHT_ANY 255 /* any phase, any instrument */

/* ---- status ------------------------------------------------------------------------------- */
#define FLIGHT_OK 0
#define FLIGHT_ERR_NULL (-1)      /* a pointer argument is NULL */
#define FLIGHT_ERR_PARAM (-2)     /* a parameter outside its declared range, or inconsistent */
#define FLIGHT_ERR_FRAME \
    (-3)     /* a malformed sensor frame: its tick does not follow, or it has more slots than there are */
#define FLIGHT_ERR_NOT_INIT (-4)  /* flight_init has not succeeded on this state */
#define FLIGHT_ERR_FPU (-5)       /* the FPU flushes subnormals: results would differ */
#define FLIGHT_ERR_STAGE (-6)     /* a replaced stage failed, or its output is invalid */

#include "definitions/block.h"
#include "definitions/frames.h"
#include "definitions/parameters.h"
#include "definitions/values.h"

#define FLIGHT_SCALAR(type, name, ...) type name;
#define FLIGHT_VECTOR(type, name, count, ...) type name[count];
typedef struct {
    MEASUREMENT_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR)
} measurement_t;
typedef struct {
    SENSOR_FRAME_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR, FLIGHT_VECTOR)
} sensor_frame_t;
typedef struct {
    SOLUTION_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR)
} solution_t;
typedef struct {
    INTENT_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR)
} intent_t;
typedef struct {
    REFERENCE_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR)
} reference_t;
typedef struct {
    PROGRESS_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR)
} progress_t;
typedef struct {
    COMMAND_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR)
} command_t;
typedef struct {
    TELEMETRY_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR)
} telemetry_t;
typedef struct {
    PARAM_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR)
} flight_params_t;

/* A telecommand as the mission takes it. */
typedef struct {
    uint16_t seq, opcode; /* TC_* */
    double arg[2];
} telecommand_t;

/* The on-board gravity model. */
static inline gravity_t flight_gravity(const flight_params_t *p)
{
    gravity_t gravity = {.mu_m3ps2 = p->mu_m3ps2, .re_m = p->re_m, .j2 = p->j2};
    for (size_t i = 0; i < 3; i++) gravity.pole_eci[i] = p->pole_eci[i];
    return gravity;
}

/* ---- descriptors ------------------------------------------------------------------- */
enum { TYPE_F64 = 0, TYPE_F32 = 1, TYPE_U64 = 2, TYPE_U32 = 3, TYPE_U16 = 4, TYPE_U8 = 5, TYPE_MEASUREMENT = 6 };
typedef struct {
    const char *name, *unit, *meaning;
    double lo, hi;              /* parameters only; 0, 0 elsewhere */
    uint32_t offset;            /* bytes from the start of the struct */
    uint16_t count;             /* elements; scalars have 1 */
    uint8_t type;               /* TYPE_* */
    uint8_t is_vector;
} flight_field_t;
typedef struct {
    const char *name;
    const flight_field_t *fields;
    uint32_t field_count, size;
} flight_layout_t;
extern const flight_layout_t flight_measurement_layout, flight_sensor_layout, flight_solution_layout,
    flight_intent_layout, flight_reference_layout, flight_progress_layout, flight_command_layout,
    flight_telemetry_layout, flight_param_layout;

/* The instrument has been heard at all, and is not lost. */
static inline bool instrument_healthy(const solution_t *s, size_t instrument)
{
    return (s->instrument_state[instrument] & (INSTRUMENT_HEARD | INSTRUMENT_LOST)) == INSTRUMENT_HEARD;
}
static inline bool instrument_lost(const solution_t *s, size_t instrument)
{
    return (s->instrument_state[instrument] & INSTRUMENT_LOST) != 0;
}

/* A user's own row: what it is, its name and its number. */
typedef struct {
    const char *type, *name;
    uint8_t id;
} user_row_t;
extern const user_row_t users_rows[]; /* the last has no type */
/* The fields of a guidance law, an attitude, a monitor or a measurement model by its number; NULL: there is none. */
const block_field_t *flight_law_fields(uint8_t law);
const block_field_t *flight_attitude_fields(uint8_t attitude);
const block_field_t *flight_monitor_fields(uint8_t monitor);
const block_field_t *flight_model_fields(uint8_t kind);
/* Elements of a list of fields. */
size_t flight_block_length(const block_field_t *fields);

/* A table of named values: definitions/values.h. */
typedef struct {
    const char *name, *meaning;
    uint32_t value;
} flight_value_t;
typedef struct {
    const char *name;
    const flight_value_t *values;
    uint32_t value_count;
    bool bits; /* values are bits that may be set together */
} flight_table_t;
#define FLIGHT_TABLES 18
extern const flight_table_t flight_tables[FLIGHT_TABLES];

/* A component of the measurements of a kind. */
typedef struct {
    const char *name, *unit, *meaning;
    uint8_t kind, count; /* it follows those of its kind before it in z */
} flight_component_t;
extern const flight_component_t flight_components[];
extern const uint32_t flight_component_count;

/* ---- the core ----------------------------------------------------------------------------- */
typedef struct flight flight_t; /* its definition, for callers that own one, is in flight_state.h */

/* Size in bytes of the state the caller must own, aligned for double. */
size_t flight_size(void);

/* Checks every parameter and puts the core at the start phase.
 * Errors: FLIGHT_ERR_NULL, FLIGHT_ERR_PARAM (`*bad_field`, if not NULL, is the index of the field
 * in flight_param_layout), FLIGHT_ERR_FPU. On error the state is left untouched. */
FLIGHT_MUST_USE int32_t flight_init(flight_t *flight, const flight_params_t *params, uint32_t *bad_field);

/* One control cycle. Writes the Command on every path: all off on error. telemetry may be NULL.
 * The tick says how many cycles have passed: at least one, and at most FLIGHT_GAP_CYCLES; else, or with a slot_count
 * above FLIGHT_SLOTS, FLIGHT_ERR_FRAME, all off, and the state is as it was, until ten such frames have followed each
 * other: then they are believed. Missed cycles are flown without measurements and without thrust. Where t_us does not
 * fit the ticks the clock has been set: the flight's own time goes on by whole cycles. A bad measurement (non-finite,
 * stale, out of range, outside its gate) is rejected and counted, and the step goes on. */
FLIGHT_MUST_USE int32_t flight_step(flight_t *flight, const sensor_frame_t *sensors, command_t *command,
                                    telemetry_t *telemetry);

/* ---- replacing stages ---------------- ------------------------------------------------------- */
enum { STAGE_NAVIGATE = 0, STAGE_GUIDE = 1, STAGE_DECIDE = 2, STAGE_CONTROL = 3, STAGES = 4 };
typedef struct {
    uint32_t replaced; /* bit 1 << STAGE_*: `run` is called instead of the core's own */
    void *context;
    int32_t (*run)(void *context, uint32_t stage, const sensor_frame_t *sensors, command_t *command); /* 0: failed */
} flight_stages_t;
/* What the stages exchange, where it lies in a state. */
typedef struct {
    solution_t *solution;
    intent_t *intent;
    reference_t *reference;
    progress_t *progress;
} flight_frames_t;
flight_frames_t flight_frames(flight_t *flight);
/* The core's own stage, on the state's frames. Guidance may run twice in a cycle (intent.begins). */
void flight_run_stage(flight_t *flight, uint32_t stage, const sensor_frame_t *sensors, command_t *command);
/* flight_step with some of its stages replaced; stages may be NULL. The output of such a stage is checked: values that
 * are not finite or out of range, or its failure, give FLIGHT_ERR_STAGE and a command that is all off. The cycle then
 * counts as flown. */
FLIGHT_MUST_USE int32_t flight_step_with(flight_t *flight, const sensor_frame_t *sensors, command_t *command,
                                         telemetry_t *telemetry, const flight_stages_t *stages);

#endif
