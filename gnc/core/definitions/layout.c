/* Descriptors of the frames and of the tables of values, expanded from the definitions. */
#include "flight.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))
#define T_f64 TYPE_F64
#define T_f32 TYPE_F32
#define T_u64 TYPE_U64
#define T_u32 TYPE_U32
#define T_u16 TYPE_U16
#define T_u8 TYPE_U8
#define T_measurement_t TYPE_MEASUREMENT
#define FIELD(owner, type, name, count, vector, lo, hi, unit, meaning) \
    {#name,    unit,  meaning, (double)(lo), (double)(hi), (uint32_t)offsetof(owner, name), (uint16_t)(count), \
     T_##type, vector},

#define VALUE(prefix, name, value, meaning) {#name, meaning, value},
#define ROW(prefix, name, row, value, meaning) {#name, meaning, value},

#define S_MEASUREMENT(type, name, unit, meaning) FIELD(measurement_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_MEASUREMENT(type, name, count, unit, meaning) FIELD(measurement_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_SENSOR(type, name, unit, meaning) FIELD(sensor_frame_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_SENSOR(type, name, count, unit, meaning) FIELD(sensor_frame_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_SOLUTION(type, name, unit, meaning) FIELD(solution_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_SOLUTION(type, name, count, unit, meaning) FIELD(solution_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_INTENT(type, name, unit, meaning) FIELD(intent_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_INTENT(type, name, count, unit, meaning) FIELD(intent_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_REFERENCE(type, name, unit, meaning) FIELD(reference_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_REFERENCE(type, name, count, unit, meaning) FIELD(reference_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_PROGRESS(type, name, unit, meaning) FIELD(progress_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_PROGRESS(type, name, count, unit, meaning) FIELD(progress_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_COMMAND(type, name, unit, meaning) FIELD(command_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_COMMAND(type, name, count, unit, meaning) FIELD(command_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_TELEMETRY(type, name, unit, meaning) FIELD(telemetry_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_TELEMETRY(type, name, count, unit, meaning) FIELD(telemetry_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_PARAM(type, name, lo, hi, unit, meaning) FIELD(flight_params_t, type, name, 1, 0, lo, hi, unit, meaning)
#define V_PARAM(type, name, count, lo, hi, unit, meaning) \
    FIELD(flight_params_t, type, name, count, 1, lo, hi, unit, meaning)

static const flight_field_t measurement_fields[] = {MEASUREMENT_FIELDS(S_MEASUREMENT, V_MEASUREMENT)};
static const flight_field_t sensor_fields[] = {SENSOR_FRAME_FIELDS(S_SENSOR, V_SENSOR, V_SENSOR)};
static const flight_field_t solution_fields[] = {SOLUTION_FIELDS(S_SOLUTION, V_SOLUTION)};
static const flight_field_t intent_fields[] = {INTENT_FIELDS(S_INTENT, V_INTENT)};
static const flight_field_t reference_fields[] = {REFERENCE_FIELDS(S_REFERENCE, V_REFERENCE)};
static const flight_field_t progress_fields[] = {PROGRESS_FIELDS(S_PROGRESS, V_PROGRESS)};
static const flight_field_t command_fields[] = {COMMAND_FIELDS(S_COMMAND, V_COMMAND)};
static const flight_field_t telemetry_fields[] = {TELEMETRY_FIELDS(S_TELEMETRY, V_TELEMETRY)};
static const flight_field_t param_fields[] = {PARAM_FIELDS(S_PARAM, V_PARAM)};

/* The digest of a flight and every structured view take the bytes of these structs: a byte of
 * padding would be a byte of chance. */
#define BYTES_S(type, name, ...) +sizeof(type)
#define BYTES_V(type, name, count, ...) +sizeof(type) * (count)
#define NO_PADDING(owner, bytes) typedef char no_padding_in_##owner[(sizeof(owner) == (0 bytes)) ? 1 : -1]
NO_PADDING(measurement_t, MEASUREMENT_FIELDS(BYTES_S, BYTES_V));
NO_PADDING(sensor_frame_t, SENSOR_FRAME_FIELDS(BYTES_S, BYTES_V, BYTES_V));
NO_PADDING(solution_t, SOLUTION_FIELDS(BYTES_S, BYTES_V));
NO_PADDING(intent_t, INTENT_FIELDS(BYTES_S, BYTES_V));
NO_PADDING(reference_t, REFERENCE_FIELDS(BYTES_S, BYTES_V));
NO_PADDING(progress_t, PROGRESS_FIELDS(BYTES_S, BYTES_V));
NO_PADDING(command_t, COMMAND_FIELDS(BYTES_S, BYTES_V));
NO_PADDING(telemetry_t, TELEMETRY_FIELDS(BYTES_S, BYTES_V));
NO_PADDING(flight_params_t, PARAM_FIELDS(BYTES_S, BYTES_V));

const flight_layout_t flight_measurement_layout = {"measurement", measurement_fields, COUNT(measurement_fields),
                                                   sizeof(measurement_t)};
const flight_layout_t flight_sensor_layout = {"sensor_frame", sensor_fields, COUNT(sensor_fields),
                                              sizeof(sensor_frame_t)};
const flight_layout_t flight_solution_layout = {"solution", solution_fields, COUNT(solution_fields),
                                                sizeof(solution_t)};
const flight_layout_t flight_intent_layout = {"intent", intent_fields, COUNT(intent_fields), sizeof(intent_t)};
const flight_layout_t flight_reference_layout = {"reference", reference_fields, COUNT(reference_fields),
                                                 sizeof(reference_t)};
const flight_layout_t flight_progress_layout = {"progress", progress_fields, COUNT(progress_fields),
                                                sizeof(progress_t)};
const flight_layout_t flight_command_layout = {"command", command_fields, COUNT(command_fields), sizeof(command_t)};
const flight_layout_t flight_telemetry_layout = {"telemetry", telemetry_fields, COUNT(telemetry_fields),
                                                 sizeof(telemetry_t)};
const flight_layout_t flight_param_layout = {"flight_params", param_fields, COUNT(param_fields),
                                             sizeof(flight_params_t)};

static const flight_value_t telecommand_values[] = {TELECOMMAND_VALUES(VALUE)};
static const flight_value_t flag_values[] = {FLAG_VALUES(VALUE)};
static const flight_value_t law_values[] = {LAW_ROWS(ROW)};
static const flight_value_t reason_values[] = {REASON_VALUES(VALUE)};
static const flight_value_t monitor_values[] = {MONITOR_ROWS(ROW)};
static const flight_value_t point_values[] = {POINT_VALUES(VALUE)};
static const flight_value_t frame_values[] = {FRAME_VALUES(VALUE)};
static const flight_value_t attitude_values[] = {ATTITUDE_ROWS(ROW)};
static const flight_value_t mode_values[] = {MODE_VALUES(VALUE)};
static const flight_value_t overlay_values[] = {OVERLAY_VALUES(VALUE)};
static const flight_value_t event_values[] = {EVENT_VALUES(VALUE)};
static const flight_value_t guard_values[] = {GUARD_VALUES(VALUE)};
static const flight_value_t kind_values[] = {KIND_VALUES(VALUE) KIND_ROWS(ROW)};
static const flight_value_t dock_values[] = {DOCK_VALUES(VALUE)};
static const flight_value_t mechanism_values[] = {MECHANISM_VALUES(VALUE)};
static const flight_value_t target_values[] = {TARGET_VALUES(VALUE)};
static const flight_value_t instrument_values[] = {INSTRUMENT_VALUES(VALUE)};
static const flight_value_t quality_values[] = {QUALITY_VALUES(VALUE)};

#define TABLE(name, values, bits) {name, values, COUNT(values), bits}
const flight_table_t flight_tables[FLIGHT_TABLES] = {
    TABLE("Telecommand", telecommand_values, false),
    TABLE("Flag", flag_values, true),
    TABLE("Law", law_values, false),
    TABLE("Reason", reason_values, false),
    TABLE("Monitor", monitor_values, false),
    TABLE("Point", point_values, false),
    TABLE("Frame", frame_values, false),
    TABLE("Attitude", attitude_values, false),
    TABLE("Mode", mode_values, false),
    TABLE("Overlay", overlay_values, true),
    TABLE("Event", event_values, false),
    TABLE("Guard", guard_values, false),
    TABLE("Kind", kind_values, false),
    TABLE("Dock", dock_values, true),
    TABLE("Mechanism", mechanism_values, true),
    TABLE("Target", target_values, false),
    TABLE("Instrument", instrument_values, true),
    TABLE("Quality", quality_values, false),
};

#define COMPONENT(kind, name, count, unit, meaning) {#name, unit, meaning, KIND_##kind, count},
const flight_component_t flight_components[] = {KIND_COMPONENTS(COMPONENT)};
const uint32_t flight_component_count = COUNT(flight_components);
