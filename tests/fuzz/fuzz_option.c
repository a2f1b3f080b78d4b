/* Lines `name value` set options of every table: whatever is accepted lies in its range, and what describes
 * it sets the same value again. */
#include "fuzz.h"

#include <heatbath/options.h>
#include <string.h>

enum { LONGEST_TEXT = 4096, ROOM = 4096 };

static void check_round_trip(heat_context *ctx, const heat_option_table *table, const void *options)
{
    static char texts[64][LONGEST_TEXT + 1]; /* borrowed by the copy */
    union {
        char bytes[ROOM];
        max_align_t align;
    } copy;

    FUZZ_CHECK(table->struct_size <= sizeof copy && table->n_options <= 64);
    heat_option_init(table, &copy);
    for (int32_t k = 0; k < table->n_options; k++) {
        const heat_option *o = &table->options[k];
        char again[LONGEST_TEXT + 1];
        size_t length = heat_option_describe(o, options, texts[k], sizeof texts[k]);
        FUZZ_CHECK(length <= LONGEST_TEXT && length == strlen(texts[k]));
        if (o->kind == HEAT_OPTION_TEXT && length == 0)
            continue; /* not given */
        FUZZ_CHECK(heat_option_set(ctx, table, &copy, o->name, texts[k]) == HEAT_OK);
        heat_option_describe(o, &copy, again, sizeof again);
        FUZZ_CHECK(strcmp(again, texts[k]) == 0);
    }
}

static void run(heat_context *ctx, const heat_option_table *table, char *text)
{
    union {
        char bytes[ROOM];
        max_align_t align;
    } options;

    heat_option_init(table, &options);
    FUZZ_CHECK(heat_option_check(ctx, table, &options, NULL) == HEAT_OK);
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n'), *blank;
        if (end != NULL)
            *end = '\0';
        blank = strchr(line, ' ');
        if (blank != NULL)
            *blank = '\0';
        if (heat_option_set(ctx, table, &options, line, blank == NULL ? NULL : blank + 1) != HEAT_OK) {
            heat_error error = heat_context_error_detail(ctx);
            FUZZ_CHECK(error.status == HEAT_ERROR_OPTION && error.message[0] != '\0');
        }
        FUZZ_CHECK(heat_option_check(ctx, table, &options, NULL) == HEAT_OK);
        line = end == NULL ? NULL : end + 1;
    }
    if (heat_option_check(ctx, table, &options, "metropolis") != HEAT_OK)
        FUZZ_CHECK(heat_context_error(ctx)[0] != '\0');
    check_round_trip(ctx, table, &options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const verbs[] = {"ground", "sample", "logz"};
    heat_context *ctx = fuzz_context();

    if (size > LONGEST_TEXT)
        size = LONGEST_TEXT;
    for (size_t k = 0; k < sizeof verbs / sizeof *verbs; k++) {
        char text[LONGEST_TEXT + 1];
        const heat_option_table *table = heat_option_table_get(verbs[k]);
        FUZZ_CHECK(table != NULL);
        if (size > 0)
            memcpy(text, data, size);
        text[size] = '\0';
        run(ctx, table, text);
    }
    heat_context_free(ctx);
    return 0;
}
