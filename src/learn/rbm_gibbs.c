/* The kernel of layers between the rows of learning: a block of rows becomes bits, is swept and becomes rows
 * again, or leaves the means of its hidden units.
 *
 * Threads share the hidden units: each has tables of its own, draws its units for all rows, and finds what
 * they add to the fields of visible units. Those sums, a tenth of what the tables hold, and the visible units
 * are all that threads hand to each other (what is on is sooner listed by each than read): the sums of a row
 * are added up, and its visible units drawn, by the thread that has the row. Streams are those of a row,
 * whoever draws. */
#include "learn/rbm_gibbs.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/isa.h"

#include <string.h>

enum { WORD = HEAT_LAYER_WORD, LANES_A_ROW = 4 * HEAT_LAYER_LANES, MOST_ROWS = 128, ROWS_OF_A_BATCH = 100 };
static const double least_visits = 4e6; /* of couplings, by a batch: fewer are not worth sharing */

static heat_status open_share(heat_context *ctx, const heat_rbm_gibbs *g, int32_t n_hidden, heat_rbm_share *s)
{
    const heat_layer_rows *up, *down;
    int64_t up_work, down_work, n = MOST_ROWS;
    heat_status status = heat_layer_units_alloc(ctx, g->n_visible, n_hidden, &s->units);

    if (status != HEAT_OK)
        return status;
    up = &s->units->up;
    down = &s->units->down;
    up_work = heat_layer_work_size(up);
    down_work = heat_layer_work_size(down);
    status = heat_alloc(ctx, n * heat_layer_words(up->n_to), sizeof *s->hidden, &s->hidden);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * LANES_A_ROW, sizeof *s->random, &s->random);
    if (status == HEAT_OK)
        status =
            heat_alloc_unset(ctx, n * (up_work > down_work ? up_work : down_work), sizeof *s->work, &s->work);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n * WORD, sizeof *s->work_fields, &s->work_fields);
    if (status == HEAT_OK && g->n_shares > 1)
        status =
            heat_alloc_unset(ctx, n * WORD * heat_layer_words(down->n_to), sizeof *s->fields, &s->fields);
    return status;
}

heat_status heat_rbm_gibbs_open(heat_context *ctx, int32_t n_visible, int32_t n_hidden, int64_t threads,
                                heat_rbm_gibbs *g)
{
    const int64_t n_words = heat_layer_words(n_hidden);
    int64_t n = heat_thread_count(threads);
    heat_status status =
        heat_alloc(ctx, MOST_ROWS * heat_layer_words(n_visible), sizeof *g->visible, &g->visible);

    n = n < n_words ? n : n_words;
    n = n < HEAT_MOST_PARTS ? n : HEAT_MOST_PARTS;
    g->n_visible = n_visible;
    g->n_hidden = n_hidden;
    g->n_shares = (double)n_visible * n_hidden * ROWS_OF_A_BATCH < least_visits ? 1 : (int32_t)n;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, MOST_ROWS * LANES_A_ROW, sizeof *g->random, &g->random);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, MOST_ROWS, sizeof *g->scale, &g->scale);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n_shares, sizeof *g->shares, &g->shares);
    for (int32_t s = 0; s < g->n_shares && status == HEAT_OK; s++) {
        int32_t first = (int32_t)(n_words * s / g->n_shares),
                end = (int32_t)(n_words * (s + 1) / g->n_shares);
        g->shares[s].first_word = first;
        status = open_share(ctx, g, (end < n_words ? end * WORD : n_hidden) - first * WORD, &g->shares[s]);
    }
    return status;
}

void heat_rbm_gibbs_clear(heat_rbm_gibbs *g)
{
    for (int32_t k = 0; k < g->n_shares && g->shares != NULL; k++) {
        heat_rbm_share *s = &g->shares[k];
        heat_layer_units_free(s->units);
        heat_free(s->hidden);
        heat_free(s->random);
        heat_free(s->work);
        heat_free(s->work_fields);
        heat_free(s->fields);
    }
    heat_free(g->shares);
    heat_free(g->visible);
    heat_free(g->random);
    heat_free(g->scale);
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
    const int8_t *rows;                /* all */
    int8_t *moved, low;                /* the same where they move, else NULL */
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

/* As if one thread drew from them: first the hidden units, share by share, then the visible ones. */
static void share_random(const moving *m, int64_t row)
{
    uint32_t *own = m->g->random + row * LANES_A_ROW;

    for (int32_t s = 0; s < m->g->n_shares && m->g->n_shares > 1; s++) {
        heat_rbm_share *share = &m->g->shares[s];
        memcpy(share->random + row * LANES_A_ROW, own, LANES_A_ROW * sizeof *own);
        m->kernel->skip(1, heat_layer_words(share->units->up.n_to), own);
    }
}

/* Takes up a share's rows and their streams. */
static void open_rows(const moving *m, int64_t share)
{
    const heat_rbm_gibbs *g = m->g;
    const int32_t n = g->n_visible;
    const int64_t n_words = heat_layer_words(n), begin = row_of(m, share), end = row_of(m, share + 1);

    for (int64_t r = begin; r < end; r++) {
        read_bits(m->rows + (m->first + r) * n, n, g->visible + r * n_words);
        g->scale[r] = (float)(g->shares[0].units->unit / 0.69314718055994530942);
        if (m->k == 0)
            continue;
        open_random(m, m->first + r, g->random + r * LANES_A_ROW);
        share_random(m, r);
    }
}

static heat_layer_draw draw_of(const moving *m, heat_rbm_share *share)
{
    return (heat_layer_draw){.n_chains = (int32_t)m->n_rows,
                             .from = m->g->visible,
                             .rule = HEAT_FLIP_HEAT_BATH,
                             .scale = m->g->scale,
                             .random = m->g->n_shares > 1 ? share->random : m->g->random,
                             .work = share->work,
                             .work_fields = share->work_fields};
}

/* Keeps a share's rows at one end, and asks for the means of its hidden units there. */
static void want_means(const moving *m, const heat_rbm_phase *phase, int64_t s, heat_layer_draw *up)
{
    const int64_t n_words = heat_layer_words(m->g->n_visible), begin = row_of(m, s), end = row_of(m, s + 1);

    memcpy(phase->x + (m->first + begin) * n_words, m->g->visible + begin * n_words,
           (size_t)((end - begin) * n_words) * sizeof *phase->x);
    up->probabilities = phase->y + (m->g->shares[s].first_word * phase->n_y + m->first) * WORD;
    up->n_probabilities = phase->n_y;
}

/* Draws a share's hidden units and finds what they add to the fields of visible units; where it is alone it
 * draws these at once. */
static void draw_hidden(const moving *m, int64_t s, int64_t sweep)
{
    heat_rbm_gibbs *g = m->g;
    heat_rbm_share *share = &g->shares[s];
    const heat_layer_units *u = share->units;
    const int64_t words = heat_layer_words(g->n_visible) + heat_layer_words(g->n_hidden);
    heat_layer_draw up = draw_of(m, share), down = up;

    if (sweep == 0 && m->begin != NULL)
        want_means(m, m->begin, s, &up);
    if (sweep > 0 && g->n_shares > 1)
        m->kernel->skip(m->n_rows, words - heat_layer_words(u->up.n_to), up.random);
    up.to = share->hidden;
    m->kernel->draw(&u->up, &up);
    down.from = share->hidden;
    if (g->n_shares > 1)
        down.fields = share->fields;
    else
        down.to = g->visible;
    m->kernel->draw(&u->down, &down);
}

/* Adds to the fields that a share has found for its rows those that another has. */
static void add_fields(const moving *m, int64_t s, const heat_rbm_share *other)
{
    const int64_t begin = row_of(m, s), end = row_of(m, s + 1);

    for (int64_t word = 0; word < heat_layer_words(m->g->n_visible); word++)
        for (int64_t r = begin; r < end; r++) {
            const int64_t at = (word * m->n_rows + r) * WORD;
            int32_t *to = m->g->shares[s].fields + at;
            for (int k = 0; k < WORD; k++)
                to[k] += other->fields[at + k];
        }
}

/* Draws the visible units of a share's rows by the fields that all shares have found. */
static void draw_visible(const moving *m, int64_t s, int64_t sweep)
{
    heat_rbm_gibbs *g = m->g;
    const int64_t n_words = heat_layer_words(g->n_visible), begin = row_of(m, s),
                  n = row_of(m, s + 1) - begin;
    heat_rbm_share *share = &g->shares[s];
    heat_layer_draw down = {.n_chains = (int32_t)n,
                            .to = g->visible + begin * n_words,
                            .rule = HEAT_FLIP_HEAT_BATH,
                            .scale = g->scale + begin,
                            .random = g->random + begin * LANES_A_ROW,
                            .n_fields = m->n_rows};

    if (g->n_shares == 1)
        return;
    down.fields = share->fields + begin * WORD;
    for (int32_t other = 0; other < g->n_shares; other++)
        if (other != s)
            add_fields(m, s, &g->shares[other]);
    if (sweep > 0)
        m->kernel->skip(n, heat_layer_words(g->n_hidden), down.random);
    m->kernel->draw(&share->units->down, &down);
}

static void close_rows(const moving *m, int64_t s)
{
    const heat_rbm_gibbs *g = m->g;
    const int32_t n = g->n_visible;
    heat_layer_draw up = draw_of(m, &g->shares[s]);

    if (m->end != NULL) {
        want_means(m, m->end, s, &up);
        m->kernel->draw(&g->shares[s].units->up, &up);
    }
    for (int64_t r = row_of(m, s); r < row_of(m, s + 1) && m->moved != NULL; r++)
        write_bits(g->visible + r * heat_layer_words(n), n, m->low, m->moved + (m->first + r) * n);
}

static void take_step(void *arg, int64_t share, int64_t step)
{
    const moving *m = arg;

    if (step == 0)
        open_rows(m, share);
    else if (step == 2 * m->k + 1)
        close_rows(m, share);
    else if (step % 2 == 1)
        draw_hidden(m, share, step / 2);
    else
        draw_visible(m, share, step / 2 - 1);
}

/* Block by block. */
static heat_status move(heat_context *ctx, int64_t n_rows, moving *m)
{
    heat_status status = HEAT_OK;

    for (m->first = 0; m->first < n_rows && status == HEAT_OK && !heat_halted(ctx); m->first += m->n_rows) {
        m->n_rows = n_rows - m->first < MOST_ROWS ? n_rows - m->first : MOST_ROWS;
        status = heat_rbm_gibbs_run_steps(ctx, m->g, 2 * m->k + 2, take_step, m);
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
                                int8_t low, int64_t n_rows, int8_t *rows, const heat_rbm_phase ends[2])
{
    moving m = {.g = g, .negative = negative, .k = negative->k, .rows = rows, .moved = rows, .low = low};
    heat_status status = heat_rbm_gibbs_find_kernel(ctx, negative->isa, &m.kernel);

    m.begin = ends;
    m.end = ends == NULL ? NULL : ends + 1;
    return status == HEAT_OK ? move(ctx, n_rows, &m) : status;
}

heat_status heat_rbm_gibbs_mean(heat_context *ctx, heat_rbm_gibbs *g, const char *isa,
                                const heat_rbm_phase *phase)
{
    moving m = {.g = g, .rows = phase->rows, .end = phase};
    heat_status status = heat_rbm_gibbs_find_kernel(ctx, isa, &m.kernel);

    return status == HEAT_OK ? move(ctx, phase->n_rows, &m) : status;
}
