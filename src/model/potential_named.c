/* Potentials by name: the particle between two wells, the standards of the field, and those that are typed.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/box.h"
#include "model/potential.h"

#include <string.h>

enum { MOST_VARIABLES = 1 << 20 };

/* One row a potential: what stands behind the colon fills in the rest. */
typedef struct named {
    const char *name;
    heat_potential_name kernel;
    const char *example;
    /* `text` is what stands behind the colon, "" if nothing does. NULL: nothing may. */
    heat_status (*read)(heat_context *ctx, const struct named *named, const char *text, heat_potential *p);
    int32_t n; /* of those that read no size */
    const char *const *names;
} named;

static heat_status expect(heat_context *ctx, const named *row, const char *what)
{
    return heat_fail(ctx, HEAT_ERROR_INPUT, "%s needs %s: %s", row->name, what, row->example);
}

static bool read_size(const char *text, size_t length, int32_t least, int32_t *n)
{
    int64_t size;

    if (!heat_parse_int(text, length, &size) || size < least || size > MOST_VARIABLES)
        return false;
    *n = (int32_t)size;
    return true;
}

static heat_status read_gaussian(heat_context *ctx, const named *row, const char *text, heat_potential *p)
{
    if (*text == '\0')
        return expect(ctx, row, "a file of the mean and the covariance");
    return heat_potential_read_gaussian(ctx, text, p);
}

static heat_status read_dimension(heat_context *ctx, const named *row, const char *text, heat_potential *p)
{
    if (!read_size(text, strlen(text), 2, &p->n))
        return expect(ctx, row, "a number of variables, from 2 on");
    return HEAT_OK;
}

/* n,c: n variables y beside x. For every x the lowest point is y = 0, so that x = 0 divides the basins. */
static heat_status read_basins(heat_context *ctx, const named *row, const char *text, heat_potential *p)
{
    size_t length = strcspn(text, ",");

    if (text[length] == '\0' || !read_size(text, length, 1, &p->n) ||
        !heat_parse_real(text + length + 1, strlen(text + length + 1), &p->numbers.rate))
        return expect(ctx, row, "a number of variables y and the rate c");
    p->n++;
    p->n_slow = 1;
    return HEAT_OK;
}

/* tau is a standard deviation; chains begin near the mean of both. */
static heat_status read_schools(heat_context *ctx, const named *row, const char *text, heat_potential *p)
{
    static const char bounds[] = ":,0:,:,:,:,:,:,:,:,:";
    heat_status status;

    if (*text != '\0')
        return expect(ctx, row, "nothing behind its name");
    p->n = row->n;
    status = heat_alloc(ctx, p->n, sizeof *p->start, &p->start);
    if (status != HEAT_OK)
        return status;
    p->start[0] = 4;
    p->start[1] = 3;
    status = heat_box_set(ctx, bounds, p->n, &p->lower, &p->upper);
    return status == HEAT_OK ? heat_box_set(ctx, bounds, p->n, &p->own_lower, &p->own_upper) : status;
}

static const char *const school_names[] = {"mu",   "tau",  "eta1", "eta2", "eta3",
                                           "eta4", "eta5", "eta6", "eta7", "eta8"};

static const named rows[] = {
    {"double-well", HEAT_POTENTIAL_DOUBLE_WELL, "double-well", NULL, 1, NULL},
    {"gaussian", HEAT_POTENTIAL_GAUSSIAN, "gaussian:covariance.csv", read_gaussian, 0, NULL},
    {"muller-brown", HEAT_POTENTIAL_MULLER_BROWN, "muller-brown", NULL, 2, NULL},
    {"rosenbrock", HEAT_POTENTIAL_ROSENBROCK, "rosenbrock:2", read_dimension, 0, NULL},
    {"funnel", HEAT_POTENTIAL_FUNNEL, "funnel:10", read_dimension, 0, NULL},
    {"basins", HEAT_POTENTIAL_BASINS, "basins:10,0.2", read_basins, 0, NULL},
    {"eight-schools", HEAT_POTENTIAL_EIGHT_SCHOOLS, "eight-schools", read_schools, 10, school_names},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static const char typed[] = "potential";

const char *heat_potential_get_name(int k, const char **example)
{
    if (k == N_ROWS) {
        *example = "'potential:(x^2-1)^2'";
        return typed;
    }
    if (k > N_ROWS)
        return NULL;
    *example = rows[k].example;
    return rows[k].name;
}

static const named *find(const char *spec)
{
    size_t length = strcspn(spec, ":");

    for (int k = 0; k < N_ROWS; k++)
        if (strlen(rows[k].name) == length && strncmp(rows[k].name, spec, length) == 0)
            return &rows[k];
    return NULL;
}

static heat_status read_named(heat_context *ctx, const named *row, const char *text, heat_potential *p)
{
    heat_status status = HEAT_OK;

    p->name = row->kernel;
    p->n = row->n;
    p->names = row->names;
    if (row->read != NULL)
        status = row->read(ctx, row, text, p);
    else if (*text != '\0')
        status = expect(ctx, row, "nothing behind its name");
    p->numbers.n = p->n;
    return status;
}

/* A start beyond the walls is none. */
static void check_start(heat_potential *p)
{
    for (int32_t i = 0; p->start != NULL && i < p->n; i++)
        if (!(p->start[i] >= p->lower[i] && p->start[i] <= p->upper[i])) {
            heat_free(p->start);
            p->start = NULL;
        }
}

heat_status heat_potential_load(heat_context *ctx, const char *spec, const heat_load_options *options,
                                bool *known, heat_model **out)
{
    const char *text = spec + strcspn(spec, ":");
    const bool is_typed = strncmp(spec, "potential:", sizeof typed) == 0;
    const named *row = find(spec);
    heat_potential *p = NULL;
    heat_status status;

    *known = is_typed || row != NULL;
    *out = NULL;
    if (!*known)
        return HEAT_OK;
    text += *text == ':';
    if (!is_typed && options->let != NULL)
        return heat_fail_option(ctx, "let", options->let, "%s has no parameters but those behind its colon",
                                row->name);
    status = heat_alloc(ctx, 1, sizeof *p, &p);
    if (status == HEAT_OK)
        status = is_typed ? heat_potential_read_expression(ctx, text, options->let, p)
                          : read_named(ctx, row, text, p);
    if (status == HEAT_OK && options->box != NULL)
        status = heat_box_set(ctx, options->box, p->n, &p->lower, &p->upper);
    if (status == HEAT_OK && options->box != NULL)
        status = heat_potential_find_ends(ctx, p);
    if (status != HEAT_OK) {
        heat_potential_free(p);
        return status;
    }
    if (options->box != NULL)
        check_start(p);
    return heat_potential_create(ctx, p, spec, "built-in", out);
}
