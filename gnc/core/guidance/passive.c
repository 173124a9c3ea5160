/* Laws that steer nothing: docked, no thruster fires; drifting, the attitude is held. */
#include "registry.h"

const law_t law_docked = {.id = LAW_DOCKED, .translation = TRANSLATION_NONE, .nav_mode = MODE_DOCKED};
const law_t law_drift = {.id = LAW_DRIFT, .translation = TRANSLATION_NONE};
