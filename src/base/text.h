/* Words and numbers as people write them: strict parsing, nearest names, sizes. */
#ifndef HEATBATH_TEXT_H
#define HEATBATH_TEXT_H

#include <heatbath/export.h>

/* Each parses the whole of text[0..length) and nothing else: no blanks, no trailing characters. False if it
 * is not such a number or not representable; *out is then unchanged. Independent of the locale. */
bool heat_parse_int(const char *text, size_t length, int64_t *out);
bool heat_parse_uint(const char *text, size_t length, uint64_t *out);

/* A decimal floating-point number; "inf", "nan" and hexadecimal are refused, overflow too. */
bool heat_parse_real(const char *text, size_t length, double *out);

/* A size in bytes: a number with an optional K, M, G or T (powers of 1024, an "iB" or "B" may follow). */
bool heat_parse_bytes(const char *text, size_t length, int64_t *out);

/* The shortest decimal that reads back as `value`; an integer below 2^53 has no point. Returns `buffer`. */
const char *heat_text_real(double value, char *buffer, size_t size);

/* "1.5 GiB". Returns `buffer`. */
const char *heat_text_bytes(double bytes, char *buffer, size_t size);

/* True if `path` ends in `suffix`, or in it and ".gz". */
bool heat_path_ends_in(const char *path, const char *suffix);

/* Edits (insert, delete, replace, swap of neighbours) between two words, '_' and '-' equal; words are cut
 * at 63. */
int heat_edit_distance(const char *a, const char *b);

/* The index of the word among `count` that is nearest to `word`, or -1 if none is near enough to suggest. */
int heat_nearest_word(const char *word, const char *const *words, int count);

#endif
