/* The stage: when control acts at all. */
#include "control/control.h"

void control_clear(control_t *memory)
{
    for (size_t i = 0; i < 6; i++) memory->carried[i] = 0.0;
}

void control(const control_call_t *call, command_t *command)
{
    const intent_t *intent = call->intent;
    bool quiet = 1.0e-6 * elem_from_u64(intent->t_us) < call->p->quiet_start_s;
    bool off = (intent->overlay & (OVERLAY_FREE_DRIFT | OVERLAY_INHIBITED)) != 0;
    control_watch_thrusters(call);
    command->shut = call->memory->health.shut;
    call->progress->saturated = false;
    call->progress->fired = false;
    if (intent->entry != call->memory->entry || call->reference->clear) control_clear(call->memory);
    call->memory->entry = intent->entry;
    if (intent->nav_mode == MODE_DOCKED) command->mechanism = intent->mechanism;
    if (intent->nav_mode == MODE_DOCKED || off || quiet) {
        control_clear(call->memory);
        return;
    }
    control_attitude(call);
    control_translation(call);
    control_allocate(call, command);
    command->mechanism = intent->mechanism;
}
