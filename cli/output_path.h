/* Where a result is to be written: refused before the work begins if it cannot be. */
#ifndef HEATBATH_OUTPUT_PATH_H
#define HEATBATH_OUTPUT_PATH_H

#include "cli.h"

/* True if the suffix of `path` (before any other rule) is one of `suffixes`, "|.txt|.csv|". A pipe or device
 * without a suffix is given ".txt" where that is listed. */
bool cli_path_ends_in(const char *path, const char *suffixes);

/* Fails early, before the work, where the folder of `path` is missing or cannot be written. */
heat_status cli_path_probe(cli *c, const char *path);

#endif
