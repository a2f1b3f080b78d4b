/* Levels by hashing while they are few, else by sorting all draws. */
#include "stats/levels.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "stats/normal_quantile.h"
#include "stats/ranks.h"

#include <math.h>
#include <string.h>

enum {
    MOST_HASHED = 1 << 16,
    LOG_FEWEST_SLOTS = 10,
    EDGE = 1 << 12,         /* draws at either end whose values are kept apart */
    DRAWS_A_UNIT = 1 << 16, /* at most, unless a chain has more */
    UNKNOWN = 0
};

static int64_t chains_a_unit(const heat_draw_table *t)
{
    return t->n_draws < DRAWS_A_UNIT ? DRAWS_A_UNIT / t->n_draws : 1;
}

int64_t heat_draw_table_units(const heat_draw_table *t)
{
    return (t->n_chains + chains_a_unit(t) - 1) / chains_a_unit(t);
}

int64_t heat_draw_table_unit(const heat_draw_table *t, int64_t unit)
{
    int64_t first = unit * chains_a_unit(t);

    return first < t->n_chains ? first : t->n_chains;
}

/* Open addressing with linear steps. */
typedef struct hash {
    int64_t n_slots;
    int log_slots;
    double *key;
    uint32_t *code; /* 0: free; else the level's number plus 1 */
    int64_t count;
} hash;

static int64_t slot_of(const hash *h, double key)
{
    uint64_t bits;
    int64_t slot;

    memcpy(&bits, &key, sizeof bits);
    bits *= 0x9e3779b97f4a7c15u;                   /* 2^64 / golden ratio: Knuth 3, section 6.4 */
    slot = (int64_t)(bits >> (64 - h->log_slots)); /* whole numbers differ in high bits only */
    while (h->code[slot] != 0 && h->key[slot] != key)
        slot = (slot + 1) & (h->n_slots - 1);
    return slot;
}

static heat_status make_slots(heat_context *ctx, int log_slots, hash *h)
{
    const int64_t n_slots = (int64_t)1 << log_slots;
    heat_status status = heat_alloc(ctx, n_slots, sizeof *h->key, &h->key);

    h->n_slots = n_slots;
    h->log_slots = log_slots;
    return status == HEAT_OK ? heat_alloc(ctx, n_slots, sizeof *h->code, &h->code) : status;
}

static void free_slots(hash *h)
{
    heat_free(h->key);
    heat_free(h->code);
}

static heat_status grow(heat_context *ctx, hash *h)
{
    hash larger = {.count = h->count};
    heat_status status = make_slots(ctx, h->log_slots + 2, &larger);

    for (int64_t k = 0; k < h->n_slots && status == HEAT_OK; k++)
        if (h->code[k] != 0) {
            int64_t slot = slot_of(&larger, h->key[k]);
            larger.key[slot] = h->key[k];
            larger.code[slot] = h->code[k];
        }
    if (status != HEAT_OK) {
        free_slots(&larger);
        return status;
    }
    free_slots(h);
    *h = larger;
    return HEAT_OK;
}

/* The levels under way: codes are their numbers by first appearance plus 1, until they are put in order. */
typedef struct search {
    const heat_draw_table *table;
    hash h;
    uint32_t *code;        /* [chain * n_draws + draw]; 0: not in the hash yet */
    const uint32_t *place; /* [level by first appearance] in order */
} search;

/* The codes of the draws whose values the hash holds. */
static void look_up(void *arg, int64_t unit, int thread)
{
    const search *s = arg;
    const heat_draw_table *t = s->table;

    (void)thread;
    for (int64_t c = heat_draw_table_unit(t, unit); c < heat_draw_table_unit(t, unit + 1); c++)
        for (int64_t k = 0; k < t->n_draws; k++)
            s->code[c * t->n_draws + k] = s->h.code[slot_of(&s->h, t->x[c * t->stride + k] + 0.0)];
}

/* Adds the values of a unit's draws that have no code; *few is false where there are too many levels. */
static heat_status add_unknown(heat_context *ctx, search *s, int64_t unit, bool *few)
{
    const heat_draw_table *t = s->table;
    hash *h = &s->h;
    heat_status status = HEAT_OK;

    for (int64_t c = heat_draw_table_unit(t, unit); c < heat_draw_table_unit(t, unit + 1); c++)
        for (int64_t k = 0; k < t->n_draws && status == HEAT_OK && *few; k++) {
            uint32_t *code = &s->code[c * t->n_draws + k];
            double key = t->x[c * t->stride + k] + 0.0; /* -0 + 0 is 0 */
            int64_t slot;
            if (*code != 0)
                continue;
            slot = slot_of(h, key);
            if (h->code[slot] == 0) {
                h->key[slot] = key;
                h->code[slot] = (uint32_t)++h->count;
                *few = h->count <= MOST_HASHED;
            }
            *code = h->code[slot];
            if (2 * h->count > h->n_slots)
                status = grow(ctx, h);
        }
    return status;
}

/* The first unit tells most levels, and whether they are few at all; then all look up, and what is rare is
 * added at the end. */
static heat_status hash_all(heat_context *ctx, search *s, bool *few)
{
    const int64_t n_units = heat_draw_table_units(s->table);
    heat_status status = make_slots(ctx, LOG_FEWEST_SLOTS, &s->h);

    *few = true;
    if (status == HEAT_OK)
        status = add_unknown(ctx, s, 0, few);
    if (status == HEAT_OK && s->h.count < DRAWS_A_UNIT / 4)
        heat_parallel_whole(s->table->threads, n_units, look_up, s);
    for (int64_t unit = 1; unit < n_units && status == HEAT_OK && *few; unit++)
        status = add_unknown(ctx, s, unit, few);
    return status;
}

/* From numbers by first appearance to places in order. */
static void order_codes(void *arg, int64_t unit, int thread)
{
    const search *s = arg;
    const heat_draw_table *t = s->table;
    int64_t end = heat_draw_table_unit(t, unit + 1) * t->n_draws;

    (void)thread;
    for (int64_t k = heat_draw_table_unit(t, unit) * t->n_draws; k < end; k++)
        s->code[k] = s->place[s->code[k] - 1];
}

static heat_status alloc_levels(heat_context *ctx, int64_t count, heat_levels *l)
{
    heat_status status = heat_alloc(ctx, count, sizeof *l->value, &l->value);

    l->count = count;
    return status == HEAT_OK ? heat_alloc(ctx, count, sizeof *l->draws, &l->draws) : status;
}

/* Sorts few levels, and gives the codes their order. */
static heat_status order_hashed(heat_context *ctx, search *s, heat_levels *l)
{
    const hash *h = &s->h;
    heat_ranked *ranked = NULL, *spare = NULL;
    double *key = NULL;
    uint32_t *place = NULL;
    heat_status status = alloc_levels(ctx, h->count, l);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, h->count, sizeof *ranked, &ranked);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, h->count, sizeof *spare, &spare);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, h->count, sizeof *key, &key);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, h->count, sizeof *place, &place);
    if (status == HEAT_OK) {
        for (int64_t k = 0; k < h->n_slots; k++)
            if (h->code[k] != 0)
                key[h->code[k] - 1] = h->key[k];
        heat_rank_values(h->count, key, spare, ranked);
        for (int64_t k = 0; k < h->count; k++) {
            l->value[k] = ranked[k].value;
            place[ranked[k].at] = (uint32_t)k;
        }
        s->place = place;
        heat_parallel_whole(s->table->threads, heat_draw_table_units(s->table), order_codes, s);
    }
    heat_free(ranked);
    heat_free(spare);
    heat_free(key);
    heat_free(place);
    return status;
}

/* The level of each draw, and how many there are. Past the edges, where there are too many different values,
 * neighbours in rank share one; equal values always do. */
static int64_t number_levels(int64_t n, const heat_ranked *ranked, uint32_t *code)
{
    const int64_t inner = n - 2 * EDGE, most = inner <= MOST_HASHED ? 1 : (inner - 1) / MOST_HASHED + 1;
    int64_t count = 0, held = 0;

    for (int64_t k = 0; k < n; k++) {
        bool is_edge = k <= EDGE || k >= n - EDGE;
        if (k == 0 || (ranked[k].value != ranked[k - 1].value && (is_edge || held >= most))) {
            count++;
            held = 0;
        }
        held++;
        code[ranked[k].at] = (uint32_t)(count - 1);
    }
    return count;
}

/* A level's value is the mean of its draws, about the first of them. */
static void fill_values(int64_t n, const heat_ranked *ranked, heat_levels *l)
{
    for (int64_t k = 0, end; k < n; k = end) {
        uint32_t level = l->code[ranked[k].at];
        double above = 0;
        for (end = k + 1; end < n && l->code[ranked[end].at] == level; end++)
            above += ranked[end].value - ranked[k].value;
        l->value[level] = ranked[k].value + above / (double)(end - k);
    }
}

static heat_status sort_all(heat_context *ctx, const heat_draw_table *t, heat_levels *l)
{
    const int64_t n = t->n_chains * t->n_draws;
    heat_ranked *ranked = NULL, *spare = NULL;
    double *x = NULL;
    const bool together = t->stride == t->n_draws;
    heat_status status = heat_alloc_unset(ctx, n, sizeof *ranked, &ranked);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n, sizeof *spare, &spare);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, together ? 0 : n, sizeof *x, &x);
    if (status == HEAT_OK) {
        for (int64_t c = 0; c < t->n_chains && !together; c++)
            memcpy(x + c * t->n_draws, t->x + c * t->stride, (size_t)t->n_draws * sizeof *x);
        heat_rank_values(n, together ? t->x : x, spare, ranked);
        status = alloc_levels(ctx, number_levels(n, ranked, l->code), l);
    }
    if (status == HEAT_OK)
        fill_values(n, ranked, l);
    heat_free(ranked);
    heat_free(spare);
    heat_free(x);
    return status;
}

heat_status heat_levels_init(heat_context *ctx, const heat_draw_table *t, heat_levels *l)
{
    const int64_t n = t->n_chains * t->n_draws;
    search s = {.table = t};
    bool few;
    heat_status status = heat_alloc(ctx, n, sizeof *l->code, &l->code);

    l->value = NULL;
    l->draws = NULL;
    s.code = l->code;
    if (status == HEAT_OK)
        status = hash_all(ctx, &s, &few);
    if (status == HEAT_OK && few)
        status = order_hashed(ctx, &s, l);
    free_slots(&s.h);
    if (status != HEAT_OK || few)
        return status;
    if (n > UINT32_MAX)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%lld draws of more than %d values are too many to rank",
                         (long long)n, MOST_HASHED);
    return sort_all(ctx, t, l);
}

void heat_levels_clear(heat_levels *l)
{
    heat_free(l->value);
    heat_free(l->code);
    heat_free(l->draws);
    *l = (heat_levels){0};
}

void heat_levels_count(heat_levels *l, int64_t n_pieces, int64_t step, int64_t first, int64_t length,
                       bool anew)
{
    if (anew)
        memset(l->draws, 0, (size_t)l->count * sizeof *l->draws);
    for (int64_t p = 0; p < n_pieces; p++)
        for (int64_t k = p * step + first; k < p * step + first + length; k++)
            l->draws[l->code[k]]++;
}

double heat_levels_quantile(const heat_levels *l, int64_t n, double p)
{
    double place = p * (double)(n - 1);
    int64_t below = (int64_t)place, before = 0, level = 0, next;

    while (before + l->draws[level] <= below)
        before += l->draws[level++];
    if (below + 1 >= n || before + l->draws[level] > below + 1)
        return l->value[level];
    for (next = level + 1; l->draws[next] == 0;)
        next++;
    return l->value[level] + (place - (double)below) * (l->value[next] - l->value[level]);
}

/* The score of `draws` equal values after `before` lower ones. */
static double score_of(int64_t before, int64_t draws, int64_t n)
{
    double rank = 0.5 * (double)(2 * before + draws + 1);

    return heat_normal_quantile((rank - 0.375) / ((double)n + 0.25));
}

void heat_levels_scores(const heat_levels *l, int64_t n, double *score)
{
    int64_t before = 0;

    for (int64_t k = 0; k < l->count; k++) {
        if (l->draws[k] > 0)
            score[k] = score_of(before, l->draws[k], n);
        before += l->draws[k];
    }
}

/* The two sides of the centre, merged. */
void heat_levels_folded_scores(const heat_levels *l, int64_t n, double centre, double *score)
{
    int64_t above = 0, below, before = 0;

    while (above < l->count && l->value[above] < centre)
        above++;
    for (below = above - 1; below >= 0 || above < l->count;) {
        double left = below >= 0 ? fabs(l->value[below] - centre) : (double)INFINITY;
        double right = above < l->count ? fabs(l->value[above] - centre) : (double)INFINITY;
        double least = fmin(left, right), z;
        int64_t low = below, high = above, draws = 0;
        while (low >= 0 && fabs(l->value[low] - centre) == least)
            draws += l->draws[low--];
        while (high < l->count && fabs(l->value[high] - centre) == least)
            draws += l->draws[high++];
        z = draws > 0 ? score_of(before, draws, n) : 0;
        before += draws;
        while (below > low)
            score[below--] = z;
        while (above < high)
            score[above++] = z;
    }
}
