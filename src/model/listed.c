/* Word by word. */
#include "model/listed.h"
#include "base/context_private.h"
#include "base/text.h"

#include <string.h>

/* The place of a name or number of `length` letters; -1: none. */
static int32_t find(const heat_listed *l, const char *word, size_t length)
{
    int64_t number;

    for (int32_t i = 0; i < l->n; i++) {
        const char *name = l->name(l->of, i);
        if (name != NULL && strlen(name) == length && strncmp(name, word, length) == 0)
            return i;
    }
    if (!heat_parse_int(word, length, &number) || number < l->first || number >= (int64_t)l->first + l->n)
        return -1;
    return (int32_t)number - l->first;
}

static heat_status mark_word(heat_context *ctx, const heat_listed *l, const char *list, const char *word,
                             size_t length, bool *is_listed)
{
    int32_t begin = find(l, word, length), last = begin;
    const char *dash = memchr(word, '-', length);

    if (begin < 0 && dash != NULL) {
        begin = find(l, word, (size_t)(dash - word));
        last = find(l, dash + 1, length - (size_t)(dash - word) - 1);
    }
    if (begin < 0 || last < begin)
        return heat_fail_option(
            ctx, l->option, list, "'%.*s' is no %s: a name, a number from %d to %d, or a range a-b",
            (int)(length < 80 ? length : 80), word, l->what, (int)l->first, (int)(l->first + l->n - 1));
    for (int32_t i = begin; i <= last; i++)
        is_listed[i] = true;
    return HEAT_OK;
}

heat_status heat_listed_mark(heat_context *ctx, const heat_listed *l, const char *list, bool *is_listed)
{
    for (const char *c = list;; c++) {
        size_t length = strcspn(c, ",");
        heat_status status = mark_word(ctx, l, list, c, length, is_listed);
        c += length;
        if (status != HEAT_OK || *c == '\0')
            return status;
    }
}
