/* Units and couplings of a Boltzmann machine, as the options or a graph say. Listed are visible units and
 * then hidden ones; learners want those that are drawn with the rows, and behind them those that are summed
 * over.
 */
#include "learn/boltzmann_pairs.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "kernel/layer_sweep.h"
#include "learn/hidden_posterior.h"
#include "model/listed.h"
#include "model/views.h"

#include <string.h>

enum { AUTO_HIDDEN = 8, MOST_LAYERS = 64 };
enum { PAIR_BYTES = 72 }; /* its ends, and at least eight numbers of a training */
static const int64_t most_units = 1 << 20;

void heat_boltzmann_pairs_clear(heat_boltzmann_pairs *self)
{
    heat_free(self->i);
    heat_free(self->j);
    heat_free(self->unit);
    *self = (heat_boltzmann_pairs){.n_visible = 0};
}

/* Couples unit i to units from `begin` up to `end`. */
static heat_status couple(heat_context *ctx, heat_boltzmann_pairs *self, int32_t i, int32_t begin,
                          int32_t end)
{
    int64_t of_j = self->capacity, need = self->n_edges + (end > begin ? end - begin : 0);
    heat_status status = heat_grow(ctx, need, sizeof *self->i, &self->capacity, &self->i);

    if (status == HEAT_OK)
        status = heat_grow(ctx, need, sizeof *self->j, &of_j, &self->j);
    for (int32_t j = begin; j < end && status == HEAT_OK; j++) {
        self->i[self->n_edges] = i;
        self->j[self->n_edges++] = j;
    }
    return status;
}

/* Every pair. */
static heat_status couple_all(heat_context *ctx, heat_boltzmann_pairs *self)
{
    int32_t n = self->n_visible + self->n_hidden;
    double n_pairs = (double)n * (n - 1) / 2;
    heat_status status = heat_memory_check(ctx, n_pairs * PAIR_BYTES);

    for (int32_t i = 0; i < n && status == HEAT_OK; i++)
        status = couple(ctx, self, i, i + 1, n);
    return status;
}

/* Each layer to the next. */
static heat_status couple_layers(heat_context *ctx, int n_layers, const int32_t *size,
                                 heat_boltzmann_pairs *self)
{
    int32_t begin = 0, end = self->n_visible;
    double n_pairs = 0;
    heat_status status;

    for (int k = 0; k < n_layers; k++)
        n_pairs += (double)size[k] * (k == 0 ? self->n_visible : size[k - 1]);
    status = heat_memory_check(ctx, n_pairs * PAIR_BYTES);

    for (int k = 0; k < n_layers && status == HEAT_OK; k++) {
        for (int32_t i = begin; i < end && status == HEAT_OK; i++)
            status = couple(ctx, self, i, end, end + size[k]);
        begin = end;
        end += size[k];
    }
    return status;
}

/* "8-4": the sizes of layers, and their sum. */
static heat_status read_layers(heat_context *ctx, const char *text, int *n_layers, int32_t *size,
                               int32_t *total)
{
    const char *at = text;

    *n_layers = 0;
    *total = 0;
    for (;;) {
        size_t length = strcspn(at, "-");
        int64_t value;
        if (!heat_parse_int(at, length, &value) || value < 1 || value > most_units - *total ||
            *n_layers == MOST_LAYERS)
            return heat_fail_option(
                ctx, "layers", text,
                "'%.80s' is no list of layers such as 8-4, %d at most, of %lld units together at most", text,
                MOST_LAYERS, (long long)most_units);
        *total += size[(*n_layers)++] = (int32_t)value;
        if (at[length] == '\0')
            return HEAT_OK;
        at += length + 1;
    }
}

static const char *label_of(const void *model, int32_t i)
{
    return heat_model_get_label(model, i);
}

/* Which units of a graph are hidden: those that the option names, else all behind the visible ones. */
static heat_status mark_hidden(heat_context *ctx, const heat_model *graph, const heat_learn_options *options,
                               int32_t n_visible, bool *is_hidden)
{
    heat_model_info info;
    int32_t count = 0;

    heat_model_describe(graph, &info);
    if (options->hidden_units != NULL) {
        const heat_listed units = {"hidden_units",   "unit",   info.n_variables,
                                   info.first_index, label_of, graph};
        heat_status status = heat_listed_mark(ctx, &units, options->hidden_units, is_hidden);
        if (status != HEAT_OK)
            return status;
    }
    for (int32_t i = 0; i < info.n_variables; i++) {
        if (options->hidden_units == NULL)
            is_hidden[i] = i >= (info.n_visible > 0 ? info.n_visible : n_visible);
        count += is_hidden[i];
    }
    if (info.n_variables - count != n_visible)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "the graph %s has %d visible units, the data %d variables",
                         info.name, (int)(info.n_variables - count), (int)n_visible);
    return HEAT_OK;
}

/* Visible units keep their order, and so do the hidden ones behind them. */
static heat_status couple_graph(heat_context *ctx, const heat_model *graph, const heat_learn_options *options,
                                heat_boltzmann_pairs *self)
{
    const int32_t n_visible = self->n_visible;
    heat_pairwise view;
    bool *is_hidden = NULL;
    int32_t *place = NULL, next = 0;
    heat_status status;

    if (!heat_model_get_pairwise(graph, &view))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "the graph to learn on is no graph of pairs");
    status = heat_alloc(ctx, view.n, sizeof *is_hidden, &is_hidden);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, view.n, sizeof *place, &place);
    if (status == HEAT_OK)
        status = mark_hidden(ctx, graph, options, n_visible, is_hidden);
    for (int pass = 0; pass < 2 && status == HEAT_OK; pass++)
        for (int32_t i = 0; i < view.n; i++)
            if (is_hidden[i] == (pass == 1))
                place[i] = next++;
    self->n_hidden = view.n - n_visible;
    for (int32_t i = 0; i < view.n && status == HEAT_OK; i++)
        for (int64_t k = view.row[i]; k < view.row[i + 1] && status == HEAT_OK; k++)
            if (place[i] < place[view.col[k]])
                status = couple(ctx, self, place[i], place[view.col[k]], place[view.col[k]] + 1);
    heat_free(is_hidden);
    heat_free(place);
    return status;
}

static heat_status list_pairs(heat_context *ctx, const heat_model *graph, const heat_learn_options *options,
                              heat_boltzmann_pairs *self)
{
    int32_t size[MOST_LAYERS];
    int n_layers;
    heat_status status;

    if (graph != NULL && (options->layers != NULL || options->hidden != HEAT_AUTO))
        return heat_fail_option(ctx, options->layers != NULL ? "layers" : "hidden", NULL,
                                "the graph says which units there are");
    if (graph != NULL)
        return couple_graph(ctx, graph, options, self);
    if (options->hidden_units != NULL)
        return heat_fail_option(ctx, "hidden_units", options->hidden_units,
                                "are of a graph: --graph names it");
    if (options->layers == NULL) {
        self->n_hidden = options->hidden == HEAT_AUTO ? AUTO_HIDDEN : (int32_t)options->hidden;
        return couple_all(ctx, self);
    }
    if (options->hidden != HEAT_AUTO)
        return heat_fail_option(ctx, "hidden", NULL, "--layers says how many hidden units there are");
    status = read_layers(ctx, options->layers, &n_layers, size, &self->n_hidden);
    return status == HEAT_OK ? couple_layers(ctx, n_layers, size, self) : status;
}

/* Which of the hidden units are drawn, as hidden units count. */
static heat_status choose_drawn(heat_context *ctx, const heat_boltzmann_pairs *self, double most_terms,
                                bool *is_drawn)
{
    int32_t *p = NULL, *q = NULL;
    int64_t n_inner = 0, *outer = NULL;
    heat_status status = heat_alloc(ctx, self->n_edges, sizeof *p, &p);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->n_edges, sizeof *q, &q);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->n_hidden, sizeof *outer, &outer);
    for (int64_t e = 0; e < self->n_edges && status == HEAT_OK; e++) {
        int32_t a = self->i[e] - self->n_visible, b = self->j[e] - self->n_visible;
        if (a >= 0) {
            p[n_inner] = a;
            q[n_inner++] = b;
        } else if (b >= 0) {
            outer[b]++;
        }
    }
    if (status == HEAT_OK)
        status = heat_hidden_choose_drawn(ctx, self->n_hidden, n_inner, p, q, outer, most_terms, is_drawn);
    heat_free(p);
    heat_free(q);
    heat_free(outer);
    return status;
}

/* Numbers units anew, those that are drawn in front of those that are not. */
static heat_status number_units(heat_context *ctx, const bool *is_drawn, heat_boltzmann_pairs *self)
{
    const int32_t n_units = self->n_visible + self->n_hidden;
    int32_t *place = NULL, next = self->n_visible;
    heat_status status = heat_alloc(ctx, n_units, sizeof *place, &place);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units, sizeof *self->unit, &self->unit);
    for (int32_t k = 0; k < self->n_visible && status == HEAT_OK; k++)
        self->unit[k] = k;
    for (int pass = 0; pass < 2 && status == HEAT_OK; pass++)
        for (int32_t k = 0; k < self->n_hidden; k++)
            if (is_drawn[k] == (pass == 0))
                self->unit[next++] = self->n_visible + k;
    for (int32_t k = 0; k < n_units && status == HEAT_OK; k++)
        place[self->unit[k]] = k;
    for (int32_t k = 0; k < self->n_hidden && status == HEAT_OK; k++)
        self->n_drawn += is_drawn[k];
    for (int64_t e = 0; e < self->n_edges && status == HEAT_OK; e++) {
        int32_t a = place[self->i[e]], b = place[self->j[e]];
        self->i[e] = a < b ? a : b;
        self->j[e] = a < b ? b : a;
    }
    heat_free(place);
    return status;
}

static int count_summed(const heat_boltzmann_pairs *self, int64_t e)
{
    const int32_t n_row = self->n_visible + self->n_drawn;

    return (self->i[e] >= n_row) + (self->j[e] >= n_row);
}

/* Where pairs go: sort by sort, in each by their first units. at[3][units + 1] is work space. */
static void place_pairs(heat_boltzmann_pairs *self, int64_t *at, int32_t *i, int32_t *j)
{
    const int32_t n_row = self->n_visible + self->n_drawn, n_summed = self->n_hidden - self->n_drawn;
    const int64_t n = (int64_t)n_row + n_summed;
    int64_t count[3] = {0, 0, 0};

    for (int64_t e = 0; e < self->n_edges; e++) {
        at[count_summed(self, e) * n + self->i[e] + 1]++;
        count[count_summed(self, e)]++;
    }
    for (int64_t k = 0; k < 3 * n; k++)
        at[k + 1] += at[k];
    self->n_mixed = count[1];
    self->n_inner = count[2];
    self->is_layered = n_summed > 0 && count[1] == self->n_edges && count[1] == n_row * (int64_t)n_summed;
    for (int64_t e = 0; e < self->n_edges; e++) {
        int64_t to = self->is_layered ? self->i[e] * (int64_t)n_summed + self->j[e] - n_row
                                      : at[count_summed(self, e) * n + self->i[e]]++;
        i[to] = self->i[e];
        j[to] = self->j[e];
    }
}

static heat_status order_pairs(heat_context *ctx, heat_boltzmann_pairs *self)
{
    int32_t *i = NULL, *j = NULL;
    int64_t *at = NULL;
    heat_status status =
        heat_alloc(ctx, 3 * ((int64_t)self->n_visible + self->n_hidden) + 1, sizeof *at, &at);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->n_edges, sizeof *i, &i);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->n_edges, sizeof *j, &j);
    if (status == HEAT_OK)
        place_pairs(self, at, i, j);
    heat_free(at);
    heat_free(status == HEAT_OK ? self->i : i);
    heat_free(status == HEAT_OK ? self->j : j);
    if (status == HEAT_OK) {
        self->i = i;
        self->j = j;
    }
    return status;
}

heat_status heat_boltzmann_pairs_list(heat_context *ctx, const heat_model *graph,
                                      const heat_learn_options *options, int32_t n_visible, double most_terms,
                                      heat_boltzmann_pairs *self)
{
    bool *is_drawn = NULL;
    heat_status status;

    *self = (heat_boltzmann_pairs){.n_visible = n_visible};
    status = list_pairs(ctx, graph, options, self);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->n_hidden, sizeof *is_drawn, &is_drawn);
    if (status == HEAT_OK)
        status = choose_drawn(ctx, self, most_terms, is_drawn);
    if (status == HEAT_OK)
        status = number_units(ctx, is_drawn, self);
    if (status == HEAT_OK)
        status = order_pairs(ctx, self);
    heat_free(is_drawn);
    return status;
}
