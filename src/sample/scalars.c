/* Order parameter, smallest Fourier mode, overlaps. The structure factor at the smallest wave vector gives
 * the second-moment correlation length (Cooper, Freedman, Preston, Nucl. Phys. B 210 (1982) 210); overlaps of
 * replicas are the order parameter of spin glasses (Parisi, Phys. Rev. Lett. 50 (1983) 1946). */
#include "sample/scalars.h"

#include <math.h>
#include <string.h>

bool heat_scalars_are_of_values(const heat_model_info *info)
{
    return info->n_states > 2 || (info->kind != NULL && strcmp(info->kind, "potts") == 0);
}

bool heat_series_is_paired(heat_series_id id)
{
    return id == HEAT_SERIES_OVERLAP || id == HEAT_SERIES_LINK;
}

bool heat_scalars_need_state(const heat_scalars *s)
{
    bool many = s->wants[HEAT_SERIES_ORDER] && heat_scalars_are_of_values(&s->info);

    return many || s->wants[HEAT_SERIES_VISIBLE] || s->wants[HEAT_SERIES_HIDDEN] ||
           s->wants[HEAT_SERIES_FOURIER] || s->wants[HEAT_SERIES_ZERO] || s->wants[HEAT_SERIES_OVERLAP] ||
           s->wants[HEAT_SERIES_LINK];
}

static void count_values(const heat_model_info *info, const int8_t *state, int32_t count[128])
{
    memset(count, 0, 128 * sizeof *count);
    for (int32_t i = 0; i < info->n_variables; i++)
        count[state[i]]++;
}

static double potts_order(const heat_model_info *info, const int8_t *state)
{
    int32_t count[128], most = 0;
    double q = info->n_states, n = info->n_variables;

    count_values(info, state, count);
    for (int32_t a = 0; a < info->n_states; a++)
        most = count[a] > most ? count[a] : most;
    return (q * most - n) / (q - 1);
}

static double zero_mode(const heat_model_info *info, const int8_t *state)
{
    double q = info->n_states, n = info->n_variables, squares = 0;
    int32_t count[128];
    int64_t sum = 0;

    for (int32_t i = 0; i < info->n_variables; i++)
        sum += state[i];
    if (!heat_scalars_are_of_values(info))
        return (double)sum * (double)sum / n;
    count_values(info, state, count);
    for (int32_t a = 0; a < info->n_states; a++)
        squares += (double)count[a] * count[a];
    return (q * squares / n - n) / (q - 1);
}

/* |sum_j s_j exp(2 pi i x_j / L)|^2 along one axis: sums over the planes first. s_j is the state, or 1 where
 * that is `value`, if it is at least 0. Sites are numbered with the last axis fastest. */
static double mode_along(const heat_model_info *info, int32_t axis, const int8_t *state, int32_t value)
{
    int64_t length = info->extent[axis], inner = 1, outer = 1;
    double real = 0, imaginary = 0;

    for (int32_t d = 0; d < axis; d++)
        outer *= info->extent[d];
    for (int32_t d = axis + 1; d < info->n_dimensions; d++)
        inner *= info->extent[d];
    for (int64_t x = 0; x < length; x++) {
        const double angle = 6.28318530717958647693 * (double)x / (double)length;
        int64_t sum = 0;
        for (int64_t o = 0; o < outer; o++)
            for (int64_t k = 0; k < inner; k++)
                sum += value < 0 ? state[(o * length + x) * inner + k]
                                 : state[(o * length + x) * inner + k] == value;
        real += (double)sum * cos(angle);
        imaginary += (double)sum * sin(angle);
    }
    return real * real + imaginary * imaginary;
}

/* Over the axes as long as the first. */
static double smallest_mode(const heat_model_info *info, const int8_t *state)
{
    const int32_t q = heat_scalars_are_of_values(info) ? info->n_states : 0;
    double sum = 0, n_axes = 0;

    for (int32_t d = 0; d < info->n_dimensions; d++)
        if (info->extent[d] == info->extent[0]) {
            if (q == 0)
                sum += mode_along(info, d, state, -1);
            for (int32_t a = 0; a < q; a++)
                sum += mode_along(info, d, state, a) * q / (q - 1);
            n_axes++;
        }
    return sum / (n_axes * info->n_variables);
}

static double overlap(const heat_model_info *info, const int8_t *a, const int8_t *b)
{
    double q = info->n_states, n = info->n_variables;
    int64_t equal = 0;

    for (int32_t i = 0; i < info->n_variables; i++)
        equal += a[i] == b[i];
    return (q * (double)equal / n - 1) / (q - 1);
}

static double link_overlap(const heat_pairwise *g, const int8_t *a, const int8_t *b)
{
    int64_t sum = 0;

    for (int32_t i = 0; i < g->n; i++) {
        bool same = a[i] == b[i];
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            sum += same == (a[g->col[k]] == b[g->col[k]]) ? 1 : -1;
    }
    return (double)sum / (double)g->row[g->n];
}

/* Of a layer whose first unit is variable `first`. */
static double layer_mean(const heat_scalars *s, const heat_unit_layer *l, int32_t first, const void *state)
{
    const heat_row_form form = heat_model_row_form(&s->info);
    const bool is_coded = !heat_row_is_real(&form) && l->kind->layer == HEAT_LAYER_SPIN;
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++) {
        double x = heat_row_get(&form, state, first + i);
        sum += is_coded ? 2 * x - 1 : x;
    }
    return sum / l->n;
}

void heat_scalars_get(const heat_scalars *s, const void *state, const void *other, double *values)
{
    if (s->wants[HEAT_SERIES_ORDER] && heat_scalars_are_of_values(&s->info))
        values[HEAT_SERIES_ORDER] = potts_order(&s->info, state);
    if (s->wants[HEAT_SERIES_VISIBLE])
        values[HEAT_SERIES_VISIBLE] = layer_mean(s, &s->units.visible, 0, state);
    if (s->wants[HEAT_SERIES_HIDDEN])
        values[HEAT_SERIES_HIDDEN] = layer_mean(s, &s->units.hidden, s->units.visible.n, state);
    if (s->wants[HEAT_SERIES_FOURIER])
        values[HEAT_SERIES_FOURIER] = smallest_mode(&s->info, state);
    if (s->wants[HEAT_SERIES_ZERO])
        values[HEAT_SERIES_ZERO] = zero_mode(&s->info, state);
    if (s->wants[HEAT_SERIES_OVERLAP])
        values[HEAT_SERIES_OVERLAP] = overlap(&s->info, state, other);
    if (s->wants[HEAT_SERIES_LINK])
        values[HEAT_SERIES_LINK] = link_overlap(&s->graph, state, other);
}
