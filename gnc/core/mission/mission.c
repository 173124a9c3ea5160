/* Mission phases: a table of parameters, walked by entry gates, durations and telecommands. */
#include "registry.h"

#define CAPTURE_WAIT_S 3.0 /* free drift after contact; without capture for as long the chaser backs off */

/* A leg begins where the chaser is: the reference went on without it. */
static void go_on(flight_t *f)
{
    const law_t *law = flight_law(f);
    if (law->enter != NULL) law->enter(f);
}

void mission_enter(flight_t *f, uint32_t phase)
{
    mission_t *m = &f->mission;
    m->phase = phase;
    m->entry_us = f->t_us;
    m->hop_stage = HOP_PLAN;
    m->hop_leg = 0;
    m->go = false;
    m->held = false;
    m->gate_open = false;
    vec3_set(m->dv_to_go_eci_mps, 0.0, 0.0, 0.0);
    control_clear(f);
    go_on(f);
    if (phase == f->params.retreat_phase) m->retreat = true;
    if (phase == f->params.cam_phase) m->cam = true;
}

void mission_init(flight_t *f) { f->mission.phase = f->params.start_phase; }

void mission_break_off(flight_t *f, uint32_t phase, uint8_t reason)
{
    f->mission.abort_reason = reason;
    mission_enter(f, phase);
}

/* A commanded break-off fires, so it ends a free drift. */
static void commanded(flight_t *f, uint32_t phase, bool possible)
{
    f->mission.tc_rejected = !possible;
    if (!possible) return;
    f->mission.free_drift = false;
    mission_break_off(f, phase, REASON_TELECOMMAND);
}

static void hold_here(flight_t *f)
{
    mission_t *m = &f->mission;
    guidance_start_forced(f);
    m->held = true;
}

static void telecommand(flight_t *f, const sensor_frame_t *s)
{
    mission_t *m = &f->mission;
    if (s->tc_opcode == TC_NONE || (m->tc_seen && s->tc_seq == m->tc_seq)) return;
    m->tc_seen = true;
    m->tc_seq = s->tc_seq;
    m->tc_rejected = false;
    const law_t *law = flight_law(f);
    bool flying = law->translation == TRANSLATION_FOLLOW;
    switch (s->tc_opcode) {
    case TC_GO: m->go = true; break;
    case TC_HOLD:
        if (flying) hold_here(f);
        else m->tc_rejected = true;
        break;
    case TC_RESUME:
        if (m->held) {
            m->held = false;
            go_on(f);
        } else if (m->free_drift) {
            m->free_drift = false;
            go_on(f);
        } else {
            m->tc_rejected = true;
        }
        break;
    case TC_RETREAT: commanded(f, f->params.retreat_phase, flying && m->phase != f->params.retreat_phase); break;
    case TC_ABORT: commanded(f, f->params.cam_phase, !law->docked && !law->avoids); break;
    case TC_FREE_DRIFT: m->free_drift = true; break;
    default: m->tc_rejected = true; break;
    }
}

/* The gate out of a hold or a forced leg: at the point, at rest against it, every sensor the next
 * phase needs alive, attitude under control. */
static bool gate_open(const flight_t *f)
{
    const flight_params_t *p = &f->params;
    const mission_t *m = &f->mission;
    uint32_t next = p->phase_next[m->phase];
    uint8_t uses = (uint8_t)(p->phase_uses[m->phase] | p->phase_uses[next]);
    if (vec3_norm(f->guidance.error_r_m) > p->phase_gate_r_m[m->phase]) return false;
    if (vec3_norm(f->guidance.error_v_mps) > p->phase_gate_v_mps[m->phase]) return false;
    if (vec3_norm(f->guidance.error_attitude_rad) > 0.5 * p->attitude_max_rad) return false;
    if ((uses & USES_STAR) && !instrument_healthy(&f->solution, flight_first_of(f, KIND_STAR))) return false;
    if ((uses & USES_RGNSS) && !instrument_healthy(&f->solution, flight_first_of(f, KIND_RGNSS))) return false;
    if ((uses & USES_CAMERA) && !instrument_healthy(&f->solution, flight_first_of(f, KIND_CAMERA))) return false;
    return true;
}

static void advance(flight_t *f)
{
    const flight_params_t *p = &f->params;
    mission_t *m = &f->mission;
    uint32_t next = p->phase_next[m->phase];
    const law_t *law = flight_law(f);
    m->gate_open = law->burn != NULL || gate_open(f);
    if (next == m->phase || m->held || law->finished == NULL || !law->finished(f) || !m->gate_open) return;
    if (p->phase_needs_go[m->phase] && !m->go) return;
    mission_enter(f, next);
}

static void enter_docked(flight_t *f)
{
    const flight_params_t *p = &f->params;
    for (uint32_t i = 0; i < p->phase_count; i++)
        if (flight_law_of(p->phase_law[i])->docked) {
            mission_enter(f, i);
            return;
        }
}

/* What the monitors find ends the phase, unless it is its own answer to that. */
void mission_watch(flight_t *f)
{
    const flight_params_t *p = &f->params;
    uint32_t phase = f->mission.phase, abort_phase = p->phase_abort[phase];
    if (abort_phase == phase) return;
    uint8_t reason = fdir_reason(f);
    if (reason == REASON_NONE) return;
    mission_break_off(f, fdir_urgent(f) ? p->cam_phase : abort_phase, reason);
    guidance_step(f);
}

void mission_step(flight_t *f, const sensor_frame_t *s)
{
    mission_t *m = &f->mission;
    if (!f->started) mission_enter(f, f->params.start_phase);
    telecommand(f, s);
    uint8_t sensed = f->solution.dock_flags;
    bool captured = (sensed & DOCK_CAPTURED) != 0;
    bool leaving = m->retreat || m->cam; /* then contact alone does not stop it: the ports may still touch */
    bool docked = captured || ((sensed & DOCK_CONTACT) && !leaving);
    if (docked && !flight_law(f)->docked) enter_docked(f);
    if (flight_law(f)->docked) {
        if (captured) m->entry_us = f->t_us; /* one frame without it must not fire thrusters against the latches */
        else if (mission_phase_time_s(f) > CAPTURE_WAIT_S)
            mission_break_off(f, f->params.retreat_phase, REASON_MISSED_CONTACT);
    }
    guidance_step(f);
    if (flight_law(f)->burn != NULL) flight_law(f)->burn(f);
    mission_watch(f);
    advance(f);
}
