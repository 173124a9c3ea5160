/* The lists of users' own rows, made by gnc.modules; PROXOPS_MODULES puts others in their place. */
#include "registry.h"

const law_t *const users_laws[] = {NULL};
const attitude_t *const users_attitudes[] = {NULL};
const monitor_t *const users_monitors[] = {NULL};
const model_t *const users_models[] = {NULL};
const user_row_t users_rows[] = {{NULL, NULL, 0}};
