/* The body that runs tapes, included once for each instruction set with TAPE_ISA set to its name, and
 * compiled a second time for floats, with HEAT_SINGLE.
 *
 * A block of chains goes through the tape step by step, so that choosing what
 * to do is paid once for 64 chains and all rows of a block stay in the nearest
 * cache. Tapes of very many rows go by single vectors instead, and so do chains
 * that fill no block; those that fill no vector are copied to a vector of their
 * own, with the last of them repeated. */
#include "kernel/lane_reals.h"
#include "kernel/tape.h"

#define TAPE_PASTE_(a, b) a##b
#define TAPE_PASTE(a, b) TAPE_PASTE_(a, b)
#define TAPE_TEXT_(a) #a
#define TAPE_TEXT(a) TAPE_TEXT_(a)
#ifdef HEAT_SINGLE
#define heat_tape_rows heat_tape_single_rows
#define heat_tape_kernel heat_tape_single_kernel
#define TAPE_KERNEL TAPE_PASTE(heat_tape_single_, TAPE_ISA)
#define CONSTANTS single_constants
#else
#define TAPE_KERNEL TAPE_PASTE(heat_tape_, TAPE_ISA)
#define CONSTANTS constants
#endif

enum { WIDEST = HEAT_TAPE_BYTES / (int)sizeof(real) };

/* Where the rows of each kind begin, how far they lie apart, and how far its
 * vectors do. */
typedef struct tape_places {
    real *base[1 << HEAT_TAPE_KIND_BITS];
    int64_t row[1 << HEAT_TAPE_KIND_BITS];
} tape_places;

VEC_FN real *place_of(const tape_places *p, uint32_t place)
{
    const uint32_t kind = place & ((1 << HEAT_TAPE_KIND_BITS) - 1);

    return p->base[kind] + (int64_t)(place >> HEAT_TAPE_KIND_BITS) * p->row[kind];
}

/* All vectors of a row; constants are one. */
VEC_FN int64_t advance_of(uint32_t place)
{
    return (place & ((1 << HEAT_TAPE_KIND_BITS) - 1)) == HEAT_TAPE_CONSTANT ? 0 : VEC_LANES;
}

#define A vec_load(a + v * a_step)
#define B vec_load(b + v * b_step)
#define C vec_load(c + v * c_step)
#define STEP(op, expression)                                                                                 \
    case op:                                                                                                 \
        _Pragma("GCC unroll 4") for (int64_t v = 0; v < n; v++) vec_store(to + v * VEC_LANES, expression);   \
        break
/* Long expressions: their loops are not unrolled. */
#define LONG_LOOP(expression)                                                                                \
    _Pragma("GCC unroll 1") for (int64_t v = 0; v < n; v++) vec_store(to + v * VEC_LANES, expression)
#define LONG_STEP(op, expression)                                                                            \
    case op:                                                                                                 \
        LONG_LOOP(expression);                                                                               \
        break
#define PAIR_STEP(op, function)                                                                              \
    case op:                                                                                                 \
        _Pragma("GCC unroll 1") for (int64_t v = 0; v < n; v++)                                              \
        {                                                                                                    \
            vec first, second;                                                                               \
            function(A, &first, &second);                                                                    \
            vec_store(to + v * VEC_LANES, first);                                                            \
            vec_store(b + v * VEC_LANES, second);                                                            \
        }                                                                                                    \
        break

VEC_FN vec vec_sign(vec x)
{
    return vec_choose((vec_bits)(x > 0.0), ALL(1.0), vec_choose((vec_bits)(x < 0.0), ALL(-1.0), x));
}
VEC_FN vec vec_sine(vec x)
{
    vec s, c;

    vec_sincos(x, &s, &c);
    return s;
}
VEC_FN vec vec_cosine(vec x)
{
    vec s, c;

    vec_sincos(x, &s, &c);
    return c;
}
VEC_FN vec vec_sinh(vec x)
{
    vec s, c;

    vec_sinhcosh(x, &s, &c);
    return s;
}
VEC_FN vec vec_cosh(vec x)
{
    vec s, c;

    vec_sinhcosh(x, &s, &c);
    return c;
}

/* x^(n / 2), n odd; n may be below 0. */
VEC_FN vec vec_half_power(vec x, int n)
{
    vec p = vec_sqrt(x);

    for (int rest = (n < 0 ? -n : n) / 2; rest > 0; rest >>= 1, x = x * x)
        if (rest & 1)
            p = p * x;
    if (n < 0)
        p = 1.0 / p;
    return p;
}

VEC_FN void raise_to(real *to, const real *a, int64_t a_step, const real *b, int64_t b_step, const int64_t n)
{
    const real twice = 2 * *b;
    const int whole = twice > -128 && twice < 128 ? (int)twice : 0;

    if (b_step == 0 && whole % 2 != 0 && (real)whole == twice)
        LONG_LOOP(vec_half_power(A, whole));
    else
        LONG_LOOP(vec_pow(A, B));
}

/* Every step for n vectors of chains. */
VEC_FN void run_steps(const heat_tape *tape, const tape_places *places, const int64_t n)
{
    for (int64_t k = 0; k < tape->n_steps; k++) {
        const heat_tape_step *s = &tape->steps[k];
        real *const to = place_of(places, s->to), *const b = place_of(places, s->b);
        const real *const a = place_of(places, s->a), *const c = place_of(places, s->c);
        const int64_t a_step = advance_of(s->a), b_step = advance_of(s->b), c_step = advance_of(s->c);
        switch (s->op) {
            STEP(HEAT_TAPE_COPY, A);
            STEP(HEAT_TAPE_NEGATE, -A);
            STEP(HEAT_TAPE_ADD, A + B);
            STEP(HEAT_TAPE_SUB, A - B);
            STEP(HEAT_TAPE_MUL, A * B);
            STEP(HEAT_TAPE_DIV, A / B);
            STEP(HEAT_TAPE_ADD_ADD, (A + B) + C);
            STEP(HEAT_TAPE_MUL_ADD, A * B + C);
            STEP(HEAT_TAPE_MUL_SUB, A * B - C);
            STEP(HEAT_TAPE_SUB_MUL, C - A * B);
            STEP(HEAT_TAPE_MUL_MUL, (A * B) * C);
            STEP(HEAT_TAPE_ADD_OF_MUL, (A + B) * C);
            STEP(HEAT_TAPE_SUB_OF_MUL, (A - B) * C);
            LONG_STEP(HEAT_TAPE_MIN, vec_min(A, B));
            LONG_STEP(HEAT_TAPE_MAX, vec_max(A, B));
            LONG_STEP(HEAT_TAPE_PICK, (vec)((vec_bits)C & (vec_bits)(A < B)));
            LONG_STEP(HEAT_TAPE_PICK_ELSE, (vec)((vec_bits)C & ~(vec_bits)(A < B)));
            LONG_STEP(HEAT_TAPE_ABS, vec_abs(A));
            LONG_STEP(HEAT_TAPE_SIGN, vec_sign(A));
            LONG_STEP(HEAT_TAPE_SQRT, vec_sqrt(A));
            LONG_STEP(HEAT_TAPE_EXP, vec_exp(A));
            LONG_STEP(HEAT_TAPE_LOG, vec_log(A));
            LONG_STEP(HEAT_TAPE_SIN, vec_sine(A));
            LONG_STEP(HEAT_TAPE_COS, vec_cosine(A));
            LONG_STEP(HEAT_TAPE_TAN, vec_tan(A));
            LONG_STEP(HEAT_TAPE_ATAN, vec_atan(A));
            LONG_STEP(HEAT_TAPE_SINH, vec_sinh(A));
            LONG_STEP(HEAT_TAPE_COSH, vec_cosh(A));
            LONG_STEP(HEAT_TAPE_TANH, vec_tanh(A));
        case HEAT_TAPE_POW:
            raise_to(to, a, a_step, b, b_step, n);
            break;
            PAIR_STEP(HEAT_TAPE_SIN_COS, vec_sincos);
            PAIR_STEP(HEAT_TAPE_SINH_COSH, vec_sinhcosh);
        default:
            break;
        }
    }
}

static __attribute__((noinline)) void run_block(const heat_tape *tape, const tape_places *places, int64_t n)
{
    run_steps(tape, places, n);
}

static __attribute__((noinline)) void run_vector(const heat_tape *tape, const tape_places *places)
{
    run_steps(tape, places, 1);
}

VEC_FN real *from_chain(const real *rows, int64_t chain)
{
    return rows == NULL ? NULL : (real *)(uintptr_t)(rows + chain);
}

/* Reading casts const away from rows that no step writes. */
static tape_places places_at(const heat_tape *tape, const heat_tape_rows *r, int64_t chain, int64_t width)
{
    return (tape_places){.base = {[HEAT_TAPE_WORK] = r->work,
                                  [HEAT_TAPE_CONSTANT] = from_chain(tape->CONSTANTS, 0),
                                  [HEAT_TAPE_X] = from_chain(r->x, chain),
                                  [HEAT_TAPE_DIRECTION] = from_chain(r->direction, chain),
                                  [HEAT_TAPE_VALUE] = from_chain(r->values, chain),
                                  [HEAT_TAPE_ROW] = from_chain(r->rows, chain)},
                         .row = {[HEAT_TAPE_WORK] = width,
                                 [HEAT_TAPE_CONSTANT] = WIDEST,
                                 [HEAT_TAPE_X] = r->stride,
                                 [HEAT_TAPE_DIRECTION] = r->stride,
                                 [HEAT_TAPE_VALUE] = 0,
                                 [HEAT_TAPE_ROW] = r->stride}};
}

VEC_FN void copy_rest(real *to, const real *from, int64_t n)
{
    vec_store(to, ALL(from[n - 1]));
    for (int64_t l = 0; l + 1 < n; l++)
        to[l] = from[l];
}

/* Chains from `chain` on, fewer than a vector. */
static void run_rest(const heat_tape *tape, const heat_tape_rows *r, int64_t chain)
{
    const int64_t left = r->n_chains - chain, room = (int64_t)tape->n_x * VEC_LANES;
    real *x = r->work + (int64_t)tape->n_work * VEC_LANES, *direction = x + room, *rows = direction + room;
    const heat_tape_rows copy = {.n_chains = left,
                                 .stride = VEC_LANES,
                                 .x = x,
                                 .direction = direction,
                                 .rows = rows,
                                 .values = rows + room,
                                 .work = r->work};
    const tape_places places = places_at(tape, &copy, 0, VEC_LANES);

    for (int64_t i = 0; i < tape->n_x; i++) {
        copy_rest(x + i * VEC_LANES, r->x + i * r->stride + chain, left);
        if (r->direction != NULL)
            copy_rest(direction + i * VEC_LANES, r->direction + i * r->stride + chain, left);
    }
    run_vector(tape, &places);
    for (int64_t l = 0; l < left; l++) {
        if (r->values != NULL)
            r->values[chain + l] = copy.values[l];
        for (int64_t i = 0; i < tape->n_x && r->rows != NULL; i++)
            r->rows[i * r->stride + chain + l] = rows[i * VEC_LANES + l];
    }
}

static void run_tape(const heat_tape *tape, const heat_tape_rows *r)
{
    const int64_t whole = r->n_chains & -VEC_LANES; /* blocks of floats take as many bytes */
    const int64_t block = whole > 0 ? heat_tape_block(tape) * (int64_t)(sizeof(double) / sizeof(real)) : 0;

    for (int64_t chain = 0, n; chain < whole; chain += n) {
        /* Rows that lie a power of 2 apart would get into each other's way. */
        const tape_places places = places_at(tape, r, chain, block + WIDEST);
        n = whole - chain < block ? whole - chain : block;
        if (n == VEC_LANES)
            run_vector(tape, &places);
        else
            run_block(tape, &places, n / VEC_LANES);
    }
    if (whole < r->n_chains)
        run_rest(tape, r, whole);
}

const heat_tape_kernel TAPE_KERNEL = {.isa = TAPE_TEXT(TAPE_ISA), .lanes = VEC_LANES, .run = run_tape};
