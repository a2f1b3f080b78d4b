/* Texts that stand for several models, `ea:8x8,seed=1..100`, as one text a model. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <heatbath/model.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The value of the first key `seed` behind a comma, and its length; NULL if there is none. */
static const char *find_seed(const char *spec, size_t *length)
{
    const char *at = strstr(spec, ",seed=");

    if (at == NULL)
        return NULL;
    at += strlen(",seed=");
    *length = strcspn(at, ",");
    return at;
}

static const char *find_dots(const char *value, size_t length)
{
    for (size_t k = 0; k + 2 <= length; k++)
        if (value[k] == '.' && value[k + 1] == '.')
            return value + k;
    return NULL;
}

static heat_status add_copies(heat_context *ctx, const char *spec, const char *value, size_t length,
                              uint64_t first, heat_model_list *list)
{
    size_t size = strlen(spec) + 24;

    for (int64_t k = 0; k < list->count; k++) {
        heat_status status = heat_alloc(ctx, (int64_t)size, 1, &list->specs[k]);
        if (status != HEAT_OK)
            return status;
        snprintf(list->specs[k], size, "%.*s%llu%s", (int)(value - spec), spec,
                 (unsigned long long)(first + (uint64_t)k), value + length);
    }
    return HEAT_OK;
}

heat_status heat_model_expand(heat_context *ctx, const char *spec, heat_model_list *list)
{
    const char *value, *dots = NULL;
    size_t length = 0;
    uint64_t first = 0, last = 0;
    heat_status status;

    if (ctx == NULL || list == NULL)
        return HEAT_ERROR_ARGUMENT;
    *list = (heat_model_list){.size = sizeof *list};
    if (spec == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_expand: no model named");
    value = strchr(spec, ':') == NULL || access(spec, F_OK) == 0 ? NULL : find_seed(spec, &length);
    if (value != NULL)
        dots = find_dots(value, length);
    if (dots != NULL) {
        size_t before = (size_t)(dots - value);
        if (!heat_parse_uint(value, before, &first) ||
            !heat_parse_uint(dots + 2, length - before - 2, &last) || last < first)
            return heat_fail(ctx, HEAT_ERROR_INPUT, "%s: seed=%.*s is no range; expected, for example, %s",
                             spec, (int)(length < 60 ? length : 60), value, "seed=1..100");
    }
    if (last - first >= INT32_MAX)
        return heat_fail(ctx, HEAT_ERROR_INPUT, "%s: more than %d models", spec, INT32_MAX);
    list->count = (int64_t)(last - first) + 1;
    status = heat_alloc(ctx, list->count, sizeof *list->specs, &list->specs);
    if (status != HEAT_OK)
        list->count = 0;
    else if (dots == NULL)
        status = heat_copy_text(ctx, spec, &list->specs[0]);
    else
        status = add_copies(ctx, spec, value, length, first, list);
    if (status != HEAT_OK)
        heat_model_list_clear(list);
    return status;
}

void heat_model_list_clear(heat_model_list *list)
{
    for (int64_t k = 0; k < list->count; k++)
        heat_free(list->specs[k]);
    heat_free(list->specs);
    *list = (heat_model_list){0};
}
