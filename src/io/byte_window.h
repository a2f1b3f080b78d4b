/* Bytes with a view ahead: readers that must look before they know, and lines or records that must lie in one
 * piece. The window grows to what is asked of it and no further. */
#ifndef HEATBATH_BYTE_WINDOW_H
#define HEATBATH_BYTE_WINDOW_H

#include "io/byte_source.h"

typedef struct heat_byte_window {
    heat_context *ctx;
    heat_byte_source *source;
    unsigned char *buffer;
    int64_t capacity;
    size_t begin, end; /* what is not taken yet */
    bool ended;        /* nothing follows `end` */
} heat_byte_window;

/* Opens a file (.gz too; "-" is standard input), or memory, which is borrowed. Closed by
 * heat_byte_window_close, also when opening failed. */
HEAT_MUST_USE heat_status heat_byte_window_open(heat_context *ctx, const char *path,
                                                heat_byte_window *window);
HEAT_MUST_USE heat_status heat_byte_window_open_memory(heat_context *ctx, const char *name, const void *data,
                                                       size_t size, heat_byte_window *window);

/* Reads on until at least `least` bytes lie in the window, or the input has ended. */
HEAT_MUST_USE heat_status heat_byte_window_fill(heat_byte_window *window, size_t least);

/* Reads on until a line lies in the window: *length bytes without its end (LF, CRLF, or the input's own);
 * false in *found at the end of the input. The line is taken; it is valid until the next call. */
HEAT_MUST_USE heat_status heat_byte_window_line(heat_byte_window *window, bool *found, const char **text,
                                                size_t *length);

/* Takes exactly `size` bytes, which lie in one piece until the next call; *bytes is NULL if the input ends
 * before.
 */
HEAT_MUST_USE heat_status heat_byte_window_take(heat_byte_window *window, size_t size,
                                                const unsigned char **bytes);

/* Reads on to the end of the input: all that is not taken lies in the window. */
HEAT_MUST_USE heat_status heat_byte_window_fill_all(heat_byte_window *window);

const char *heat_byte_window_name(const heat_byte_window *window);

/* Legal on zeroes. */
void heat_byte_window_close(heat_byte_window *window);

#endif
