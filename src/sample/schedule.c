/* Schedules: by the user's word, or from the sizes of the energy changes that a single flip can make. */
#include "sample/schedule.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "random/stream.h"

#include <math.h>
#include <string.h>

/* Of a flat energy: any temperature will do. */
const heat_schedule heat_schedule_flat = {.kind = HEAT_SCHEDULE_GEOMETRIC, .hot = 1, .cold = 1};

enum { PROBE_ROWS = 16, MOST_PROBES = 256 };

static const char *const kinds[] = {"linear", "geometric", "cyclic"};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

const char *heat_schedule_name(const heat_schedule *schedule)
{
    return kinds[schedule->kind];
}

/* The number before the next `end`, which is stepped over. */
static bool read_number(const char **c, char end, double *value)
{
    size_t length = strcspn(*c, ":");

    if (!heat_parse_real(*c, length, value) || (*c)[length] != end)
        return false;
    *c += length + 1;
    return true;
}

static bool read_kind(const char **c, heat_schedule_kind *kind)
{
    size_t length = strcspn(*c, ":");

    for (int k = 0; k < N_KINDS; k++)
        if (strlen(kinds[k]) == length && strncmp(*c, kinds[k], length) == 0 && (*c)[length] == ':') {
            *kind = (heat_schedule_kind)k;
            *c += length + 1;
            return true;
        }
    return false;
}

heat_status heat_schedule_parse(heat_context *ctx, const char *text, heat_schedule *schedule)
{
    static const double longest = 1e15;
    const char *c = text;
    double period = 0;

    *schedule = heat_schedule_flat;
    if (!read_kind(&c, &schedule->kind))
        return heat_fail_option(
            ctx, "schedule", text,
            "'%.80s' is not linear:hot:cold, geometric:hot:cold or cyclic:hot:cold:period", text);
    if (!read_number(&c, ':', &schedule->hot) ||
        !read_number(&c, schedule->kind == HEAT_SCHEDULE_CYCLIC ? ':' : '\0', &schedule->cold) ||
        !(schedule->cold > 0 && schedule->hot >= schedule->cold))
        return heat_fail_option(ctx, "schedule", text,
                                "'%.80s': hot and cold must be temperatures with hot >= cold > 0%s", text,
                                schedule->kind == HEAT_SCHEDULE_CYCLIC ? ", and a period follows" : "");
    if (schedule->kind != HEAT_SCHEDULE_CYCLIC)
        return HEAT_OK;
    if (!read_number(&c, '\0', &period) || !(period >= 2 && period <= longest) || period != floor(period))
        return heat_fail_option(ctx, "schedule", text, "'%.80s': a period is a number of sweeps, 2 at least",
                                text);
    schedule->period = (int64_t)period;
    return HEAT_OK;
}

/* The value below which a fraction `f` of the n > 0 values lies, by Hoare's selection (Commun. ACM 4 (1961)
 * 321): reorders them. */
static double quantile(double *values, int64_t n, double f)
{
    int64_t k = (int64_t)(f * (double)(n - 1)), low = 0, high = n - 1;

    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        int64_t a = low, b = high;
        while (a <= b) {
            while (values[a] < pivot)
                a++;
            while (values[b] > pivot)
                b--;
            if (a <= b) {
                double swap = values[a];
                values[a++] = values[b];
                values[b--] = swap;
            }
        }
        if (k > b && k < a)
            break;
        if (k <= b)
            high = b;
        else
            low = a;
    }
    return values[k];
}

/* |J| of the edge ends and |h| of the variables, in one row: value k of row[n] + n. */
static double size_of(const heat_pairwise *g, int64_t k)
{
    int64_t n_ends = g->row[g->n];

    return fabs(k < n_ends ? heat_pairwise_coupling(g, k) : g->field[k - n_ends]);
}

/* The quantile `f` of the sizes above 0; 0 if there are none, or if halted. Positive doubles are ordered as
 * their bits are: one byte after the other, from the highest, is chosen by counting, so that no copy of the
 * couplings is made.
 */
static double size_quantile(const heat_context *ctx, const heat_pairwise *g, double f)
{
    uint64_t chosen = 0, mask = 0;
    int64_t rank = -1;
    double result;

    for (int shift = 56; shift >= 0; shift -= 8) {
        int64_t counts[256] = {0}, n_sizes = 0;
        int byte = 0;
        if (heat_halted(ctx))
            return 0;
        for (int64_t k = 0; k < g->row[g->n] + g->n; k++) {
            double size = size_of(g, k);
            uint64_t bits;
            memcpy(&bits, &size, sizeof bits);
            if (size > 0 && (bits & mask) == chosen) {
                counts[bits >> shift & 255]++;
                n_sizes++;
            }
        }
        if (n_sizes == 0)
            return 0;
        if (rank < 0)
            rank = (int64_t)(f * (double)(n_sizes - 1));
        while (rank >= counts[byte])
            rank -= counts[byte++];
        chosen |= (uint64_t)byte << shift;
        mask |= (uint64_t)255 << shift;
    }
    memcpy(&result, &chosen, sizeof result);
    return result;
}

static heat_status choose_pairwise(heat_context *ctx, const heat_pairwise *g, heat_schedule *schedule)
{
    double *squares = NULL;
    int64_t n_squares = 0;
    heat_status status = heat_alloc(ctx, g->n, sizeof *squares, &squares);

    for (int32_t i = 0; i < g->n && status == HEAT_OK; i++) {
        double square = g->field[i] * g->field[i];
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            square += heat_pairwise_coupling(g, k) * heat_pairwise_coupling(g, k);
        if (square > 0)
            squares[n_squares++] = square;
    }
    if (status == HEAT_OK && n_squares > 0) {
        schedule->hot = 2 * sqrt(quantile(squares, n_squares, 0.9));
        schedule->cold = fmin(size_quantile(ctx, g, 0.1) * 2 / 7, schedule->hot);
    }
    heat_free(squares);
    return status;
}

/* Energy changes of random single moves from random states stand for the couplings that cannot be seen. */
static heat_status choose_probing(heat_context *ctx, const heat_model *model, uint64_t seed,
                                  heat_schedule *schedule)
{
    heat_model_info info;
    heat_stream stream;
    int8_t *rows = NULL, proposed[PROBE_ROWS];
    double deltas[PROBE_ROWS], sizes[MOST_PROBES];
    int64_t n_sizes = 0;
    heat_status status;

    heat_model_describe(model, &info);
    status = heat_alloc(ctx, (int64_t)PROBE_ROWS * info.n_variables, 1, &rows);
    heat_stream_init(&stream, seed, HEAT_PURPOSE_PROBE, 0);
    for (int probe = 0; probe < MOST_PROBES / PROBE_ROWS && status == HEAT_OK; probe++) {
        int32_t site = (int32_t)heat_stream_below(&stream, (uint64_t)info.n_variables);
        for (int64_t k = 0; k < (int64_t)PROBE_ROWS * info.n_variables; k++)
            rows[k] = heat_model_random_value(model, (int32_t)(k % info.n_variables), &stream);
        for (int r = 0; r < PROBE_ROWS; r++)
            proposed[r] = heat_model_random_value(model, site, &stream);
        status = heat_model_deltas(ctx, model, PROBE_ROWS, rows, site, proposed, deltas);
        for (int r = 0; r < PROBE_ROWS && status == HEAT_OK; r++)
            if (deltas[r] != 0 && isfinite(deltas[r]))
                sizes[n_sizes++] = fabs(deltas[r]);
    }
    if (status == HEAT_OK && n_sizes > 0)
        *schedule = (heat_schedule){.kind = HEAT_SCHEDULE_GEOMETRIC,
                                    .hot = quantile(sizes, n_sizes, 0.9),
                                    .cold = quantile(sizes, n_sizes, 0.1) / 20};
    heat_free(rows);
    return status;
}

heat_status heat_schedule_choose(heat_context *ctx, const heat_model *model, uint64_t seed,
                                 heat_schedule *schedule)
{
    heat_pairwise graph;
    heat_model_info info;

    *schedule = heat_schedule_flat;
    heat_model_describe(model, &info);
    if (info.n_variables == 0)
        return HEAT_OK;
    if (heat_model_get_pairwise(model, &graph))
        return choose_pairwise(ctx, &graph, schedule);
    return choose_probing(ctx, model, seed, schedule);
}

double heat_schedule_get(const heat_schedule *s, int64_t step, int64_t n_steps)
{
    double f = 1;

    if (s->period > 0) {
        n_steps = s->period < n_steps ? s->period : n_steps;
        step %= n_steps;
    }
    if (n_steps > 1)
        f = (double)step / (double)(n_steps - 1);
    return s->kind == HEAT_SCHEDULE_LINEAR ? s->hot + (s->cold - s->hot) * f
                                           : s->hot * pow(s->cold / s->hot, f);
}
