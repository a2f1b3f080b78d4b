/* One growing buffer in front of a byte source. */
#include "io/byte_window.h"
#include "base/memory.h"

#include <string.h>

enum { STEP = 1 << 18 };

static heat_status begin(heat_context *ctx, heat_byte_window *w)
{
    w->ctx = ctx;
    return heat_grow(ctx, STEP, 1, &w->capacity, &w->buffer);
}

heat_status heat_byte_window_open(heat_context *ctx, const char *path, heat_byte_window *w)
{
    heat_status status;

    *w = (heat_byte_window){0};
    status = heat_byte_source_open(ctx, path, &w->source);
    return status == HEAT_OK ? begin(ctx, w) : status;
}

heat_status heat_byte_window_open_memory(heat_context *ctx, const char *name, const void *data, size_t size,
                                         heat_byte_window *w)
{
    heat_status status;

    *w = (heat_byte_window){0};
    status = heat_byte_source_open_memory(ctx, name, data, size, &w->source);
    return status == HEAT_OK ? begin(ctx, w) : status;
}

/* Makes room behind `end` and reads once into it. */
static heat_status read_more(heat_byte_window *w)
{
    heat_status status = HEAT_OK;
    size_t got = 0;

    if (w->begin > 0 && (w->begin == w->end || (size_t)w->capacity == w->end)) {
        memmove(w->buffer, w->buffer + w->begin, w->end - w->begin);
        w->end -= w->begin;
        w->begin = 0;
    }
    if (w->end == (size_t)w->capacity)
        status = heat_grow(w->ctx, w->capacity + 1, 1, &w->capacity, &w->buffer);
    if (status == HEAT_OK)
        status = heat_byte_source_read(w->source, w->buffer + w->end, (size_t)w->capacity - w->end, &got);
    w->end += got;
    w->ended = status == HEAT_OK && got == 0;
    return status;
}

heat_status heat_byte_window_fill(heat_byte_window *w, size_t least)
{
    heat_status status = HEAT_OK;

    while (status == HEAT_OK && !w->ended && w->end - w->begin < least)
        status = read_more(w);
    return status;
}

heat_status heat_byte_window_fill_all(heat_byte_window *w)
{
    heat_status status = HEAT_OK;

    while (status == HEAT_OK && !w->ended)
        status = read_more(w);
    return status;
}

heat_status heat_byte_window_line(heat_byte_window *w, bool *found, const char **text, size_t *length)
{
    const unsigned char *newline = NULL;
    size_t searched = 0;

    *found = false;
    for (;;) {
        size_t here = w->end - w->begin;
        heat_status status;
        newline = memchr(w->buffer + w->begin + searched, '\n', here - searched);
        if (newline != NULL || w->ended)
            break;
        searched = here;
        status = read_more(w);
        if (status != HEAT_OK)
            return status;
    }
    *text = (const char *)w->buffer + w->begin;
    *length = newline == NULL ? w->end - w->begin : (size_t)(newline - (w->buffer + w->begin));
    *found = newline != NULL || *length > 0;
    w->begin += *length + (newline != NULL);
    if (*length > 0 && (*text)[*length - 1] == '\r')
        --*length;
    return HEAT_OK;
}

heat_status heat_byte_window_take(heat_byte_window *w, size_t size, const unsigned char **bytes)
{
    heat_status status = heat_byte_window_fill(w, size);

    *bytes = NULL;
    if (status != HEAT_OK || w->end - w->begin < size)
        return status;
    *bytes = w->buffer + w->begin;
    w->begin += size;
    return HEAT_OK;
}

const char *heat_byte_window_name(const heat_byte_window *w)
{
    return heat_byte_source_name(w->source);
}

void heat_byte_window_close(heat_byte_window *w)
{
    heat_byte_source_close(w->source);
    heat_free(w->buffer);
    *w = (heat_byte_window){0};
}
