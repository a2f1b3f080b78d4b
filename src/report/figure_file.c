/* Names, texts and the head that all figures share. */
#include "report/figure_file.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_TEXT = 160 };

heat_status heat_figure_create(heat_context *ctx, const char *dir, const char *stem, const char *suffix,
                               heat_atomic_file **out)
{
    size_t size = strlen(dir) + strlen(stem) + strlen(suffix) + 3;
    char *path;
    heat_status status = heat_alloc(ctx, (int64_t)size, 1, &path);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    snprintf(path, size, "%s/%s.%s", dir, stem, suffix);
    status = heat_atomic_file_create(ctx, path, out);
    heat_free(path);
    return status;
}

heat_status heat_figure_write(heat_atomic_file *file, ...)
{
    heat_status status = HEAT_OK;
    const char *text;
    va_list texts;

    va_start(texts, file);
    while (status == HEAT_OK && (text = va_arg(texts, const char *)) != NULL)
        status = heat_atomic_file_write(file, text, strlen(text));
    va_end(texts);
    return status;
}

heat_status heat_figure_number(heat_atomic_file *file, const char *separator, double value)
{
    char number[40];

    return heat_figure_write(file, separator,
                             isfinite(value) ? heat_text_real(value, number, sizeof number) : "nan", NULL);
}

const char *heat_figure_text(const char *text, char buffer[HEAT_FIGURE_TEXT_SIZE])
{
    size_t length = strlen(text), at = 0;

    if (length > LONGEST_TEXT)
        for (length = LONGEST_TEXT; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--; /* not within a character of UTF-8 */
    for (size_t k = 0; k < length; k++) {
        if (text[k] == '\'')
            buffer[at++] = '\'';
        buffer[at++] = (unsigned char)text[k] < ' ' ? ' ' : text[k];
    }
    buffer[at] = '\0';
    return buffer;
}

heat_status heat_figure_begin(heat_atomic_file *gp, const char *stem, int width, int height)
{
    char size[64];

    snprintf(size, sizeof size, "%d,%d", width, height);
    return heat_figure_write(
        gp, "# gnuplot ", stem, ".gp, run in this folder, draws ", stem, ".svg from the tables beside it\n",
        "if (!exists(\"out\")) out = '", stem, ".svg'\n", "set terminal svg size ", size,
        " background 'white' font 'Helvetica,13'\n", "set encoding utf8\nset output out\n",
        "set datafile separator tab\n", "set border lw 0.8 lc rgb '#444444'\n",
        "set grid back lt 1 lw 0.6 lc rgb '#d8d8d8', lt 1 lw 0.6 lc rgb '#d8d8d8'\n",
        "set tics nomirror scale 0.6\n",
        "set key above horizontal maxrows 1 samplen 1.5 width 0 font ',10' noenhanced\n", NULL);
}
