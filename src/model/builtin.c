/* Built-in models by text, NAME:SHAPE[,key=value ...]: a graph, a law of its couplings and fields, and either
 * spins or Potts variables on it; or a named potential. Disorder comes from the stream (seed,
 * HEAT_PURPOSE_GENERATE): the couplings in the order of the edges from unit 0, the graph from unit 1, the
 * fields in the order of the variables (and their values) from unit 2. */
#include "model/builtin.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model_private.h"
#include "model/potential.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct builtin {
    const char *name;
    int graph;         /* index of heat_graph_rows, unless graph= says otherwise */
    heat_disorder how; /* of the couplings, unless J= says otherwise */
    bool is_potts;
    const char *example;
} builtin;

static const heat_graph_row lattice_row = {
    "lattice", heat_build_lattice, 1, HEAT_MOST_DIMENSIONS, 1, true, false, true};
static const heat_graph_row triangular_row = {"triangular", heat_build_triangular, 2, 2, 1, true, false,
                                              false};
static const heat_graph_row honeycomb_row = {"honeycomb", heat_build_honeycomb, 2, 2, 2, true, false, false};
static const heat_graph_row regular_row = {"regular", heat_build_regular, 1, 1, 1, false, true, false};
static const heat_graph_row complete_row = {"complete", heat_build_complete, 1, 1, 1, false, false, false};

enum { LATTICE, TRIANGULAR, HONEYCOMB, REGULAR, COMPLETE, N_GRAPHS };
const heat_graph_row *const heat_graph_rows[] = {
    [LATTICE] = &lattice_row, [TRIANGULAR] = &triangular_row, [HONEYCOMB] = &honeycomb_row,
    [REGULAR] = &regular_row, [COMPLETE] = &complete_row,     [N_GRAPHS] = NULL};

static const builtin builtins[] = {
    {"lattice", LATTICE, HEAT_UNIFORM, false, "lattice:32x32,J=1,h=0"},
    {"triangular", TRIANGULAR, HEAT_UNIFORM, false, "triangular:32x32,J=1"},
    {"honeycomb", HONEYCOMB, HEAT_UNIFORM, false, "honeycomb:16x16,J=1"},
    {"ea", LATTICE, HEAT_PLUS_MINUS, false, "ea:10x10x10,seed=1"},
    {"sk", COMPLETE, HEAT_GAUSSIAN, false, "sk:64,seed=1"},
    {"regular", REGULAR, HEAT_PLUS_MINUS, false, "regular:1000,k=3,seed=1"},
    {"potts", LATTICE, HEAT_UNIFORM, true, "potts:32x32,q=3"},
};
enum { N_BUILTINS = sizeof builtins / sizeof *builtins };

double heat_law_draw(heat_law law, heat_stream *stream)
{
    switch (law.how) {
    case HEAT_PLUS_MINUS:
        return heat_stream_bits(stream) >> 63 ? law.scale : -law.scale;
    case HEAT_GAUSSIAN:
        return law.scale * heat_stream_normal(stream);
    case HEAT_UNIFORM:
        break;
    }
    return law.scale;
}

/* A word inside the text. */
typedef struct word {
    const char *text;
    size_t length;
} word;

static bool is_word(word w, const char *other)
{
    return strlen(other) == w.length && strncmp(w.text, other, w.length) == 0;
}

/* A parse under way. */
typedef struct parser {
    heat_context *ctx;
    const builtin *builtin;
    heat_recipe *r;
    unsigned seen; /* bit of each key met */
} parser;

static heat_status bad_value(const parser *p, const char *key, const char *expected)
{
    return heat_fail(p->ctx, HEAT_ERROR_INPUT, "%s: %s needs %s", p->r->spec, key, expected);
}

static heat_status parse_shape(const parser *p, word shape)
{
    const heat_graph_row *graph = p->r->graph;
    const char *end = shape.text + shape.length, *example = p->builtin->example;
    heat_recipe *r = p->r;

    r->n = 1;
    for (const char *c = shape.text;; c++) {
        size_t part = 0;
        int64_t extent;
        while (c + part < end && c[part] != 'x')
            part++;
        if (!heat_parse_int(c, part, &extent) || extent < 1 || extent > INT32_MAX)
            return heat_fail(p->ctx, HEAT_ERROR_INPUT, "%s: '%.*s' is not a size; expected, for example, %s",
                             r->spec, (int)(part < 40 ? part : 40), c, example);
        if (r->n_dimensions == graph->most)
            return heat_fail(p->ctx, HEAT_ERROR_INPUT, "%s: too many dimensions; expected, for example, %s",
                             r->spec, example);
        if (r->n > (INT32_MAX - 1) / graph->basis / extent)
            return heat_fail(p->ctx, HEAT_ERROR_INPUT, "%s: more than %d variables", r->spec, INT32_MAX - 1);
        r->n *= extent;
        r->extent[r->n_dimensions++] = extent;
        c += part;
        if (c == end)
            break;
    }
    if (r->n_dimensions < graph->fewest)
        return heat_fail(p->ctx, HEAT_ERROR_INPUT, "%s: too few dimensions; expected, for example, %s",
                         r->spec, example);
    return HEAT_OK;
}

/* A number, or pm or gauss with an optional scale behind a colon. */
static bool parse_law(word value, heat_law *law)
{
    const char *colon = memchr(value.text, ':', value.length);
    word name = {value.text, colon == NULL ? value.length : (size_t)(colon - value.text)};

    law->scale = 1;
    law->how = is_word(name, "pm") ? HEAT_PLUS_MINUS : is_word(name, "gauss") ? HEAT_GAUSSIAN : HEAT_UNIFORM;
    if (law->how == HEAT_UNIFORM)
        return heat_parse_real(value.text, value.length, &law->scale);
    return colon == NULL || heat_parse_real(colon + 1, value.length - name.length - 1, &law->scale);
}

static heat_status parse_coupling(parser *p, word value)
{
    return parse_law(value, &p->r->coupling) ? HEAT_OK
                                             : bad_value(p, "J", "a number, pm (+1 or -1) or gauss");
}

static heat_status parse_field(parser *p, word value)
{
    return parse_law(value, &p->r->field)
               ? HEAT_OK
               : bad_value(p, "h", "a number, pm (+1 or -1, drawn for each variable) or gauss");
}

static heat_status parse_seed(parser *p, word value)
{
    if (heat_parse_uint(value.text, value.length, &p->r->seed))
        return HEAT_OK;
    return bad_value(p, "seed", "a whole number (a range, 1..100, stands for several models)");
}

static heat_status parse_degree(parser *p, word value)
{
    if (heat_parse_int(value.text, value.length, &p->r->degree) && p->r->degree <= INT32_MAX)
        return HEAT_OK;
    return bad_value(p, "k", "a whole number");
}

static heat_status parse_states(parser *p, word value)
{
    if (heat_parse_int(value.text, value.length, &p->r->n_states) && p->r->n_states >= 2 &&
        p->r->n_states <= HEAT_MOST_STATES)
        return HEAT_OK;
    return bad_value(p, "q", "a whole number from 2 to 127");
}

/* Dimensions from 1 on, "2" or "1+3"; nothing means all. */
static heat_status parse_open(parser *p, word value)
{
    const char *c = value.text, *end;

    for (int32_t d = 0; d < p->r->n_dimensions && c == NULL; d++)
        p->r->open[d] = true;
    if (c == NULL)
        return HEAT_OK;
    end = c + value.length;
    while (c != NULL) {
        const char *plus = memchr(c, '+', (size_t)(end - c));
        int64_t d;
        if (!heat_parse_int(c, (size_t)((plus == NULL ? end : plus) - c), &d) || d < 1 ||
            d > p->r->n_dimensions || p->r->open[d - 1])
            return bad_value(p, "open", "no value, or dimensions from 1 on, such as open=2 or open=1+3");
        p->r->open[d - 1] = true;
        c = plus == NULL ? NULL : plus + 1;
    }
    return HEAT_OK;
}

/* Done before the shape is read: see find_graph. */
static heat_status parse_graph(parser *p, word value)
{
    (void)p;
    (void)value;
    return HEAT_OK;
}

/* The keys: who reads them. */
static const struct key {
    const char *name;
    heat_status (*parse)(parser *p, word value);
    bool needs_boundary, needs_degree, needs_potts;
    bool may_lack_value;
} keys[] = {
    {"J", parse_coupling, false, false, false, false}, {"h", parse_field, false, false, false, false},
    {"seed", parse_seed, false, false, false, false},  {"open", parse_open, true, false, false, true},
    {"k", parse_degree, false, true, false, false},    {"q", parse_states, false, false, true, false},
    {"graph", parse_graph, false, false, true, false},
};
enum { N_KEYS = sizeof keys / sizeof *keys };

static bool reads(const parser *p, const struct key *key)
{
    return (p->r->graph->has_boundary || !key->needs_boundary) &&
           (p->r->graph->has_degree || !key->needs_degree) && (p->builtin->is_potts || !key->needs_potts);
}

static heat_status unknown_key(const parser *p, word name)
{
    char list[64] = "", text[41], nearest[32] = "";
    const char *names[N_KEYS];
    int count = 0, near;

    for (int k = 0; k < N_KEYS; k++)
        if (reads(p, &keys[k])) {
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", count == 0 ? "" : ", ",
                     keys[k].name);
            names[count++] = keys[k].name;
        }
    snprintf(text, sizeof text, "%.*s", (int)(name.length < 40 ? name.length : 40), name.text);
    near = heat_nearest_word(text, names, count);
    if (near >= 0)
        snprintf(nearest, sizeof nearest, "; did you mean %s?", names[near]);
    return heat_fail(p->ctx, HEAT_ERROR_INPUT, "%s: '%s' is none of what %s%s%s reads (%s)%s", p->r->spec,
                     text, p->builtin->name, p->builtin->is_potts ? " on graph " : "",
                     p->builtin->is_potts ? p->r->graph->name : "", list, nearest);
}

/* One `key=value` or `open`. */
static heat_status parse_key(parser *p, word w)
{
    const char *equals = memchr(w.text, '=', w.length);
    word name = {w.text, equals == NULL ? w.length : (size_t)(equals - w.text)};
    word value = {equals == NULL ? NULL : equals + 1, equals == NULL ? 0 : w.length - name.length - 1};

    for (int k = 0; k < N_KEYS; k++) {
        if (!is_word(name, keys[k].name) || !reads(p, &keys[k]))
            continue;
        if (p->seen >> k & 1)
            return heat_fail(p->ctx, HEAT_ERROR_INPUT, "%s: %s is given twice", p->r->spec, keys[k].name);
        p->seen |= 1u << k;
        if (equals == NULL && !keys[k].may_lack_value)
            return bad_value(p, keys[k].name, "a value");
        return keys[k].parse(p, value);
    }
    return unknown_key(p, name);
}

/* The next word behind a comma; false at the end. */
static bool next_word(const char **c, word *w)
{
    if (**c != ',')
        return false;
    w->text = *c + 1;
    w->length = strcspn(w->text, ",");
    *c = w->text + w->length;
    return true;
}

/* The graph must be known before the shape and the keys can be judged. */
static heat_status find_graph(parser *p, const char *c)
{
    word w;

    p->r->graph = heat_graph_rows[p->builtin->graph];
    while (p->builtin->is_potts && next_word(&c, &w)) {
        const heat_graph_row *const *row = heat_graph_rows;
        if (w.length < 6 || strncmp(w.text, "graph=", 6) != 0)
            continue;
        while (*row != NULL && !is_word((word){w.text + 6, w.length - 6}, (*row)->name))
            row++;
        if (*row == NULL)
            return bad_value(p, "graph", "lattice, triangular, honeycomb, regular or complete");
        p->r->graph = *row;
    }
    return HEAT_OK;
}

static heat_status parse_recipe(heat_context *ctx, const builtin *b, const char *spec, heat_recipe *r)
{
    const char *begin = strchr(spec, ':') + 1, *c = begin + strcspn(begin, ",");
    parser p = {.ctx = ctx, .builtin = b, .r = r};
    heat_status status;
    word w;

    *r = (heat_recipe){.spec = spec,
                       .coupling = {b->how, 1},
                       .field = {HEAT_UNIFORM, 0},
                       .seed = 1,
                       .degree = 3,
                       .n_states = 3};
    status = find_graph(&p, c);
    if (status == HEAT_OK)
        status = parse_shape(&p, (word){begin, (size_t)(c - begin)});
    while (status == HEAT_OK && next_word(&c, &w))
        status = parse_key(&p, w);
    return status;
}

static const builtin *find(const char *spec)
{
    word name = {spec, strcspn(spec, ":")};

    if (spec[name.length] == ':')
        for (int k = 0; k < N_BUILTINS; k++)
            if (is_word(name, builtins[k].name))
                return &builtins[k];
    return NULL;
}

static void add_name(const char *name, const char *end, char text[HEAT_BUILTIN_LIST_SIZE])
{
    size_t length = strlen(text);

    snprintf(text + length, HEAT_BUILTIN_LIST_SIZE - length, "%s%s%s", length == 0 ? "" : ", ", name, end);
}

void heat_builtin_list(char text[HEAT_BUILTIN_LIST_SIZE])
{
    const char *name, *example;

    text[0] = '\0';
    for (int k = 0; k < N_BUILTINS; k++)
        add_name(builtins[k].name, ":", text);
    for (int k = 0; (name = heat_potential_get_name(k, &example)) != NULL; k++)
        add_name(name, strchr(example, ':') == NULL ? "" : ":", text);
}

const char *heat_builtin_nearest(const char *spec)
{
    const char *names[N_BUILTINS + HEAT_N_POTENTIALS + 1], *examples[N_BUILTINS + HEAT_N_POTENTIALS + 1];
    char name[32];
    size_t length = strcspn(spec, ":");
    int n = 0, nearest;

    if (length >= sizeof name)
        return NULL;
    memcpy(name, spec, length);
    name[length] = '\0';
    for (int k = 0; k < N_BUILTINS && spec[length] == ':'; k++, n++) {
        names[n] = builtins[k].name;
        examples[n] = builtins[k].example;
    }
    for (int k = 0; heat_potential_get_name(k, &examples[n]) != NULL; k++, n++)
        names[n] = heat_potential_get_name(k, &examples[n]);
    nearest = heat_nearest_word(name, names, n);
    return nearest < 0 ? NULL : examples[nearest];
}

/* The fields: of spins n numbers; of Potts variables n q, where a number or a sign favours value 0, and gauss
 * draws one for each value. */
static heat_status draw_fields(heat_context *ctx, const heat_recipe *r, int64_t n, bool is_potts,
                               double **field)
{
    int64_t q = is_potts ? r->n_states : 1;
    heat_stream stream;
    heat_status status;

    if (r->field.scale == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, n * q, sizeof **field, field);
    heat_stream_init(&stream, r->seed, HEAT_PURPOSE_GENERATE, HEAT_UNIT_FIELDS);
    for (int64_t k = 0; k < n * q && status == HEAT_OK; k++)
        if (k % q == 0 || r->field.how == HEAT_GAUSSIAN)
            (*field)[k] = heat_law_draw(r->field, &stream);
    return status;
}

static heat_status keep_extent(heat_context *ctx, const heat_recipe *r, heat_model *model)
{
    heat_status status = heat_alloc(ctx, r->n_dimensions, sizeof *model->extent, &model->extent);

    if (status != HEAT_OK)
        return status;
    memcpy(model->extent, r->extent, (size_t)r->n_dimensions * sizeof *r->extent);
    model->info.n_dimensions = r->n_dimensions;
    model->info.extent = model->extent;
    return HEAT_OK;
}

heat_status heat_builtin_create(heat_context *ctx, const char *spec, bool *known, heat_model **out)
{
    const builtin *b = find(spec);
    heat_edge_list list = {0};
    heat_recipe r;
    heat_status status;

    *known = b != NULL;
    *out = NULL;
    if (b == NULL)
        return HEAT_OK;
    status = parse_recipe(ctx, b, spec, &r);
    if (status != HEAT_OK)
        return status;
    list.n_variables = r.n * r.graph->basis;
    list.form = b->is_potts ? HEAT_FORM_POTTS : HEAT_FORM_ISING;
    list.n_states = (int32_t)r.n_states;
    status = draw_fields(ctx, &r, list.n_variables, b->is_potts, &list.field);
    if (status == HEAT_OK)
        status = r.graph->build(ctx, &r, &list);
    if (status == HEAT_OK)
        status = b->is_potts ? heat_potts_take(ctx, &list, spec, "built-in", out)
                             : heat_ising_create(ctx, &list, spec, "built-in", out);
    heat_edge_list_clear(&list);
    if (status != HEAT_OK)
        return status;
    if (r.coupling.how == HEAT_GAUSSIAN && (*out)->info.n_merged == 0)
        (*out)->info.normal_coupling =
            r.coupling.scale / (r.graph->build == heat_build_complete ? sqrt((double)r.n) : 1);
    (*out)->info.n_merged = 0; /* the double bond of a ring of two is meant */
    if (r.graph->is_hypercubic)
        status = keep_extent(ctx, &r, *out);
    if (status != HEAT_OK) {
        heat_model_free(*out);
        *out = NULL;
    }
    return status;
}
