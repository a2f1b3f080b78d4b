/* The way uphill to a saddle, step by step: of waves whose curvature is known, turned and stretched, the
 * points that are visited against steps by hand; both ways along; no maximum and no minimum for a saddle;
 * walls. */
#include "landscape/saddle.h"
#include "support.h"

#include <math.h>

enum { MOST = 1000 };
static const double turn = 0.5, scale[2] = {2, 0.5}, longest = 0.1;

/* U = 1 - cos 2u + 3 v^2, or 2 - cos 2u - cos 2v with two waves; u and v are turned axes of x in its scales.
 */
typedef struct waves {
    bool are_two;
    int n_visited;
    double visited[MOST + 1][2]; /* u and v where the curvature was asked for */
} waves;

static void to_axes(const double *x, double *u)
{
    u[0] = cos(turn) * x[0] / scale[0] + sin(turn) * x[1] / scale[1];
    u[1] = -sin(turn) * x[0] / scale[0] + cos(turn) * x[1] / scale[1];
}

/* Of a vector that lies along the axes, in scales. */
static void from_axes(const double *u, double *z)
{
    z[0] = cos(turn) * u[0] - sin(turn) * u[1];
    z[1] = sin(turn) * u[0] + cos(turn) * u[1];
}

static void find_slope(const waves *w, const double *u, double *slope)
{
    slope[0] = 2 * sin(2 * u[0]);
    slope[1] = w->are_two ? 2 * sin(2 * u[1]) : 6 * u[1];
}

static void find_curvature(const waves *w, const double *u, double *curvature)
{
    curvature[0] = 4 * cos(2 * u[0]);
    curvature[1] = w->are_two ? 4 * cos(2 * u[1]) : 6;
}

static heat_status evaluate(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const waves *w = self;

    (void)ctx;
    for (int64_t c = 0; c < b->n_chains; c++) {
        double u[2], slope[2], z[2];
        to_axes((double[2]){b->x[c], b->x[b->stride + c]}, u);
        find_slope(w, u, slope);
        from_axes(slope, z);
        b->energies[c] = 1 - cos(2 * u[0]) + (w->are_two ? 1 - cos(2 * u[1]) : 3 * u[1] * u[1]);
        for (int i = 0; i < 2 && b->gradients != NULL; i++)
            b->gradients[i * b->stride + c] = z[i] / scale[i];
    }
    return HEAT_OK;
}

static heat_status multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    waves *w = (waves *)(uintptr_t)self;

    (void)ctx;
    for (int64_t c = 0; c < b->n_chains; c++) {
        double u[2], curvature[2], along[2], z[2];
        to_axes((double[2]){b->x[c], b->x[b->stride + c]}, u);
        if (c == 0) {
            assert_true(w->n_visited < MOST);
            w->visited[w->n_visited][0] = u[0];
            w->visited[w->n_visited++][1] = u[1];
        }
        find_curvature(w, u, curvature);
        to_axes((double[2]){b->directions[c], b->directions[b->stride + c]}, along);
        for (int i = 0; i < 2; i++)
            along[i] *= curvature[i];
        from_axes(along, z);
        for (int i = 0; i < 2; i++)
            b->products[i * b->stride + c] = z[i] / scale[i];
    }
    return HEAT_OK;
}

/* Climbs from u along a direction; the place it ends at is left in u. */
static heat_saddle climb(waves *w, double *u, const double *along, const double *upper)
{
    heat_context *ctx = test_context();
    const double lower[2] = {-INFINITY, -INFINITY};
    heat_smooth view = {.n = 2,
                        .self = w,
                        .evaluate = evaluate,
                        .multiply = multiply,
                        .has_gradient = true,
                        .scale = scale,
                        .lower = upper == NULL ? NULL : lower,
                        .upper = upper};
    static double x[2], direction[2];
    heat_saddle s = {.x = x, .along = direction};
    heat_landscape l = {.view = NULL};
    double z[2];

    w->n_visited = 0;
    from_axes(u, z);
    from_axes(along, direction);
    for (int i = 0; i < 2; i++)
        x[i] = z[i] * scale[i];
    assert_ok(ctx, heat_landscape_open(ctx, &view, &l));
    assert_ok(ctx, heat_saddle_run(ctx, &l, &s));
    heat_landscape_close(&l);
    to_axes(x, u);
    heat_context_free(ctx);
    return s;
}

/* A tenth uphill along u while it curves up, Newton's step to the top where it curves down, and Newton's step
 * down along v; no longer than a tenth in all. */
static void step(const waves *w, double sign, double *u)
{
    double slope[2], curvature[2], move[2], length;

    find_slope(w, u, slope);
    find_curvature(w, u, curvature);
    move[0] = curvature[0] > 0 ? sign * longest : -slope[0] / curvature[0];
    move[1] = -slope[1] / curvature[1];
    length = fmax(1, hypot(move[0], move[1]) / longest);
    u[0] += move[0] / length;
    u[1] += move[1] / length;
}

static void a_climb_takes_its_steps(void **state)
{
    (void)state;
    static waves w;

    for (int k = 0; k < 8; k++) {
        const double sign = k % 2 == 0 ? 1 : -1, aside = 0.15 * (k / 2);
        double at[2] = {0, aside}, by_hand[2] = {0, aside}, turned[2];
        heat_saddle s;
        w.are_two = k >= 6; /* it curves less aside than along */
        s = climb(&w, at, (double[2]){sign, 0}, NULL);
        assert_true(s.is_saddle);
        assert_close(s.energy, 2, 1e-14);
        assert_close(at[0], sign * M_PI / 2, 1e-10);
        assert_close(at[1], 0, 1e-10);
        to_axes((double[2]){s.along[0] * scale[0], s.along[1] * scale[1]}, turned);
        assert_close(fabs(turned[0]), 1, 1e-12);
        assert_close(turned[1], 0, 1e-12);
        assert_true(w.n_visited > 15 && s.n_visited == w.n_visited);
        for (int visit = 0; visit < w.n_visited; visit++) {
            assert_close(w.visited[visit][0], by_hand[0], 1e-10);
            assert_close(w.visited[visit][1], by_hand[1], 1e-10);
            step(&w, sign, by_hand);
        }
    }
}

/* A saddle is one where it stands; a minimum is left, and so is a maximum. */
static void saddles_alone_are_taken(void **state)
{
    (void)state;
    static waves w = {.are_two = true};
    double at[2] = {M_PI / 2, 0};
    heat_saddle s = climb(&w, at, (double[2]){1, 0}, NULL);

    assert_true(s.is_saddle && s.n_visited == 1);
    at[0] = at[1] = M_PI / 2;
    s = climb(&w, at, (double[2]){1, 0}, NULL);
    assert_true(!s.is_saddle || fabs(s.energy - 2) < 1e-12);
    assert_true(s.n_visited > 1);
}

/* The way ends at a wall before the saddle. */
static void walls_end_the_way(void **state)
{
    (void)state;
    static waves w;
    const double wall[2] = {1.2, INFINITY};
    double at[2] = {0, 0};
    heat_saddle s = climb(&w, at, (double[2]){1, 0}, wall);

    assert_false(s.is_saddle);
    assert_true(s.x[0] > wall[0] && s.x[0] < wall[0] + longest * scale[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_climb_takes_its_steps),
        cmocka_unit_test(saddles_alone_are_taken),
        cmocka_unit_test(walls_end_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
