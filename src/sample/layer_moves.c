/* How chains of layers move. A sweep of a unit draws all hidden units of its chains, adds up what changes of
 * beta did to their weights, and draws all visible units.
 *
 * Threads that share a unit draw some words of a layer each, for all chains, or for some of them where there
 * are fewer words than threads; they meet after each half. Streams are those of a chain, used up word by
 * word: each part takes a copy of them past the words before its own, and who draws the last words leaves
 * them to the next half. States are drawn in a copy as well, since words of several threads would lie in one
 * line of a cache. */
#include "sample/layer_moves.h"
#include "base/memory.h"

#include <string.h>

enum {
    WORD = HEAT_LAYER_WORD,
    LANES_A_CHAIN = 4 * HEAT_LAYER_LANES,
    GAIN_CHAINS = 8, /* whose fields a share looks at in one go */
};

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t work_size(const heat_layer_store *s)
{
    return larger(heat_layer_work_size(&s->units->up), heat_layer_work_size(&s->units->down));
}

/* --- shares --- */

double heat_layer_shares_bytes(const heat_layered *view, int64_t width)
{
    const double n_words = (double)heat_layer_words((int32_t)larger(view->n_visible, view->n_hidden));
    const double a_chain = n_words * (8 + 4 * WORD + 4) + 3 * 4 * LANES_A_CHAIN + 3 * 8;

    return HEAT_LAYER_MOST_SHARES * ((double)width * a_chain + GAIN_CHAINS * n_words * 4 * WORD);
}

static heat_status open_share(heat_context *ctx, const heat_chains *c, heat_layer_share *share)
{
    const heat_layer_store *s = c->store;
    const int64_t n = c->width;
    heat_status status =
        heat_alloc(ctx, n * larger(s->visible_words, s->hidden_words), sizeof *share->states, &share->states);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n * LANES_A_CHAIN, sizeof *share->random, &share->random);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n, sizeof *share->on_visible, &share->on_visible);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n, sizeof *share->on_hidden, &share->on_hidden);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n, sizeof *share->n_moves, &share->n_moves);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n * work_size(s), sizeof *share->work, &share->work);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n * WORD, sizeof *share->work_fields, &share->work_fields);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n * LANES_A_CHAIN, sizeof *share->sums, &share->sums);
    if (status == HEAT_OK && s->gain != NULL)
        status = heat_alloc_unset(ctx, GAIN_CHAINS * s->hidden_words * WORD, sizeof *share->fields,
                                  &share->fields);
    return status;
}

heat_status heat_layer_moves_share(heat_context *ctx, heat_chains *c, int64_t threads)
{
    heat_layer_store *s = c->store;
    const int64_t n = smaller(threads, HEAT_LAYER_MOST_SHARES);
    heat_status status;

    if (s->n_shares >= n)
        return HEAT_OK;
    heat_layer_moves_clear(s);
    status = heat_alloc_unset(ctx, c->width * LANES_A_CHAIN, sizeof *s->between, &s->between);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->shares, &s->shares);
    for (s->n_shares = 0; s->n_shares < n && status == HEAT_OK; s->n_shares++)
        status = open_share(ctx, c, &s->shares[s->n_shares]);
    return status;
}

void heat_layer_moves_clear(heat_layer_store *s)
{
    for (int64_t k = 0; k < s->n_shares; k++) {
        heat_layer_share *share = &s->shares[k];
        heat_free(share->states);
        heat_free(share->random);
        heat_free(share->on_visible);
        heat_free(share->on_hidden);
        heat_free(share->n_moves);
        heat_free(share->work);
        heat_free(share->work_fields);
        heat_free(share->sums);
        heat_free(share->fields);
    }
    heat_free(s->shares);
    heat_free(s->between);
    s->shares = NULL;
    s->between = NULL;
    s->n_shares = 0;
}

/* How many parts the work on a unit is cut into now. */
static int32_t count_parts(const heat_chains *c)
{
    const heat_layer_store *s = c->store;

    return (int32_t)smaller(heat_team_size(c->team), s->n_shares > 1 ? s->n_shares : 1);
}

/* --- a unit on one thread --- */

/* The draw of chains from `first` on, with the unit's work space. */
static heat_layer_draw draw_of(const heat_chains *c, int64_t first, int64_t count)
{
    const heat_layer_store *s = c->store;

    return (heat_layer_draw){.n_chains = (int32_t)count,
                             .scale = s->scale + first,
                             .reference_scale =
                                 s->reference_scale == NULL ? NULL : s->reference_scale + first,
                             .random = s->random + first * LANES_A_CHAIN,
                             .work = s->work + first * work_size(s),
                             .work_fields = s->work_fields + first * WORD,
                             .sums = s->sums + first * LANES_A_CHAIN};
}

int64_t heat_layer_sum_on(const uint64_t *state, int64_t n_words, const int32_t *values, int64_t stride)
{
    int64_t sum = 0;

    for (int64_t w = 0; w < n_words; w++)
        for (uint64_t bits = state[w]; bits != 0; bits &= bits - 1)
            sum += values[w * stride + __builtin_ctzll(bits)];
    return sum;
}

static void sum_pairs(const heat_chains *c, const heat_layer_rows *rows, int64_t first, int64_t count,
                      int64_t *sum)
{
    const heat_layer_store *s = c->store;
    heat_layer_draw d = draw_of(c, first, count);

    d.from = s->visible + first * s->visible_words;
    d.fields = s->fields + first * s->hidden_words * WORD;
    s->kernel->draw(rows, &d);
    for (int64_t k = 0; k < count; k++)
        sum[k] = heat_layer_sum_on(s->hidden + (first + k) * s->hidden_words, s->hidden_words,
                                   d.fields + k * WORD, count * WORD);
}

void heat_layer_keep_beta(heat_chains *c, int64_t chain)
{
    heat_layer_store *s = c->store;

    s->beta_before[chain] = c->beta[chain];
    s->scale_before[chain] = s->scale[chain];
    if (s->reference_before != NULL)
        s->reference_before[chain] = s->reference_scale[chain];
}

/* Adds the gains of chains whose fields of hidden units are these. */
static void add_gains(heat_chains *c, int64_t first, int64_t count, const int32_t *fields)
{
    heat_layer_store *s = c->store;
    heat_layer_gain g = {.n_chains = (int32_t)count,
                         .n_kept = s->view.n_visible,
                         .n_summed = s->view.n_hidden,
                         .kept = s->visible + first * s->visible_words,
                         .fields = fields,
                         .kept_bias = s->units->down.bias,
                         .scale_before = s->scale_before + first,
                         .scale = s->scale + first,
                         .kept_reference = s->visible_reference,
                         .reference = s->hidden_reference,
                         .log_weight = s->gain + first};

    if (s->reference_before != NULL) {
        g.reference_before = s->reference_before + first;
        g.reference_scale = s->reference_scale + first;
    }
    s->kernel->gain(&g);
    for (int64_t chain = first; chain < first + count; chain++) {
        s->gain[chain] -= (c->beta[chain] - s->beta_before[chain]) * s->units->offset;
        heat_layer_keep_beta(c, chain);
    }
}

static bool has_moved(const heat_chains *c, int64_t first, int64_t last)
{
    const heat_layer_store *s = c->store;

    for (int64_t chain = first; chain < last && s->gain != NULL; chain++)
        if (c->beta[chain] != s->beta_before[chain])
            return true;
    return false;
}

static void sweep(heat_chains *c, int64_t first, int64_t count, heat_flip_rule rule)
{
    heat_layer_store *s = c->store;
    const bool is_gaining = has_moved(c, first, first + count);
    heat_layer_draw up = draw_of(c, first, count), down;

    up.rule = rule;
    up.n_moves = c->n_moves + first;
    down = up;
    up.from = down.to = s->visible + first * s->visible_words;
    up.to = s->hidden + first * s->hidden_words;
    down.from = up.to;
    up.reference = s->hidden_reference;
    down.reference = s->visible_reference;
    if (s->gain == NULL) {
        up.on_bias = s->on_hidden + first;
        down.on_fields = s->on_visible + first;
    }
    if (is_gaining)
        up.fields = s->fields + first * s->hidden_words * WORD;
    s->kernel->draw(&s->units->up, &up);
    if (is_gaining)
        add_gains(c, first, count, up.fields);
    s->kernel->draw(&s->units->down, &down);
}

/* --- a unit that threads share --- */

/* The part of half a sweep that one draws: some words of some chains of the unit. */
typedef struct block {
    int64_t first, count, first_word, n_words;
} block;

/* Who has fewer words to pass by on the streams may have more to draw. */
static block block_of(int64_t n_chains, int64_t n_words, int64_t n_parts, int64_t part)
{
    const int64_t columns = smaller(n_words, n_parts), rows = n_parts / columns;
    const int64_t row = part / columns, column = part % columns;
    block b = {.first = n_chains * row / rows, .first_word = (n_words * column + columns - 1) / columns};

    b.count = row < rows ? n_chains * (row + 1) / rows - b.first : 0;
    b.n_words = (n_words * (column + 1) + columns - 1) / columns - b.first_word;
    return b;
}

/* Half a sweep: arrays are those of the unit's chains. */
typedef struct half {
    const heat_layer_rows *rows;
    const uint64_t *from;
    uint64_t *to; /* NULL: the fields are all that is wanted */
    const float *reference;
    const uint32_t *random;
    uint32_t *random_after;
    int32_t *fields; /* NULL: not wanted */
} half;

/* A unit's work that is shared. */
typedef struct sharing {
    heat_chains *c;
    heat_layer_store *s;
    int64_t first, count; /* chains */
    int32_t n_parts;
    heat_flip_rule rule;
    bool is_gaining;
    half up, down;
} sharing;

/* Streams past the words before the block's, and its units as they are. */
static void take_up(const sharing *w, const half *h, const block *b, heat_layer_draw *d)
{
    const int64_t n_words = heat_layer_words(h->rows->n_to);

    memcpy(d->random, h->random + b->first * LANES_A_CHAIN,
           (size_t)(b->count * LANES_A_CHAIN) * sizeof *d->random);
    w->s->kernel->skip(b->count, b->first_word, d->random);
    for (int64_t k = 0; k < b->count; k++)
        memcpy(d->to + k * b->n_words, h->to + (b->first + k) * n_words + b->first_word,
               (size_t)b->n_words * sizeof *d->to);
}

static void hand_back(const half *h, const block *b, const heat_layer_draw *d)
{
    const int64_t n_words = heat_layer_words(h->rows->n_to);

    for (int64_t k = 0; k < b->count; k++)
        memcpy(h->to + (b->first + k) * n_words + b->first_word, d->to + k * b->n_words,
               (size_t)b->n_words * sizeof *d->to);
    if (b->first_word + b->n_words == n_words)
        memcpy(h->random_after + b->first * LANES_A_CHAIN, d->random,
               (size_t)(b->count * LANES_A_CHAIN) * sizeof *d->random);
}

/* A part's block of half a sweep; `d` says which sums over units that are on are wanted. */
static void draw_block(const sharing *w, const half *h, const block *b, heat_layer_share *share,
                       heat_layer_draw *d)
{
    const heat_layer_rows rows = heat_layer_rows_to(h->rows, b->first_word, b->n_words);
    const int64_t first = w->first + b->first;

    d->n_chains = (int32_t)b->count;
    d->from = h->from + b->first * heat_layer_words(rows.n_from);
    d->work = share->work;
    d->work_fields = share->work_fields;
    d->sums = share->sums;
    if (h->fields != NULL) {
        d->fields = h->fields + (b->first_word * w->count + b->first) * WORD;
        d->n_fields = w->count;
    }
    if (h->to != NULL) {
        d->to = share->states;
        d->rule = w->rule;
        d->scale = w->s->scale + first;
        d->random = share->random;
        d->n_moves = share->n_moves + b->first;
        take_up(w, h, b, d);
    }
    if (h->reference != NULL) {
        d->reference = h->reference + b->first_word * WORD;
        d->reference_scale = w->s->reference_scale + first;
    }
    w->s->kernel->draw(&rows, d);
    if (h->to != NULL)
        hand_back(h, b, d);
}

static void clear_sums(const sharing *w, heat_layer_share *share)
{
    const size_t size = (size_t)w->count * sizeof(int64_t);

    memset(share->on_visible, 0, size);
    memset(share->on_hidden, 0, size);
    memset(share->n_moves, 0, size);
}

static void draw_hidden(const sharing *w, int64_t part)
{
    heat_layer_share *share = &w->s->shares[part];
    const block b = block_of(w->count, w->s->hidden_words, w->n_parts, part);
    heat_layer_draw d = {.on_bias = w->s->gain == NULL ? share->on_hidden + b.first : NULL};

    clear_sums(w, share);
    if (b.count > 0)
        draw_block(w, &w->up, &b, share, &d);
}

static void draw_visible(const sharing *w, int64_t part)
{
    heat_layer_share *share = &w->s->shares[part];
    const block b = block_of(w->count, w->s->visible_words, w->n_parts, part);
    heat_layer_draw d = {.on_fields = w->s->gain == NULL ? share->on_visible + b.first : NULL};

    if (b.count > 0)
        draw_block(w, &w->down, &b, share, &d);
}

/* Of a part's chains, whose fields lie apart word by word. */
static void gain(const sharing *w, int64_t part)
{
    const int64_t end = w->count * (part + 1) / w->n_parts;
    int32_t *fields = w->s->shares[part].fields;

    for (int64_t k = w->count * part / w->n_parts, n; k < end; k += n) {
        n = smaller(end - k, GAIN_CHAINS);
        for (int64_t word = 0; word < w->s->hidden_words; word++)
            memcpy(fields + word * n * WORD, w->up.fields + (word * w->count + k) * WORD,
                   (size_t)(n * WORD) * sizeof *fields);
        add_gains(w->c, w->first + k, n, fields);
    }
}

static void take_step(void *arg, int64_t part, int64_t step)
{
    const sharing *w = arg;

    if (step == 0)
        draw_hidden(w, part);
    else if (step == 1 && w->is_gaining)
        gain(w, part);
    else
        draw_visible(w, part);
}

static sharing share_unit(heat_chains *c, int64_t first, int64_t count, int32_t n_parts)
{
    heat_layer_store *s = c->store;
    sharing w = {.c = c, .s = s, .first = first, .count = count, .n_parts = n_parts};

    w.up = (half){.rows = &s->units->up,
                  .from = s->visible + first * s->visible_words,
                  .to = s->hidden + first * s->hidden_words,
                  .reference = s->hidden_reference,
                  .random = s->random + first * LANES_A_CHAIN,
                  .random_after = s->between};
    w.down = (half){.rows = &s->units->down,
                    .from = w.up.to,
                    .to = s->visible + first * s->visible_words,
                    .reference = s->visible_reference,
                    .random = s->between,
                    .random_after = s->random + first * LANES_A_CHAIN};
    return w;
}

static void sweep_shared(heat_chains *c, int64_t first, int64_t count, heat_flip_rule rule, int32_t n_parts)
{
    heat_layer_store *s = c->store;
    sharing w = share_unit(c, first, count, n_parts);

    w.rule = rule;
    w.is_gaining = has_moved(c, first, first + count);
    if (w.is_gaining)
        w.up.fields = s->fields + first * s->hidden_words * WORD;
    heat_parallel_steps(c->team, n_parts, n_parts, w.is_gaining ? 3 : 2, take_step, &w);
    for (int64_t k = 0; k < count; k++) {
        int64_t on_visible = 0, on_hidden = 0;
        for (int32_t part = 0; part < n_parts; part++) {
            on_visible += s->shares[part].on_visible[k];
            on_hidden += s->shares[part].on_hidden[k];
            c->n_moves[first + k] += s->shares[part].n_moves[k];
        }
        if (s->gain != NULL)
            continue;
        s->on_visible[first + k] = on_visible;
        s->on_hidden[first + k] = on_hidden;
    }
}

/* A part's words of the sum over pairs. */
static void sum_block(void *arg, int64_t part, int64_t step)
{
    const sharing *w = arg;
    const int64_t n_words = w->s->hidden_words;
    heat_layer_share *share = &w->s->shares[part];
    const block b = block_of(w->count, n_words, w->n_parts, part);
    heat_layer_draw d = {0};

    (void)step;
    clear_sums(w, share);
    if (b.count == 0)
        return;
    draw_block(w, &w->up, &b, share, &d);
    for (int64_t k = 0; k < b.count; k++)
        share->on_visible[b.first + k] =
            heat_layer_sum_on(w->s->hidden + (w->first + b.first + k) * n_words + b.first_word, b.n_words,
                              d.fields + k * WORD, w->count * WORD);
}

static void sum_pairs_shared(heat_chains *c, const heat_layer_rows *rows, int64_t first, int64_t count,
                             int64_t *sum, int32_t n_parts)
{
    heat_layer_store *s = c->store;
    sharing w = share_unit(c, first, count, n_parts);

    w.up.rows = rows;
    w.up.to = NULL;
    w.up.reference = NULL;
    w.up.fields = s->fields + first * s->hidden_words * WORD;
    heat_parallel_steps(c->team, n_parts, n_parts, 1, sum_block, &w);
    for (int64_t k = 0; k < count; k++) {
        sum[k] = 0;
        for (int32_t part = 0; part < n_parts; part++)
            sum[k] += s->shares[part].on_visible[k];
    }
}

void heat_layer_sum_pairs(heat_chains *c, const heat_layer_rows *rows, int64_t first, int64_t count,
                          int64_t *sum)
{
    const int32_t n_parts = count_parts(c);

    if (n_parts == 1)
        sum_pairs(c, rows, first, count, sum);
    else
        sum_pairs_shared(c, rows, first, count, sum, n_parts);
}

heat_status heat_layer_moves_sweep(heat_context *worker, heat_chains *c, int64_t unit,
                                   const heat_site_rule *rule)
{
    const int32_t n_parts = count_parts(c);
    int64_t first, last;

    (void)worker;
    heat_chains_get_unit(c, unit, &first, &last);
    if (n_parts == 1)
        sweep(c, first, last - first, rule->flip);
    else
        sweep_shared(c, first, last - first, rule->flip, n_parts);
    c->n_counted[unit]++;
    return HEAT_OK;
}
