/* Descriptors of the public frames, expanded from the tables in flight.h. */
#include "flight.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))
#define T_f64 TYPE_F64
#define T_f32 TYPE_F32
#define T_u64 TYPE_U64
#define T_u32 TYPE_U32
#define T_u16 TYPE_U16
#define T_u8 TYPE_U8
#define FIELD(owner, type, name, count, vector, lo, hi, unit, meaning) \
    {#name, unit, meaning, (double)(lo), (double)(hi), (uint32_t)offsetof(owner, name), (uint16_t)(count), T_##type, vector},

#define S_SENSOR(type, name, unit, meaning) FIELD(sensor_frame_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_SENSOR(type, name, count, unit, meaning) FIELD(sensor_frame_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_COMMAND(type, name, unit, meaning) FIELD(command_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_COMMAND(type, name, count, unit, meaning) FIELD(command_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_TELEMETRY(type, name, unit, meaning) FIELD(telemetry_t, type, name, 1, 0, 0, 0, unit, meaning)
#define V_TELEMETRY(type, name, count, unit, meaning) FIELD(telemetry_t, type, name, count, 1, 0, 0, unit, meaning)
#define S_PARAM(type, name, lo, hi, unit, meaning) FIELD(flight_params_t, type, name, 1, 0, lo, hi, unit, meaning)
#define V_PARAM(type, name, count, lo, hi, unit, meaning) FIELD(flight_params_t, type, name, count, 1, lo, hi, unit, meaning)

static const flight_field_t sensor_fields[] = {SENSOR_FRAME_FIELDS(S_SENSOR, V_SENSOR)};
static const flight_field_t command_fields[] = {COMMAND_FIELDS(S_COMMAND, V_COMMAND)};
static const flight_field_t telemetry_fields[] = {TELEMETRY_FIELDS(S_TELEMETRY, V_TELEMETRY)};
static const flight_field_t param_fields[] = {PARAM_FIELDS(S_PARAM, V_PARAM)};

/* The digest of a flight and every structured view take the bytes of these structs: a byte of
 * padding would be a byte of chance. */
#define BYTES_S(type, name, ...) +sizeof(type)
#define BYTES_V(type, name, count, ...) +sizeof(type) * (count)
#define NO_PADDING(owner, fields) typedef char no_padding_in_##owner[(sizeof(owner) == (0 fields(BYTES_S, BYTES_V))) ? 1 : -1]
NO_PADDING(sensor_frame_t, SENSOR_FRAME_FIELDS);
NO_PADDING(command_t, COMMAND_FIELDS);
NO_PADDING(telemetry_t, TELEMETRY_FIELDS);
NO_PADDING(flight_params_t, PARAM_FIELDS);

const flight_layout_t flight_sensor_layout = {"sensor_frame", sensor_fields, COUNT(sensor_fields), sizeof(sensor_frame_t)};
const flight_layout_t flight_command_layout = {"command", command_fields, COUNT(command_fields), sizeof(command_t)};
const flight_layout_t flight_telemetry_layout = {"telemetry", telemetry_fields, COUNT(telemetry_fields), sizeof(telemetry_t)};
const flight_layout_t flight_param_layout = {"flight_params", param_fields, COUNT(param_fields), sizeof(flight_params_t)};
