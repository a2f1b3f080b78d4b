/* The scanner under every text reader: one pass, one buffer, no copy of a word. */
#include "io/text_source.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 18, SHOWN_WORD = 40 };

enum character { PLAIN = 0, BLANK, NEWLINE, RETURN, COMMENT, BINARY };

struct heat_text_source {
    heat_context *ctx;
    heat_byte_source *bytes;
    unsigned char *buffer;   /* BUFFER_SIZE bytes and a 0 behind the last valid one */
    unsigned char *at, *end; /* what is not scanned yet */
    bool ended;              /* nothing follows `end` */
    int64_t line;
    int64_t offset;     /* of buffer[0] in the input */
    int64_t line_begin; /* offset of the line's first byte */
    unsigned char class[256];
};

/* Keeps the bytes from `keep` on, moves them to the front and reads behind them. Returns with s->ended set if
 * there is nothing more. */
static heat_status refill(heat_text_source *s, unsigned char *keep)
{
    size_t kept = (size_t)(s->end - keep), got = 1;

    if (kept == BUFFER_SIZE) {
        heat_text_token word = {.line = s->line, .column = s->offset - s->line_begin + 1};
        return heat_text_fail_at(s, &word, "a word of more than %d bytes", BUFFER_SIZE);
    }
    if (kept > 0)
        memmove(s->buffer, keep, kept);
    s->offset += keep - s->buffer;
    s->at -= keep - s->buffer;
    s->end = s->buffer + kept;
    while (got > 0 && s->end < s->buffer + BUFFER_SIZE) {
        heat_status status =
            heat_byte_source_read(s->bytes, s->end, (size_t)(s->buffer + BUFFER_SIZE - s->end), &got);
        if (status != HEAT_OK)
            return status;
        s->end += got;
    }
    s->ended = got == 0;
    *s->end = 0;
    return HEAT_OK;
}

static heat_status begin(heat_text_source *s)
{
    heat_status status = heat_alloc(s->ctx, BUFFER_SIZE + 1, 1, &s->buffer);

    if (status != HEAT_OK)
        return status;
    memset(s->class, BINARY, ' ');
    s->class[0x7f] = BINARY;
    s->class[' '] = s->class['\t'] = BLANK;
    s->class['\n'] = NEWLINE;
    s->class['\r'] = RETURN;
    s->class['#'] = COMMENT;
    s->line = 1;
    s->at = s->end = s->buffer;
    status = refill(s, s->end);
    if (status == HEAT_OK && s->end - s->at >= 3 && memcmp(s->at, "\xef\xbb\xbf", 3) == 0) {
        s->at += 3;
        s->line_begin = 3;
    }
    return status;
}

static heat_status finish_opening(heat_context *ctx, heat_byte_source *bytes, heat_text_source **out)
{
    heat_text_source *s;
    heat_status status = heat_alloc(ctx, 1, sizeof *s, &s);

    if (status != HEAT_OK) {
        heat_byte_source_close(bytes);
        return status;
    }
    s->ctx = ctx;
    s->bytes = bytes;
    status = begin(s);
    if (status == HEAT_OK)
        *out = s;
    else
        heat_text_source_close(s);
    return status;
}

heat_status heat_text_source_open(heat_context *ctx, const char *path, heat_text_source **out)
{
    heat_byte_source *bytes;
    heat_status status = heat_byte_source_open(ctx, path, &bytes);

    *out = NULL;
    return status == HEAT_OK ? finish_opening(ctx, bytes, out) : status;
}

heat_status heat_text_source_open_memory(heat_context *ctx, const char *name, const void *data, size_t size,
                                         heat_text_source **out)
{
    heat_byte_source *bytes;
    heat_status status = heat_byte_source_open_memory(ctx, name, data, size, &bytes);

    *out = NULL;
    return status == HEAT_OK ? finish_opening(ctx, bytes, out) : status;
}

void heat_text_source_close(heat_text_source *s)
{
    if (s == NULL)
        return;
    heat_byte_source_close(s->bytes);
    heat_free(s->buffer);
    heat_free(s);
}

heat_context *heat_text_source_context(heat_text_source *s)
{
    return s->ctx;
}

const char *heat_text_source_name(const heat_text_source *s)
{
    return heat_byte_source_name(s->bytes);
}

void heat_text_source_split_commas(heat_text_source *s)
{
    s->class[','] = BLANK;
}

void heat_text_source_peek(const heat_text_source *s, const char **bytes, size_t *length)
{
    *bytes = (const char *)s->at;
    *length = (size_t)(s->end - s->at);
}

heat_status heat_text_source_take(heat_text_source *s, char **bytes, size_t *length)
{
    int64_t capacity = 0;
    heat_status status;

    *bytes = NULL;
    *length = 0;
    for (;;) {
        size_t here = (size_t)(s->end - s->at);
        status = heat_grow(s->ctx, (int64_t)(*length + here + 1), 1, &capacity, bytes);
        if (status != HEAT_OK)
            break;
        memcpy(*bytes + *length, s->at, here);
        *length += here;
        s->at = s->end;
        if (s->ended)
            return HEAT_OK;
        status = refill(s, s->end);
        if (status != HEAT_OK)
            break;
    }
    heat_free(*bytes);
    *bytes = NULL;
    return status;
}

bool heat_text_source_is_plain_file(const heat_text_source *s)
{
    return heat_byte_source_is_plain_file(s->bytes);
}

static void place(const heat_text_source *s, const unsigned char *at, heat_text_token *token)
{
    token->line = s->line;
    token->column = s->offset + (at - s->buffer) - s->line_begin + 1;
}

static heat_status not_text(heat_text_source *s, heat_text_token *token)
{
    *token = (heat_text_token){.kind = HEAT_TEXT_END, .text = ""};
    place(s, s->at, token);
    if (*s->at == '\r')
        return heat_text_fail_at(s, token, "a carriage return inside a line");
    return heat_text_fail_at(s, token, "expected text, found the byte 0x%02x: this is a binary file", *s->at);
}

/* Passes over a comment up to its line's end. */
static heat_status skip_comment(heat_text_source *s)
{
    heat_text_token here;

    for (;;) {
        while (s->class[*s->at] != NEWLINE && s->class[*s->at] != BINARY)
            s->at++;
        if (s->class[*s->at] == NEWLINE)
            return HEAT_OK;
        if (s->at < s->end)
            return not_text(s, &here);
        if (s->ended)
            return HEAT_OK;
        {
            heat_status status = refill(s, s->end);
            if (status != HEAT_OK)
                return status;
        }
    }
}

/* Takes a word that begins at s->at. */
static heat_status take_word(heat_text_source *s, heat_text_token *token)
{
    unsigned char *begin = s->at;

    token->kind = HEAT_TEXT_WORD;
    place(s, begin, token);
    for (;;) {
        while (s->class[*s->at] == PLAIN)
            s->at++;
        if (s->at < s->end || s->ended)
            break;
        {
            heat_status status = refill(s, begin);
            if (status != HEAT_OK)
                return status;
            begin = s->buffer;
        }
    }
    token->text = (const char *)begin;
    token->length = (size_t)(s->at - begin);
    return HEAT_OK;
}

static void take_line_end(heat_text_source *s, heat_text_token *token)
{
    token->kind = HEAT_TEXT_LINE_END;
    place(s, s->at, token);
    s->at++;
    s->line++;
    s->line_begin = s->offset + (s->at - s->buffer);
}

heat_status heat_text_next(heat_text_source *s, heat_text_token *token)
{
    heat_status status = HEAT_OK;

    token->text = "";
    token->length = 0;
    for (;;) {
        while (s->class[*s->at] == BLANK)
            s->at++;
        switch (s->class[*s->at]) {
        case PLAIN:
            return take_word(s, token);
        case NEWLINE:
            take_line_end(s, token);
            return HEAT_OK;
        case COMMENT:
            status = skip_comment(s);
            break;
        case RETURN:
            if (s->at + 1 == s->end && !s->ended)
                status = refill(s, s->at);
            else if (s->at[1] == '\n' || s->at + 1 == s->end)
                s->at++;
            else
                return not_text(s, token);
            break;
        default:
            if (s->at < s->end)
                return not_text(s, token);
            if (s->ended) {
                token->kind = HEAT_TEXT_END;
                place(s, s->at, token);
                return HEAT_OK;
            }
            status = refill(s, s->end);
        }
        if (status != HEAT_OK)
            return status;
    }
}

heat_status heat_text_next_word(heat_text_source *s, heat_text_token *token)
{
    heat_status status;

    do {
        status = heat_text_next(s, token);
    } while (status == HEAT_OK && token->kind == HEAT_TEXT_LINE_END);
    return status;
}

heat_status heat_text_need_word(heat_text_source *s, heat_text_token *token, const char *what)
{
    heat_status status = heat_text_next(s, token);

    if (status == HEAT_OK && token->kind != HEAT_TEXT_WORD)
        return heat_text_fail(s, token, "%s", what);
    return status;
}

heat_status heat_text_need_line_end(heat_text_source *s, const char *what)
{
    heat_text_token token;
    heat_status status = heat_text_next(s, &token);

    if (status == HEAT_OK && token.kind == HEAT_TEXT_WORD)
        return heat_text_fail(s, &token, "the end of the line (%s)", what);
    return status;
}

heat_status heat_text_get_int(heat_text_source *s, const heat_text_token *token, const char *what,
                              int64_t low, int64_t high, int64_t *out)
{
    int64_t value;

    if (!heat_parse_int(token->text, token->length, &value) || value < low || value > high)
        return heat_text_fail(s, token, "%s: a whole number from %lld to %lld", what, (long long)low,
                              (long long)high);
    *out = value;
    return HEAT_OK;
}

heat_status heat_text_get_real(heat_text_source *s, const heat_text_token *token, const char *what,
                               double *out)
{
    if (!heat_parse_real(token->text, token->length, out))
        return heat_text_fail(s, token, "%s: a finite decimal number", what);
    return HEAT_OK;
}

bool heat_text_is(const heat_text_token *token, const char *word)
{
    return token->kind == HEAT_TEXT_WORD && token->length == strlen(word) &&
           memcmp(token->text, word, token->length) == 0;
}

/* The word as a message may show it: printable, and not long. */
static void show(const heat_text_token *token, char *shown)
{
    size_t length = token->length < SHOWN_WORD ? token->length : SHOWN_WORD;

    for (size_t k = 0; k < length; k++)
        shown[k] = token->text[k] >= ' ' && token->text[k] < 0x7f ? token->text[k] : '?';
    strcpy(shown + length, token->length > SHOWN_WORD ? "..." : "");
}

heat_status heat_text_fail_at(heat_text_source *s, const heat_text_token *token, const char *format, ...)
{
    char sentence[HEAT_MESSAGE_SIZE];
    char shown[SHOWN_WORD + 4] = "";
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (token->kind == HEAT_TEXT_WORD && token->text != NULL)
        show(token, shown);
    heat_fail_file(s->ctx, HEAT_ERROR_INPUT, heat_byte_source_name(s->bytes), token->line, token->column,
                   "%s", sentence);
    snprintf(s->ctx->error.value, sizeof s->ctx->error.value, "%s", shown);
    return HEAT_ERROR_INPUT;
}

heat_status heat_text_fail(heat_text_source *s, const heat_text_token *token, const char *expected, ...)
{
    char sentence[HEAT_MESSAGE_SIZE];
    char shown[SHOWN_WORD + 4];
    va_list args;

    va_start(args, expected);
    vsnprintf(sentence, sizeof sentence, expected, args);
    va_end(args);
    if (token->kind == HEAT_TEXT_LINE_END)
        return heat_text_fail_at(s, token, "expected %s, found the end of the line", sentence);
    if (token->kind == HEAT_TEXT_END)
        return heat_text_fail_at(s, token, "expected %s, found the end of the file", sentence);
    show(token, shown);
    return heat_text_fail_at(s, token, "expected %s, found '%s'", sentence, shown);
}
