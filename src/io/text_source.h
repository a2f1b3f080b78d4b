/* Text as words and line ends, with the place of each. Memory is bounded whatever the input: words are handed
 * out where they lie in a buffer. '#' begins a comment that ends with the line; a line ends with LF, CRLF or
 * the end of the file; blanks are spaces and tabs; a UTF-8 mark at the beginning is passed over. Any other
 * control character is refused: the input is not text. */
#ifndef HEATBATH_TEXT_SOURCE_H
#define HEATBATH_TEXT_SOURCE_H

#include "io/byte_source.h"

typedef struct heat_text_source heat_text_source;

typedef enum heat_text_kind {
    HEAT_TEXT_WORD = 0,
    HEAT_TEXT_LINE_END, /* of a line with or without words */
    HEAT_TEXT_END       /* of the input; again and again */
} heat_text_kind;

typedef struct heat_text_token {
    heat_text_kind kind;
    const char *text; /* of a word; not terminated; valid until the next call */
    size_t length;
    int64_t line, column; /* where it begins; 1-based, bytes */
} heat_text_token;

/* Opens a file (.gz too; "-" is standard input), or memory, which is borrowed. */
HEAT_MUST_USE heat_status heat_text_source_open(heat_context *ctx, const char *path, heat_text_source **out);
HEAT_MUST_USE heat_status heat_text_source_open_memory(heat_context *ctx, const char *name, const void *data,
                                                       size_t size, heat_text_source **out);

/* NULL is allowed. */
void heat_text_source_close(heat_text_source *source);

heat_context *heat_text_source_context(heat_text_source *source);

/* The input's name as messages give it. */
const char *heat_text_source_name(const heat_text_source *source);

/* Commas separate words from here on. */
void heat_text_source_split_commas(heat_text_source *source);

/* The first bytes of the input (at most 256 KiB), before any word is taken. */
void heat_text_source_peek(const heat_text_source *source, const char **bytes, size_t *length);

/* All bytes of an input from which no word has been taken; the caller frees them with heat_free. Leaves the
 * source at its end. */
HEAT_MUST_USE heat_status heat_text_source_take(heat_text_source *source, char **bytes, size_t *length);

/* True if the input is a file that may be opened by its name instead. */
bool heat_text_source_is_plain_file(const heat_text_source *source);

/* The next word, line end or end. HEAT_ERROR_INPUT if the input is not text, damaged or unreadable. */
HEAT_MUST_USE heat_status heat_text_next(heat_text_source *source, heat_text_token *token);

/* The next word on any line, or the end. */
HEAT_MUST_USE heat_status heat_text_next_word(heat_text_source *source, heat_text_token *token);

/* The next word of this line; fails, naming `what` ("the weight w") as expected, where the line has ended. */
HEAT_MUST_USE heat_status heat_text_need_word(heat_text_source *source, heat_text_token *token,
                                              const char *what);

/* Takes the end of the line, or fails because a word stands there; `what` says what the line should be. */
HEAT_MUST_USE heat_status heat_text_need_line_end(heat_text_source *source, const char *what);

/* The number that a word is. Fails, naming `what`, if it is none, not in low...high, or not finite. */
HEAT_MUST_USE heat_status heat_text_get_int(heat_text_source *source, const heat_text_token *token,
                                            const char *what, int64_t low, int64_t high, int64_t *out);
HEAT_MUST_USE heat_status heat_text_get_real(heat_text_source *source, const heat_text_token *token,
                                             const char *what, double *out);

/* True if a word is `word`. */
bool heat_text_is(const heat_text_token *token, const char *word);

/* HEAT_ERROR_INPUT at the place of `token`: "FILE:LINE:COLUMN: expected ..., found 'WORD'". The format says
 * what was expected. */
heat_status heat_text_fail(heat_text_source *source, const heat_text_token *token, const char *expected, ...)
    HEAT_PRINTF(3, 4);

/* HEAT_ERROR_INPUT at the place of `token` with a whole sentence. */
heat_status heat_text_fail_at(heat_text_source *source, const heat_text_token *token, const char *format, ...)
    HEAT_PRINTF(3, 4);

#endif
