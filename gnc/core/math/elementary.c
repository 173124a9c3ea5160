/* Elementary functions. Method, error budget and ranges: docs/design/elementary.md; the constants
 * between the two markers are the output of docs/design/elementary_coefficients.py. */
#include "math/elementary.h"

#include <stdint.h>

#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "binary64 arithmetic must be rounded to binary64 at every operation (FLT_EVAL_METHOD 0)"
#endif

/* clang-format off */
/* constants: begin */
static const double PIO2[4] = {  /* 33 + 33 + 33 + 53 bits */
    0x1.921fb54400000p+0, 0x1.0b4611a600000p-34, 0x1.3198a2e000000p-69, 0x1.b839a252049c1p-104};
static const double PIO2_PAIR[2] = {
    0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};
#define INV_PIO2 0x1.45f306dc9c883p-1
#define INV_LN2_32 0x1.71547652b82fep+5
static const double LN2_32[2] = {  /* 36 + 53 bits */
    0x1.62e42fefa0000p-6, 0x1.cf79abc9e3b3ap-45};
static const double LN2[2] = {  /* 40 + 53 bits */
    0x1.62e42fefa2000p-1, 0x1.9ef35793c7673p-41};
static const double SIN_C[7] = {  /* error below 2^-56.6 */
    -0x1.5555555555555p-3, 0x1.1111111111110p-7, -0x1.a01a01a019927p-13, 0x1.71de3a545e95cp-19,
    -0x1.ae64540f4d1dbp-26, 0x1.61217c4c31493p-33, -0x1.ab1635d19009bp-41};
static const double COS_C[7] = {  /* error below 2^-58.6 */
    0x1.5555555555555p-5, -0x1.6c16c16c16c16p-10, 0x1.a01a01a019d03p-16, -0x1.27e4fb7711f2ap-22,
    0x1.1eed8dea0c945p-29, -0x1.9394b79b331aap-37, 0x1.ab76ea8ab6767p-45};
static const double ASIN_C[14] = {  /* error below 2^-56.5 */
    0x1.5555555555555p-3, 0x1.3333333333388p-4, 0x1.6db6db6dac1e0p-5, 0x1.f1c71c7a52ba3p-6,
    0x1.6e8ba123e494cp-6, 0x1.1c4efce23019fp-6, 0x1.c990ad3d8fdcap-7, 0x1.7b027ee1dd585p-7,
    0x1.3b49de7121487p-7, 0x1.31622469ce5adp-7, 0x1.8f193743418ffp-9, 0x1.406192d124629p-6,
    -0x1.3b416bb7d9257p-6, 0x1.e529c6fce9bb4p-6};
static const double ATAN_C[11] = {  /* error below 2^-55.6 */
    -0x1.5555555555555p-2, 0x1.999999999999ap-3, -0x1.2492492492492p-3, 0x1.c71c71c71c586p-4,
    -0x1.745d1745bad10p-4, 0x1.3b13b12f4dec8p-4, -0x1.11110d3ecc46ep-4, 0x1.e1e04936de98ap-5,
    -0x1.aef165d9cdc3cp-5, 0x1.81769e656a0dfp-5, -0x1.2acba8b2ef043p-5};
static const double EXP_C[5] = {  /* error below 2^-48.9 */
    0x1p-1, 0x1.555555554dcd8p-3, 0x1.5555555551917p-5, 0x1.11114fa6c4206p-7,
    0x1.6c170001c87a0p-10};
static const double LOG_C[8] = {  /* error below 2^-54.6 */
    0x1.5555555555555p-1, 0x1.9999999999a38p-2, 0x1.2492492476ba1p-2, 0x1.c71c72017a15cp-3,
    0x1.745cf8f6c9119p-3, 0x1.3b1c38474d3eep-3, 0x1.0fbe478772696p-3, 0x1.0c06cf14c641bp-3};
static const double CBRT_C[4] = {  /* error below 2^-13.6 */
    0x1.c3b7ff0a6e189p-2, 0x1.d810f6c24d3dep-1, -0x1.01e7d6a492d5cp-1, 0x1.20057dc14d725p-3};
static const double CBRT_2[3] = {
    0x1p+0, 0x1.428a2f98d728bp+0, 0x1.965fea53d6e3dp+0};
static const double ATAN_HI[33] = {
    0.0, 0x1.ffd55bba97625p-6, 0x1.ff55bb72cfdeap-5, 0x1.7ee182602f10fp-4,
    0x1.fd5ba9aac2f6ep-4, 0x1.3d6eee8c6626cp-3, 0x1.7b97b4bce5b02p-3, 0x1.b90d7529260a2p-3,
    0x1.f5b75f92c80ddp-3, 0x1.18bf5a30bf178p-2, 0x1.362773707ebccp-2, 0x1.530ad9951cd4ap-2,
    0x1.6f61941e4def1p-2, 0x1.8b24d394a1b25p-2, 0x1.a64eec3cc23fdp-2, 0x1.c0db4c94ec9f0p-2,
    0x1.dac670561bb4fp-2, 0x1.f40dd0b541418p-2, 0x1.0657e94db30d0p-1, 0x1.1255d9bfbd2a9p-1,
    0x1.1e00babdefeb4p-1, 0x1.2958e59308e31p-1, 0x1.345f01cce37bbp-1, 0x1.3f13fb89e96f4p-1,
    0x1.4978fa3269ee1p-1, 0x1.538f57b89061fp-1, 0x1.5d58987169b18p-1, 0x1.66d663923e087p-1,
    0x1.700a7c5784634p-1, 0x1.78f6bbd5d315ep-1, 0x1.819d0b7158a4dp-1, 0x1.89ff5ff57f1f8p-1,
    0x1.921fb54442d18p-1};
static const double ATAN_LO[33] = {
    0.0, -0x1.5ec431444912cp-60, -0x1.c934d86d23f1dp-60, -0x1.cfb654c0c3d98p-58,
    -0x1.cd37686760c17p-59, 0x1.61a3b0ce9281bp-57, 0x1.347b0b4f881cap-58, 0x1.17b10d2e0e5abp-61,
    0x1.8ab6e3cf7afbdp-57, 0x1.30ca4748b1bf9p-57, -0x1.963a544b672d8p-57, -0x1.2566480884082p-57,
    -0x1.c63aae6f6e918p-56, 0x1.b6d0ba3748fa8p-56, -0x1.24dec1b50b7ffp-56, -0x1.cc1ce70934c34p-56,
    0x1.a2b7f222f65e2p-56, -0x1.a3992dc382a23p-57, -0x1.d5b495f6349e6p-56, -0x1.2bdaee1c0ee35p-58,
    -0x1.928df287a668fp-58, -0x1.09e73b0c6c087p-56, 0x1.1021137c71102p-55, 0x1.ecf8b492644f0p-56,
    0x1.2419a87f2a458p-56, -0x1.1bb74abda520cp-55, 0x1.0028e4bc5e7cap-57, -0x1.6ea6febe8bbbap-56,
    -0x1.8c34d25aadef6p-56, 0x1.406a089803740p-55, -0x1.bf76229d3b917p-56, -0x1.55b9a5e177a1bp-55,
    0x1.1a62633145c07p-55};
static const double EXP_HI[32] = {
    0x1p+0, 0x1.059b0d3158574p+0, 0x1.0b5586cf9890fp+0, 0x1.11301d0125b51p+0,
    0x1.172b83c7d517bp+0, 0x1.1d4873168b9aap+0, 0x1.2387a6e756238p+0, 0x1.29e9df51fdee1p+0,
    0x1.306fe0a31b715p+0, 0x1.371a7373aa9cbp+0, 0x1.3dea64c123422p+0, 0x1.44e086061892dp+0,
    0x1.4bfdad5362a27p+0, 0x1.5342b569d4f82p+0, 0x1.5ab07dd485429p+0, 0x1.6247eb03a5585p+0,
    0x1.6a09e667f3bcdp+0, 0x1.71f75e8ec5f74p+0, 0x1.7a11473eb0187p+0, 0x1.82589994cce13p+0,
    0x1.8ace5422aa0dbp+0, 0x1.93737b0cdc5e5p+0, 0x1.9c49182a3f090p+0, 0x1.a5503b23e255dp+0,
    0x1.ae89f995ad3adp+0, 0x1.b7f76f2fb5e47p+0, 0x1.c199bdd85529cp+0, 0x1.cb720dcef9069p+0,
    0x1.d5818dcfba487p+0, 0x1.dfc97337b9b5fp+0, 0x1.ea4afa2a490dap+0, 0x1.f50765b6e4540p+0};
static const double EXP_LO[32] = {
    0.0, 0x1.d73e2a475b465p-55, 0x1.8a62e4adc610bp-54, -0x1.6c51039449b3ap-54,
    -0x1.19041b9d78a76p-55, 0x1.e016e00a2643cp-54, 0x1.9b07eb6c70573p-54, 0x1.612e8afad1255p-55,
    0x1.6f46ad23182e4p-55, -0x1.63aeabf42eae2p-54, 0x1.ada0911f09ebcp-55, 0x1.89b7a04ef80d0p-59,
    0x1.d4397afec42e2p-56, -0x1.07abe1db13cadp-55, 0x1.6324c054647adp-54, -0x1.383c17e40b497p-54,
    -0x1.bdd3413b26456p-54, -0x1.16e4786887a99p-55, -0x1.41577ee04992fp-55, -0x1.d4c1dd41532d8p-54,
    0x1.6e9f156864b27p-54, -0x1.75fc781b57ebcp-57, 0x1.c7c46b071f2bep-56, -0x1.d2f6edb8d41e1p-54,
    0x1.7a1cd345dcc81p-54, -0x1.5584f7e54ac3bp-56, 0x1.11065895048ddp-55, 0x1.503cbd1e949dbp-56,
    0x1.2ed02d75b3707p-55, -0x1.1a5cd4f184b5cp-54, -0x1.e9c23179c2893p-54, 0x1.9d3e12dd8a18bp-54};
/* constants: end */
/* clang-format on */

/* Adding and taking away 1.5 * 2^52 rounds |x| < 2^51 to the nearest integer, ties to even. */
#define ROUND_MAGIC 0x1.8p52
#define TRIG_LIMIT 0x1p20
#define NOT_A_NUMBER __builtin_nan("")

typedef struct {
    double hi, lo; /* an unevaluated sum, |lo| <= ulp(hi)/2 */
} pair_t;

typedef union {
    double f;
    uint64_t u;
} bits_t;

static inline double round_to_integer(double x) { return (x + ROUND_MAGIC) - ROUND_MAGIC; }

/* 2^k, -1022 <= k <= 1023 */
static inline double power_of_two(int32_t k)
{
    const bits_t b = {.u = (uint64_t)(k + 1023) << 52};
    return b.f;
}

/* a + b exactly, |a| >= |b| or a = 0 (Dekker 1971) */
static inline pair_t fast_two_sum(double a, double b)
{
    const double s = a + b;
    return (pair_t){s, b - (s - a)};
}

/* a + b exactly (Knuth, TAOCP vol. 2, 4.2.2 theorem B) */
static inline pair_t two_sum(double a, double b)
{
    const double s = a + b, t = s - a;
    return (pair_t){s, (a - (s - t)) + (b - t)};
}

/* a * b exactly where neither over- nor underflows (Dekker 1971, with Veltkamp's split) */
static inline pair_t two_product(double a, double b)
{
    const double splitter = 0x1.0000002p27; /* 2^27 + 1 */
    const double ta = splitter * a, tb = splitter * b;
    const double ah = ta - (ta - a), bh = tb - (tb - b);
    const double al = a - ah, bl = b - bh, p = a * b;
    return (pair_t){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

double elem_floor(double x)
{
    if (!elem_is_finite(x)) return NOT_A_NUMBER;
    if (elem_abs(x) >= 0x1p52 || x == 0.0) /* already an integer; keeps the sign of zero */
        return x;
    const double r = x < 0.0 ? (x - 0x1p52) + 0x1p52 : (x + 0x1p52) - 0x1p52;
    const double f = r > x ? r - 1.0 : r;
    return f == 0.0 ? 0.0 : f;
}

/* ---- circular functions ---- */

/* x - k pi/2 with k the nearest integer to 2x/pi (Cody and Waite 1980, ch. 8): the products of k (20 bits)
 * with the three 33-bit heads of pi/2 are exact, so the remainder is good to 2^-130 absolute. */
static inline pair_t reduce_half_pi(double x, uint32_t *quadrant)
{
    if (elem_abs(x) <= 0.78539816339744831) {
        *quadrant = 0;
        return (pair_t){x, 0.0};
    }
    const double k = round_to_integer(x * INV_PIO2);
    *quadrant = (uint32_t)(int32_t)k & 3u;
    const pair_t b = two_sum(x - k * PIO2[0], -(k * PIO2[1]));
    const pair_t c = two_sum(b.hi, -(k * PIO2[2]));
    return fast_two_sum(c.hi, (b.lo + c.lo) - k * PIO2[3]);
}

/* sin(r) - r.hi, |r| <= pi/4: r.lo enters to first order */
static inline double sin_rest(pair_t r)
{
    const double z = r.hi * r.hi, z2 = z * z;
    const double low = SIN_C[0] + z * SIN_C[1] + z2 * (SIN_C[2] + z * SIN_C[3]);
    const double poly = low + z2 * z2 * (SIN_C[4] + z * SIN_C[5] + z2 * SIN_C[6]);
    return (z * r.hi) * poly + r.lo * (1.0 - 0.5 * z);
}

/* cos(r) + r.hi^2/2 - 1, |r| <= pi/4 */
static inline double cos_rest(pair_t r)
{
    const double z = r.hi * r.hi, z2 = z * z;
    const double low = COS_C[0] + z * COS_C[1] + z2 * (COS_C[2] + z * COS_C[3]);
    const double poly = low + z2 * z2 * (COS_C[4] + z * COS_C[5] + z2 * COS_C[6]);
    return z2 * poly - r.hi * r.lo;
}

static inline double sin_kernel(pair_t r) { return r.hi + sin_rest(r); }

static inline double cos_kernel(pair_t r)
{
    const double half_z = 0.5 * (r.hi * r.hi);
    const pair_t w = fast_two_sum(1.0, -half_z);
    return w.hi + (w.lo + cos_rest(r));
}

double elem_sin(double x)
{
    if (!(elem_abs(x) <= TRIG_LIMIT)) return NOT_A_NUMBER;
    if (elem_abs(x) < 0x1p-27) return x;
    uint32_t quadrant;
    const pair_t r = reduce_half_pi(x, &quadrant);
    const double v = quadrant & 1u ? cos_kernel(r) : sin_kernel(r);
    return quadrant & 2u ? -v : v;
}

double elem_cos(double x)
{
    if (!(elem_abs(x) <= TRIG_LIMIT)) return NOT_A_NUMBER;
    uint32_t quadrant;
    const pair_t r = reduce_half_pi(x, &quadrant);
    const double v = quadrant & 1u ? sin_kernel(r) : cos_kernel(r);
    return (quadrant + 1u) & 2u ? -v : v;
}

void elem_sincos(double x, double *s, double *c)
{
    if (!(elem_abs(x) <= TRIG_LIMIT)) {
        *s = NOT_A_NUMBER;
        *c = NOT_A_NUMBER;
        return;
    }
    uint32_t quadrant;
    const pair_t r = reduce_half_pi(x, &quadrant);
    const double sr = elem_abs(x) < 0x1p-27 ? x : sin_kernel(r), cr = cos_kernel(r);
    const double sv = quadrant & 1u ? cr : sr, cv = quadrant & 1u ? sr : cr;
    *s = quadrant & 2u ? -sv : sv;
    *c = (quadrant + 1u) & 2u ? -cv : cv;
}

/* n / d to about 2^-100, rounded once */
static inline double divide_pairs(pair_t n, pair_t d)
{
    const double q = n.hi / d.hi;
    const pair_t p = two_product(q, d.hi);
    return q + (((n.hi - p.hi) - p.lo) + n.lo - q * d.lo) / d.hi;
}

/* sin(r) as a pair to about 2^-58, |r| <= pi/4; z = r.hi^2: the cubic term in pairs, the rest as in sin_rest */
static inline pair_t sin_pair(pair_t r, pair_t z)
{
    const double z2 = z.hi * z.hi;
    const double low = SIN_C[1] + z.hi * SIN_C[2] + z2 * (SIN_C[3] + z.hi * SIN_C[4]);
    const double poly = low + z2 * z2 * (SIN_C[5] + z.hi * SIN_C[6]);
    const pair_t cube = two_product(r.hi, z.hi), term = two_product(cube.hi, SIN_C[0]);
    const double rest = (cube.lo + r.hi * z.lo) * SIN_C[0] + r.lo * (1.0 - 0.5 * z.hi);
    const pair_t s = fast_two_sum(r.hi, term.hi);
    return fast_two_sum(s.hi, s.lo + (term.lo + (rest + cube.hi * (z.hi * poly))));
}

double elem_tan(double x)
{
    if (!(elem_abs(x) <= TRIG_LIMIT)) return NOT_A_NUMBER;
    if (elem_abs(x) < 0x1p-27) return x;
    uint32_t quadrant;
    const pair_t r = reduce_half_pi(x, &quadrant);
    const pair_t z = two_product(r.hi, r.hi);
    const pair_t w = fast_two_sum(1.0, -0.5 * z.hi);
    const pair_t s = sin_pair(r, z);
    const pair_t c = fast_two_sum(w.hi, w.lo + (cos_rest(r) - 0.5 * z.lo));
    return quadrant & 1u ? divide_pairs((pair_t){-c.hi, -c.lo}, s) : divide_pairs(s, c);
}

/* ---- inverse circular functions ---- */

/* (asin(x) - x) / x = z R(z), z = x^2 <= 1/4 */
static inline double asin_ratio(double z)
{
    double p = ASIN_C[13];
    for (int32_t i = 12; i >= 0; i--) p = ASIN_C[i] + z * p;
    return z * p;
}

/* 2 asin(sqrt((1 - a)/2)) = acos(a) as a pair, 1/2 < a <= 1; (1 - a)/2 is exact */
static inline pair_t acos_upper(double a)
{
    const double z = 0.5 * (1.0 - a);
    if (z == 0.0) return (pair_t){0.0, 0.0};
    const double s = elem_sqrt(z);
    const pair_t s2 = two_product(s, s);
    const double root_error = ((z - s2.hi) - s2.lo) / (2.0 * s);
    return (pair_t){2.0 * s, 2.0 * (root_error + s * asin_ratio(z))};
}

double elem_asin(double x)
{
    const double a = elem_abs(x);
    if (!(a <= 1.0)) return NOT_A_NUMBER;
    if (a < 0x1p-27) return x;
    if (a <= 0.5) return x + x * asin_ratio(x * x);
    const pair_t u = acos_upper(a);
    const pair_t h = fast_two_sum(PIO2_PAIR[0], -u.hi);
    const double v = h.hi + (h.lo + (PIO2_PAIR[1] - u.lo));
    return x < 0.0 ? -v : v;
}

double elem_acos(double x)
{
    const double a = elem_abs(x);
    if (!(a <= 1.0)) return NOT_A_NUMBER;
    if (a <= 0.5) {
        const pair_t h = fast_two_sum(PIO2_PAIR[0], -x);
        return h.hi + (h.lo + (PIO2_PAIR[1] - x * asin_ratio(x * x)));
    }
    const pair_t u = acos_upper(a);
    if (x > 0.0) return u.hi + u.lo;
    const pair_t h = fast_two_sum(2.0 * PIO2_PAIR[0], -u.hi);
    return h.hi + (h.lo + (2.0 * PIO2_PAIR[1] - u.lo));
}

/* atan(a/b) as a pair, 2^-30 b < a <= b: atan(q) = atan(c) + atan((q - c)/(1 + c q)), c = i/32 */
static inline pair_t atan_ratio(double a, double b)
{
    const double q = a / b;
    const pair_t p = two_product(q, b);
    const double q_lo = ((a - p.hi) - p.lo) / b;
    const int32_t i = q < 0.1875 ? 0 : (int32_t)(32.0 * q + 0.5);
    const double c = 0.03125 * (double)i;
    /* i = 0 keeps q and its error apart; beyond, t <= 1/64 and its rounding hardly counts */
    const double t = i == 0 ? q : ((q - c) + q_lo) / (1.0 + c * q);
    const double t_lo = i == 0 ? q_lo : 0.0;
    const double z = t * t, z2 = z * z;
    const double low = ATAN_C[0] + z * ATAN_C[1] + z2 * (ATAN_C[2] + z * ATAN_C[3]);
    const double mid = ATAN_C[4] + z * ATAN_C[5] + z2 * (ATAN_C[6] + z * ATAN_C[7]);
    const double top = ATAN_C[8] + z * ATAN_C[9] + z2 * ATAN_C[10];
    const double rest = (z * t) * (low + (z2 * z2) * (mid + (z2 * z2) * top)) + t_lo;
    const pair_t h = fast_two_sum(ATAN_HI[i], t);
    return (pair_t){h.hi, h.lo + (ATAN_LO[i] + rest)};
}

/* atan(a/b), a and b >= 0, not both zero */
static pair_t atan_first_quadrant(double a, double b)
{
    double small = elem_min(a, b), large = elem_max(a, b);
    pair_t v = {0.0, 0.0}; /* a ratio this far below 2^-53 cannot move the sum with pi or pi/2 */
    if (large > 0x1p500) {
        small *= 0x1p-600;
        large *= 0x1p-600;
    } else if (large < 0x1p-400) {
        small *= 0x1p600;
        large *= 0x1p600;
    }
    if (small > 0x1p-70 * large) v = atan_ratio(small, large);
    if (a <= b) return v;
    const pair_t h = fast_two_sum(PIO2_PAIR[0], -v.hi);
    return (pair_t){h.hi, h.lo + (PIO2_PAIR[1] - v.lo)};
}

double elem_atan2(double y, double x)
{
    if (!elem_is_finite(y) || !elem_is_finite(x)) return NOT_A_NUMBER;
    const double a = elem_abs(y), b = elem_abs(x);
    if (a == 0.0 && b == 0.0) return 0.0;
    if (x > 0.0 && a <= 0x1p-28 * b) return y / x; /* rounded once, and gradual underflow is the division's own */
    const pair_t v = atan_first_quadrant(a, b);
    double angle = v.hi + v.lo;
    if (x < 0.0) {
        const pair_t h = fast_two_sum(2.0 * PIO2_PAIR[0], -v.hi);
        angle = h.hi + (h.lo + (2.0 * PIO2_PAIR[1] - v.lo));
    }
    return y < 0.0 ? -angle : angle;
}

/* ---- exponential, logarithm, cube root ---- */

/* exp(x) = 2^k 2^(j/32) exp(r), |r| <= ln2/64 (table method of Tang 1989) */
double elem_exp(double x)
{
    if (!elem_is_finite(x)) return NOT_A_NUMBER;
    if (x > 710.0) return __builtin_inf();
    if (x < -746.0) return 0.0;
    const double n = round_to_integer(x * INV_LN2_32);
    const int32_t m = (int32_t)n + 32 * 1100; /* positive, so that / and % are plain */
    const int32_t k = m / 32 - 1100, j = m % 32;
    const double r = (x - n * LN2_32[0]) - n * LN2_32[1];
    const double r2 = r * r;
    const double p = r + r2 * (EXP_C[0] + r * EXP_C[1] + r2 * (EXP_C[2] + r * EXP_C[3] + r2 * EXP_C[4]));
    const double v = EXP_HI[j] + (EXP_LO[j] + EXP_HI[j] * p);
    if (k >= -1020 && k <= 1022) return v * power_of_two(k);
    return v * power_of_two(k / 2) * power_of_two(k - k / 2);
}

/* x = 2^k f for normal or subnormal x > 0, lowest <= f < 2 lowest, lowest in [1/2, 1] */
static inline double split_exponent(double x, double lowest, int32_t *k)
{
    const int32_t shift = x < 0x1p-1022 ? 54 : 0;
    bits_t b = {.f = x < 0x1p-1022 ? x * 0x1p54 : x};
    *k = (int32_t)(b.u >> 52) - 1022 - shift;
    b.u = (b.u & 0x000fffffffffffffu) | 0x3fe0000000000000u; /* in [1/2, 1) */
    if (b.f >= lowest) return b.f;
    *k -= 1;
    return 2.0 * b.f;
}

/* log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f/(2 + f), since log(1 + f) = 2 atanh(s) */
double elem_log(double x)
{
    if (!(x > 0.0) || !elem_is_finite(x)) return NOT_A_NUMBER;
    int32_t k;
    const double f = split_exponent(x, 0.70710678118654757, &k) - 1.0; /* exact */
    const double s = f / (2.0 + f), z = s * s, z2 = z * z, half_f2 = 0.5 * f * f;
    const double low = LOG_C[0] + z * LOG_C[1] + z2 * (LOG_C[2] + z * LOG_C[3]);
    const double poly = low + z2 * z2 * (LOG_C[4] + z * LOG_C[5] + z2 * (LOG_C[6] + z * LOG_C[7]));
    const pair_t h = k == 0 ? (pair_t){f, 0.0} : fast_two_sum((double)k * LN2[0], f);
    return h.hi + (h.lo - (half_f2 - (s * (half_f2 + z * poly) + (double)k * LN2[1])));
}

double elem_cbrt(double x)
{
    if (!elem_is_finite(x)) return NOT_A_NUMBER;
    if (x == 0.0) return x;
    int32_t k;
    const double m = split_exponent(elem_abs(x), 0.5, &k);
    const int32_t third = (k + 3 * 400) / 3 - 400, left = k - 3 * third; /* left = 0, 1, 2 */
    const double a = left == 0 ? m : left == 1 ? 2.0 * m : 4.0 * m;
    double t = CBRT_2[left] * (CBRT_C[0] + m * (CBRT_C[1] + m * (CBRT_C[2] + m * CBRT_C[3])));
    const double t3 = t * t * t;
    t = t * (t3 + 2.0 * a) / (2.0 * t3 + a); /* Halley: cubic convergence */
    t = (t + 0x1.8p27) - 0x1.8p27;           /* 26 bits at most, so that t * t is exact */
    const double r = a / (t * t);
    t = t + t * ((r - t) / (2.0 * t + r));   /* Halley's step again, on exact t^2 */
    const double v = t * power_of_two(third);
    return x < 0.0 ? -v : v;
}
