/* The edge list's arrays one by one, and on reading the checks that a text reader makes line by line. */
#include "io/graph_hdf5.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/chains_hdf5.h"
#include "io/potts_hdf5.h"
#include "io/rbm_hdf5.h"
#include "io/rbms_hdf5.h"
#include "io/store.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

bool heat_graph_hdf5_recognise(const heat_graph_head *head)
{
    static const char signature[8] = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};

    return head->n_bytes >= sizeof signature && memcmp(head->bytes, signature, sizeof signature) == 0;
}

typedef struct graph_reader {
    heat_context *ctx;
    heat_store *store;
    const char *name; /* of the file */
} graph_reader;

/* Reads an array of one axis (or, length -1, one number) into *data, which the caller frees. */
static heat_status get(const graph_reader *r, const char *name, heat_store_type type, int64_t *length,
                       void *data)
{
    int64_t extent[HEAT_STORE_MAX_RANK] = {0};
    int rank, expected = *length == -1 ? 0 : 1;
    heat_status status = heat_halt_check(r->ctx, "the model was read");

    if (status == HEAT_OK)
        status = heat_store_get(r->ctx, r->store, name, type, &rank, extent, data);
    if (status != HEAT_OK)
        return status;
    if (rank != expected)
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' has %d axes, expected %d", name,
                              rank, expected);
    if (*length > 0 && extent[0] != *length)
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' has length %lld, expected %lld",
                              name, (long long)extent[0], (long long)*length);
    if (expected == 1)
        *length = extent[0];
    return HEAT_OK;
}

static heat_status check_edges(const graph_reader *r, const heat_edge_list *list)
{
    for (int64_t e = 0; e < list->n_edges; e++) {
        int32_t i = list->i[e], j = list->j[e];
        if (i < 0 || j < 0 || i >= list->n_variables || j >= list->n_variables || i == j)
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                  "edge %lld joins %d and %d, expected two variables from 0 to %lld",
                                  (long long)e, (int)i, (int)j, (long long)(list->n_variables - 1));
        if (!isfinite(list->weight[e]))
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                  "the weight of edge %lld is not finite", (long long)e);
    }
    for (int64_t i = 0; list->field != NULL && i < list->n_variables; i++)
        if (!isfinite(list->field[i]))
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                  "the field of variable %lld is not finite", (long long)i);
    if (!isfinite(list->offset))
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "the offset is not finite");
    return HEAT_OK;
}

static heat_status read_scalars(const graph_reader *r, heat_edge_list *list)
{
    int64_t one = -1, *n = NULL;
    double *offset = NULL;
    heat_status status = get(r, "n_variables", HEAT_STORE_INT64, &one, &n);

    if (status == HEAT_OK && (*n < 1 || *n > INT32_MAX))
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                "n_variables is %lld, expected 1 to %d", (long long)*n, INT32_MAX);
    if (status == HEAT_OK)
        status = get(r, "offset", HEAT_STORE_DOUBLE, &one, &offset);
    if (status == HEAT_OK) {
        list->n_variables = *n;
        list->offset = *offset;
    }
    heat_free(n);
    heat_free(offset);
    return status;
}

static const char *const form_names[] = {
    [HEAT_FORM_ISING] = "ising",         [HEAT_FORM_MAX_CUT] = "max-cut", [HEAT_FORM_QUBO] = "qubo",
    [HEAT_FORM_BOLTZMANN] = "boltzmann", [HEAT_FORM_POTTS] = "potts",     [HEAT_FORM_RBM] = "rbm"};
enum { N_FORMS = sizeof form_names / sizeof *form_names };

/* The linear terms' array: h of an Ising model, the diagonal of a QUBO, b of a Boltzmann machine. */
static const char *field_name(const heat_edge_list *list)
{
    return list->form == HEAT_FORM_QUBO ? "linear" : list->form == HEAT_FORM_BOLTZMANN ? "bias" : "field";
}

static heat_status read_energy(const graph_reader *r, heat_edge_list *list)
{
    char *energy = NULL;
    int form = 0;
    heat_status status = heat_store_get_text(r->ctx, r->store, NULL, "energy", &energy);

    if (status != HEAT_OK)
        return status;
    while (form < N_FORMS && strcmp(energy, form_names[form]) != 0)
        form++;
    if (form == N_FORMS)
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                "energy is '%.40s', expected ising, max-cut, qubo, boltzmann, potts or rbm",
                                energy);
    else
        list->form = (heat_graph_form)form;
    heat_free(energy);
    return status;
}

/* The labels are the bytes of a JSON array. */
static heat_status read_labels(const graph_reader *r, heat_edge_list *list)
{
    int64_t length = -2;
    char *text = NULL;
    json_error_t error;
    json_t *array = NULL;
    heat_status status;

    if (!heat_store_has(r->store, "labels"))
        return HEAT_OK;
    status = get(r, "labels", HEAT_STORE_INT8, &length, &text);
    if (status != HEAT_OK)
        return status;
    array = json_loadb(text, (size_t)length, 0, &error);
    if (array == NULL || !json_is_array(array) || (int64_t)json_array_size(array) != list->n_variables)
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                "'labels' is not the text of a JSON array of %lld labels",
                                (long long)list->n_variables);
    else
        status = heat_labels_from_json(r->ctx, array, r->name, &list->labels);
    json_decref(array);
    heat_free(text);
    return status;
}

static heat_status read_arrays(const graph_reader *r, heat_edge_list *list)
{
    int64_t m = -2, length = list->n_variables; /* the first array says how many edges there are */
    heat_status status = get(r, "edge_i", HEAT_STORE_INT32, &m, &list->i);
    int64_t same = m;

    if (status == HEAT_OK)
        status = get(r, "edge_j", HEAT_STORE_INT32, &same, &list->j);
    if (status == HEAT_OK && same == m)
        status = get(r, "weight", HEAT_STORE_DOUBLE, &same, &list->weight);
    if (status == HEAT_OK && same != m)
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                "edge_i, edge_j and weight differ in length");
    if (status == HEAT_OK && heat_store_has(r->store, field_name(list)))
        status = get(r, field_name(list), HEAT_STORE_DOUBLE, &length, &list->field);
    if (status == HEAT_OK) {
        list->n_edges = list->capacity = m;
        list->field_capacity = list->field == NULL ? 0 : list->n_variables;
    }
    return status == HEAT_OK ? check_edges(r, list) : status;
}

static heat_status read_visible(const graph_reader *r, heat_edge_list *list)
{
    int64_t one = -1, *n = NULL;
    heat_status status = get(r, "n_visible", HEAT_STORE_INT64, &one, &n);

    if (status == HEAT_OK && (*n < 1 || *n > list->n_variables))
        status =
            heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "n_visible is %lld, expected 1 to %lld",
                           (long long)*n, (long long)list->n_variables);
    if (status == HEAT_OK)
        list->n_visible = (int32_t)*n;
    heat_free(n);
    return status == HEAT_OK ? read_arrays(r, list) : status;
}

static heat_status read_form(const graph_reader *r, heat_edge_list *list)
{
    switch (list->form) {
    case HEAT_FORM_POTTS:
        return heat_potts_hdf5_read(r->ctx, r->store, r->name, list);
    case HEAT_FORM_RBM:
        return heat_rbm_hdf5_read(r->ctx, r->store, r->name, list);
    case HEAT_FORM_BOLTZMANN:
        return read_visible(r, list);
    default:
        return read_arrays(r, list);
    }
}

/* Another program's file that is known; *known is false, and the status HEAT_OK, for all others. */
static heat_status read_foreign(const graph_reader *r, const char *image, size_t size, bool *known,
                                heat_edge_list *list)
{
    heat_store *store = NULL;
    heat_status status = heat_store_open_any(r->ctx, r->name, image, size, &store);

    *known = status == HEAT_OK && heat_rbms_recognise(store);
    if (*known)
        status = heat_rbms_read(r->ctx, store, r->name, list);
    heat_store_close(store);
    return status;
}

heat_status heat_graph_hdf5_read(heat_text_source *source, heat_edge_list *list)
{
    graph_reader r = {.ctx = heat_text_source_context(source), .name = heat_text_source_name(source)};
    char *image = NULL;
    size_t size = 0;
    bool known = false;
    heat_status status = HEAT_OK;

    if (!heat_text_source_is_plain_file(source))
        status = heat_text_source_take(source, &image, &size);
    if (status == HEAT_OK)
        status = read_foreign(&r, image, size, &known, list);
    if (status != HEAT_OK || known)
        goto out;
    status = image == NULL ? heat_store_open(r.ctx, r.name, "graph", &r.store)
                           : heat_store_open_image(r.ctx, r.name, image, size, "graph", &r.store);
    if (status == HEAT_OK)
        status = read_scalars(&r, list);
    if (status == HEAT_OK)
        status = read_energy(&r, list);
    if (status == HEAT_OK)
        status = read_form(&r, list);
    if (status == HEAT_OK)
        status = read_labels(&r, list);
    if (status == HEAT_OK)
        status = heat_chains_hdf5_read(r.ctx, r.store, r.name, &list->chains);
    heat_store_close(r.store);
out:
    heat_free(image);
    return status;
}

static heat_status write_labels(heat_context *ctx, heat_store *store, const heat_edge_list *list)
{
    char *text;
    int64_t size;
    heat_status status = heat_labels_to_json(ctx, &list->labels, list->n_variables, &text, &size);

    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "labels", HEAT_STORE_INT8, 1, &size, text);
    heat_free(text);
    return status;
}

static heat_status write_arrays(heat_context *ctx, heat_store *store, const heat_edge_list *list)
{
    const int64_t *n = &list->n_variables, *m = &list->n_edges;
    int64_t n_visible = list->n_visible;
    heat_status status = heat_store_put(ctx, store, "edge_i", HEAT_STORE_INT32, 1, m, list->i);

    if (status == HEAT_OK && list->form == HEAT_FORM_BOLTZMANN)
        status = heat_store_put(ctx, store, "n_visible", HEAT_STORE_INT64, 0, NULL, &n_visible);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "edge_j", HEAT_STORE_INT32, 1, m, list->j);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "weight", HEAT_STORE_DOUBLE, 1, m, list->weight);
    if (status == HEAT_OK && list->field != NULL)
        status = heat_store_put(ctx, store, field_name(list), HEAT_STORE_DOUBLE, 1, n, list->field);
    return status;
}

static heat_status write_form(heat_context *ctx, heat_store *store, const heat_edge_list *list)
{
    switch (list->form) {
    case HEAT_FORM_POTTS:
        return heat_potts_hdf5_write(ctx, store, list);
    case HEAT_FORM_RBM:
        return heat_rbm_hdf5_write(ctx, store, list);
    default:
        return write_arrays(ctx, store, list);
    }
}

heat_status heat_graph_hdf5_write(heat_context *ctx, const char *path, const heat_edge_list *list)
{
    heat_store *store;
    heat_status status = heat_store_create(ctx, path, "graph", &store);
    const int64_t *n = &list->n_variables;

    if (status != HEAT_OK)
        return status;
    status = heat_store_put_text(ctx, store, NULL, "energy", form_names[list->form]);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "n_variables", HEAT_STORE_INT64, 0, NULL, n);
    if (status == HEAT_OK)
        status = write_form(ctx, store, list);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "offset", HEAT_STORE_DOUBLE, 0, NULL, &list->offset);
    if (status == HEAT_OK && list->labels.n > 0)
        status = write_labels(ctx, store, list);
    if (status == HEAT_OK && list->chains.n > 0)
        status = heat_chains_hdf5_write(ctx, store, &list->chains);
    if (status == HEAT_OK)
        return heat_store_commit(ctx, store);
    heat_store_close(store);
    return status;
}
