/* The kernel of layers between the rows of learning: a block of rows becomes bits, is swept and becomes rows
 * again. Every row of every update has streams of its own. */
#include "learn/rbm_gibbs.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/isa.h"

enum { WORD = HEAT_LAYER_WORD, LANES_A_ROW = 4 * HEAT_LAYER_LANES, LEAST_ROWS = 8, MOST_ROWS = 64 };

typedef struct moving {
    const heat_negative *negative;
    const heat_layer_units *units;
    const heat_layer_kernel *kernel;
    int64_t n_rows, width; /* rows, and of a unit */
    int8_t *rows, low;
} moving;

/* A block of rows as the kernel knows them. */
typedef struct block {
    int64_t first, count;
    uint64_t *visible, *hidden;
    float *scale;
    uint32_t *random, *list;
    int32_t *work_fields;
} block;

static heat_status open_block(heat_context *ctx, const moving *m, int64_t unit, block *b)
{
    const heat_layer_rows *up = &m->units->up, *down = &m->units->down;
    int64_t up_list = heat_layer_list_size(up), down_list = heat_layer_list_size(down), n;
    heat_status status;

    b->first = unit * m->width;
    b->count = n = m->n_rows - b->first < m->width ? m->n_rows - b->first : m->width;
    status = heat_alloc(ctx, n * heat_layer_words(up->n_from), sizeof *b->visible, &b->visible);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * heat_layer_words(up->n_to), sizeof *b->hidden, &b->hidden);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *b->scale, &b->scale);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * LANES_A_ROW, sizeof *b->random, &b->random);
    if (status == HEAT_OK)
        status =
            heat_alloc_unset(ctx, n * (up_list > down_list ? up_list : down_list), sizeof *b->list, &b->list);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n * WORD, sizeof *b->work_fields, &b->work_fields);
    return status;
}

static void close_block(block *b)
{
    heat_free(b->visible);
    heat_free(b->hidden);
    heat_free(b->scale);
    heat_free(b->random);
    heat_free(b->list);
    heat_free(b->work_fields);
}

static void read_row(const moving *m, block *b, int64_t k)
{
    const int32_t n = m->units->up.n_from;
    const int8_t *row = m->rows + (b->first + k) * n;
    uint64_t *bits = b->visible + k * heat_layer_words(n);
    heat_stream stream;

    for (int32_t i = 0; i < n; i++)
        bits[i / WORD] |= (uint64_t)(row[i] == 1) << (i % WORD);
    heat_stream_init(&stream, m->negative->seed, HEAT_PURPOSE_SWEEP,
                     ((uint64_t)m->negative->n_updates << 32) + (uint64_t)(b->first + k));
    for (int l = 0; l < LANES_A_ROW; l += 2) {
        uint64_t draw = heat_stream_bits(&stream);
        b->random[k * LANES_A_ROW + l] = (uint32_t)draw;
        b->random[k * LANES_A_ROW + l + 1] = (uint32_t)(draw >> 32);
    }
    b->scale[k] = (float)(m->units->unit / 0.69314718055994530942);
}

static void write_row(const moving *m, const block *b, int64_t k)
{
    const int32_t n = m->units->up.n_from;
    int8_t *row = m->rows + (b->first + k) * n;
    const uint64_t *bits = b->visible + k * heat_layer_words(n);

    for (int32_t i = 0; i < n; i++)
        row[i] = bits[i / WORD] >> (i % WORD) & 1 ? 1 : m->low;
}

static heat_status move_unit(heat_context *worker, void *arg, int64_t unit)
{
    const moving *m = arg;
    block b = {0};
    heat_status status = open_block(worker, m, unit, &b);

    if (status == HEAT_OK) {
        heat_layer_draw up = {.n_chains = (int32_t)b.count,
                              .from = b.visible,
                              .to = b.hidden,
                              .rule = HEAT_FLIP_HEAT_BATH,
                              .scale = b.scale,
                              .random = b.random,
                              .list = b.list,
                              .work_fields = b.work_fields},
                        down = up;
        down.from = b.hidden;
        down.to = b.visible;
        for (int64_t k = 0; k < b.count; k++)
            read_row(m, &b, k);
        for (int64_t k = 0; k < m->negative->k; k++) {
            m->kernel->draw(&m->units->up, &up);
            m->kernel->draw(&m->units->down, &down);
        }
        for (int64_t k = 0; k < b.count; k++)
            write_row(m, &b, k);
    }
    close_block(&b);
    return status;
}

heat_status heat_rbm_gibbs_move(heat_context *ctx, heat_rbm_gibbs *g, const heat_negative *negative,
                                const heat_layered *form, int8_t low, int64_t n_rows, int8_t *rows)
{
    const heat_isa *isa = heat_isa_get(negative->isa);
    int64_t half = (n_rows + 1) / 2;
    moving m = {.negative = negative,
                .n_rows = n_rows,
                .width = half < LEAST_ROWS  ? LEAST_ROWS
                         : half > MOST_ROWS ? MOST_ROWS
                                            : half,
                .rows = rows,
                .low = low};
    heat_status status = HEAT_OK;
    double visits;

    if (isa == NULL)
        return heat_fail_option(ctx, "isa", negative->isa, "this machine cannot run it (its widest is %s)",
                                heat_isa_get("auto")->name);
    m.kernel = isa->layers;
    if (g->units == NULL)
        status = heat_layer_units_create(ctx, form, false, &g->units);
    else
        heat_layer_units_refresh(g->units, form);
    if (status != HEAT_OK)
        return status;
    m.units = g->units;
    visits = 2.0 * form->n_visible * form->n_hidden * (double)(n_rows * negative->k);
    return heat_parallel_for(ctx, heat_negative_threads(negative, visits), (n_rows + m.width - 1) / m.width,
                             move_unit, &m);
}

void heat_rbm_gibbs_clear(heat_rbm_gibbs *g)
{
    heat_layer_units_free(g->units);
    *g = (heat_rbm_gibbs){0};
}
