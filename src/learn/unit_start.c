/* Where training of an RBM of any layers begins: what the layers are, their room, the data's means and
 * deviations, by which Gaussian units are standardised, and the fields that its marginals come from. */
#include "base/context_private.h"
#include "base/memory.h"
#include "learn/unit_parts.h"

#include <math.h>
#include <string.h>

enum { AUTO_HIDDEN = 16 };
static const double first_coupling = 0.01;

static heat_status alloc_arrays(heat_context *ctx, heat_learner *l)
{
    heat_unit_learner *self = l->self;
    int64_t v = heat_unit_layer_width(&self->layers.visible), h = heat_unit_layer_width(&self->layers.hidden);
    int64_t n = self->layers.visible.n, n_hidden = self->layers.hidden.n;
    const struct {
        double **array;
        int64_t count;
    } rows[] = {
        {&self->visible_field, v},
        {&self->hidden_field, h},
        {&self->visible_precision, n},
        {&self->hidden_precision, n_hidden},
        {&self->visible_offset, v},
        {&self->hidden_offset, h},
        {&self->mean, n},
        {&self->deviation, n},
        {&self->values, n},
        {&self->field, h},
        {&self->hidden_mean, h},
        {&self->hidden_square, n_hidden},
        {&self->sums, l->n_parameters},
        {&self->drawn, n},
        {&self->drawn_hidden, n_hidden},
        {&self->down, v},
        {&l->parameters, l->n_parameters},
        {&l->scale, l->n_parameters},
    };
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, rows[k].count, sizeof **rows[k].array, rows[k].array);
    return status == HEAT_OK ? heat_alloc(ctx, n, sizeof *self->is_constant, &self->is_constant) : status;
}

static bool is_missing(const heat_learn_rows *rows, int64_t at)
{
    return rows->missing != NULL && rows->missing[at];
}

/* Of the values of variable i that are there; of all there are rows->n, but for rounding. */
static double total_weight(const heat_learn_rows *rows, int32_t n_variables, int32_t i)
{
    double sum = 0;

    if (rows->missing == NULL)
        return (double)rows->n;
    for (int64_t r = 0; r < rows->n; r++)
        sum += is_missing(rows, r * n_variables + i) ? 0 : rows->weight[r];
    return sum;
}

/* Means and deviations of real rows. The likelihood of a constant has no bound as its width falls: its unit
 * keeps precision 1, whose statistic is left out. */
static void standardise(heat_context *ctx, const heat_learn_rows *rows, heat_learner *l)
{
    heat_unit_learner *self = l->self;
    int n_constant = 0;

    for (int32_t i = 0; i < l->n_visible; i++)
        self->deviation[i] = 1;
    for (int pass = 0; pass < 2; pass++) {
        double *to = pass == 0 ? self->mean : self->deviation;
        double *sum = self->sums;
        memset(sum, 0, (size_t)l->n_visible * sizeof *sum);
        for (int64_t r = 0; r < rows->n; r++) {
            heat_unit_learner_read_row(l, rows->states, r, self->values);
            for (int32_t i = 0; i < l->n_visible; i++)
                sum[i] +=
                    is_missing(rows, r * l->n_visible + i)
                        ? 0
                        : rows->weight[r] * (pass == 0 ? self->values[i] : self->values[i] * self->values[i]);
        }
        for (int32_t i = 0; i < l->n_visible; i++) {
            double total = total_weight(rows, l->n_visible, i);
            to[i] = !(total > 0) ? 0 : pass == 0 ? sum[i] / total : sqrt(sum[i] / total);
        }
    }
    for (int32_t i = 0; i < l->n_visible; i++) {
        self->is_constant[i] = !(self->deviation[i] > 0);
        if (self->is_constant[i])
            self->deviation[i] = 1;
        self->log_volume += log(self->deviation[i]);
        n_constant += self->is_constant[i];
    }
    if (n_constant > 0)
        heat_log(ctx, HEAT_LOG_NOTE,
                 "%d variables are the same in all rows: no width is learned of their Gaussian units, it "
                 "stays 1",
                 n_constant);
}

/* Frequencies of the values, half a row more, and the fields that they come from. */
static void start_visible(const heat_learn_rows *rows, heat_learner *l)
{
    heat_unit_learner *self = l->self;
    const heat_unit_layer *visible = &self->layers.visible;
    double *m = self->visible_offset, *b = l->parameters + l->n_decayed;

    for (int64_t r = 0; r < rows->n; r++) {
        heat_unit_learner_read_row(l, rows->states, r, self->values);
        for (int32_t i = 0; i < visible->n; i++) {
            int32_t place;
            double feature = heat_unit_feature(visible, self->values[i], &place);
            if (!is_missing(rows, r * l->n_visible + i))
                m[(int64_t)i * visible->q + place] += rows->weight[r] * feature;
        }
    }
    for (int64_t a = 0; a < heat_unit_layer_width(visible); a++) {
        double total = total_weight(rows, l->n_visible, (int32_t)(a / visible->q)) + 1;
        switch (visible->kind->layer) {
        case HEAT_LAYER_POTTS:
            m[a] = (m[a] + 1.0 / visible->q) / total;
            b[a] = log(m[a]);
            break;
        case HEAT_LAYER_SPIN:
            m[a] /= total;
            b[a] = log((1 + m[a]) / (1 - m[a])) / 2;
            break;
        case HEAT_LAYER_BINARY:
            m[a] = (m[a] + 0.5) / total;
            b[a] = log(m[a] / (1 - m[a]));
            break;
        default:
            m[a] = 0; /* standardised */
        }
    }
}

static heat_status start(heat_context *ctx, const heat_data *data, uint64_t seed, heat_learner *l)
{
    heat_unit_learner *self = l->self;
    heat_unit_layers *u = &self->layers;
    heat_learn_rows rows = {0};
    heat_stream stream;
    heat_status status = heat_learn_rows_load(ctx, data, heat_row_is_real(&l->form), &rows);

    u->visible.bias = self->visible_field;
    u->hidden.bias = self->hidden_field;
    u->visible.precision = u->visible.kind->has_precision ? self->visible_precision : NULL;
    u->hidden.precision = u->hidden.kind->has_precision ? self->hidden_precision : NULL;
    for (int32_t j = 0; j < u->hidden.n && status == HEAT_OK; j++)
        self->hidden_precision[j] = 1;
    for (int32_t i = 0; i < u->visible.n && status == HEAT_OK; i++)
        self->visible_precision[i] = 1;
    if (status != HEAT_OK)
        goto out;
    if (heat_row_is_real(&l->form))
        standardise(ctx, &rows, l);
    start_visible(&rows, l);
    heat_stream_init(&stream, seed, HEAT_PURPOSE_LEARN, 0);
    for (int64_t k = 0; k < l->n_decayed; k++)
        l->parameters[k] = first_coupling * heat_stream_normal(&stream);
    for (int64_t a = 0; a < l->n_parameters; a++)
        l->scale[a] = 1;
    u->hidden.kind->means(&u->hidden, 1, self->field, self->hidden_offset, self->hidden_square);
out:
    heat_learn_rows_clear(&rows);
    return status;
}

/* The visible layer: as asked for, else the only one that the data can be. */
static heat_status choose_visible(heat_context *ctx, const heat_learn_options *options,
                                  const heat_data_info *info, heat_layer *layer)
{
    heat_layer own = info->storage == HEAT_DATA_FLOATS  ? HEAT_LAYER_GAUSSIAN
                     : info->coding == HEAT_CODING_SPIN ? HEAT_LAYER_SPIN
                                                        : HEAT_LAYER_BINARY;
    bool told = heat_layer_find(options->visible_layer, layer);

    if (!told)
        *layer = own;
    if (!told && own == HEAT_LAYER_BINARY && info->storage != HEAT_DATA_BITS)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "%s: the values are %g to %g, which can be read as numbers and as states: say "
                         "--visible-layer gaussian or potts, or --binarize T",
                         info->name, info->min, info->max);
    if (*layer == HEAT_LAYER_GAUSSIAN ||
        (*layer == HEAT_LAYER_POTTS && info->storage != HEAT_DATA_FLOATS &&
         info->coding != HEAT_CODING_SPIN && info->n_states <= HEAT_MOST_STATES) ||
        (*layer == own && info->storage == HEAT_DATA_BITS))
        return HEAT_OK;
    return heat_fail_option(ctx, "visible_layer", options->visible_layer,
                            "%s has values %g to %g, which are not "
                            "those of %s units",
                            info->name, info->min, info->max, heat_layer_name(*layer));
}

heat_status heat_unit_learner_open(heat_context *ctx, const heat_learn_input *input,
                                   const heat_learn_options *options, heat_learner *l)
{
    heat_data_info info;
    heat_layer visible = HEAT_LAYER_BINARY, hidden = HEAT_LAYER_BINARY;
    heat_unit_layers *u;
    int32_t q;
    heat_status status;

    heat_data_describe(input->data, &info);
    status = choose_visible(ctx, options, &info, &visible);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof(heat_unit_learner), &l->self);
    if (status != HEAT_OK)
        return status;
    if (!heat_layer_find(options->hidden_layer, &hidden) && visible == HEAT_LAYER_SPIN)
        hidden = HEAT_LAYER_SPIN;
    u = &((heat_unit_learner *)l->self)->layers;
    q = info.n_states < 2 ? 2 : info.n_states;
    u->visible = (heat_unit_layer){.kind = heat_layer_kind_get(visible),
                                   .n = info.n_variables,
                                   .q = visible == HEAT_LAYER_POTTS ? q : 1};
    u->hidden = (heat_unit_layer){.kind = heat_layer_kind_get(hidden),
                                  .n = options->hidden == HEAT_AUTO ? AUTO_HIDDEN : (int32_t)options->hidden,
                                  .q = hidden == HEAT_LAYER_POTTS ? (int32_t)options->hidden_states : 1};
    l->n_visible = info.n_variables;
    l->coding = info.coding;
    l->n_states = visible == HEAT_LAYER_GAUSSIAN ? 0 : q;
    l->form = (heat_row_form){l->n_states == 0 ? HEAT_ELEMENT_FLOAT : HEAT_ELEMENT_INT8, l->n_visible};
    l->n_decayed = heat_unit_layer_width(&u->visible) * heat_unit_layer_width(&u->hidden);
    l->n_parameters = l->n_decayed + heat_unit_layer_width(&u->visible) + heat_unit_layer_width(&u->hidden) +
                      (heat_row_is_real(&l->form) ? l->n_visible : 0);
    status = alloc_arrays(ctx, l);
    return status == HEAT_OK ? start(ctx, input->data, options->seed, l) : status;
}
