/* The body of the lane kernel, compiled once an instruction set and once more with a scripted random source.
 * Before including it, define LANE_ISA (which ends the functions' names) and, for a script, LANE_DRAW(state,
 * vector). */
#include "kernel/lane_shorts.h"
#include "kernel/lane_sweep.h"

#define LANE_PASTE_(a, b) a##b
#define LANE_PASTE(a, b) LANE_PASTE_(a, b)

enum { HEAT_WORDS_A_LOAD = LANES * sizeof(int32_t) / sizeof(uint16_t) };

#ifndef LANE_DRAW
#define LANE_DRAW(state, vector) lane_draw(state)
#endif

/* Where a uniform number u is below the rule's probability, of y = -beta delta / ln 2 and u in units of
 * 2^-32: u < 2^y, or u < 2^y / (1 + 2^y) without the division. u is odd, so that nothing below 2^-32 ever
 * happens. */
LANE_FN lane_mask decide(heat_flip_rule rule, lane_real y, lane_int random)
{
    const lane_real all = lane_all_real(0x1p32f);
    lane_real u = lane_unsigned_to_real(lane_or(random, lane_all(1)));

    if (rule == HEAT_FLIP_METROPOLIS)
        return lane_less_real(u, lane_exp2(y, 0x1p32f));
    return lane_less_real(u, lane_mul(lane_exp2(y, 1), lane_minus(all, u)));
}

/* How a sweep comes by the fields: kept in 32 bits or in 16, or summed from couplings that are kept doubled,
 * of two vectors at once in 16 bits, or from any; the plain way takes sites as they are numbered and fetches
 * nothing ahead. */
typedef enum sweep_way { KEPT, KEPT_NARROW, TWICE, TWICE_ORDERED, TWICE_NARROW, ANY, N_WAYS } sweep_way;

/* The loops' invariants: constants where sweep_vectors is called, but for the pointers. */
typedef struct sweep_plan {
    const heat_lane_graph *graph;
    heat_lane_block *block;
    heat_flip_rule rule;
    int vectors;
    sweep_way way;
} sweep_plan;

LANE_FN bool keeps_fields(const sweep_plan *p)
{
    return p->way == KEPT || p->way == KEPT_NARROW;
}

static bool fetches(const heat_lane_graph *g, const heat_lane_block *b)
{
    return g->is_scattered && (int64_t)g->pairs.n * b->n_vectors > HEAT_NEAR_WORDS;
}

LANE_FN int32_t site_at(const sweep_plan *p, int32_t visit)
{
    return p->way != TWICE && p->graph->order != NULL ? p->graph->order[visit] : visit;
}

/* Asks for the words of a site's neighbours, some visits before they are needed. */
LANE_FN void fetch_neighbours(const sweep_plan *p, int32_t site)
{
    const heat_pairwise *pairs = &p->graph->pairs;

    for (int64_t k = pairs->row[site]; k < pairs->row[site + 1]; k++)
        __builtin_prefetch(p->block->down + (int64_t)pairs->col[k] * p->vectors);
}

/* Twice the couplings of site i, in a row of their own. */
static void spread_row(const heat_lane_graph *g, int32_t i, int32_t stride, int32_t *twice)
{
    const int64_t *row = g->pairs.row;
    const int32_t *col = g->pairs.col + row[i], *units = g->units == NULL ? NULL : g->units + row[i];
    const double *coupling = units == NULL ? g->pairs.coupling + row[i] : NULL;
    const double per_unit = g->pairs.unit * g->per_unit;
    int32_t degree = (int32_t)(row[i + 1] - row[i]);

    if (degree == g->pairs.n - 1) { /* the neighbours are all others, in order */
        for (int32_t j = 0; j < i; j++)
            twice[j] = 2 * (units != NULL ? units[j] : heat_lane_round(coupling[j], per_unit));
        twice[i] = 0;
        for (int32_t j = i; j < degree; j++)
            twice[j + 1] = 2 * (units != NULL ? units[j] : heat_lane_round(coupling[j], per_unit));
        return;
    }
    memset(twice, 0, (size_t)stride * sizeof *twice);
    for (int32_t k = 0; k < degree; k++)
        twice[col[k]] = 2 * (units != NULL ? units[k] : heat_lane_round(coupling[k], per_unit));
}

/* field += or -= twice, over a whole row of 16- or 32-bit numbers. */
LANE_FN void add_row(void *field, const void *twice, int64_t bytes, bool add, const bool is_narrow)
{
    for (int64_t at = 0; at < bytes; at += 4 * LANES) {
        lane_int old = lane_load((char *)field + at), change = lane_load((const char *)twice + at);
        if (is_narrow)
            lane_store((char *)field + at, add ? lane_add_shorts(old, change) : lane_sub_shorts(old, change));
        else
            lane_store((char *)field + at, add ? lane_add(old, change) : lane_sub(old, change));
    }
}

/* Twice the couplings of site i as its neighbours' fields take them up. */
LANE_FN const void *twice_row(const heat_lane_graph *g, const heat_lane_block *b, int32_t i,
                              const bool is_narrow)
{
    const int32_t stride = heat_lane_stride(g->pairs.n);
    int32_t *scratch;

    if (is_narrow)
        return g->narrow + (int64_t)i * stride;
    if (g->wide != NULL)
        return g->wide + (int64_t)i * stride;
    scratch = (int32_t *)b->fields + (int64_t)LANES * b->n_vectors * stride;
    spread_row(g, i, stride, scratch);
    return scratch;
}

/* Tells the flipped lanes' fields of a flip of site i; bits[v] of them, already flipped in `down`. */
LANE_FN void tell_flips(const sweep_plan *p, int32_t i, const uint16_t *bits)
{
    const bool is_narrow = p->way == KEPT_NARROW;
    const int64_t bytes = heat_lane_row_bytes(p->graph);
    const uint16_t *down = p->block->down + (int64_t)i * p->vectors;
    const void *twice;
    unsigned any = 0;

    for (int v = 0; v < p->vectors; v++)
        any |= bits[v];
    if (any == 0)
        return;
    twice = twice_row(p->graph, p->block, i, is_narrow);
    for (int v = 0; v < p->vectors; v++)
        for (unsigned left = bits[v]; left != 0; left &= left - 1) {
            int l = __builtin_ctz(left);
            add_row((char *)p->block->fields + (LANES * v + l) * bytes, twice, bytes, !(down[v] >> l & 1),
                    is_narrow);
        }
}

/* Twice the coupling that stands at k. */
LANE_FN lane_int twice_units(const sweep_plan *p, int64_t k)
{
    const heat_lane_graph *g = p->graph;

    if (p->way == TWICE || p->way == TWICE_ORDERED)
        return lane_all(g->twice[k]);
    return lane_shift_left(g->units != NULL
                               ? lane_all(g->units[k])
                               : lane_all_rounded(g->pairs.coupling[k], g->pairs.unit * g->per_unit),
                           1);
}

LANE_FN void sum_fields(const sweep_plan *p, int32_t i, lane_int *field)
{
    const heat_lane_graph *g = p->graph;
    const heat_lane_block *b = p->block;

    for (int v = 0; v < p->vectors; v++)
        field[v] = lane_all(g->upward[i]);
    for (int64_t k = g->pairs.row[i]; k < g->pairs.row[i + 1]; k++) {
        const uint16_t *neighbour = b->down + (int64_t)g->pairs.col[k] * p->vectors;
        lane_int twice = twice_units(p, k);
        for (int v = 0; v < p->vectors; v++)
            field[v] = lane_sub_where(lane_load_bits(neighbour + v), field[v], twice);
    }
}

/* The same where the fields fit 16 bits. */
LANE_FN void sum_narrow_fields(const sweep_plan *p, int32_t i, lane_int *field)
{
    const heat_lane_graph *g = p->graph;
    const int pairs = p->vectors / 2;
    lane_int sum[HEAT_MOST_VECTORS / 2];

    for (int v = 0; v < pairs; v++)
        sum[v] = lane_all_short(g->upward[i]);
    for (int64_t k = g->pairs.row[i]; k < g->pairs.row[i + 1]; k++) {
        const uint16_t *neighbour = p->block->down + (int64_t)g->pairs.col[k] * p->vectors;
        lane_int twice = lane_all_short(g->twice[k]);
        for (int v = 0; v < pairs; v++)
            sum[v] = lane_sub_shorts_where(neighbour + 2 * v, sum[v], twice);
    }
    for (int v = 0; v < pairs; v++) {
        field[2 * v] = lane_widen_shorts(sum[v], 0);
        field[2 * v + 1] = lane_widen_shorts(sum[v], 1);
    }
}

LANE_FN void load_fields(const sweep_plan *p, int32_t i, lane_int *field)
{
    const int32_t stride = heat_lane_stride(p->graph->pairs.n);

    for (int v = 0; v < p->vectors; v++) {
        int64_t at = (int64_t)LANES * v * stride + i;
        field[v] = p->way == KEPT_NARROW ? lane_gather_shorts((const int16_t *)p->block->fields + at, stride)
                                         : lane_gather((const int32_t *)p->block->fields + at, stride);
    }
}

/* Not inlined: the energies would take the registers of the loop over sites. */
static __attribute__((noinline)) void add_changes(heat_lane_block *b, const int32_t *halves)
{
    for (int32_t l = 0; l < LANES * b->n_vectors; l++)
        b->energy[l] += 2 * (int64_t)halves[l];
}

LANE_SWEEP_FN void sweep_vectors(const sweep_plan p)
{
    heat_lane_block *b = p.block;
    const int32_t n = p.graph->pairs.n, last = b->end == 0 ? n : b->end;
    const int vectors = p.vectors;
    const bool is_fetched = !keeps_fields(&p) && p.way != TWICE && fetches(p.graph, b);
    lane_int random[HEAT_MOST_VECTORS][4];
    lane_real scale[HEAT_MOST_VECTORS];

    for (int v = 0; v < vectors; v++) {
        for (int k = 0; k < 4; k++)
            random[v][k] = lane_load(&b->random[k][LANES * v]);
        scale[v] = lane_load_real(&b->scale[LANES * v]);
    }
    for (int32_t begin = b->first; begin < last; begin += HEAT_SITES_A_FLUSH) {
        int32_t end = last - begin < HEAT_SITES_A_FLUSH ? last : begin + HEAT_SITES_A_FLUSH;
        lane_int change[HEAT_MOST_VECTORS]; /* of the energies, halved */
        int32_t sums[HEAT_MOST_WIDE_LANES];

        for (int v = 0; v < vectors; v++)
            change[v] = lane_all(0);
        for (int32_t visit = begin; visit < end; visit++) {
            const int32_t i = site_at(&p, visit);
            uint16_t *down = b->down + (int64_t)i * vectors, flipped[HEAT_MOST_VECTORS];
            lane_int field[HEAT_MOST_VECTORS];

            if (is_fetched && visit + HEAT_SITES_AHEAD < n)
                fetch_neighbours(&p, site_at(&p, visit + HEAT_SITES_AHEAD));
            if (keeps_fields(&p))
                load_fields(&p, i, field);
            else if (p.way == TWICE_NARROW)
                sum_narrow_fields(&p, i, field);
            else
                sum_fields(&p, i, field);
            for (int v = 0; v < vectors; v++) {
                lane_mask is_down = lane_from_bits(down[v]), flips;
                lane_int half_delta = lane_negate_where(is_down, field[v]); /* delta = 2 s field */
                lane_real y = lane_mul(lane_to_real(half_delta), scale[v]);

                flips = decide(p.rule, y, LANE_DRAW(random[v], v));
                change[v] = lane_add_where(flips, change[v], half_delta);
                flipped[v] = lane_to_bits(flips);
                down[v] = (uint16_t)(down[v] ^ flipped[v]);
            }
            if (keeps_fields(&p))
                tell_flips(&p, i, flipped);
        }
        for (int v = 0; v < vectors; v++)
            lane_store(sums + LANES * v, change[v]);
        add_changes(b, sums);
    }
    for (int v = 0; v < vectors; v++)
        for (int k = 0; k < 4; k++)
            lane_store(&b->random[k][LANES * v], random[v][k]);
}

/* Each combination is a function of its own, so that the compiler has all registers for its loops. */
typedef void (*sweep_case)(const heat_lane_graph *graph, heat_lane_block *block);

#define SWEEP_CASE(rule, vectors, way)                                                                       \
    static __attribute__((noinline)) void sweep_##rule##_##vectors##_##way(const heat_lane_graph *graph,     \
                                                                           heat_lane_block *block)           \
    {                                                                                                        \
        sweep_vectors((sweep_plan){graph, block, rule, vectors, way});                                       \
    }
#define SWEEP_WAYS(rule, vectors)                                                                            \
    SWEEP_CASE(rule, vectors, KEPT)                                                                          \
    SWEEP_CASE(rule, vectors, KEPT_NARROW)                                                                   \
    SWEEP_CASE(rule, vectors, TWICE)                                                                         \
    SWEEP_CASE(rule, vectors, TWICE_ORDERED)                                                                 \
    SWEEP_CASE(rule, vectors, ANY)
SWEEP_WAYS(HEAT_FLIP_METROPOLIS, 1)
SWEEP_WAYS(HEAT_FLIP_METROPOLIS, 2)
SWEEP_WAYS(HEAT_FLIP_METROPOLIS, 4)
SWEEP_WAYS(HEAT_FLIP_HEAT_BATH, 1)
SWEEP_WAYS(HEAT_FLIP_HEAT_BATH, 2)
SWEEP_WAYS(HEAT_FLIP_HEAT_BATH, 4)
SWEEP_CASE(HEAT_FLIP_METROPOLIS, 2, TWICE_NARROW)
SWEEP_CASE(HEAT_FLIP_METROPOLIS, 4, TWICE_NARROW)
SWEEP_CASE(HEAT_FLIP_HEAT_BATH, 2, TWICE_NARROW)
SWEEP_CASE(HEAT_FLIP_HEAT_BATH, 4, TWICE_NARROW)

#define CASE_OF(rule, vectors, way) [way] = sweep_##rule##_##vectors##_##way
#define WAYS_OF(rule, vectors)                                                                               \
    CASE_OF(rule, vectors, KEPT), CASE_OF(rule, vectors, KEPT_NARROW), CASE_OF(rule, vectors, TWICE),        \
        CASE_OF(rule, vectors, TWICE_ORDERED), CASE_OF(rule, vectors, ANY)
#define WIDE_WAYS_OF(rule, vectors) WAYS_OF(rule, vectors), CASE_OF(rule, vectors, TWICE_NARROW)
#define CASES_OF(rule)                                                                                       \
    {                                                                                                        \
        {WAYS_OF(rule, 1)}, {WIDE_WAYS_OF(rule, 2)},                                                         \
        {                                                                                                    \
            WIDE_WAYS_OF(rule, 4)                                                                            \
        }                                                                                                    \
    }
static const sweep_case sweep_cases[2][3][N_WAYS] = {CASES_OF(HEAT_FLIP_METROPOLIS),
                                                     CASES_OF(HEAT_FLIP_HEAT_BATH)};

static void LANE_PASTE(lane_sweep_, LANE_ISA)(const heat_lane_graph *graph, heat_lane_block *block,
                                              heat_flip_rule rule)
{
    const bool is_plain = graph->order == NULL && !fetches(graph, block);
    sweep_way way = graph->twice == NULL ? ANY : is_plain ? TWICE : TWICE_ORDERED;

    if (graph->twice != NULL && graph->is_narrow && block->n_vectors > 1)
        way = TWICE_NARROW;
    if (block->fields != NULL)
        way = graph->narrow != NULL ? KEPT_NARROW : KEPT;
    sweep_cases[rule][block->n_vectors / 2][way](graph, block);
}

LANE_UNUSED static void LANE_PASTE(lane_refresh_, LANE_ISA)(const heat_lane_graph *g, heat_lane_block *b,
                                                            int32_t lane)
{
    const int64_t bytes = heat_lane_row_bytes(g);
    const bool is_narrow = g->narrow != NULL;
    void *field = (char *)b->fields + lane * bytes;

    for (int32_t i = 0; i < g->pairs.n; i++)
        if (is_narrow)
            ((int16_t *)field)[i] = (int16_t)g->upward[i];
        else
            ((int32_t *)field)[i] = g->upward[i];
    for (int32_t i = 0; i < g->pairs.n; i++)
        if (b->down[(int64_t)i * b->n_vectors + lane / LANES] >> lane % LANES & 1)
            add_row(field, twice_row(g, b, i, is_narrow), bytes, false, is_narrow);
}

/* What rounding lost of the edge that stands at k. */
LANE_FN float lost_of(const heat_lane_graph *g, int64_t k)
{
    double coupling = heat_pairwise_coupling(&g->pairs, k);

    return (float)(coupling - heat_lane_round(coupling, g->per_unit) * g->unit);
}

LANE_UNUSED static void LANE_PASTE(lane_residual_, LANE_ISA)(const heat_lane_graph *g,
                                                             const heat_lane_block *b, float *residual)
{
    const int64_t *row = g->pairs.row;
    const int32_t *col = g->pairs.col;
    lane_real energy[HEAT_MOST_VECTORS];

    for (int v = 0; v < b->n_vectors; v++)
        energy[v] = lane_all_real(0);
    for (int32_t i = 0; i < g->pairs.n; i++) {
        lane_real field[HEAT_MOST_VECTORS];
        for (int v = 0; v < b->n_vectors; v++)
            field[v] = lane_all_real(g->residual_upward[i]);
        for (int64_t k = row[i + 1]; k > row[i] && col[k - 1] > i; k--) {
            const uint16_t *neighbour = b->down + (int64_t)col[k - 1] * b->n_vectors;
            lane_real twice = lane_all_real(2 * lost_of(g, k - 1));
            for (int v = 0; v < b->n_vectors; v++)
                field[v] = lane_choose(lane_from_bits(neighbour[v]), lane_minus(field[v], twice), field[v]);
        }
        for (int v = 0; v < b->n_vectors; v++)
            energy[v] = lane_choose(lane_from_bits(b->down[(int64_t)i * b->n_vectors + v]),
                                    lane_plus(energy[v], field[v]), lane_minus(energy[v], field[v]));
    }
    for (int v = 0; v < b->n_vectors; v++)
        lane_store(residual + LANES * v, lane_bits_of(energy[v]));
}

/* Adds what the planes count to the lanes that each 16 bits stand for, and empties the planes. */
LANE_FN void empty_planes(lane_int *planes, const int n_planes, int32_t n_vectors, lane_int *counts)
{
    uint16_t bits[HEAT_WORDS_A_LOAD];

    for (int p = 0; p < n_planes; p++) {
        lane_store(bits, planes[p]);
        planes[p] = lane_all(0);
        for (int32_t v = 0; v < n_vectors; v++) {
            lane_int sum = counts[v];
            for (int32_t w = v; w < HEAT_WORDS_A_LOAD; w += n_vectors)
                sum = lane_add_where(lane_load_bits(bits + w), sum, lane_all(1 << p));
            counts[v] = sum;
        }
    }
}

/* Counters stand upright: plane p holds bit p of the count of each of 512 columns, and they are emptied
 * before they can overflow. */
LANE_UNUSED static void LANE_PASTE(lane_count_, LANE_ISA)(const uint16_t *down, int32_t n, int32_t n_vectors,
                                                          int32_t *n_down)
{
    enum { PLANES = 8 };
    const int64_t n_words = (int64_t)n * n_vectors;
    lane_int planes[PLANES], counts[HEAT_MOST_VECTORS];
    int n_loads = 0;

    for (int p = 0; p < PLANES; p++)
        planes[p] = lane_all(0);
    for (int v = 0; v < n_vectors; v++)
        counts[v] = lane_all(0);
    for (int64_t begin = 0; begin < n_words; begin += HEAT_WORDS_A_LOAD) {
        uint16_t rest[HEAT_WORDS_A_LOAD] = {0};
        bool is_whole = n_words - begin >= HEAT_WORDS_A_LOAD;
        lane_int carry;
        if (!is_whole)
            memcpy(rest, down + begin, (size_t)(n_words - begin) * sizeof *rest);
        carry = lane_load(is_whole ? down + begin : rest);
        for (int p = 0; p < PLANES; p++) {
            lane_int sum = lane_xor(planes[p], carry);
            carry = lane_and(planes[p], carry);
            planes[p] = sum;
        }
        if (++n_loads == (1 << PLANES) - 1) {
            empty_planes(planes, PLANES, n_vectors, counts);
            n_loads = 0;
        }
    }
    empty_planes(planes, PLANES, n_vectors, counts);
    for (int v = 0; v < n_vectors; v++)
        lane_store(n_down + LANES * v, counts[v]);
}
