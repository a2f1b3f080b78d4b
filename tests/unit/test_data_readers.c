/* Readers and writers of data: what each format holds, how a file is told, and where a bad one is at fault.
 */
#include "model/data_private.h"
#include "support.h"

#include <math.h>
#include <string.h>

typedef struct csv_case {
    const char *text;
    const char *header, *label;
    double binarize;
    int64_t n_rows;
    int32_t n_variables;
    heat_data_storage storage;
    bool spins;
    double values[8];
} csv_case;

static heat_data_options options_of(const char *header, const char *label, double binarize)
{
    heat_data_options options;

    heat_data_options_init(&options);
    options.header = header == NULL ? "auto" : header;
    options.label = label;
    options.binarize = binarize;
    return options;
}

static void text_is_read_by_its_content(void **state)
{
    (void)state;
    static const double off = HEAT_FOREVER;
    static const csv_case cases[] = {
        {"0,1,0\n1,1,0\n", NULL, NULL, off, 2, 3, HEAT_DATA_BITS, false, {0, 1, 0, 1, 1, 0}},
        {"0,1,0\r\n1,1,0", NULL, NULL, off, 2, 3, HEAT_DATA_BITS, false, {0, 1, 0, 1, 1, 0}},
        {"\xef\xbb\xbf"
         "0,1\n\n# note\n1,1\n",
         NULL,
         NULL,
         off,
         2,
         2,
         HEAT_DATA_BITS,
         false,
         {0, 1, 1, 1}},
        {"-1\t1\n1\t1\n", NULL, NULL, off, 2, 2, HEAT_DATA_BITS, true, {-1, 1, 1, 1}},
        {"1;1\n-1;1\n", NULL, NULL, off, 2, 2, HEAT_DATA_BITS, true, {1, 1, -1, 1}},
        {" 0  1\n1 0 \n", NULL, NULL, off, 2, 2, HEAT_DATA_BITS, false, {0, 1, 1, 0}},
        {"0\n1\n", NULL, NULL, off, 2, 1, HEAT_DATA_BITS, false, {0, 1}},
        {"a,b\n0,1\n", NULL, NULL, off, 1, 2, HEAT_DATA_BITS, false, {0, 1}},
        {"\"a,1\",\"b\"\"\"\n0,1\n", NULL, NULL, off, 1, 2, HEAT_DATA_BITS, false, {0, 1}},
        {"0,1\n2,255\n", NULL, NULL, off, 2, 2, HEAT_DATA_BYTES, false, {0, 1, 2, 255}},
        {"0,1\n2,256\n", NULL, NULL, off, 2, 2, HEAT_DATA_FLOATS, false, {0, 1, 2, 256}},
        {"0,1\n-1,1\n", NULL, NULL, off, 2, 2, HEAT_DATA_FLOATS, false, {0, 1, -1, 1}},
        {"-1,1\n0,1\n", NULL, NULL, off, 2, 2, HEAT_DATA_FLOATS, false, {-1, 1, 0, 1}},
        {"-1,1\n7,1\n", NULL, NULL, off, 2, 2, HEAT_DATA_FLOATS, false, {-1, 1, 7, 1}},
        {"0,1\n3,1\n0.5,-2e1\n", NULL, NULL, off, 3, 2, HEAT_DATA_FLOATS, false, {0, 1, 3, 1, 0.5, -20}},
        {"0,7,8\n16,7.5,3\n", NULL, NULL, 7, 2, 3, HEAT_DATA_BITS, false, {0, 0, 1, 1, 1, 0}},
        {"1,b\n0,a\n1,b\n", NULL, NULL, off, 3, 2, HEAT_DATA_BITS, false, {1, 1, 0, 0, 1, 1}},
        {"1,9\n0,8\n", NULL, "last", off, 2, 1, HEAT_DATA_BITS, false, {1, 0}},
        {"u,v\n9,1\n8,0\n", NULL, "u", off, 2, 1, HEAT_DATA_BITS, false, {1, 0}},
        {"9,1\n8,0\n", NULL, "1", off, 2, 1, HEAT_DATA_BITS, false, {1, 0}},
        {"a,b\na,a\n", "no", NULL, off, 2, 2, HEAT_DATA_BITS, false, {0, 1, 0, 0}},
        {"0,1,2\n0,1,0\n", "yes", NULL, off, 1, 3, HEAT_DATA_BITS, false, {0, 1, 0}},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const csv_case *c = &cases[k];
        heat_data_options options = options_of(c->header, c->label, c->binarize);
        const char *path = test_file(".csv", c->text, strlen(c->text));
        heat_data_info info;
        heat_data *data;
        float values[16];
        assert_ok(ctx, heat_data_load(ctx, path, &options, &data));
        heat_data_describe(data, &info);
        assert_string_equal(info.format, "csv");
        assert_int_equal(info.n_rows, c->n_rows);
        assert_int_equal(info.n_variables, c->n_variables);
        assert_int_equal(info.storage, c->storage);
        assert_int_equal(info.coding == HEAT_CODING_SPIN, c->spins);
        heat_data_get_values(data, 0, c->n_rows, values);
        for (int64_t v = 0; v < c->n_rows * c->n_variables; v++)
            assert_close((double)values[v], c->values[v], 0);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

static void a_fault_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        int64_t line, column;
    } cases[] = {
        {"", "no row", 0, 0},
        {"# only\n\n", "no row", 0, 0},
        {"a,b\n1,x\n", "a number, as above", 0, 0}, /* x is a word of its column: read; see below */
        {"0,1\n0\n", "expected 2 fields as above, found fewer", 2, 2},
        {"0,1\n0,1,1\n", "expected 2 fields as above, found more", 2, 5},
        {"0,1\n0,x\n", "expected a finite number, as above in this column, found 'x'", 2, 3},
        {"0,x\n0,1\n", "expected a word, as above in this column, found the number '1'", 2, 3},
        {"0,1\n,1\n", "missing", 2, 1},
        {"0,1\n1,?\n", "missing", 2, 3},
        {"0,1\n1,inf\n", "expected a finite number", 2, 3},
        {"0,1\n1,1e39\n", "32-bit float", 2, 3},
        {"0,1\n\"1,1\n", "does not end on its line", 2, 1},
        {"0,1\n\"1\"2,1\n", "behind its closing quote", 2, 4},
        {"0,1\n1,\x01\n", "binary file", 2, 3},
        {"1,2;3\n", "commas and semicolons", 1, 1},
        {"a,b\nc,d\n", "--header yes or no", 1, 1},
        {"0,1,2\n0,1,1\n", "--header yes or no", 1, 1},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *path = test_file(".csv", cases[k].text, strlen(cases[k].text));
        heat_data *data;
        heat_status status = heat_data_load(ctx, path, NULL, &data);
        if (cases[k].line == 0 && status == HEAT_OK) { /* a column of one word */
            assert_string_equal(heat_data_get_word(data, 1, 0), "x");
            assert_string_equal(heat_data_get_name(data, 1), "b");
            heat_data_free(data);
            continue;
        }
        assert_int_equal(status, HEAT_ERROR_INPUT);
        assert_null(data);
        assert_contains(heat_context_error(ctx), cases[k].message);
        assert_int_equal(heat_context_error_detail(ctx).line, cases[k].line);
        assert_int_equal(heat_context_error_detail(ctx).column, cases[k].column);
    }
    heat_context_free(ctx);
}

static void words_are_numbered_in_alphabetical_order(void **state)
{
    (void)state;
    static const char text[] = "cap,size,class\nred,1,p\nblue,0,e\ngreen,1,p\nred,0,e\n";
    heat_context *ctx = test_context();
    heat_data_options options = options_of(NULL, "class", HEAT_FOREVER);
    const char *path = test_file(".csv", text, strlen(text));
    const int8_t expected[] = {2, 1, 0, 0, 1, 1, 2, 0};
    int8_t states[8];
    heat_data_info info;
    heat_data *data;

    assert_ok(ctx, heat_data_load(ctx, path, &options, &data));
    heat_data_describe(data, &info);
    assert_int_equal(info.n_states, 3);
    assert_int_equal(info.n_classes, 2);
    assert_ok(ctx, heat_data_get_states(ctx, data, 0, 4, states));
    assert_memory_equal(states, expected, sizeof expected);
    assert_string_equal(heat_data_get_word(data, 0, 0), "blue");
    assert_null(heat_data_get_word(data, 1, 0));
    assert_string_equal(heat_data_get_class(data, 1), "p");
    assert_close(heat_data_get_label(data, 0), 1, 0);
    assert_close(heat_data_get_label(data, 1), 0, 0);
    heat_data_free(data);
    options.binarize = 0.5;
    assert_int_equal(heat_data_load(ctx, path, &options, &data), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "--binarize");
    heat_context_free(ctx);
}

static void options_name_columns_that_exist(void **state)
{
    (void)state;
    static const char text[] = "a,b,b\n1,2,3\n";
    static const struct {
        const char *label, *weights, *message;
    } cases[] = {{"c", NULL, "'c' is no column"},
                 {"4", NULL, "'4' is no column"},
                 {"0", NULL, "'0' is no column"},
                 {"b", NULL, "two columns are called 'b'"},
                 {"a", "1", "that column is the label"}};
    heat_context *ctx = test_context();
    const char *path = test_file(".csv", text, strlen(text));

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_data_options options = options_of(NULL, cases[k].label, HEAT_FOREVER);
        heat_data *data;
        options.weights = cases[k].weights;
        assert_int_equal(heat_data_load(ctx, path, &options, &data), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), cases[k].message);
    }
    heat_context_free(ctx);
}

static void missing_values_are_kept_apart_where_they_are_allowed(void **state)
{
    (void)state;
    static const char text[] = "0,1,0\n,1,NA\n1,0,1\n";
    heat_context *ctx = test_context();
    heat_data_options options = options_of(NULL, NULL, HEAT_FOREVER);
    heat_data_info info;
    heat_data *data;
    float values[9];

    options.missing = true;
    assert_ok(ctx, heat_data_load(ctx, test_file(".csv", text, strlen(text)), &options, &data));
    heat_data_describe(data, &info);
    assert_int_equal(info.n_missing, 2);
    assert_int_equal(info.storage, HEAT_DATA_BITS);
    assert_close(info.mean, 4.0 / 7, 1e-15);
    heat_data_get_values(data, 0, 3, values);
    assert_true(isnan(values[3]) && isnan(values[5]) && values[4] == 1);
    assert_true(heat_data_is_missing(data, 1, 0) && !heat_data_is_missing(data, 2, 0));
    heat_data_free(data);
    heat_context_free(ctx);
}

/* The head of an .npy file: version 1, padded to 64. */
static size_t npy_head(char *out, const char *dict)
{
    size_t length = strlen(dict), padded = (10 + length + 1 + 63) / 64 * 64;

    memset(out, ' ', padded);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (char)(padded - 10);
    out[9] = 0;
    memcpy(out + 10, dict, length);
    out[padded - 1] = '\n';
    return padded;
}

static void numpy_arrays_of_every_type_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *dict, *data;
        size_t size;
        const char *message;
        double values[4];
    } cases[] = {
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (2, 2), }", "\1\0\0\1", 4, NULL, {1, 0, 0, 1}},
        {"{'descr': '|i1', 'fortran_order': False, 'shape': (2, 2), }",
         "\1\xff\xff\1",
         4,
         NULL,
         {1, -1, -1, 1}},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2), }", "\xfe\xff\1\2", 4, NULL, {-2, 513}},
        {"{'descr': '>u2', 'fortran_order': False, 'shape': (1, 2), }", "\0\1\2\1", 4, NULL, {1, 513}},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1), }",
         "\xff\xff\xff\xff\xff\xff\xff\xff",
         8,
         NULL,
         {-1}},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", "\0\0\x20\xc0", 4, NULL, {-2.5}},
        {"{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", "\xc0\4\0\0\0\0\0\0", 8, NULL, {-2.5}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2), }", "\1\2\3\4", 4, NULL, {1, 2, 3, 4}},
        {"{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2), }", "\1\2\3\4", 4, "Fortran order", {0}},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (1, 1), }",
         "\0\0",
         2,
         "the array's type is",
         {0}},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }", "\0\0", 2, "the array's type is", {0}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (), }", "\0", 1, "single number", {0}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }", "\0\1\1", 3, "ends after 1", {0}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }",
         "\0\1\1",
         3,
         "more bytes follow",
         {0}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 0), }", "", 0, "an axis of 0", {0}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999, 2), }",
         "\0\1",
         2,
         "ends after 1",
         {0}},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", "\0\0\x80\x7f", 4, "finite", {0}},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", "\0\0\xc0\x7f", 4, "missing", {0}},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char bytes[256];
        size_t head = npy_head(bytes, cases[k].dict);
        const char *path;
        heat_data_info info;
        heat_data *data;
        heat_status status;
        float values[4];
        memcpy(bytes + head, cases[k].data, cases[k].size);
        path = test_file(".npy", bytes, head + cases[k].size);
        status = heat_data_load(ctx, path, NULL, &data);
        if (cases[k].message != NULL) {
            assert_int_equal(status, HEAT_ERROR_INPUT);
            assert_contains(heat_context_error(ctx), cases[k].message);
            continue;
        }
        assert_ok(ctx, status);
        heat_data_describe(data, &info);
        assert_string_equal(info.format, "npy");
        heat_data_get_values(data, 0, info.n_rows, values);
        for (int64_t v = 0; v < info.n_rows * info.n_variables; v++)
            assert_close((double)values[v], cases[k].values[v], 0);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

/* Made by Python's zipfile: x.npy (uint8, 2 x 3: 0 1 1 / 1 0 0) stored, y.npy (uint8, 2: 3 4) deflated. */
static const unsigned char two_arrays[] = {
#include "two_arrays.inc"
};

static void an_archive_gives_the_array_that_is_asked_for(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const char *path = test_file(".npz", two_arrays, sizeof two_arrays);
    heat_data_options options = options_of(NULL, NULL, HEAT_FOREVER);
    const int8_t x[] = {0, 1, 1, 1, 0, 0}, y[] = {3, 4};
    unsigned char damaged[sizeof two_arrays];
    int8_t states[6];
    heat_data *data;

    assert_int_equal(heat_data_load(ctx, path, &options, &data), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "2 arrays (x, y)");
    options.array = "z";
    assert_int_equal(heat_data_load(ctx, path, &options, &data), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "it holds x, y");
    options.array = "x";
    assert_ok(ctx, heat_data_load(ctx, path, &options, &data));
    assert_ok(ctx, heat_data_get_states(ctx, data, 0, 2, states));
    assert_memory_equal(states, x, sizeof x);
    heat_data_free(data);
    options.array = "y";
    assert_ok(ctx, heat_data_load(ctx, path, &options, &data));
    assert_ok(ctx, heat_data_get_states(ctx, data, 0, 2, states));
    assert_memory_equal(states, y, sizeof y);
    heat_data_free(data);
    for (size_t k = 0; k < sizeof damaged; k += 7) { /* no byte is taken on trust, none crashes */
        memcpy(damaged, two_arrays, sizeof damaged);
        damaged[k] ^= 0x55;
        if (heat_data_load(ctx, test_file(".npz", damaged, sizeof damaged), &options, &data) == HEAT_OK)
            heat_data_free(data);
        else
            assert_null(data);
    }
    assert_int_equal(heat_data_load(ctx, test_file(".npz", two_arrays, 100), &options, &data),
                     HEAT_ERROR_INPUT);
    heat_context_free(ctx);
}

static void images_keep_their_shape(void **state)
{
    (void)state;
    static const char idx[] = "\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\3"
                              "\0\1\2\3\4\5"
                              "\xff\0\0\0\0\xff";
    heat_context *ctx = test_context();
    heat_data_info info;
    heat_data *data;
    float values[12];

    assert_ok(ctx, heat_data_load(ctx, test_file("-ubyte", idx, sizeof idx - 1), NULL, &data));
    heat_data_describe(data, &info);
    assert_string_equal(info.format, "idx");
    assert_int_equal(info.n_rows, 2);
    assert_int_equal(info.n_variables, 6);
    assert_int_equal(info.n_dimensions, 2);
    assert_int_equal(info.extent[0], 2);
    assert_int_equal(info.extent[1], 3);
    heat_data_get_values(data, 0, 2, values);
    assert_close((double)values[5], 5, 0);
    assert_close((double)values[6], 255, 0);
    heat_data_free(data);
    assert_int_equal(heat_data_load(ctx, test_file("-ubyte", idx, sizeof idx - 3), NULL, &data),
                     HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "ends after 1");
    heat_context_free(ctx);
}

/* The same in every respect that `suffix` can hold. */
static void assert_round_trip(heat_context *ctx, const heat_data *data, const char *suffix, bool whole)
{
    const char *path = test_file(suffix, "", 0);
    heat_data_options options = options_of(NULL, NULL, HEAT_FOREVER);
    heat_data_info a, b;
    heat_data *again;

    assert_ok(ctx, heat_data_save(ctx, data, path));
    heat_data_describe(data, &a);
    options.missing = a.n_missing > 0;
    if (whole && strcmp(suffix, ".h5") != 0) {
        options.label = a.has_labels ? "label" : NULL;
        options.weights = a.has_weights ? "weight" : NULL;
    }
    assert_ok(ctx, heat_data_load(ctx, path, &options, &again));
    heat_data_describe(again, &b);
    assert_int_equal(a.n_rows, b.n_rows);
    assert_int_equal(a.n_variables, b.n_variables);
    assert_int_equal(a.storage, b.storage);
    assert_int_equal(a.coding, b.coding);
    assert_int_equal(a.n_missing, b.n_missing);
    for (int64_t r = 0; r < a.n_rows; r++) {
        float x[64], y[64];
        heat_data_get_values(data, r, 1, x);
        heat_data_get_values(again, r, 1, y);
        for (int32_t k = 0; k < a.n_variables; k++)
            assert_true(isnan(x[k]) ? isnan(y[k]) : x[k] == y[k]);
        if (whole && a.has_labels)
            assert_close(heat_data_get_label(again, r), heat_data_get_label(data, r), 0);
        if (whole)
            assert_close(heat_data_get_weight(again, r), heat_data_get_weight(data, r), 0);
    }
    for (int32_t k = 0; k < a.n_variables && whole; k++) {
        const char *word = heat_data_get_word(data, k, 0);
        assert_true(word == NULL ? heat_data_get_word(again, k, 0) == NULL
                                 : strcmp(word, heat_data_get_word(again, k, 0)) == 0);
    }
    heat_data_free(again);
}

static void what_is_written_is_read_back_without_a_difference(void **state)
{
    (void)state;
    static const struct {
        const char *text, *label, *weights;
        bool missing, words;
    } cases[] = {
        {"0,1,1\n1,0,0\n1,1,1\n", NULL, NULL, false, false},
        {"-1,1,1\n1,-1,1\n", NULL, NULL, false, false},
        {"0,200\n3,1\n", NULL, NULL, false, false},
        {"0.1,-3e-7\n16777216,5\n", NULL, NULL, false, false},
        {"a,b,t,w\n0,1,yes,0.5\n1,0,no,2\n", "t", "w", false, false},
        {"\"a \"\"q\",b\n\"?\",1\n\"x,y\",0\n\"1\",1\n", NULL, NULL, false, true},
        {"0,1\n,1\n1,NA\n", NULL, NULL, true, false},
        {"0.5,1\n,1\n1,NA\n", NULL, NULL, true, false},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_data_options options = options_of(NULL, cases[k].label, HEAT_FOREVER);
        bool plain = !cases[k].missing && !cases[k].words;
        heat_data *data;
        options.weights = cases[k].weights;
        options.missing = cases[k].missing;
        assert_ok(ctx, heat_data_load(ctx, test_file(".csv", cases[k].text, strlen(cases[k].text)), &options,
                                      &data));
        assert_round_trip(ctx, data, ".csv", true);
        assert_round_trip(ctx, data, ".tsv.gz", true);
        assert_round_trip(ctx, data, ".h5", true);
        if (plain) {
            assert_round_trip(ctx, data, ".data", false);
            assert_round_trip(ctx, data, ".npy", false);
            assert_round_trip(ctx, data, ".npy.gz", false);
            assert_round_trip(ctx, data, ".idx", false);
        } else if (cases[k].missing && k == 6) {
            assert_int_equal(heat_data_save(ctx, data, test_file(".npy", "", 0)), HEAT_ERROR_OUTPUT);
        }
        assert_int_equal(heat_data_save(ctx, data, "data.doc"), HEAT_ERROR_ARGUMENT);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

static void formats_are_told_by_content_and_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *content, *format;
        bool is_data;
    } cases[] = {
        {"0,1\n1,0\n", NULL, true},
        {"a\tb\n1\t0\n", NULL, true},
        {"3 2\n1 2 1\n", NULL, false},
        {"3\t2\n1\t2\t1\n", NULL, false},
        {"ising 3\n", NULL, false},
        {"{\"a\": 1, \"b\": 2}", NULL, false},
        {"# vartype=SPIN\n0 0 1\n", NULL, false},
        {"0 1 1\n1 0 1\n", NULL, false},
        {"0 1 1\n1 0 1\n", "csv", true},
        {"0,1\n", "rudy", false},
        {"\x93NUMPY\1", NULL, true},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *path = test_file(".x", cases[k].content, strlen(cases[k].content));
        assert_int_equal(heat_data_is_named(ctx, path, cases[k].format), cases[k].is_data);
    }
    assert_true(heat_data_is_named(ctx, "digits", NULL));
    assert_true(heat_data_is_named(ctx, "ising-teacher:sk:8", NULL));
    assert_false(heat_data_is_named(ctx, "lattice:4x4", NULL));
    assert_false(heat_data_is_named(ctx, "/nonexistent", NULL));
    {
        heat_data_options options = options_of(NULL, NULL, HEAT_FOREVER);
        heat_data *data;
        options.format = "cvs";
        assert_int_equal(heat_data_load(ctx, test_file(".csv", "0,1\n", 4), &options, &data),
                         HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "did you mean csv?");
        options.format = "npy";
        assert_int_equal(heat_data_load(ctx, test_file(".csv", "0,1\n", 4), &options, &data),
                         HEAT_ERROR_INPUT);
        options.format = NULL;
        options.array = "x";
        assert_int_equal(heat_data_load(ctx, test_file(".csv", "0,1\n", 4), &options, &data),
                         HEAT_ERROR_OPTION);
    }
    heat_context_free(ctx);
}

static heat_status load_and_save(heat_context *ctx, void *paths)
{
    const char *const *path = paths;
    heat_data_options options = options_of(NULL, "t", HEAT_FOREVER);
    heat_data *data, *again = NULL;
    heat_status status = heat_data_load(ctx, path[0], &options, &data);

    if (status == HEAT_OK)
        status = heat_data_save(ctx, data, path[1]);
    options.label = strstr(path[1], ".csv") != NULL ? "label" : NULL;
    if (status == HEAT_OK)
        status = heat_data_load(ctx, path[1], &options, &again);
    heat_data_free(again);
    heat_data_free(data);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    static const char text[] = "a,b,t\n0,x,yes\n1,y,no\n7,y,no\n0.5,x,no\n";
    static const char *const suffixes[] = {".csv", ".h5", ".npy", ".idx.gz"};
    const char *path = test_file(".csv", text, strlen(text));

    for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
        const char *paths[] = {path, test_file(suffixes[k], "", 0)};
        test_failing_allocations(load_and_save, paths);
    }
}

static heat_status load_archive(heat_context *ctx, void *path)
{
    heat_data_options options = options_of(NULL, NULL, HEAT_FOREVER);
    heat_data *data;
    heat_status status;

    options.array = "y";
    status = heat_data_load(ctx, path, &options, &data);
    heat_data_free(data);
    return status;
}

static void failing_allocations_in_an_archive_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(load_archive,
                             (void *)(uintptr_t)test_file(".npz", two_arrays, sizeof two_arrays));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read_by_its_content),
        cmocka_unit_test(a_fault_is_told_with_its_place),
        cmocka_unit_test(words_are_numbered_in_alphabetical_order),
        cmocka_unit_test(options_name_columns_that_exist),
        cmocka_unit_test(missing_values_are_kept_apart_where_they_are_allowed),
        cmocka_unit_test(numpy_arrays_of_every_type_are_read),
        cmocka_unit_test(an_archive_gives_the_array_that_is_asked_for),
        cmocka_unit_test(images_keep_their_shape),
        cmocka_unit_test(what_is_written_is_read_back_without_a_difference),
        cmocka_unit_test(formats_are_told_by_content_and_by_name),
        cmocka_unit_test(failing_allocations_leak_nothing),
        cmocka_unit_test(failing_allocations_in_an_archive_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
