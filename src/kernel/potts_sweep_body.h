/* The body of the Potts kernel, compiled once an instruction set and once more with a scripted random source.
 * Before including it, define LANE_ISA (which ends the functions' names) and, for a script, LANE_DRAW(state,
 * vector).
 *
 * What a value of a site would gain, sum(a) = h(a) + sum_j J(a, a_j), is needed for every value a and chain.
 * Plain couplings are added where a neighbour has the value, 16 chains a vector. Of tables, where vectors can
 * look up in 32 numbers, the row of one own value is looked up by the neighbour's values, 16 chains at once,
 * with the sums in registers. Elsewhere whole rows are added, 16 values a vector, and the sums transposed.
 * Either way a few neighbours at a time serve a chunk of chains, so that their tables and the sums stay in
 * the nearest caches. From there on chains lie side by side. */
#include "kernel/lane_values.h"
#include "kernel/potts_sweep.h"

#define LANE_PASTE_(a, b) a##b
#define LANE_PASTE(a, b) LANE_PASTE_(a, b)
#define LANE_PRAGMA(text) _Pragma(#text)
#define LANE_UNROLL(n) LANE_PRAGMA(GCC unroll n)

#ifndef LANE_DRAW
#define LANE_DRAW(state, vector) lane_draw(state)
#endif

enum {
    PLAIN_VALUES = 7, /* whose sums registers hold, of so many vectors of chains */
    PLAIN_VECTORS = 2,
    PLAIN_STEP = PLAIN_VECTORS * LANES,
    POTTS_TILE = 4, /* neighbours whose tables are visited together */
    ROWS_CHUNK = HEAT_POTTS_CHUNK / 2,
};

/* The weights of all values, summed up to each: cumulated[a] = w(0) + ... + w(a). The sums of value a of a
 * vector of chains stand at a * step, here and below. */
LANE_FN void heat_bath_weights(const int32_t *sums, const int32_t step, int32_t q, lane_real scale,
                               float cumulated[HEAT_POTTS_MOST_VALUES][LANES])
{
    lane_int largest = lane_load(sums);
    lane_real total = lane_all_real(0);

    for (int32_t a = 1; a < q; a++)
        largest = lane_largest(largest, lane_load(sums + a * step));
    for (int32_t a = 0; a < q; a++) {
        lane_real y = lane_mul(lane_to_real(lane_sub(lane_load(sums + a * step), largest)), scale);
        total = lane_plus(total, lane_exp2(lane_max(y, lane_all_real(-60)), 0x1p31f));
        lane_store(cumulated[a], lane_bits_of(total));
    }
}

LANE_FN void metropolis_weights(const int32_t *sums, const int32_t step, int32_t q, lane_real scale,
                                lane_int current, lane_int sum_now,
                                float cumulated[HEAT_POTTS_MOST_VALUES][LANES])
{
    const lane_real zero = lane_all_real(0);
    lane_real moves = zero, total = zero, stays;

    for (int32_t a = 0; a < q; a++) {
        lane_real y = lane_mul(lane_to_real(lane_sub(lane_load(sums + a * step), sum_now)), scale);
        lane_real w = lane_exp2(lane_max(lane_min(y, zero), lane_all_real(-60)), 0x1p31f);
        w = lane_choose(lane_equal(current, lane_all(a)), zero, w);
        moves = lane_plus(moves, w);
        lane_store(cumulated[a], lane_bits_of(w));
    }
    stays = lane_max(lane_minus(lane_all_real((float)(q - 1) * 0x1p31f), moves), zero);
    for (int32_t a = 0; a < q; a++) {
        lane_real w = lane_load_real(cumulated[a]);
        total = lane_plus(total, lane_choose(lane_equal(current, lane_all(a)), stays, w));
        lane_store(cumulated[a], lane_bits_of(total));
    }
}

/* Draws the next values of one vector of chains. */
LANE_FN void move_vector(const int32_t *sums, const int32_t step, int32_t q, heat_potts_block *b,
                         int32_t site, int32_t vector, heat_flip_rule rule)
{
    const int64_t first = (int64_t)LANES * vector;
    uint8_t *value = b->value + ((int64_t)site * b->n_vectors + vector) * LANES;
    float cumulated[HEAT_POTTS_MOST_VALUES][LANES];
    lane_int random[4], next = lane_all(q - 1);
    lane_real scale = lane_load_real(b->scale + first), u;
    int32_t to[LANES];

    for (int k = 0; k < 4; k++)
        random[k] = lane_load(b->random[k] + first);
    if (rule == HEAT_FLIP_HEAT_BATH) {
        heat_bath_weights(sums, step, q, scale, cumulated);
    } else {
        int32_t now[LANES];
        for (int l = 0; l < LANES; l++)
            now[l] = sums[value[l] * step + l];
        metropolis_weights(sums, step, q, scale, lane_load_bytes(value), lane_load(now), cumulated);
    }
    u = lane_mul(lane_to_real(lane_shift_right(LANE_DRAW(random, vector), 1)), lane_all_real(0x1p-31f));
    u = lane_mul(u, lane_load_real(cumulated[q - 1]));
    for (int32_t a = 0; a < q - 1; a++) /* of positive floats the bits are ordered as they are */
        next = lane_add_where(lane_less(lane_bits_of(u), lane_load(cumulated[a])), next, lane_all(-1));
    lane_store(to, next);
    for (int l = 0; l < LANES; l++) {
        b->energy[first + l] -= sums[to[l] * step + l] - sums[value[l] * step + l];
        b->n_moves[first + l] += to[l] != value[l];
    }
    lane_store_bytes(value, next);
    for (int k = 0; k < 4; k++)
        lane_store(b->random[k] + first, random[k]);
}

/* Sums of `n_values` values from `value` on in `n_vectors` vectors, in registers while the neighbours go by.
 */
LANE_FN void add_plain(const heat_potts_graph *g, const heat_potts_block *b, int32_t site, int32_t vector,
                       const int n_vectors, int32_t value, const int n_values, int32_t *sums)
{
    const int32_t *field = g->field + (int64_t)site * g->stride, *col = g->col, *coupling = g->coupling;
    const uint8_t *values = b->value + (int64_t)vector * LANES;
    const int64_t width = (int64_t)LANES * b->n_vectors, end = g->row[site + 1];
    lane_int sum[PLAIN_VECTORS][PLAIN_VALUES];

    LANE_UNROLL(2)
    for (int v = 0; v < n_vectors; v++)
        LANE_UNROLL(7)
    for (int a = 0; a < n_values; a++)
        sum[v][a] = lane_all(field[value + a]);
    for (int64_t k = g->row[site]; k < end; k++) {
        const uint8_t *other = values + col[k] * width;
        lane_int units = lane_all(coupling[k]);
        LANE_UNROLL(2)
        for (int v = 0; v < n_vectors; v++) {
            lane_int now = lane_load_bytes(other + v * LANES);
            LANE_UNROLL(7)
            for (int a = 0; a < n_values; a++)
                sum[v][a] = lane_add_where(lane_equal(now, lane_all(value + a)), sum[v][a], units);
        }
    }
    LANE_UNROLL(2)
    for (int v = 0; v < n_vectors; v++)
        LANE_UNROLL(7)
    for (int a = 0; a < n_values; a++)
        lane_store(sums + (value + a) * PLAIN_STEP + v * LANES, sum[v][a]);
}

/* Each number of vectors and values is a function of its own, so that the compiler has all registers for its
 * loop. */
typedef void (*plain_case)(const heat_potts_graph *g, const heat_potts_block *b, int32_t site, int32_t vector,
                           int32_t value, int32_t *sums);

#define PLAIN_CASE(vectors, values)                                                                          \
    static __attribute__((noinline)) void add_plain_##vectors##_##values(                                    \
        const heat_potts_graph *g, const heat_potts_block *b, int32_t site, int32_t vector, int32_t value,   \
        int32_t *sums)                                                                                       \
    {                                                                                                        \
        add_plain(g, b, site, vector, vectors, value, values, sums);                                         \
    }
#define PLAIN_CASES(vectors)                                                                                 \
    PLAIN_CASE(vectors, 1)                                                                                   \
    PLAIN_CASE(vectors, 2)                                                                                   \
    PLAIN_CASE(vectors, 3)                                                                                   \
    PLAIN_CASE(vectors, 4)                                                                                   \
    PLAIN_CASE(vectors, 5)                                                                                   \
    PLAIN_CASE(vectors, 6)                                                                                   \
    PLAIN_CASE(vectors, 7)
PLAIN_CASES(1)
PLAIN_CASES(2)

#define PLAIN_ROW(vectors)                                                                                   \
    {                                                                                                        \
        add_plain_##vectors##_1, add_plain_##vectors##_2, add_plain_##vectors##_3, add_plain_##vectors##_4,  \
            add_plain_##vectors##_5, add_plain_##vectors##_6, add_plain_##vectors##_7                        \
    }
static const plain_case plain_cases[PLAIN_VECTORS][PLAIN_VALUES] = {PLAIN_ROW(1), PLAIN_ROW(2)};

/* `q` is a constant where it is few, and its sums are then made in place. */
LANE_SWEEP_FN void sweep_plain(const heat_potts_graph *g, heat_potts_block *b, heat_flip_rule rule,
                               const int32_t q, const bool is_few)
{
    const int32_t n_passes = (q + PLAIN_VALUES - 1) / PLAIN_VALUES, most = (q + n_passes - 1) / n_passes;

    for (int32_t i = 0; i < g->n; i++)
        for (int32_t v = 0; v < b->n_vectors; v += PLAIN_VECTORS) {
            int32_t sums[HEAT_POTTS_MOST_VALUES * PLAIN_STEP];
            int32_t n_vectors = b->n_vectors - v < PLAIN_VECTORS ? b->n_vectors - v : PLAIN_VECTORS;
            for (int32_t a = 0; a < q && !is_few; a += most)
                plain_cases[n_vectors - 1][(q - a < most ? q - a : most) - 1](g, b, i, v, a, sums);
            for (int32_t k = 0; k < n_vectors; k++) {
                if (is_few)
                    add_plain(g, b, i, v + k, 1, 0, q, sums + k * LANES);
                move_vector(sums + k * LANES, PLAIN_STEP, q, b, i, v + k, rule);
            }
        }
}

/* Adds the rows of `count` neighbours, from end k on, to the sums of `chains` chains from `first` on.
 * `vectors` is stride / 16. */
LANE_FN void add_rows(const heat_potts_graph *g, heat_potts_block *b, int64_t k, const int count,
                      int64_t first, int32_t chains, const int32_t vectors)
{
    const int64_t size = (int64_t)g->q * g->stride, width = (int64_t)LANES * b->n_vectors;
    const int32_t *table[POTTS_TILE];
    const uint8_t *value[POTTS_TILE];

    for (int t = 0; t < count; t++) {
        table[t] = g->tables + g->table[k + t] * size;
        value[t] = b->value + g->col[k + t] * width + first;
    }
    for (int32_t c = 0; c < chains; c++) {
        int32_t *sums = b->sums + (int64_t)c * vectors * LANES;
        const int32_t *row[POTTS_TILE];
        for (int t = 0; t < count; t++)
            row[t] = table[t] + (int64_t)value[t][c] * vectors * LANES;
        for (int32_t v = 0; v < vectors; v++) {
            lane_int sum = lane_load(sums + LANES * v);
            for (int t = 0; t < count; t++)
                sum = lane_add(sum, lane_load(row[t] + LANES * v));
            lane_store(sums + LANES * v, sum);
        }
    }
}

/* Fills b->sums for a chunk of chains. */
LANE_FN void sum_tables(const heat_potts_graph *g, heat_potts_block *b, int32_t site, int64_t first,
                        int32_t chains, const int32_t vectors)
{
    int64_t k = g->row[site], end = g->row[site + 1];

    for (int32_t c = 0; c < chains; c++)
        memcpy(b->sums + (int64_t)c * g->stride, g->field + (int64_t)site * g->stride,
               (size_t)g->stride * sizeof *b->sums);
    for (; k + POTTS_TILE <= end; k += POTTS_TILE)
        add_rows(g, b, k, POTTS_TILE, first, chains, vectors);
    for (; k < end; k++)
        add_rows(g, b, k, 1, first, chains, vectors);
}

LANE_SWEEP_FN void sweep_tables(const heat_potts_graph *g, heat_potts_block *b, heat_flip_rule rule,
                                const int32_t vectors)
{
    enum { CHUNK = ROWS_CHUNK / LANES };

    for (int32_t i = 0; i < g->n; i++)
        for (int32_t begin = 0; begin < b->n_vectors; begin += CHUNK) {
            int32_t count = b->n_vectors - begin < CHUNK ? b->n_vectors - begin : CHUNK;
            sum_tables(g, b, i, (int64_t)begin * LANES, count * LANES, vectors);
            for (int32_t v = 0; v < count; v++) {
                int32_t sums[HEAT_POTTS_MOST_VALUES * LANES];
                for (int32_t a = 0; a < vectors; a++)
                    lane_transpose(b->sums + (int64_t)v * LANES * g->stride + LANES * a, g->stride,
                                   sums + LANES * LANES * a, LANES);
                move_vector(sums, LANES, g->q, b, i, begin + v, rule);
            }
        }
}

#if LANE_LOOKUP_VALUES > 0

enum {
    LOOKUP_TILE = 16,  /* neighbours */
    LOOKUP_VALUES = 5, /* own values, times */
    LOOKUP_VECTORS = 4 /* vectors of chains: the sums that registers hold */
};

/* Sums of `n_values` values from `value` on in `n_vectors` vectors, which lie `vector` vectors into the chunk
 * and `lane` chains into the block, over the ends [k, end): a table's row of one own value is looked up by
 * the neighbour's. */
LANE_FN void look_up(const heat_potts_graph *g, heat_potts_block *b, int64_t k, int64_t end, int32_t value,
                     const int n_values, int32_t vector, int64_t lane, const int n_vectors,
                     const int32_t table_vectors)
{
    const int64_t width = (int64_t)LANES * b->n_vectors, size = (int64_t)g->q * g->stride;
    int32_t *sums = b->sums + (int64_t)value * HEAT_POTTS_CHUNK + (int64_t)vector * LANES;
    lane_int sum[LOOKUP_VALUES][LOOKUP_VECTORS];

    LANE_UNROLL(5)
    for (int a = 0; a < n_values; a++)
        LANE_UNROLL(4)
    for (int v = 0; v < n_vectors; v++)
        sum[a][v] = lane_load(sums + a * HEAT_POTTS_CHUNK + v * LANES);
    for (; k < end; k++) {
        const int32_t *row = g->tables + g->across[k] * size + (int64_t)value * g->stride;
        const uint8_t *other = b->value + g->col[k] * width + lane;
        lane_int index[LOOKUP_VECTORS];
        LANE_UNROLL(4)
        for (int v = 0; v < n_vectors; v++)
            index[v] = lane_load_bytes(other + v * LANES);
        LANE_UNROLL(5)
        for (int a = 0; a < n_values; a++) {
            lane_int table[2];
            for (int t = 0; t < table_vectors; t++)
                table[t] = lane_load(row + a * table_vectors * LANES + t * LANES);
            LANE_UNROLL(4)
            for (int v = 0; v < n_vectors; v++)
                sum[a][v] = lane_add(sum[a][v], lane_lookup(table, table_vectors, index[v]));
        }
    }
    LANE_UNROLL(5)
    for (int a = 0; a < n_values; a++)
        LANE_UNROLL(4)
    for (int v = 0; v < n_vectors; v++)
        lane_store(sums + a * HEAT_POTTS_CHUNK + v * LANES, sum[a][v]);
}

/* The same for a whole chunk of vectors. */
LANE_FN void look_up_chunk(const heat_potts_graph *g, heat_potts_block *b, int64_t k, int64_t end,
                           int32_t value, const int n_values, int64_t lane, int32_t vectors,
                           const int32_t table_vectors)
{
    int32_t v = 0;

    for (; v + LOOKUP_VECTORS <= vectors; v += LOOKUP_VECTORS)
        look_up(g, b, k, end, value, n_values, v, lane + v * LANES, LOOKUP_VECTORS, table_vectors);
    for (; v < vectors; v++)
        look_up(g, b, k, end, value, n_values, v, lane + v * LANES, 1, table_vectors);
}

/* Fills b->sums, [value][chain of the chunk], for `vectors` vectors of chains from `lane` on. */
LANE_FN void sum_lookups(const heat_potts_graph *g, heat_potts_block *b, int32_t site, int64_t lane,
                         int32_t vectors, const int32_t table_vectors)
{
    for (int32_t a = 0; a < g->q; a++)
        for (int32_t v = 0; v < vectors; v++)
            lane_store(b->sums + (int64_t)a * HEAT_POTTS_CHUNK + v * LANES,
                       lane_all(g->field[(int64_t)site * g->stride + a]));
    for (int64_t k = g->row[site]; k < g->row[site + 1]; k += LOOKUP_TILE) {
        int64_t end = k + LOOKUP_TILE < g->row[site + 1] ? k + LOOKUP_TILE : g->row[site + 1];
        int32_t a = 0;
        for (; a + LOOKUP_VALUES <= g->q; a += LOOKUP_VALUES)
            look_up_chunk(g, b, k, end, a, LOOKUP_VALUES, lane, vectors, table_vectors);
        for (; a + 2 <= g->q; a += 2)
            look_up_chunk(g, b, k, end, a, 2, lane, vectors, table_vectors);
        for (; a < g->q; a++)
            look_up_chunk(g, b, k, end, a, 1, lane, vectors, table_vectors);
    }
}

LANE_FN void sweep_lookups(const heat_potts_graph *g, heat_potts_block *b, heat_flip_rule rule,
                           const int32_t table_vectors)
{
    enum { CHUNK = HEAT_POTTS_CHUNK / LANES };

    for (int32_t i = 0; i < g->n; i++)
        for (int32_t begin = 0; begin < b->n_vectors; begin += CHUNK) {
            int32_t count = b->n_vectors - begin < CHUNK ? b->n_vectors - begin : CHUNK;
            sum_lookups(g, b, i, (int64_t)begin * LANES, count, table_vectors);
            for (int32_t v = 0; v < count; v++)
                move_vector(b->sums + (int64_t)v * LANES, HEAT_POTTS_CHUNK, g->q, b, i, begin + v, rule);
        }
}

#endif

LANE_FN void sweep_by_rule(const heat_potts_graph *g, heat_potts_block *b, heat_flip_rule rule)
{
#if LANE_LOOKUP_VALUES > 0
    if (g->coupling == NULL && g->stride <= LANE_LOOKUP_VALUES) {
        if (g->stride == LANES)
            sweep_lookups(g, b, rule, 1);
        else
            sweep_lookups(g, b, rule, 2);
        return;
    }
#endif
    if (g->coupling != NULL) {
        switch (g->q) {
        case 2:
            sweep_plain(g, b, rule, 2, true);
            break;
        case 3:
            sweep_plain(g, b, rule, 3, true);
            break;
        case 4:
            sweep_plain(g, b, rule, 4, true);
            break;
        default:
            sweep_plain(g, b, rule, g->q, false);
        }
    } else if (g->stride == LANES) {
        sweep_tables(g, b, rule, 1);
    } else if (g->stride == 2 * LANES) {
        sweep_tables(g, b, rule, 2);
    } else {
        sweep_tables(g, b, rule, g->stride / LANES);
    }
}

static void LANE_PASTE(potts_sweep_, LANE_ISA)(const heat_potts_graph *graph, heat_potts_block *block,
                                               heat_flip_rule rule)
{
    if (rule == HEAT_FLIP_HEAT_BATH)
        sweep_by_rule(graph, block, HEAT_FLIP_HEAT_BATH);
    else
        sweep_by_rule(graph, block, HEAT_FLIP_METROPOLIS);
}
