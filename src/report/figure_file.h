/* The files of a figure: a table and the gnuplot commands beside it. */
#ifndef HEATBATH_FIGURE_FILE_H
#define HEATBATH_FIGURE_FILE_H

#include "io/atomic_file.h"

/* Begins DIR/STEM.SUFFIX. */
HEAT_MUST_USE heat_status heat_figure_create(heat_context *ctx, const char *dir, const char *stem,
                                             const char *suffix, heat_atomic_file **out);

/* The first lines of every .gp: how to run it, the size in pixels, fonts, colours and grid. */
HEAT_MUST_USE heat_status heat_figure_begin(heat_atomic_file *gp, const char *stem, int width, int height);

/* A text as gnuplot's single-quoted string wants it: quotes doubled, control characters as blanks, cut at 160
 * bytes of whole characters. */
enum { HEAT_FIGURE_TEXT_SIZE = 400 };
const char *heat_figure_text(const char *text, char buffer[HEAT_FIGURE_TEXT_SIZE]);

/* Writes texts of any length, up to NULL. */
HEAT_MUST_USE heat_status heat_figure_write(heat_atomic_file *file, ...);

/* Writes the separator, then a number in full precision, "nan" where it is not finite. */
HEAT_MUST_USE heat_status heat_figure_number(heat_atomic_file *file, const char *separator, double value);

#endif
