/* Order parameter, smallest Fourier mode, overlaps. The structure factor at the smallest wave vector gives
 * the second-moment correlation length (Cooper, Freedman, Preston, Nucl. Phys. B 210 (1982) 210); overlaps of
 * replicas are the order parameter of spin glasses (Parisi, Phys. Rev. Lett. 50 (1983) 1946). */
#include "sample/scalars.h"
#include "base/context_private.h"

#include <math.h>
#include <string.h>

bool heat_scalars_are_of_values(const heat_model_info *info)
{
    return info->n_states > 2 || (info->kind != NULL && strcmp(info->kind, "potts") == 0);
}

static void count_values(const heat_model_info *info, const int8_t *state, int32_t count[128])
{
    memset(count, 0, 128 * sizeof *count);
    for (int32_t i = 0; i < info->n_variables; i++)
        count[state[i]]++;
}

static double potts_order(const heat_scalars *s, const void *state)
{
    const heat_model_info *info = &s->info;
    int32_t count[128], most = 0;
    double q = info->n_states, n = info->n_variables;

    count_values(info, state, count);
    for (int32_t a = 0; a < info->n_states; a++)
        most = count[a] > most ? count[a] : most;
    return (q * most - n) / (q - 1);
}

static double zero_mode(const heat_scalars *s, const void *row)
{
    const heat_model_info *info = &s->info;
    const int8_t *state = row;
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
static double smallest_mode(const heat_scalars *s, const void *state)
{
    const heat_model_info *info = &s->info;
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

static double overlap(const heat_scalars *s, const void *one, const void *other)
{
    const int8_t *a = one, *b = other;
    double q = s->info.n_states, n = s->info.n_variables;
    int64_t equal = 0;

    for (int32_t i = 0; i < s->info.n_variables; i++)
        equal += a[i] == b[i];
    return (q * (double)equal / n - 1) / (q - 1);
}

static double link_overlap(const heat_scalars *s, const void *one, const void *other)
{
    const heat_pairwise *g = &s->graph;
    const int8_t *a = one, *b = other;
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

static double visible_mean(const heat_scalars *s, const void *state)
{
    return layer_mean(s, &s->units.visible, 0, state);
}

static double hidden_mean(const heat_scalars *s, const void *state)
{
    return layer_mean(s, &s->units.hidden, s->units.visible.n, state);
}

static bool is_any(const heat_scalars *s)
{
    (void)s;
    return true;
}

static bool is_spin(const heat_scalars *s)
{
    return s->info.coding == HEAT_CODING_SPIN && s->info.n_variables > 0 && !s->has_layers &&
           !heat_model_is_real(&s->info);
}

static bool has_many_values(const heat_scalars *s)
{
    return heat_scalars_are_of_values(&s->info) && s->info.n_variables > 0 && !s->has_layers;
}

static bool has_numbers(const heat_unit_layer *l)
{
    return l->kind->layer != HEAT_LAYER_POTTS && l->n > 0;
}

static bool has_visible_numbers(const heat_scalars *s)
{
    return s->has_layers && has_numbers(&s->units.visible);
}

static bool has_hidden_numbers(const heat_scalars *s)
{
    return s->has_layers && has_numbers(&s->units.hidden);
}

/* How a scalar is come by; one row adds one. */
typedef struct scalar_row {
    bool (*fits)(const heat_scalars *s); /* kept of such models unasked; NULL: where it is asked for */
    double (*of_state)(const heat_scalars *s, const void *state);
    double (*of_pair)(const heat_scalars *s, const void *state, const void *other); /* both NULL: of chains */
    unsigned needs;
    const char *word; /* of --observables; NULL: none asks for it */
    bool is_of_run;   /* found by the run from the state, not here */
} scalar_row;

static const scalar_row rows[HEAT_N_SERIES] = {
    [HEAT_SERIES_ENERGY] = {.fits = is_any},
    [HEAT_SERIES_MAGNETIZATION] = {.fits = is_spin},
    [HEAT_SERIES_ORDER] = {.fits = has_many_values, .of_state = potts_order},
    [HEAT_SERIES_VISIBLE] = {.fits = has_visible_numbers, .of_state = visible_mean},
    [HEAT_SERIES_HIDDEN] = {.fits = has_hidden_numbers, .of_state = hidden_mean},
    [HEAT_SERIES_OVERLAP] = {.of_pair = overlap, .needs = HEAT_NEEDS_STATES, .word = "overlap"},
    [HEAT_SERIES_LINK] = {.of_pair = link_overlap,
                          .needs = HEAT_NEEDS_STATES | HEAT_NEEDS_EDGES,
                          .word = "link-overlap"},
    [HEAT_SERIES_FOURIER] = {.of_state = smallest_mode,
                             .needs = HEAT_NEEDS_STATES | HEAT_NEEDS_LATTICE,
                             .word = "correlation-length"},
    [HEAT_SERIES_ZERO] = {.of_state = zero_mode,
                          .needs = HEAT_NEEDS_STATES | HEAT_NEEDS_LATTICE,
                          .word = "correlation-length"},
    [HEAT_SERIES_BASIN] = {.word = "basins", .is_of_run = true},
    [HEAT_SERIES_VIRIAL] = {.needs = 0}, /* where the layout has it: sampling_plan.c; those below too */
};

bool heat_series_is_paired(heat_series_id id)
{
    return id < HEAT_N_SERIES && rows[id].of_pair != NULL;
}

bool heat_series_is_of_chains(heat_series_id id)
{
    return rows[id].of_state == NULL && rows[id].of_pair == NULL && !rows[id].is_of_run;
}

/* Of layers that are not all of two values the mean of each stands in place of one order parameter of all;
 * of potentials all coordinates do. */
void heat_scalars_init(const heat_model *model, heat_scalars *s)
{
    heat_layered of_two_values;
    bool has_units = heat_model_get_units(model, &s->units);

    s->model = model;
    heat_model_describe(model, &s->info);
    s->has_graph = heat_model_get_pairwise(model, &s->graph);
    s->has_layers = has_units && !heat_model_get_layered(model, &of_two_values);
    for (int id = 0; id < HEAT_N_SERIES; id++)
        s->wants[id] = rows[id].fits != NULL && rows[id].fits(s);
    if (heat_model_is_real(&s->info) && !has_units && s->info.n_variables <= HEAT_MOST_COORDINATES &&
        heat_model_get_label(model, 0) != NULL)
        s->n_coordinates = s->info.n_variables;
}

/* The first need that the model does not meet; 0: it meets all. */
static unsigned find_lack(const heat_scalars *s, unsigned needs)
{
    if ((needs & HEAT_NEEDS_STATES) && heat_model_is_real(&s->info))
        return HEAT_NEEDS_STATES;
    if ((needs & HEAT_NEEDS_EDGES) && (!s->has_graph || s->info.n_edges == 0))
        return HEAT_NEEDS_EDGES;
    return (needs & HEAT_NEEDS_LATTICE) && s->info.n_dimensions == 0 ? HEAT_NEEDS_LATTICE : 0;
}

heat_status heat_scalars_need(heat_context *ctx, const heat_scalars *s, unsigned needs, const char *list,
                              const char *word)
{
    switch (find_lack(s, needs)) {
    case HEAT_NEEDS_STATES:
        return heat_fail_option(ctx, "observables", list,
                                "%s is of states, and some units of %s are real numbers", word, s->info.name);
    case HEAT_NEEDS_EDGES:
        return heat_fail_option(ctx, "observables", list,
                                "%s needs pairs of variables of two values, %s has none", word, s->info.name);
    case HEAT_NEEDS_LATTICE:
        return heat_fail_option(ctx, "observables", list, "%s needs a hypercubic lattice built-in", word);
    default:
        return HEAT_OK;
    }
}

static heat_status refuse_word(heat_context *ctx, const char *list, const char *word, size_t length)
{
    char words[256] = "spins, edges";

    for (int id = 1; id < HEAT_N_SERIES; id++) {
        const char *own = rows[id].word, *last = rows[id - 1].word;
        if (own == NULL || (last != NULL && strcmp(own, last) == 0))
            continue;
        strncat(words, ", ", sizeof words - strlen(words) - 1);
        strncat(words, own, sizeof words - strlen(words) - 1);
    }
    return heat_fail_option(ctx, "observables", list, "'%.*s' is none of %s",
                            (int)(length < 80 ? length : 80), word, words);
}

heat_status heat_scalars_ask(heat_context *ctx, heat_scalars *s, const char *list, const char *word,
                             size_t length)
{
    bool known = false;
    heat_status status = HEAT_OK;

    for (int id = 0; id < HEAT_N_SERIES && status == HEAT_OK; id++) {
        const char *own = rows[id].word;
        if (own == NULL || strlen(own) != length || strncmp(own, word, length) != 0)
            continue;
        known = s->wants[id] = true;
        status = heat_scalars_need(ctx, s, rows[id].needs, list, own);
    }
    return known ? status : refuse_word(ctx, list, word, length);
}

bool heat_scalars_want(heat_scalars *s, heat_series_id id)
{
    if (rows[id].fits == NULL)
        s->wants[id] = find_lack(s, rows[id].needs) == 0;
    return s->wants[id];
}

bool heat_scalars_have_coordinate(const heat_scalars *s, const char *name, size_t length)
{
    for (int32_t i = 0; i < s->n_coordinates; i++) {
        const char *own = heat_model_get_label(s->model, i);
        if (strlen(own) == length && strncmp(own, name, length) == 0)
            return true;
    }
    return false;
}

bool heat_scalars_need_state(const heat_scalars *s)
{
    bool any = s->n_coordinates > 0;

    for (int id = 0; id < HEAT_N_SERIES; id++)
        any |= s->wants[id] && !heat_series_is_of_chains((heat_series_id)id);
    return any;
}

void heat_scalars_get(const heat_scalars *s, const void *state, const void *other, double *values)
{
    for (int id = 0; id < HEAT_N_SERIES; id++)
        if (s->wants[id] && rows[id].of_state != NULL)
            values[id] = rows[id].of_state(s, state);
        else if (s->wants[id] && rows[id].of_pair != NULL)
            values[id] = rows[id].of_pair(s, state, other);
}
