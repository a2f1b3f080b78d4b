/* One output file, whole or not at all. */
#ifndef HEATBATH_OUTPUT_FILE_H
#define HEATBATH_OUTPUT_FILE_H

#include "cli.h"

#include <stdio.h>

typedef struct cli_file {
    char *path;      /* the final name, links resolved; owned */
    char *temporary; /* written beside it, then renamed; NULL: a pipe or device, written directly; owned */
    FILE *stream;
} cli_file;

/* True if the suffix of `path` (before any other rule) is one of `suffixes`, "|.txt|.csv|"; *suffix then
 * points at it within `path`. A pipe or device without a suffix is given ".txt" where that is listed. */
bool cli_file_suffix(const char *path, const char *suffixes, const char **suffix);

/* Fails early, before the work, where the folder of `path` is missing or cannot be written. */
heat_status cli_file_probe(cli *c, const char *path);

heat_status cli_file_create(cli *c, const char *path, cli_file *file);

/* Flushes, syncs, closes and renames. Frees the struct's parts, whether it succeeds or not. */
heat_status cli_file_commit(cli *c, cli_file *file);

/* The name that the input gives variable i, quoted where it holds a comma, a quote or a line end (RFC 4180),
 * or `prefix` and the number that it gives it. */
void cli_file_put_name(FILE *out, const heat_model *model, const heat_model_info *info, const char *prefix,
                       int32_t i);

#endif
