/* potential:EXPRESSION, with the parameters that option --let gives (docs/expressions.md). */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/box.h"
#include "model/potential.h"

#include <math.h>
#include <string.h>

enum { MOST_LOOKED_AT = 1000 }; /* variables */

/* Parameters taken apart: names end in `text` where their '=' stood. */
typedef struct let_list {
    char *text;
    heat_let *lets;
    int32_t n;
} let_list;

static heat_status read_let(heat_context *ctx, const char *all, char *word, size_t length, heat_let *out)
{
    char *equals = memchr(word, '=', length);

    if (equals == NULL || !heat_parse_real(equals + 1, length - (size_t)(equals - word) - 1, &out->value))
        return heat_fail_option(ctx, "let", all, "'%.*s' is no name=number", (int)(length < 80 ? length : 80),
                                word);
    *equals = '\0';
    out->name = word;
    return HEAT_OK;
}

static heat_status read_lets(heat_context *ctx, const char *text, let_list *list)
{
    int64_t count = 1;
    char *word;
    heat_status status = heat_copy_text(ctx, text, &list->text);

    for (const char *c = text; *c != '\0'; c++)
        count += *c == ',';
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof *list->lets, &list->lets);
    word = list->text;
    while (list->n < count && status == HEAT_OK) {
        size_t length = strcspn(word, ",");
        status = read_let(ctx, text, word, length, &list->lets[list->n++]);
        word += length + 1;
    }
    return status;
}

/* A coordinate that stands nowhere, as x2 in x1^2 + x3^2, is rarely meant. */
static void warn_of_flat(heat_context *ctx, const char *text, const heat_expression *e)
{
    const int32_t n = heat_expression_n_variables(e);
    char name[16];
    int32_t first = n, count = 0;

    for (int32_t i = n; i-- > 0;)
        if (!heat_expression_depends_on(e, i)) {
            first = i;
            count++;
        }
    if (count > 1)
        heat_log(ctx, HEAT_LOG_WARNING, "potential:%.80s: %s and %d more of its %d variables change nothing",
                 text, heat_expression_variable_name(e, first, name), (int)count - 1, (int)n);
    else if (count == 1)
        heat_log(ctx, HEAT_LOG_WARNING, "potential:%.80s: %s, one of its %d variables, changes nothing", text,
                 heat_expression_variable_name(e, first, name), (int)n);
}

heat_status heat_potential_read_expression(heat_context *ctx, const char *text, const char *lets,
                                           heat_potential *p)
{
    let_list list = {.text = NULL};
    heat_status status = HEAT_OK;

    if (lets != NULL)
        status = read_lets(ctx, lets, &list);
    if (status == HEAT_OK)
        status = heat_expression_parse(ctx, "potential", text, list.n, list.lets, &p->expression);
    if (status == HEAT_OK) {
        p->n = heat_expression_n_variables(p->expression);
        warn_of_flat(ctx, text, p->expression);
    }
    heat_free(list.text);
    heat_free(list.lets);
    return status;
}

/* Somewhere between a variable's walls, on no place that is likely to be singular. */
static double find_within(const heat_potential *p, int32_t i)
{
    const double low = p->lower[i], high = p->upper[i];

    return isfinite(low) && isfinite(high) ? low + 0.37 * (high - low)
           : isfinite(low)                 ? low + 0.37
           : isfinite(high)                ? high - 0.37
                                           : 0.37;
}

/* Energies at a point, and of every variable on its lower and upper wall, the others within. */
static void look_at_walls(const heat_potential *p, int64_t stride, double *x, double *energies, double *work)
{
    for (int64_t c = 0; c < stride; c++)
        for (int32_t i = 0; i < p->n; i++) {
            const double wall = c == 2 * i + 1   ? p->lower[i]
                                : c == 2 * i + 2 ? p->upper[i]
                                                 : (double)INFINITY;
            x[i * stride + c] = isfinite(wall) ? wall : find_within(p, i);
        }
    heat_expression_evaluate(p->expression, stride, stride, x, energies, NULL, work);
}

heat_status heat_potential_find_ends(heat_context *ctx, heat_potential *p)
{
    static const int64_t lanes = HEAT_SMOOTH_LANES;
    const int64_t stride = (2 * (int64_t)p->n + lanes) / lanes * lanes;
    double *x = NULL, *energies = NULL, *work = NULL;
    heat_status status = HEAT_OK;

    if (p->expression == NULL || p->n > MOST_LOOKED_AT)
        return HEAT_OK;
    status = heat_alloc(ctx, p->n * stride, sizeof *x, &x);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, stride, sizeof *energies, &energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, heat_expression_work_size(p->expression) + 1, sizeof *work, &work);
    if (status == HEAT_OK)
        status = heat_box_set(ctx, ":", p->n, &p->own_lower, &p->own_upper);
    if (status == HEAT_OK)
        look_at_walls(p, stride, x, energies, work);
    for (int32_t i = 0; i < p->n && status == HEAT_OK && isfinite(energies[0]); i++) {
        if (energies[2 * i + 1] == -(double)INFINITY)
            p->own_lower[i] = p->lower[i];
        if (energies[2 * i + 2] == -(double)INFINITY)
            p->own_upper[i] = p->upper[i];
    }
    heat_free(x);
    heat_free(energies);
    heat_free(work);
    return status;
}
