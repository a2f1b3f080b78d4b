/* Orders of visits. A processor works on several sites at once, unless one needs the spin that another is
 * still deciding about: on a lattice whose sites are numbered row by row that is so at every step, and costs
 * up to three quarters of the speed. So the sites of a window of consecutive numbers are visited in passes,
 * each of which leaves out, for a later one, those whose neighbour was visited a moment ago: on lattices a
 * local checkerboard. */
#include "sample/visit_order.h"
#include "base/memory.h"

#include <string.h>

enum {
    WINDOW = 256,      /* sites that change places with each other */
    APART = 6,         /* visits between those of neighbours, at least */
    MOST_PASSES = 32,  /* over a window; what is left is visited as it stands */
    FAR_AWAY = 1 << 15 /* in number */
};

/* A pair of weight 0 is no pair: it must not change the chains. */
static bool is_pair(const heat_pairwise *g, int64_t k)
{
    return g->units != NULL ? g->units[k] != 0 : g->coupling[k] != 0;
}

/* Sites with a neighbour among the APART numbers before their own. */
static int64_t count_close(const heat_pairwise *g)
{
    int64_t n_close = 0;

    for (int32_t i = 0; i < g->n; i++) {
        int64_t k = g->row[i + 1];
        while (k > g->row[i] && (g->col[k - 1] >= i || !is_pair(g, k - 1)))
            k--;
        n_close += k > g->row[i] && g->col[k - 1] >= i - APART;
    }
    return n_close;
}

typedef struct spreading {
    const heat_pairwise *graph;
    int32_t *order;
    int32_t n_taken;
    int64_t n_close;
    int32_t *free_at; /* [site] the visit from which on no neighbour is close */
} spreading;

static void take(spreading *s, int32_t site)
{
    s->n_close += s->free_at[site] > s->n_taken;
    s->order[s->n_taken++] = site;
    for (int64_t k = s->graph->row[site]; k < s->graph->row[site + 1]; k++)
        if (is_pair(s->graph, k))
            s->free_at[s->graph->col[k]] = s->n_taken + APART;
}

static void spread_window(spreading *s, int32_t begin, int32_t end)
{
    int32_t left[WINDOW], n_left = end - begin;

    for (int32_t k = 0; k < n_left; k++)
        left[k] = begin + k;
    for (int pass = 0; n_left > 0; pass++) {
        int32_t n_kept = 0, before = s->n_taken;
        for (int32_t k = 0; k < n_left; k++)
            if (s->free_at[left[k]] <= s->n_taken || pass >= MOST_PASSES)
                take(s, left[k]);
            else
                left[n_kept++] = left[k];
        if (s->n_taken == before) { /* every site is close to a visit: one has to go first */
            take(s, left[0]);
            memmove(left, left + 1, (size_t)--n_kept * sizeof *left);
        }
        n_left = n_kept;
    }
}

heat_status heat_visit_order_create(heat_context *ctx, const heat_pairwise *g, int32_t **order)
{
    spreading s = {.graph = g};
    int64_t n_close = count_close(g);
    heat_status status;

    *order = NULL;
    if (n_close < g->n / 8 + 1)
        return HEAT_OK;
    status = heat_alloc_unset(ctx, g->n, sizeof *s.order, &s.order);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n, sizeof *s.free_at, &s.free_at);
    for (int32_t begin = 0; begin < g->n && status == HEAT_OK; begin += WINDOW)
        spread_window(&s, begin, g->n - begin < WINDOW ? g->n : begin + WINDOW);
    heat_free(s.free_at);
    if (status == HEAT_OK && n_close - s.n_close >= g->n / 8 + 1)
        *order = s.order;
    else
        heat_free(s.order);
    return status;
}

bool heat_visit_is_scattered(const heat_pairwise *g)
{
    int64_t n_far = 0;

    for (int32_t i = 0; i < g->n; i++)
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            n_far += g->col[k] >= i + (int64_t)FAR_AWAY || g->col[k] <= i - (int64_t)FAR_AWAY;
    return g->row[g->n] > 0 && 4 * n_far >= g->row[g->n];
}
