/* The scanner: words and their places, what ends a line, what is not text, and gzip underneath. */
#include "base/memory.h"
#include "io/text_source.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Spells the tokens of a text: "word@line:column " for words, "| " for line ends, "." for the end, and
 * "!message" where it fails. */
static void spell(heat_text_source *source, heat_context *ctx, char *out, size_t size)
{
    heat_text_token token;

    out[0] = '\0';
    for (;;) {
        size_t used = strlen(out);
        if (heat_text_next(source, &token) != HEAT_OK) {
            snprintf(out + used, size - used, "!%s", heat_context_error(ctx));
            return;
        }
        if (token.kind == HEAT_TEXT_END) {
            snprintf(out + used, size - used, ".%lld:%lld", (long long)token.line, (long long)token.column);
            return;
        }
        if (token.kind == HEAT_TEXT_LINE_END)
            snprintf(out + used, size - used, "| ");
        else
            snprintf(out + used, size - used, "%.*s@%lld:%lld ", (int)token.length, token.text,
                     (long long)token.line, (long long)token.column);
    }
}

typedef struct text_case {
    const char *text;
    size_t length; /* 0: strlen */
    const char *tokens;
} text_case;

static void words_and_line_ends_have_places(void **state)
{
    (void)state;
    static const text_case cases[] = {
        {"", 0, ".1:1"},
        {"a", 0, "a@1:1 .1:2"},
        {"a bc\n", 0, "a@1:1 bc@1:3 | .2:1"},
        {" \t a  \nb", 0, "a@1:4 | b@2:1 .2:2"},
        {"a\r\nb\r\n", 0, "a@1:1 | b@2:1 | .3:1"},
        {"a \r\n\r\n", 0, "a@1:1 | | .3:1"},
        {"a\r", 0, "a@1:1 .1:3"},
        {"# all of it", 0, ".1:12"},
        {"# one\n2 # two\n3#three\n", 0, "| 2@2:1 | 3@3:1 | .4:1"},
        {"\xef\xbb\xbf"
         "a\n",
         0, "a@1:1 | .2:1"},
        {"# na\xc3\xafve\nx", 0, "| x@2:1 .2:2"},
        {"a\rb", 0, "a@1:1 !here:1:2: a carriage return inside a line"},
        {"a\n b\0c", 6, "a@1:1 | b@2:2 !here:2:3: expected text, found the byte 0x00: this is a binary file"},
        {"\x7f", 0, "!here:1:1: expected text, found the byte 0x7f: this is a binary file"},
        {"1 # \x01", 0, "1@1:1 !here:1:5: expected text, found the byte 0x01: this is a binary file"},
        {"a,b", 0, "a,b@1:1 .1:4"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        size_t length = cases[k].length > 0 ? cases[k].length : strlen(cases[k].text);
        heat_text_source *source;
        char tokens[512];
        assert_ok(ctx, heat_text_source_open_memory(ctx, "here", cases[k].text, length, &source));
        spell(source, ctx, tokens, sizeof tokens);
        assert_string_equal(tokens, cases[k].tokens);
        heat_text_source_close(source);
    }
    heat_context_free(ctx);
}

static void commas_split_words_when_asked(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_text_source *source;
    char tokens[128];

    assert_ok(ctx, heat_text_source_open_memory(ctx, "here", "1,2, 3\n", 7, &source));
    heat_text_source_split_commas(source);
    spell(source, ctx, tokens, sizeof tokens);
    assert_string_equal(tokens, "1@1:1 2@1:3 3@1:6 | .2:1");
    heat_text_source_close(source);
    heat_context_free(ctx);
}

/* Words keep their places when they, comments and line ends fall across the buffer's end. */
static void places_hold_across_refills(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20, EDGE = 1 << 18 };
    heat_context *ctx = test_context();
    char *text = malloc(SIZE);

    assert_non_null(text);
    for (int shift = -6; shift <= 2; shift++) {
        heat_text_source *source;
        heat_text_token token;
        size_t pad = (size_t)(EDGE + shift);
        memset(text, ' ', SIZE);
        memcpy(text + pad, "word\r\n#c\r\nnext", 14);
        memset(text + pad + 14, '\n', SIZE - pad - 14);
        assert_ok(ctx, heat_text_source_open_memory(ctx, "here", text, SIZE, &source));
        assert_ok(ctx, heat_text_next_word(source, &token));
        assert_true(heat_text_is(&token, "word"));
        assert_int_equal(token.line, 1);
        assert_int_equal(token.column, pad + 1);
        assert_ok(ctx, heat_text_next_word(source, &token));
        assert_true(heat_text_is(&token, "next"));
        assert_int_equal(token.line, 3);
        assert_int_equal(token.column, 1);
        assert_ok(ctx, heat_text_next_word(source, &token));
        assert_int_equal(token.kind, HEAT_TEXT_END);
        assert_int_equal(token.line, 3 + SIZE - pad - 14);
        heat_text_source_close(source);
    }
    free(text);
    heat_context_free(ctx);
}

static void a_word_longer_than_the_buffer_is_refused(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    heat_context *ctx = test_context();
    heat_text_source *source;
    heat_text_token token;
    char *text = malloc(SIZE);

    assert_non_null(text);
    memset(text, '1', SIZE);
    text[0] = text[1] = ' ';
    assert_ok(ctx, heat_text_source_open_memory(ctx, "here", text, SIZE, &source));
    assert_int_equal(heat_text_next(source, &token), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "here:1:3: a word of more than");
    heat_text_source_close(source);
    free(text);
    heat_context_free(ctx);
}

static size_t gzip(const char *text, size_t size, unsigned char *out, size_t room)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static void spell_bytes(const void *bytes, size_t size, char *tokens, size_t room)
{
    heat_context *ctx = test_context();
    heat_text_source *source;

    if (heat_text_source_open_memory(ctx, "here", bytes, size, &source) != HEAT_OK)
        snprintf(tokens, room, "!%s", heat_context_error(ctx));
    else
        spell(source, ctx, tokens, room);
    heat_text_source_close(source);
    heat_context_free(ctx);
}

static void gzip_is_unpacked_and_its_damage_told(void **state)
{
    (void)state;
    unsigned char packed[512];
    char tokens[512];
    size_t one = gzip("a b\n", 4, packed, sizeof packed), two;

    spell_bytes(packed, one, tokens, sizeof tokens);
    assert_string_equal(tokens, "a@1:1 b@1:3 | .2:1");
    two = one + gzip("c", 1, packed + one, sizeof packed - one);
    spell_bytes(packed, two, tokens, sizeof tokens);
    assert_string_equal(tokens, "a@1:1 b@1:3 | c@2:1 .2:2");
    for (size_t cut = 2; cut < one; cut++) {
        spell_bytes(packed, cut, tokens, sizeof tokens);
        assert_contains(tokens, "ends too early: the file is truncated");
    }
    packed[one] = 'x';
    spell_bytes(packed, one + 1, tokens, sizeof tokens);
    assert_contains(tokens, "is followed by something else");
    packed[one - 8] ^= 1; /* the checksum */
    spell_bytes(packed, one, tokens, sizeof tokens);
    assert_contains(tokens, "the compressed data is damaged");
}

static void assert_cannot_open(const char *path, const char *message)
{
    heat_context *ctx = test_context();
    heat_text_source *source;

    assert_int_equal(heat_text_source_open(ctx, path, &source), HEAT_ERROR_INPUT);
    assert_null(source);
    assert_contains(heat_context_error(ctx), message);
    assert_string_equal(heat_context_error_detail(ctx).file, path);
    heat_context_free(ctx);
}

static void what_cannot_be_opened_says_why(void **state)
{
    (void)state;
    assert_cannot_open("/nonexistent/graph.mc", "cannot be opened: No such file or directory");
    assert_cannot_open("/tmp", "cannot be read: Is a directory");
    assert_cannot_open("", "cannot be opened: No such file or directory");
}

enum { NOBODY = 65534 };

static void an_unreadable_file_says_so(void **state)
{
    (void)state;
    const char *path = test_file(".mc", "1 0\n", 4);

    assert_int_equal(chmod(path, 0), 0);
    if (geteuid() != 0) {
        assert_cannot_open(path, "cannot be opened: Permission denied");
    } else if (seteuid(NOBODY) == 0) { /* root may read everything */
        assert_cannot_open(path, "cannot be opened: Permission denied");
        assert_int_equal(seteuid(0), 0);
    }
}

static void numbers_fail_with_place_word_and_range(void **state)
{
    (void)state;
    static const char text[] = "7 x -1 1e999 0x10 nan 99999999999999999999 2";
    heat_context *ctx = test_context();
    heat_text_source *source;
    heat_text_token token;
    int64_t integer = 0;
    double real = 0;

    assert_ok(ctx, heat_text_source_open_memory(ctx, "here", text, strlen(text), &source));
    assert_ok(ctx, heat_text_next(source, &token));
    assert_ok(ctx, heat_text_get_int(source, &token, "k", 0, 7, &integer));
    assert_int_equal(integer, 7);
    assert_int_equal(heat_text_get_int(source, &token, "k", 0, 6, &integer), HEAT_ERROR_INPUT);
    assert_string_equal(heat_context_error(ctx),
                        "here:1:1: expected k: a whole number from 0 to 6, found '7'");
    for (int k = 0; k < 6; k++) {
        assert_ok(ctx, heat_text_next(source, &token));
        assert_int_equal(heat_text_get_int(source, &token, "k", 0, 7, &integer), HEAT_ERROR_INPUT);
        assert_int_equal(heat_context_error_detail(ctx).column, token.column);
        assert_int_equal(strlen(heat_context_error_detail(ctx).value), token.length);
        if (k != 1 && k != 5)
            assert_int_equal(heat_text_get_real(source, &token, "w", &real), HEAT_ERROR_INPUT);
    }
    assert_int_equal(heat_text_need_line_end(source, "nothing more"), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "expected the end of the line (nothing more), found '2'");
    assert_int_equal(heat_text_need_word(source, &token, "w"), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "expected w, found the end of the file");
    heat_text_source_close(source);
    heat_context_free(ctx);
}

static void all_bytes_can_be_taken(void **state)
{
    (void)state;
    enum { SIZE = 600000 };
    heat_context *ctx = test_context();
    heat_text_source *source;
    char *text = malloc(SIZE), *bytes;
    size_t length;

    assert_non_null(text);
    for (size_t k = 0; k < SIZE; k++)
        text[k] = (char)(k * k >> 7);
    assert_ok(ctx, heat_text_source_open_memory(ctx, "here", text, SIZE, &source));
    assert_ok(ctx, heat_text_source_take(source, &bytes, &length));
    assert_int_equal(length, SIZE);
    assert_memory_equal(bytes, text, SIZE);
    heat_text_source_close(source);
    heat_free(bytes);
    free(text);
    heat_context_free(ctx);
}

static heat_status read_packed(heat_context *ctx, void *path)
{
    heat_text_source *source;
    heat_text_token token;
    heat_status status = heat_text_source_open(ctx, path, &source);

    while (status == HEAT_OK) {
        status = heat_text_next(source, &token);
        if (token.kind == HEAT_TEXT_END)
            break;
    }
    heat_text_source_close(source);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    unsigned char packed[64];
    size_t size = gzip("1 2\n", 4, packed, sizeof packed);

    test_failing_allocations(read_packed, (void *)(uintptr_t)test_file(".gz", packed, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_line_ends_have_places),
        cmocka_unit_test(commas_split_words_when_asked),
        cmocka_unit_test(places_hold_across_refills),
        cmocka_unit_test(a_word_longer_than_the_buffer_is_refused),
        cmocka_unit_test(gzip_is_unpacked_and_its_damage_told),
        cmocka_unit_test(what_cannot_be_opened_says_why),
        cmocka_unit_test(an_unreadable_file_says_so),
        cmocka_unit_test(numbers_fail_with_place_word_and_range),
        cmocka_unit_test(all_bytes_can_be_taken),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
