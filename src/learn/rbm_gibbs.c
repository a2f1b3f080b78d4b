/* The kernel of layers between the rows of learning: a block of rows becomes bits, is swept and becomes rows
 * again, or leaves the means of its hidden units. */
#include "learn/rbm_gibbs.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/isa.h"

#include <string.h>

enum { WORD = HEAT_LAYER_WORD, LANES_A_ROW = 4 * HEAT_LAYER_LANES, LEAST_ROWS = 8, MOST_ROWS = 128 };

/* Room for a block of rows as the kernel knows them. */
struct heat_rbm_block {
    uint64_t *visible, *hidden;
    float *scale;
    uint32_t *random, *list;
    int32_t *work_fields;
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
        heat_free(b->work_fields);
    }
    heat_free(g->blocks);
    *g = (heat_rbm_gibbs){0};
}

/* Rows of a block: as many as threads leave each other, since all of a block share what they read. Rows have
 * nothing in common but that, so the cut is seen in no result. */
static int64_t width_of(int64_t n_rows, int64_t threads)
{
    int64_t n = heat_thread_count(threads), each = (n_rows + n - 1) / n;

    return each < LEAST_ROWS ? LEAST_ROWS : each > MOST_ROWS ? MOST_ROWS : each;
}

static const uint64_t ones = 0x0101010101010101;

/* Values are -1, 0 and 1: of eight, those that are 1 leave their lowest bit, and the product brings these
 * together in its highest byte. */
static void read_bits(const int8_t *row, int32_t n, uint64_t *bits)
{
    memset(bits, 0, (size_t)heat_layer_words(n) * sizeof *bits);
    for (int32_t first = 0; first < n; first += 8) {
        uint64_t x = 0;
        memcpy(&x, row + first, n - first < 8 ? (size_t)(n - first) : 8);
        x = (x & ~(x >> 1) & ones) * 0x0102040810204080 >> 56;
        bits[first / WORD] |= x << first % WORD;
    }
}

/* Byte k keeps bit k, and becomes 1 where that is set, else `low`. */
static void write_bits(const uint64_t *bits, int32_t n, int8_t low, int8_t *row)
{
    for (int32_t first = 0; first < n; first += 8) {
        uint64_t x = (bits[first / WORD] >> first % WORD & 0xff) * ones & 0x8040201008040201;
        x = (x + 0x7f7f7f7f7f7f7f7f) >> 7 & ones;
        x |= (ones - x) * (uint8_t)low;
        memcpy(row + first, &x, n - first < 8 ? (size_t)(n - first) : 8);
    }
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
    int64_t n_rows, width;
    int8_t *rows, low;
    const heat_rbm_phase *ends; /* two; NULL: not wanted */
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

/* Takes up rows and their streams. */
static void open_rows(const moving *m, int64_t first, int64_t count, heat_rbm_block *b)
{
    const int32_t n = m->units->up.n_from;
    const int64_t n_words = heat_layer_words(n);

    set_scales(m->units, count, b->scale);
    for (int64_t k = 0; k < count; k++) {
        read_bits(m->rows + (first + k) * n, n, b->visible + k * n_words);
        open_random(m, first + k, b->random + k * LANES_A_ROW);
    }
}

/* Leaves the visible units at one end, and asks for the means of hidden ones there. */
static void want_means(const heat_rbm_phase *end, int64_t first, int64_t n_words, heat_layer_draw *up)
{
    memcpy(end->x + first * n_words, up->from, (size_t)(up->n_chains * n_words) * sizeof *end->x);
    up->probabilities = end->y + first * WORD;
    up->n_probabilities = end->n_y;
}

static heat_status move_unit(heat_context *worker, void *arg, int64_t unit)
{
    const moving *m = arg;
    const heat_layer_units *u = m->units;
    const int32_t n = u->up.n_from;
    const int64_t first = unit * m->width, n_words = heat_layer_words(n);
    const int64_t count = m->n_rows - first < m->width ? m->n_rows - first : m->width;
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
    open_rows(m, first, count, b);
    for (int64_t k = 0; k < m->negative->k; k++) {
        up.probabilities = NULL;
        if (m->ends != NULL && k == 0)
            want_means(&m->ends[0], first, n_words, &up);
        m->kernel->draw(&u->up, &up);
        m->kernel->draw(&u->down, &down);
    }
    if (m->ends != NULL) {
        want_means(&m->ends[1], first, n_words, &up);
        up.to = NULL;
        m->kernel->draw(&u->up, &up);
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
                                const heat_layer_units *units, int8_t low, int64_t n_rows, int8_t *rows,
                                const heat_rbm_phase ends[2])
{
    double visits = 2.0 * units->up.n_from * units->up.n_to * (double)(n_rows * negative->k);
    int64_t threads = heat_negative_threads(negative, visits), n_units;
    moving m = {
        .negative = negative, .units = units, .n_rows = n_rows, .rows = rows, .low = low, .ends = ends};
    heat_status status = heat_rbm_gibbs_find_kernel(ctx, negative->isa, &m.kernel);

    m.width = width_of(n_rows, threads);
    n_units = (n_rows + m.width - 1) / m.width;
    if (status == HEAT_OK)
        status = open_blocks(ctx, units, n_units, g);
    m.blocks = g->blocks;
    return status == HEAT_OK ? heat_parallel_for(ctx, threads, n_units, move_unit, &m) : status;
}

typedef struct averaging {
    const heat_layer_units *units;
    const heat_layer_kernel *kernel;
    heat_rbm_block *blocks;
    const heat_rbm_phase *phase;
    int64_t width;
} averaging;

static heat_status average_unit(heat_context *worker, void *arg, int64_t unit)
{
    const averaging *a = arg;
    const heat_layer_rows *up = &a->units->up;
    const heat_rbm_phase *p = a->phase;
    const int64_t n_words = heat_layer_words(up->n_from), first = unit * a->width;
    const int64_t count = p->n_rows - first < a->width ? p->n_rows - first : a->width;
    heat_rbm_block *b = &a->blocks[unit];
    heat_layer_draw draw = {.n_chains = (int32_t)count,
                            .from = p->x + first * n_words,
                            .rule = HEAT_FLIP_HEAT_BATH,
                            .scale = b->scale,
                            .probabilities = p->y + first * WORD,
                            .n_probabilities = p->n_y,
                            .list = b->list,
                            .work_fields = b->work_fields};

    (void)worker;
    for (int64_t r = first; r < first + count; r++)
        read_bits(p->rows + r * up->n_from, up->n_from, p->x + r * n_words);
    set_scales(a->units, count, b->scale);
    a->kernel->draw(up, &draw);
    return HEAT_OK;
}

heat_status heat_rbm_gibbs_mean(heat_context *ctx, heat_rbm_gibbs *g, const char *isa, int64_t threads,
                                const heat_layer_units *units, const heat_rbm_phase *phase)
{
    averaging a = {.units = units, .phase = phase, .width = width_of(phase->n_rows, threads)};
    int64_t n_units = (phase->n_rows + a.width - 1) / a.width;
    heat_status status = heat_rbm_gibbs_find_kernel(ctx, isa, &a.kernel);

    if (status == HEAT_OK)
        status = open_blocks(ctx, units, n_units, g);
    a.blocks = g->blocks;
    return status == HEAT_OK ? heat_parallel_for(ctx, threads, n_units, average_unit, &a) : status;
}
