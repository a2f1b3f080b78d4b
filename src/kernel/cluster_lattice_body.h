/* Cluster moves on hypercubic lattices, 64 sites a word. Bonds are drawn a word at a time; what is connected
 * along a row within a word is a run, and runs, not sites, are united (Swendsen-Wang) or walked through
 * (Wolff). Runs are filled by carries: adding a seed to a stretch of ones turns all of it above the seed. */
#include "kernel/cluster_draw.h"

/* The bits of `through` that follow a seed without a gap: seeds themselves need not be in it. */
LANE_FN uint64_t bits_above(uint64_t through, uint64_t seeds)
{
    uint64_t next = (seeds << 1) & through;

    return (((through + next) ^ through) | next) & through;
}

/* Whole runs that hold a seed; `along` has bit x set where x and x + 1 are connected. */
LANE_FN uint64_t whole_runs(uint64_t along, uint64_t seeds)
{
    seeds |= bits_above(along << 1, seeds);
    for (int step = 1; step < 64; step *= 2) {
        seeds |= (seeds >> step) & along;
        along &= along >> step;
    }
    return seeds;
}

LANE_FN int draws_of(uint64_t valid)
{
    return (64 - __builtin_clzll(valid) + LANES - 1) / LANES;
}

/* The bonds of word w to the right that would be satisfied. */
LANE_FN uint64_t satisfied_along(const heat_cluster_lattice *g, const uint64_t *spins, int32_t w)
{
    uint64_t s = spins[w], valid = g->valid[w], next = s >> 1, last = valid ^ (valid >> 1);
    uint64_t negative = g->negative == NULL ? 0 : g->negative[w];

    if (g->right[w] < 0)
        valid ^= last;
    else if (spins[g->right[w]] & 1)
        next |= last;
    return ~(s ^ next ^ negative) & valid;
}

/* The bonds of word w to the one after it across dimension d. */
LANE_FN uint64_t satisfied_across(const heat_cluster_lattice *g, const uint64_t *spins, int d, int32_t w,
                                  int32_t after)
{
    uint64_t negative = g->negative == NULL ? 0 : g->negative[(int64_t)(d + 1) * g->n_words + w];

    return ~(spins[w] ^ spins[after] ^ negative) & g->valid[w];
}

LANE_FN uint64_t along_field(const heat_cluster_lattice *g, const uint64_t *spins, int32_t w)
{
    return (spins[w] ^ g->field_down[w]) & g->valid[w];
}

/* --- Swendsen-Wang --- */

LANE_FN uint32_t run_at(const heat_cluster_scratch *s, int32_t w, uint64_t bit)
{
    return s->base[w] + (uint32_t)__builtin_popcountll(s->starts[w] & (bit | (bit - 1))) - 1;
}

/* Connects word w through `bonds` with an earlier word. Where `fresh`, no run of w has a parent yet: the
 * first bond of each just hands one over. A bond is idle where both ends hang together with those of the
 * last. */
LANE_FN void connect(const heat_cluster_lattice *g, heat_cluster_scratch *s, int32_t w, int32_t earlier,
                     uint64_t bonds, bool fresh)
{
    uint64_t here = g->valid[w] & ~s->starts[w], there = g->valid[earlier] & ~s->starts[earlier];
    uint64_t first = fresh ? bonds & ~bits_above(here, bonds) : 0;
    uint64_t others = bonds & ~bits_above(here & there, bonds) & ~first;

    for (; first != 0; first &= first - 1) {
        uint64_t bit = first & (0 - first);
        s->parent[run_at(s, w, bit)] = s->parent[run_at(s, earlier, bit)];
    }
    for (; others != 0; others &= others - 1) {
        uint64_t bit = others & (0 - others);
        cluster_unite(s->parent, run_at(s, w, bit), run_at(s, earlier, bit));
    }
}

/* Draws the bonds of word w along its row and to all earlier words, run by run; returns the next free run. */
LANE_FN uint32_t label_word(const heat_cluster_lattice *g, const heat_cluster_rates *rates, lane_int state[4],
                            heat_cluster_scratch *s, const uint64_t *spins, int32_t w, uint32_t run)
{
    uint64_t valid = g->valid[w], last = valid ^ (valid >> 1);
    int draws = draws_of(valid);
    uint64_t along = satisfied_along(g, spins, w) & cluster_bits(state, rates->bond, draws);
    uint32_t n_runs;
    bool fresh = true;

    s->starts[w] = valid & ~(along << 1);
    s->base[w] = run;
    n_runs = (uint32_t)__builtin_popcountll(s->starts[w]);
    for (uint32_t k = 0; k < n_runs; k += LANES)
        for (uint32_t l = 0; l < LANES; l++)
            s->parent[run + k + l] = run + k + l;
    for (int d = 0; d < g->n_across; d++) {
        const int64_t plane = (int64_t)d * g->n_words;
        int32_t before = g->before[plane + w], after = g->after[plane + w];
        if (before >= 0 && before < w) {
            uint64_t bonds =
                satisfied_across(g, spins, d, before, w) & cluster_bits(state, rates->bond, draws);
            connect(g, s, w, before, bonds, fresh);
            fresh = false;
        }
        if (after >= 0 && after < w)
            connect(g, s, w, after,
                    satisfied_across(g, spins, d, w, after) & cluster_bits(state, rates->bond, draws), false);
    }
    s->coming[w] = along & last; /* to the word on the right */
    if (g->left[w] >= 0 && g->left[w] < w && s->coming[g->left[w]] != 0)
        cluster_unite(s->parent, run, run - 1);
    if (g->right[w] >= 0 && g->right[w] <= w && (along & last) != 0)
        cluster_unite(s->parent, run + n_runs - 1, s->base[g->right[w]]);
    if (g->field_down != NULL) {
        uint64_t held = along_field(g, spins, w) & cluster_bits(state, rates->field, draws);
        held &= ~bits_above(valid & ~s->starts[w], held);
        for (; held != 0; held &= held - 1)
            cluster_unite(s->parent, run_at(s, w, held & (0 - held)), 0);
    }
    return run + n_runs;
}

/* Turns runs: a root by its random bit, the others as their parents, which stand before them and are done. */
LANE_FN void turn_word(const heat_cluster_lattice *g, heat_cluster_scratch *s, int32_t w, uint64_t coins,
                       uint64_t *spins)
{
    uint64_t through = g->valid[w] & ~s->starts[w], turned = 0;
    uint32_t run = s->base[w];

    for (uint64_t rest = s->starts[w]; rest != 0; rest &= rest - 1, run++, coins >>= 1) {
        uint32_t above = s->parent[run];
        uint32_t turns = above == run ? (uint32_t)(coins & 1) : s->parent[above];
        s->parent[run] = turns;
        turned |= rest & (0 - rest) & (0 - (uint64_t)turns);
    }
    spins[w] ^= turned | bits_above(through, turned);
}

static void CLUSTER_NAME(swendsen_wang_lattice)(const heat_cluster_lattice *g,
                                                const heat_cluster_rates *rates, heat_cluster_random *random,
                                                heat_cluster_scratch *s, uint64_t *spins)
{
    lane_int state[4];
    uint32_t run = 1;

    cluster_load(random, state);
    s->parent[0] = 0; /* the ghost */
    for (int32_t w = 0; w < g->n_words; w++)
        run = label_word(g, rates, state, s, spins, w, run);
    for (int32_t w = 0; w < g->n_words; w++)
        turn_word(g, s, w, cluster_bits(state, 1 << 30, draws_of(g->valid[w])), spins);
    memset(s->coming, 0, (size_t)g->n_words * sizeof *s->coming);
    cluster_store(random, state);
}

/* --- Wolff --- */

/* What one cluster needs at hand. */
typedef struct walk {
    const heat_cluster_lattice *g;
    const heat_cluster_rates *rates;
    heat_cluster_random *random;
    heat_cluster_scratch *s;
    const uint64_t *spins;
    int32_t
        n_waiting; /* words to visit, the last to come first: the sites of a word then join in few visits */
    int32_t n_touched;
} walk;

/* Bonds are drawn when the cluster first comes to their word; no bond is asked for twice, so that it does not
 * matter when. */
LANE_FN uint64_t draw_bits(walk *k, int32_t threshold, uint64_t valid)
{
    lane_int state[4];
    uint64_t bits;

    cluster_load(k->random, state);
    bits = cluster_bits(state, threshold, draws_of(valid));
    cluster_store(k->random, state);
    return bits;
}

LANE_FN uint64_t bonds_along(walk *k, int32_t w)
{
    if (k->s->stamp[w] != k->s->move) {
        k->s->stamp[w] = k->s->move;
        k->s->bonds[w] = satisfied_along(k->g, k->spins, w) & draw_bits(k, k->rates->bond, k->g->valid[w]);
    }
    return k->s->bonds[w];
}

LANE_FN uint64_t bonds_across(walk *k, int d, int32_t w, int32_t after)
{
    int64_t at = (int64_t)(d + 1) * k->g->n_words + w;

    if (k->s->stamp[at] != k->s->move) {
        k->s->stamp[at] = k->s->move;
        k->s->bonds[at] =
            satisfied_across(k->g, k->spins, d, w, after) & draw_bits(k, k->rates->bond, k->g->valid[w]);
    }
    return k->s->bonds[at];
}

LANE_FN void send(walk *k, int32_t w, uint64_t bits)
{
    uint64_t waiting = k->s->coming[w];

    bits &= ~k->s->inside[w];
    k->s->coming[w] = waiting | bits;
    k->s->queue[k->n_waiting] = w;
    k->n_waiting += waiting == 0 && bits != 0;
}

/* Takes in what has come to word w, and sends on; returns how many sites joined, or -1 if the ghost did. */
LANE_FN int64_t visit(walk *k, int32_t w)
{
    const heat_cluster_lattice *g = k->g;
    heat_cluster_scratch *s = k->s;
    uint64_t along = bonds_along(k, w), valid = g->valid[w], last = valid ^ (valid >> 1);
    uint64_t joined = whole_runs(along & ~last, s->coming[w]);

    if (s->inside[w] == 0)
        s->touched[k->n_touched++] = w;
    s->coming[w] = 0;
    s->inside[w] |= joined;
    if (g->field_down != NULL && (joined & along_field(g, k->spins, w)) != 0 &&
        (joined & along_field(g, k->spins, w) & draw_bits(k, k->rates->field, valid)) != 0)
        return -1;
    if ((joined & 1) && g->left[w] >= 0) {
        uint64_t edge = g->valid[g->left[w]];
        edge ^= edge >> 1;
        if (bonds_along(k, g->left[w]) & edge)
            send(k, g->left[w], edge);
    }
    if ((joined & along & last) != 0)
        send(k, g->right[w], 1);
    for (int d = 0; d < g->n_across; d++) {
        int32_t before = g->before[(int64_t)d * g->n_words + w],
                after = g->after[(int64_t)d * g->n_words + w];
        if (before >= 0)
            send(k, before, joined & bonds_across(k, d, before, w));
        if (after >= 0)
            send(k, after, joined & bonds_across(k, d, w, after));
    }
    return __builtin_popcountll(joined);
}

/* Turns the cluster, unless `turns` is false, and leaves the work space as it was found. */
LANE_FN void finish(walk *k, uint64_t *spins, bool turns)
{
    while (k->n_waiting > 0)
        k->s->coming[k->s->queue[--k->n_waiting]] = 0;
    for (int32_t t = 0; t < k->n_touched; t++) {
        int32_t w = k->s->touched[t];
        spins[w] ^= turns ? k->s->inside[w] : 0;
        k->s->inside[w] = 0;
    }
}

static int64_t CLUSTER_NAME(wolff_lattice)(const heat_cluster_lattice *g, const heat_cluster_rates *rates,
                                           heat_cluster_random *random, heat_cluster_scratch *s,
                                           uint64_t *spins, int64_t n_sites)
{
    walk k = {.g = g, .rates = rates, .random = random, .s = s, .spins = spins};
    int64_t size = 0, joined = 0;
    int32_t site = cluster_below(random, (int32_t)n_sites);
    int32_t length = g->first_site[g->words_a_row - 1] + __builtin_popcountll(g->valid[g->words_a_row - 1]);
    int32_t w = site / length * g->words_a_row + site % length / 64;

    if (++s->move == 0) { /* after 2^32 moves: no stamp of old may pass for new */
        memset(s->stamp, 0, (size_t)(g->n_across + 1) * (size_t)g->n_words * sizeof *s->stamp);
        s->move = 1;
    }
    send(&k, w, (uint64_t)1 << (site - g->first_site[w]));
    while (k.n_waiting > 0 && joined >= 0) {
        w = s->queue[--k.n_waiting];
        joined = visit(&k, w);
        size += joined;
    }
    finish(&k, spins, joined >= 0);
    return size + (joined < 0);
}

static void CLUSTER_NAME(count_lattice)(const heat_cluster_lattice *g, const uint64_t *spins,
                                        int64_t *n_broken, int64_t *n_against, int64_t *total)
{
    *n_broken = *n_against = *total = 0;
    for (int32_t w = 0; w < g->n_words; w++) {
        uint64_t valid = g->valid[w], bonds = g->right[w] < 0 ? valid & (valid >> 1) : valid;
        *total += 2 * __builtin_popcountll(spins[w]) - __builtin_popcountll(valid);
        *n_broken += __builtin_popcountll(bonds) - __builtin_popcountll(satisfied_along(g, spins, w));
        for (int d = 0; d < g->n_across; d++) {
            int32_t after = g->after[(int64_t)d * g->n_words + w];
            if (after >= 0)
                *n_broken += __builtin_popcountll(valid) -
                             __builtin_popcountll(satisfied_across(g, spins, d, w, after));
        }
        if (g->field_down != NULL)
            *n_against += __builtin_popcountll(valid & ~along_field(g, spins, w));
    }
}
