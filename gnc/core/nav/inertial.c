/* The inertial measurement: of each unit taken once, in its own cycle or not at all; of several units the vote.
 * Conditions and why: docs/design/nav_imu.md. */
#include "nav/nav.h"

#define IMU_VALUES 6
#define GYRO 0  /* the halves of a measurement: where their increments begin */
#define ACCEL 3
/* No gyro and no accelerometer of a spacecraft reads more: beyond, the increment is an error. */
#define RATE_MAX_RADPS 10.0
#define ACCEL_MAX_MPS2 1000.0
/* What the load of ports that touch adds to what thrusters can do in a cycle, and how near they have to be for it. */
#define CONTACT_MPS 0.5
#define CONTACT_RADPS 0.1
#define MARGIN 1.5 /* on what all thrusters together can do: their force, mass and inertia are nominal */
#define SILENT_MAX 100 /* cycles without a measurement over which the reach of the thrusters is counted */
#define LEARNT_S 60.0 /* for so long the difference of a unit from the vote is averaged, and kept from then on */
#define UNLEARNT 3.0 /* until then it may differ by so many times as much */
#define REJOIN_S 10.0 /* a unit that was lost agrees for so long before it votes again */

/* A unit's increments in body axes, less its offset. */
typedef struct {
    size_t instrument, unit;
    double z[IMU_VALUES];
    bool good[2]; /* gyro and accelerometer: finite and in range */
    bool votes;
} reading_t;

static bool usable(const flight_params_t *p, nav_t *nav, const measurement_t *m, reading_t *r)
{
    sensor_track_t *track = &nav->track[m->instrument];
    double dt = p->cycle_s;
    bool fresh = m->count == IMU_VALUES && (!track->seen || m->seq != track->seq) && nav_of_this_cycle(nav, m);
    track->seq = m->seq;
    track->seen = true;
    r->instrument = m->instrument;
    r->good[0] = fresh && nav_all_within(&m->z[GYRO], 3, RATE_MAX_RADPS * dt);
    r->good[1] = fresh && nav_all_within(&m->z[ACCEL], 3, ACCEL_MAX_MPS2 * dt);
    for (size_t i = 0; i < IMU_VALUES; i++) r->z[i] = 0.0;
    const double *q = &p->instrument_q_from_body[4 * m->instrument];
    if (r->good[0]) quat_irotate(&r->z[GYRO], q, &m->z[GYRO]);
    if (r->good[1]) quat_irotate(&r->z[ACCEL], q, &m->z[ACCEL]);
    for (size_t i = 0; i < IMU_VALUES; i++) r->z[i] -= nav->unit[r->unit].offset[i];
    return r->good[0] || r->good[1];
}

/* Which of the inertial units an instrument is; IMU_UNITS: none that is heard. */
static size_t unit_of(const flight_params_t *p, size_t instrument)
{
    size_t unit = 0;
    if (instrument >= p->instrument_count || p->instrument_kind[instrument] != KIND_IMU) return IMU_UNITS;
    for (size_t i = 0; i < instrument; i++)
        if (p->instrument_kind[i] == KIND_IMU && unit < IMU_UNITS) unit++;
    return unit;
}

/* The readings of a frame: of each unit the first counts. */
static size_t collect(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, reading_t *reading)
{
    size_t count = 0;
    uint32_t taken = 0;
    for (size_t i = 0; i < s->slot_count; i++) {
        const measurement_t *m = &s->slot[i];
        size_t unit = unit_of(p, m->instrument);
        if (unit == IMU_UNITS || m->kind != KIND_IMU || (taken & (1u << unit))) continue;
        taken |= 1u << unit;
        reading[count].unit = unit;
        bool votes = !nav_lost(p, nav, m->instrument);
        if (usable(p, nav, m, &reading[count])) reading[count++].votes = votes;
        else nav_accept(nav, &nav->track[m->instrument], false);
    }
    return count;
}

static double middle(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && x[j] < x[j - 1]; j--) {
            double swap = x[j];
            x[j] = x[j - 1];
            x[j - 1] = swap;
        }
    return n % 2 != 0 ? x[n / 2] : 0.5 * (x[n / 2 - 1] + x[n / 2]);
}

static bool agrees(const double *a, const double *b, double limit)
{
    for (size_t i = 0; i < 3; i++)
        if (!(elem_abs(a[i] - b[i]) <= limit)) return false;
    return true;
}

static double distance(const double *a, const double *b)
{
    double d[3];
    vec3_sub(d, a, b);
    return vec3_norm(d);
}

/* What the units that vote say of one half. Of two that contradict each other the one counts that is nearer to what the
 * valves' own report makes the ship do. False: none votes. */
static bool vote(const reading_t *reading, size_t count, size_t half, double limit, const double expected[3],
                 double out[3])
{
    const reading_t *voter[IMU_UNITS];
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (reading[i].votes && reading[i].good[half / 3]) voter[n++] = &reading[i];
    if (n == 0) return false;
    if (n == 2 && !agrees(&voter[0]->z[half], &voter[1]->z[half], limit)) {
        bool first = distance(&voter[0]->z[half], expected) <= distance(&voter[1]->z[half], expected);
        vec3_copy(out, &voter[first ? 0 : 1]->z[half]);
        return true;
    }
    for (size_t i = 0; i < 3; i++) {
        double x[IMU_UNITS];
        for (size_t k = 0; k < n; k++) x[k] = voter[k]->z[half + i];
        out[i] = middle(x, n);
    }
    return true;
}

static bool is_learnt(const flight_params_t *p, const imu_unit_t *unit)
{
    return p->cycle_s * (double)unit->learnt >= LEARNT_S;
}

/* What a unit reads besides the vote, averaged over its first while, is its own. */
static void learn(const flight_params_t *p, imu_unit_t *unit, const reading_t *r, const double voted[IMU_VALUES])
{
    if (is_learnt(p, unit)) return;
    unit->learnt++;
    for (size_t i = 0; i < IMU_VALUES; i++) unit->offset[i] += (r->z[i] - voted[i]) / (double)unit->learnt;
}

/* Whether a unit goes with the vote is what its measurement is worth; one that was lost has to for a while. */
static void judge(const flight_params_t *p, nav_t *nav, const reading_t *r, bool fits, bool several)
{
    imu_unit_t *unit = &nav->unit[r->unit];
    unit->agreed = fits ? unit->agreed + 1 : 0;
    unit->heard = true;
    bool back = r->votes || !several || p->cycle_s * (double)unit->agreed > REJOIN_S;
    if (fits && !back) return;
    nav_accept(nav, &nav->track[r->instrument], fits);
}

/* The vote counts within reach of what all thrusters and the loads of contact could do since the last measurement,
 * whatever was commanded: a thruster that fires uncommanded must not look like a bad unit. */
static void gate(const flight_params_t *p, const nav_t *nav, bool touching, bool have[2],
                 const double voted[IMU_VALUES])
{
    const double dt = p->cycle_s;
    const nav_imu_t *imu = &nav->imu;
    double turning[3];
    for (size_t i = 0; i < 3; i++) turning[i] = dt * (nav->attitude.w_body_radps[i] + nav->attitude.bias_radps[i]);
    double cycles = 1.0 + (double)imu->silent_cycles[0];
    if (have[0] && imu->started)
        have[0] =
            distance(&voted[GYRO], turning) <= dt * (cycles * nav->reach_radps + (touching ? CONTACT_RADPS : 0.0));
    if (have[1] && imu->started) have[1] = vec3_norm(&voted[ACCEL]) <= nav->reach_mps + (touching ? CONTACT_MPS : 0.0);
}

/* No unit votes: those that were lost are heard, for want of better. */
static void let_all_vote(reading_t *reading, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) any = any || reading[i].votes;
    for (size_t i = 0; i < count && !any; i++) reading[i].votes = true;
}

static void count_silence(nav_imu_t *imu)
{
    bool taken[2] = {imu->gyro_taken, imu->accel_taken};
    for (size_t i = 0; i < 2; i++)
        imu->silent_cycles[i] = taken[i] ? 0 : imu->silent_cycles[i] + (imu->silent_cycles[i] < SILENT_MAX);
}

void nav_imu_take(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool touching)
{
    nav_imu_t *imu = &nav->imu;
    reading_t reading[IMU_UNITS];
    double voted[IMU_VALUES] = {0.0}, limit[2] = {0.0, 0.0};
    size_t unit = nav_in_use(p, nav, KIND_IMU);
    imu->gyro_before = imu->gyro_taken;
    imu->gyro_taken = imu->accel_taken = false;
    nav_expect(p, nav, s);
    if (unit == FLIGHT_INSTRUMENTS) return;
    const imu_block_t *own = nav_block(p, unit);
    limit[0] = own->agree_radps * p->cycle_s;
    limit[1] = own->agree_mps2 * p->cycle_s;
    size_t count = collect(p, nav, s, reading);
    let_all_vote(reading, count);
    bool have[2], several = count > 1;
    have[0] = vote(reading, count, GYRO, limit[0], imu->expected_turn_rad, &voted[GYRO]);
    have[1] = vote(reading, count, ACCEL, limit[1], imu->expected_mps, &voted[ACCEL]);
    gate(p, nav, touching, have, voted);
    for (size_t i = 0; i < count; i++) {
        const reading_t *r = &reading[i];
        double wide = is_learnt(p, &nav->unit[r->unit]) ? 1.0 : UNLEARNT;
        bool gyro = have[0] && r->good[0] && agrees(&r->z[GYRO], &voted[GYRO], wide * limit[0]),
             accel = have[1] && r->good[1] && agrees(&r->z[ACCEL], &voted[ACCEL], wide * limit[1]);
        judge(p, nav, r, gyro && accel, several);
        if (gyro && accel && several) learn(p, &nav->unit[r->unit], r, voted);
        nav_hand_over(p, nav, r->instrument);
    }
    for (size_t i = 0; i < IMU_UNITS; i++) {
        if (!nav->unit[i].heard) nav->unit[i].agreed = 0;
        nav->unit[i].heard = false;
    }
    imu->gyro_taken = have[0];
    imu->accel_taken = have[1];
    imu->started = imu->started || (have[0] && have[1]);
    if (have[0]) vec3_copy(imu->dtheta_body_rad, &voted[GYRO]);
    if (have[1]) vec3_copy(imu->dv_body_mps, &voted[ACCEL]);
    count_silence(imu);
}

void nav_imu_init(const flight_params_t *p, nav_t *nav)
{
    double force = 0.0, turning = 0.0, least = p->inertia_body_kgm2[0];
    for (size_t i = 1; i < 3; i++) least = elem_min(least, p->inertia_body_kgm2[4 * i]);
    for (uint32_t t = 0; t < p->thruster_count; t++) {
        double arm[3];
        vec3_sub(arm, &p->thruster_body_m[3 * t], p->com_body_m);
        force += p->thruster_force_n[t];
        turning += p->thruster_force_n[t] * vec3_norm(arm);
    }
    nav->reach_mps = MARGIN * p->cycle_s * force / p->mass_kg;
    nav->reach_radps = MARGIN * p->cycle_s * turning / least;
    mat3_inverse(nav->inertia_inverse, p->inertia_body_kgm2);
}

/* What the valve drivers report for the cycle, as the nominal thrusters' velocity increment, and the turn of the cycle
 * at the rate that results, bias of the gyro included. */
void nav_expect(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s)
{
    nav_imu_t *imu = &nav->imu;
    double momentum[3] = {0.0, 0.0, 0.0};
    vec3_set(imu->expected_mps, 0.0, 0.0, 0.0);
    for (uint32_t t = 0; t < p->thruster_count; t++) {
        if (s->thruster_applied_us[t] == 0) continue;
        double arm[3], turn[3], impulse = 1.0e-6 * (double)s->thruster_applied_us[t] * p->thruster_force_n[t];
        const double *direction = &p->thruster_dir_body[3 * t];
        vec3_axpy(imu->expected_mps, imu->expected_mps, impulse / p->mass_kg, direction);
        vec3_sub(arm, &p->thruster_body_m[3 * t], p->com_body_m);
        vec3_cross(turn, arm, direction);
        vec3_axpy(momentum, momentum, impulse, turn);
    }
    mat3_mul_vec(imu->expected_radps, nav->inertia_inverse, momentum);
    for (size_t i = 0; i < 3; i++)
        imu->expected_turn_rad[i] =
            p->cycle_s * (nav->attitude.w_body_radps[i] + imu->expected_radps[i] + nav->attitude.bias_radps[i]);
}

static const block_field_t fields[] = {IMU_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

const model_t model_imu = {.kind = KIND_IMU, .fields = fields, .while_docked = true};
/* What the docking mechanism senses is for the mission: here it is only known to be there. */
static void dock(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    sensor_track_t *track = &nav->track[instrument];
    if (nav_take(p, nav, track, m)) nav_accept(nav, track, true);
}

const model_t model_dock = {.kind = KIND_DOCK, .while_docked = true, .update = dock};
