/* The body of the sums over a layer's states, compiled once an instruction set. Before including it, define
 * LAYER_ISA, which ends the functions' names. Eight lanes of doubles, lane l holding units l, l + 8, ..., in
 * as many vectors as the instruction set needs for them; sums and products in that order everywhere, so that
 * the bits are the same.
 *
 * Multiplicative: the odds a_i of the states of four y that share all but their two lowest bits come from one
 * visit: a, a u_0, a u_1, a u_0 u_1; a flip of a higher bit multiplies a by its factor in the same visit.
 * Direct, where odds would leave the range of doubles: log(1 + e^x) = max(0, x) + log(1 + e^-|x|), an exp
 * each.
 */
#include "kernel/lane_reals.h"
#include "kernel/scaled.h"

#define LAYER_PASTE_(a, b) a##b
#define LAYER_PASTE(a, b) LAYER_PASTE_(a, b)
#define LAYER_FN static inline __attribute__((always_inline, unused))

enum {
    PARTS = HEAT_LAYER_PAD / VEC_LANES, /* vectors for the eight lanes */
    SHARED = 2,
    COMBINATIONS = 1 << SHARED,
    TURNS = 4,
    DIRECT_GROUP = 512 /* vectors whose products of at most 2 each are below 2^1000 */
};

/* A product of 8 lanes at once. */
typedef struct lane_product {
    vec m[PARTS];
    vec_bits e[PARTS];
} lane_product;

LAYER_FN void product_begin(lane_product *p)
{
    for (int k = 0; k < PARTS; k++) {
        p->m[k] = ALL(1.0);
        p->e[k] = (vec_bits){0};
    }
}

/* Brings the mantissas back to [1, 2). */
LAYER_FN void product_settle(lane_product *p)
{
    for (int k = 0; k < PARTS; k++) {
        vec_bits bits = (vec_bits)p->m[k];
        p->e[k] += (bits >> 52) - 1023;
        p->m[k] = (vec)((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
    }
}

LAYER_FN heat_scaled product_get(const lane_product *p)
{
    double m[HEAT_LAYER_PAD];
    uint64_t e = 0;

    memcpy(m, p->m, sizeof m);
    for (int l = 0; l < HEAT_LAYER_PAD; l++)
        e += p->e[l / VEC_LANES][l % VEC_LANES];
    return scaled_of(((m[0] * m[1]) * (m[2] * m[3])) * ((m[4] * m[5]) * (m[6] * m[7])), (int64_t)e);
}

/* The fields of the block's first state. */
LAYER_FN void begin_fields(const heat_layer_table *t, uint64_t state, double *field)
{
    memcpy(field, t->bias, (size_t)t->n_units * sizeof *field);
    for (int32_t j = 0; j < t->n_bits; j++)
        if (state >> j & 1)
            for (int32_t v = 0; v < t->n_units / VEC_LANES; v++)
                VEC(field, v) += VEC(t->weights + (int64_t)j * t->n_units, v);
}

/* Fields become odds, shifted. */
LAYER_FN void take_shifted_odds(const heat_layer_table *t, double *odds)
{
    for (int32_t v = 0; v < t->n_units / VEC_LANES; v++) {
        vec y = VEC(odds, v) * t->beta - VEC(t->shift, v), zero = ALL(0.0);
        y = (vec)((vec_bits)y & (vec_bits)(y < zero));
        VEC(odds, v) = vec_exp_negative(y);
    }
}

/* exp(beta c.y). */
LAYER_FN heat_scaled begin_own(const heat_layer_table *t, uint64_t state)
{
    heat_scaled own = {1, 0};

    for (int32_t j = 0; j < t->n_bits; j++)
        if (state >> j & 1)
            own = scaled_times(own, t->own_factor[2 * j + 1]);
    return own;
}

/* Multiplies the odds by `factor`, and leaves prod_i (rest_i + odds_i) of the four states. */
LAYER_FN void visit_odds(const heat_layer_table *t, double *odds, const double *factor, heat_scaled *out)
{
    const double *u0 = t->factor + t->n_units, *u1 = u0 + 2 * (int64_t)t->n_units;
    lane_product p[COMBINATIONS];
    int32_t first = 0;

    for (int c = 0; c < COMBINATIONS; c++)
        product_begin(&p[c]);
    for (int32_t g = 0; g < t->n_groups; g++) {
        for (; first < t->groups[g]; first++)
            for (int k = 0; k < PARTS; k++) {
                int32_t v = PARTS * first + k;
                vec rest = VEC(t->rest, v), a = VEC(odds, v) * VEC(factor, v);
                vec b = a * VEC(u0, v), c = a * VEC(u1, v);
                VEC(odds, v) = a;
                p[0].m[k] *= rest + a;
                p[1].m[k] *= rest + b;
                p[2].m[k] *= rest + c;
                p[3].m[k] *= rest + b * VEC(u1, v);
            }
        for (int c = 0; c < COMBINATIONS; c++)
            product_settle(&p[c]);
    }
    for (int c = 0; c < COMBINATIONS; c++)
        out[c] = product_get(&p[c]);
}

/* Of a product prod_i f_i of 8 lanes at once, and its first two derivatives by beta. */
typedef struct lane_jet {
    vec value[PARTS], first[PARTS], second[PARTS];
    vec_bits e[PARTS];
} lane_jet;

LAYER_FN void jet_begin(lane_jet *j)
{
    for (int k = 0; k < PARTS; k++) {
        j->value[k] = ALL(1.0);
        j->first[k] = j->second[k] = ALL(0.0);
        j->e[k] = (vec_bits){0};
    }
}

/* Times rest + a, whose derivatives are x a and x^2 a. */
LAYER_FN void jet_times(lane_jet *j, const int k, const vec *rest, const vec *a, const vec *x)
{
    vec f = *rest + *a, n = *x * *a, v = j->value[k], d = j->first[k];

    j->second[k] = j->second[k] * f + n * ((d + d) + *x * v);
    j->first[k] = d * f + n * v;
    j->value[k] = v * f;
}

/* Brings the values back to [1, 2), and takes the derivatives along. */
LAYER_FN void jet_settle(lane_jet *j)
{
    for (int k = 0; k < PARTS; k++) {
        vec_bits bits = (vec_bits)j->value[k];
        vec scale = (vec)((2046 - (bits >> 52)) << 52);
        j->e[k] += (bits >> 52) - 1023;
        j->value[k] = j->value[k] * scale;
        j->first[k] = j->first[k] * scale;
        j->second[k] = j->second[k] * scale;
    }
}

/* The product; relative to it, its derivatives. */
LAYER_FN heat_scaled jet_get(const lane_jet *j, double *first, double *second)
{
    lane_product p;
    double d[HEAT_LAYER_PAD], s[HEAT_LAYER_PAD], sum = 0, rest = 0;
    vec one[PARTS], two[PARTS];

    for (int k = 0; k < PARTS; k++) {
        p.m[k] = j->value[k];
        p.e[k] = j->e[k];
        one[k] = j->first[k] / j->value[k];
        two[k] = j->second[k] / j->value[k] - one[k] * one[k];
    }
    memcpy(d, one, sizeof d);
    memcpy(s, two, sizeof s);
    for (int l = 0; l < HEAT_LAYER_PAD; l++) {
        sum += d[l];
        rest += s[l];
    }
    *first = sum;
    *second = sum * sum + rest;
    return product_get(&p);
}

/* What visits of fields and odds together go by. */
typedef struct layer_energies {
    double *field;         /* [unit] beside the odds */
    const double *weights; /* that flip the last bit, NULL: none; and the sign */
    double sign;
    double first[COMBINATIONS], second[COMBINATIONS];
} layer_energies;

/* visit_odds that leaves the derivatives by beta, too. */
LAYER_FN void visit_energies(const heat_layer_table *t, double *odds, const double *factor, layer_energies *d,
                             heat_scaled *out)
{
    const double *u0 = t->factor + t->n_units, *u1 = u0 + 2 * (int64_t)t->n_units;
    const double *w0 = t->weights, *w1 = w0 + t->n_units, *weights = d->weights;
    lane_jet j[COMBINATIONS];
    int32_t first = 0;

    for (int c = 0; c < COMBINATIONS; c++)
        jet_begin(&j[c]);
    for (int32_t g = 0; g < t->n_groups; g++) {
        for (; first < t->groups[g]; first++)
            for (int k = 0; k < PARTS; k++) {
                int32_t v = PARTS * first + k;
                vec rest = VEC(t->rest, v), a = VEC(odds, v) * VEC(factor, v), x = VEC(d->field, v);
                vec b = a * VEC(u0, v), c = a * VEC(u1, v), e = b * VEC(u1, v), y, z, xyz;
                if (weights != NULL)
                    x += VEC(weights, v) * d->sign;
                VEC(odds, v) = a;
                VEC(d->field, v) = x;
                y = x + VEC(w0, v);
                z = x + VEC(w1, v);
                xyz = y + VEC(w1, v);
                jet_times(&j[0], k, &rest, &a, &x);
                jet_times(&j[1], k, &rest, &b, &y);
                jet_times(&j[2], k, &rest, &c, &z);
                jet_times(&j[3], k, &rest, &e, &xyz);
            }
        for (int c = 0; c < COMBINATIONS; c++)
            jet_settle(&j[c]);
    }
    for (int c = 0; c < COMBINATIONS; c++)
        out[c] = jet_get(&j[c], &d->first[c], &d->second[c]);
}

/* Adds `weights` (NULL: nothing), times `sign`, to the fields; leaves sum_i max(0, x_i), and prod_i (1 +
 * exp(-beta |x_i|)) where `product` is not NULL. */
LAYER_FN double visit_fields(const heat_layer_table *t, double *field, const double *weights, double sign,
                             heat_scaled *product)
{
    lane_product p;
    vec sums[PARTS] = {{0}}, zero = ALL(0.0);
    double sum[HEAT_LAYER_PAD];

    product_begin(&p);
    for (int32_t v = 0; v < t->n_units / VEC_LANES; v += PARTS) {
        for (int k = 0; k < PARTS; k++) {
            vec x = VEC(field, v + k), size, e;
            if (weights != NULL)
                x += VEC(weights, v + k) * sign;
            VEC(field, v + k) = x;
            sums[k] += (vec)((vec_bits)x & (vec_bits)(x > zero));
            if (product == NULL)
                continue;
            size = (vec)((vec_bits)x | 0x8000000000000000) * t->beta; /* -|x| */
            e = vec_exp_negative(size);
            p.m[k] *= e + 1.0;
        }
        if (v / PARTS % DIRECT_GROUP == DIRECT_GROUP - 1)
            product_settle(&p);
    }
    product_settle(&p);
    if (product != NULL)
        *product = product_get(&p);
    memcpy(sum, sums, sizeof sum);
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

LAYER_FN int32_t block_bits(const heat_layer_table *t)
{
    return t->n_bits < HEAT_LAYER_BLOCK_BITS ? t->n_bits : HEAT_LAYER_BLOCK_BITS;
}

/* A walk through the states of a block: every step flips one bit above `shared` and tells the weights of the
 * 2^shared states that then differ in the lowest. */
typedef struct layer_walk {
    const heat_layer_table *t;
    double *work;
    int32_t shared;
    uint64_t state; /* its lowest `shared` bits are 0 */
    int64_t step, n_steps;
    heat_scaled own; /* exp(beta c.y), followed where the table is multiplicative */
    double own_sum;  /* c.y */
    int32_t flipped; /* bit; -1 before the first flip */
    double value;    /* c.y + sum_i max(0, x_i), where the table is not multiplicative */
    layer_energies energies;
} layer_walk;

/* `field` [unit] takes the fields beside the odds; NULL: energies are not wanted. */
LAYER_FN void walk_begin(layer_walk *w, const heat_layer_table *t, int64_t block, double *work, double *field)
{
    *w = (layer_walk){.t = t, .work = work, .shared = t->is_multiplicative ? SHARED : 0, .flipped = -1};
    w->state = (uint64_t)block << HEAT_LAYER_BLOCK_BITS;
    w->n_steps = (int64_t)1 << (block_bits(t) - w->shared);
    begin_fields(t, w->state, work);
    for (int32_t j = 0; j < t->n_bits; j++)
        w->own_sum += w->state >> j & 1 ? t->own[j] : 0;
    if (t->is_multiplicative) {
        w->energies.field = field;
        if (field != NULL)
            memcpy(field, work, (size_t)t->n_units * sizeof *work);
        take_shifted_odds(t, work);
        w->own = begin_own(t, w->state);
    }
}

/* The next states and their weights (NULL: not wanted, which only a direct walk obeys), and energies where
 * they are wanted, which only a multiplicative walk knows; false at the end. */
LAYER_FN bool walk_next(layer_walk *w, heat_scaled *weights, const bool wants_energy)
{
    const heat_layer_table *t = w->t;
    heat_scaled shared = {1, 0}, product;
    const double *row, *factor;
    bool on = false;

    if (w->step == w->n_steps)
        return false;
    if (w->step++ > 0) {
        w->flipped = w->shared + __builtin_ctzll((uint64_t)w->step - 1);
        w->state ^= (uint64_t)1 << w->flipped;
        on = w->state >> w->flipped & 1;
        w->own_sum += on ? t->own[w->flipped] : -t->own[w->flipped];
    }
    row = w->flipped < 0 ? NULL : t->weights + (int64_t)w->flipped * t->n_units;
    if (!t->is_multiplicative) {
        w->value = w->own_sum + visit_fields(t, w->work, row, on ? 1 : -1, weights == NULL ? NULL : &product);
        if (weights != NULL)
            weights[0] = scaled_times(scaled_exp(t->beta * w->value), product);
        return true;
    }
    if (w->flipped >= 0)
        w->own = scaled_times(w->own, t->own_factor[2 * w->flipped + on]);
    factor = w->flipped < 0 ? t->ones : t->factor + (2 * (int64_t)w->flipped + on) * t->n_units;
    w->energies.weights = row;
    w->energies.sign = on ? 1 : -1;
    if (wants_energy)
        visit_energies(t, w->work, factor, &w->energies, weights);
    else
        visit_odds(t, w->work, factor, weights);
    for (int c = 0; c < COMBINATIONS; c++) {
        shared = c & 1 ? t->own_factor[1] : (heat_scaled){1, 0};
        shared = c & 2 ? scaled_times(shared, t->own_factor[3]) : shared;
        weights[c] = scaled_times(weights[c], scaled_times(w->own, shared));
    }
    return true;
}

/* The block's weights, and the moments of its energies. */
LAYER_FN void sum_energies(layer_walk *w, heat_layer_tally *tally)
{
    heat_scaled weights[COMBINATIONS];

    while (walk_next(w, weights, true))
        for (int c = 0; c < COMBINATIONS; c++) {
            double own = w->own_sum + (c & 1 ? w->t->own[0] : 0) + (c & 2 ? w->t->own[1] : 0);
            double first = w->energies.first[c], energy = own + first;
            double square = own * (own + 2 * first) + w->energies.second[c];
            scaled_add_moments(tally, weights[c], weights[c].m * energy, weights[c].m * square);
        }
}

static void LAYER_PASTE(layer_sum_, LAYER_ISA)(const heat_layer_table *t, int64_t block, double *work,
                                               heat_layer_tally *tally)
{
    heat_scaled weights[COMBINATIONS];
    layer_walk w;

    walk_begin(&w, t, block, work, tally->wants_energy ? work + t->n_units : NULL);
    if (tally->wants_energy) {
        sum_energies(&w, tally);
        return;
    }
    while (walk_next(&w, tally->wants_highest ? NULL : weights, false)) {
        for (int c = 0; c < 1 << w.shared && !tally->wants_highest; c++)
            scaled_add(&tally->sum, weights[c]);
        if (tally->wants_highest && w.value > tally->highest) {
            tally->highest = w.value;
            tally->state = w.state;
        }
    }
}

/* The running sum of the block is taken off a bit's pair sum when the bit is on and the sum is about to grow,
 * and added when the bit goes off: what is left is what grew in between. */
typedef struct pair_ledger {
    heat_layer_moments *m;
    uint64_t taken; /* bits from whose pair sum it was taken off */
} pair_ledger;

LAYER_FN void add_row(const heat_layer_table *t, double *to, const double *from, double sign)
{
    for (int32_t v = 0; v < t->n_units / VEC_LANES; v++)
        VEC(to, v) += VEC(from, v) * sign;
}

LAYER_FN void take_off(const heat_layer_table *t, pair_ledger *l, uint64_t bits)
{
    for (uint64_t left = bits & ~l->taken; left != 0; left &= left - 1) {
        int32_t j = __builtin_ctzll(left);
        add_row(t, l->m->pair_mean + (int64_t)j * t->n_units, l->m->block_mean, -1);
    }
    l->taken |= bits;
}

LAYER_FN void put_back(const heat_layer_table *t, pair_ledger *l, uint64_t bits)
{
    for (uint64_t left = bits & l->taken; left != 0; left &= left - 1) {
        int32_t j = __builtin_ctzll(left);
        add_row(t, l->m->pair_mean + (int64_t)j * t->n_units, l->m->block_mean, 1);
    }
    l->taken &= ~bits;
}

/* Adds the means of one vector of units. */
LAYER_FN void add_means(const layer_walk *w, int c, int32_t v, const vec *mean, heat_layer_moments *m)
{
    double *low = m->pair_mean, *next = low + w->t->n_units;

    VEC(m->block_mean, v) += *mean;
    if (c & 1)
        VEC(low, v) += *mean;
    if (c & 2)
        VEC(next, v) += *mean;
}

/* The odds of a vector in the walk's state number c. */
LAYER_FN void odds_at(const layer_walk *w, const int c, int32_t v, vec *odds)
{
    const double *u0 = w->t->factor + w->t->n_units, *u1 = u0 + 2 * (int64_t)w->t->n_units;

    *odds = VEC(w->work, v);
    if (c & 1)
        *odds *= VEC(u0, v);
    if (c & 2)
        *odds *= VEC(u1, v);
}

/* Units p = a / (rest + a), two vectors by one division: 1/f = g / (f g). */
LAYER_FN void add_odds(const layer_walk *w, const int c, double weight, heat_layer_moments *m)
{
    const heat_layer_table *t = w->t;

    for (int32_t first = 0; first < t->n_units / VEC_LANES; first += 2 * PARTS)
        for (int k = 0; k < PARTS; k++) {
            int32_t v = first + k, other = v + PARTS;
            vec a, b, f, g, over;
            odds_at(w, c, v, &a);
            odds_at(w, c, other, &b);
            f = VEC(t->rest, v) + a;
            g = VEC(t->rest, other) + b;
            over = weight / (f * g);
            a *= g * over;
            b *= f * over;
            add_means(w, c, v, &a, m);
            add_means(w, c, other, &b, m);
        }
}

LAYER_FN void add_fields(const layer_walk *w, double weight, heat_layer_moments *m)
{
    const heat_layer_table *t = w->t;

    for (int32_t v = 0; v < t->n_units / VEC_LANES; v++) {
        vec x = VEC(w->work, v), e, top, zero = ALL(0.0), size;
        size = (vec)((vec_bits)x | 0x8000000000000000) * t->beta;
        e = vec_exp_negative(size);
        top = (vec)(((vec_bits)ALL(1.0) & (vec_bits)(x >= zero)) | ((vec_bits)e & (vec_bits)(x < zero)));
        top = top / (e + 1.0) * weight;
        add_means(w, 0, v, &top, m);
    }
}

/* Adds one state, whose weight is `weight`. Bits that the walk shares are added at once. */
LAYER_FN void add_state(const layer_walk *w, int c, double weight, heat_layer_moments *m)
{
    for (uint64_t bits = w->state | (uint64_t)c; bits != 0; bits &= bits - 1)
        m->bit_mean[__builtin_ctzll(bits)] += weight;
    if (!w->t->is_multiplicative)
        add_fields(w, weight, m);
    else if (c == 0)
        add_odds(w, 0, weight, m);
    else if (c == 1)
        add_odds(w, 1, weight, m);
    else if (c == 2)
        add_odds(w, 2, weight, m);
    else
        add_odds(w, 3, weight, m);
}

static void LAYER_PASTE(layer_moments_, LAYER_ISA)(const heat_layer_table *t, int64_t block, double *work,
                                                   heat_layer_moments *m)
{
    heat_scaled weights[COMBINATIONS];
    pair_ledger ledger = {.m = m};
    layer_walk w;

    memset(m->block_mean, 0, (size_t)t->n_units * sizeof *m->block_mean);
    walk_begin(&w, t, block, work, NULL);
    while (walk_next(&w, weights, false)) {
        if (w.flipped >= 0)
            put_back(t, &ledger, ~w.state);
        for (int c = 0; c < 1 << w.shared; c++) {
            double weight = weights[c].m * scaled_power(weights[c].e - m->total.e) / m->total.m;
            if (!(weight >= m->negligible))
                continue;
            take_off(t, &ledger, w.state);
            add_state(&w, c, weight, m);
        }
    }
    put_back(t, &ledger, ~(uint64_t)0);
    add_row(t, m->unit_mean, m->block_mean, 1);
}

#include "kernel/layer_visit_body.h"
