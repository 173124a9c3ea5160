/* The rows, found by their numbers. Their lists follow from definitions/values.h. */
#include "registry.h"

#define DECLARE_LAW(prefix, name, row, value, meaning) extern const law_t law_##row;
#define DECLARE_ATTITUDE(prefix, name, row, value, meaning) extern const attitude_t attitude_##row;
#define DECLARE_MONITOR(prefix, name, row, value, meaning) extern const monitor_t monitor_##row;
#define DECLARE_MODEL(prefix, name, row, value, meaning) extern const model_t model_##row;
LAW_ROWS(DECLARE_LAW)
ATTITUDE_ROWS(DECLARE_ATTITUDE)
MONITOR_ROWS(DECLARE_MONITOR)
KIND_ROWS(DECLARE_MODEL)

#define LAW(prefix, name, row, value, meaning) &law_##row,
#define ATTITUDE(prefix, name, row, value, meaning) &attitude_##row,
#define MONITOR(prefix, name, row, value, meaning) &monitor_##row,
#define MODEL(prefix, name, row, value, meaning) &model_##row,
const law_t *const flight_laws[] = {LAW_ROWS(LAW) NULL};
const attitude_t *const flight_attitudes[] = {ATTITUDE_ROWS(ATTITUDE) NULL};
const monitor_t *const flight_monitors[] = {MONITOR_ROWS(MONITOR) NULL};
const model_t *const flight_models[] = {KIND_ROWS(MODEL) NULL};

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
