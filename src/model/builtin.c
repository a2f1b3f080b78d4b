/* Built-in models by text, NAME:SHAPE[,key=value ...]: hypercubic lattices, the Sherrington-Kirkpatrick and
 * Edwards-Anderson glasses, random regular graphs. Disorder comes from the stream (seed,
 * HEAT_PURPOSE_GENERATE): the couplings in the order of the edges from unit 0, the graph from unit 1. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model_private.h"
#include "random/stream.h"

#include <math.h>
#include <string.h>

enum {
    MOST_DIMENSIONS = 16,
    UNIT_COUPLINGS = 0,
    UNIT_GRAPH = 1,
    BYTES_AN_EDGE = 48 /* while a model is built, about */
};

typedef enum disorder { UNIFORM, PLUS_MINUS, GAUSSIAN } disorder;

/* A built-in's text, taken apart. */
typedef struct recipe {
    const char *spec;
    int32_t n_dimensions;
    int64_t extent[MOST_DIMENSIONS];
    int64_t n; /* product of the extents */
    disorder how;
    double coupling; /* J of UNIFORM; the scale of the others */
    double field;
    uint64_t seed;
    int64_t degree; /* regular: k */
    bool open;
} recipe;

typedef heat_status (*build_fn)(heat_context *ctx, const recipe *r, heat_edge_list *list);

static heat_status build_lattice(heat_context *ctx, const recipe *r, heat_edge_list *list);
static heat_status build_complete(heat_context *ctx, const recipe *r, heat_edge_list *list);
static heat_status build_regular(heat_context *ctx, const recipe *r, heat_edge_list *list);

typedef struct builtin {
    const char *name;
    build_fn build;
    disorder how;      /* unless J= says otherwise */
    const char *keys;  /* those it reads, separated by '|' */
    bool one_size;     /* one number, not a shape */
    const char *shape; /* for the message */
} builtin;

static const builtin builtins[] = {
    {"lattice", build_lattice, UNIFORM, "J|h|open|seed", false, "lattice:32x32,J=1,h=0"},
    {"ea", build_lattice, PLUS_MINUS, "J|h|open|seed", false, "ea:10x10x10,seed=1"},
    {"sk", build_complete, GAUSSIAN, "J|h|seed", true, "sk:64,seed=1"},
    {"regular", build_regular, PLUS_MINUS, "J|h|k|seed", true, "regular:1000,k=3,seed=1"},
};
enum { N_BUILTINS = sizeof builtins / sizeof *builtins };

static double draw_coupling(const recipe *r, heat_stream *stream)
{
    switch (r->how) {
    case PLUS_MINUS:
        return heat_stream_bits(stream) >> 63 ? r->coupling : -r->coupling;
    case GAUSSIAN:
        return r->coupling * heat_stream_normal(stream);
    case UNIFORM:
        break;
    }
    return r->coupling;
}

/* Site index = ((x_1 L_2 + x_2) L_3 + ...): the last coordinate runs fastest. */
static heat_status build_lattice(heat_context *ctx, const recipe *r, heat_edge_list *list)
{
    heat_stream stream;

    heat_stream_init(&stream, r->seed, HEAT_PURPOSE_GENERATE, UNIT_COUPLINGS);
    for (int64_t site = 0; site < r->n; site++) {
        int64_t stride = r->n;
        for (int32_t d = 0; d < r->n_dimensions; d++) {
            int64_t length = r->extent[d], x;
            heat_status status;
            stride /= length;
            x = site / stride % length;
            if (length == 1 || (r->open && x == length - 1))
                continue; /* a ring of one site would be its own neighbour */
            status = heat_edge_list_add(ctx, list, (int32_t)site,
                                        (int32_t)(site + (x == length - 1 ? stride * (1 - length) : stride)),
                                        draw_coupling(r, &stream));
            if (status != HEAT_OK)
                return status;
        }
    }
    return HEAT_OK;
}

static heat_status build_complete(heat_context *ctx, const recipe *r, heat_edge_list *list)
{
    heat_stream stream;
    recipe scaled = *r;

    if (!((double)r->n * ((double)r->n - 1) / 2 * BYTES_AN_EDGE <= (double)ctx->config.memory))
        return heat_fail(ctx, HEAT_ERROR_MEMORY,
                         "%s: its edges would take more than the memory allowed (option --memory)", r->spec);
    scaled.coupling = r->how == UNIFORM ? r->coupling : 1 / sqrt((double)r->n); /* extensive energy */
    heat_stream_init(&stream, r->seed, HEAT_PURPOSE_GENERATE, UNIT_COUPLINGS);
    for (int32_t i = 0; i < r->n; i++)
        for (int32_t j = i + 1; j < r->n; j++) {
            heat_status status = heat_edge_list_add(ctx, list, i, j, draw_coupling(&scaled, &stream));
            if (status != HEAT_OK)
                return status;
        }
    return HEAT_OK;
}

static bool has_neighbour(const int32_t *neighbours, int64_t degree, int32_t i, int32_t j)
{
    for (int64_t k = 0; k < degree; k++)
        if (neighbours[i * degree + k] == j)
            return true;
    return false;
}

/* One pass of Steger and Wormald's pairing (Combin. Probab. Comput. 8 (1999) 377): random pairs of free
 * stubs, a pair that would be a loop or a repeat is drawn again. False when what is left admits no pair. */
static bool pair_stubs(const recipe *r, heat_stream *stream, int32_t *stubs, int32_t *neighbours,
                       int64_t *used)
{
    int64_t left = r->n * r->degree;

    for (int64_t k = 0; k < left; k++)
        stubs[k] = (int32_t)(k / r->degree);
    memset(used, 0, (size_t)r->n * sizeof *used);
    for (int64_t k = 0; k < left; k++)
        neighbours[k] = -1;
    for (int tries = 0; left > 0;) {
        int64_t a = (int64_t)heat_stream_below(stream, (uint64_t)left);
        int64_t b = (int64_t)heat_stream_below(stream, (uint64_t)left);
        int32_t i = stubs[a], j = stubs[b];
        if (i == j || has_neighbour(neighbours, r->degree, i, j)) {
            if (++tries > 1000 + 10 * (int)r->degree)
                return false;
            continue;
        }
        tries = 0;
        neighbours[i * r->degree + used[i]++] = j;
        neighbours[j * r->degree + used[j]++] = i;
        if (a < b) { /* take the later stub out first, so that the earlier keeps its place */
            int64_t swap = a;
            a = b;
            b = swap;
        }
        stubs[a] = stubs[--left];
        stubs[b] = stubs[--left];
    }
    return true;
}

static heat_status build_regular(heat_context *ctx, const recipe *r, heat_edge_list *list)
{
    enum { MOST_PASSES = 1000 };
    heat_stream graph, couplings;
    int32_t *stubs = NULL, *neighbours = NULL;
    int64_t *used = NULL;
    bool paired = false;
    heat_status status;

    if (r->degree < 0 || r->degree >= r->n || r->n * r->degree % 2 != 0)
        return heat_fail(ctx, HEAT_ERROR_INPUT,
                         "%s: no graph of %lld vertices has degree %lld (n k even, k < n)", r->spec,
                         (long long)r->n, (long long)r->degree);
    heat_stream_init(&graph, r->seed, HEAT_PURPOSE_GENERATE, UNIT_GRAPH);
    heat_stream_init(&couplings, r->seed, HEAT_PURPOSE_GENERATE, UNIT_COUPLINGS);
    status = heat_alloc(ctx, r->n * r->degree, sizeof *stubs, &stubs);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n * r->degree, sizeof *neighbours, &neighbours);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n, sizeof *used, &used);
    for (int pass = 0; pass < MOST_PASSES && status == HEAT_OK && !paired; pass++)
        paired = pair_stubs(r, &graph, stubs, neighbours, used);
    if (status == HEAT_OK && !paired)
        status = heat_fail(ctx, HEAT_ERROR_UNABLE,
                           "%s: no such graph was found in %d passes; try a smaller k", r->spec, MOST_PASSES);
    for (int32_t i = 0; i < r->n && status == HEAT_OK; i++)
        for (int64_t k = 0; k < r->degree && status == HEAT_OK; k++) {
            int32_t j = neighbours[i * r->degree + k];
            if (j > i)
                status = heat_edge_list_add(ctx, list, i, j, draw_coupling(r, &couplings));
        }
    heat_free(stubs);
    heat_free(neighbours);
    heat_free(used);
    return status;
}

static heat_status parse_shape(heat_context *ctx, const builtin *b, const char *text, size_t length,
                               recipe *r)
{
    const char *end = text + length;

    r->n = 1;
    for (const char *c = text;; c++) {
        size_t part = 0;
        int64_t extent;
        while (c + part < end && c[part] != 'x')
            part++;
        if (!heat_parse_int(c, part, &extent) || extent < 1 || extent > INT32_MAX)
            return heat_fail(ctx, HEAT_ERROR_INPUT, "%s: '%.*s' is not a size; expected, for example, %s",
                             r->spec, (int)(part < 40 ? part : 40), c, b->shape);
        if (r->n_dimensions == (b->one_size ? 1 : MOST_DIMENSIONS))
            return heat_fail(ctx, HEAT_ERROR_INPUT, "%s: too many dimensions; expected, for example, %s",
                             r->spec, b->shape);
        if (r->n > (INT32_MAX - 1) / extent)
            return heat_fail(ctx, HEAT_ERROR_INPUT, "%s: more than %d variables", r->spec, INT32_MAX - 1);
        r->n *= extent;
        r->extent[r->n_dimensions++] = extent;
        c += part;
        if (c == end)
            return HEAT_OK;
    }
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(text, word, length) == 0;
}

static heat_status bad_value(heat_context *ctx, const recipe *r, const char *key, const char *expected)
{
    return heat_fail(ctx, HEAT_ERROR_INPUT, "%s: %s needs %s", r->spec, key, expected);
}

/* One `key=value` or `open`. */
static heat_status parse_key(heat_context *ctx, const builtin *b, const char *text, size_t length, recipe *r)
{
    const char *equals = memchr(text, '=', length);
    size_t key = equals == NULL ? length : (size_t)(equals - text);
    const char *value = equals == NULL ? text + length : equals + 1;
    size_t rest = length - key - (equals != NULL);

    if (is_word(text, key, "open") && strstr(b->keys, "open") != NULL) {
        r->open = true;
        return equals == NULL ? HEAT_OK : bad_value(ctx, r, "open", "no value");
    }
    if (is_word(text, key, "J")) {
        if (is_word(value, rest, "pm"))
            r->how = PLUS_MINUS;
        else if (is_word(value, rest, "gauss"))
            r->how = GAUSSIAN;
        else if (heat_parse_real(value, rest, &r->coupling))
            r->how = UNIFORM;
        else
            return bad_value(ctx, r, "J", "a number, pm (+1 or -1) or gauss");
        return HEAT_OK;
    }
    if (is_word(text, key, "h"))
        return heat_parse_real(value, rest, &r->field) ? HEAT_OK : bad_value(ctx, r, "h", "a number");
    if (is_word(text, key, "seed"))
        return heat_parse_uint(value, rest, &r->seed) ? HEAT_OK : bad_value(ctx, r, "seed", "a whole number");
    if (is_word(text, key, "k") && strstr(b->keys, "|k|") != NULL)
        return heat_parse_int(value, rest, &r->degree) && r->degree <= INT32_MAX
                   ? HEAT_OK
                   : bad_value(ctx, r, "k", "a whole number");
    return heat_fail(ctx, HEAT_ERROR_INPUT, "%s: '%.*s' is none of what %s reads (%s)", r->spec,
                     (int)(key < 40 ? key : 40), text, b->name, b->keys);
}

static heat_status parse_recipe(heat_context *ctx, const builtin *b, const char *spec, recipe *r)
{
    const char *c = strchr(spec, ':') + 1;
    size_t length = strcspn(c, ",");
    heat_status status;

    *r = (recipe){.spec = spec, .how = b->how, .coupling = 1, .seed = 1, .degree = 3};
    status = parse_shape(ctx, b, c, length, r);
    for (c += length; status == HEAT_OK && *c == ','; c += length) {
        c++;
        length = strcspn(c, ",");
        status = parse_key(ctx, b, c, length, r);
    }
    return status;
}

static const builtin *find(const char *spec)
{
    size_t length = strcspn(spec, ":");

    if (spec[length] == ':')
        for (int k = 0; k < N_BUILTINS; k++)
            if (is_word(spec, length, builtins[k].name))
                return &builtins[k];
    return NULL;
}

const char *heat_builtin_nearest(const char *spec)
{
    const char *names[N_BUILTINS];
    char word[32];
    size_t length = strcspn(spec, ":");
    int nearest;

    if (spec[length] != ':' || length >= sizeof word)
        return NULL;
    memcpy(word, spec, length);
    word[length] = '\0';
    for (int k = 0; k < N_BUILTINS; k++)
        names[k] = builtins[k].name;
    nearest = heat_nearest_word(word, names, N_BUILTINS);
    return nearest < 0 ? NULL : names[nearest];
}

heat_status heat_builtin_create(heat_context *ctx, const char *spec, bool *known, heat_model **out)
{
    const builtin *b = find(spec);
    heat_edge_list list = {0};
    recipe r;
    heat_status status;

    *known = b != NULL;
    *out = NULL;
    if (b == NULL)
        return HEAT_OK;
    status = parse_recipe(ctx, b, spec, &r);
    if (status != HEAT_OK)
        return status;
    list.n_variables = r.n;
    if (r.field != 0) {
        status = heat_alloc(ctx, r.n, sizeof *list.field, &list.field);
        for (int64_t i = 0; i < r.n && status == HEAT_OK; i++)
            list.field[i] = r.field;
    }
    if (status == HEAT_OK)
        status = b->build(ctx, &r, &list);
    if (status == HEAT_OK)
        status = heat_ising_create(ctx, &list, spec, "built-in", out);
    heat_edge_list_clear(&list);
    if (status != HEAT_OK)
        return status;
    (*out)->info.n_merged = 0; /* the double bond of a ring of two is meant */
    if (b->build == build_lattice) {
        status = heat_alloc(ctx, r.n_dimensions, sizeof *(*out)->extent, &(*out)->extent);
        if (status != HEAT_OK) {
            heat_model_free(*out);
            *out = NULL;
            return status;
        }
        memcpy((*out)->extent, r.extent, (size_t)r.n_dimensions * sizeof *r.extent);
        (*out)->info.n_dimensions = r.n_dimensions;
        (*out)->info.extent = (*out)->extent;
    }
    return HEAT_OK;
}
