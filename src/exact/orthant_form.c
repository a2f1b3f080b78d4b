/* min x M x / 2 - g.x over x >= 0. At its lowest point, with S where x is above 0,
 *
 *     M_SS x_S = g_S,   x_S > 0,   (M x - g)_j >= 0 elsewhere.
 *
 * Of a positive definite M these conditions have one solution, to which active sets lead: the number whose
 * slope falls most joins S, those that would turn negative leave it, and the form falls with every step
 * (Lawson and Hanson, Solving Least Squares Problems (1974), ch. 23; Bro and De Jong, J. Chemometrics 11
 * (1997) 393). They begin at what descents along single coordinates found.
 *
 * Else there may be many, or the form may fall without end. A lowest point has an S with M_SS positive
 * definite: along a direction in which the form is flat one can go until a number is 0. So all such S are
 * walked, each one unit more than one before it, with a row more of Cholesky's factor; where the next pivot
 * is not above 0 no larger set is one. There the direction d = (-M_SS^-1 M_Sk, 1) has d M d <= 0: if it is
 * nowhere negative, the form falls along it without end. That finds all: where a form is not strictly
 * copositive, but is on every smaller set of numbers, those sets are positive (semi)definite (Hadeler, Linear
 * Algebra Appl. 49 (1983) 79; Valiaho, ibid. 81 (1986) 19). */
#include "exact/orthant_form.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "random/stream.h"
#include "stats/cholesky.h"

#include <math.h>
#include <string.h>

enum { MOST_WALKED = 24, SWEEPS = 2000, WARM_SWEEPS = 100, NODES_A_LOOK = 4096 };
static const double least_pivot = 1e-13, is_flat = 1e-12, is_slope = 1e-9, is_still = 1e-15, is_far = 1e8;

typedef struct search {
    const heat_orthant_form *form;
    double *x, *best, *slope, *part; /* [n] each; the last two are work space */
    double *factor;                  /* [n][n] */
    int32_t *set, n_set;             /* S, and how many */
    double lowest;                   /* at `best` */
    double size;                     /* of M: its largest element */
    bool is_endless, is_halted;
    bool is_flat; /* along some x, which is then no proof against larger sets */
    int64_t n_nodes;
} search;

static void clear(search *s)
{
    heat_free(s->x);
    heat_free(s->best);
    heat_free(s->slope);
    heat_free(s->part);
    heat_free(s->factor);
    heat_free(s->set);
}

static heat_status init(heat_context *ctx, const heat_orthant_form *f, search *s)
{
    double **rows[] = {&s->x, &s->best, &s->slope, &s->part};
    heat_status status = heat_alloc(ctx, (int64_t)f->n * f->n, sizeof *s->factor, &s->factor);

    s->form = f;
    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, f->n, sizeof **rows[k], rows[k]);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, f->n, sizeof *s->set, &s->set);
    for (int64_t k = 0; k < (int64_t)f->n * f->n; k++)
        s->size = fmax(s->size, fabs(f->m[k]));
    return status;
}

static double value_at(const heat_orthant_form *f, const double *x)
{
    double sum = 0;

    for (int64_t i = 0; i < f->n; i++) {
        double row = 0;
        for (int64_t j = 0; j < f->n && x[i] != 0; j++)
            row += f->m[i * f->n + j] * x[j];
        sum += x[i] * (row / 2 - f->g[i]);
    }
    return sum;
}

/* g - M x: what falls. */
static void find_slope(const search *s)
{
    const heat_orthant_form *f = s->form;

    for (int64_t i = 0; i < f->n; i++) {
        s->slope[i] = f->g[i];
        for (int64_t j = 0; j < f->n; j++)
            s->slope[i] -= f->m[i * f->n + j] * s->x[j];
    }
}

/* --- descents along coordinates --- */

/* True if x has gone so far that its direction is one in which the form falls without end. */
static bool is_runaway(const search *s)
{
    const heat_orthant_form *f = s->form;
    double norm = 0, form = 0, along = 0;

    for (int32_t i = 0; i < f->n; i++)
        norm += s->x[i] * s->x[i];
    for (int64_t i = 0; i < f->n; i++) {
        for (int64_t j = 0; j < f->n; j++)
            form += s->x[i] * f->m[i * f->n + j] * s->x[j];
        along += f->g[i] * s->x[i];
    }
    return form < -is_flat * s->size * norm ||
           (form <= is_flat * s->size * norm && along > 0 && norm > is_far);
}

static void descend(search *s, int sweeps)
{
    const heat_orthant_form *f = s->form;

    find_slope(s);
    for (int t = 0; t < sweeps; t++) {
        double most = 0, largest = 0;
        for (int64_t i = 0; i < f->n; i++) {
            double to = fmax(0, s->x[i] + s->slope[i] / f->m[i * f->n + i]), step = to - s->x[i];
            for (int64_t j = 0; j < f->n && step != 0; j++)
                s->slope[j] -= f->m[j * f->n + i] * step;
            s->x[i] = to;
            most = fmax(most, fabs(step));
            largest = fmax(largest, to);
        }
        if (!(most > is_still * largest))
            return;
        if (t % 16 == 15 && is_runaway(s)) {
            s->is_endless = true;
            return;
        }
    }
}

/* --- active sets --- */

/* s->part: the lowest point with the numbers of S free, the others 0; false where M_SS is not positive
 * definite. */
static bool solve(search *s)
{
    const heat_orthant_form *f = s->form;
    int64_t k = s->n_set;

    for (int64_t a = 0; a < k; a++) {
        for (int64_t b = 0; b <= a; b++)
            s->factor[a * k + b] = f->m[(int64_t)s->set[a] * f->n + s->set[b]];
        s->part[a] = f->g[s->set[a]];
    }
    if (heat_cholesky_factor((int32_t)k, s->factor, least_pivot) < k)
        return false;
    heat_cholesky_solve((int32_t)k, s->factor, s->part);
    return true;
}

static void list_set(search *s)
{
    s->n_set = 0;
    for (int32_t i = 0; i < s->form->n; i++)
        if (s->x[i] > 0)
            s->set[s->n_set++] = i;
}

/* x goes to the lowest point of S, as far as no number turns negative; those that would leave S. `fresh` (-1:
 * none) has joined it at 0. False where M_SS is not positive definite. */
static bool settle(search *s, int32_t fresh)
{
    list_set(s);
    if (fresh >= 0)
        s->set[s->n_set++] = fresh;
    for (;;) {
        double way = 1;
        int32_t first = -1, kept = 0;
        if (!solve(s))
            return false;
        for (int32_t a = 0; a < s->n_set; a++) {
            double from = s->x[s->set[a]], room = from / (from - s->part[a]);
            if (!(s->part[a] > 0) && room < way) {
                way = room;
                first = a;
            }
        }
        for (int32_t a = 0; a < s->n_set; a++) {
            double *x = &s->x[s->set[a]];
            *x = a == first ? 0 : fmax(0, *x + way * (s->part[a] - *x));
        }
        if (first < 0)
            return true;
        for (int32_t a = 0; a < s->n_set; a++)
            if (s->x[s->set[a]] > 0 && a != first)
                s->set[kept++] = s->set[a];
        s->n_set = kept;
    }
}

/* The number outside S along which the form falls most; -1: none does. */
static int32_t find_fall(const search *s, double tolerance)
{
    int32_t at = -1;

    find_slope(s);
    for (int32_t i = 0; i < s->form->n; i++)
        if (s->x[i] == 0 && s->slope[i] > tolerance && (at < 0 || s->slope[i] > s->slope[at]))
            at = i;
    return at;
}

static double slope_scale(const search *s)
{
    double g = 0, x = 0;

    for (int32_t i = 0; i < s->form->n; i++) {
        g = fmax(g, fabs(s->form->g[i]));
        x = fmax(x, s->x[i]);
    }
    return g + s->size * x;
}

/* The conditions at x. */
static bool is_lowest(const search *s)
{
    double tolerance = is_slope * slope_scale(s);

    find_slope(s);
    for (int32_t i = 0; i < s->form->n; i++)
        if (!(s->slope[i] <= tolerance) || (s->x[i] > 0 && !(s->slope[i] >= -tolerance)))
            return false;
    return true;
}

static void run_active_set(heat_context *ctx, search *s)
{
    bool is_settled;

    descend(s, WARM_SWEEPS);
    is_settled = settle(s, -1);
    for (int64_t t = 0; t < 3 * (int64_t)s->form->n + 100 && is_settled && !heat_halted(ctx); t++) {
        int32_t fresh = find_fall(s, least_pivot * slope_scale(s));
        if (fresh < 0)
            break;
        is_settled = settle(s, fresh);
    }
    memcpy(s->best, s->x, (size_t)s->form->n * sizeof *s->best);
}

/* --- all sets --- */

/* x_S where its value would be the lowest so far. y is L^-1 g. */
static void weigh_set(search *s, const double *y)
{
    int32_t k = s->n_set, n = s->form->n;
    double value = 0;

    for (int32_t a = 0; a < k; a++)
        value -= y[a] * y[a] / 2;
    if (!(value < s->lowest))
        return;
    for (int32_t a = k - 1; a >= 0; a--) {
        double sum = y[a];
        for (int32_t b = a + 1; b < k; b++)
            sum -= s->factor[(int64_t)b * n + a] * s->part[b];
        s->part[a] = sum / s->factor[(int64_t)a * n + a];
        if (!(s->part[a] > 0))
            return;
    }
    s->lowest = value;
    memset(s->best, 0, (size_t)n * sizeof *s->best);
    for (int32_t a = 0; a < k; a++)
        s->best[s->set[a]] = s->part[a];
}

/* Whether the form falls without end along d, the last row of the factor and its pivot being of unit `next`.
 */
static bool falls_along(search *s, int32_t next, double pivot)
{
    int32_t k = s->n_set, n = s->form->n;
    const double *row = s->factor + (int64_t)k * n;
    double along = s->form->g[next];

    for (int32_t a = k - 1; a >= 0; a--) {
        double sum = -row[a];
        for (int32_t b = a + 1; b < k; b++)
            sum -= s->factor[(int64_t)b * n + a] * s->part[b];
        s->part[a] = sum / s->factor[(int64_t)a * n + a];
        if (s->part[a] < -is_flat)
            return false;
        along += s->form->g[s->set[a]] * s->part[a];
    }
    s->is_flat |= !(pivot < -is_flat * s->size);
    return pivot < -is_flat * s->size || along > 0; /* a flat direction is harmless unless g leads along it */
}

/* All sets that hold S and none but later units besides. */
static void walk(heat_context *ctx, search *s, int32_t first, double *y)
{
    const heat_orthant_form *f = s->form;
    int64_t n = f->n, k = s->n_set;
    double *row = s->factor + k * n;

    if (s->n_nodes++ % NODES_A_LOOK == 0)
        s->is_halted = heat_halted(ctx);
    for (int32_t next = first; next < n && !s->is_endless && !s->is_halted; next++) {
        double pivot = f->m[next * n + next], along = f->g[next];
        for (int64_t a = 0; a < k; a++) {
            double sum = f->m[next * n + s->set[a]];
            for (int64_t b = 0; b < a; b++)
                sum -= s->factor[a * n + b] * row[b];
            row[a] = sum / s->factor[a * n + a];
            pivot -= row[a] * row[a];
            along -= row[a] * y[a];
        }
        if (!(pivot > is_flat * s->size)) {
            s->is_endless = falls_along(s, next, pivot);
            continue;
        }
        row[k] = sqrt(pivot);
        y[k] = along / row[k];
        s->set[k] = next;
        s->n_set++;
        weigh_set(s, y);
        walk(ctx, s, next + 1, y);
        s->n_set--;
    }
}

/* --- descents --- */

static void begin(int64_t start, heat_stream *stream, const search *s)
{
    const heat_orthant_form *f = s->form;

    for (int64_t i = 0; i < f->n; i++) {
        double scale = 1 + fabs(f->g[i]) / f->m[i * f->n + i], u = heat_stream_uniform(stream);
        bool is_on = heat_stream_uniform(stream) < 0.5;
        s->x[i] = start == 0 ? 0 : start == 1 ? scale : is_on ? -scale * log(1 - u) : 0;
    }
}

static void run_descents(heat_context *ctx, search *s, int64_t starts, uint64_t seed)
{
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_INITIAL, 0);
    for (int64_t k = 0; k < starts && !s->is_endless && (k == 0 || !heat_halted(ctx)); k++) {
        double value;
        begin(k, &stream, s);
        descend(s, SWEEPS);
        if (!s->is_endless)
            settle(s, -1); /* to the last digit; a saddle stays as it is */
        value = value_at(s->form, s->x);
        if (value < s->lowest) {
            s->lowest = value;
            memcpy(s->best, s->x, (size_t)s->form->n * sizeof *s->best);
        }
    }
}

static void search_sets(heat_context *ctx, search *s, bool may_prove, int64_t starts, uint64_t seed,
                        heat_orthant_minimum *minimum)
{
    double y[MOST_WALKED];

    minimum->road = may_prove && s->form->n <= MOST_WALKED ? "supports" : "coordinate descent";
    if (s->form->n <= MOST_WALKED && may_prove) {
        walk(ctx, s, 0, y);
        minimum->is_proved = !s->is_halted && !s->is_flat;
    } else {
        run_descents(ctx, s, starts, seed);
    }
}

static bool is_definite(const search *s)
{
    int32_t n = s->form->n;

    memcpy(s->factor, s->form->m, (size_t)n * (size_t)n * sizeof *s->factor);
    return heat_cholesky_factor(n, s->factor, least_pivot) == n;
}

heat_status heat_orthant_form_minimise(heat_context *ctx, const heat_orthant_form *f, bool may_prove,
                                       int64_t starts, uint64_t seed, double *x,
                                       heat_orthant_minimum *minimum)
{
    search s = {.lowest = 0}; /* at x = 0 */
    heat_status status = init(ctx, f, &s);

    *minimum = (heat_orthant_minimum){.road = "active set"};
    if (status != HEAT_OK)
        goto out;
    for (int64_t i = 0; i < f->n; i++)
        s.is_endless |= !(f->m[i * f->n + i] > 0);
    if (!s.is_endless && is_definite(&s)) {
        run_active_set(ctx, &s);
        minimum->is_proved = is_lowest(&s);
    } else if (!s.is_endless) {
        search_sets(ctx, &s, may_prove, starts, seed, minimum);
        memcpy(s.x, s.best, (size_t)f->n * sizeof *s.x);
        minimum->is_proved &= is_lowest(&s);
    }
    minimum->is_endless = s.is_endless;
    minimum->value = value_at(f, s.best);
    memcpy(x, s.best, (size_t)f->n * sizeof *x);
out:
    clear(&s);
    return status;
}
