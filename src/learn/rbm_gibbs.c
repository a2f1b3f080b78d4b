/* The kernel of layers between the rows of learning: a block of rows becomes bits, is swept and becomes rows
 * again, or leaves the means of its hidden units. */
#include "learn/rbm_gibbs.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/isa.h"

#include <string.h>

enum { WORD = HEAT_LAYER_WORD, LANES_A_ROW = 4 * HEAT_LAYER_LANES, LEAST_ROWS = 8, MOST_ROWS = 64 };

/* Room for a block of rows as the kernel knows them. */
struct heat_rbm_block {
    uint64_t *visible, *hidden;
    float *scale;
    uint32_t *random, *list;
    int32_t *work_fields;
    double *y_sum;
};

static heat_status open_block(heat_context *ctx, const heat_layer_units *units, heat_rbm_block *b)
{
    const heat_layer_rows *up = &units->up, *down = &units->down;
    int64_t up_list = heat_layer_list_size(up), down_list = heat_layer_list_size(down), n = MOST_ROWS;
    heat_status status = heat_alloc(ctx, n * heat_layer_words(up->n_from), sizeof *b->visible, &b->visible);

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
        status = heat_alloc(ctx, heat_layer_words(up->n_to) * WORD, sizeof *b->y_sum, &b->y_sum);
    return status == HEAT_OK ? heat_alloc_unset(ctx, n * WORD, sizeof *b->work_fields, &b->work_fields)
                             : status;
}

static heat_status open_blocks(heat_context *ctx, const heat_layer_units *units, int64_t n, heat_rbm_gibbs *g)
{
    heat_status status = heat_grow(ctx, n, sizeof *g->blocks, &g->capacity, &g->blocks);

    while (status == HEAT_OK && g->n_blocks < n)
        status = open_block(ctx, units, &g->blocks[g->n_blocks++]);
    return status;
}

void heat_rbm_gibbs_clear(heat_rbm_gibbs *g)
{
    for (int64_t k = 0; k < g->n_blocks; k++) {
        heat_rbm_block *b = &g->blocks[k];
        heat_free(b->visible);
        heat_free(b->hidden);
        heat_free(b->scale);
        heat_free(b->random);
        heat_free(b->list);
        heat_free(b->y_sum);
        heat_free(b->work_fields);
    }
    heat_free(g->blocks);
    *g = (heat_rbm_gibbs){0};
}

/* Rows of a block: few rows make narrow ones, so that threads have something to share. */
static int64_t width_of(int64_t n_rows)
{
    int64_t half = (n_rows + 1) / 2;

    return half < LEAST_ROWS ? LEAST_ROWS : half > MOST_ROWS ? MOST_ROWS : half;
}

static int64_t blocks_of(int64_t n_rows)
{
    return (n_rows + width_of(n_rows) - 1) / width_of(n_rows);
}

static void read_bits(const int8_t *row, int32_t n, uint64_t *bits)
{
    for (int32_t first = 0; first < n; first += WORD) {
        const int32_t count = n - first < WORD ? n - first : WORD;
        uint64_t word = 0;
        for (int32_t i = 0; i < count; i++)
            word |= (uint64_t)(row[first + i] == 1) << i;
        bits[first / WORD] = word;
    }
}

static void write_bits(const uint64_t *bits, int32_t n, int8_t low, int8_t *row)
{
    for (int32_t i = 0; i < n; i++)
        row[i] = bits[i / WORD] >> (i % WORD) & 1 ? 1 : low;
}

static void set_scales(const heat_layer_units *units, int64_t count, float *scale)
{
    for (int64_t k = 0; k < count; k++)
        scale[k] = (float)(units->unit / 0.69314718055994530942);
}

typedef struct moving {
    const heat_negative *negative;
    const heat_layer_units *units;
    const heat_layer_kernel *kernel;
    heat_rbm_block *blocks;
    int64_t n_rows;
    int8_t *rows, low;
} moving;

/* The streams of row r in this update. */
static void open_random(const moving *m, int64_t r, uint32_t *random)
{
    heat_stream stream;

    heat_stream_init(&stream, m->negative->seed, HEAT_PURPOSE_SWEEP,
                     ((uint64_t)m->negative->n_updates << 32) + (uint64_t)r);
    for (int l = 0; l < LANES_A_ROW; l += 2) {
        uint64_t draw = heat_stream_bits(&stream);
        random[l] = (uint32_t)draw;
        random[l + 1] = (uint32_t)(draw >> 32);
    }
}

static heat_status move_unit(heat_context *worker, void *arg, int64_t unit)
{
    const moving *m = arg;
    const int32_t n = m->units->up.n_from;
    const int64_t width = width_of(m->n_rows), first = unit * width, n_words = heat_layer_words(n);
    const int64_t count = m->n_rows - first < width ? m->n_rows - first : width;
    heat_rbm_block *b = &m->blocks[unit];
    heat_layer_draw up = {.n_chains = (int32_t)count,
                          .from = b->visible,
                          .to = b->hidden,
                          .rule = HEAT_FLIP_HEAT_BATH,
                          .scale = b->scale,
                          .random = b->random,
                          .list = b->list,
                          .work_fields = b->work_fields},
                    down = up;

    (void)worker;
    down.from = b->hidden;
    down.to = b->visible;
    set_scales(m->units, count, b->scale);
    for (int64_t k = 0; k < count; k++) {
        read_bits(m->rows + (first + k) * n, n, b->visible + k * n_words);
        open_random(m, first + k, b->random + k * LANES_A_ROW);
    }
    for (int64_t k = 0; k < m->negative->k; k++) {
        m->kernel->draw(&m->units->up, &up);
        m->kernel->draw(&m->units->down, &down);
    }
    for (int64_t k = 0; k < count; k++)
        write_bits(b->visible + k * n_words, n, m->low, m->rows + (first + k) * n);
    return HEAT_OK;
}

heat_status heat_rbm_gibbs_find_kernel(heat_context *ctx, const char *name, const heat_layer_kernel **out)
{
    const heat_isa *isa = heat_isa_get(name);

    if (isa == NULL)
        return heat_fail_option(ctx, "isa", name, "this machine cannot run it (its widest is %s)",
                                heat_isa_get("auto")->name);
    *out = isa->layers;
    return HEAT_OK;
}

heat_status heat_rbm_gibbs_move(heat_context *ctx, heat_rbm_gibbs *g, const heat_negative *negative,
                                const heat_layer_units *units, int8_t low, int64_t n_rows, int8_t *rows)
{
    moving m = {.negative = negative, .units = units, .n_rows = n_rows, .rows = rows, .low = low};
    double visits = 2.0 * units->up.n_from * units->up.n_to * (double)(n_rows * negative->k);
    heat_status status = heat_rbm_gibbs_find_kernel(ctx, negative->isa, &m.kernel);

    if (status == HEAT_OK)
        status = open_blocks(ctx, units, blocks_of(n_rows), g);
    m.blocks = g->blocks;
    return status == HEAT_OK ? heat_parallel_for(ctx, heat_negative_threads(negative, visits),
                                                 blocks_of(n_rows), move_unit, &m)
                             : status;
}

typedef struct averaging {
    const heat_layer_units *units;
    const heat_layer_kernel *kernel;
    heat_rbm_block *blocks;
    heat_rbm_phase *phases;
} averaging;

/* Means times the weights of their rows, and their sums. */
static void weigh(const heat_rbm_phase *p, int32_t n_hidden, int64_t first, int64_t count, double *sum)
{
    for (int64_t j0 = 0; j0 < n_hidden; j0 += WORD) {
        int64_t width = n_hidden - j0 < WORD ? n_hidden - j0 : WORD;
        memset(sum + j0, 0, WORD * sizeof *sum);
        for (int64_t r = first; r < first + count; r++) {
            float *y = p->y + j0 * p->n_rows + r * WORD, w = (float)p->weight[r];
            for (int64_t j = 0; j < width; j++)
                sum[j0 + j] += (double)(y[j] *= w);
        }
    }
}

static heat_status average_unit(heat_context *worker, void *arg, int64_t unit)
{
    const averaging *a = arg;
    const heat_layer_rows *up = &a->units->up;
    heat_rbm_block *b = &a->blocks[unit];
    const heat_rbm_phase *p = a->phases;
    heat_layer_draw draw = {
        .rule = HEAT_FLIP_HEAT_BATH, .scale = b->scale, .list = b->list, .work_fields = b->work_fields};
    int64_t first, count, width;

    (void)worker;
    for (; unit >= blocks_of(p->n_rows); p++)
        unit -= blocks_of(p->n_rows);
    width = width_of(p->n_rows);
    first = unit * width;
    count = p->n_rows - first < width ? p->n_rows - first : width;
    for (int64_t r = first; r < first + count; r++)
        read_bits(p->rows + r * up->n_from, up->n_from, p->x + r * heat_layer_words(up->n_from));
    set_scales(a->units, count, b->scale);
    draw.n_chains = (int32_t)count;
    draw.from = p->x + first * heat_layer_words(up->n_from);
    draw.probabilities = p->y + first * WORD;
    draw.n_probabilities = p->n_rows;
    a->kernel->draw(up, &draw);
    weigh(p, up->n_to, first, count, b->y_sum);
    return HEAT_OK;
}

heat_status heat_rbm_gibbs_mean(heat_context *ctx, heat_rbm_gibbs *g, const char *isa, int64_t threads,
                                const heat_layer_units *units, int32_t n, heat_rbm_phase *phases)
{
    averaging a = {.units = units, .phases = phases};
    int64_t n_units = 0, unit = 0;
    heat_status status = heat_rbm_gibbs_find_kernel(ctx, isa, &a.kernel);

    for (int32_t k = 0; k < n; k++)
        n_units += blocks_of(phases[k].n_rows);
    if (status == HEAT_OK)
        status = open_blocks(ctx, units, n_units, g);
    a.blocks = g->blocks;
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, threads, n_units, average_unit, &a);
    for (int32_t k = 0; k < n && status == HEAT_OK; k++) {
        memset(phases[k].y_sum, 0,
               (size_t)(heat_layer_words(units->up.n_to) * WORD) * sizeof *phases[k].y_sum);
        for (int64_t block = 0; block < blocks_of(phases[k].n_rows); block++, unit++)
            for (int32_t j = 0; j < units->up.n_to; j++)
                phases[k].y_sum[j] += g->blocks[unit].y_sum[j];
    }
    return status;
}
