/* The body of walk.h, included once for each instruction set with WALK_ISA set to its name, and compiled a
 * second time for floats, with HEAT_SINGLE: what takes steps without a test. */
#include "kernel/lane_reals.h"
#include "kernel/walk.h"

#define WALK_JOIN_(a, b) a##b
#define WALK_JOIN(a, b) WALK_JOIN_(a, b)
#define WALK_TEXT_(a) #a
#define WALK_TEXT(a) WALK_TEXT_(a)
#ifdef HEAT_SINGLE
#define heat_walk_lanes heat_single_lanes
#define heat_smooth_block heat_single_block
#define EVALUATE evaluate_single
#else
#define EVALUATE evaluate
#endif

/* What eight generators give at a time, whatever the reals are. */
typedef uint64_t vec_words __attribute__((vector_size(VEC_BYTES), may_alias));
enum { VECTORS = HEAT_WALK_LANES * (int)sizeof(uint64_t) / VEC_BYTES, MOST_TURNS = 1000 };

#define WORDS(array, v) (((vec_words *)(uintptr_t)(array))[v])

/* The next word of every generator. */
VEC_FN void next_words(vec_words state[4][VECTORS], vec_words words[VECTORS])
{
    for (int v = 0; v < VECTORS; v++) {
        vec_words t = state[1][v] << 17;
        words[v] = state[0][v] + state[3][v];
        state[2][v] ^= state[0][v];
        state[3][v] ^= state[1][v];
        state[1][v] ^= state[2][v];
        state[0][v] ^= state[3][v];
        state[2][v] ^= t;
        state[3][v] = state[3][v] << 45 | state[3][v] >> 19;
    }
}

VEC_FN void open_random(const heat_walk_random *random, vec_words state[4][VECTORS])
{
    for (int k = 0; k < 4; k++)
        for (int v = 0; v < VECTORS; v++)
            state[k][v] = WORDS(random->word[k], v);
}

VEC_FN void close_random(vec_words state[4][VECTORS], heat_walk_random *random)
{
    for (int k = 0; k < 4; k++)
        for (int v = 0; v < VECTORS; v++)
            WORDS(random->word[k], v) = state[k][v];
}

/* On [1, 2), a multiple of 2^-REAL_PART; of floats, two a word. */
VEC_FN vec one_to_two(vec_words words)
{
    return (vec)((vec_bits)words >> (VEC_TOP + 1 - REAL_PART) | (vec_bits)ALL(1));
}

/* On (0, 1]: floats go down to 2^-31, so that tails are no shorter than 6.5 standard deviations. */
VEC_FN vec zero_to_one(vec_words words)
{
#ifdef HEAT_SINGLE
    typedef int32_t vec_int __attribute__((vector_size(VEC_BYTES)));

    return __builtin_convertvector((vec_int)((vec_bits)words >> 1 | 1), vec) * R(0x1p-31);
#else
    return 2 - one_to_two(words);
#endif
}

/* Pairs for all lanes of the generators at a time: r cos(a) and r sin(a), r = sqrt(-2 log u), u on (0, 1], a
 * on [-pi, pi]. The words of a part are drawn first, then come all of its r, then all of its angles: passes
 * so short that the processor works at several vectors at once. */
static void draw_normals(heat_walk_random *random, int64_t n, real *values)
{
    const int64_t half = VECTORS * VEC_LANES, part = 16 * half;
    vec_words state[4][VECTORS], first[VECTORS], second[VECTORS];

    open_random(random, state);
    for (int64_t from = 0, size; from < n; from += size) {
        real *const to = values + from;
        size = n - from < part ? n - from : part;
        for (int64_t k = 0; k < size; k += 2 * half) {
            next_words(state, first);
            next_words(state, second);
            for (int v = 0; v < VECTORS; v++) {
                VEC(to + k, v) = zero_to_one(first[v]);
                VEC(to + k + half, v) = one_to_two(second[v]);
            }
        }
        for (int64_t k = 0; k < size; k += 2 * half)
            for (int v = 0; v < VECTORS; v++)
                VEC(to + k, v) = vec_sqrt(-2 * vec_log_normal(VEC(to + k, v)));
        for (int64_t k = 0; k < size; k += 2 * half)
            for (int v = 0; v < VECTORS; v++) {
                vec r = VEC(to + k, v), sine, cosine;
                vec_sincos_turn(VEC(to + k + half, v) - R(1.5), &sine, &cosine);
                VEC(to + k, v) = r * cosine;
                VEC(to + k + half, v) = r * sine;
            }
    }
    close_random(state, random);
}

/* Where x lies beyond a wall it is mirrored there, and the momentum turned. */
VEC_FN void turn_at_walls(real lower, real upper, vec *x, vec *momentum)
{
    for (int turn = 0; turn < MOST_TURNS; turn++) {
        vec_bits below = (vec_bits)(*x < lower), above = (vec_bits)(*x > upper);
        if (!vec_any(below | above))
            return;
        *x = vec_choose(below, 2 * lower - *x, vec_choose(above, 2 * upper - *x, *x));
        *momentum = (vec)((vec_bits)*momentum ^ ((below | above) & VEC_SIGN));
    }
    *momentum = vec_choose((vec_bits)(*x < lower) | (vec_bits)(*x > upper), VEC_INFINITE, *momentum);
    *x = vec_choose((vec_bits)(*x < lower), ALL(lower), *x);
    *x = vec_choose((vec_bits)(*x > upper), ALL(upper), *x);
}

/* Of the first n_vectors of each row. */
VEC_FN void jump_as(const heat_walk_lanes *l, const real *step, const real *spread, const real *noise,
                    int64_t n_noise, const int64_t n_vectors, const bool has_walls)
{
    const int64_t stride = l->stride;
    const int32_t n = l->n;
    real *row = l->x;
    const real *slope = l->gradient;

    for (int32_t i = 0; i < n; i++, row += stride, slope += stride, noise += n_noise)
        for (int64_t v = 0; v < n_vectors; v++) {
            vec e = VEC(step, v), x = VEC(row, v);
            vec p = VEC(spread, v) * vec_load(noise + v * VEC_LANES);
            x += e * (p - 0.5 * e * VEC(slope, v));
            if (has_walls)
                turn_at_walls(R(l->lower[i]), R(l->upper[i]), &x, &p);
            VEC(row, v) = x;
        }
}

static heat_status wander(heat_context *ctx, const heat_walk_lanes *l, const heat_smooth *view,
                          const heat_smooth_block *b, const real *step, const real *spread, const real *noise,
                          int64_t n_noise, int64_t n_steps, bool *is_sound)
{
    const int64_t n_vectors = (b->n_chains + VEC_LANES - 1) / VEC_LANES; /* no others are evaluated */
    const real *const energies = b->energies;
    vec zero = ALL(0.0);

    for (int64_t k = 0; k < n_steps; k++, noise += l->n * n_noise) {
        heat_status status;
        if (l->lower != NULL)
            jump_as(l, step, spread, noise, n_noise, n_vectors, true);
        else
            jump_as(l, step, spread, noise, n_noise, n_vectors, false);
        status = view->EVALUATE(ctx, view->self, b);
        if (status != HEAT_OK)
            return status;
        for (int64_t v = 0; v < n_vectors; v++)
            zero += VEC(energies, v) * 0.0;
    }
    *is_sound = !vec_any((vec_bits)(zero != zero));
    return HEAT_OK;
}

#ifdef HEAT_SINGLE

const heat_walk_single_kernel WALK_JOIN(heat_walk_single_, WALK_ISA) = {
    .isa = WALK_TEXT(WALK_ISA), .normals = draw_normals, .wander = wander};

#else

static void draw_uniforms(heat_walk_random *random, int64_t n, double *values)
{
    vec_words state[4][VECTORS], words[VECTORS];

    open_random(random, state);
    for (int64_t k = 0; k < n; k += HEAT_WALK_LANES) {
        next_words(state, words);
        for (int v = 0; v < VECTORS; v++)
            VEC(values + k, v) = one_to_two(words[v]) - 1.0;
    }
    close_random(state, random);
}

VEC_FN void kick_scaled(const heat_walk_lanes *l, const double *step, const bool is_scaled)
{
    for (int32_t i = 0; i < l->n; i++)
        for (int64_t v = 0, at = i * l->stride / VEC_LANES; v < l->stride / VEC_LANES; v++, at++) {
            vec g = VEC(l->gradient, at);
            if (is_scaled)
                g *= VEC(l->scale, at);
            VEC(l->momentum, at) -= VEC(step, v) * g;
        }
}

static void kick(const heat_walk_lanes *l, const double *step)
{
    if (l->scale == NULL)
        kick_scaled(l, step, false);
    else
        kick_scaled(l, step, true);
}

VEC_FN void drift_as(const heat_walk_lanes *l, const double *step, const bool is_scaled, const bool has_walls)
{
    for (int32_t i = 0; i < l->n; i++)
        for (int64_t v = 0, at = i * l->stride / VEC_LANES; v < l->stride / VEC_LANES; v++, at++) {
            vec p = VEC(l->momentum, at), x = VEC(l->x, at), e = VEC(step, v);
            if (is_scaled)
                e *= VEC(l->scale, at);
            x += e * p;
            if (has_walls) {
                turn_at_walls(R(l->lower[i]), R(l->upper[i]), &x, &p);
                VEC(l->momentum, at) = p;
            }
            VEC(l->x, at) = x;
        }
}

static void drift(const heat_walk_lanes *l, const double *step)
{
    if (l->lower != NULL)
        drift_as(l, step, l->scale != NULL, true);
    else if (l->scale != NULL)
        drift_as(l, step, true, false);
    else
        drift_as(l, step, false, false);
}

static void refresh(const heat_walk_lanes *l, const double *keep, const double *spread, const double *noise,
                    int64_t n_noise)
{
    for (int32_t i = 0; i < l->n; i++)
        for (int64_t v = 0, at = i * l->stride / VEC_LANES; v < l->stride / VEC_LANES; v++, at++)
            VEC(l->momentum, at) = VEC(keep, v) * VEC(l->momentum, at) +
                                   VEC(spread, v) * vec_load(noise + i * n_noise + v * VEC_LANES);
}

static void kinetic(const heat_walk_lanes *l, double *energy)
{
    for (int64_t v = 0; v < l->stride / VEC_LANES; v++) {
        vec sum = ALL(0.0);
        for (int32_t i = 0; i < l->n; i++) {
            vec p = VEC(l->momentum, i * l->stride / VEC_LANES + v);
            sum += p * p;
        }
        VEC(energy, v) = 0.5 * sum;
    }
}

/* Rows i ... i + n_rows - 1 of M (x - centre), M_ij at i * down + j * across: sums that do not wait for each
 * other. Columns [first, end) are of all rows; before or after them stands a triangle. */
VEC_FN void multiply_rows(const double *rows, int64_t down, int64_t across, const int32_t n_rows,
                          int32_t first, int32_t end, const heat_walk_shape shape, int64_t stride,
                          const double *from, const double *centre, double *to)
{
    vec sum[8];

    for (int32_t k = 0; k < n_rows; k++)
        sum[k] = ALL(0.0);
    for (int32_t d = 0; d < n_rows - 1 && shape == HEAT_WALK_TRANSPOSED; d++)
        for (int32_t k = 0; k <= d; k++)
            sum[k] += rows[k * down + (first + d - n_rows + 1) * across] *
                      VEC(from + (first + d - n_rows + 1) * stride, 0);
    for (int32_t j = first; j < end; j++) {
        vec off = VEC(from + j * stride, 0);
        if (shape == HEAT_WALK_FULL)
            off -= centre[j];
        for (int32_t k = 0; k < n_rows; k++)
            sum[k] += rows[k * down + j * across] * off;
    }
    for (int32_t d = 1; d < n_rows && shape == HEAT_WALK_LOWER; d++)
        for (int32_t k = d; k < n_rows; k++)
            sum[k] += rows[k * down + (end + d - 1) * across] * VEC(from + (end + d - 1) * stride, 0);
    for (int32_t k = 0; k < n_rows; k++)
        VEC(to + k * stride, 0) = sum[k];
}

/* As many rows at a time as there are. */
VEC_FN void multiply_as(int32_t n, const double *m, const heat_walk_shape shape, int64_t stride,
                        const double *from, const double *centre, double *to)
{
    const int64_t down = shape == HEAT_WALK_TRANSPOSED ? 1 : n,
                  across = shape == HEAT_WALK_TRANSPOSED ? n : 1;

    for (int32_t i = 0, rows; i < n; i += rows) {
        int32_t end = shape == HEAT_WALK_LOWER ? i + 1 : n;
        rows = n - i >= 8 ? 8 : n - i >= 4 ? 4 : n - i >= 2 ? 2 : 1;
        int32_t first = shape == HEAT_WALK_TRANSPOSED ? i + rows - 1 : 0;
        const double *at = m + i * down;
        if (rows == 8)
            multiply_rows(at, down, across, 8, first, end, shape, stride, from, centre, to + i * stride);
        else if (rows == 4)
            multiply_rows(at, down, across, 4, first, end, shape, stride, from, centre, to + i * stride);
        else if (rows == 2)
            multiply_rows(at, down, across, 2, first, end, shape, stride, from, centre, to + i * stride);
        else
            multiply_rows(at, down, across, 1, first, end, shape, stride, from, centre, to + i * stride);
    }
}

static void multiply(int32_t n, const double *matrix, heat_walk_shape shape, int64_t stride,
                     const double *from, const double *centre, double *to)
{
    for (int64_t v = 0; v < stride; v += VEC_LANES)
        if (shape == HEAT_WALK_FULL)
            multiply_as(n, matrix, HEAT_WALK_FULL, stride, from + v, centre, to + v);
        else if (shape == HEAT_WALK_LOWER)
            multiply_as(n, matrix, HEAT_WALK_LOWER, stride, from + v, NULL, to + v);
        else
            multiply_as(n, matrix, HEAT_WALK_TRANSPOSED, stride, from + v, NULL, to + v);
}

static bool are_finite(int64_t n, const double *values)
{
    vec sum = ALL(0.0);

    for (int64_t v = 0; v < n / VEC_LANES; v++)
        sum += VEC(values, v) * 0.0;
    return !vec_any((vec_bits)(sum != sum));
}

VEC_FN void place_vector(const heat_walk_bound *b, vec y, vec *x, vec *factor)
{
    vec width = ALL(b->upper - b->lower), e, part;

    switch (b->side) {
    case HEAT_WALK_OPEN:
        *x = y;
        return;
    case HEAT_WALK_ABOVE:
        *factor = vec_exp(y);
        *x = b->lower + *factor;
        break;
    case HEAT_WALK_BELOW:
        *factor = vec_exp(-y);
        *x = b->upper - *factor;
        break;
    case HEAT_WALK_BETWEEN:
        e = vec_exp_negative(-vec_abs(y));
        part = e / (1.0 + e); /* the way to the nearer bound, of the width */
        *factor = width * part / (1.0 + e);
        *x = vec_choose((vec_bits)(y < 0.0), b->lower + width * part, b->upper - width * part);
        break;
    }
    *x = vec_choose((vec_bits)(*x < b->least), ALL(b->least), *x);
    *x = vec_choose((vec_bits)(*x > b->most), ALL(b->most), *x);
}

static void place(const heat_walk_free *f)
{
    for (int32_t i = 0; i < f->n; i++)
        for (int64_t v = 0, at = i * f->stride / VEC_LANES; v < f->stride / VEC_LANES; v++, at++) {
            vec factor = ALL(1.0);
            place_vector(&f->bounds[i], VEC(f->y, at), &VEC(f->x, at), &factor);
            if (f->bounds[i].side != HEAT_WALK_OPEN)
                VEC(f->factor, at) = factor;
        }
}

/* log |dx/dy| but for a constant, and its slope. */
VEC_FN void log_factor(heat_walk_side side, vec y, vec *value, vec *slope)
{
    vec e;

    *value = side == HEAT_WALK_BELOW ? -y : y;
    *slope = ALL(side == HEAT_WALK_BELOW ? -1.0 : 1.0);
    if (side != HEAT_WALK_BETWEEN)
        return;
    e = vec_exp_negative(-vec_abs(y));
    *value = -vec_abs(y) - 2.0 * vec_log_normal(1.0 + e);
    *slope = (1.0 - e) / (1.0 + e);
    *slope = vec_choose((vec_bits)(y < 0.0), *slope, -*slope);
}

static void weigh(const heat_walk_free *f)
{
    for (int32_t i = 0; i < f->n; i++)
        for (int64_t v = 0, at = i * f->stride / VEC_LANES;
             f->bounds[i].side != HEAT_WALK_OPEN && v < f->stride / VEC_LANES; v++, at++) {
            vec value, slope;
            log_factor(f->bounds[i].side, VEC(f->y, at), &value, &slope);
            VEC(f->energy, v) -= VEC(f->weight, v) * value;
            if (f->gradient != NULL)
                VEC(f->gradient, at) -= VEC(f->weight, v) * slope;
        }
}

const heat_walk_kernel WALK_JOIN(heat_walk_, WALK_ISA) = {.isa = WALK_TEXT(WALK_ISA),
                                                          .normals = draw_normals,
                                                          .uniforms = draw_uniforms,
                                                          .kick = kick,
                                                          .drift = drift,
                                                          .refresh = refresh,
                                                          .wander = wander,
                                                          .kinetic = kinetic,
                                                          .multiply = multiply,
                                                          .are_finite = are_finite,
                                                          .place = place,
                                                          .weigh = weigh};

#endif
