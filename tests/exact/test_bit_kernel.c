/* The bit kernel against the engines' rule, decision by decision: one more instance of its body draws from a
 * script that aims just above and just below the thresholds. Then every instruction set against the plain
 * one, bit for bit, and the counts against counting one by one. */
#include "kernel/isa.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "support.h"

#include <math.h>
#include <string.h>

#include "kernel/bits.h"

static bits scripted_draw(const bits *state);

#define BITS_ISA scripted
#define BITS_DRAW(state) scripted_draw(state)
#include "kernel/bit_sweep_body.h"

enum { SITES = 29, MOST_LINKS = SITES * HEAT_MOST_BIT_LINKS, DRAWS = SITES * HEAT_THRESHOLD_BITS + 64 };

static const heat_site_rule *const rules[] = {&heat_rule_metropolis, &heat_rule_heat_bath};

/* Words on a ring with chords, links and signs drawn. Sites that are next to themselves are no harm: the
 * kernel does not know. */
typedef struct ring {
    heat_bit_link links[MOST_LINKS];
    heat_bit_run run;
    heat_bit_word signs[4];
    heat_bit_word words[SITES];
    heat_stream stream;
} ring;

static void make_ring(ring *g, int32_t n_links, uint64_t seed)
{
    heat_stream_init(&g->stream, seed, HEAT_PURPOSE_TEST, 20);
    g->run = (heat_bit_run){n_links, 0, SITES, g->links};
    for (int32_t i = 0; i < SITES; i++)
        for (int32_t k = 0; k < n_links; k++)
            g->links[i * n_links + k] =
                (heat_bit_link){(i + 1 + (int32_t)heat_stream_below(&g->stream, SITES - 1)) % SITES,
                                (int32_t)heat_stream_below(&g->stream, 4)};
    for (int p = 0; p < HEAT_BITS / 64; p++) {
        g->signs[0].part[p] = 0;
        g->signs[1].part[p] = UINT64_MAX;
        g->signs[2].part[p] = heat_stream_bits(&g->stream);
        g->signs[3].part[p] = heat_stream_bits(&g->stream);
        for (int32_t i = 0; i < SITES; i++)
            g->words[i].part[p] = heat_stream_bits(&g->stream);
    }
}

static bool bit_of(const heat_bit_word *w, int c)
{
    return w->part[c / 64] >> c % 64 & 1;
}

static int unsatisfied(const ring *g, const heat_bit_word *words, int32_t site, int c)
{
    int d = 0;

    for (int32_t k = 0; k < g->run.n_links; k++) {
        const heat_bit_link *link = &g->links[site * g->run.n_links + k];
        d += bit_of(&words[site], c) ^ bit_of(&words[link->word], c) ^ bit_of(&g->signs[link->sign], c);
    }
    return d;
}

/* The rule's probability of a flip that changes the energy by delta |J|. */
static double rule_flip(const heat_site_rule *rule, double beta_j, int delta)
{
    double x[2] = {0, -beta_j * delta}, p[2];

    rule->probabilities(2, 0, x, p);
    return p[1];
}

/* The draws in the order of the calls: uniform numbers that are to come out, as 16 bits and a dither. */
static struct {
    int in_flight;
    int32_t calls;
    uint32_t high[SITES + 4][HEAT_BITS];   /* [site] 16 bits of u */
    int64_t dither[SITES][HEAT_BITS / 64]; /* [batch] */
} script;

static bits scripted_draw(const bits *state)
{
    const int32_t a_batch = 1 + HEAT_THRESHOLD_BITS * script.in_flight;
    int32_t batch = script.calls / a_batch, within = script.calls % a_batch - 1;
    heat_bit_word drawn = {{0}};

    (void)state;
    script.calls++;
    if (within < 0) {
        memcpy(&drawn, script.dither[batch], sizeof drawn);
        return bits_load(&drawn);
    }
    for (int c = 0; c < HEAT_BITS; c++) {
        int32_t site = batch * script.in_flight + within % script.in_flight;
        uint64_t is_clear = ~script.high[site][c] >> within / script.in_flight & 1;
        drawn.part[c / 64] |= is_clear << c % 64;
    }
    return bits_load(&drawn);
}

/* u near one of the thresholds at random, sometimes anywhere. */
static void aim(ring *g, const heat_bit_thresholds *t)
{
    int odd = g->run.n_links % 2, n_thresholds = (g->run.n_links + 1) / 2;

    for (int32_t i = 0; i < SITES; i++)
        for (int c = 0; c < HEAT_BITS; c++) {
            uint64_t pick = heat_stream_below(&g->stream, 8);
            uint32_t u = (uint32_t)heat_stream_below(&g->stream, 1 << HEAT_THRESHOLD_BITS);
            if (pick < 6 && n_thresholds > 0) {
                int j = (int)heat_stream_below(&g->stream, (uint64_t)n_thresholds);
                u = (uint32_t)heat_stream_below(&g->stream, 3) - 1;
                for (int k = 0; k < HEAT_THRESHOLD_BITS; k++)
                    u += (uint32_t)(t->mask[odd][j][k] & 1) << k;
            } else if (pick == 6) {
                u = (1 << (HEAT_THRESHOLD_BITS - 1)) - (uint32_t)heat_stream_below(&g->stream, 2);
            }
            script.high[i][c] = u & ((1 << HEAT_THRESHOLD_BITS) - 1);
        }
    for (int32_t b = 0; b < SITES; b++)
        for (int l = 0; l < HEAT_BITS / 64; l++) {
            script.dither[b][l] = (int64_t)heat_stream_bits(&g->stream);
            if (n_thresholds > 0 && heat_stream_below(&g->stream, 2) == 0) {
                int64_t at = t->dither[odd][heat_stream_below(&g->stream, (uint64_t)n_thresholds)];
                at = at < INT64_MIN + 4096 || at > INT64_MAX - 4096
                         ? at
                         : at + 2048 * (heat_stream_below(&g->stream, 2) ? 1 : -1);
                script.dither[b][l] = at;
            }
        }
}

/* Replays the sweep site by site. Within 2^-48 p + 2^-63 of p either answer is right. */
static void replay(const ring *before, const ring *after, const heat_site_rule *rule, double beta_j,
                   int64_t *certain)
{
    static heat_bit_word words[SITES];

    memcpy(words, before->words, sizeof words);
    for (int32_t i = 0; i < SITES; i++)
        for (int c = 0; c < HEAT_BITS; c++) {
            int z = before->run.n_links, d = unsatisfied(before, words, i, c);
            double p = rule_flip(rule, beta_j, 2 * (z - 2 * d));
            double dither =
                (double)((uint64_t)script.dither[i / script.in_flight][c / 64] ^ (uint64_t)1 << 63);
            bool flips;
            if (rule == &heat_rule_heat_bath && 2 * d > z) /* u is compared with that of staying */
                p = rule_flip(rule, beta_j, 2 * (2 * d - z));
            flips = script.high[i][c] + dither * 0x1p-64 < p * 0x1p16;
            if (rule == &heat_rule_heat_bath && 2 * d > z)
                flips = !flips;
            if (fabs(script.high[i][c] + dither * 0x1p-64 - p * 0x1p16) > p * 0x1p-32 + 0x1p-47) {
                bool did = bit_of(&after->words[i], c) != bit_of(&words[i], c);
                assert_int_equal(did, flips);
                ++*certain;
            }
            words[i].part[c / 64] &= ~((uint64_t)1 << c % 64);
            words[i].part[c / 64] |= (uint64_t)bit_of(&after->words[i], c) << c % 64;
        }
}

static void decides_as_the_rule(void **state)
{
    (void)state;
    static const double betas[] = {0, 0.05, 0.3, 0.44, 1, 30};
    static ring before, after;
    static heat_bit_random unused;

    for (int32_t z = 0; z <= HEAT_MOST_BIT_LINKS; z++)
        for (int r = 0; r < 2; r++)
            for (int b = 0; b < 6; b++) {
                heat_bit_thresholds t;
                int64_t certain = 0;
                make_ring(&before, z, (uint64_t)(z * 100 + r * 10 + b));
                heat_bit_thresholds_set(&t, rules[r]->flip, betas[b]);
                memset(&script, 0, sizeof script);
                script.in_flight = z <= 6 ? 4 : 2;
                aim(&before, &t);
                after = before;
                after.run.links = after.links;
                bit_sweep_scripted(&after.run, after.signs, after.words, &t, &unused);
                assert_int_equal(script.calls, (SITES + script.in_flight - 1) / script.in_flight *
                                                   (1 + HEAT_THRESHOLD_BITS * script.in_flight));
                replay(&before, &after, rules[r], betas[b], &certain);
                assert_in_range(certain, SITES * HEAT_BITS * 3 / 4, SITES * HEAT_BITS);
            }
}

/* All 2^16 values of u against each threshold, with the dither both ways: the two counts of flips differ by
 * one, and the dither weighs them so that their mean is p, to 2^-48 of it and 2^-63. */
static void the_dither_makes_marginals_exact(void **state)
{
    (void)state;
    static const double betas[] = {0.01, 0.2203, 0.44068679350977147, 1.3, 4};
    static ring g;
    static heat_bit_random unused;

    for (int32_t z = 1; z <= 7; z++)
        for (int r = 0; r < 2; r++)
            for (int b = 0; b < 5; b++) {
                heat_bit_thresholds t;
                int64_t flips[2] = {0, 0};
                double fraction, p = rule_flip(rules[r], betas[b], 2 * z);
                make_ring(&g, z, 1);
                heat_bit_thresholds_set(&t, rules[r]->flip, betas[b]);
                for (int k = 0; k < z; k++)
                    g.links[k] = (heat_bit_link){1, 0};
                g.run.end = 1;
                for (int high = 0; high < 1 << (HEAT_THRESHOLD_BITS + 1); high += HEAT_BITS) {
                    memset(&script, 0, sizeof script);
                    memset(g.words, 0, sizeof g.words); /* every link satisfied: the highest threshold */
                    script.in_flight = z <= 6 ? 4 : 2;
                    for (int c = 0; c < HEAT_BITS; c++)
                        script.high[0][c] = (uint32_t)(high + c) & ((1 << HEAT_THRESHOLD_BITS) - 1);
                    for (int l = 0; l < HEAT_BITS / 64; l++)
                        script.dither[0][l] = high >> HEAT_THRESHOLD_BITS ? INT64_MIN : INT64_MAX;
                    bit_sweep_scripted(&g.run, g.signs, g.words, &t, &unused);
                    for (int c = 0; c < HEAT_BITS; c++)
                        flips[high >> HEAT_THRESHOLD_BITS] += bit_of(&g.words[0], c);
                }
                fraction = (double)((uint64_t)t.dither[z % 2][(z - 1) / 2] ^ (uint64_t)1 << 63) * 0x1p-64;
                assert_in_range(flips[1] - flips[0], fraction > 0, 1);
                assert_close((double)flips[0] + fraction, p * 0x1p16, p * 0x1p-32 + 0x1p-47);
            }
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    static ring a, b;
    static heat_bit_random random_a, random_b;

    for (int k = 0; k < heat_isa_count(); k++)
        for (int32_t z = 0; z <= HEAT_MOST_BIT_LINKS; z++)
            for (int r = 0; r < 2; r++) {
                heat_bit_thresholds t;
                make_ring(&a, z, (uint64_t)z);
                for (int s = 0; s < HEAT_BIT_STREAMS; s++)
                    for (int w = 0; w < 4; w++)
                        for (int p = 0; p < HEAT_BITS / 64; p++)
                            random_a.state[s][w].part[p] = heat_stream_bits(&a.stream);
                random_b = random_a;
                b = a;
                b.run.links = b.links;
                heat_bit_thresholds_set(&t, rules[r]->flip, 0.3);
                for (int sweep = 0; sweep < 20; sweep++) {
                    a.run.begin = b.run.begin = sweep % 3; /* runs of every length */
                    a.run.end = b.run.end = SITES - sweep % 5;
                    heat_bit_ref.sweep(&a.run, a.signs, a.words, &t, &random_a);
                    heat_isa_at(k)->bits->sweep(&b.run, b.signs, b.words, &t, &random_b);
                }
                assert_memory_equal(a.words, b.words, sizeof a.words);
                assert_memory_equal(&random_a, &random_b, sizeof random_a);
            }
}

static void counts_are_those_of_counting(void **state)
{
    (void)state;
    enum { MOST = 1100 };
    static const int64_t lengths[] = {0, 1, 7, 8, 9, 64, 333, MOST};
    static heat_bit_word words[MOST], other[MOST];
    static heat_bit_pair pairs[MOST];
    heat_bit_word signs[2] = {{{0}}, {{0}}};
    heat_stream stream;

    heat_stream_init(&stream, 4, HEAT_PURPOSE_TEST, 21);
    for (int i = 0; i < MOST; i++) {
        for (int p = 0; p < HEAT_BITS / 64; p++) {
            words[i].part[p] = heat_stream_bits(&stream) | (p == 0 ? UINT64_MAX : 0);
            other[i].part[p] = p == 0 ? 0 : heat_stream_bits(&stream);
            signs[1].part[p] = heat_stream_bits(&stream);
        }
        pairs[i] = (heat_bit_pair){(int32_t)heat_stream_below(&stream, MOST),
                                   (int32_t)heat_stream_below(&stream, MOST), i % 2};
    }
    for (int k = 0; k < heat_isa_count(); k++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            const heat_bit_kernel *kernel = heat_isa_at(k)->bits;
            int32_t set[HEAT_BITS], differ[HEAT_BITS], unlike[HEAT_BITS];
            int64_t all_set = 0, all_differ = 0, all_unlike = 0;
            kernel->count(lengths[l], words, NULL, set);
            kernel->count(lengths[l], words, other, differ);
            kernel->count_pairs(lengths[l], pairs, signs, words, unlike);
            for (int c = 0; c < HEAT_BITS; c++) {
                int32_t n_set = 0, n_differ = 0, n_unlike = 0;
                for (int64_t i = 0; i < lengths[l]; i++) {
                    n_set += bit_of(&words[i], c);
                    n_differ += bit_of(&words[i], c) != bit_of(&other[i], c);
                    n_unlike += bit_of(&words[pairs[i].a], c) ^ bit_of(&words[pairs[i].b], c) ^
                                bit_of(&signs[pairs[i].sign], c);
                }
                assert_int_equal(set[c], n_set);
                assert_int_equal(differ[c], n_differ);
                assert_int_equal(unlike[c], n_unlike);
                all_set += n_set;
                all_differ += n_differ;
                all_unlike += n_unlike;
            }
            assert_int_equal(kernel->total(lengths[l], words, NULL), all_set);
            assert_int_equal(kernel->total(lengths[l], words, other), all_differ);
            assert_int_equal(kernel->total_pairs(lengths[l], pairs, signs, words), all_unlike);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_as_the_rule),
        cmocka_unit_test(the_dither_makes_marginals_exact),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(counts_are_those_of_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
