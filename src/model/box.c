/* Word by word; the one word of a box for all is read again for each. */
#include "model/box.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

static int64_t count_words(const char *text)
{
    int64_t count = 1;

    for (const char *c = text; *c != '\0'; c++)
        count += *c == ',';
    return count;
}

/* A number, or nothing. */
static bool read_side(const char *text, size_t length, double otherwise, double *out)
{
    *out = otherwise;
    return length == 0 || heat_parse_real(text, length, out);
}

static bool read_word(const char *word, size_t length, double *lower, double *upper)
{
    const char *colon = memchr(word, ':', length);
    size_t before;

    if (colon == NULL)
        return false;
    before = (size_t)(colon - word);
    return read_side(word, before, -(double)INFINITY, lower) &&
           read_side(colon + 1, length - before - 1, (double)INFINITY, upper) && *lower < *upper;
}

static heat_status open_bounds(heat_context *ctx, int32_t n, double infinite, double **bounds)
{
    heat_status status = HEAT_OK;

    if (*bounds != NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, n, sizeof **bounds, bounds);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++)
        (*bounds)[i] = infinite;
    return status;
}

heat_status heat_box_set(heat_context *ctx, const char *text, int32_t n, double **lower, double **upper)
{
    const int64_t n_words = count_words(text);
    const char *word = text;
    heat_status status = open_bounds(ctx, n, -(double)INFINITY, lower);

    if (status == HEAT_OK)
        status = open_bounds(ctx, n, (double)INFINITY, upper);
    if (status == HEAT_OK && n_words != 1 && n_words != n)
        status = heat_fail_option(ctx, "box", text, "has %lld intervals, and there are %d variables",
                                  (long long)n_words, (int)n);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        size_t length = strcspn(word, ",");
        double low, high;
        if (!read_word(word, length, &low, &high))
            return heat_fail_option(ctx, "box", text,
                                    "'%.*s' is no interval lo:hi with lo < hi; a side left out has no wall",
                                    (int)(length < 40 ? length : 40), word);
        (*lower)[i] = fmax((*lower)[i], low);
        (*upper)[i] = fmin((*upper)[i], high);
        if (!((*lower)[i] < (*upper)[i]))
            return heat_fail_option(ctx, "box", text, "leaves variable %d no room: it lives from %g to %g",
                                    (int)i, (*lower)[i], (*upper)[i]);
        if (n_words > 1)
            word += length + 1;
    }
    return status;
}
