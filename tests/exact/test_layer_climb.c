/* Steps of learning of all shapes by the kernel of layers: as many rows of data and of dreams as fill a
 * block, go beyond it, or have no partner; one row that outweighs all others; means that are all one. Every
 * instruction set gives the same bits, and the mean over steps is the gradient. */
#include "kernel/isa.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum {
    N_X = 70, /* a word and a bit, as of y */
    N_Y = 65,
    WORDS = 2,
    UNITS = WORDS * HEAT_LAYER_WORD,
    MOST_ROWS = 520,
    MOST_BLOCKS = 3,
    TURNS = 256,
    CANARY = 0x5a5a
};

typedef struct shape {
    int32_t n_data, n_dreams;
    double largest; /* weight of the first row of data; of the others 1 */
    uint32_t turn;  /* of the first step */
    bool is_full;   /* all units of x are on: no list can be longer */
} shape;

static const shape shapes[] = {
    {1, 1, 1, 0, false},
    {0, 3, 1, 0, false},
    {2, 0, 1, 0, false},
    {127, 127, 1, 0, false},
    {128, 128, 1, UINT32_MAX - TURNS / 2, false}, /* steps are counted past the last number */
    {129, 129, 1, 0, false},
    {255, 256, 1, 0, false},
    {260, 100, 1, 0, false},
    {44, 257, 1, 0, false},
    {130, 130, 1e6, 0, false},
    {130, 130, 0, 0, false},
    {128, 128, 1, 0, true},
    {200, 256, 1, 0, true},
};

/* What a step reads. */
typedef struct rows {
    uint64_t x[MOST_ROWS * WORDS];
    float y[WORDS * MOST_ROWS * HEAT_LAYER_WORD];
    double weight[MOST_ROWS];
    int32_t n;
} rows;

/* What it writes; behind each array of work space a number that must stay. */
typedef struct step {
    float w[WORDS][UNITS][64], y_gain[UNITS];
    double x_gain[N_X];
    float x_sum[WORDS][UNITS], x_size[WORDS][UNITS], y_sum[WORDS][UNITS], y_size[WORDS][UNITS];
    int32_t up[WORDS][UNITS][64], down[WORDS][UNITS][64];
} step;

static bool is_on(const rows *r, int64_t row, int64_t i)
{
    return r->x[row * WORDS + i / 64] >> (i % 64) & 1;
}

static double mean_of(const rows *r, int64_t row, int64_t j)
{
    return (double)r->y[(j / 64 * r->n + row) * 64 + j % 64];
}

/* Unit 0 of y is on for sure, and so is unit 0 of x in all data, and unit 1 in all rows. */
static void fill(const shape *s, heat_stream *stream, rows *r)
{
    memset(r, 0, sizeof *r);
    r->n = s->n_data + s->n_dreams;
    for (int64_t row = 0; row < r->n; row++) {
        const bool is_data = row < s->n_data;
        r->weight[row] = is_data ? (row == 0 ? s->largest : 1) / s->n_data : -1.0 / s->n_dreams;
        for (int64_t i = 0; i < N_X; i++) {
            const bool on = s->is_full || (i < 2 ? i == 1 || is_data : heat_stream_uniform(stream) < 0.6);
            r->x[row * WORDS + i / 64] |= (uint64_t)on << (i % 64);
        }
        for (int64_t j = 0; j < N_Y; j++)
            r->y[(j / 64 * r->n + row) * 64 + j % 64] = j == 0 ? 1 : (float)heat_stream_uniform(stream);
    }
}

/* What a step goes by besides. */
typedef struct motion {
    double rate, decay, x_offset[N_X], y_offset;
    float w[WORDS][UNITS][64]; /* before it */
} motion;

/* Leaves the gradient. */
static const motion plain = {.rate = 1};

static void make_step(const heat_layer_kernel *kernel, const shape *s, const rows *r, const motion *m,
                      uint32_t turn, step *out)
{
    const int64_t n_blocks = heat_layer_blocks(heat_layer_pairs(s->n_data, s->n_dreams));
    const int64_t n_list = WORDS * n_blocks * HEAT_LAYER_LISTS,
                  n_rounded = n_blocks * HEAT_LAYER_CASES * HEAT_LAYER_NEAR * HEAT_LAYER_WORD;
    static uint16_t list[WORDS * MOST_BLOCKS * HEAT_LAYER_LISTS + 1];
    static int16_t rounded[MOST_BLOCKS * HEAT_LAYER_CASES * HEAT_LAYER_NEAR * HEAT_LAYER_WORD + 1];
    heat_layer_climb c = {.n_x = N_X,
                          .n_y = N_Y,
                          .n_data = s->n_data,
                          .n_dreams = s->n_dreams,
                          .x = r->x,
                          .y = r->y,
                          .weight = r->weight,
                          .turn = turn,
                          .rounded = rounded,
                          .list = list,
                          .w = out->w[0][0],
                          .rate = m->rate,
                          .decay = m->decay,
                          .x_offset = m->x_offset,
                          .y_offset = m->y_offset,
                          .y_gain = out->y_gain,
                          .x_gain = out->x_gain,
                          .per_unit = 1024,
                          .up = out->up[0][0],
                          .down = out->down[0][0],
                          .x_sum = out->x_sum[0],
                          .x_size = out->x_size[0],
                          .y_sum = out->y_sum[0],
                          .y_size = out->y_size[0]};

    memset(out, 0, sizeof *out);
    memcpy(out->w, m->w, sizeof out->w);
    memset(rounded, 0x3c, sizeof rounded); /* as an earlier step may have left it */
    memset(list, 0x3c, sizeof list);
    list[n_list] = CANARY;
    rounded[n_rounded] = CANARY;
    for (int32_t word = 0; word < WORDS; word++)
        kernel->list_rows(&c, word);
    for (int32_t word = 0; word < WORDS; word++)
        kernel->climb(&c, word);
    assert_int_equal(list[n_list], CANARY);
    assert_int_equal(rounded[n_rounded], CANARY);
}

/* The unit that means are rounded to, of weights: 16 bits hold a block's sum of the largest. */
static double unit_of(const shape *s, const rows *r)
{
    const int64_t n = heat_layer_pairs(s->n_data, s->n_dreams), n_blocks = heat_layer_blocks(n);
    double largest = 0;

    for (int32_t row = 0; row < r->n; row++)
        largest = fmax(largest, fabs(r->weight[row]));
    return largest / (double)(INT16_MAX / ((n + n_blocks - 1) / n_blocks) - 1);
}

/* Phases are spread more evenly than chance over rows and steps: what is left falls as one over their number,
 * but for the logarithms. A row that is missed, weighs what another does, or is in another's case, is far
 * more than that. */
static void check_gradient(const shape *s, const rows *r, double (*mean)[N_Y], const step *last)
{
    const double unit = unit_of(s, r);

    for (int i = 0; i < N_X; i++)
        for (int j = 0; j < N_Y; j++) {
            double gain = 0, size = 0, x_gain = 0;
            int64_t n_on = 0;
            for (int32_t row = 0; row < r->n; row++) {
                const double part = is_on(r, row, i) ? r->weight[row] * mean_of(r, row, j) : 0;
                gain += part;
                size += fabs(part);
                n_on += is_on(r, row, i);
                x_gain += is_on(r, row, i) ? r->weight[row] : 0;
            }
            /* What is on in all rows has what y itself gains: centred, it moves by nothing. */
            assert_true(i != 1 || last->w[j / 64][i][j % 64] == last->y_gain[j]);
            assert_true(fabs(last->x_gain[i] - x_gain) < 1e-12 * (1 + size));
            assert_true(fabs((double)last->w[j / 64][i][j % 64] - gain) <=
                        2.5 * unit * sqrt((double)n_on) + 1e-6 * size);
            assert_true(fabs(mean[i][j] - gain) <= 0.2 * unit * sqrt((double)n_on) + 1e-6 * size);
        }
}

static void steps_of_all_shapes_follow_the_gradient(void **state)
{
    (void)state;
    static rows r;
    static step s, other;
    static double mean[N_X][N_Y];
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 11);
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        fill(&shapes[k], &stream, &r);
        memset(mean, 0, sizeof mean);
        for (uint32_t turn = 0; turn < TURNS; turn++) {
            make_step(heat_isa_get("auto")->layers, &shapes[k], &r, &plain, shapes[k].turn + turn, &s);
            for (int isa = 0; isa < heat_isa_count() && turn < 2; isa++) {
                make_step(heat_isa_at(isa)->layers, &shapes[k], &r, &plain, shapes[k].turn + turn, &other);
                assert_memory_equal(&s, &other, sizeof s);
            }
            for (int i = 0; i < N_X; i++)
                for (int j = 0; j < N_Y; j++)
                    mean[i][j] += (double)s.w[j / 64][i][j % 64] / TURNS;
        }
        check_gradient(&shapes[k], &r, mean, &s);
    }
}

/* Of a row alone, units with the same mean come to it together, in every step. */
static void phases_are_spread_over_units(void **state)
{
    (void)state;
    static const shape s = {100, 100, 1, 0, false};
    static rows r;
    static step out;
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 12);
    fill(&s, &stream, &r);
    for (int64_t k = 0; k < (int64_t)WORDS * r.n * 64; k++)
        r.y[k] = 0.3337f;
    for (int64_t row = 0; row < r.n; row++)
        r.x[row * WORDS] = row == 3;
    for (uint32_t turn = 0; turn < 16; turn++) {
        double mean = 0;
        make_step(heat_isa_get("auto")->layers, &s, &r, &plain, turn, &out);
        for (int j = 0; j < 64; j++)
            mean += (double)out.w[0][0][j] / 64;
        assert_true(fabs(mean - 0.3337 * r.weight[3]) < 0.1 * unit_of(&s, &r));
    }
}

/* Centred units, and weights that decay. */
static void prepare_motion(motion *m)
{
    *m = (motion){.rate = 0.5, .decay = 0.125, .y_offset = 0.5};
    for (int i = 0; i < N_X; i++) {
        m->x_offset[i] = 0.1 * (i % 9);
        for (int j = 0; j < N_Y; j++)
            m->w[j / 64][i][j % 64] = 0.01f * (float)((i * 31 + j * 17) % 101 - 50);
    }
}

/* What a step moves weight (i, j) by, but for rounding, and how far that may take it off. */
static double move_of(const shape *s, const rows *r, const motion *m, int i, int j, double *most_off)
{
    const double unit = unit_of(s, r);
    double y_gain = 0, x_gain = 0, sum = 0;

    *most_off = 1e-6;
    for (int32_t row = 0; row < r->n; row++) {
        const double y = r->weight[row] * mean_of(r, row, j);
        const bool on = is_on(r, row, i);
        y_gain += y;
        x_gain += on ? r->weight[row] : 0;
        sum += on ? y : 0;
        *most_off += m->rate * ((on ? unit : 0) + m->x_offset[i] * unit);
    }
    return m->rate * (sum - m->x_offset[i] * y_gain - m->y_offset * x_gain -
                      m->decay * (double)m->w[j / 64][i][j % 64]);
}

/* Rounding takes a step off by less than a unit a row, and in the mean over steps by nothing. */
static void steps_are_centred_and_decay(void **state)
{
    (void)state;
    static const shape s = {100, 250, 2, 0, false};
    static rows r;
    static motion m;
    static step out, other;
    static double mean[N_X][N_Y];
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 13);
    fill(&s, &stream, &r);
    prepare_motion(&m);
    for (uint32_t turn = 0; turn < 2 * TURNS; turn++) {
        make_step(heat_isa_get("auto")->layers, &s, &r, &m, turn, &out);
        for (int isa = 0; isa < heat_isa_count() && turn < 2; isa++) {
            make_step(heat_isa_at(isa)->layers, &s, &r, &m, turn, &other);
            assert_memory_equal(&out, &other, sizeof out);
        }
        for (int i = 0; i < N_X; i++)
            for (int j = 0; j < N_Y; j++)
                mean[i][j] += (double)(out.w[j / 64][i][j % 64] - m.w[j / 64][i][j % 64]) / (2 * TURNS);
    }
    for (int i = 0; i < N_X; i++)
        for (int j = 0; j < N_Y; j++) {
            double most, move = move_of(&s, &r, &m, i, j, &most);
            assert_true(fabs((double)(out.w[j / 64][i][j % 64] - m.w[j / 64][i][j % 64]) - move) < most);
            assert_true(fabs(mean[i][j] - move) < 3e-5);
        }
}

/* What a step sums up besides. */
static void steps_measure_the_weights(void **state)
{
    (void)state;
    static const shape s = {100, 250, 2, 0, false};
    static rows r;
    static motion m;
    static step out;
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 14);
    fill(&s, &stream, &r);
    prepare_motion(&m);
    make_step(heat_isa_get("auto")->layers, &s, &r, &m, 7, &out);
    for (int i = 0; i < N_X; i++) {
        double sum = 0, size = 0, x_sum = 0, x_size = 0;
        for (int j = 0; j < N_Y; j++) {
            const double w = (double)out.w[j / 64][i][j % 64];
            assert_true(fabs(out.up[j / 64][i][j % 64] - 1024 * w) <= 0.5);
            assert_int_equal(out.down[i / 64][j][i % 64], out.up[j / 64][i][j % 64]);
            sum += w;
            size += fabs(w);
        }
        for (int word = 0; word < WORDS; word++) {
            x_sum += (double)out.x_sum[word][i];
            x_size += (double)out.x_size[word][i];
        }
        assert_true(fabs(x_sum - sum) < 1e-4 && fabs(x_size - size) < 1e-6 * size);
    }
    for (int word = 0; word < WORDS; word++)
        for (int j = 0; j < N_Y; j++) {
            double sum = 0, size = 0;
            for (int i = 64 * word; i < 64 * word + 64 && i < N_X; i++) {
                sum += m.x_offset[i] * (double)out.w[j / 64][i][j % 64];
                size += fabs((double)out.w[j / 64][i][j % 64]);
            }
            assert_true(fabs((double)out.y_sum[word][j] - sum) < 1e-4);
            assert_true(fabs((double)out.y_size[word][j] - size) < 1e-6 * size);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_all_shapes_follow_the_gradient),
        cmocka_unit_test(phases_are_spread_over_units),
        cmocka_unit_test(steps_are_centred_and_decay),
        cmocka_unit_test(steps_measure_the_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
