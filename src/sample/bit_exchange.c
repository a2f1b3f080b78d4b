/* A swap of states under a mask: where the mask has a bit, both words change by their difference. Geyer,
 * Computing Science and Statistics 23 (1991) 156. */
#include "sample/bit_exchange.h"
#include "sample/exchange.h"

static void swap_counts(int32_t *a, int32_t *b)
{
    int32_t kept = *a;

    *a = *b;
    *b = kept;
}

/* Chains whose swap is accepted; what was measured of them changes places at once. */
static heat_bit_word choose_chains(heat_chains *c, int64_t a, int64_t b, heat_stream *stream, int64_t *count)
{
    heat_bit_store *s = c->store;
    heat_bit_word mask = {{0}};
    int64_t first, last, other, end;

    *count = 0;
    heat_chains_get_unit(c, a, &first, &last);
    heat_chains_get_unit(c, b, &other, &end);
    for (int64_t k = 0; first + k < last; k++) {
        double p = heat_exchange_probability(c->beta[first], c->beta[other],
                                             heat_chains_get_walk_energy(c, first + k),
                                             heat_chains_get_walk_energy(c, other + k));
        if (!(heat_stream_uniform(stream) < p))
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
