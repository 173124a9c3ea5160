/* The walk through the graph: which events have happened, which transition they make, what telecommands lay over it. */
#include "mission/mission.h"

#include "registry.h"

#define HELD_M 0.15 /* from port to port: nearer than this to where it docks ... */
#define GONE_THROUGH_M 0.1 /* ... and so far behind its reference, the chaser is held */
#define TOUCHING_M 1.5 /* from port to port, as estimated: further apart no mechanism can sense contact */
#define GATE_ATTITUDE_SHARE 0.5 /* of the largest attitude error: what the gate lets pass */

/* What the transitions of a cycle are judged on. */
typedef struct {
    const flight_params_t *p;
    const solution_t *solution;
    const progress_t *progress;
    mission_t *memory;
    intent_t *intent;
    uint16_t opcode; /* of a telecommand that is new in this cycle; TC_NONE */
    uint8_t sensed; /* what is believed of what the docking mechanism senses */
    bool monitored; /* level and reason are known */
    uint8_t level, reason;
} cycle_t;

#define PORTS 8 /* whose mechanisms a phase can command */

/* What a phase tells the mechanisms, as the command says it. */
static uint32_t mechanism_of(uint16_t phase)
{
    uint32_t mechanism = 0;
    for (uint32_t port = 0; port < PORTS; port++) {
        if (phase & (1u << port)) mechanism |= (uint32_t)MECHANISM_ARM << port;
        if (phase & (1u << (port + PORTS))) mechanism |= (uint32_t)MECHANISM_RELEASE << port;
    }
    return mechanism;
}

void mission_enter(const flight_params_t *p, mission_t *m, uint8_t phase, bool after_done, intent_t *intent)
{
    const law_t *law = flight_law_of(p->phase_law[phase]);
    intent->previous_phase = intent->phase;
    intent->phase = m->phase = phase;
    intent->law = law->id;
    intent->nav_mode = law->nav_mode;
    intent->entry_us = intent->t_us;
    intent->entry++;
    intent->begins = after_done;
    intent->overlay = (uint8_t)(intent->overlay & ~(unsigned)OVERLAY_HELD);
    intent->gate_open = false;
    intent->mechanism = mechanism_of(p->phase_mechanism[phase]);
    if (m->entries[phase] < UINT16_MAX) m->entries[phase]++;
    m->go = m->apart = m->captured = false;
}

static bool has_law(const flight_params_t *p, uint8_t phase, uint8_t law)
{
    return phase < p->phase_count && p->phase_law[phase] == law;
}

void mission_mend(const flight_params_t *p, mission_t *m, intent_t *intent)
{
    if (has_law(p, m->phase, intent->law)) intent->phase = m->phase;
    else if (has_law(p, intent->phase, intent->law)) m->phase = intent->phase;
    else if (m->phase < p->phase_count) intent->phase = m->phase;
    else intent->phase = m->phase = intent->phase < p->phase_count ? intent->phase : (uint8_t)p->start_phase;
    intent->law = p->phase_law[intent->phase];
    intent->nav_mode = flight_law_of(intent->law)->nav_mode;
    intent->mechanism = mechanism_of(p->phase_mechanism[intent->phase]);
    intent->overlay &= OVERLAY_HELD | OVERLAY_FREE_DRIFT | OVERLAY_INHIBITED;
    if (intent->previous_phase >= p->phase_count) intent->previous_phase = intent->phase;
}

void mission_start(const flight_params_t *p, mission_t *m, uint64_t t_us, intent_t *intent)
{
    intent->t_us = t_us;
    mission_enter(p, m, (uint8_t)p->start_phase, false, intent);
    intent->previous_phase = intent->phase;
}

static bool all_healthy(const solution_t *s, uint16_t instruments)
{
    for (size_t i = 0; instruments != 0; i++, instruments = (uint16_t)(instruments >> 1))
        if ((instruments & 1u) && !instrument_healthy(s, i)) return false;
    return true;
}

/* The first instrument lost of those; FLIGHT_ANY: none. */
static uint8_t first_lost(const solution_t *s, uint16_t instruments)
{
    for (uint8_t i = 0; instruments != 0; i++, instruments = (uint16_t)(instruments >> 1))
        if ((instruments & 1u) && instrument_lost(s, i)) return i;
    return FLIGHT_ANY;
}

static uint16_t instruments_of(const cycle_t *c, uint8_t argument)
{
    if (argument == FLIGHT_ANY) return c->p->phase_needs[c->intent->phase];
    return (uint16_t)(1u << argument);
}

/* The gate out of a phase: at the point, at rest against it, attitude under control, every instrument that this phase
 * and the next one need alive. */
static bool gate_open(const cycle_t *c, uint8_t to)
{
    const flight_params_t *p = c->p;
    uint8_t phase = c->intent->phase;
    return !(c->progress->error_r_m > p->phase_gate_r_m[phase]) &&
           !(c->progress->error_v_mps > p->phase_gate_v_mps[phase]) &&
           !(c->progress->error_attitude_rad > GATE_ATTITUDE_SHARE * p->attitude_max_rad) &&
           all_healthy(c->solution, (uint16_t)(p->phase_needs[phase] | p->phase_needs[to]));
}

static bool holds(const cycle_t *c, uint8_t guard, uint16_t argument, uint8_t to)
{
    switch (guard) {
    case GUARD_GATE: return gate_open(c, to);
    case GUARD_GO: return c->memory->go;
    case GUARD_ENTRIES: return c->memory->entries[to] < argument;
    case GUARD_WITHIN: return vec3_norm(c->solution->r_hill_m) < (double)argument;
    case GUARD_BEYOND: return vec3_norm(c->solution->r_hill_m) > (double)argument;
    case GUARD_HEALTHY: return argument < FLIGHT_INSTRUMENTS && instrument_healthy(c->solution, argument);
    default: return true;
    }
}

static uint8_t level(cycle_t *c)
{
    if (!c->monitored) {
        c->level = fdir_level(c->p, c->solution, c->intent, c->progress, &c->reason);
        if (c->level == LEVEL_NONE && c->memory->contradicted) {
            c->level = LEVEL_TRIPS;
            c->reason = REASON_INSTRUMENT;
        }
    }
    c->monitored = true;
    return c->level;
}

static bool timed_out(const cycle_t *c)
{
    double limit_s = c->p->phase_timeout_s[c->intent->phase];
    return limit_s > 0.0 && 1.0e-6 * elem_from_u64(c->intent->t_us - c->intent->entry_us) > limit_s;
}

static bool happened(cycle_t *c, uint8_t event, uint8_t argument)
{
    uint8_t sensed = c->sensed;
    switch (event) {
    case EVENT_DONE: return c->progress->done && !(c->intent->overlay & OVERLAY_HELD);
    case EVENT_TIMEOUT: return timed_out(c);
    case EVENT_MONITOR: return level(c) >= (argument == LEVEL_URGENT ? LEVEL_URGENT : LEVEL_TRIPS);
    case EVENT_TELECOMMAND: return c->opcode != TC_NONE && c->opcode == argument;
    case EVENT_LOST: return first_lost(c->solution, instruments_of(c, argument)) != FLIGHT_ANY;
    case EVENT_FOUND: return all_healthy(c->solution, instruments_of(c, argument));
    case EVENT_CONTACT: return (sensed & DOCK_CONTACT) != 0 && c->memory->apart;
    case EVENT_CAPTURED: return (sensed & DOCK_CAPTURED) != 0;
    case EVENT_RELEASED: return c->memory->captured && !(sensed & DOCK_CAPTURED);
    case EVENT_ALWAYS: return true;
    default: return false;
    }
}

static uint8_t reason_of_loss(uint8_t kind)
{
    switch (kind) {
    case KIND_STAR: return REASON_STAR;
    case KIND_RGNSS: return REASON_RGNSS;
    case KIND_CAMERA: return REASON_CAMERA;
    default: return REASON_INSTRUMENT;
    }
}

/* Why the approach is broken off by a transition; the reason so far where it goes on as planned. */
static uint8_t reason_of(const cycle_t *c, uint8_t event, uint8_t argument)
{
    switch (event) {
    case EVENT_TIMEOUT: return c->intent->nav_mode == MODE_DOCKED ? REASON_MISSED_CONTACT : REASON_TIMEOUT;
    case EVENT_MONITOR: return c->reason;
    case EVENT_TELECOMMAND: return argument == TC_GO ? c->intent->reason : REASON_TELECOMMAND;
    case EVENT_LOST: return reason_of_loss(c->p->instrument_kind[first_lost(c->solution, instruments_of(c, argument))]);
    case EVENT_RELEASED: return REASON_RELEASED;
    default: return c->intent->reason;
    }
}

static bool applies(cycle_t *c, uint8_t row)
{
    const flight_params_t *p = c->p;
    uint8_t to = p->transition_to[row];
    if (to == c->intent->phase && p->transition_from[row] == FLIGHT_ANY) return false;
    if (!happened(c, p->transition_event[row], p->transition_event_arg[row])) return false;
    for (size_t i = FLIGHT_GUARDS * (size_t)row; i < FLIGHT_GUARDS * ((size_t)row + 1); i++)
        if (!holds(c, p->transition_guard[i], p->transition_guard_arg[i], to)) return false;
    return true;
}

/* The first row that applies: those of the phase before those of any; FLIGHT_ANY: none. */
static uint8_t first_of(cycle_t *c, const graph_t *graph, size_t group)
{
    for (uint32_t i = graph->first[group]; i < graph->first[group + 1]; i++)
        if (applies(c, graph->row[i])) return graph->row[i];
    return FLIGHT_ANY;
}

/* Takes a transition; true when guidance has to run for it in this cycle. */
static void take(cycle_t *c, uint8_t row)
{
    intent_t *intent = c->intent;
    uint8_t event = c->p->transition_event[row], argument = c->p->transition_event_arg[row];
    uint8_t reason = reason_of(c, event, argument);
    if (event == EVENT_TELECOMMAND) {
        intent->tc_rejected = false;
        if (argument != TC_GO) /* a commanded break-off fires, so it ends a free drift */
            intent->overlay = (uint8_t)(intent->overlay & ~(unsigned)OVERLAY_FREE_DRIFT);
    }
    mission_enter(c->p, c->memory, c->p->transition_to[row], event == EVENT_DONE, intent);
    intent->reason = reason;
}

/* The telecommand's number when it is new. */
static uint16_t take_telecommand(mission_t *m, const telecommand_t *tc)
{
    if (tc->opcode == TC_NONE || (m->tc_seen && tc->seq == m->tc_seq)) return TC_NONE;
    m->tc_seen = true;
    m->tc_seq = tc->seq;
    return tc->opcode;
}

/* What a telecommand lays over the phase; false: it is none of these, or not possible. */
static bool lay_over(cycle_t *c)
{
    intent_t *intent = c->intent;
    unsigned overlay = intent->overlay;
    switch (c->opcode) {
    case TC_GO: c->memory->go = true; return true;
    case TC_HOLD:
        if (flight_law_of(intent->law)->translation != TRANSLATION_FOLLOW) return false;
        overlay |= OVERLAY_HELD;
        break;
    case TC_RESUME:
        if (overlay == 0) return false;
        overlay = (overlay & OVERLAY_HELD) ? overlay & ~(unsigned)OVERLAY_HELD : 0u;
        break;
    case TC_FREE_DRIFT: intent->overlay = (uint8_t)(overlay | OVERLAY_FREE_DRIFT); return true;
    case TC_INHIBIT: intent->overlay = (uint8_t)(overlay | OVERLAY_INHIBITED); return true;
    default: return false;
    }
    intent->overlay = (uint8_t)overlay;
    intent->restart++;
    return true;
}

/* While the chaser flies free, contact and capture are believed only of ports that can be where they touch: a mechanism
 * that senses them elsewhere is not believed again. Where an armed port stands still in the other while its reference
 * has gone on through, it is held, whatever the mechanism says. */
static uint8_t believed(const solution_t *s, const progress_t *progress, const intent_t *intent, mission_t *m)
{
    double apart = vec3_norm(s->r_port_tport_m);
    if (intent->nav_mode != MODE_NORMAL) return s->dock_flags;
    if (apart > TOUCHING_M && (s->dock_flags & (DOCK_CONTACT | DOCK_CAPTURED))) m->contradicted = true;
    bool armed = (intent->mechanism & 0xFFFFu) != 0;
    m->inferred = armed && apart < HELD_M && progress->error_r_m > GONE_THROUGH_M;
    if (m->inferred) return DOCK_CONTACT | DOCK_CAPTURED;
    return m->contradicted || apart > TOUCHING_M ? 0 : s->dock_flags;
}

/* Contact and capture, as far as they outlast a cycle. */
static void watch_ports(const cycle_t *c)
{
    mission_t *m = c->memory;
    if (!m->apart &&
        vec3_norm(c->solution->r_port_tport_m) >= (double)c->p->phase_ignores_contact_until_m[c->intent->phase])
        m->apart = true;
    bool docked = c->intent->nav_mode == MODE_DOCKED;
    if ((c->sensed & DOCK_CAPTURED) || (docked && m->inferred)) m->captured = true;
    /* Once captured, a mechanism that falls silent must not fire thrusters against the latches. */
    if (docked && m->captured) c->intent->entry_us = c->intent->t_us;
}

bool decide(const flight_params_t *p, const graph_t *graph, mission_t *m, const solution_t *solution,
            const progress_t *progress, const telecommand_t *telecommand, intent_t *intent)
{
    cycle_t c = {p,
                 solution,
                 progress,
                 m,
                 intent,
                 take_telecommand(m, telecommand),
                 believed(solution, progress, intent, m),
                 false,
                 LEVEL_NONE,
                 REASON_NONE};
    uint32_t entry = intent->entry, restart = intent->restart;
    if (c.opcode != TC_NONE) intent->tc_rejected = !lay_over(&c);
    watch_ports(&c);
    uint8_t phase = intent->phase;
    intent->gate_open = !graph->gated[phase] || gate_open(&c, graph->goes_to[phase]);
    uint8_t row = first_of(&c, graph, phase);
    if (row == FLIGHT_ANY) row = first_of(&c, graph, FLIGHT_PHASES);
    if (row != FLIGHT_ANY) take(&c, row);
    return intent->entry != entry || intent->restart != restart;
}
