/* The option tables, every row of every one, and what the three ways to set an option refuse. */
#include "base/context_private.h"
#include "support.h"

#include <heatbath/heatbath.h>
#include <math.h>
#include <string.h>

static const char *const verbs[] = {"ground", "sample", "logz", "learn", "score", "explore", "data"};

/* Room for any verb's options struct. */
typedef union any_options {
    size_t size;
    heat_ground_options ground;
    heat_sample_options sample;
    heat_logz_options logz;
    heat_learn_options learn;
    heat_score_options score;
    heat_explore_options explore;
    heat_data_options data;
} any_options;

typedef void (*row_visit)(heat_context *ctx, const heat_option_table *table, const heat_option *o);

static void visit_rows(row_visit visit)
{
    heat_context *ctx = test_context();

    for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++) {
        const heat_option_table *table = heat_option_table_get(verbs[v]);
        assert_non_null(table);
        assert_string_equal(table->verb, verbs[v]);
        assert_true(table->struct_size <= sizeof(any_options));
        assert_true(table->n_options > 4);
        for (int32_t k = 0; k < table->n_options; k++)
            visit(ctx, table, &table->options[k]);
    }
    heat_context_free(ctx);
}

static void *field(const heat_option *o, any_options *options)
{
    return (char *)options + o->offset;
}

static bool is_number(const heat_option *o)
{
    return o->kind == HEAT_OPTION_REAL || o->kind == HEAT_OPTION_COUNT || o->kind == HEAT_OPTION_BYTES ||
           o->kind == HEAT_OPTION_TEMPERATURE;
}

static void check_row(heat_context *ctx, const heat_option_table *table, const heat_option *o)
{
    any_options options;

    assert_true(o->name[0] != '\0' && o->help[0] != '\0' && strchr(o->name, '-') == NULL);
    assert_true(o->offset >= sizeof(size_t) && o->offset < table->struct_size);
    for (const heat_option *other = table->options; other < o; other++)
        assert_string_not_equal(other->name, o->name);
    if (is_number(o))
        assert_true(o->min < o->max && o->number >= o->min && o->number <= o->max);
    if (o->kind == HEAT_OPTION_COUNT)
        assert_true(o->max < 9e15 && (o->min >= 0 || o->min == HEAT_AUTO)); /* exact in a double */
    if (o->readers[0] != '\0')
        assert_true(o->readers[o->readers[0] == '!'] == '|' && o->readers[strlen(o->readers) - 1] == '|');
    heat_option_init(table, &options);
    assert_true(options.size == table->struct_size);
    assert_ok(ctx, heat_option_check(ctx, table, &options, NULL));
    assert_ok(ctx, heat_option_check(ctx, table, &options, "no such reader")); /* defaults are not set */
}

static void every_row_is_sound_and_its_default_passes(void **state)
{
    (void)state;
    visit_rows(check_row);
    assert_null(heat_option_table_get("voltage"));
}

/* Another value than the default, as the command line spells it. */
static const char *other_value(const heat_option *o)
{
    switch (o->kind) {
    case HEAT_OPTION_REAL:
        return o->max < 12.25 ? "0.625" : "12.25";
    case HEAT_OPTION_COUNT:
        return o->min > 37 ? "1237" : "37";
    case HEAT_OPTION_SEED:
        return "18446744073709551615";
    case HEAT_OPTION_BYTES:
        return "3145728";
    case HEAT_OPTION_SWITCH:
        return o->number != 0 ? "false" : "true";
    case HEAT_OPTION_TEXT:
        return "some text";
    case HEAT_OPTION_CHOICE:
        return strrchr(o->unit, '|') + 1;
    case HEAT_OPTION_TEMPERATURE:
        return "2.125";
    }
    return "";
}

static void round_trip(heat_context *ctx, const heat_option_table *table, const heat_option *o)
{
    any_options one, two;
    char text[256], again[256], dashed[64];
    size_t length;

    snprintf(dashed, sizeof dashed, "%s", o->name);
    for (char *c = dashed; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    for (int changed = 0; changed < 2; changed++) {
        heat_option_init(table, &one);
        if (changed)
            assert_ok(ctx, heat_option_set(ctx, table, &one, o->name, other_value(o)));
        else if (o->kind == HEAT_OPTION_TEXT)
            continue; /* not given has no spelling */
        assert_ok(ctx, heat_option_check(ctx, table, &one, NULL));
        length = heat_option_describe(o, &one, text, sizeof text);
        assert_int_equal(length, strlen(text));
        if (changed)
            assert_string_equal(text, other_value(o));
        heat_option_init(table, &two);
        assert_ok(ctx, heat_option_set(ctx, table, &two, dashed, text));
        heat_option_describe(o, &two, again, sizeof again);
        assert_string_equal(again, text);
        for (const heat_option *other = table->options; other < table->options + table->n_options; other++) {
            char default_text[256];
            if (other == o)
                continue; /* all other fields keep their defaults */
            heat_option_init(table, &one);
            heat_option_describe(other, &one, default_text, sizeof default_text);
            heat_option_describe(other, &two, again, sizeof again);
            assert_string_equal(again, default_text);
        }
    }
    heat_option_init(table, &one);
    assert_ok(ctx, heat_option_set(ctx, table, &one, o->name, other_value(o)));
    assert_int_equal(heat_option_describe(o, &one, text, 3), strlen(other_value(o))); /* cut, and says so */
    assert_true(strlen(text) <= 2);
}

static void every_option_reads_what_it_describes(void **state)
{
    (void)state;
    visit_rows(round_trip);
}

/* The struct with one number put in directly, past the parser. */
static heat_status check_number(heat_context *ctx, const heat_option_table *table, const heat_option *o,
                                double number)
{
    any_options options;

    heat_option_init(table, &options);
    if (o->kind == HEAT_OPTION_REAL || o->kind == HEAT_OPTION_TEMPERATURE)
        *(double *)field(o, &options) = number;
    else
        *(int64_t *)field(o, &options) = (int64_t)number;
    return heat_option_check(ctx, table, &options, NULL);
}

static void assert_refused(heat_context *ctx, heat_status status, const heat_option *o, const char *value)
{
    heat_error e = heat_context_error_detail(ctx);
    char flag[80];

    snprintf(flag, sizeof flag, "option --%s: ", o->name);
    for (char *c = flag; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    assert_int_equal(status, HEAT_ERROR_OPTION);
    assert_int_equal(e.status, HEAT_ERROR_OPTION);
    assert_contains(e.message, flag);
    assert_contains(e.message, value);
    assert_string_equal(e.value, value);
}

static void check_ranges(heat_context *ctx, const heat_option_table *table, const heat_option *o)
{
    bool is_auto = o->kind == HEAT_OPTION_COUNT && o->min == HEAT_AUTO;
    bool is_size = o->kind == HEAT_OPTION_REAL && o->min == HEAT_AUTO;
    double lowest = is_auto ? 1 : is_size ? 1e-300 : o->min, below, above;
    any_options options;
    char text[64], low[64];

    if (!is_number(o))
        return;
    below = o->kind == HEAT_OPTION_COUNT || o->kind == HEAT_OPTION_BYTES ? lowest - 1
            : is_size                                                    ? 0
            : lowest > 0                                                 ? lowest / 2
                                                                         : lowest * 2 - 1;
    above = o->kind == HEAT_OPTION_COUNT || o->kind == HEAT_OPTION_BYTES ? o->max + 1 : o->max * 2;
    assert_ok(ctx, check_number(ctx, table, o, lowest));
    assert_ok(ctx, check_number(ctx, table, o, o->max));
    assert_int_equal(check_number(ctx, table, o, below), HEAT_ERROR_OPTION);
    assert_int_equal(check_number(ctx, table, o, above), HEAT_ERROR_OPTION);
    if (is_auto)
        assert_int_equal(check_number(ctx, table, o, -2), HEAT_ERROR_OPTION);

    heat_option_init(table, &options);
    snprintf(text, sizeof text, "%.17g", below);
    if (o->kind != HEAT_OPTION_BYTES || below >= 0) {
        assert_refused(ctx, heat_option_set(ctx, table, &options, o->name, text), o, text);
        snprintf(low, sizeof low,
                 is_auto   ? "auto or a number from 1"
                 : is_size ? "auto or a number above 0"
                           : "%.15g",
                 lowest);
        assert_contains(heat_context_error(ctx), low);
    }
    snprintf(text, sizeof text, "%.17g", above);
    assert_refused(ctx, heat_option_set(ctx, table, &options, o->name, text), o, text);
    assert_contains(heat_context_error(ctx), " to ");
    if (o->kind == HEAT_OPTION_COUNT) {
        assert_refused(ctx, heat_option_set(ctx, table, &options, o->name, "1e18"), o, "1e18");
        assert_contains(heat_context_error(ctx), " to ");
        assert_refused(ctx, heat_option_set(ctx, table, &options, o->name, "7.5"), o, "7.5");
        assert_refused(ctx, heat_option_set(ctx, table, &options, o->name, "-1"), o, "-1");
    }
    assert_refused(ctx, heat_option_set(ctx, table, &options, o->name, "nan"), o, "nan");
    assert_refused(ctx, heat_option_set(ctx, table, &options, o->name, "abc"), o, "abc");
    assert_ok(ctx, heat_option_check(ctx, table, &options, NULL)); /* a refused value changes nothing */
    if (o->kind == HEAT_OPTION_REAL || o->kind == HEAT_OPTION_TEMPERATURE)
        assert_refused(ctx, check_number(ctx, table, o, (double)NAN), o, "nan");
}

static void every_range_is_kept_and_its_refusal_names_option_value_and_range(void **state)
{
    (void)state;
    visit_rows(check_ranges);
}

static void misspell(heat_context *ctx, const heat_option_table *table, const heat_option *o)
{
    size_t length = strlen(o->name);
    any_options options;
    char wrong[64];

    heat_option_init(table, &options);
    for (size_t cut = 0; cut < length && length > 3; cut++) { /* one letter is missing */
        const char *offer, *end;
        char name[64];
        snprintf(wrong, sizeof wrong, "%.*s%s", (int)cut, o->name, o->name + cut + 1);
        if (heat_option_set(ctx, table, &options, wrong, "1") == HEAT_OK)
            continue; /* another option's name */
        assert_contains(heat_context_error(ctx), "did you mean --");
        offer = strstr(heat_context_error(ctx), "did you mean --") + strlen("did you mean --");
        end = strchr(offer, '?');
        snprintf(name, sizeof name, "%.*s", (int)(end - offer), offer);
        if (heat_option_set(ctx, table, &options, name, "!") !=
            HEAT_OK) /* known: it is the value that fails */
            assert_null(strstr(heat_context_error(ctx), "no such option"));
        for (char *c = name; *c != '\0'; c++)
            *c = *c == '-' ? '_' : *c;
        if (length > 5)
            assert_string_equal(name, o->name);
    }
}

static void unknown_names_are_refused_and_the_nearest_offered(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_option_table *table = heat_option_table_get("sample");
    any_options options;

    visit_rows(misspell);
    heat_option_init(table, &options);
    assert_int_equal(heat_option_set(ctx, table, &options, "voltage", "3"), HEAT_ERROR_OPTION);
    assert_string_equal(heat_context_error(ctx),
                        "option --voltage: sample has no such option (see heatbath help sample)");
    assert_int_equal(heat_option_set(ctx, table, &options, "", "3"), HEAT_ERROR_OPTION);
    assert_int_equal(heat_option_set(ctx, table, &options, "seed", NULL), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "needs a value");
    heat_context_free(ctx);
}

static void choices_are_whole_words_of_their_list(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_option_table *table = heat_option_table_get("sample");
    heat_sample_options options;
    static const char *const bad[] = {"",      "heat", "heat-bath|exact", "|",
                                      "auto|", "AUTO", " auto",           "metropolis2"};

    heat_sample_options_init(&options);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_int_equal(heat_option_set(ctx, table, &options, "engine", bad[k]), HEAT_ERROR_OPTION);
        options.engine = bad[k];
        assert_int_equal(heat_option_check(ctx, table, &options, NULL), HEAT_ERROR_OPTION);
        options.engine = "auto";
    }
    assert_int_equal(heat_option_set(ctx, table, &options, "engine", "metropolos"), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "did you mean metropolis?");
    options.engine = NULL;
    assert_int_equal(heat_option_check(ctx, table, &options, NULL), HEAT_ERROR_OPTION);
    assert_ok(ctx, heat_option_set(ctx, table, &options, "engine", "heat-bath"));
    assert_string_equal(options.engine, "heat-bath");
    heat_context_free(ctx);
}

static void check_readers(heat_context *ctx, const heat_option_table *table, const heat_option *o)
{
    any_options options;

    heat_option_init(table, &options);
    assert_ok(ctx, heat_option_set(ctx, table, &options, o->name, other_value(o)));
    if (o->readers[0] == '\0') {
        assert_ok(ctx, heat_option_check(ctx, table, &options, "exact"));
        return;
    }
    if (o->readers[0] == '!') {
        char but[64];
        snprintf(but, sizeof but, "%.*s", (int)strcspn(o->readers + 2, "|"), o->readers + 2);
        assert_int_equal(heat_option_check(ctx, table, &options, but), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "does not read it");
        assert_ok(ctx, heat_option_check(ctx, table, &options, "nobody"));
        return;
    }
    assert_int_equal(heat_option_check(ctx, table, &options, "nobody"), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "nobody does not read it");
    assert_contains(heat_context_error(ctx), "option --");
    for (const char *c = o->readers + 1; *c != '\0'; c = strchr(c, '|') + 1) {
        char reader[64];
        snprintf(reader, sizeof reader, "%.*s", (int)strcspn(c, "|"), c);
        assert_ok(ctx, heat_option_check(ctx, table, &options, reader));
        if (reader[1] != '\0') { /* part of a reader's name is another name */
            reader[strlen(reader) - 1] = '\0';
            assert_int_equal(heat_option_check(ctx, table, &options, reader), HEAT_ERROR_OPTION);
        }
    }
}

static void an_option_that_the_reader_does_not_read_is_refused(void **state)
{
    (void)state;
    visit_rows(check_readers);
}

static void every_seed_is_valid(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_option_table *table = heat_option_table_get("logz");
    static const char *const good[] = {"0", "1", "18446744073709551615"};
    static const uint64_t values[] = {0, 1, UINT64_MAX};
    static const char *const bad[] = {"-1", "18446744073709551616", "1e3", "0.5", "", "auto"};
    heat_logz_options options;

    heat_logz_options_init(&options);
    for (int k = 0; k < 3; k++) {
        assert_ok(ctx, heat_option_set(ctx, table, &options, "seed", good[k]));
        assert_true(options.seed == values[k]);
        assert_ok(ctx, heat_option_check(ctx, table, &options, NULL));
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_int_equal(heat_option_set(ctx, table, &options, "seed", bad[k]), HEAT_ERROR_OPTION);
    assert_true(options.seed == UINT64_MAX);
    heat_context_free(ctx);
}

static void temperature_sets_are_lists_or_ranges(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const char *const bad[] = {"",        ",",           "1,",      ",1",    "1,,2",    "1,0",
                                      "1,-1",    "1:2",         "1:2:",    "1:2:0", "2:1:0.1", "1:2:-1",
                                      "0:1:0.1", "1:2:0.1:3",   "1,2:3",   "1 ,2",  "nan",     "1,nan",
                                      "inf",     "1:1e9:0.001", "1:nan:1", "hot"};
    double t[30];
    int64_t count;

    assert_ok(ctx, heat_temperature_set_get(ctx, "1.5:3.5:0.1", 30, t, &count));
    assert_int_equal(count, 21);
    for (int k = 0; k < 21; k++)
        assert_close(t[k], 1.5 + 0.1 * k, 1e-14);
    assert_ok(ctx, heat_temperature_set_get(ctx, "3,1,2e0", 30, t, &count));
    assert_true(count == 3 && t[0] == 3 && t[1] == 1 && t[2] == 2);
    assert_ok(ctx, heat_temperature_set_get(ctx, "2.5", 30, t, &count));
    assert_true(count == 1 && t[0] == 2.5);
    assert_ok(ctx, heat_temperature_set_get(ctx, "1:2:0.6", 30, t, &count));
    assert_true(count == 2 && t[1] == 1.6);
    assert_ok(ctx, heat_temperature_set_get(ctx, "0.1:0.3:0.1", 30, t, &count));
    assert_true(count == 3 && t[2] == 0.3); /* by rounding */
    assert_ok(ctx, heat_temperature_set_get(ctx, "2:2:1", 30, t, &count));
    assert_true(count == 1 && t[0] == 2);
    t[2] = -1;
    assert_ok(ctx, heat_temperature_set_get(ctx, "1:20:1", 2, t, &count)); /* no more than the capacity */
    assert_true(count == 20 && t[1] == 2 && t[2] == -1);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        if (heat_temperature_set_get(ctx, bad[k], 30, t, &count) != HEAT_ERROR_OPTION)
            fail_msg("'%s' was read as temperatures", bad[k]);
        assert_contains(heat_context_error(ctx), "option --temperature: ");
    }
    heat_context_free(ctx);
}

static void a_temperature_is_one_value_or_a_set(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_option_table *table = heat_option_table_get("sample");
    heat_sample_options options;

    heat_sample_options_init(&options);
    assert_ok(ctx, heat_option_set(ctx, table, &options, "temperature", "1,2,3"));
    assert_string_equal(options.temperature_set, "1,2,3");
    assert_ok(ctx, heat_option_check(ctx, table, &options, NULL));
    assert_ok(ctx, heat_option_set(ctx, table, &options, "temperature", "2.5"));
    assert_null(options.temperature_set);
    assert_true(options.temperature == 2.5);
    assert_int_equal(heat_option_set(ctx, table, &options, "temperature", "0"), HEAT_ERROR_OPTION);
    assert_int_equal(heat_option_set(ctx, table, &options, "temperature", "1,0"), HEAT_ERROR_OPTION);
    assert_true(options.temperature == 2.5 && options.temperature_set == NULL);
    options.temperature_set = "2:1"; /* past the parser */
    assert_int_equal(heat_option_check(ctx, table, &options, NULL), HEAT_ERROR_OPTION);
    heat_context_free(ctx);
}

static void a_shorter_struct_of_an_older_caller_gets_the_new_defaults(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_option_table *table = heat_option_table_get("sample");
    heat_sample_options old, own;
    size_t old_size = offsetof(heat_sample_options, burn_in);

    memset(&old, 0xff, sizeof old); /* what lies behind the caller's struct */
    heat_sample_options_init(&own);
    memcpy(&old, &own, old_size);
    old.size = old_size;
    old.replicas = 9;
    heat_struct_copy(&own, sizeof own, &old, old.size);
    assert_true(own.size == sizeof own && own.replicas == 9);
    assert_true(own.burn_in == 2000 && own.thin == 1 && own.initial == NULL);
    assert_ok(ctx, heat_option_check(ctx, table, &own, NULL));
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_sound_and_its_default_passes),
        cmocka_unit_test(every_option_reads_what_it_describes),
        cmocka_unit_test(every_range_is_kept_and_its_refusal_names_option_value_and_range),
        cmocka_unit_test(unknown_names_are_refused_and_the_nearest_offered),
        cmocka_unit_test(choices_are_whole_words_of_their_list),
        cmocka_unit_test(an_option_that_the_reader_does_not_read_is_refused),
        cmocka_unit_test(every_seed_is_valid),
        cmocka_unit_test(temperature_sets_are_lists_or_ranges),
        cmocka_unit_test(a_temperature_is_one_value_or_a_set),
        cmocka_unit_test(a_shorter_struct_of_an_older_caller_gets_the_new_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
