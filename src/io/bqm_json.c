/* dimod's signs: E = +sum_i linear_i v_i + sum_k quadratic_k v_head v_tail + offset, v = -1, +1 or 0, 1. */
#include "io/bqm_json.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/atomic_file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

typedef struct bqm_reader {
    heat_context *ctx;
    const char *name; /* of the file */
    const json_t *root;
    heat_edge_list *list;
    double sign; /* from the file's biases to the list's numbers */
} bqm_reader;

bool heat_bqm_recognise(const heat_graph_head *head)
{
    return head->first.n_words > 0 && head->first.word[0][0] == '{';
}

static heat_status expected(const bqm_reader *r, const char *key, int64_t at, const char *what)
{
    if (at < 0)
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "\"%s\": expected %s", key, what);
    return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "\"%s\"[%lld]: expected %s", key,
                          (long long)at, what);
}

static heat_status expect_text(const bqm_reader *r, const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    char what[80];

    if (value != NULL && strcmp(value, text) == 0)
        return HEAT_OK;
    snprintf(what, sizeof what, "\"%s\"", text);
    return expected(r, key, -1, what);
}

static heat_status get_array(const bqm_reader *r, const char *key, int64_t length, const json_t **array)
{
    char what[80] = "an array";

    *array = json_object_get(r->root, key);
    if (json_is_array(*array) && (length < 0 || (int64_t)json_array_size(*array) == length))
        return HEAT_OK;
    if (length >= 0)
        snprintf(what, sizeof what, "an array of %lld", (long long)length);
    return expected(r, key, -1, what);
}

static heat_status get_number(const bqm_reader *r, const char *key, int64_t at, const json_t *value,
                              double *out)
{
    if (!json_is_number(value))
        return expected(r, key, at, "a number");
    *out = json_number_value(value);
    return HEAT_OK;
}

static heat_status get_variable(const bqm_reader *r, const char *key, int64_t at, const json_t *array,
                                int32_t *out)
{
    const json_t *value = json_array_get(array, (size_t)at);
    char what[80];

    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) >= r->list->n_variables) {
        snprintf(what, sizeof what, "a whole number from 0 to %lld", (long long)r->list->n_variables - 1);
        return expected(r, key, at, what);
    }
    *out = (int32_t)json_integer_value(value);
    return HEAT_OK;
}

/* What says that the document is what it seems to be, and the coding. */
static heat_status read_head(bqm_reader *r)
{
    const json_t *version = json_object_get(r->root, "version");
    const json_t *bytes = json_object_get(r->root, "use_bytes"), *info = json_object_get(r->root, "info");
    const char *type = json_string_value(json_object_get(r->root, "variable_type"));
    heat_status status = expect_text(r, r->root, "type", "BinaryQuadraticModel");

    if (status == HEAT_OK)
        status = expect_text(r, version, "bqm_schema", "3.0.0");
    if (status == HEAT_OK && bytes != NULL && !json_is_false(bytes))
        status = expected(r, "use_bytes", -1, "false: arrays as numbers, not as bytes");
    if (status == HEAT_OK && (type == NULL || (strcmp(type, "SPIN") != 0 && strcmp(type, "BINARY") != 0)))
        status = expected(r, "variable_type", -1, "\"SPIN\" or \"BINARY\"");
    if (status != HEAT_OK)
        return status;
    r->list->form = type[0] == 'S' ? HEAT_FORM_ISING : HEAT_FORM_QUBO;
    r->sign = type[0] == 'S' ? -1 : 1;
    if (json_object_size(info) > 0)
        heat_log(r->ctx, HEAT_LOG_WARNING, "%s: its \"info\" is not kept", r->name);
    return get_number(r, "offset", -1, json_object_get(r->root, "offset"), &r->list->offset);
}

/* A count that may be there must be right. */
static heat_status check_count(const bqm_reader *r, const char *key, int64_t count)
{
    const json_t *value = json_object_get(r->root, key);
    char what[80];

    if (value == NULL || (json_is_integer(value) && json_integer_value(value) == count))
        return HEAT_OK;
    snprintf(what, sizeof what, "%lld, as the arrays have it", (long long)count);
    return expected(r, key, -1, what);
}

static heat_status read_linear(bqm_reader *r)
{
    const json_t *labels, *biases = NULL;
    double bias = 0;
    int64_t n;
    heat_status status = get_array(r, "variable_labels", -1, &labels);

    if (status != HEAT_OK)
        return status;
    n = (int64_t)json_array_size(labels);
    if (n < 1 || n >= INT32_MAX)
        return expected(r, "variable_labels", -1, "at least one variable");
    r->list->n_variables = n;
    status = check_count(r, "num_variables", n);
    if (status == HEAT_OK)
        status = get_array(r, "linear_biases", n, &biases);
    if (status == HEAT_OK)
        status = heat_labels_from_json(r->ctx, labels, r->name, &r->list->labels);
    for (int64_t i = 0; i < n && status == HEAT_OK; i++) {
        status = get_number(r, "linear_biases", i, json_array_get(biases, (size_t)i), &bias);
        if (status == HEAT_OK && bias != 0)
            status = heat_edge_list_add_field(r->ctx, r->list, i, r->sign * bias);
    }
    return status == HEAT_OK ? heat_edge_list_complete_field(r->ctx, r->list) : status;
}

static heat_status read_quadratic(bqm_reader *r)
{
    const json_t *biases, *head = NULL, *tail = NULL;
    int64_t m = 0;
    heat_status status = get_array(r, "quadratic_biases", -1, &biases);

    if (status == HEAT_OK) {
        m = (int64_t)json_array_size(biases);
        status = check_count(r, "num_interactions", m);
    }
    if (status == HEAT_OK)
        status = get_array(r, "quadratic_head", m, &head);
    if (status == HEAT_OK)
        status = get_array(r, "quadratic_tail", m, &tail);
    for (int64_t e = 0; e < m && status == HEAT_OK; e++) {
        int32_t i = 0, j = 0;
        double bias = 0;
        status = get_variable(r, "quadratic_head", e, head, &i);
        if (status == HEAT_OK)
            status = get_variable(r, "quadratic_tail", e, tail, &j);
        if (status == HEAT_OK && i == j)
            status = expected(r, "quadratic_tail", e, "another variable than in \"quadratic_head\"");
        if (status == HEAT_OK)
            status = get_number(r, "quadratic_biases", e, json_array_get(biases, (size_t)e), &bias);
        if (status == HEAT_OK)
            status = heat_edge_list_add(r->ctx, r->list, i, j, r->sign * bias);
    }
    return status;
}

/* What jansson has not been given yet. */
typedef struct text_part {
    heat_context *ctx;
    const char *text;
    size_t left;
    heat_status status;
} text_part;

/* The next bytes for jansson, or an end to its work once that is halted. */
static size_t next_part(void *buffer, size_t size, void *arg)
{
    text_part *p = arg;
    size_t n = p->left < size ? p->left : size;

    p->status = heat_halt_check(p->ctx, "the model was read");
    if (p->status != HEAT_OK)
        return (size_t)-1;
    memcpy(buffer, p->text, n);
    p->text += n;
    p->left -= n;
    return n;
}

heat_status heat_bqm_read(heat_text_source *source, heat_edge_list *list)
{
    bqm_reader r = {heat_text_source_context(source), heat_text_source_name(source), NULL, list, 1};
    char *text = NULL;
    size_t size = 0;
    json_error_t error;
    json_t *root = NULL;
    text_part part;
    heat_status status = heat_text_source_take(source, &text, &size);

    if (status != HEAT_OK)
        return status;
    part = (text_part){r.ctx, text, size, HEAT_OK};
    root = json_load_callback(next_part, &part, JSON_REJECT_DUPLICATES, &error);
    heat_free(text);
    if (part.status != HEAT_OK)
        return part.status;
    if (root == NULL)
        return heat_fail_file(r.ctx, HEAT_ERROR_INPUT, r.name, error.line,
                              error.column > 0 ? error.column : 1, "not JSON: %s", error.text);
    r.root = root;
    status = read_head(&r);
    if (status == HEAT_OK)
        status = read_linear(&r);
    if (status == HEAT_OK)
        status = read_quadratic(&r);
    json_decref(root);
    return status;
}

/* One array of numbers under its key; get(list, k) is the k-th. */
static heat_status write_array(heat_atomic_file *file, const char *key, int64_t n, const heat_edge_list *list,
                               double (*get)(const heat_edge_list *list, int64_t k), const char *end)
{
    char number[40];
    heat_status status = heat_atomic_file_print(file, " \"%s\": [", key);

    for (int64_t k = 0; k < n && status == HEAT_OK; k++)
        status = heat_atomic_file_print(file, "%s%s", k == 0 ? "" : ", ",
                                        heat_text_real(get(list, k), number, sizeof number));
    return status == HEAT_OK ? heat_atomic_file_print(file, "]%s", end) : status;
}

static double sign_of(const heat_edge_list *list)
{
    return list->form == HEAT_FORM_ISING ? -1 : 1; /* a Max-Cut weight is -J already */
}

static double linear_at(const heat_edge_list *list, int64_t k)
{
    return list->field == NULL ? 0 : sign_of(list) * list->field[k];
}

static double bias_at(const heat_edge_list *list, int64_t k)
{
    return sign_of(list) * list->weight[k];
}

static double head_at(const heat_edge_list *list, int64_t k)
{
    return list->i[k];
}

static double tail_at(const heat_edge_list *list, int64_t k)
{
    return list->j[k];
}

static heat_status write_head(heat_atomic_file *file, const heat_edge_list *list, const char *labels,
                              int64_t n_labels)
{
    char number[40];
    heat_status status = heat_atomic_file_print(
        file, "{\"type\": \"BinaryQuadraticModel\",\n \"version\": {\"bqm_schema\": \"3.0.0\"},\n"
              " \"use_bytes\": false,\n \"index_type\": \"int32\",\n \"bias_type\": \"float64\",\n");

    if (status == HEAT_OK)
        status = heat_atomic_file_print(file, " \"num_variables\": %lld,\n \"num_interactions\": %lld,\n",
                                        (long long)list->n_variables, (long long)list->n_edges);
    if (status == HEAT_OK)
        status = heat_atomic_file_print(file, " \"variable_labels\": ");
    if (status == HEAT_OK)
        status = heat_atomic_file_write(file, labels, (size_t)n_labels);
    if (status == HEAT_OK)
        status =
            heat_atomic_file_print(file, ",\n \"variable_type\": \"%s\",\n \"offset\": %s,\n \"info\": {},\n",
                                   list->form == HEAT_FORM_QUBO ? "BINARY" : "SPIN",
                                   heat_text_real(list->offset, number, sizeof number));
    return status;
}

heat_status heat_bqm_write(heat_context *ctx, const char *path, const heat_edge_list *list)
{
    char *labels = NULL;
    int64_t n_labels;
    heat_atomic_file *file = NULL;
    heat_status status = heat_labels_to_json(ctx, &list->labels, list->n_variables, &labels, &n_labels);

    if (status == HEAT_OK)
        status = heat_atomic_file_create(ctx, path, &file);
    if (status == HEAT_OK)
        status = write_head(file, list, labels, n_labels);
    if (status == HEAT_OK)
        status = write_array(file, "linear_biases", list->n_variables, list, linear_at, ",\n");
    if (status == HEAT_OK)
        status = write_array(file, "quadratic_biases", list->n_edges, list, bias_at, ",\n");
    if (status == HEAT_OK)
        status = write_array(file, "quadratic_head", list->n_edges, list, head_at, ",\n");
    if (status == HEAT_OK)
        status = write_array(file, "quadratic_tail", list->n_edges, list, tail_at, "}\n");
    heat_free(labels);
    return heat_atomic_file_finish(file, status);
}
