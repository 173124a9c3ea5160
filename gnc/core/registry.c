/* The lists: a new law, attitude, monitor or model adds its line here. */
#include "registry.h"

extern const law_t law_hold, law_hop, law_forced, law_docked, law_cam, law_drift, law_release, law_burn,
    law_circumnavigate, law_ellipse;
const law_t *const flight_laws[] = {&law_hold,    &law_hop,  &law_forced,         &law_docked,  &law_cam, &law_drift,
                                    &law_release, &law_burn, &law_circumnavigate, &law_ellipse, NULL};

extern const attitude_t attitude_mate, attitude_point_at, attitude_hold_lvlh, attitude_hold_inertial, attitude_sun,
    attitude_velocity;
const attitude_t *const flight_attitudes[] = {
    &attitude_mate, &attitude_point_at, &attitude_hold_lvlh, &attitude_hold_inertial, &attitude_sun, &attitude_velocity,
    NULL,
};

extern const monitor_t monitor_disagreement, monitor_corridor, monitor_closing_rate, monitor_attitude,
    monitor_missed_contact;
const monitor_t *const flight_monitors[] = {
    &monitor_disagreement, &monitor_corridor, &monitor_closing_rate, &monitor_attitude, &monitor_missed_contact, NULL,
};

extern const model_t model_imu, model_star, model_gnss, model_rgnss, model_camera, model_dock, model_lidar,
    model_bearing;
const model_t *const flight_models[] = {&model_imu,  &model_star,  &model_gnss,    &model_rgnss, &model_camera,
                                        &model_dock, &model_lidar, &model_bearing, NULL};

#define NAME_MAX 64

static const block_field_t no_fields[] = {BLOCK_END};

/* The row of a number in a list that ends with NULL, and then in the users' own. Most lists are in the order of their
 * numbers, so that the row is looked for there first. */
#define FIND(own, users, key, number) \
    do { \
        size_t likely = (size_t)(number) - (own)[0]->key; \
        if (likely < sizeof(own) / sizeof((own)[0]) - 1 && (own)[likely]->key == (number)) return (own)[likely]; \
        for (size_t i = 0; (own)[i] != NULL; i++) \
            if ((own)[i]->key == (number)) return (own)[i]; \
        for (size_t i = 0; (users)[i] != NULL; i++) \
            if ((users)[i]->key == (number)) return (users)[i]; \
        return NULL; \
    } while (0)

const law_t *flight_law_of(uint8_t id) { FIND(flight_laws, users_laws, id, id); }
const attitude_t *flight_attitude_of(uint8_t id) { FIND(flight_attitudes, users_attitudes, id, id); }
const monitor_t *flight_monitor_of(uint8_t id) { FIND(flight_monitors, users_monitors, id, id); }
const model_t *flight_model_of(uint8_t kind) { FIND(flight_models, users_models, kind, kind); }

/* The fields of a row that may not be there. */
#define FIELDS_OF(row) return (row) == NULL ? NULL : (row)->fields != NULL ? (row)->fields : no_fields

const block_field_t *flight_law_fields(uint8_t law) { FIELDS_OF(flight_law_of(law)); }
const block_field_t *flight_attitude_fields(uint8_t attitude) { FIELDS_OF(flight_attitude_of(attitude)); }
const block_field_t *flight_monitor_fields(uint8_t monitor) { FIELDS_OF(flight_monitor_of(monitor)); }
const block_field_t *flight_model_fields(uint8_t kind) { FIELDS_OF(flight_model_of(kind)); }

static const block_field_t point_fields[] = {POINT_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};
static const block_field_t follow_fields[] = {FOLLOW_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static bool same_name(const char *a, const char *b)
{
    size_t i = 0;
    while (i < NAME_MAX && a[i] != 0 && a[i] == b[i]) i++;
    return i < NAME_MAX && a[i] == b[i];
}

/* The fields behind those that `all` must begin with; NULL: it begins with others. */
static const block_field_t *behind(const block_field_t *all, const block_field_t *first)
{
    for (; first->name != NULL; first++, all++)
        if (all->name == NULL || !same_name(all->name, first->name)) return NULL;
    return all;
}

bool flight_law_declares_its_own(const law_t *law)
{
    const block_field_t *fields = law->fields != NULL ? law->fields : no_fields;
    if (law->has_point) fields = behind(fields, point_fields);
    if (fields != NULL && law->translation == TRANSLATION_FOLLOW) fields = behind(fields, follow_fields);
    return fields != NULL;
}

size_t flight_block_length(const block_field_t *fields)
{
    size_t length = 0;
    for (; fields->name != NULL; fields++) length += fields->count;
    return length;
}
