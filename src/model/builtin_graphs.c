/* Graphs without a geometry: complete ones, whose disorder is scaled so that the energy is extensive, and
 * random regular ones. */
#include "base/context_private.h"
#include "base/memory.h"
#include "model/builtin.h"

#include <math.h>
#include <string.h>

enum {
    BYTES_AN_EDGE = 48, /* while a model is built, about */
    STUBS_BETWEEN_POLLS = 1 << 16
};

heat_status heat_build_complete(heat_context *ctx, const heat_recipe *r, heat_edge_list *list)
{
    heat_stream stream;
    heat_recipe scaled = *r;

    if (!((double)r->n * ((double)r->n - 1) / 2 * BYTES_AN_EDGE <= (double)ctx->config.memory))
        return heat_fail(ctx, HEAT_ERROR_MEMORY,
                         "%s: its edges would take more than the memory allowed (option --memory)", r->spec);
    if (r->coupling.how != HEAT_UNIFORM)
        scaled.coupling.scale /= sqrt((double)r->n);
    heat_stream_init(&stream, r->seed, HEAT_PURPOSE_GENERATE, HEAT_UNIT_COUPLINGS);
    for (int32_t i = 0; i < r->n; i++)
        for (int32_t j = i + 1; j < r->n; j++) {
            heat_status status = heat_edge_list_add(ctx, list, i, j, heat_law_draw(scaled.coupling, &stream));
            if (status != HEAT_OK)
                return status;
        }
    return HEAT_OK;
}

static bool has_neighbour(const int32_t *neighbours, int64_t degree, int32_t i, int32_t j)
{
    for (int64_t k = 0; k < degree; k++)
        if (neighbours[i * degree + k] == j)
            return true;
    return false;
}

/* One pass of Steger and Wormald's pairing (Combin. Probab. Comput. 8 (1999) 377): random pairs of free
 * stubs, a pair that would be a loop or a repeat is drawn again. False when what is left admits no pair, or
 * when halted. */
static bool pair_stubs(heat_context *ctx, const heat_recipe *r, heat_stream *stream, int32_t *stubs,
                       int32_t *neighbours, int64_t *used)
{
    int64_t left = r->n * r->degree;

    for (int64_t k = 0; k < left; k++)
        stubs[k] = (int32_t)(k / r->degree);
    memset(used, 0, (size_t)r->n * sizeof *used);
    for (int64_t k = 0; k < left; k++)
        neighbours[k] = -1;
    for (int tries = 0; left > 0;) {
        int64_t a = (int64_t)heat_stream_below(stream, (uint64_t)left);
        int64_t b = (int64_t)heat_stream_below(stream, (uint64_t)left);
        int32_t i = stubs[a], j = stubs[b];
        if (left % STUBS_BETWEEN_POLLS == 0 && heat_halted(ctx))
            return false;
        if (i == j || has_neighbour(neighbours, r->degree, i, j)) {
            if (++tries > 1000 + 10 * (int)r->degree)
                return false;
            continue;
        }
        tries = 0;
        neighbours[i * r->degree + used[i]++] = j;
        neighbours[j * r->degree + used[j]++] = i;
        if (a < b) { /* take the later stub out first, so that the earlier keeps its place */
            int64_t swap = a;
            a = b;
            b = swap;
        }
        stubs[a] = stubs[--left];
        stubs[b] = stubs[--left];
    }
    return true;
}

heat_status heat_build_regular(heat_context *ctx, const heat_recipe *r, heat_edge_list *list)
{
    enum { MOST_PASSES = 1000 };
    heat_stream graph, couplings;
    int32_t *stubs = NULL, *neighbours = NULL;
    int64_t *used = NULL;
    bool paired = false;
    heat_status status;

    if (r->degree < 0 || r->degree >= r->n || r->n * r->degree % 2 != 0)
        return heat_fail(ctx, HEAT_ERROR_INPUT,
                         "%s: no graph of %lld vertices has degree %lld (n k even, k < n)", r->spec,
                         (long long)r->n, (long long)r->degree);
    heat_stream_init(&graph, r->seed, HEAT_PURPOSE_GENERATE, HEAT_UNIT_GRAPH);
    heat_stream_init(&couplings, r->seed, HEAT_PURPOSE_GENERATE, HEAT_UNIT_COUPLINGS);
    status = heat_alloc(ctx, r->n * r->degree, sizeof *stubs, &stubs);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n * r->degree, sizeof *neighbours, &neighbours);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n, sizeof *used, &used);
    for (int pass = 0; pass < MOST_PASSES && status == HEAT_OK && !paired; pass++) {
        paired = pair_stubs(ctx, r, &graph, stubs, neighbours, used);
        status = heat_halt_check(ctx, "the model was complete");
    }
    if (status == HEAT_OK && !paired)
        status = heat_fail(ctx, HEAT_ERROR_UNABLE,
                           "%s: no such graph was found in %d passes; try a smaller k", r->spec, MOST_PASSES);
    for (int32_t i = 0; i < r->n && status == HEAT_OK; i++)
        for (int64_t k = 0; k < r->degree && status == HEAT_OK; k++) {
            int32_t j = neighbours[i * r->degree + k];
            if (j > i)
                status = heat_edge_list_add(ctx, list, i, j, heat_law_draw(r->coupling, &couplings));
        }
    heat_free(stubs);
    heat_free(neighbours);
    heat_free(used);
    return status;
}
