/* Which graphs are lattices that 512 pieces fit in, and where the cuts go. */
#include "sample/stripe_lattice.h"

#include <math.h>
#include <string.h>

static bool has_edge(const heat_pairwise *g, int64_t i, int64_t j)
{
    for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
        if (g->col[k] == j)
            return true;
    return false;
}

static bool measure(const heat_pairwise *g, int32_t n_dimensions, const int64_t *extent, heat_stripe_box *b)
{
    int64_t n = 1;

    if (extent == NULL || n_dimensions < 1 || n_dimensions > HEAT_STRIPE_DIMENSIONS)
        return false;
    b->n_dimensions = n_dimensions;
    for (int32_t d = n_dimensions - 1; d >= 0; d--) {
        b->extent[d] = extent[d];
        b->stride[d] = n;
        b->closed[d] = extent[d] > 2 && has_edge(g, 0, n * (extent[d] - 1));
        b->pieces[d] = 1;
        b->width[d] = extent[d];
        n *= extent[d];
        if (b->closed[d] && extent[d] % 2 != 0)
            return false;
    }
    return n == g->n;
}

/* Bits [first, first + count) of every group of `group` bits, a power of two up to 64. */
static uint64_t repeated_mask(int32_t first, int32_t count, int32_t group)
{
    uint64_t mask = 0;

    for (int32_t g = 0; g < 64; g += group)
        mask |= (((uint64_t)1 << count) - 1) << (g + first);
    return mask;
}

/* Halves the widest pieces until there are 512, the last dimension first: a stripe's border is a layer across
 * the first one, and is the narrower for it. An open dimension stays whole: its ends lack a link that the
 * other bits of their words would have. */
static bool cut(heat_stripe_box *b)
{
    int32_t bit = 1;

    for (int32_t n_pieces = 1; n_pieces < HEAT_BITS; n_pieces *= 2) {
        int32_t widest = -1;
        for (int32_t d = 0; d < b->n_dimensions; d++)
            if (b->closed[d] && b->width[d] % 4 == 0 && (widest < 0 || b->width[d] >= b->width[widest]))
                widest = d;
        if (widest < 0)
            return false;
        b->width[widest] /= 2;
        b->pieces[widest] *= 2;
    }
    b->n_places = 1;
    for (int32_t d = b->n_dimensions - 1; d >= 0; d--) {
        b->step[d] = b->n_places;
        b->bit[d] = bit;
        b->n_places *= b->width[d];
        if (bit * b->pieces[d] <= 64) {
            b->first[d] = repeated_mask(0, bit, bit * b->pieces[d]);
            b->last[d] = repeated_mask(bit * (b->pieces[d] - 1), bit, bit * b->pieces[d]);
        }
        bit *= b->pieces[d];
    }
    return true;
}

/* The dimension along which i < j are neighbours; -1 if they are not. */
static int32_t dimension_of(const heat_stripe_box *b, int64_t i, int64_t j)
{
    for (int32_t d = 0; d < b->n_dimensions; d++) {
        int64_t x = i / b->stride[d] % b->extent[d];
        if ((j - i == b->stride[d] && x + 1 < b->extent[d]) ||
            (b->closed[d] && x == 0 && j - i == (b->extent[d] - 1) * b->stride[d]))
            return d;
    }
    return -1;
}

/* True if the graph's edges are the lattice's, and all couplings of one size, which is *size. */
static bool check_edges(const heat_pairwise *g, heat_stripe_box *b, double *size)
{
    int64_t n_expected = 0;

    *size = g->row[g->n] > 0 ? fabs(heat_pairwise_coupling(g, 0)) : 0;
    for (int32_t d = 0; d < b->n_dimensions; d++)
        n_expected += b->closed[d] ? g->n : g->n / b->extent[d] * (b->extent[d] - 1);
    if (*size == 0 || g->row[g->n] != 2 * n_expected)
        return false;
    for (int32_t i = 0; i < g->n; i++)
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
            double coupling = heat_pairwise_coupling(g, k);
            if (fabs(coupling) != *size || (g->col[k] > i && dimension_of(b, i, g->col[k]) < 0))
                return false;
            b->negative |= coupling < 0;
            b->positive |= coupling > 0;
        }
    return true;
}

static bool check_fields(const heat_pairwise *g, heat_stripe_box *b, double *size)
{
    *size = fabs(g->field[0]);
    for (int32_t i = 0; i < g->n; i++) {
        if (fabs(g->field[i]) != *size)
            return false;
        b->field_negative |= g->field[i] < 0;
        b->field_positive |= g->field[i] > 0;
    }
    return true;
}

bool heat_stripe_box_init(const heat_pairwise *g, int32_t n_dimensions, const int64_t *extent,
                          heat_stripe_box *b)
{
    double coupling, field, links;

    *b = (heat_stripe_box){0};
    if (!measure(g, n_dimensions, extent, b) || !cut(b) || !check_edges(g, b, &coupling) ||
        !check_fields(g, b, &field))
        return false;
    b->unit = field > 0 && field < coupling ? field : coupling;
    links = 2 * n_dimensions * rint(coupling / b->unit) + rint(field / b->unit);
    if (!(links <= HEAT_MOST_BIT_LINKS))
        return false;
    b->coupling_links = (int32_t)rint(coupling / b->unit);
    b->field_links = (int32_t)rint(field / b->unit);
    return b->coupling_links * b->unit == coupling && b->field_links * b->unit == field;
}

/* Words that are turned: two faces of every piece in each dimension that is cut. */
static double turned_words(const heat_stripe_box *b)
{
    double n = 0;

    for (int32_t d = 0; d < b->n_dimensions; d++)
        n += b->pieces[d] > 1 ? 2.0 * (double)(b->n_places / b->width[d]) : 0;
    return n;
}

double heat_stripe_lattice_words(const heat_stripe_box *b)
{
    return (double)b->n_places + turned_words(b) + 1;
}

double heat_stripe_lattice_bytes(const heat_stripe_box *b)
{
    double links = 2.0 * b->n_dimensions * b->coupling_links + b->field_links;
    double signs =
        (b->negative && b->positive ? b->n_dimensions * (double)b->n_places + turned_words(b) : 0) +
        (b->field_negative && b->field_positive ? (double)b->n_places : 0) + 2;

    return (double)b->n_places * (links * (sizeof(heat_bit_link) + sizeof(heat_bit_pair)) + 64) +
           turned_words(b) * sizeof(heat_stripe_turn) + signs * sizeof(heat_bit_word);
}
