/* Attitudes that are held: as docked, against hill, against the stars. */
#include "registry.h"

/* body from hill = (port from body)^-1 (tport from port)^-1 (tport from hill) */
static void mate(const attitude_call_t *call, double q_body_from_hill[4], double rate_hill[3])
{
    double q_port_inv[4], q_mate[4];
    quat_conj(q_port_inv, call->p->q_port_from_body);
    quat_conj(q_mate, call->p->q_tport_from_port);
    quat_mul(q_mate, q_port_inv, q_mate);
    quat_mul(q_body_from_hill, q_mate, call->q_tport_from_hill);
    vec3_copy(rate_hill, call->target_rate_hill_radps);
}

const attitude_t attitude_mate = {.id = ATTITUDE_MATE, .step = mate};

#define LVLH_FIELDS(F, V) V(q_body_from_hill, 4, -1.0, 1.0, "1", "attitude held against hill")
typedef struct {
    LVLH_FIELDS(BLOCK_F, BLOCK_V)
} lvlh_block_t;
static const block_field_t lvlh_fields[] = {LVLH_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static void hold_lvlh(const attitude_call_t *call, double q_body_from_hill[4], double rate_hill[3])
{
    const lvlh_block_t *own = call->own;
    for (size_t i = 0; i < 4; i++) q_body_from_hill[i] = own->q_body_from_hill[i];
    quat_normalize(q_body_from_hill);
    vec3_set(rate_hill, 0.0, 0.0, 0.0);
}

const attitude_t attitude_hold_lvlh = {.id = ATTITUDE_HOLD_LVLH, .fields = lvlh_fields, .step = hold_lvlh};

/* In its memory, the attitude with which the phase began; all zero before that. */
static void hold_inertial(const attitude_call_t *call, double q_body_from_hill[4], double rate_hill[3])
{
    const solution_t *s = call->solution;
    double *held = call->memory, q_eci_from_hill[4];
    if (held[0] == 0.0 && held[1] == 0.0 && held[2] == 0.0 && held[3] == 0.0)
        for (size_t i = 0; i < 4; i++) held[i] = s->q_body_from_eci[i];
    quat_from_dcm(q_eci_from_hill, s->c_hill_from_eci);
    quat_conj(q_eci_from_hill, q_eci_from_hill);
    quat_mul(q_body_from_hill, held, q_eci_from_hill);
    vec3_scale(rate_hill, -1.0, s->w_hill_radps);
}

const attitude_t attitude_hold_inertial = {.id = ATTITUDE_HOLD_INERTIAL, .step = hold_inertial};
