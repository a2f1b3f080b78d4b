/* The kernel of layers between the rows of learning: a block of rows becomes bits, is swept and becomes rows
 * again, or leaves the means of its hidden units.
 *
 * Threads share the units of the layer that is drawn, by whole words: each draws its own for all rows, and
 * takes up what all have drawn of the other layer. What is done row by row before, opening rows and listing
 * their units, they share by rows. Streams are those of a row, whoever draws. */
#include "learn/rbm_gibbs.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/isa.h"

#include <string.h>

enum { WORD = HEAT_LAYER_WORD, LANES_A_ROW = 4 * HEAT_LAYER_LANES, MOST_ROWS = 128, ROWS_OF_A_BATCH = 100 };
static const double least_visits = 4e6; /* of couplings, by a batch: fewer are not worth sharing */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* By which the units of a layer are drawn: HEAT_LAYER_UP, the hidden ones, or HEAT_LAYER_DOWN. */
static const heat_layer_rows *tables_of(const heat_rbm_gibbs *g, int layer)
{
    return layer == HEAT_LAYER_UP ? &g->units->up : &g->units->down;
}

static int other_layer(int layer)
{
    return layer == HEAT_LAYER_UP ? HEAT_LAYER_DOWN : HEAT_LAYER_UP;
}

/* Share number k of the words of both layers. */
static heat_status open_share(heat_context *ctx, const heat_rbm_gibbs *g, int32_t k, heat_rbm_share *s)
{
    const int64_t n = MOST_ROWS;
    int64_t most_words = 0;
    heat_status status = heat_alloc(ctx, n * LANES_A_ROW, sizeof *s->random, &s->random);

    for (int layer = 0; layer < 2 && status == HEAT_OK; layer++) {
        const heat_layer_rows *tables = tables_of(g, layer);
        const int64_t n_words = heat_layer_words(tables->n_to);
        struct heat_rbm_words *w = &s->words[layer];
        w->first = (int32_t)(n_words * k / g->n_shares);
        w->end = (int32_t)(n_words * (k + 1) / g->n_shares);
        most_words = larger(most_words, n_words);
        status = heat_alloc(ctx, n * (w->end - w->first), sizeof *w->drawn, &w->drawn);
    }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * most_words, sizeof *s->states, &s->states);
    return status == HEAT_OK ? heat_alloc_unset(ctx, n * WORD, sizeof *s->work_fields, &s->work_fields)
                             : status;
}

heat_status heat_rbm_gibbs_open(heat_context *ctx, int32_t n_visible, int32_t n_hidden, int64_t threads,
                                heat_rbm_gibbs *g)
{
    int64_t n = heat_thread_count(threads), work = 0;
    heat_status status =
        heat_alloc(ctx, MOST_ROWS * heat_layer_words(n_visible), sizeof *g->visible, &g->visible);

    n = n < heat_layer_words(n_hidden) ? n : heat_layer_words(n_hidden);
    n = n < HEAT_MOST_PARTS ? n : HEAT_MOST_PARTS;
    g->n_visible = n_visible;
    g->n_hidden = n_hidden;
    g->n_shares = (double)n_visible * n_hidden * ROWS_OF_A_BATCH < least_visits ? 1 : (int32_t)n;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, MOST_ROWS, sizeof *g->scale, &g->scale);
    if (status == HEAT_OK)
        status = heat_layer_units_alloc(ctx, n_visible, n_hidden, &g->units);
    for (int layer = 0; layer < 2 && status == HEAT_OK; layer++)
        work = larger(work, heat_layer_work_size(tables_of(g, layer)));
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, MOST_ROWS * work, sizeof *g->work, &g->work);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n_shares, sizeof *g->shares, &g->shares);
    for (int32_t k = 0; k < g->n_shares && status == HEAT_OK; k++)
        status = open_share(ctx, g, k, &g->shares[k]);
    return status;
}

void heat_rbm_gibbs_clear(heat_rbm_gibbs *g)
{
    for (int32_t k = 0; k < g->n_shares && g->shares != NULL; k++) {
        heat_rbm_share *s = &g->shares[k];
        for (int layer = 0; layer < 2; layer++)
            heat_free(s->words[layer].drawn);
        heat_free(s->states);
        heat_free(s->random);
        heat_free(s->work_fields);
    }
    heat_free(g->shares);
    heat_free(g->visible);
    heat_free(g->work);
    heat_free(g->scale);
    heat_layer_units_free(g->units);
    *g = (heat_rbm_gibbs){.n_shares = 0};
}

typedef struct steps {
    int32_t n_shares;
    int64_t n_steps;
    heat_step_fn fn;
    void *arg;
} steps;

static heat_status run_steps(heat_context *ctx, void *arg)
{
    const steps *s = arg;

    heat_parallel_steps(ctx->team, s->n_shares, s->n_shares, s->n_steps, s->fn, s->arg);
    return HEAT_OK;
}

heat_status heat_rbm_gibbs_run_steps(heat_context *ctx, heat_rbm_gibbs *g, int64_t n_steps, heat_step_fn fn,
                                     void *arg)
{
    steps s = {g->n_shares, n_steps, fn, arg};

    return heat_parallel_stay(ctx, g->n_shares, &g->team, run_steps, &s);
}

static const uint64_t ones = 0x0101010101010101;

/* Values are -1, 0 and 1: of eight, those that are 1 leave their lowest bit, and the product brings these
 * together in its highest byte. */
static uint64_t read_eight(const int8_t *values, size_t n)
{
    uint64_t x = 0;

    memcpy(&x, values, n);
    return (x & ~(x >> 1) & ones) * 0x0102040810204080 >> 56;
}

static void read_bits(const int8_t *row, int32_t n, uint64_t *bits)
{
    for (int32_t first = 0; first < n; first += WORD, bits++) {
        *bits = 0;
        if (n - first >= WORD)
            for (int k = 0; k < WORD; k += 8)
                *bits |= read_eight(row + first + k, 8) << k;
        else
            for (int32_t k = 0; k < n - first; k += 8)
                *bits |= read_eight(row + first + k, n - first - k < 8 ? (size_t)(n - first - k) : 8) << k;
    }
}

/* Byte k keeps bit k, and becomes 1 where that is set, else `low`. */
static void write_eight(uint64_t bits, uint64_t low, size_t n, int8_t *values)
{
    uint64_t x = (bits & 0xff) * ones & 0x8040201008040201;

    x = (x + 0x7f7f7f7f7f7f7f7f) >> 7 & ones;
    x |= (ones - x) * low;
    memcpy(values, &x, n);
}

static void write_bits(const uint64_t *bits, int32_t n, int8_t low, int8_t *row)
{
    for (int32_t first = 0; first < n; first += WORD, bits++)
        if (n - first >= WORD)
            for (int k = 0; k < WORD; k += 8)
                write_eight(*bits >> k, (uint8_t)low, 8, row + first + k);
        else
            for (int32_t k = 0; k < n - first; k += 8)
                write_eight(*bits >> k, (uint8_t)low, n - first - k < 8 ? (size_t)(n - first - k) : 8,
                            row + first + k);
}

/* A block of rows under way. */
typedef struct moving {
    heat_rbm_gibbs *g;
    const heat_layer_kernel *kernel;
    const heat_negative *negative;
    int64_t k;                         /* sweeps */
    int64_t first, n_rows;             /* of the block */
    const int8_t *from;                /* all rows */
    int8_t *to, low;                   /* what they become where they move, else NULL */
    const heat_rbm_phase *begin, *end; /* NULL: not wanted */
} moving;

/* Rows of the block that a share has. */
static int64_t row_of(const moving *m, int64_t share)
{
    return m->n_rows * share / m->g->n_shares;
}

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

/* As if one thread drew from them, a layer after the other: each share has the streams at its hidden units.
 */
static void share_random(const moving *m, int64_t row, uint32_t *random)
{
    const struct heat_rbm_words *before = NULL;

    for (int32_t k = 0; k < m->g->n_shares; k++) {
        const heat_rbm_share *share = &m->g->shares[k];
        if (before != NULL)
            m->kernel->skip(1, before->end - before->first, random);
        memcpy(share->random + row * LANES_A_ROW, random, LANES_A_ROW * sizeof *random);
        before = &share->words[HEAT_LAYER_UP];
    }
}

/* Takes up a share's rows and their streams. */
static void open_rows(const moving *m, int64_t share)
{
    const heat_rbm_gibbs *g = m->g;
    const int32_t n = g->n_visible;
    const int64_t n_words = heat_layer_words(n), begin = row_of(m, share), end = row_of(m, share + 1);
    uint32_t random[LANES_A_ROW] __attribute__((aligned(64)));

    for (int64_t r = begin; r < end; r++) {
        read_bits(m->from + (m->first + r) * n, n, g->visible + r * n_words);
        g->scale[r] = (float)(g->units->unit / 0.69314718055994530942);
        if (m->k == 0)
            continue;
        open_random(m, m->first + r, random);
        share_random(m, r, random);
    }
}

/* Half a sweep: an even one draws hidden units given visible ones, an odd one those given them. */
static int layer_of(int64_t half)
{
    return half % 2 == 0 ? HEAT_LAYER_UP : HEAT_LAYER_DOWN;
}

/* The states that half a sweep begins at, [row][word]: those that came before the first, else what all shares
 * have drawn. */
static const uint64_t *states_of(const moving *m, int64_t s, int64_t half)
{
    const heat_rbm_gibbs *g = m->g;

    if (half == 0)
        return g->visible;
    return g->n_shares == 1 ? g->shares[0].words[layer_of(half - 1)].drawn : g->shares[s].states;
}

static void put_states_together(const moving *m, int64_t s, int layer)
{
    const heat_rbm_gibbs *g = m->g;
    const int64_t n_words = heat_layer_words(tables_of(g, layer)->n_to);
    uint64_t *to = g->shares[s].states;

    if (g->n_shares == 1)
        return;
    for (int32_t k = 0; k < g->n_shares; k++) {
        const struct heat_rbm_words *w = &g->shares[k].words[layer];
        const int32_t n = w->end - w->first;
        for (int64_t r = 0; r < m->n_rows; r++)
            memcpy(to + r * n_words + w->first, w->drawn + r * n, (size_t)n * sizeof *to);
    }
}

/* What a share draws of half a sweep. */
static heat_layer_rows rows_of(const moving *m, int64_t s, int64_t half)
{
    const int layer = layer_of(half);
    const struct heat_rbm_words *w = &m->g->shares[s].words[layer];

    return heat_layer_rows_to(tables_of(m->g, layer), w->first, w->end - w->first);
}

static heat_layer_draw draw_of(const moving *m, int64_t s, int64_t half)
{
    const heat_rbm_share *share = &m->g->shares[s];

    return (heat_layer_draw){.n_chains = (int32_t)m->n_rows,
                             .from = states_of(m, s, half),
                             .rule = HEAT_FLIP_HEAT_BATH,
                             .scale = m->g->scale,
                             .random = share->random,
                             .work = m->g->work,
                             .is_listed = true,
                             .work_fields = share->work_fields};
}

/* What half a sweep begins at becomes known to all shares, each of which lists its own rows. */
static void list_states(const moving *m, int64_t s, int64_t half)
{
    const heat_layer_rows rows = rows_of(m, s, half);
    heat_layer_draw draw;

    if (half > 0)
        put_states_together(m, s, layer_of(half - 1));
    draw = draw_of(m, s, half);
    if (half < 2 * m->k || m->end != NULL)
        m->kernel->list_units(&rows, &draw, row_of(m, s), row_of(m, s + 1));
}

/* Keeps a share's rows of visible units at one end, and asks for the means of its hidden units there. */
static void want_means(const moving *m, const heat_rbm_phase *phase, int64_t s, heat_layer_draw *up)
{
    const int64_t n_words = heat_layer_words(m->g->n_visible), begin = row_of(m, s), end = row_of(m, s + 1);

    memcpy(phase->x + (m->first + begin) * n_words, up->from + begin * n_words,
           (size_t)((end - begin) * n_words) * sizeof *phase->x);
    up->probabilities =
        phase->y + (m->g->shares[s].words[HEAT_LAYER_UP].first * phase->n_y + m->first) * WORD;
    up->n_probabilities = phase->n_y;
}

/* Draws a share's units, and takes its streams to where those of the next half begin. */
static void draw_half(const moving *m, int64_t s, int64_t half)
{
    heat_rbm_share *share = &m->g->shares[s];
    const int layer = layer_of(half);
    const struct heat_rbm_words *own = &share->words[layer], *next = &share->words[other_layer(layer)];
    const heat_layer_rows rows = rows_of(m, s, half);
    heat_layer_draw draw = draw_of(m, s, half);

    if (half == 0 && m->begin != NULL)
        want_means(m, m->begin, s, &draw);
    draw.to = own->drawn;
    if (own->end > own->first)
        m->kernel->draw(&rows, &draw);
    if (half < 2 * m->k - 1)
        m->kernel->skip(m->n_rows, heat_layer_words(tables_of(m->g, layer)->n_to) - own->end + next->first,
                        share->random);
}

static void close_rows(const moving *m, int64_t s)
{
    const int64_t last = 2 * m->k;
    const int32_t n = m->g->n_visible;
    const heat_layer_rows rows = rows_of(m, s, last);
    heat_layer_draw up = draw_of(m, s, last);

    if (m->end != NULL) {
        want_means(m, m->end, s, &up);
        m->kernel->draw(&rows, &up);
    }
    for (int64_t r = row_of(m, s); r < row_of(m, s + 1) && m->to != NULL; r++)
        write_bits(up.from + r * heat_layer_words(n), n, m->low, m->to + (m->first + r) * n);
}

/* Rows are opened; each half of a sweep is listed, then drawn; and once more visible units are listed, for
 * the means that are wanted of them, and written to rows. */
static void take_step(void *arg, int64_t share, int64_t step)
{
    const moving *m = arg;
    const int64_t half = (step - 1) / 2;

    if (step == 0)
        open_rows(m, share);
    else if (step % 2 == 1)
        list_states(m, share, half);
    else if (half < 2 * m->k)
        draw_half(m, share, half);
    else
        close_rows(m, share);
}

/* Block by block. */
static heat_status move(heat_context *ctx, int64_t n_rows, moving *m)
{
    heat_status status = HEAT_OK;

    for (m->first = 0; m->first < n_rows && status == HEAT_OK && !heat_halted(ctx); m->first += m->n_rows) {
        m->n_rows = n_rows - m->first < MOST_ROWS ? n_rows - m->first : MOST_ROWS;
        status = heat_rbm_gibbs_run_steps(ctx, m->g, 4 * m->k + 3, take_step, m);
    }
    return status;
}

heat_status heat_rbm_gibbs_find_kernel(heat_context *ctx, const char *name, const heat_layer_kernel **out)
{
    heat_status status = heat_isa_check(ctx, name);

    if (status == HEAT_OK)
        *out = heat_isa_get(name)->layers;
    return status;
}

heat_status heat_rbm_gibbs_move(heat_context *ctx, heat_rbm_gibbs *g, const heat_negative *negative,
                                int8_t low, int64_t n_rows, const int8_t *from, int8_t *to,
                                const heat_rbm_phase ends[2])
{
    moving m = {.g = g, .negative = negative, .k = negative->k, .from = from, .to = to, .low = low};
    heat_status status = heat_rbm_gibbs_find_kernel(ctx, negative->isa, &m.kernel);

    m.begin = ends;
    m.end = ends == NULL ? NULL : ends + 1;
    return status == HEAT_OK ? move(ctx, n_rows, &m) : status;
}

heat_status heat_rbm_gibbs_mean(heat_context *ctx, heat_rbm_gibbs *g, const char *isa,
                                const heat_rbm_phase *phase)
{
    moving m = {.g = g, .from = phase->rows, .end = phase};
    heat_status status = heat_rbm_gibbs_find_kernel(ctx, isa, &m.kernel);

    return status == HEAT_OK ? move(ctx, phase->n_rows, &m) : status;
}
