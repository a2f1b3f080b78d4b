/* Graphs for the bit kernel: couplings and fields as repeated links. */
#include "sample/bit_graph.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* The smallest coupling or field that is not 0; 0 if there is none. */
static double smallest(const heat_pairwise *g)
{
    double unit = INFINITY;

    for (int64_t k = 0; k < g->row[g->n]; k++)
        unit = heat_pairwise_coupling(g, k) != 0 ? fmin(unit, fabs(heat_pairwise_coupling(g, k))) : unit;
    for (int32_t i = 0; i < g->n; i++)
        unit = g->field[i] != 0 ? fmin(unit, fabs(g->field[i])) : unit;
    return unit < INFINITY ? unit : 0;
}

/* How many links a term makes; more than fit where it is no whole number of units. */
static int32_t n_links_of(double term, double unit)
{
    double links = term == 0 ? 0 : rint(fabs(term) / unit);

    return links <= HEAT_MOST_BIT_LINKS && links * unit == fabs(term) ? (int32_t)links
                                                                      : HEAT_MOST_BIT_LINKS + 1;
}

static int32_t n_links_at(const heat_pairwise *g, int32_t site, double unit)
{
    int32_t n = n_links_of(g->field[site], unit);

    for (int64_t k = g->row[site]; k < g->row[site + 1] && n <= HEAT_MOST_BIT_LINKS; k++)
        n += n_links_of(heat_pairwise_coupling(g, k), unit);
    return n;
}

bool heat_bit_graph_fits(const heat_pairwise *g)
{
    double unit = smallest(g);

    for (int32_t i = 0; i < g->n; i++)
        if (n_links_at(g, i, unit) > HEAT_MOST_BIT_LINKS)
            return false;
    return unit > 0;
}

double heat_bit_graph_bytes(const heat_pairwise *g)
{
    return g->n *
           (sizeof(int32_t) + HEAT_MOST_BIT_LINKS * (double)(sizeof(heat_bit_link) + sizeof(heat_bit_pair)));
}

/* Sorts the sites by their number of links, and makes the runs; returns the links in all. */
static int64_t order_sites(const heat_pairwise *g, heat_bit_graph *b)
{
    int32_t next = 0;
    int64_t n_links = 0;

    for (int32_t n = 0; n <= HEAT_MOST_BIT_LINKS; n++) {
        int32_t begin = next;
        for (int32_t i = 0; i < g->n; i++)
            if (n_links_at(g, i, b->unit) == n)
                b->word[i] = next++;
        if (next > begin)
            b->runs[b->n_runs++] = (heat_bit_run){n, begin, next, NULL};
        n_links += (int64_t)n * (next - begin);
    }
    return n_links;
}

static void add_links(heat_bit_link **to, double term, double unit, int32_t word)
{
    for (int32_t k = n_links_of(term, unit); k > 0; k--)
        *(*to)++ = (heat_bit_link){word, term < 0};
}

static void add_pairs(heat_bit_graph *b, double term, int32_t from, int32_t to)
{
    for (int32_t k = n_links_of(term, b->unit); k > 0; k--)
        b->pairs[b->n_pairs++] = (heat_bit_pair){from, to, term < 0};
}

static void fill(const heat_pairwise *g, heat_bit_graph *b, const int32_t *site)
{
    heat_bit_link *link = b->links;

    for (int32_t r = 0; r < b->n_runs; r++) {
        b->runs[r].links = link;
        for (int32_t w = b->runs[r].begin; w < b->runs[r].end; w++) {
            int32_t i = site[w];
            for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
                add_links(&link, heat_pairwise_coupling(g, k), b->unit, b->word[g->col[k]]);
                if (g->col[k] > i)
                    add_pairs(b, heat_pairwise_coupling(g, k), w, b->word[g->col[k]]);
            }
            add_links(&link, g->field[i], b->unit, g->n);
            add_pairs(b, g->field[i], w, g->n);
        }
    }
}

heat_status heat_bit_graph_init(heat_context *ctx, const heat_pairwise *g, heat_bit_graph *b)
{
    int32_t *site = NULL;
    int64_t n_links = 0;
    heat_status status;

    *b = (heat_bit_graph){.n_words = g->n + 1, .unit = smallest(g), .offset = g->offset};
    memset(&b->signs[1], 0xff, sizeof b->signs[1]);
    status = heat_alloc(ctx, g->n, sizeof *b->word, &b->word);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n, sizeof *site, &site);
    if (status == HEAT_OK) {
        n_links = order_sites(g, b);
        status = heat_alloc(ctx, n_links, sizeof *b->links, &b->links);
    }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_links, sizeof *b->pairs, &b->pairs);
    if (status == HEAT_OK) {
        for (int32_t i = 0; i < g->n; i++)
            site[b->word[i]] = i;
        fill(g, b, site);
    }
    heat_free(site);
    return status;
}

void heat_bit_graph_clear(heat_bit_graph *b)
{
    heat_free(b->word);
    heat_free(b->links);
    heat_free(b->pairs);
    *b = (heat_bit_graph){0};
}
