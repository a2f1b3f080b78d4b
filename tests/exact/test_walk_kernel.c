/* The kernel of walks: every instruction set against the reference bit for bit, its normal numbers against
 * the C library's functions, walls, and leapfrog forwards and back. */
#include "base/memory.h"
#include "kernel/isa.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 3, STRIDE = 24, ROWS = N * STRIDE, DRAWS = 4096 };

/* Everything a call reads and writes. */
typedef struct scene {
    _Alignas(64) heat_walk_random random;
    _Alignas(64) double x[ROWS];
    _Alignas(64) double momentum[ROWS];
    _Alignas(64) double gradient[ROWS];
    _Alignas(64) double scale[ROWS];
    _Alignas(64) double step[STRIDE];
    _Alignas(64) double spread[STRIDE];
    _Alignas(64) double energy[STRIDE];
    _Alignas(64) double draws[DRAWS + 8];
} scene;

static const double lower[N] = {-1, -INFINITY, 0}, upper[N] = {0.5, 2, INFINITY};

static void fill(double *x, int64_t n, heat_stream *stream)
{
    for (int64_t k = 0; k < n; k++)
        x[k] = heat_stream_normal(stream);
}

static scene *make_scene(void)
{
    scene *s = aligned_alloc(64, sizeof *s);
    heat_stream stream;

    memset(s, 0, sizeof *s);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 1);
    for (int k = 0; k < 4; k++)
        for (int l = 0; l < HEAT_WALK_LANES; l++)
            s->random.word[k][l] = heat_stream_bits(&stream);
    fill(s->x, ROWS, &stream);
    fill(s->momentum, ROWS, &stream);
    fill(s->gradient, ROWS, &stream);
    fill(s->scale, ROWS, &stream);
    fill(s->step, STRIDE, &stream);
    fill(s->spread, STRIDE, &stream);
    return s;
}

static heat_walk_lanes lanes_of(scene *s, bool is_scaled, bool has_walls)
{
    return (heat_walk_lanes){.n = N,
                             .stride = STRIDE,
                             .scale = is_scaled ? s->scale : NULL,
                             .lower = has_walls ? lower : NULL,
                             .upper = has_walls ? upper : NULL,
                             .x = s->x,
                             .momentum = s->momentum,
                             .gradient = s->gradient};
}

/* U = x . x / 2 */
static heat_status evaluate(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (int c = 0; c < STRIDE; c++)
        b->energies[c] = 0;
    for (int k = 0; k < ROWS; k++) {
        b->gradients[k] = b->x[k];
        b->energies[k % STRIDE] += b->x[k] * b->x[k] / 2;
    }
    return HEAT_OK;
}

/* One call after another, the next on what the last has left. */
static void run_all(const heat_walk_kernel *k, scene *s)
{
    const heat_smooth view = {.n = N, .evaluate = evaluate};
    const heat_smooth_block block = {
        .n_chains = STRIDE, .stride = STRIDE, .x = s->x, .energies = s->energy, .gradients = s->gradient};
    bool is_sound;

    k->normals(&s->random, DRAWS, s->draws);
    for (int way = 0; way < 4; way++) {
        heat_walk_lanes l = lanes_of(s, way % 2 == 1, way >= 2);
        k->refresh(&l, s->spread, s->step, s->draws + 21 * way, 21);
        k->kick(&l, s->step);
        k->drift(&l, s->step);
        assert_int_equal(k->wander(NULL, &l, &view, &block, s->step, s->spread, s->draws + 50 + 19 * way, 19,
                                   3, &is_sound),
                         HEAT_OK);
        assert_true(is_sound);
        k->kinetic(&l, s->energy);
    }
    k->uniforms(&s->random, DRAWS, s->draws);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    scene *reference = make_scene();

    run_all(&heat_walk_ref, reference);
    for (int k = 1; k < heat_isa_count(); k++) {
        scene *s = make_scene();
        run_all(heat_isa_at(k)->walks, s);
        assert_memory_equal(s, reference, sizeof *s);
        free(s);
    }
    free(reference);
}

/* Of floats: numbers of both precisions from the same words, walls, and a force. */
typedef struct single_scene {
    _Alignas(64) heat_walk_random random;
    _Alignas(64) float x[N * 32];
    _Alignas(64) float gradient[N * 32];
    _Alignas(64) float step[32];
    _Alignas(64) float spread[32];
    _Alignas(64) float energy[32];
    _Alignas(64) float draws[DRAWS + 16];
} single_scene;

static heat_status evaluate_single(heat_context *ctx, const void *self, const heat_single_block *b)
{
    (void)ctx, (void)self;
    for (int c = 0; c < 32; c++)
        b->energies[c] = 0;
    for (int k = 0; k < N * 32; k++) {
        b->gradients[k] = b->x[k];
        b->energies[k % 32] += b->x[k] * b->x[k] / 2;
    }
    return HEAT_OK;
}

static single_scene *run_singles(const heat_walk_single_kernel *k)
{
    single_scene *s = aligned_alloc(64, sizeof *s);
    scene *from = make_scene();
    const heat_smooth view = {.n = N, .evaluate_single = evaluate_single};
    const heat_single_block block = {
        .n_chains = 32, .stride = 32, .x = s->x, .energies = s->energy, .gradients = s->gradient};
    heat_single_lanes l = {.n = N, .stride = 32, .x = s->x, .gradient = s->gradient};
    bool is_sound;

    memset(s, 0, sizeof *s);
    s->random = from->random;
    for (int c = 0; c < 32; c++) {
        s->step[c] = (float)from->step[c % STRIDE];
        s->spread[c] = (float)from->spread[c % STRIDE];
    }
    k->normals(&s->random, DRAWS, s->draws);
    for (int way = 0; way < 2; way++) {
        l.lower = way == 0 ? NULL : lower;
        l.upper = way == 0 ? NULL : upper;
        assert_int_equal(
            k->wander(NULL, &l, &view, &block, s->step, s->spread, s->draws + 50, 29, 3, &is_sound), HEAT_OK);
        assert_true(is_sound);
    }
    free(from);
    return s;
}

static void floats_have_the_same_bits_everywhere(void **state)
{
    (void)state;
    single_scene *reference = run_singles(&heat_walk_single_ref);

    for (int k = 1; k < heat_isa_count(); k++) {
        single_scene *s = run_singles(heat_isa_at(k)->single_walks);
        assert_memory_equal(s, reference, sizeof *s);
        free(s);
    }
    for (int i = 0; i < N; i++)
        for (int c = 0; c < 32; c++)
            assert_true((double)reference->x[i * 32 + c] >= lower[i] &&
                        (double)reference->x[i * 32 + c] <= upper[i]);
    free(reference);
}

static uint64_t next_word(heat_walk_random *r, int l)
{
    uint64_t result = r->word[0][l] + r->word[3][l], t = r->word[1][l] << 17;

    r->word[2][l] ^= r->word[0][l];
    r->word[3][l] ^= r->word[1][l];
    r->word[1][l] ^= r->word[2][l];
    r->word[0][l] ^= r->word[3][l];
    r->word[2][l] ^= t;
    r->word[3][l] = r->word[3][l] << 45 | r->word[3][l] >> 19;
    return result;
}

static void normal_numbers_are_those_of_box_and_muller(void **state)
{
    (void)state;
    scene *s = make_scene();
    heat_walk_random r = s->random;
    double sums[5] = {0};

    heat_walk_ref.normals(&s->random, DRAWS, s->draws);
    for (int k = 0; k < DRAWS; k += 16)
        for (int l = 0; l < 8; l++) {
            double u = 1 - (double)(next_word(&r, l) >> 12) * 0x1p-52;
            double angle = 2 * M_PI * ((double)(next_word(&r, l) >> 12) * 0x1p-52 - 0.5);
            double far = sqrt(-2 * log(u));
            assert_close(s->draws[k + l], far * cos(angle), 1e-14 * (1 + far));
            assert_close(s->draws[k + 8 + l], far * sin(angle), 1e-14 * (1 + far));
        }
    for (int round = 0; round < 256; round++) {
        heat_walk_ref.normals(&s->random, DRAWS, s->draws);
        for (int k = 0; k < DRAWS; k++)
            for (int power = 1; power < 5; power++)
                sums[power] += pow(s->draws[k], power);
    }
    for (int power = 1; power < 5; power++) {
        const double n = 256.0 * DRAWS, mean[] = {1, 0, 1, 0, 3}, variance[] = {0, 1, 2, 15, 96};
        assert_close(sums[power] / n, mean[power], 5 * sqrt(variance[power] / n));
    }
    free(s);
}

/* The low and the high half of a word make a number each. */
static void normal_floats_are_those_of_box_and_muller(void **state)
{
    (void)state;
    scene *s = make_scene();
    heat_walk_random r = s->random;
    float *draws = (float *)(void *)s->draws;
    double sums[5] = {0};

    heat_walk_single_ref.normals(&s->random, DRAWS, draws);
    for (int k = 0; k < DRAWS; k += 32)
        for (int l = 0; l < 8; l++) {
            uint64_t first = next_word(&r, l), second = next_word(&r, l);
            for (int half = 0; half < 2; half++) {
                double u = (double)(float)((uint32_t)(first >> 32 * half) >> 1 | 1) * 0x1p-31;
                double turn = ((uint32_t)(second >> 32 * half) >> 9) * 0x1p-23 - 0.5;
                double far = sqrt(-2 * log(u));
                assert_close((double)draws[k + 2 * l + half], far * cos(2 * M_PI * turn), 1e-6 * (1 + far));
                assert_close((double)draws[k + 16 + 2 * l + half], far * sin(2 * M_PI * turn),
                             1e-6 * (1 + far));
            }
        }
    for (int round = 0; round < 256; round++) {
        heat_walk_single_ref.normals(&s->random, DRAWS, draws);
        for (int k = 0; k < DRAWS; k++)
            for (int power = 1; power < 5; power++)
                sums[power] += pow((double)draws[k], power);
    }
    for (int power = 1; power < 5; power++) {
        const double n = 256.0 * DRAWS, mean[] = {1, 0, 1, 0, 3}, variance[] = {0, 1, 2, 15, 96};
        assert_close(sums[power] / n, mean[power], 5 * sqrt(variance[power] / n));
    }
    free(s);
}

/* No force: a particle between walls goes to and fro as its unfolded image goes straight. */
static void walls_mirror(void **state)
{
    (void)state;
    scene *s = make_scene();
    heat_walk_lanes l = lanes_of(s, false, true);

    for (int c = 0; c < STRIDE; c++) {
        s->step[c] = 0.37 * c;
        for (int i = 0; i < N; i++)
            s->x[i * STRIDE + c] = 0.25, s->momentum[i * STRIDE + c] = i == 2 ? -1 : 1;
    }
    heat_walk_ref.drift(&l, s->step);
    for (int c = 0; c < STRIDE; c++) {
        double along = fmod(1.25 + s->step[c], 3), first = along < 1.5 ? along - 1 : 2 - along;
        double second = 0.25 + s->step[c], third = 0.25 - s->step[c];
        assert_close(s->x[c], first, 1e-13);
        assert_close(s->momentum[c], along < 1.5 ? 1 : -1, 0);
        assert_close(s->x[STRIDE + c], second <= 2 ? second : 4 - second, 1e-13);
        assert_close(s->x[2 * STRIDE + c], fabs(third), 1e-13);
        assert_close(s->momentum[2 * STRIDE + c], third >= 0 ? -1 : 1, 0);
    }
    free(s);
}

/* Too fast to count its turns: no endless loop, and no place outside. */
static void a_runaway_between_walls_stops(void **state)
{
    (void)state;
    scene *s = make_scene();
    heat_walk_lanes l = lanes_of(s, false, true);

    for (int c = 0; c < STRIDE; c++)
        s->step[c] = 1, s->x[c] = 0, s->momentum[c] = 1e30;
    heat_walk_ref.drift(&l, s->step);
    for (int c = 0; c < STRIDE; c++) {
        assert_true(s->x[c] >= lower[0] && s->x[c] <= upper[0]);
        assert_true(isinf(s->momentum[c]));
    }
    free(s);
}

/* Of every size up to two blocks of rows and a half, against sums in the order of columns. */
static void products_with_matrices_are_sums_in_order(void **state)
{
    enum { MOST = 21, LANES = 16 };
    static _Alignas(64) double from[MOST * LANES], to[MOST * LANES];
    double matrix[MOST * MOST], centre[MOST];
    heat_stream stream;

    (void)state;
    heat_stream_init(&stream, 7, HEAT_PURPOSE_SWEEP, 3);
    fill(matrix, MOST * MOST, &stream);
    fill(centre, MOST, &stream);
    fill(from, MOST * LANES, &stream);
    for (int32_t n = 1; n <= MOST; n++)
        for (int shape = HEAT_WALK_FULL; shape <= HEAT_WALK_TRANSPOSED; shape++)
            for (int isa = 0; isa < heat_isa_count(); isa++) {
                const heat_walk_kernel *kernel = heat_isa_at(isa)->walks;
                kernel->multiply(n, matrix, (heat_walk_shape)shape, LANES, from,
                                 shape == HEAT_WALK_FULL ? centre : NULL, to);
                for (int32_t i = 0; i < n; i++)
                    for (int c = 0; c < LANES; c++) {
                        double sum = 0;
                        int32_t first = shape == HEAT_WALK_TRANSPOSED ? i : 0;
                        for (int32_t j = first; j < (shape == HEAT_WALK_LOWER ? i + 1 : n); j++)
                            sum += matrix[shape == HEAT_WALK_TRANSPOSED ? j * n + i : i * n + j] *
                                   (from[j * LANES + c] - (shape == HEAT_WALK_FULL ? centre[j] : 0));
                        assert_true(to[i * LANES + c] == sum);
                    }
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(floats_have_the_same_bits_everywhere),
        cmocka_unit_test(normal_numbers_are_those_of_box_and_muller),
        cmocka_unit_test(normal_floats_are_those_of_box_and_muller),
        cmocka_unit_test(products_with_matrices_are_sums_in_order),
        cmocka_unit_test(walls_mirror),
        cmocka_unit_test(a_runaway_between_walls_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
