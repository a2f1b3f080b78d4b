/* The formats of quadratic models over 0 and 1 and over spins (qbsolv, COO, BQM JSON, MQLib): what is
 * accepted and as what, what is refused and where. */
#include "io/graph_format.h"
#include "support.h"

#include <heatbath/model.h>
#include <string.h>

#define BQM(type, labels, linear, head, tail, rest)                                                          \
    "{\"type\": \"BinaryQuadraticModel\", \"version\": {\"bqm_schema\": \"3.0.0\"}, \"variable_type\": "     \
    "\"" type "\", \"offset\": 0.5, \"variable_labels\": " labels ", \"linear_biases\": " linear             \
    ", \"quadratic_biases\": [2, -1], \"quadratic_head\": " head ", \"quadratic_tail\": " tail rest "}"

typedef struct accepted {
    const char *text, *format; /* format: by name; NULL: by content */
    const char *found;
    int64_t n, m;
    heat_graph_form form;
    double total, linear, offset; /* sums as the list holds them: -J and -h of dimod's spins */
    const char *last_label;
} accepted;

static void graphs_read_by_the_rules_of_their_format(void **state)
{
    (void)state;
    static const accepted cases[] = {
        {"p qubo 0 3 1 2\n0 0 5\n0 1 2\n1 2 -1\n", NULL, "qubo", 3, 2, HEAT_FORM_QUBO, 1, 5, 0, NULL},
        {"c x\nc\np qubo 0 3 0 1\nc y # z\n1 2 1e1\nc end", NULL, "qubo", 3, 1, HEAT_FORM_QUBO, 10, 0, 0,
         NULL},
        {"p qubo 0 4 0 0\n", NULL, "qubo", 4, 0, HEAT_FORM_QUBO, 0, 0, 0, NULL},
        {"c heatbath offset -2.5\np qubo 0 2 0 1\n0 1 1\n", NULL, "qubo", 2, 1, HEAT_FORM_QUBO, 1, 0, -2.5,
         NULL},
        {"c heatbath says\nc heatbath\np qubo 0 2 0 1\n0 1 1\n", NULL, "qubo", 2, 1, HEAT_FORM_QUBO, 1, 0, 0,
         NULL},
        {"p qubo 0 3 0 3\n1 2 1\n0 1 2\n0 2 4\n", NULL, "qubo", 3, 3, HEAT_FORM_QUBO, 7, 0, 0, NULL},
        {"# vartype=SPIN\n0 0 1\n0 1 2\n", NULL, "coo", 2, 1, HEAT_FORM_ISING, -2, -1, 0, NULL},
        {"# vartype=BINARY\n0 0 1\n1 0 2e-1\n0 0 1\n", NULL, "coo", 2, 1, HEAT_FORM_QUBO, 0.2, 2, 0, NULL},
        {"# my vartype: BINARY\n\n3 9 1\n5 5 0\n", NULL, "coo", 3, 1, HEAT_FORM_QUBO, 1, 0, 0, "9"},
        {"# vartype=SPIN\n0 2147483646 1\n", NULL, "coo", 2, 1, HEAT_FORM_ISING, -1, 0, 0, "2147483646"},
        {"# vartype=SPIN\n0 1 3\n", "ising", "ising", 2, 1, HEAT_FORM_ISING, 3, 0, 0, NULL},
        {BQM("SPIN", "[0, 1, 2]", "[0, 1, 0]", "[0, 1]", "[1, 2]", ""), NULL, "bqm", 3, 2, HEAT_FORM_ISING,
         -1, -1, 0.5, NULL},
        {BQM("BINARY", "[\"a\", 4, [1, \"b\"]]", "[0, 1, 0]", "[0, 1]", "[1, 0]", ", \"num_variables\": 3"),
         NULL, "bqm", 3, 2, HEAT_FORM_QUBO, 1, 1, 0.5, "[1,\"b\"]"},
        {"3 3\n1 2 1\n1 1 7\n3 2 -4\n", "mqlib", "mqlib", 3, 2, HEAT_FORM_QUBO, -6, 7, 0, NULL},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const accepted *c = &cases[k];
        heat_edge_list list;
        const char *name, *label;
        double total = 0, linear = 0;
        assert_ok(ctx,
                  heat_graph_read(ctx, test_file(".x", c->text, strlen(c->text)), c->format, &list, &name));
        assert_string_equal(name, c->found);
        assert_int_equal(list.n_variables, c->n);
        assert_int_equal(list.n_edges, c->m);
        assert_int_equal(list.form, c->form);
        for (int64_t e = 0; e < list.n_edges; e++)
            total += list.weight[e];
        for (int64_t i = 0; list.field != NULL && i < list.n_variables; i++)
            linear += list.field[i];
        assert_close(total, c->total, 0);
        assert_close(linear, c->linear, 0);
        assert_close(list.offset, c->offset, 0);
        label = heat_labels_get(&list.labels, list.n_variables - 1);
        assert_true((label == NULL) == (c->last_label == NULL));
        if (label != NULL)
            assert_string_equal(label, c->last_label);
        heat_edge_list_clear(&list);
    }
    heat_context_free(ctx);
}

typedef struct refused {
    const char *text, *format, *message;
    int64_t line, column;
} refused;

static void what_is_refused_names_its_place(void **state)
{
    (void)state;
    static const refused cases[] = {
        {"c only\n", NULL, "expected the header `p qubo", 2, 1},
        {"p qubo 0 3 0 1\n2 1 1\n", NULL, "expected i <= j, found 2 1", 2, 1},
        {"p qubo 0 3 0 2\n0 1 1\n0 1 2\n", NULL, "two lines `0 1 w`", 0, 0},
        {"p qubo 0 3 0 3\n1 2 1\n0 1 1\n1 2 2\n", NULL, "two lines `1 2 w`", 0, 0},
        {"p qubo 0 3 2 0\n1 1 1\n1 1 2\n", NULL, "a second line `1 1 w`", 3, 1},
        {"p qubo 0 3 0 2\n0 1 1\n", NULL, "promises 2 lines `i j w`, the file holds 1", 3, 1},
        {"p qubo 0 3 1 0\n", NULL, "promises 1 lines `i i w`, the file holds 0", 2, 1},
        {"p qubo 0 3 0 1\n0 1 1\n0 2 1\n", NULL, "promises 1 lines `i j w`, here is one more", 3, 1},
        {"p qubo 0 3 0 0\n0 0 1\n", NULL, "promises 0 lines `i i w`, here is one more", 2, 1},
        {"p qubo 0 3 0 1\n0 3 1\n", NULL, "the variable j: a whole number from 0 to 2, found '3'", 2, 3},
        {"p qubo 0 3 0 1\n0 1 nan\n", NULL, "the weight w: a finite decimal number", 2, 5},
        {"p qubo 1 3 0 1\n0 1 1\n", NULL, "only 0 is known", 1, 8},
        {"p cnf 3 2\n", NULL, "the word qubo, found 'cnf'", 1, 3},
        {"p qubo 0 3 0 0\np qubo 0 3 0 0\n", NULL, "a second header", 2, 1},
        {"c heatbath offset 1\nc heatbath offset 1\np qubo 0 1 0 0\n", NULL, "a second offset", 2, 12},
        {"# vartype=SPIN\n", NULL, "expected a line `i j bias`", 2, 1},
        {"# vartype=SPIN\n0 1 x\n", NULL, "the bias: a finite decimal number, found 'x'", 2, 5},
        {"# vartype=SPIN\n0 1 1\n0 1 2 3\n", NULL, "a bias is `i j bias`", 3, 7},
        {"# vartype=SPIN\n0 -1 1\n", NULL, "the variable j", 2, 3},
        {"# vartype=SPIN\n0 0 1e308\n0 0 1e308\n", NULL, "add up to infinity", 4, 1},
        {"0 1 1\n", "coo", "expected a first line `# vartype=SPIN`", 1, 1},
        {"3 2\n1 2 1\n2 2 1\n", NULL, "--format rudy or --format mqlib", 3, 1},
        {"{\"type\": 3\n\"x\"", NULL, "not JSON", 2, 3},
        {"{}", NULL, "\"type\": expected \"BinaryQuadraticModel\"", 0, 0},
        {BQM("INTEGER", "[0, 1]", "[0, 1]", "[0, 1]", "[1, 0]", ""), NULL, "\"SPIN\" or \"BINARY\"", 0, 0},
        {BQM("SPIN", "[0, 1]", "[0]", "[0, 1]", "[1, 0]", ""), NULL,
         "\"linear_biases\": expected an array of 2", 0, 0},
        {BQM("SPIN", "[0, 1]", "[0, 1]", "[0, 2]", "[1, 0]", ""), NULL,
         "\"quadratic_head\"[1]: expected a whole number from 0 to 1", 0, 0},
        {BQM("SPIN", "[0, 1]", "[0, 1]", "[0, 1]", "[1, 1]", ""), NULL,
         "\"quadratic_tail\"[1]: expected another variable", 0, 0},
        {BQM("SPIN", "[\"a\", \"a\"]", "[0, 1]", "[0, 1]", "[1, 0]", ""), NULL,
         "variables 0 and 1 have the same label 'a'", 0, 0},
        {BQM("SPIN", "[null, 1]", "[0, 1]", "[0, 1]", "[1, 0]", ""), NULL, "label 0 is neither", 0, 0},
        {BQM("SPIN", "[0, 1]", "[0, \"1\"]", "[0, 1]", "[1, 0]", ""), NULL,
         "\"linear_biases\"[1]: expected a number", 0, 0},
        {BQM("SPIN", "[0, 1]", "[0, 1]", "[0, 1]", "[1, 0]", ", \"use_bytes\": true"), NULL,
         "\"use_bytes\": expected false", 0, 0},
        {BQM("SPIN", "[0, 1]", "[0, 1]", "[0, 1]", "[1, 0]", ", \"num_interactions\": 3"), NULL,
         "\"num_interactions\": expected 2", 0, 0},
        {BQM("SPIN", "[]", "[]", "[0, 1]", "[1, 0]", ""), NULL, "at least one variable", 0, 0},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const refused *c = &cases[k];
        const char *path = test_file(".x", c->text, strlen(c->text)), *name;
        heat_edge_list list;
        assert_int_equal(heat_graph_read(ctx, path, c->format, &list, &name), HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), c->message);
        assert_string_equal(heat_context_error_detail(ctx).file, path);
        assert_int_equal(heat_context_error_detail(ctx).line, c->line);
        assert_int_equal(heat_context_error_detail(ctx).column, c->column);
        assert_null(list.i);
    }
    heat_context_free(ctx);
}

static heat_status read_each(heat_context *ctx, void *arg)
{
    static const char *const texts[] = {
        "p qubo 0 3 1 3\n1 1 1\n1 2 1\n0 1 2\n0 2 4\n", "# vartype=SPIN\n4 9 1\n9 9 2\n",
        BQM("SPIN", "[\"a\", \"b\"]", "[0, 1]", "[0, 1]", "[1, 0]", ""), "2 2\n1 2 1\n2 2 1\n"};
    heat_status status = HEAT_OK;

    (void)arg;
    for (int k = 0; k < 4 && status == HEAT_OK; k++) {
        heat_model *model = NULL;
        status = heat_model_load_format(ctx, test_file(".x", texts[k], strlen(texts[k])),
                                        k == 3 ? "mqlib" : NULL, &model);
        heat_model_free(model);
    }
    return status;
}

static void a_failing_allocation_frees_all(void **state)
{
    (void)state;
    test_failing_allocations(read_each, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_read_by_the_rules_of_their_format),
        cmocka_unit_test(what_is_refused_names_its_place),
        cmocka_unit_test(a_failing_allocation_frees_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
