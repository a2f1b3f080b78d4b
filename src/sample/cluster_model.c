/* From the pairwise view to what the cluster kernels read. */
#include "sample/cluster_model.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { SITES_A_WORD = 64, MOST_DIMENSIONS = 16 };

/* --- lattices --- */

/* The box that a graph's sites may fill. */
typedef struct box {
    int32_t n_dimensions;
    int64_t extent[MOST_DIMENSIONS], stride[MOST_DIMENSIONS];
    bool closed[MOST_DIMENSIONS]; /* the last site of a line is a neighbour of the first */
} box;

static double coupling_of(const heat_pairwise *g, int64_t i, int64_t j)
{
    int64_t low = g->row[i], high = g->row[i + 1];

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (g->col[middle] == j)
            return heat_pairwise_coupling(g, middle);
        if (g->col[middle] < j)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static bool measure_box(const heat_pairwise *g, int32_t n_dimensions, const int64_t *extent, box *b)
{
    int64_t n = 1;

    if (extent == NULL || n_dimensions < 1 || n_dimensions > MOST_DIMENSIONS)
        return false;
    b->n_dimensions = n_dimensions;
    for (int32_t d = n_dimensions - 1; d >= 0; d--) {
        b->extent[d] = extent[d];
        b->stride[d] = n;
        b->closed[d] = extent[d] > 2 && coupling_of(g, 0, n * (extent[d] - 1)) != 0;
        n *= extent[d];
    }
    return n == g->n;
}

/* The neighbour of a site one step up dimension d; -1 at an open end. */
static int64_t step_up(const box *b, int32_t d, int64_t site)
{
    int64_t x = site / b->stride[d] % b->extent[d];

    if (x + 1 < b->extent[d])
        return site + b->stride[d];
    return b->closed[d] ? site - x * b->stride[d] : -1;
}

static int64_t step_down(const box *b, int32_t d, int64_t site)
{
    int64_t x = site / b->stride[d] % b->extent[d];

    if (x > 0)
        return site - b->stride[d];
    return b->closed[d] ? site + (b->extent[d] - 1) * b->stride[d] : -1;
}

/* True if the graph's edges are the box's, no more and no fewer. */
static bool fills_box(const heat_pairwise *g, const box *b)
{
    int64_t n_bonds = 0;

    for (int64_t site = 0; site < g->n; site++)
        for (int32_t d = 0; d < b->n_dimensions; d++) {
            int64_t next = step_up(b, d, site);
            if (next < 0)
                continue;
            n_bonds++;
            if (coupling_of(g, site, next) == 0)
                return false;
        }
    return 2 * n_bonds == g->row[g->n];
}

/* The word of a site, and its bit. */
static int32_t word_of(const heat_cluster_lattice *l, int64_t length, int64_t site)
{
    return (int32_t)(site / length * l->words_a_row + site % length / SITES_A_WORD);
}

static void link_words(heat_cluster_lattice *l, const box *b, uint64_t *valid, int32_t *links)
{
    const int64_t n_words = l->n_words, length = b->extent[b->n_dimensions - 1];
    int32_t *left = links, *right = left + n_words, *first = right + n_words, *before = first + n_words;
    int32_t *after = before + l->n_across * n_words;

    for (int64_t w = 0; w < n_words; w++) {
        int64_t k = w % l->words_a_row, start = k * SITES_A_WORD, row = w / l->words_a_row;
        int64_t n_sites = length - start < SITES_A_WORD ? length - start : SITES_A_WORD;
        bool closed = b->closed[b->n_dimensions - 1];
        valid[w] = ~(uint64_t)0 >> (SITES_A_WORD - n_sites);
        first[w] = (int32_t)(row * length + start);
        left[w] = (int32_t)(k > 0 ? w - 1 : closed ? w + l->words_a_row - 1 : -1);
        right[w] = (int32_t)(k + 1 < l->words_a_row ? w + 1 : closed ? w - k : -1);
        for (int32_t d = 0; d < l->n_across; d++) {
            int64_t down = step_down(b, d, first[w]), up = step_up(b, d, first[w]);
            before[d * n_words + w] = down < 0 ? -1 : word_of(l, length, down);
            after[d * n_words + w] = up < 0 ? -1 : word_of(l, length, up);
        }
    }
    l->valid = valid;
    l->left = left;
    l->right = right;
    l->first_site = first;
    l->before = before;
    l->after = after;
}

/* Signs, where some are negative: at the lower of a bond's sites, to the right first. */
static void mark_signs(const heat_pairwise *g, heat_cluster_lattice *l, const box *b, uint64_t *negative,
                       uint64_t *field_down, double field)
{
    const int64_t length = b->extent[b->n_dimensions - 1];
    bool mixed = false;

    for (int64_t site = 0; site < g->n; site++) {
        int64_t w = word_of(l, length, site);
        uint64_t bit = (uint64_t)1 << (site - l->first_site[w]);
        for (int32_t d = 0; d < b->n_dimensions; d++) {
            int64_t next = step_up(b, d, site), plane = d + 1 == b->n_dimensions ? 0 : d + 1;
            if (next >= 0 && coupling_of(g, site, next) < 0) {
                negative[plane * l->n_words + w] |= bit;
                mixed = true;
            }
        }
        if (g->field[site] < 0)
            field_down[w] |= bit;
    }
    l->negative = mixed ? negative : NULL;
    l->field_down = field > 0 ? field_down : NULL;
}

static heat_status make_lattice(heat_context *ctx, const heat_pairwise *g, const box *b,
                                heat_cluster_model *m)
{
    heat_cluster_lattice *l = &m->lattice;
    int64_t length = b->extent[b->n_dimensions - 1];
    heat_status status;

    l->n_across = b->n_dimensions - 1;
    l->words_a_row = (int32_t)((length + SITES_A_WORD - 1) / SITES_A_WORD);
    l->n_words = (int32_t)(g->n / length * l->words_a_row);
    status = heat_alloc(ctx, (int64_t)l->n_words * (l->n_across + 3), sizeof *m->words, &m->words);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)l->n_words * (2 * l->n_across + 3), sizeof *m->links, &m->links);
    if (status != HEAT_OK)
        return status;
    link_words(l, b, m->words, m->links);
    mark_signs(g, l, b, m->words + 2 * (int64_t)l->n_words, m->words + l->n_words, m->field);
    m->is_lattice = true;
    return HEAT_OK;
}

void heat_cluster_lattice_pack(const heat_cluster_lattice *l, const int8_t *spins, uint64_t *bits)
{
    for (int32_t w = 0; w < l->n_words; w++) {
        const int8_t *s = spins + l->first_site[w];
        uint64_t word = 0;
        for (int x = 0; x < SITES_A_WORD && (l->valid[w] >> x & 1); x++)
            word |= (uint64_t)(s[x] > 0) << x;
        bits[w] = word;
    }
}

void heat_cluster_lattice_unpack(const heat_cluster_lattice *l, const uint64_t *bits, int8_t *spins)
{
    for (int32_t w = 0; w < l->n_words; w++) {
        int8_t *s = spins + l->first_site[w];
        for (int x = 0; x < SITES_A_WORD && (l->valid[w] >> x & 1); x++)
            s[x] = (int8_t)((bits[w] >> x & 1) != 0 ? 1 : -1);
    }
}

/* --- graphs --- */

/* The size of all numbers, or -1 where they differ; `same` begins as -2. */
static double common_size(double same, double x)
{
    return same == -2 || same == fabs(x) ? fabs(x) : -1;
}

/* Lists the edges once, for sweeps over all of them. */
static heat_status list_edges(heat_context *ctx, heat_cluster_model *m)
{
    heat_cluster_graph *g = &m->graph;
    int64_t n_listed = 0;
    heat_status status = heat_alloc(ctx, m->n_bonds, sizeof *m->later, &m->later);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n, sizeof *m->skipped, &m->skipped);
    for (int32_t i = 0; i < g->n && status == HEAT_OK; i++) {
        m->skipped[i] = g->row[i] - n_listed;
        for (int64_t k = g->row[i]; k < g->row[i + 1] && g->col[k] < i; k++)
            m->later[n_listed++] = i;
    }
    g->later = m->later;
    g->skipped = m->skipped;
    return status;
}

static heat_status make_graph(heat_context *ctx, const heat_pairwise *g, heat_cluster_model *m)
{
    int64_t n_ends = g->row[g->n];
    bool mixed = false, has_field = false;
    heat_status status = heat_alloc(ctx, n_ends, 1, &m->sign);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n, 1, &m->field_sign);
    if (status == HEAT_OK && !m->is_even)
        status = heat_alloc(ctx, n_ends, sizeof *m->bonds, &m->bonds);
    if (status == HEAT_OK && !m->is_even)
        status = heat_alloc(ctx, g->n, sizeof *m->fields, &m->fields);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < n_ends; k++) {
        m->sign[k] = heat_pairwise_coupling(g, k) < 0 ? -1 : 1;
        mixed |= m->sign[k] < 0;
        if (!m->is_even)
            m->bonds[k] = fabs(heat_pairwise_coupling(g, k));
    }
    for (int32_t i = 0; i < g->n; i++) {
        m->field_sign[i] = (int8_t)((g->field[i] > 0) - (g->field[i] < 0));
        has_field |= m->field_sign[i] != 0;
        if (!m->is_even)
            m->fields[i] = fabs(g->field[i]);
    }
    m->graph = (heat_cluster_graph){.n = g->n,
                                    .q = 2,
                                    .row = g->row,
                                    .col = g->col,
                                    .sign = mixed ? m->sign : NULL,
                                    .field_sign = has_field ? m->field_sign : NULL};
    return list_edges(ctx, m);
}

heat_status heat_cluster_model_create(heat_context *ctx, const heat_pairwise *g, int32_t n_dimensions,
                                      const int64_t *extent, heat_cluster_model **out)
{
    heat_cluster_model *m = NULL;
    double bond = -2, field = -2;
    box b;
    heat_status status;

    *out = NULL;
    status = heat_alloc(ctx, 1, sizeof *m, &m);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < g->row[g->n]; k++)
        bond = common_size(bond, heat_pairwise_coupling(g, k));
    for (int32_t i = 0; i < g->n; i++)
        field = common_size(field, g->field[i]);
    m->is_even = bond != -1 && field != -1;
    m->bond = bond < 0 ? 0 : bond;
    m->field = field < 0 ? 0 : field;
    m->gain = 2;
    m->offset = g->offset;
    m->n_bonds = g->row[g->n] / 2;
    m->graph.n = g->n;
    if (m->is_even && m->bond > 0 && measure_box(g, n_dimensions, extent, &b) && fills_box(g, &b))
        status = make_lattice(ctx, g, &b, m);
    else
        status = make_graph(ctx, g, m);
    if (status != HEAT_OK) {
        heat_cluster_model_free(m);
        m = NULL;
    }
    *out = m;
    return status;
}

heat_status heat_cluster_model_create_potts(heat_context *ctx, const heat_categorical *g,
                                            heat_cluster_model **out)
{
    heat_cluster_model *m = NULL;
    double bond = -2;
    heat_status status;

    *out = NULL;
    status = heat_alloc(ctx, 1, sizeof *m, &m);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < g->row[g->n]; k++)
        bond = common_size(bond, g->coupling[k]);
    m->gain = 1;
    m->is_even = bond != -1;
    m->bond = bond < 0 ? 0 : bond;
    m->n_bonds = g->row[g->n] / 2;
    m->graph = (heat_cluster_graph){.n = g->n, .q = g->q, .is_potts = true, .row = g->row, .col = g->col};
    status = list_edges(ctx, m);
    if (status == HEAT_OK && !m->is_even) {
        status = heat_alloc(ctx, 2 * m->n_bonds, sizeof *m->bonds, &m->bonds);
        if (status == HEAT_OK)
            status = heat_alloc(ctx, g->n, sizeof *m->fields, &m->fields);
        if (status == HEAT_OK)
            memcpy(m->bonds, g->coupling, (size_t)(2 * m->n_bonds) * sizeof *m->bonds);
    }
    if (status != HEAT_OK) {
        heat_cluster_model_free(m);
        m = NULL;
    }
    *out = m;
    return status;
}

void heat_cluster_model_free(heat_cluster_model *m)
{
    if (m == NULL)
        return;
    heat_free(m->bonds);
    heat_free(m->fields);
    heat_free(m->sign);
    heat_free(m->field_sign);
    heat_free(m->later);
    heat_free(m->skipped);
    heat_free(m->words);
    heat_free(m->links);
    heat_free(m);
}

heat_cluster_rates heat_cluster_model_get_rates(const heat_cluster_model *m, double beta, int32_t *bonds,
                                                int32_t *fields)
{
    if (m->is_even)
        return (heat_cluster_rates){.bond = heat_cluster_threshold(m->gain * beta * m->bond),
                                    .field = heat_cluster_threshold(m->gain * beta * m->field)};
    for (int64_t k = 0; k < 2 * m->n_bonds; k++)
        bonds[k] = heat_cluster_threshold(m->gain * beta * m->bonds[k]);
    for (int32_t i = 0; i < m->graph.n; i++)
        fields[i] = heat_cluster_threshold(m->gain * beta * m->fields[i]);
    return (heat_cluster_rates){.bonds = bonds, .fields = fields};
}

heat_status heat_cluster_scratch_init(heat_context *ctx, const heat_cluster_model *m, heat_cluster_scratch *s)
{
    const int64_t n_words = m->lattice.n_words, planes = m->lattice.n_across + 1;
    heat_status status =
        heat_alloc_unset(ctx, (int64_t)m->graph.n + SITES_A_WORD, sizeof *s->parent, &s->parent);

    if (status == HEAT_OK && !m->is_lattice)
        status = heat_alloc(ctx, m->graph.n, 1, &s->marks);
    if (status != HEAT_OK || !m->is_lattice)
        return status;
    status = heat_alloc(ctx, n_words, sizeof *s->starts, &s->starts);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_words, sizeof *s->base, &s->base);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_words, sizeof *s->inside, &s->inside);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_words, sizeof *s->coming, &s->coming);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_words * planes, sizeof *s->bonds, &s->bonds);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_words * planes, sizeof *s->stamp, &s->stamp);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_words + 1, sizeof *s->queue, &s->queue);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_words, sizeof *s->touched, &s->touched);
    return status;
}

void heat_cluster_scratch_clear(heat_cluster_scratch *s)
{
    heat_free(s->parent);
    heat_free(s->marks);
    heat_free(s->starts);
    heat_free(s->base);
    heat_free(s->inside);
    heat_free(s->coming);
    heat_free(s->bonds);
    heat_free(s->stamp);
    heat_free(s->queue);
    heat_free(s->touched);
    *s = (heat_cluster_scratch){0};
}
