/* The transition table by phase, so that a cycle looks only at the rows that may apply. */
#include "mission/mission.h"
#include "registry.h"

static bool has_gate(const flight_params_t *p, size_t row)
{
    for (size_t i = 0; i < FLIGHT_GUARDS; i++)
        if (p->transition_guard[FLIGHT_GUARDS * row + i] == GUARD_GATE) return true;
    return false;
}

void mission_init(const flight_params_t *p, graph_t *graph)
{
    uint8_t at = 0;
    for (uint32_t phase = 0; phase <= FLIGHT_PHASES; phase++) {
        uint8_t from = phase < FLIGHT_PHASES ? (uint8_t)phase : FLIGHT_ANY;
        graph->first[phase] = at;
        for (uint32_t row = 0; row < p->transition_count; row++)
            if (p->transition_from[row] == from) graph->row[at++] = (uint8_t)row;
    }
    graph->first[FLIGHT_PHASES + 1] = at;
    for (uint32_t phase = 0; phase < p->phase_count; phase++) {
        graph->goes_to[phase] = (uint8_t)phase;
        graph->gated[phase] = flight_law_of(p->phase_law[phase])->burn == NULL;
        for (uint32_t i = graph->first[phase]; i < graph->first[phase + 1]; i++) {
            uint8_t row = graph->row[i];
            if (p->transition_event[row] != EVENT_DONE) continue;
            graph->goes_to[phase] = p->transition_to[row];
            graph->gated[phase] = has_gate(p, row);
            break;
        }
    }
}
