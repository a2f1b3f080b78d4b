/* The cluster kernels on lattices of many words against a plain reading of their random numbers, bond by
 * bond; and every instruction set against the plain one, bit for bit. */
#include "kernel/isa.h"
#include "pairwise_graphs.h"
#include "sample/cluster_model.h"
#include "support.h"

#include <math.h>

#include "kernel/lane.h"

static lane_int recorded_draw(lane_int state[4]);

#define CLUSTER_ISA recorded
#define CLUSTER_DRAW(state) recorded_draw(state)
#include "kernel/cluster_body.h"

enum { MOST_DRAWS = 4096, MOST_SITES = 2048 };

static struct {
    uint32_t word[MOST_DRAWS][LANES];
    int n;
} record;

static lane_int recorded_draw(lane_int state[4])
{
    lane_int draw = lane_draw(state);

    assert_true(record.n < MOST_DRAWS);
    lane_store(record.word[record.n++], draw);
    return draw;
}

static const struct shape {
    int32_t n_dimensions;
    int64_t extent[3];
    bool closed, mixed, with_field;
} shapes[] = {
    {2, {6, 7}, true, false, false},      {2, {5, 70}, true, true, false},
    {2, {4, 130}, false, true, true},     {2, {16, 64}, true, false, true},
    {3, {3, 4, 65}, true, true, false},   {3, {4, 3, 10}, true, true, true},
    {1, {300}, true, false, true},        {1, {129}, false, true, false},
    {3, {2, 2, 128}, true, false, false},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* A random lattice of a shape; a side of 2 is one bond, not two. */
static test_graph build(const struct shape *s, heat_stream *r)
{
    int64_t n = 1, stride = 1;
    test_graph g;

    for (int32_t d = 0; d < s->n_dimensions; d++)
        n *= s->extent[d];
    g = test_graph_begin((int32_t)n);
    for (int32_t d = s->n_dimensions - 1; d >= 0; stride *= s->extent[d--])
        for (int64_t i = 0; i < n; i++) {
            int64_t x = i / stride % s->extent[d];
            int64_t j = x + 1 < s->extent[d] ? i + stride : i - x * stride;
            if (x + 1 < s->extent[d] || (s->closed && s->extent[d] > 2))
                test_graph_add(&g, (int32_t)i, (int32_t)j, s->mixed ? test_pm(r) : 1);
        }
    for (int64_t i = 0; i < n && s->with_field; i++)
        g.field[i] = 0.1 * test_pm(r);
    test_graph_seal(&g, 0, false);
    return g;
}

/* One lattice under test, with all that its kernels need. */
typedef struct bench {
    test_graph graph;
    heat_cluster_model *model;
    heat_cluster_scratch scratch;
    heat_cluster_rates rates;
    heat_cluster_random random;
    int8_t spins[MOST_SITES];
    uint64_t bits[MOST_SITES];
} bench;

static void set_up(heat_context *ctx, bench *b, const struct shape *shape, double beta)
{
    heat_stream r;

    memset(b, 0, sizeof *b);
    heat_stream_init(&r, (uint64_t)(shape - shapes), HEAT_PURPOSE_TEST, 8);
    b->graph = build(shape, &r);
    assert_true(b->graph.n <= MOST_SITES);
    assert_ok(ctx,
              heat_cluster_model_create(ctx, &b->graph.view, shape->n_dimensions, shape->extent, &b->model));
    assert_true(b->model->is_lattice);
    assert_ok(ctx, heat_cluster_scratch_init(ctx, b->model, &b->scratch));
    b->rates = heat_cluster_model_get_rates(b->model, beta, NULL, NULL);
    for (int k = 0; k < 4; k++)
        for (int l = 0; l < LANES; l++)
            b->random.state[k][l] = (uint32_t)heat_stream_bits(&r);
    for (int32_t i = 0; i < b->graph.n; i++)
        b->spins[i] = (int8_t)test_pm(&r);
    heat_cluster_lattice_pack(&b->model->lattice, b->spins, b->bits);
}

static void tear_down(bench *b)
{
    heat_cluster_scratch_clear(&b->scratch);
    heat_cluster_model_free(b->model);
    test_graph_clear(&b->graph);
}

/* Bit `site - first` of the draws that begin at `from`, as the rule reads them. */
static bool read_bit(int from, int32_t bit, double p)
{
    return (record.word[from + bit / LANES][bit % LANES] >> 1) < p * 0x1p31 - 0.5;
}

static int n_draws(const heat_cluster_lattice *l, int32_t w)
{
    int32_t sites = 0;

    while (sites < 64 && (l->valid[w] >> sites & 1))
        sites++;
    return (sites + LANES - 1) / LANES;
}

/* Joins two labels the slow way. */
static void join(int32_t *label, int32_t n, int32_t a, int32_t b)
{
    int32_t low = label[a] < label[b] ? label[a] : label[b], high = label[a] < label[b] ? label[b] : label[a];

    for (int32_t i = 0; i <= n; i++)
        if (label[i] == high)
            label[i] = low;
}

/* Joins site bit `x` of word w with that of the next word across, or with the next site of the row, if their
 * bond is satisfied and its number small enough. */
static void try_bond(const bench *b, int32_t *label, int32_t i, int32_t j, int from, int32_t bit, double p)
{
    const heat_pairwise *g = &b->graph.view;

    for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
        if (g->col[k] == j && heat_pairwise_coupling(g, k) * b->spins[i] * b->spins[j] > 0 &&
            read_bit(from, bit, p))
            join(label, g->n, i, j);
}

/* The clusters that the recorded numbers make of b->spins, label n the ghost's; returns the first draw of
 * coins. */
static int read_clusters(const bench *b, double p, double p_field, int32_t *label)
{
    const heat_cluster_lattice *l = &b->model->lattice;
    const int32_t n = b->graph.n, length = l->first_site[l->words_a_row - 1] +
                                           __builtin_popcountll(l->valid[l->words_a_row - 1]);
    int at = 0;

    for (int32_t i = 0; i <= n; i++)
        label[i] = i == n ? -1 : i;
    for (int32_t w = 0; w < l->n_words; w++) {
        int32_t first = l->first_site[w], sites = __builtin_popcountll(l->valid[w]);
        for (int32_t x = 0; x < sites; x++) {
            int32_t i = first + x, along = i % length == length - 1 ? i - length + 1 : i + 1;
            try_bond(b, label, i, along, at, x, p);
        }
        at += n_draws(l, w);
        for (int32_t d = 0; d < l->n_across; d++) {
            int32_t before = l->before[d * l->n_words + w], after = l->after[d * l->n_words + w];
            for (int side = 0; side < 2; side++) {
                int32_t other = side ? after : before;
                if (other < 0 || other >= w)
                    continue;
                for (int32_t x = 0; x < sites; x++)
                    try_bond(b, label, first + x, l->first_site[other] + x, at, x, p);
                at += n_draws(l, w);
            }
        }
        for (int32_t x = 0; x < sites && l->field_down != NULL; x++)
            if (b->graph.field[first + x] * b->spins[first + x] > 0 && read_bit(at, x, p_field))
                join(label, n, first + x, n);
        at += l->field_down != NULL ? n_draws(l, w) : 0;
    }
    return at;
}

static void swendsen_wang_reads_its_numbers_right(void **state)
{
    (void)state;
    static bench b;
    static int32_t label[MOST_SITES + 1];
    heat_context *ctx = test_context();

    for (int s = 0; s < N_SHAPES; s++) {
        const double beta = 0.3;
        set_up(ctx, &b, &shapes[s], beta);
        for (int sweep = 0; sweep < 4; sweep++) {
            int8_t after[MOST_SITES];
            int turned = 0, kept = 0, n = b.graph.n;
            record.n = 0;
            swendsen_wang_lattice_recorded(&b.model->lattice, &b.rates, &b.random, &b.scratch, b.bits);
            read_clusters(&b, 1 - exp(-2 * beta), 1 - exp(-2 * beta * 0.1), label);
            heat_cluster_lattice_unpack(&b.model->lattice, b.bits, after);
            for (int32_t i = 0; i < n; i++) {
                bool turns = after[i] != b.spins[i];
                if (label[i] < 0)
                    assert_false(turns); /* the ghost's */
                else
                    assert_int_equal(turns, after[label[i]] != b.spins[label[i]]);
                if (label[i] == i) {
                    turned += turns;
                    kept += !turns;
                }
            }
            assert_true(turned > 0 && kept > 0);
            assert_true(turned + kept < 12 || (turned < 5 * kept && kept < 5 * turned));
            memcpy(b.spins, after, sizeof after);
        }
        tear_down(&b);
    }
    heat_context_free(ctx);
}

/* The cluster that Wolff turned is whole under the bonds that it drew: no drawn bond leaves it, all bonds at
 * its rim were drawn, only satisfied ones, and it is connected. */
static void check_wolff(const bench *b, const int8_t *after, int64_t size)
{
    const heat_cluster_lattice *l = &b->model->lattice;
    const heat_cluster_scratch *s = &b->scratch;
    static int32_t label[MOST_SITES + 1];
    int32_t n = b->graph.n, root = -1;
    int64_t turned = 0;

    for (int32_t i = 0; i <= n; i++)
        label[i] = i;
    for (int32_t w = 0; w < l->n_words; w++)
        for (int32_t d = 0; d <= l->n_across; d++) {
            int64_t at = (int64_t)d * l->n_words + w;
            int32_t next = d == 0 ? l->right[w] : l->after[(d - 1) * l->n_words + w];
            for (int32_t x = 0; x < __builtin_popcountll(l->valid[w]); x++) {
                bool inner = d == 0 && x + 1 < __builtin_popcountll(l->valid[w]);
                int32_t i = l->first_site[w] + x, j;
                if (!inner && next < 0)
                    continue;
                j = inner ? i + 1 : d == 0 ? l->first_site[next] : l->first_site[next] + x;
                if ((after[i] != b->spins[i]) != (after[j] != b->spins[j]))
                    assert_true(s->stamp[at] == s->move && !(s->bonds[at] >> x & 1));
                if (s->stamp[at] == s->move && (s->bonds[at] >> x & 1))
                    join(label, n, i, j);
            }
        }
    for (int32_t i = 0; i < n; i++)
        if (after[i] != b->spins[i]) {
            turned++;
            root = root < 0 ? label[i] : root;
            assert_int_equal(label[i], root);
        }
    assert_int_equal(turned, size);
}

static void wolff_turns_whole_clusters(void **state)
{
    (void)state;
    static bench b;
    heat_context *ctx = test_context();

    for (int s = 0; s < N_SHAPES; s++) {
        int64_t largest = 0;
        set_up(ctx, &b, &shapes[s], 0.5);
        for (int move = 0; move < 100; move++) {
            int8_t after[MOST_SITES];
            int64_t size;
            record.n = 0;
            size =
                wolff_lattice_recorded(&b.model->lattice, &b.rates, &b.random, &b.scratch, b.bits, b.graph.n);
            heat_cluster_lattice_unpack(&b.model->lattice, b.bits, after);
            if (memcmp(after, b.spins, (size_t)b.graph.n) != 0) /* else the ghost had it */
                check_wolff(&b, after, size);
            else
                assert_true(shapes[s].with_field);
            for (int32_t w = 0; w < b.model->lattice.n_words; w++)
                assert_true(b.scratch.inside[w] == 0 && b.scratch.coming[w] == 0);
            largest = size > largest ? size : largest;
            memcpy(b.spins, after, sizeof after);
        }
        assert_true(largest > (shapes[s].with_field || shapes[s].n_dimensions == 1 ? 4 : 40));
        tear_down(&b);
    }
    heat_context_free(ctx);
}

/* Energies by counting, against the definition. */
static void counts_are_energies(void **state)
{
    (void)state;
    static bench b;
    heat_context *ctx = test_context();

    for (int s = 0; s < N_SHAPES; s++) {
        int64_t n_broken, n_against, total, sum = 0;
        set_up(ctx, &b, &shapes[s], 0.5);
        heat_isa_get("auto")->clusters->count_lattice(&b.model->lattice, b.bits, &n_broken, &n_against,
                                                      &total);
        for (int32_t i = 0; i < b.graph.n; i++)
            sum += b.spins[i];
        assert_int_equal(total, sum);
        assert_close(b.model->bond * (double)(2 * n_broken - b.model->n_bonds) +
                         b.model->field * (double)(2 * n_against - b.graph.n),
                     test_graph_energy(&b.graph.view, b.spins), 1e-9);
        tear_down(&b);
    }
    heat_context_free(ctx);
}

static void instruction_sets_agree_to_the_last_bit(void **state)
{
    (void)state;
    static bench plain, wide;
    heat_context *ctx = test_context();

    for (int k = 1; k < heat_isa_count(); k++)
        for (int s = 0; s < N_SHAPES; s++) {
            const heat_cluster_kernel *a = heat_isa_at(0)->clusters, *b = heat_isa_at(k)->clusters;
            int32_t n;
            set_up(ctx, &plain, &shapes[s], 0.4);
            set_up(ctx, &wide, &shapes[s], 0.4);
            n = plain.graph.n;
            for (int sweep = 0; sweep < 20; sweep++) {
                a->swendsen_wang_lattice(&plain.model->lattice, &plain.rates, &plain.random, &plain.scratch,
                                         plain.bits);
                b->swendsen_wang_lattice(&wide.model->lattice, &wide.rates, &wide.random, &wide.scratch,
                                         wide.bits);
                assert_int_equal(a->wolff_lattice(&plain.model->lattice, &plain.rates, &plain.random,
                                                  &plain.scratch, plain.bits, n),
                                 b->wolff_lattice(&wide.model->lattice, &wide.rates, &wide.random,
                                                  &wide.scratch, wide.bits, n));
                assert_memory_equal(plain.bits, wide.bits, sizeof plain.bits);
                assert_memory_equal(&plain.random, &wide.random, sizeof plain.random);
            }
            tear_down(&plain);
            tear_down(&wide);
        }
    heat_context_free(ctx);
}

/* --- graphs --- */

enum { GRAPH_SITES = 45, GRAPH_ENDS = 4 * GRAPH_SITES };

/* A graph of real couplings and fields, whose edges and sites fill no whole number of draws. */
typedef struct uneven_graph {
    test_graph graph;
    heat_cluster_model *model;
    heat_cluster_scratch scratch;
    heat_cluster_rates rates;
    int32_t bonds[GRAPH_ENDS], fields[GRAPH_SITES];
    heat_cluster_random random;
    int8_t spins[GRAPH_SITES];
} uneven_graph;

static void set_up_graph(heat_context *ctx, uneven_graph *u, double beta)
{
    memset(u, 0, sizeof *u);
    u->graph = test_graph_lattice(5, GRAPH_SITES / 5, true, 0, 1);
    for (int64_t e = 0; e < u->graph.n_edges; e++)
        u->graph.coupling[e] *= 0.3 + 0.01 * (double)e;
    for (int32_t i = 0; i < GRAPH_SITES; i++)
        u->graph.field[i] = 0.01 * (i - 20);
    test_graph_seal(&u->graph, 0, false);
    assert_ok(ctx, heat_cluster_model_create(ctx, &u->graph.view, 0, NULL, &u->model));
    assert_false(u->model->is_even);
    assert_ok(ctx, heat_cluster_scratch_init(ctx, u->model, &u->scratch));
    u->rates = heat_cluster_model_get_rates(u->model, beta, u->bonds, u->fields);
    for (int32_t i = 0; i < GRAPH_SITES; i++)
        u->spins[i] = (int8_t)(i % 3 ? 1 : -1);
    for (int w = 0; w < 4 * LANES; w++)
        u->random.state[w / LANES][w % LANES] = 77u * (uint32_t)w + 1;
}

static void tear_down_graph(uneven_graph *u)
{
    heat_cluster_scratch_clear(&u->scratch);
    heat_cluster_model_free(u->model);
    test_graph_clear(&u->graph);
}

/* The clusters that the recorded numbers make: an edge a number, by later sites and then their rows; then a
 * site a number, from the next whole draw on. */
static void read_graph_clusters(const uneven_graph *u, double beta, int32_t *label)
{
    const heat_pairwise *g = &u->graph.view;
    int32_t e = 0;

    for (int32_t i = 0; i <= GRAPH_SITES; i++)
        label[i] = i == GRAPH_SITES ? -1 : i;
    for (int32_t i = 0; i < GRAPH_SITES; i++)
        for (int64_t k = g->row[i]; k < g->row[i + 1] && g->col[k] < i; k++, e++) {
            double gain = 2 * beta * heat_pairwise_coupling(g, k) * u->spins[i] * u->spins[g->col[k]];
            if (gain > 0 && read_bit(0, e, 1 - exp(-gain)))
                join(label, GRAPH_SITES, i, g->col[k]);
        }
    for (int32_t i = 0; i < GRAPH_SITES; i++) {
        double gain = 2 * beta * g->field[i] * u->spins[i];
        if (gain > 0 && read_bit((e + LANES - 1) / LANES, i, 1 - exp(-gain)))
            join(label, GRAPH_SITES, i, GRAPH_SITES);
    }
}

static void swendsen_wang_reads_its_numbers_right_on_graphs(void **state)
{
    (void)state;
    static uneven_graph u;
    const double beta = 0.6;
    heat_context *ctx = test_context();
    int turned = 0, held = 0, joined = 0;

    set_up_graph(ctx, &u, beta);
    for (int sweep = 0; sweep < 50; sweep++) {
        int32_t label[GRAPH_SITES + 1];
        int8_t after[GRAPH_SITES];
        memcpy(after, u.spins, sizeof after);
        record.n = 0;
        swendsen_wang_graph_recorded(&u.model->graph, &u.rates, &u.random, &u.scratch, after);
        read_graph_clusters(&u, beta, label);
        for (int32_t i = 0; i < GRAPH_SITES; i++) {
            bool turns = after[i] != u.spins[i];
            if (label[i] < 0)
                assert_false(turns); /* the ghost's */
            else
                assert_int_equal(turns, after[label[i]] != u.spins[label[i]]);
            turned += turns;
            held += label[i] < 0;
            joined += label[i] >= 0 && label[i] != i;
        }
        memcpy(u.spins, after, sizeof after);
    }
    assert_true(turned > 300 && held > 100 && joined > 300);
    tear_down_graph(&u);
    heat_context_free(ctx);
}

static void instruction_sets_agree_on_graphs(void **state)
{
    (void)state;
    static uneven_graph u, first;
    heat_context *ctx = test_context();

    for (int k = 0; k < heat_isa_count(); k++) {
        const heat_cluster_kernel *kernel = heat_isa_at(k)->clusters;
        set_up_graph(ctx, &u, 0.5);
        for (int sweep = 0; sweep < 50; sweep++) {
            kernel->swendsen_wang_graph(&u.model->graph, &u.rates, &u.random, &u.scratch, u.spins);
            assert_true(kernel->wolff_graph(&u.model->graph, &u.rates, &u.random, &u.scratch, u.spins) >= 1);
        }
        tear_down_graph(&u);
        if (k == 0)
            first = u;
        assert_memory_equal(first.spins, u.spins, sizeof u.spins);
        assert_memory_equal(&first.random, &u.random, sizeof u.random);
    }
    heat_context_free(ctx);
}

/* What is not a lattice of one strength is kept as a graph. */
static void other_graphs_are_no_lattices(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const int64_t extent[] = {4, 5}, wrong[] = {5, 4};

    for (int spoil = 0; spoil < 4; spoil++) {
        test_graph g = test_graph_lattice(4, 5, true, 1, 1);
        heat_cluster_model *model;
        if (spoil == 1)
            g.coupling[3] = 2;
        if (spoil == 2)
            g.i[0] = (g.i[0] + 3) % 20;
        test_graph_seal(&g, 0, true);
        assert_ok(ctx, heat_cluster_model_create(ctx, &g.view, 2, spoil == 3 ? wrong : extent, &model));
        assert_int_equal(model->is_lattice, spoil == 0);
        heat_cluster_model_free(model);
        test_graph_clear(&g);
    }
    heat_context_free(ctx);
}

static heat_status make_all(heat_context *ctx, void *arg)
{
    const test_graph *g = arg;
    const int64_t extent[] = {4, 5};
    heat_status status = HEAT_OK;

    for (int lattice = 0; lattice < 2 && status == HEAT_OK; lattice++) {
        heat_cluster_model *model;
        heat_cluster_scratch scratch = {0};
        status = heat_cluster_model_create(ctx, &g->view, 2, lattice ? extent : NULL, &model);
        if (status == HEAT_OK)
            status = heat_cluster_scratch_init(ctx, model, &scratch);
        heat_cluster_scratch_clear(&scratch);
        heat_cluster_model_free(model);
    }
    return status;
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    test_graph g = test_graph_lattice(4, 5, true, 1, 1);

    test_graph_seal(&g, 0, true);
    test_failing_allocations(make_all, &g);
    test_graph_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swendsen_wang_reads_its_numbers_right),
        cmocka_unit_test(wolff_turns_whole_clusters),
        cmocka_unit_test(counts_are_energies),
        cmocka_unit_test(instruction_sets_agree_to_the_last_bit),
        cmocka_unit_test(swendsen_wang_reads_its_numbers_right_on_graphs),
        cmocka_unit_test(instruction_sets_agree_on_graphs),
        cmocka_unit_test(other_graphs_are_no_lattices),
        cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
