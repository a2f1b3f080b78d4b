/* A .npz is a ZIP archive of .npy files; the arrays of an RBM are found in it by their names. */
#include "io/npz_file.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/rbm_parts.h"
#include "io/zip_file.h"

#include <stdio.h>
#include <string.h>

/* What the arrays of an RBM may be called; one row a convention. */
typedef struct naming {
    const char *weights, *visible, *hidden;
    bool is_oriented, is_transposed, layers_are_known;
} naming;

static const naming namings[] = {
    {"W", "b", "c", false, false, false},
    {"components_", "intercept_visible_", "intercept_hidden_", true, true, true}, /* BernoulliRBM */
};
enum { N_NAMINGS = sizeof namings / sizeof *namings };

bool heat_rbm_npz_recognise(const heat_graph_head *head)
{
    return head->n_bytes >= 4 && memcmp(head->bytes, "PK\x03\x04", 4) == 0;
}

static bool is_called(const heat_zip_member *m, const char *name)
{
    size_t length = strlen(name);

    return m->name_length == length + 4 && memcmp(m->name, name, length) == 0 &&
           memcmp(m->name + length, ".npy", 4) == 0;
}

/* The array of that name, left without values if there is none. */
static heat_status find_array(const heat_zip *zip, const char *name, heat_npy_array *out)
{
    heat_zip left = *zip;

    *out = (heat_npy_array){.rank = 0};
    while (left.n_left > 0) {
        heat_zip_member m;
        char *content = NULL;
        heat_status status = heat_zip_next(&left, &m);
        if (status == HEAT_OK && !is_called(&m, name))
            continue;
        if (status == HEAT_OK)
            status = heat_zip_unpack(&left, &m, &content);
        if (status == HEAT_OK)
            status = heat_npy_parse(zip->ctx, zip->file, name, content, m.size, out);
        heat_free(content);
        return status;
    }
    return HEAT_OK;
}

static heat_status has_array(const heat_zip *zip, const char *name, bool *has)
{
    heat_zip left = *zip;

    *has = false;
    while (left.n_left > 0 && !*has) {
        heat_zip_member m;
        heat_status status = heat_zip_next(&left, &m);
        if (status != HEAT_OK)
            return status;
        *has = is_called(&m, name);
    }
    return HEAT_OK;
}

bool heat_rbm_npz_holds(heat_context *ctx, const char *file, const void *bytes, size_t size)
{
    heat_error_text before = ctx->error;
    bool holds = false;
    heat_zip zip;
    heat_status status = heat_zip_open(ctx, file, bytes, size, &zip);

    for (int k = 0; k < N_NAMINGS && status == HEAT_OK && !holds; k++) {
        const char *const names[] = {namings[k].weights, namings[k].visible, namings[k].hidden};
        holds = true;
        for (int i = 0; i < 3 && holds && status == HEAT_OK; i++)
            status = has_array(&zip, names[i], &holds);
    }
    ctx->error = before;
    return holds && status == HEAT_OK;
}

/* Says which names are there, and which would be understood. */
static heat_status no_machine(const heat_zip *zip)
{
    heat_zip left = *zip;
    char found[256] = "";

    while (left.n_left > 0) {
        heat_zip_member m;
        heat_status status = heat_zip_next(&left, &m);
        if (status != HEAT_OK)
            return status;
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%.*s", found[0] == '\0' ? "" : ", ",
                 (int)(m.name_length < 40 ? m.name_length : 40), m.name);
    }
    return heat_fail_file(zip->ctx, HEAT_ERROR_INPUT, zip->file, 0, 0,
                          "expected the arrays of an RBM, W, b and c or components_, intercept_visible_ and "
                          "intercept_hidden_; found %s",
                          found[0] == '\0' ? "none" : found);
}

static heat_status choose_naming(const heat_zip *zip, const naming **out)
{
    const naming *found = NULL;

    for (int k = 0; k < N_NAMINGS; k++) {
        bool has;
        heat_status status = has_array(zip, namings[k].weights, &has);
        if (status != HEAT_OK)
            return status;
        if (has && found != NULL)
            return heat_fail_file(zip->ctx, HEAT_ERROR_INPUT, zip->file, 0, 0,
                                  "two RBMs can be read: '%s' and '%s' are both there", found->weights,
                                  namings[k].weights);
        found = has ? &namings[k] : found;
    }
    *out = found;
    return found == NULL ? no_machine(zip) : HEAT_OK;
}

static heat_status read_machine(const heat_zip *zip, heat_edge_list *list)
{
    const naming *n = NULL;
    heat_rbm_parts p = {.visible = HEAT_LAYER_BINARY, .hidden = HEAT_LAYER_BINARY};
    heat_status status = choose_naming(zip, &n);

    if (status != HEAT_OK)
        return status;
    p.weights_name = n->weights;
    p.visible_name = n->visible;
    p.hidden_name = n->hidden;
    p.is_oriented = n->is_oriented;
    p.is_transposed = n->is_transposed;
    p.layers_are_known = n->layers_are_known;
    status = find_array(zip, n->weights, &p.weights);
    if (status == HEAT_OK)
        status = find_array(zip, n->visible, &p.visible_bias);
    if (status == HEAT_OK)
        status = find_array(zip, n->hidden, &p.hidden_bias);
    if (status == HEAT_OK)
        status = heat_rbm_parts_assemble(zip->ctx, zip->file, &p, list);
    heat_free(p.weights.values);
    heat_free(p.visible_bias.values);
    heat_free(p.hidden_bias.values);
    return status;
}

heat_status heat_rbm_npz_read(heat_text_source *source, heat_edge_list *list)
{
    heat_context *ctx = heat_text_source_context(source);
    char *bytes = NULL;
    size_t size = 0;
    heat_zip zip;
    heat_status status = heat_text_source_take(source, &bytes, &size);

    if (status == HEAT_OK)
        status = heat_zip_open(ctx, heat_text_source_name(source), bytes, size, &zip);
    if (status == HEAT_OK)
        status = read_machine(&zip, list);
    heat_free(bytes);
    return status;
}
