/* One row a format. Adding one is a file and a row; recognition, reading by name and the choice by suffix
 * follow. */
#include "io/graph_format.h"
#include "base/context_private.h"
#include "base/text.h"
#include "io/bqm_json.h"
#include "io/coo_file.h"
#include "io/graph_hdf5.h"
#include "io/ising_file.h"
#include "io/npz_file.h"
#include "io/qubo_file.h"
#include "io/rbm_text.h"
#include "io/rudy_file.h"

#include <stdio.h>
#include <string.h>

/* The coding that a writer needs the list in. */
typedef enum coding_held { EITHER, SPINS, BINARY } coding_held;

/* Which labels a format can hold. */
typedef enum labels_held { NONE, INDICES, ANY } labels_held;

typedef struct format_row {
    const char *name;
    const char *suffix; /* that chooses it for writing; NULL: it is only read */
    const char *form;   /* what recognises it, for people; NULL: it is read by name alone */
    bool (*recognise)(const heat_graph_head *head);
    heat_status (*read)(heat_text_source *source, heat_edge_list *list);
    heat_status (*write)(heat_context *ctx, const char *path, const heat_edge_list *list);
    coding_held coding;
    labels_held labels;
    bool holds_potts, holds_machines; /* which units are visible */
    int32_t first_index;              /* of variables without names: 1 where the format counts so */
} format_row;

static const format_row rows[] = {
    {"rudy", ".mc", "a first line `n m` (rudy)", heat_rudy_recognise, heat_rudy_read, heat_rudy_write, SPINS,
     NONE, false, false, 1},
    {"ising", ".ising", "`ising N` (ising)", heat_ising_recognise, heat_ising_read, heat_ising_write, SPINS,
     NONE, false, false, 0},
    {"ising1", NULL, "bare lines `i j J` with --format", heat_ising1_recognise, heat_ising1_read, NULL, SPINS,
     NONE, false, false, 1},
    {"qubo", ".qubo", "`p qubo` (qubo)", heat_qubo_recognise, heat_qubo_read, heat_qubo_write, BINARY, NONE,
     false, false, 0},
    {"mqlib", NULL, NULL, NULL, heat_mqlib_read, NULL, BINARY, NONE, false, false, 1},
    {"coo", ".coo", "`# vartype=` (coo)", heat_coo_recognise, heat_coo_read, heat_coo_write, EITHER, INDICES,
     false, false, 0},
    {"bqm", ".json", "`{` (bqm)", heat_bqm_recognise, heat_bqm_read, heat_bqm_write, EITHER, ANY, false,
     false, 0},
    {"hdf5", ".h5", "heatbath's HDF5", heat_graph_hdf5_recognise, heat_graph_hdf5_read, heat_graph_hdf5_write,
     EITHER, ANY, true, true, 0},
    {"npz", NULL, "NumPy's .npz of an RBM", heat_rbm_npz_recognise, heat_rbm_npz_read, NULL, EITHER, NONE,
     false, false, 0},
    {"rbm-text", NULL, "lines of numbers in NAME_W.txt", heat_rbm_text_recognise, heat_rbm_text_read, NULL,
     EITHER, NONE, false, false, 0},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static heat_status unknown_format(heat_context *ctx, const char *format)
{
    const char *names[N_ROWS];
    char list[HEAT_WORD_SIZE] = "";
    int nearest;

    for (int k = 0; k < N_ROWS; k++) {
        names[k] = rows[k].name;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", k == 0 ? "" : "|", names[k]);
    }
    nearest = heat_nearest_word(format, names, N_ROWS);
    if (nearest < 0)
        return heat_fail_option(ctx, "format", format, "'%.80s' is none of %s", format, list);
    return heat_fail_option(ctx, "format", format, "'%.80s' is none of %s; did you mean %s?", format, list,
                            names[nearest]);
}

/* Says why nothing recognised the input: empty, not text, or another format. */
static heat_status unrecognised(heat_text_source *source)
{
    char forms[HEAT_MESSAGE_SIZE] = "";
    heat_text_token first, token;
    heat_status status = heat_text_next_word(source, &first);

    if (status == HEAT_OK && first.kind == HEAT_TEXT_END)
        return heat_text_fail_at(source, &first, "the file is empty: expected a graph");
    for (int k = 0; k < N_ROWS; k++)
        if (rows[k].form != NULL)
            snprintf(forms + strlen(forms), sizeof forms - strlen(forms), "%s%s", k == 0 ? "" : ", ",
                     rows[k].form);
    if (status == HEAT_OK)
        status = heat_text_fail(source, &first, "a graph: %s", forms);
    while (status == HEAT_ERROR_INPUT && heat_text_next(source, &token) == HEAT_OK)
        if (token.kind == HEAT_TEXT_LINE_END || token.kind == HEAT_TEXT_END)
            break; /* a first line that holds bytes that are no text is told as such */
    return HEAT_ERROR_INPUT;
}

static heat_status recognise(heat_text_source *source, const format_row **out)
{
    heat_graph_head head;
    heat_text_token token;
    const format_row *found = NULL;
    const char *bytes;
    size_t n_bytes;

    heat_text_source_peek(source, &bytes, &n_bytes);
    heat_graph_head_get(bytes, n_bytes, &head);
    for (int k = 0; k < N_ROWS; k++) {
        if (rows[k].recognise == NULL || !rows[k].recognise(&head))
            continue;
        if (found != NULL) {
            heat_status status = heat_text_next_word(source, &token);
            if (status != HEAT_OK)
                return status;
            return heat_text_fail_at(
                source, &token,
                "this can be read as %s and as %s: say which with --format %s or --format "
                "%s",
                found->name, rows[k].name, found->name, rows[k].name);
        }
        found = &rows[k];
    }
    *out = found;
    return found == NULL ? unrecognised(source) : HEAT_OK;
}

static heat_status find_row(heat_context *ctx, const char *format, const format_row **out)
{
    for (int k = 0; k < N_ROWS; k++)
        if (strcmp(rows[k].name, format) == 0) {
            *out = &rows[k];
            return HEAT_OK;
        }
    return unknown_format(ctx, format);
}

/* Lines `i i w` below `n m` are self loops of rudy, which mean nothing, or the diagonal of an MQLib QUBO. */
static heat_status refuse_two_readings(heat_text_source *source, const heat_edge_list *list)
{
    heat_text_token token = {.kind = HEAT_TEXT_END, .line = list->loop_line, .column = list->loop_column};

    return heat_text_fail_at(
        source, &token,
        "`i i w`: this can be read as rudy (a loop, which no cut counts) and as mqlib (the "
        "diagonal of a QUBO): say which with --format rudy or --format mqlib");
}

int32_t heat_graph_first_index(const char *name)
{
    for (int k = 0; k < N_ROWS; k++)
        if (strcmp(rows[k].name, name) == 0)
            return rows[k].first_index;
    return 0;
}

/* Hints that only files of RBMs take. */
static heat_status refuse_hints(heat_context *ctx, const char *path, const heat_edge_list *list)
{
    const heat_rbm_hints *h = &list->hints;
    const char *option = h->transpose != HEAT_HINT_NONE ? "transpose"
                         : h->visible > 0               ? "visible-layer"
                         : h->hidden > 0                ? "hidden-layer"
                         : h->update > 0                ? "update"
                                                        : NULL;

    if (option == NULL || list->form == HEAT_FORM_RBM)
        return HEAT_OK;
    return heat_fail_option(ctx, option, NULL, "is of files that hold an RBM, and %s holds none", path);
}

heat_status heat_graph_read(heat_context *ctx, const char *path, const char *format, heat_edge_list *list,
                            const char **name)
{
    return heat_graph_read_hinted(ctx, path, format, &(heat_rbm_hints){0}, list, name);
}

heat_status heat_graph_read_hinted(heat_context *ctx, const char *path, const char *format,
                                   const heat_rbm_hints *hints, heat_edge_list *list, const char **name)
{
    heat_text_source *source = NULL;
    const format_row *row = NULL;
    heat_status status = HEAT_OK;

    *list = (heat_edge_list){.hints = *hints};
    *name = NULL;
    if (format != NULL)
        status = find_row(ctx, format, &row);
    if (status == HEAT_OK)
        status = heat_text_source_open(ctx, path, &source);
    if (status == HEAT_OK && format == NULL)
        status = recognise(source, &row);
    if (status == HEAT_OK)
        status = row->read(source, list);
    if (status == HEAT_OK && format == NULL && list->n_self_loops > 0)
        status = refuse_two_readings(source, list);
    if (status == HEAT_OK)
        status = refuse_hints(ctx, path, list);
    if (status == HEAT_OK)
        *name = row->name;
    else
        heat_edge_list_clear(list);
    heat_text_source_close(source);
    return status;
}

/* Rewrites the list in the words of a format. */
static heat_status prepare(heat_context *ctx, const char *path, const format_row *row, heat_edge_list *list)
{
    if (list->labels.n > 0 && row->labels != ANY &&
        !(row->labels == INDICES && heat_labels_are_indices(&list->labels)))
        heat_log(ctx, HEAT_LOG_WARNING,
                 "%s: the format %s cannot hold the names of the variables; they are numbered in order", path,
                 row->name);
    if (list->form == HEAT_FORM_POTTS && !row->holds_potts)
        return heat_fail_file(ctx, HEAT_ERROR_OUTPUT, path, 0, 0,
                              "the format %s cannot hold a Potts model; .h5 can", row->name);
    if (list->form == HEAT_FORM_RBM && !row->holds_machines)
        return heat_fail_file(
            ctx, HEAT_ERROR_OUTPUT, path, 0, 0,
            "the format %s cannot hold an RBM whose layers are not both of two values; .h5 can", row->name);
    if (list->form == HEAT_FORM_BOLTZMANN && !row->holds_machines) {
        heat_log(ctx, HEAT_LOG_WARNING,
                 "%s: the format %s cannot hold which units are visible; what is written is a QUBO", path,
                 row->name);
        heat_status status = heat_edge_list_to_binary(ctx, list);
        if (status != HEAT_OK)
            return status;
    }
    if (row->coding == EITHER || list->form == HEAT_FORM_RBM)
        return HEAT_OK;
    return row->coding == SPINS ? heat_edge_list_to_spins(ctx, list) : heat_edge_list_to_binary(ctx, list);
}

bool heat_graph_format_holds(const char *path, heat_graph_form form)
{
    for (int k = 0; k < N_ROWS; k++)
        if (rows[k].suffix != NULL && heat_path_ends_in(path, rows[k].suffix))
            return form == HEAT_FORM_RBM || form == HEAT_FORM_BOLTZMANN ? rows[k].holds_machines
                   : form == HEAT_FORM_POTTS                            ? rows[k].holds_potts
                                                                        : true;
    return false;
}

heat_status heat_graph_write(heat_context *ctx, const char *path, heat_edge_list *list)
{
    char suffixes[HEAT_WORD_SIZE] = "";

    for (int k = 0; k < N_ROWS; k++) {
        if (rows[k].suffix == NULL)
            continue;
        if (heat_path_ends_in(path, rows[k].suffix)) {
            heat_status status = prepare(ctx, path, &rows[k], list);
            return status == HEAT_OK ? rows[k].write(ctx, path, list) : status;
        }
        snprintf(suffixes + strlen(suffixes), sizeof suffixes - strlen(suffixes), "%s%s",
                 suffixes[0] == '\0' ? "" : ", ", rows[k].suffix);
    }
    return heat_fail_file(ctx, HEAT_ERROR_ARGUMENT, path, 0, 0,
                          "the suffix names no format for graphs: expected one of %s (.gz may follow)",
                          suffixes);
}
