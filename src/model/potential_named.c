/* Potentials that have a name: the particle between two wells, and the standards of the field. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/potential.h"

#include <string.h>

/* One row a potential: what stands behind the colon fills in the rest. */
typedef struct named {
    const char *name;
    heat_potential_name kernel;
    const char *example;
    /* NULL: nothing may stand there. `text` is what does, "" if nothing. */
    heat_status (*read)(heat_context *ctx, const struct named *named, const char *text, heat_potential *p);
    int32_t n; /* of those that read nothing */
} named;

static heat_status read_gaussian(heat_context *ctx, const named *row, const char *text, heat_potential *p)
{
    if (*text == '\0')
        return heat_fail(ctx, HEAT_ERROR_INPUT, "%s needs a file of the mean and the covariance: %s",
                         row->name, row->example);
    return heat_potential_read_gaussian(ctx, text, p);
}

static const named rows[] = {
    {"double-well", HEAT_POTENTIAL_DOUBLE_WELL, "double-well", NULL, 1},
    {"gaussian", HEAT_POTENTIAL_GAUSSIAN, "gaussian:covariance.csv", read_gaussian, 0},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

const char *heat_potential_get_name(int k, const char **example)
{
    if (k >= N_ROWS)
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

heat_status heat_potential_create_named(heat_context *ctx, const char *spec, bool *known, heat_model **out)
{
    const named *row = find(spec);
    const char *text = spec + strcspn(spec, ":");
    heat_potential *p = NULL;
    heat_status status;

    *known = row != NULL;
    *out = NULL;
    if (row == NULL)
        return HEAT_OK;
    if (row->read == NULL && *text != '\0')
        return heat_fail(ctx, HEAT_ERROR_INPUT, "%s: nothing stands behind the name %s", spec, row->name);
    status = heat_alloc(ctx, 1, sizeof *p, &p);
    if (status != HEAT_OK)
        return status;
    p->name = row->kernel;
    p->n = p->numbers.n = row->n;
    if (row->read != NULL)
        status = row->read(ctx, row, *text == '\0' ? text : text + 1, p);
    if (status != HEAT_OK) {
        heat_potential_free(p);
        return status;
    }
    return heat_potential_create(ctx, p, spec, "built-in", out);
}
