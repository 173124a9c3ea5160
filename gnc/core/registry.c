/* The lists: a new law, monitor or model adds its line here. */
#include "registry.h"

extern const law_t law_hold, law_hop, law_forced, law_docked, law_cam, law_drift;
const law_t *const flight_laws[] = {&law_hold, &law_hop, &law_forced, &law_docked, &law_cam, &law_drift, NULL};

extern const monitor_t monitor_camera, monitor_rgnss, monitor_star, monitor_disagreement, monitor_corridor,
    monitor_closing_rate, monitor_attitude, monitor_missed_contact, monitor_timeout;
const monitor_t *const flight_monitors[] = {
    &monitor_camera,       &monitor_rgnss,    &monitor_star,           &monitor_disagreement, &monitor_corridor,
    &monitor_closing_rate, &monitor_attitude, &monitor_missed_contact, &monitor_timeout,      NULL,
};

extern const model_t model_imu, model_star, model_gnss, model_rgnss, model_camera, model_dock;
const model_t *const flight_models[] = {&model_imu,    &model_star, &model_gnss, &model_rgnss,
                                        &model_camera, &model_dock, NULL};

const law_t *flight_law_of(uint8_t id)
{
    for (size_t i = 0; flight_laws[i] != NULL; i++)
        if (flight_laws[i]->id == id) return flight_laws[i];
    return NULL;
}

const block_field_t flight_no_fields[] = {BLOCK_END};

const block_field_t *flight_law_fields(uint8_t law)
{
    const law_t *found = flight_law_of(law);
    if (found == NULL) return NULL;
    return found->fields != NULL ? found->fields : flight_no_fields;
}

const block_field_t *flight_model_fields(uint8_t kind)
{
    const model_t *found = flight_model_of(kind);
    if (found == NULL) return NULL;
    return found->fields != NULL ? found->fields : flight_no_fields;
}

const void *flight_law_block(const flight_t *f)
{
    return &f->params.block[f->params.phase_block_offset[f->mission.phase]];
}

const law_t *flight_law(const flight_t *f) { return flight_law_of(f->params.phase_law[f->mission.phase]); }

const model_t *flight_model_of(uint8_t kind)
{
    for (size_t i = 0; flight_models[i] != NULL; i++)
        if (flight_models[i]->kind == kind) return flight_models[i];
    return NULL;
}

size_t flight_first_of(const flight_t *f, uint8_t kind)
{
    for (size_t i = 0; i < f->params.instrument_count; i++)
        if (f->params.instrument_kind[i] == kind) return i;
    return 0;
}
