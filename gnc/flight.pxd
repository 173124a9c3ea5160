"""The flight core's public header for Cython. The C compiler checks every name; sizes and offsets come from C."""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t

from gnc.definitions cimport (
    command_t, flight_params_t, intent_t, progress_t, reference_t, sensor_frame_t, solution_t, telemetry_t,
)

cdef extern from "flight_state.h" nogil:
    enum:
        HISTORY

cdef extern from "flight.h" nogil:
    enum:
        FLIGHT_THRUSTERS
        FLIGHT_PHASES
        FLIGHT_SLOTS
        MEASUREMENT_VALUES
        FLIGHT_INSTRUMENTS
        FLIGHT_BLOCK
        FLIGHT_TRANSITIONS
        FLIGHT_GUARDS
        FLIGHT_MONITORS
        FLIGHT_ANY
    enum:
        FLIGHT_OK
        FLIGHT_ERR_NULL
        FLIGHT_ERR_PARAM
        FLIGHT_ERR_FRAME
        FLIGHT_ERR_NOT_INIT
        FLIGHT_ERR_FPU
    enum:
        TYPE_F64
        TYPE_F32
        TYPE_U64
        TYPE_U32
        TYPE_U16
        TYPE_U8
        TYPE_MEASUREMENT
    ctypedef struct flight_field_t:
        const char *name
        const char *unit
        const char *meaning
        double lo
        double hi
        uint32_t offset
        uint16_t count
        uint8_t type
        uint8_t is_vector
    ctypedef struct flight_layout_t:
        const char *name
        const flight_field_t *fields
        uint32_t field_count
        uint32_t size
    const flight_layout_t flight_measurement_layout
    const flight_layout_t flight_sensor_layout
    const flight_layout_t flight_solution_layout
    const flight_layout_t flight_intent_layout
    const flight_layout_t flight_reference_layout
    const flight_layout_t flight_progress_layout
    const flight_layout_t flight_command_layout
    const flight_layout_t flight_telemetry_layout
    const flight_layout_t flight_param_layout

    ctypedef struct block_field_t:
        const char *name
        const char *unit
        const char *meaning
        double lo
        double hi
        uint16_t count
        bint is_vector
    ctypedef struct user_row_t:
        const char *type
        const char *name
        uint8_t id
    const user_row_t users_rows[]
    const block_field_t *flight_law_fields(uint8_t law)
    const block_field_t *flight_attitude_fields(uint8_t attitude)
    const block_field_t *flight_monitor_fields(uint8_t monitor)
    const block_field_t *flight_model_fields(uint8_t kind)

    enum:
        FLIGHT_TABLES
    ctypedef struct flight_value_t:
        const char *name
        const char *meaning
        uint32_t value
    ctypedef struct flight_table_t:
        const char *name
        const flight_value_t *values
        uint32_t value_count
        bint bits
    const flight_table_t flight_tables[]
    ctypedef struct flight_component_t:
        const char *name
        const char *unit
        const char *meaning
        uint8_t kind
        uint8_t count
    const flight_component_t flight_components[]
    const uint32_t flight_component_count

    ctypedef struct flight_t
    enum:
        STAGE_NAVIGATE
        STAGE_GUIDE
        STAGE_DECIDE
        STAGE_CONTROL
        STAGES
        FLIGHT_ERR_STAGE
    ctypedef struct flight_stages_t:
        uint32_t replaced
        void *context
        int32_t (*run)(void *context, uint32_t stage, const sensor_frame_t *sensors, command_t *command) noexcept nogil
    ctypedef struct flight_frames_t:
        solution_t *solution
        intent_t *intent
        reference_t *reference
        progress_t *progress
    flight_frames_t flight_frames(flight_t *flight)
    void flight_run_stage(flight_t *flight, uint32_t stage, const sensor_frame_t *sensors, command_t *command)
    int32_t flight_step_with(flight_t *flight, const sensor_frame_t *sensors, command_t *command, telemetry_t *telemetry,
                             const flight_stages_t *stages)
    size_t flight_size()
    int32_t flight_init(flight_t *flight, const flight_params_t *params, uint32_t *bad_field)
    int32_t flight_step(flight_t *flight, const sensor_frame_t *sensors, command_t *command, telemetry_t *telemetry)

cdef class Flight:
    cdef flight_t *state
    cdef flight_stages_t stages
    cdef list replaced              # callable of each stage, or None
    cdef list native                # what runs the core's own of each stage
    cdef tuple frames               # views of what the stages exchange
    cdef object sensors, command    # views of copies of what only one stage sees
    cdef sensor_frame_t sensors_now
    cdef command_t command_now
    cdef readonly object failure
    cdef bint _run(self, uint32_t stage, const sensor_frame_t *sensors, command_t *command) noexcept
