/* A sweep: first the units that are summed over, from p(h | row) at once, then those of the row, one by one
 * given all others. */
#include "learn/boltzmann_sweep.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/elementary.h"
#include "learn/hidden_posterior.h"

enum { LANES = HEAT_ROW_LANES };

/* A block of rows under way. */
typedef struct block {
    const heat_boltzmann_sweep *s;
    int64_t first, n_rows;
    heat_stream stream[LANES];
    double *x;     /* [unit][lane] */
    double *field; /* [summed unit][lane] */
    double *own;   /* [summed unit] of a row */
    int8_t *state; /* likewise */
    heat_hidden_posterior posterior;
} block;

static heat_status open_block(heat_context *ctx, block *b)
{
    const heat_boltzmann_sweep *s = b->s;
    const int64_t n_summed = s->graph->n - s->n_row;
    heat_status status =
        heat_hidden_posterior_open(ctx, (int32_t)n_summed, s->n_inner, s->p, s->q, &b->posterior);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)s->graph->n * LANES, sizeof *b->x, &b->x);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_summed * LANES, sizeof *b->field, &b->field);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_summed, sizeof *b->own, &b->own);
    return status == HEAT_OK ? heat_alloc(ctx, n_summed, sizeof *b->state, &b->state) : status;
}

static void close_block(block *b)
{
    heat_hidden_posterior_close(&b->posterior);
    heat_free(b->x);
    heat_free(b->field);
    heat_free(b->own);
    heat_free(b->state);
}

static void draw_summed(block *b)
{
    const heat_unit_graph *g = b->s->graph;
    const int32_t n_row = b->s->n_row, n_summed = g->n - n_row;

    for (int32_t j = 0; j < n_summed; j++) {
        double *field = b->field + (int64_t)j * LANES;
        for (int lane = 0; lane < LANES; lane++)
            field[lane] = g->bias[n_row + j];
        heat_unit_graph_add_field(g, g->row[n_row + j], heat_unit_graph_split(g, n_row + j, n_row), b->x,
                                  field);
    }
    for (int lane = 0; lane < b->n_rows; lane++) {
        for (int32_t j = 0; j < n_summed; j++)
            b->own[j] = b->field[(int64_t)j * LANES + lane];
        heat_hidden_posterior_sum(&b->posterior, b->s->weights, b->own);
        heat_hidden_posterior_draw(&b->posterior, &b->stream[lane], b->state);
        for (int32_t j = 0; j < n_summed; j++)
            b->x[((int64_t)n_row + j) * LANES + lane] = b->state[j];
    }
}

/* Unit i of each row, where it moves. */
static void draw_unit(block *b, int32_t i)
{
    const heat_boltzmann_sweep *s = b->s;
    const heat_unit_graph *g = s->graph;
    bool moves[LANES], any = false;
    double field[LANES];

    for (int lane = 0; lane < b->n_rows; lane++) {
        moves[lane] = i >= s->n_held || (s->missing != NULL && s->missing[(b->first + lane) * s->n_row + i]);
        any = any || moves[lane];
    }
    if (!any)
        return;
    for (int lane = 0; lane < LANES; lane++)
        field[lane] = g->bias[i];
    heat_unit_graph_add_field(g, g->row[i], g->row[i + 1], b->x, field);
    for (int lane = 0; lane < b->n_rows; lane++)
        if (moves[lane])
            b->x[(int64_t)i * LANES + lane] =
                heat_stream_uniform(&b->stream[lane]) < heat_sigmoid(field[lane]);
}

static heat_status move_block(heat_context *worker, void *arg, int64_t unit)
{
    const heat_boltzmann_sweep *s = arg;
    int64_t first = unit * LANES, left = s->n_rows - first;
    block b = {.s = s, .first = first, .n_rows = left < LANES ? left : LANES};
    heat_status status = open_block(worker, &b);

    for (int64_t lane = 0; lane < b.n_rows && status == HEAT_OK; lane++) {
        heat_stream_init(&b.stream[lane], s->seed, s->purpose, s->first_stream + (uint64_t)(first + lane));
        for (int32_t i = 0; i < s->n_row; i++)
            b.x[i * LANES + lane] = s->rows[(first + lane) * s->n_row + i] == 1;
    }
    for (int64_t k = 0; k < s->k && status == HEAT_OK; k++) {
        draw_summed(&b);
        for (int32_t i = s->missing == NULL ? s->n_held : 0; i < s->n_row; i++)
            draw_unit(&b, i);
    }
    for (int64_t lane = 0; lane < b.n_rows && status == HEAT_OK; lane++)
        for (int32_t i = 0; i < s->n_row; i++)
            s->rows[(first + lane) * s->n_row + i] = b.x[i * LANES + lane] > 0;
    close_block(&b);
    return status;
}

heat_status heat_boltzmann_sweep_run(heat_context *ctx, const heat_boltzmann_sweep *s)
{
    heat_boltzmann_sweep own = *s;

    return heat_parallel_for(ctx, s->threads, (s->n_rows + LANES - 1) / LANES, move_block, &own);
}
