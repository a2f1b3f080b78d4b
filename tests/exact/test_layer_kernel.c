/* The kernel of layers against the engines' rules, decision by decision: one more instance of its body draws
 * from a script that aims just above and just below the probability. Its sums against sums one by one. And
 * every instruction set against the plain one, bit for bit. */
#include "kernel/isa.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "support.h"

#include <math.h>
#include <string.h>

#include "kernel/lane.h"

static lane_int scripted_draw(int64_t chain, int64_t unit);

#define LANE_ISA scripted
#define LANE_DRAW(state, chain, unit) scripted_draw(chain, unit)
#include "kernel/layer_sweep_body.h"

enum {
    N_FROM = 300, /* more than two tiles, and no whole word */
    N_TO = 151,   /* an odd number in the last */
    FROM_WORDS = 5,
    TO_WORDS = 3,
    TO_UNITS = TO_WORDS * HEAT_LAYER_WORD,
    FROM_UNITS = FROM_WORDS * HEAT_LAYER_WORD,
    CHAINS = 7,
    WORK = (FROM_WORDS * HEAT_LAYER_WORD + 3 + 7) / 8,
    STEPS = 7,
};

/* Where each draw lands relative to the border, in units of 2^-31. */
static const int64_t offsets[STEPS] = {-40000000, -20000, -1, 0, 1, 20000, 40000000};

static const double unit_size = 0x1p-20, resolution = 0x1p-20;

/* Rows of a table and all arrays of a draw. */
typedef struct bench {
    int32_t rows[TO_WORDS][FROM_WORDS * HEAT_LAYER_WORD][HEAT_LAYER_WORD], bias[TO_UNITS];
    double beta[CHAINS], reference_odds[TO_UNITS];
    uint64_t from[CHAINS][FROM_WORDS], to[CHAINS][TO_WORDS];
    float scale[CHAINS], reference_scale[CHAINS], reference[TO_UNITS];
    uint32_t random[CHAINS][4][LANES];
    int32_t fields[TO_WORDS][CHAINS][HEAT_LAYER_WORD];
    float probabilities[TO_WORDS][CHAINS][HEAT_LAYER_WORD];
    int64_t on_fields[CHAINS], on_bias[CHAINS], n_moves[CHAINS];
    uint64_t work[CHAINS][WORK];
    int32_t work_fields[CHAINS][HEAT_LAYER_WORD], sums[CHAINS][4][LANES];
    heat_layer_rows table;
    heat_layer_draw draw;
} bench;

static struct {
    const bench *b;
    heat_rule_fn rule;
    uint64_t before[CHAINS][TO_WORDS];
    uint8_t low[CHAINS][TO_UNITS], high[CHAINS][TO_UNITS]; /* the values that are right */
    int64_t decisions, certain;
} script;

static bool is_on(const uint64_t *state, int64_t i)
{
    return state[i / HEAT_LAYER_WORD] >> (i % HEAT_LAYER_WORD) & 1;
}

static int64_t field_of(const bench *b, int64_t chain, int64_t j)
{
    int64_t sum = b->bias[j];

    for (int64_t i = 0; i < N_FROM; i++)
        if (is_on(b->from[chain], i))
            sum += b->rows[j / HEAT_LAYER_WORD][i][j % HEAT_LAYER_WORD];
    return sum;
}

/* The rule's probability that a unit is on after the move. */
static double probability(const bench *b, heat_rule_fn rule, int64_t chain, int64_t j, int32_t current)
{
    double x = b->beta[chain] * unit_size * (double)field_of(b, chain, j), gain[2] = {0, 0}, p[2];

    if (b->draw.reference != NULL)
        x += (1 - b->beta[chain]) * b->reference_odds[j];
    gain[1 - current] = current == 1 ? -x : x;
    rule(2, current, gain, p);
    return p[1];
}

/* A draw below the border changes the unit, or turns it on. */
static lane_int scripted_draw(int64_t chain, int64_t unit)
{
    const int64_t most = ((int64_t)1 << 31) - 1;
    bool heat_bath = script.rule == heat_rule_heat_bath.probabilities;
    uint32_t draws[LANES];

    for (int l = 0; l < LANES; l++) {
        int64_t j = unit + l, u;
        int32_t now = j < N_TO ? is_on(script.before[chain], j) : 0;
        double p = j < N_TO ? probability(script.b, script.rule, chain, j, now) : 0;
        double border = heat_bath || now == 0 ? p : 1 - p;
        uint8_t below = heat_bath ? 1 : (uint8_t)(1 - now);
        u = (int64_t)ldexp(border, 31) + offsets[(j + 5 * chain) % STEPS];
        u = u < 0 ? 0 : u > most ? most : u;
        draws[l] = (uint32_t)u << 1;
        if (j >= N_TO)
            continue;
        script.low[chain][j] = ldexp((double)u, -31) - resolution < border ? below : 1 - below;
        script.high[chain][j] = ldexp((double)u, -31) + resolution < border ? below : 1 - below;
        script.decisions++;
        script.certain += script.low[chain][j] == script.high[chain][j];
    }
    return lane_load(draws);
}

static void fill_states(bench *b, heat_stream *stream)
{
    for (int64_t c = 0; c < CHAINS; c++) {
        double density = c == 0 ? 0 : c == 1 ? 1 : 0.1 * (double)c;
        memset(b->from[c], 0, sizeof b->from[c]);
        memset(b->to[c], 0, sizeof b->to[c]);
        for (int64_t i = 0; i < N_FROM; i++)
            if (heat_stream_uniform(stream) < density)
                b->from[c][i / HEAT_LAYER_WORD] |= (uint64_t)1 << (i % HEAT_LAYER_WORD);
        for (int64_t j = 0; j < N_TO; j++)
            b->to[c][j / HEAT_LAYER_WORD] |= (heat_stream_bits(stream) & 1) << (j % HEAT_LAYER_WORD);
    }
}

static void prepare(bench *b, uint64_t seed, bool with_reference, heat_flip_rule rule)
{
    static const double betas[CHAINS] = {0, 0.05, 0.4, 1, 0.999, 2.5, 0.7};
    heat_stream stream;

    memset(b, 0, sizeof *b);
    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 3);
    for (int64_t j = 0; j < N_TO; j++) {
        b->bias[j] = (int32_t)lrint(heat_stream_normal(&stream) / unit_size);
        b->reference_odds[j] = 2 * heat_stream_normal(&stream);
        b->reference[j] = (float)(b->reference_odds[j] / log(2));
        for (int64_t i = 0; i < N_FROM; i++)
            b->rows[j / HEAT_LAYER_WORD][i][j % HEAT_LAYER_WORD] =
                (int32_t)lrint(0.2 * heat_stream_normal(&stream) / unit_size);
    }
    fill_states(b, &stream);
    for (int64_t c = 0; c < CHAINS; c++) {
        b->beta[c] = betas[((uint64_t)c + seed) % CHAINS];
        b->scale[c] = (float)(b->beta[c] * unit_size / log(2));
        b->reference_scale[c] = (float)(1 - b->beta[c]);
        for (int k = 0; k < 4 * LANES; k++)
            b->random[c][k / LANES][k % LANES] = (uint32_t)heat_stream_bits(&stream);
    }
    b->table = (heat_layer_rows){N_FROM, N_TO, b->rows[0][0], b->bias};
    b->draw = (heat_layer_draw){.n_chains = CHAINS,
                                .from = b->from[0],
                                .to = b->to[0],
                                .rule = rule,
                                .scale = b->scale,
                                .reference_scale = with_reference ? b->reference_scale : NULL,
                                .reference = with_reference ? b->reference : NULL,
                                .random = b->random[0][0],
                                .work = b->work[0],
                                .work_fields = b->work_fields[0]};
}

/* Asks for everything that a draw can tell. */
static void want_all(bench *b)
{
    b->draw.fields = b->fields[0][0];
    b->draw.probabilities = b->probabilities[0][0];
    b->draw.on_fields = b->on_fields;
    b->draw.on_bias = b->on_bias;
    b->draw.n_moves = b->n_moves;
    b->draw.sums = b->sums[0][0];
}

static void decides_as_the_rule(void **state)
{
    (void)state;
    static const struct {
        const heat_site_rule *rule;
        heat_flip_rule flip;
    } pairs[] = {{&heat_rule_heat_bath, HEAT_FLIP_HEAT_BATH}, {&heat_rule_metropolis, HEAT_FLIP_METROPOLIS}};
    static bench b;

    for (uint64_t trial = 0; trial < 14; trial++) {
        memset(&script, 0, sizeof script);
        prepare(&b, trial, trial % 4 > 1, pairs[trial % 2].flip);
        script.b = &b;
        script.rule = pairs[trial % 2].rule->probabilities;
        memcpy(script.before, b.to, sizeof b.to);
        layer_draw_scripted(&b.table, &b.draw);
        for (int64_t c = 0; c < CHAINS; c++)
            for (int64_t j = 0; j < N_TO; j++)
                assert_true(is_on(b.to[c], j) == script.low[c][j] || is_on(b.to[c], j) == script.high[c][j]);
        assert_int_equal(script.decisions, CHAINS * N_TO);
        assert_true(script.certain > script.decisions / 3); /* the script did aim, and saw most answers */
    }
}

static void sums_are_exact(void **state)
{
    (void)state;
    static bench b;

    prepare(&b, 1, true, HEAT_FLIP_HEAT_BATH);
    want_all(&b);
    memcpy(script.before, b.to, sizeof b.to);
    heat_isa_get("auto")->layers->draw(&b.table, &b.draw);
    for (int64_t c = 0; c < CHAINS; c++) {
        int64_t on_fields = 0, on_bias = 0, moves = 0;
        for (int64_t j = 0; j < TO_UNITS; j++) {
            int64_t field = field_of(&b, c, j);
            assert_int_equal(b.fields[j / 64][c][j % 64], field);
            if (j >= N_TO) {
                assert_false(is_on(b.to[c], j));
                continue;
            }
            on_fields += is_on(b.to[c], j) ? field : 0;
            on_bias += is_on(b.to[c], j) ? b.bias[j] : 0;
            moves += is_on(b.to[c], j) != is_on(script.before[c], j);
            assert_true(fabs(b.probabilities[j / 64][c][j % 64] -
                             probability(&b, heat_rule_heat_bath.probabilities, c, j, 0)) < resolution);
        }
        assert_int_equal(b.on_fields[c], on_fields);
        assert_int_equal(b.on_bias[c], on_bias);
        assert_int_equal(b.n_moves[c], moves);
    }
}

/* What threads that share the units that are drawn do: each lists some of the chains, whoever comes first. */
static void list_in_parts(const heat_layer_kernel *kernel, const heat_layer_rows *table,
                          heat_layer_draw *draw)
{
    const int32_t n = draw->n_chains;

    kernel->list_units(table, draw, n / 3, n);
    kernel->list_units(table, draw, 0, 1);
    kernel->list_units(table, draw, 1, n / 3);
    draw->is_listed = true;
}

/* As many chains as need more than one block of them, with few units on and with many: rows go one by one in
 * the one case, by fours in the other. Then with units listed beforehand. */
static void sums_of_many_chains_are_exact(void **state)
{
    (void)state;
    enum { MANY = 150 };
    static bench b;
    static uint64_t from[MANY][FROM_WORDS];
    static int32_t fields[TO_WORDS][MANY][HEAT_LAYER_WORD], plain[TO_WORDS][MANY][HEAT_LAYER_WORD];
    static uint64_t work[MANY][WORK];
    heat_stream stream;

    prepare(&b, 4, false, HEAT_FLIP_HEAT_BATH);
    heat_stream_init(&stream, 4, HEAT_PURPOSE_TEST, 4);
    for (int trial = 0; trial < 2 * heat_isa_count(); trial++) {
        heat_layer_draw draw = {.n_chains = MANY, .from = from[0], .fields = fields[0][0], .work = work[0]};
        memset(from, 0, sizeof from);
        for (int c = 0; c < MANY; c++)
            for (int i = 0; i < N_FROM; i++)
                if (heat_stream_uniform(&stream) < (trial % 2 ? 0.05 : 0.5))
                    from[c][i / HEAT_LAYER_WORD] |= (uint64_t)1 << (i % HEAT_LAYER_WORD);
        heat_isa_at(trial / 2)->layers->draw(&b.table, &draw);
        for (int c = 0; c < MANY; c++) {
            memcpy(b.from[0], from[c], sizeof from[c]);
            for (int j = 0; j < TO_UNITS; j++)
                assert_int_equal(fields[j / 64][c][j % 64], field_of(&b, 0, j));
        }
        memcpy(plain, fields, sizeof fields);
        memset(fields, 0, sizeof fields);
        memset(work, 0xff, sizeof work);
        list_in_parts(heat_isa_at(trial / 2)->layers, &b.table, &draw);
        for (int c = 0; c < MANY / 2; c++) /* of no account any more, but for how many units are on */
            for (int w = 0; w < FROM_WORDS; w++) {
                uint64_t other = from[c][w];
                from[c][w] = from[MANY - 1 - c][w];
                from[MANY - 1 - c][w] = other;
            }
        heat_isa_at(trial / 2)->layers->draw(&b.table, &draw);
        assert_memory_equal(fields, plain, sizeof fields);
    }
}

/* From so few units that one go over the rows is the first and the last, up to several. */
static void sums_of_few_rows_are_exact(void **state)
{
    (void)state;
    enum { MANY = 40 };
    static const int32_t n_from[] = {1, 32, 33, 64, 65, 97, N_FROM};
    static bench b;
    static uint64_t from[MANY * FROM_WORDS];
    static int32_t fields[TO_WORDS][MANY + 1][HEAT_LAYER_WORD];
    static uint64_t work[MANY][WORK];
    const int32_t *rows = b.rows[0][0];
    heat_stream stream;

    prepare(&b, 6, false, HEAT_FLIP_HEAT_BATH);
    heat_stream_init(&stream, 6, HEAT_PURPOSE_TEST, 4);
    for (int k = 0; k < heat_isa_count(); k++)
        for (size_t t = 0; t < sizeof n_from / sizeof *n_from; t++) {
            const heat_layer_rows table = {n_from[t], N_TO, rows, b.bias};
            const int64_t n_words = heat_layer_words(n_from[t]);
            heat_layer_draw draw = {.n_chains = MANY,
                                    .from = from,
                                    .fields = fields[0][1],
                                    .n_fields = MANY + 1,
                                    .work = work[0]};
            memset(from, 0, sizeof from);
            for (int c = 0; c < MANY; c++)
                for (int i = 0; i < n_from[t]; i++)
                    from[c * n_words + i / 64] |= (uint64_t)(heat_stream_uniform(&stream) < 0.9) << i % 64;
            heat_isa_at(k)->layers->draw(&table, &draw);
            for (int c = 0; c < MANY; c++)
                for (int j = 0; j < N_TO; j++) { /* rows are not 0 in this padding */
                    int64_t sum = b.bias[j];
                    for (int i = 0; i < n_from[t]; i++)
                        if (is_on(from + c * n_words, i))
                            sum += rows[((j / 64 * n_words * 64) + i) * 64 + j % 64];
                    assert_int_equal(fields[j / 64][c + 1][j % 64], sum);
                }
        }
}

/* Fields that are there already are as good as the states that give them. */
static void fields_can_be_given(void **state)
{
    (void)state;
    const heat_layer_kernel *kernel = heat_isa_get("auto")->layers;
    static bench a, b;

    prepare(&a, 2, false, HEAT_FLIP_HEAT_BATH);
    prepare(&b, 2, false, HEAT_FLIP_HEAT_BATH);
    kernel->draw(&a.table, &a.draw);
    b.draw.to = NULL;
    b.draw.fields = b.fields[0][0];
    kernel->draw(&b.table, &b.draw);
    b.draw.from = NULL;
    b.draw.to = b.to[0];
    kernel->draw(&b.table, &b.draw);
    assert_memory_equal(a.to, b.to, sizeof a.to);
    assert_memory_equal(a.random, b.random, sizeof a.random);
}

static void instances_agree(void **state)
{
    (void)state;
    static bench a, b;

    for (int k = 1; k < heat_isa_count(); k++)
        for (uint64_t trial = 0; trial < 8; trial++) {
            heat_flip_rule rule = trial & 1 ? HEAT_FLIP_HEAT_BATH : HEAT_FLIP_METROPOLIS;
            prepare(&a, trial, trial & 2, rule);
            prepare(&b, trial, trial & 2, rule);
            if (trial & 4) {
                want_all(&a);
                want_all(&b);
            }
            heat_isa_at(0)->layers->draw(&a.table, &a.draw);
            heat_isa_at(k)->layers->draw(&b.table, &b.draw);
            assert_memory_equal(a.to, b.to, sizeof a.to);
            assert_memory_equal(a.random, b.random, sizeof a.random);
            assert_memory_equal(a.fields, b.fields, sizeof a.fields);
            assert_memory_equal(a.probabilities, b.probabilities, sizeof a.probabilities);
            assert_memory_equal(a.on_fields, b.on_fields, sizeof a.on_fields);
            assert_memory_equal(a.on_bias, b.on_bias, sizeof a.on_bias);
            assert_memory_equal(a.n_moves, b.n_moves, sizeof a.n_moves);
        }
}

/* What threads that share a draw ask for: streams passed on, fields of more chains. */
static void parts_of_a_draw_are_the_whole(void **state)
{
    (void)state;
    static bench a, b;
    static int32_t fields[TO_WORDS][CHAINS + 3][64];

    for (int k = 0; k < heat_isa_count(); k++) {
        const heat_layer_kernel *kernel = heat_isa_at(k)->layers;
        prepare(&a, 3, true, HEAT_FLIP_HEAT_BATH);
        prepare(&b, 3, true, HEAT_FLIP_HEAT_BATH);
        want_all(&a);
        want_all(&b);
        kernel->draw(&a.table, &a.draw);
        (kernel->skip)(CHAINS, TO_WORDS, b.draw.random);
        assert_memory_equal(a.random, b.random, sizeof a.random);
        prepare(&b, 3, true, HEAT_FLIP_HEAT_BATH);
        want_all(&b);
        b.draw.fields = fields[0][2];
        b.draw.n_fields = CHAINS + 3;
        kernel->draw(&b.table, &b.draw);
        assert_memory_equal(a.to, b.to, sizeof a.to);
        for (int w = 0; w < TO_WORDS; w++)
            assert_memory_equal(a.fields[w], fields[w][2], sizeof a.fields[w]);
    }
}

/* Word by word, with streams past those before it: what threads that share the words of a layer do. */
static void words_of_a_draw_are_the_whole(void **state)
{
    (void)state;
    static bench a, b;
    static uint32_t random[CHAINS][4][LANES];

    for (int k = 0; k < heat_isa_count(); k++)
        for (int trial = 0; trial < 4; trial++) {
            const heat_layer_kernel *kernel = heat_isa_at(k)->layers;
            const heat_flip_rule rule = trial & 1 ? HEAT_FLIP_HEAT_BATH : HEAT_FLIP_METROPOLIS;
            int64_t on_fields[CHAINS] = {0}, on_bias[CHAINS] = {0}, n_moves[CHAINS] = {0};
            prepare(&a, 7, trial & 2, rule);
            prepare(&b, 7, trial & 2, rule);
            want_all(&a);
            kernel->draw(&a.table, &a.draw);
            for (int w = 0; w < TO_WORDS; w++) {
                const heat_layer_rows table = {N_FROM, w < TO_WORDS - 1 ? 64 : N_TO - 64 * w, b.rows[w][0],
                                               b.bias + 64 * w};
                uint64_t to[CHAINS];
                want_all(&b);
                memset(b.n_moves, 0, sizeof b.n_moves);
                memcpy(random, b.random, sizeof random);
                (kernel->skip)(CHAINS, w, random[0][0]);
                for (int c = 0; c < CHAINS; c++)
                    to[c] = b.to[c][w];
                b.draw.to = to;
                b.draw.random = random[0][0];
                b.draw.fields = b.fields[w][0];
                b.draw.reference = trial & 2 ? b.reference + 64 * w : NULL;
                kernel->draw(&table, &b.draw);
                for (int c = 0; c < CHAINS; c++) {
                    assert_true(to[c] == a.to[c][w]);
                    on_fields[c] += b.on_fields[c];
                    on_bias[c] += b.on_bias[c];
                    n_moves[c] += b.n_moves[c];
                }
            }
            assert_memory_equal(random, a.random, sizeof random);
            assert_memory_equal(a.fields, b.fields, sizeof a.fields);
            assert_memory_equal(a.on_fields, on_fields, sizeof on_fields);
            assert_memory_equal(a.on_bias, on_bias, sizeof on_bias);
            assert_memory_equal(a.n_moves, n_moves, sizeof n_moves);
        }
}

/* log (1 + exp(x)) */
static double softplus(double x)
{
    return fmax(0, x) + log1p(exp(-fabs(x)));
}

static void gains_are_log_ratios(void **state)
{
    (void)state;
    static const double before[CHAINS] = {0, 0.04999, 0.4, 0, 0.9, 2.4, 0.71};
    static bench b;
    static int32_t kept_bias[FROM_UNITS];
    static float kept_reference[FROM_UNITS], scale_before[CHAINS], reference_before[CHAINS];
    double plain[CHAINS];

    prepare(&b, 0, true, HEAT_FLIP_HEAT_BATH);
    want_all(&b);
    heat_isa_at(0)->layers->draw(&b.table, &b.draw);
    for (int i = 0; i < N_FROM; i++) {
        kept_bias[i] = (int32_t)((i % 11 - 5) / unit_size);
        kept_reference[i] = (float)(i % 7 - 3) / 4;
    }
    for (int c = 0; c < CHAINS; c++) {
        scale_before[c] = (float)(before[c] * unit_size / log(2));
        reference_before[c] = (float)(1 - before[c]);
    }
    for (int k = 0; k < heat_isa_count(); k++) {
        double gain[CHAINS] = {0};
        heat_layer_gain g = {CHAINS,         N_FROM,       N_TO,    b.from[0],        b.fields[0][0],
                             kept_bias,      scale_before, b.scale, reference_before, b.reference_scale,
                             kept_reference, b.reference,  gain};
        heat_isa_at(k)->layers->gain(&g);
        for (int c = 0; c < CHAINS; c++) {
            double size = 1, d = b.beta[c] - before[c], sum = 0;
            for (int j = 0; j < N_TO; j++) {
                double f = unit_size * (double)field_of(&b, c, j), r = b.reference_odds[j];
                sum += softplus(b.beta[c] * f + (1 - b.beta[c]) * r) -
                       softplus(before[c] * f + (1 - before[c]) * r);
                size += fabs(d * f);
            }
            for (int i = 0; i < N_FROM; i++)
                sum += is_on(b.from[c], i)
                           ? d * (unit_size * kept_bias[i] - (double)kept_reference[i] * log(2))
                           : 0;
            assert_true(fabs(gain[c] - sum) < 2e-6 * size);
            assert_true(d != 0 || gain[c] == 0);
            plain[c] = k == 0 ? gain[c] : plain[c];
            assert_true(gain[c] == plain[c]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_as_the_rule),           cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(sums_of_many_chains_are_exact), cmocka_unit_test(sums_of_few_rows_are_exact),
        cmocka_unit_test(fields_can_be_given),           cmocka_unit_test(instances_agree),
        cmocka_unit_test(parts_of_a_draw_are_the_whole), cmocka_unit_test(words_of_a_draw_are_the_whole),
        cmocka_unit_test(gains_are_log_ratios),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
