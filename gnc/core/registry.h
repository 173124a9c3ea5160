/* Registries of guidance laws, attitudes, monitors and measurement models. Each is a constant table of functions in its
 * own file, listed in definitions/values.h. Code outside a law's file never tests which law is active, only a property
 * of its table. */
#ifndef PROXOPS_REGISTRY_H
#define PROXOPS_REGISTRY_H

#include "fdir/fdir.h"
#include "guidance/guidance.h"
#include "nav/nav.h"

/* Each ends with NULL. */
extern const law_t *const flight_laws[];
extern const attitude_t *const flight_attitudes[];
extern const monitor_t *const flight_monitors[];
extern const model_t *const flight_models[];
/* The same of users' own modules: users.c. */
extern const law_t *const users_laws[];
extern const attitude_t *const users_attitudes[];
extern const monitor_t *const users_monitors[];
extern const model_t *const users_models[];

/* The row of a number; NULL: none. */
const law_t *flight_law_of(uint8_t id);
const attitude_t *flight_attitude_of(uint8_t id);
const monitor_t *flight_monitor_of(uint8_t id);
/* Its fields begin as those of a law with its properties must (law_t). */
bool flight_law_declares_its_own(const law_t *law);

#endif
