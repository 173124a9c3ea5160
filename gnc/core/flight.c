/* flight_init and flight_step: the only scheduler. */
#include "flight_state.h"
#include "registry.h"

#define MAGIC 0x50524F58u
#define FRAMES_TO_BELIEVE 10u /* refused frames in a row that make a new count of ticks */
#define AGE_TOLERANCE 1.0e-9 /* of the rounding in a number of cycles */

size_t flight_size(void) { return sizeof(flight_t); }

static double element(const flight_field_t *field, const uint8_t *base, size_t i)
{
    const uint8_t *at = base + field->offset;
    switch (field->type) {
    case TYPE_F64: return ((const double *)(const void *)at)[i];
    case TYPE_U32: return (double)((const uint32_t *)(const void *)at)[i];
    case TYPE_U16: return (double)((const uint16_t *)(const void *)at)[i];
    default: return (double)at[i];
    }
}

/* Index of the first parameter outside its declared range; field_count when all are inside. */
static uint32_t first_bad_field(const flight_params_t *p)
{
    const flight_layout_t *l = &flight_param_layout;
    for (uint32_t k = 0; k < l->field_count; k++)
        for (size_t i = 0; i < l->fields[k].count; i++) {
            double x = element(&l->fields[k], (const uint8_t *)p, i);
            if (!(x >= l->fields[k].lo && x <= l->fields[k].hi)) return k;
        }
    return l->field_count;
}

static uint32_t field_index(size_t offset)
{
    uint32_t k = 0;
    while (k < flight_param_layout.field_count && flight_param_layout.fields[k].offset != offset) k++;
    return k;
}

static bool is_unit(const double *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sum > 0.999 && sum < 1.001;
}

/* Symmetric, and positive definite by Sylvester's criterion. */
static bool is_inertia(const double m[9])
{
    double minor = m[0] * m[4] - m[1] * m[3], cofactors[3];
    vec3_cross(cofactors, &m[0], &m[3]);
    return m[1] == m[3] && m[2] == m[6] && m[5] == m[7] && m[0] > 0.0 && minor > 0.0 &&
           vec3_dot(cofactors, &m[6]) > 0.0;
}

/* Every element of a stretch of the block lies in the range of its field. */
static bool in_range(const double *x, const block_field_t *fields)
{
    for (; fields->name != NULL; fields++)
        for (size_t i = 0; i < fields->count; i++, x++)
            if (!(*x >= fields->lo && *x <= fields->hi)) return false;
    return true;
}

#define NEEDS(condition, name) \
    do { \
        if (!(condition)) return field_index(offsetof(flight_params_t, name)); \
    } while (0)

/* A stretch of the block of so many elements, with these fields. */
static bool fits(uint16_t offset, uint16_t length) { return offset + length <= FLIGHT_BLOCK; }

static uint32_t first_inconsistent_instrument(const flight_params_t *p)
{
    for (uint32_t i = 0; i < p->instrument_count; i++) {
        const block_field_t *fields = flight_model_fields(p->instrument_kind[i]);
        NEEDS(fields != NULL, instrument_kind);
        NEEDS(is_unit(&p->instrument_q_from_body[4 * i], 4), instrument_q_from_body);
        NEEDS(p->instrument_block_length[i] == flight_block_length(fields), instrument_block_length);
        NEEDS(fits(p->instrument_block_offset[i], p->instrument_block_length[i]), instrument_block_offset);
        NEEDS(in_range(&p->block[p->instrument_block_offset[i]], fields), block);
    }
    return flight_param_layout.field_count;
}

static uint32_t first_inconsistent_phase(const flight_params_t *p)
{
    NEEDS(p->start_phase < p->phase_count, start_phase);
    for (uint32_t i = 0; i < p->phase_count; i++) {
        const block_field_t *law = flight_law_fields(p->phase_law[i]);
        const block_field_t *attitude = flight_attitude_fields(p->phase_attitude[i]);
        const double *own = &p->block[p->phase_block_offset[i]];
        NEEDS(law != NULL && flight_law_declares_its_own(flight_law_of(p->phase_law[i])), phase_law);
        NEEDS(attitude != NULL, phase_attitude);
        NEEDS(p->phase_block_length[i] == flight_block_length(law) + flight_block_length(attitude), phase_block_length);
        NEEDS(fits(p->phase_block_offset[i], p->phase_block_length[i]), phase_block_offset);
        NEEDS(in_range(own, law), block);
        own += flight_block_length(law);
        NEEDS(in_range(own, attitude), block);
        if (attitude->name != NULL && attitude->count == 4) NEEDS(is_unit(own, 4), block); /* its quaternion */
        NEEDS(p->phase_attitude[i] != ATTITUDE_SUN || is_unit(p->sun_eci, 3), sun_eci);
    }
    return flight_param_layout.field_count;
}

static uint32_t first_inconsistent_transition(const flight_params_t *p)
{
    for (uint32_t i = 0; i < p->transition_count; i++) {
        uint8_t event = p->transition_event[i], argument = p->transition_event_arg[i];
        bool of_instrument = event == EVENT_LOST || event == EVENT_FOUND;
        NEEDS(p->transition_from[i] == FLIGHT_ANY || p->transition_from[i] < p->phase_count, transition_from);
        NEEDS(p->transition_to[i] < p->phase_count, transition_to);
        NEEDS(!of_instrument || argument == FLIGHT_ANY || argument < FLIGHT_INSTRUMENTS, transition_event_arg);
    }
    return flight_param_layout.field_count;
}

static uint32_t first_inconsistent_monitor(const flight_params_t *p)
{
    for (uint32_t i = 0; i < p->monitor_count; i++) {
        const block_field_t *fields = flight_monitor_fields(p->monitor_kind[i]);
        NEEDS(fields != NULL, monitor_kind);
        NEEDS(p->monitor_block_length[i] == flight_block_length(fields), monitor_block_length);
        NEEDS(fits(p->monitor_block_offset[i], p->monitor_block_length[i]), monitor_block_offset);
        NEEDS(in_range(&p->block[p->monitor_block_offset[i]], fields), block);
    }
    return flight_param_layout.field_count;
}

/* Checks that ranges cannot express. */
static uint32_t first_inconsistent_field(const flight_params_t *p)
{
    double c[9], w[3];
    NEEDS(is_unit(p->pole_eci, 3), pole_eci);
    NEEDS(is_unit(p->q_port_from_body, 4), q_port_from_body);
    NEEDS(is_unit(p->q_tport_from_tbody, 4), q_tport_from_tbody);
    NEEDS(is_unit(p->q_tport_from_port, 4), q_tport_from_port);
    NEEDS(is_unit(p->q_tbody_from_hill, 4), q_tbody_from_hill);
    NEEDS(is_unit(p->init_q_body_from_eci, 4), init_q_body_from_eci);
    NEEDS(is_inertia(p->inertia_body_kgm2), inertia_body_kgm2);
    NEEDS(orbit_hill_frame(c, w, p->target_r_eci_m, p->target_v_eci_mps), target_r_eci_m);
    for (uint32_t g = 0; g < FLIGHT_GROUPS; g++)
        NEEDS(p->thruster_min_on_s[g] >= p->thruster_rise_s[g] && p->thruster_min_on_s[g] <= p->cycle_s,
              thruster_min_on_s);
    NEEDS(p->measurement_max_age_s <= (double)(HISTORY - 1) * p->cycle_s * (1.0 + AGE_TOLERANCE),
          measurement_max_age_s);
    for (uint32_t t = 0; t < p->thruster_count; t++) NEEDS(is_unit(&p->thruster_dir_body[3 * t], 3), thruster_dir_body);
    uint32_t bad = first_inconsistent_instrument(p);
    if (bad == flight_param_layout.field_count) bad = first_inconsistent_phase(p);
    if (bad == flight_param_layout.field_count) bad = first_inconsistent_transition(p);
    return bad == flight_param_layout.field_count ? first_inconsistent_monitor(p) : bad;
}

/* With flush-to-zero enabled, results would differ from every other target. */
static bool keeps_subnormals(void)
{
    volatile double least_normal = 2.2250738585072014e-308;
    volatile double half = least_normal * 0.5;
    return half > 0.0;
}

static void zero(void *at, size_t n)
{
    uint8_t *p = (uint8_t *)at;
    for (size_t i = 0; i < n; i++) p[i] = 0;
}

int32_t flight_init(flight_t *flight, const flight_params_t *params, uint32_t *bad_field)
{
    if (flight == NULL || params == NULL) return FLIGHT_ERR_NULL;
    if (!keeps_subnormals()) return FLIGHT_ERR_FPU;
    uint32_t bad = first_bad_field(params);
    if (bad == flight_param_layout.field_count) bad = first_inconsistent_field(params);
    if (bad != flight_param_layout.field_count) {
        if (bad_field != NULL) *bad_field = bad;
        return FLIGHT_ERR_PARAM;
    }
    zero(flight, sizeof *flight);
    flight->params = *params;
    flight->cycle_us = (uint64_t)(params->cycle_s * 1.0e6 + 0.5);
    control_init(&flight->params, &flight->effectors);
    nav_init(&flight->params, &flight->nav);
    mission_init(&flight->params, &flight->graph);
    flight->magic = MAGIC;
    return FLIGHT_OK;
}

static uint32_t flags_of(const flight_t *f)
{
    const intent_t *i = &f->intent;
    uint32_t flags = 0;
    if (f->progress.burning) flags |= FLAG_BURN;
    if (i->nav_mode == MODE_DOCKED) flags |= FLAG_CAPTURED;
    if (i->gate_open) flags |= FLAG_GATE_OPEN;
    if (f->progress.saturated) flags |= FLAG_SATURATED;
    if (i->tc_rejected) flags |= FLAG_TC_REJECTED;
    if (i->overlay & OVERLAY_HELD) flags |= FLAG_HELD;
    if (i->overlay & OVERLAY_FREE_DRIFT) flags |= FLAG_FREE_DRIFT;
    if (i->overlay & OVERLAY_INHIBITED) flags |= FLAG_INHIBITED;
    return flags;
}

static void to_f32(float out[3], const double in[3])
{
    for (size_t i = 0; i < 3; i++) out[i] = (float)in[i];
}

static void sigmas(float out[3], const double variance[3])
{
    for (size_t i = 0; i < 3; i++) out[i] = (float)elem_sqrt(elem_max(variance[i], 0.0));
}

static void report(const flight_t *f, telemetry_t *t)
{
    const solution_t *o = &f->solution;
    zero(t, sizeof *t);
    t->t_us = f->t_us + f->nav.clock_ahead_us;
    t->tick = f->tick;
    for (size_t i = 0; i < 4; i++) t->q_body_from_eci[i] = o->q_body_from_eci[i];
    vec3_copy(t->w_body_eci_body_radps, o->w_body_eci_body_radps);
    vec3_copy(t->r_chaser_target_hill_m, o->r_hill_m);
    vec3_copy(t->v_chaser_target_hill_mps, o->v_hill_mps);
    vec3_copy(t->r_port_tport_m, o->r_port_tport_m);
    vec3_copy(t->v_port_tport_mps, o->v_port_tport_mps);
    sigmas(t->sigma_r_hill_m, o->variance_r_hill_m2);
    sigmas(t->sigma_v_hill_mps, o->variance_v_hill_m2ps2);
    sigmas(t->sigma_attitude_rad, o->variance_attitude_rad2);
    to_f32(t->target_attitude_rad, o->target_attitude_rad);
    to_f32(t->gyro_bias_radps, o->gyro_bias_radps);
    to_f32(t->attitude_error_rad, f->reference.error_attitude_rad);
    to_f32(t->r_ref_hill_m, f->reference.r_hill_m);
    to_f32(t->v_ref_hill_mps, f->reference.v_hill_mps);
    to_f32(t->accel_cmd_hill_mps2, f->control.accel_cmd_hill_mps2);
    for (size_t i = 0; i < FLIGHT_INSTRUMENTS; i++) {
        t->instrument_nis[i] = o->instrument_nis[i];
        t->instrument_rejects[i] = o->instrument_rejects[i];
        t->instrument_state[i] = o->instrument_state[i];
    }
    t->slots_refused = o->slots_refused;
    t->flags = flags_of(f);
    t->phase = f->intent.phase;
    t->law = f->intent.law;
    t->abort_reason = f->intent.reason;
    t->previous_phase = f->intent.previous_phase;
}

flight_frames_t flight_frames(flight_t *f)
{
    const flight_frames_t frames = {&f->solution, &f->intent, &f->reference, &f->progress};
    return frames;
}

void flight_run_stage(flight_t *f, uint32_t stage, const sensor_frame_t *s, command_t *command)
{
    const flight_params_t *p = &f->params;
    const telecommand_t telecommand = {s->tc_seq, s->tc_opcode, {s->tc_arg[0], s->tc_arg[1]}};
    const control_call_t call = {p, &f->effectors, &f->solution, &f->intent, &f->reference, &f->control, &f->progress};
    bool docked = f->intent.nav_mode == MODE_DOCKED;
    switch (stage) {
    case STAGE_NAVIGATE: navigate(p, &f->nav, s, f->progress.fired, docked, &f->solution); break;
    case STAGE_GUIDE: guide(p, &f->guidance, &f->solution, &f->intent, &f->reference, &f->progress); break;
    case STAGE_DECIDE:
        (void)decide(p, &f->graph, &f->mission, &f->solution, &f->progress, &telecommand, &f->intent);
        break;
    case STAGE_CONTROL: control(&call, command); break;
    default: break;
    }
}

/* Every floating-point number of a frame is finite. */
static bool is_finite_frame(const flight_layout_t *layout, const void *frame)
{
    for (uint32_t k = 0; k < layout->field_count; k++) {
        const flight_field_t *field = &layout->fields[k];
        const uint8_t *at = (const uint8_t *)frame + field->offset;
        for (size_t i = 0; i < field->count; i++) {
            if (field->type == TYPE_F64 && !elem_is_finite(((const double *)(const void *)at)[i])) return false;
            if (field->type == TYPE_F32 && !elem_is_finite((double)((const float *)(const void *)at)[i])) return false;
        }
    }
    return true;
}

static bool is_command(const flight_t *f, const command_t *command)
{
    for (uint32_t t = 0; t < FLIGHT_THRUSTERS; t++)
        if (command->thruster_on_us[t] > (t < f->params.thruster_count ? f->cycle_us : 0u)) return false;
    return true;
}

/* The output of a replaced stage is valid. */
static bool is_sound(const flight_t *f, uint32_t stage, const command_t *command)
{
    const intent_t *intent = &f->intent;
    switch (stage) {
    case STAGE_NAVIGATE:
        return is_finite_frame(&flight_solution_layout, &f->solution) && is_unit(f->solution.q_body_from_eci, 4) &&
               is_unit(f->solution.q_body_from_hill, 4);
    case STAGE_GUIDE:
        return is_finite_frame(&flight_reference_layout, &f->reference) &&
               is_finite_frame(&flight_progress_layout, &f->progress) && is_unit(f->reference.q_body_from_hill, 4);
    case STAGE_DECIDE:
        return intent->phase < f->params.phase_count && intent->law == f->params.phase_law[intent->phase] &&
               intent->nav_mode <= MODE_STACK;
    default: return is_command(f, command) && is_finite_frame(&flight_progress_layout, &f->progress);
    }
}

typedef struct {
    flight_t *flight;
    const sensor_frame_t *sensors;
    command_t *command;
    const flight_stages_t *stages;
} step_t;

static bool run(const step_t *c, uint32_t stage)
{
    const flight_stages_t *stages = c->stages;
    if (stages == NULL || !(stages->replaced >> stage & 1u)) {
        flight_run_stage(c->flight, stage, c->sensors, c->command);
        return true;
    }
    bool done = stages->run(stages->context, stage, c->sensors, c->command) != 0;
    done = done && is_sound(c->flight, stage, c->command);
    if (done && stage == STAGE_DECIDE) c->flight->mission.phase = c->flight->intent.phase;
    return done;
}

/* The stages of a cycle. Guidance follows the intent of the last decision, so that the mission decides on the errors of
 * this cycle. What a decision begins, guidance takes up at once; after a leg that was done it only takes note of where
 * the new phase begins, and control follows the reference of the old one with the gains of the new for this one cycle.
 */
static bool cycle(const step_t *c)
{
    flight_t *f = c->flight;
    if (!run(c, STAGE_NAVIGATE)) return false;
    if (!f->started) mission_start(&f->params, &f->mission, f->t_us, &f->intent);
    mission_mend(&f->params, &f->mission, &f->intent);
    f->intent.t_us = f->t_us;
    f->intent.begins = false;
    uint32_t entry = f->intent.entry, restart = f->intent.restart;
    if (!run(c, STAGE_GUIDE) || !run(c, STAGE_DECIDE)) return false;
    bool anew = f->intent.entry != entry || f->intent.restart != restart;
    return (!anew || run(c, STAGE_GUIDE)) && run(c, STAGE_CONTROL);
}

static void head(command_t *command, const sensor_frame_t *sensors)
{
    command->t_us = sensors->t_us;
    command->tick = sensors->tick;
}

/* Whether a frame goes on from the last one: the next tick, or one after a gap that can be bridged. After frames that
 * went on from each other and were refused, as long as it takes to be sure, the gap counts as the longest. The tick
 * says how many cycles have passed; where the clock disagrees it has been set, and the flight's own time goes on
 * without. */
static bool follows(flight_t *f, const sensor_frame_t *s)
{
    uint32_t passed = s->tick - f->tick;
    if (f->started && (passed == 0 || passed > FLIGHT_GAP_CYCLES)) {
        bool in_order = f->refused > 0 && s->tick == f->refused_tick + 1u;
        f->refused = in_order ? f->refused + 1u : 1u;
        f->refused_tick = s->tick;
        if (f->refused < FRAMES_TO_BELIEVE) return false;
        passed = FLIGHT_GAP_CYCLES;
    }
    f->refused = f->refused_tick = 0;
    f->nav.missed = f->started ? passed - 1u : 0;
    f->t_us = f->started ? f->t_us + passed * f->cycle_us : s->t_us;
    f->nav.clock_ahead_us = s->t_us - f->t_us;
    f->tick = s->tick;
    return true;
}

int32_t flight_step(flight_t *flight, const sensor_frame_t *sensors, command_t *command, telemetry_t *telemetry)
{
    return flight_step_with(flight, sensors, command, telemetry, NULL);
}

int32_t flight_step_with(flight_t *flight, const sensor_frame_t *sensors, command_t *command, telemetry_t *telemetry,
                         const flight_stages_t *stages)
{
    if (command == NULL) return FLIGHT_ERR_NULL;
    zero(command, sizeof *command);
    if (flight == NULL || sensors == NULL) return FLIGHT_ERR_NULL;
    if (flight->magic != MAGIC) return FLIGHT_ERR_NOT_INIT;
    head(command, sensors);
    if (sensors->slot_count > FLIGHT_SLOTS) return FLIGHT_ERR_FRAME;
    if (!follows(flight, sensors)) return FLIGHT_ERR_FRAME;
    const step_t step = {flight, sensors, command, stages};
    bool done = cycle(&step);
    flight->started = true;
    if (!done) zero(command, sizeof *command);
    head(command, sensors);
    if (telemetry != NULL) report(flight, telemetry);
    return done ? FLIGHT_OK : FLIGHT_ERR_STAGE;
}
