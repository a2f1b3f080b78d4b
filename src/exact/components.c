/* A graph that falls apart, summed component by component, each by its own cheapest road: log Z, energies and
 * their variances add up. Couplings of 0 hold nothing together. The largest components are models of their
 * own; all others, and lone spins, are one more, whose road copes with components by itself. */
#include "exact/components.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARTS = 16 };

void heat_exact_parts_free(heat_exact_parts *p)
{
    if (p == NULL)
        return;
    for (int32_t k = 0; k < p->n && p->part != NULL; k++) {
        heat_exact_choice_clear(&p->part[k].choice);
        heat_model_free(p->part[k].model);
    }
    heat_free(p->part);
    heat_free(p->site);
    heat_free(p);
}

/* A component: its first spin and its size. */
typedef struct component {
    int32_t first, size;
} component;

static int by_size(const void *x, const void *y)
{
    const component *a = x, *b = y;

    return a->size != b->size ? (a->size < b->size) - (a->size > b->size)
                              : (a->first > b->first) - (a->first < b->first);
}

/* Numbers the component of every spin in `owner`, from 0 in the order of their first spins; `queue` is
 * scratch. */
static heat_status find_components(heat_context *ctx, const heat_pairwise *g, int32_t *owner, int32_t *queue,
                                   component *found, int32_t *n_found)
{
    *n_found = 0;
    for (int32_t v = 0; v < g->n; v++)
        owner[v] = -1;
    for (int32_t v = 0; v < g->n; v++) {
        int32_t begin = 0, end = 0, own = *n_found;
        if (owner[v] >= 0)
            continue;
        owner[v] = own;
        for (queue[end++] = v; begin < end; begin++)
            for (int64_t e = g->row[queue[begin]]; e < g->row[queue[begin] + 1]; e++) {
                int32_t w = g->col[e];
                if (owner[w] >= 0 || heat_pairwise_coupling(g, e) == 0)
                    continue;
                owner[w] = own;
                queue[end++] = w;
            }
        found[(*n_found)++] = (component){v, end};
    }
    return heat_halt_check(ctx, "components were found");
}

/* Makes `owner` the part of every spin; the number of parts. */
static int32_t group(component *found, int32_t n_found, int32_t n, int32_t *owner, int32_t *part_of)
{
    int32_t n_parts = n_found < MOST_PARTS ? n_found : MOST_PARTS;

    qsort(found, (size_t)n_found, sizeof *found, by_size);
    for (int32_t k = 0; k < n_found; k++)
        part_of[owner[found[k].first]] = k < n_parts ? k : n_parts - 1;
    for (int32_t v = 0; v < n; v++)
        owner[v] = part_of[owner[v]];
    return n_parts;
}

/* The model of one part's spins, with the offset if it is the first. */
static heat_status create_model(heat_context *ctx, const heat_pairwise *g, const int32_t *owner,
                                const int32_t *place, int32_t k, const heat_exact_part *part,
                                heat_model **out)
{
    int64_t n_edges = 0, most = 0;
    int32_t *i = NULL, *j = NULL;
    double *coupling = NULL, *field = NULL;
    heat_status status;

    for (int32_t a = 0; a < part->n; a++)
        most += g->row[part->site[a] + 1] - g->row[part->site[a]];
    if ((status = heat_alloc(ctx, most + 1, sizeof *i, &i)) != HEAT_OK ||
        (status = heat_alloc(ctx, most + 1, sizeof *j, &j)) != HEAT_OK ||
        (status = heat_alloc(ctx, most + 1, sizeof *coupling, &coupling)) != HEAT_OK ||
        (status = heat_alloc(ctx, part->n, sizeof *field, &field)) != HEAT_OK)
        goto out;
    for (int32_t a = 0; a < part->n; a++) {
        int32_t v = part->site[a];
        field[a] = g->field[v];
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            if (g->col[e] < v || owner[g->col[e]] != k)
                continue;
            i[n_edges] = a;
            j[n_edges] = place[g->col[e]];
            coupling[n_edges++] = heat_pairwise_coupling(g, e);
        }
    }
    status =
        heat_model_create_ising(ctx, part->n, n_edges, i, j, coupling, field, k == 0 ? g->offset : 0, out);
out:
    heat_free(i);
    heat_free(j);
    heat_free(coupling);
    heat_free(field);
    return status;
}

/* Hands the spins out to the parts, in order, and makes their models. */
static heat_status fill_parts(heat_context *ctx, const heat_pairwise *g, const int32_t *owner, int32_t *place,
                              heat_exact_parts *p)
{
    int32_t *next = p->site;
    heat_status status = HEAT_OK;

    for (int32_t v = 0; v < g->n; v++)
        place[v] = p->part[owner[v]].n++;
    for (int32_t k = 0; k < p->n; k++) {
        p->part[k].site = next;
        next += p->part[k].n;
    }
    for (int32_t v = 0; v < g->n; v++)
        p->site[p->part[owner[v]].site - p->site + place[v]] = v;
    for (int32_t k = 0; k < p->n && status == HEAT_OK; k++)
        status = create_model(ctx, g, owner, place, k, &p->part[k], &p->part[k].model);
    return status;
}

heat_status heat_exact_parts_create(heat_context *ctx, const heat_pairwise *g, heat_exact_parts **out)
{
    int32_t *owner = NULL, *scratch = NULL, n_found, n_parts;
    component *found = NULL;
    heat_exact_parts *p = NULL;
    heat_status status;

    *out = NULL;
    if ((status = heat_alloc(ctx, g->n, sizeof *owner, &owner)) != HEAT_OK ||
        (status = heat_alloc(ctx, g->n, sizeof *scratch, &scratch)) != HEAT_OK ||
        (status = heat_alloc(ctx, g->n, sizeof *found, &found)) != HEAT_OK ||
        (status = find_components(ctx, g, owner, scratch, found, &n_found)) != HEAT_OK)
        goto out;
    n_parts = group(found, n_found, g->n, owner, scratch);
    if (n_parts < 2 || found[1].size == 1) /* one component, and lone spins */
        goto out;
    if ((status = heat_alloc(ctx, 1, sizeof *p, &p)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_parts, sizeof *p->part, &p->part)) != HEAT_OK ||
        (status = heat_alloc(ctx, g->n, sizeof *p->site, &p->site)) != HEAT_OK)
        goto out;
    p->n = n_parts;
    status = fill_parts(ctx, g, owner, scratch, p);
    if (status != HEAT_OK)
        goto out;
    *out = p;
    p = NULL;
out:
    heat_exact_parts_free(p);
    heat_free(owner);
    heat_free(scratch);
    heat_free(found);
    return status;
}

/* Puts the means of a part's spins where they belong: rows of both graphs are sorted, so that one pass finds
 * the pairs. */
static void place_means(const heat_pairwise *g, const heat_exact_part *part, const heat_elimination_sum *own,
                        heat_elimination_sum *sum)
{
    const heat_pairwise *local = &part->choice.graph;

    for (int32_t a = 0; a < part->n && sum->spin_mean != NULL; a++)
        sum->spin_mean[part->site[a]] = own->spin_mean[a];
    for (int32_t a = 0; a < part->n && sum->pair_mean != NULL; a++) {
        int64_t to = g->row[part->site[a]];
        for (int64_t e = local->row[a]; e < local->row[a + 1]; e++) {
            while (g->col[to] != part->site[local->col[e]])
                to++;
            sum->pair_mean[to] = own->pair_mean[e];
        }
    }
}

static heat_status run_part(heat_context *ctx, const heat_pairwise *g, const heat_exact_part *part,
                            double beta, int64_t threads, heat_elimination_sum *sum,
                            heat_elimination_sum *own)
{
    const heat_pairwise *local = &part->choice.graph;
    heat_status status = HEAT_OK;

    if (sum->spin_mean != NULL)
        status = heat_alloc(ctx, local->n, sizeof *own->spin_mean, &own->spin_mean);
    if (status == HEAT_OK && sum->pair_mean != NULL)
        status = heat_alloc(ctx, local->row[local->n] + 1, sizeof *own->pair_mean, &own->pair_mean);
    if (status == HEAT_OK)
        status = heat_exact_run_sum(ctx, part->model, &part->choice, beta, threads, own);
    if (status == HEAT_OK)
        place_means(g, part, own, sum);
    heat_free(own->spin_mean);
    heat_free(own->pair_mean);
    return status;
}

heat_status heat_exact_parts_run_sum(heat_context *ctx, const heat_exact_parts *p, const heat_pairwise *g,
                                     double beta, int64_t threads, heat_elimination_sum *sum)
{
    double log_z = 0, energy = 0, variance = 0;
    heat_status status = HEAT_OK;

    heat_elimination_sum_forget(g, sum);
    for (int32_t k = 0; k < p->n && status == HEAT_OK; k++) {
        heat_elimination_sum own = {
            .log_z_only = sum->log_z_only, .log_z = (double)NAN, .energy_variance = (double)NAN};
        status = run_part(ctx, g, &p->part[k], beta, threads, sum, &own);
        log_z += own.log_z;
        energy += own.mean_energy;
        variance += own.energy_variance;
        sum->road = k == 0 || strcmp(sum->road, own.road) == 0 ? own.road : heat_exact_by_components;
        if (isnan(own.log_z)) /* halted */
            break;
    }
    if (status != HEAT_OK || isnan(log_z)) {
        heat_elimination_sum_forget(g, sum);
        return status;
    }
    sum->log_z = log_z;
    sum->mean_energy = energy;
    sum->energy_variance = variance;
    return HEAT_OK;
}
