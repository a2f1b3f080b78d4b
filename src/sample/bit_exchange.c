/* A swap of states under a mask: where the mask has a bit, both words change by their difference. Geyer,
 * Computing Science and Statistics 23 (1991) 156. */
#include "sample/bit_exchange.h"
#include "sample/exchange.h"

enum { MOST_KEPT = 256 };

static void swap_counts(int32_t *a, int32_t *b)
{
    int32_t kept = *a;

    *a = *b;
    *b = kept;
}

/* Probabilities of the swaps of two units, by how many more pairs the chain of the first leaves unsatisfied:
 * kept as they are first asked for, since the differences are few. */
typedef struct swap_odds {
    double beta_a, beta_b, twice_unit;
    double kept[MOST_KEPT]; /* 0: not known yet */
} swap_odds;

static double probability_of(swap_odds *o, int64_t more)
{
    int64_t size = more < 0 ? -more : more; /* all that is kept is of one sign */
    double p;

    if ((o->beta_a - o->beta_b) * (double)more >= 0)
        return 1;
    if (size < MOST_KEPT && o->kept[size] > 0)
        return o->kept[size];
    p = heat_exchange_probability(o->beta_a, o->beta_b, o->twice_unit * (double)more, 0);
    if (size < MOST_KEPT)
        o->kept[size] = p;
    return p;
}

/* Chains whose swap is accepted; what was measured of them changes places at once. */
static heat_bit_word choose_chains(heat_chains *c, int64_t a, int64_t b, heat_stream *stream, int64_t *count)
{
    heat_bit_store *s = c->store;
    heat_bit_word mask = {{0}};
    swap_odds odds = {.twice_unit = 2 * s->graph.unit};
    int64_t first, last, other, end;

    *count = 0;
    heat_chains_get_unit(c, a, &first, &last);
    heat_chains_get_unit(c, b, &other, &end);
    odds.beta_a = c->beta[first];
    odds.beta_b = c->beta[other];
    for (int64_t k = 0; first + k < last; k++) {
        int64_t more = (int64_t)s->unsatisfied[a * HEAT_BITS + k] - s->unsatisfied[b * HEAT_BITS + k];
        double p = probability_of(&odds, more);
        if (p < 1 && !(heat_stream_uniform(stream) < p))
            continue;
        mask.part[k / 64] |= (uint64_t)1 << k % 64;
        swap_counts(&s->unsatisfied[a * HEAT_BITS + k], &s->unsatisfied[b * HEAT_BITS + k]);
        swap_counts(&s->n_down[a * HEAT_BITS + k], &s->n_down[b * HEAT_BITS + k]);
        ++*count;
    }
    return mask;
}

int64_t heat_bit_exchange(heat_chains *c, int64_t a, int64_t b, heat_stream *stream)
{
    heat_bit_store *s = c->store;
    heat_bit_word *x = s->words + a * s->graph.n_words, *y = s->words + b * s->graph.n_words;
    int64_t count;
    heat_bit_word mask = choose_chains(c, a, b, stream, &count);

    for (int64_t w = 0; w < s->graph.n_words; w++)
        for (int p = 0; p < HEAT_BITS / 64; p++) {
            uint64_t change = (x[w].part[p] ^ y[w].part[p]) & mask.part[p];
            x[w].part[p] ^= change;
            y[w].part[p] ^= change;
        }
    return count;
}
