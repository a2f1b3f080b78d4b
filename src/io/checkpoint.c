/* Parts of a run as arrays of bytes in one store. */
#include "io/checkpoint.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

heat_status heat_parts_add(heat_context *ctx, heat_parts *p, const char *name, int64_t index, void *data,
                           int64_t size)
{
    heat_part *part;
    heat_status status = HEAT_OK;

    if (size == 0 || data == NULL)
        return HEAT_OK;
    if (p->count == p->capacity)
        status = heat_grow(ctx, p->count + 1, sizeof *p->parts, &p->capacity, &p->parts);
    if (status != HEAT_OK)
        return status;
    part = &p->parts[p->count++];
    part->data = data;
    part->size = size;
    if (index < 0)
        snprintf(part->name, sizeof part->name, "%s", name);
    else
        snprintf(part->name, sizeof part->name, "%s/%lld", name, (long long)index);
    return HEAT_OK;
}

void heat_parts_clear(heat_parts *p)
{
    heat_free(p->parts);
    *p = (heat_parts){0};
}

heat_status heat_checkpoint_check_every(heat_context *ctx, const heat_option_table *table,
                                        const void *options)
{
    bool is_kept = false, is_timed = false;

    for (int32_t k = 0; k < table->n_options; k++) {
        const heat_option *o = &table->options[k];
        const void *field = (const char *)options + o->offset;
        if (strcmp(o->name, "checkpoint") == 0)
            is_kept = *(const char *const *)field != NULL;
        if (strcmp(o->name, "every") == 0)
            is_timed = *(const double *)field != o->number;
    }
    if (is_kept || !is_timed)
        return HEAT_OK;
    return heat_fail_option(ctx, "every", NULL,
                            "is the time between checkpoints: name their file by --checkpoint");
}

static bool is_among(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

heat_status heat_checkpoint_add_options(heat_context *ctx, const heat_option_table *table,
                                        const void *options, const char *const *is_free, int size, int used,
                                        char *text)
{
    for (int32_t k = 0; k < table->n_options && used < size; k++) {
        char value[HEAT_WORD_SIZE];
        if (is_among(is_free, table->options[k].name))
            continue;
        heat_option_describe(&table->options[k], options, value, sizeof value);
        used += snprintf(text + used, (size_t)(size - used), "%s = %s\n", table->options[k].name, value);
    }
    if (used >= size)
        return heat_fail_option(ctx, "checkpoint", NULL, "the other options are too long to be saved");
    return HEAT_OK;
}

heat_status heat_checkpoint_save(heat_context *ctx, const char *path, const char *identity,
                                 const heat_parts *p)
{
    heat_store *store = NULL;
    heat_status status = heat_store_create(ctx, path, "checkpoint", &store);

    if (status == HEAT_OK)
        status = heat_store_put_text(ctx, store, NULL, "identity", identity);
    for (int64_t k = 0; k < p->count && status == HEAT_OK; k++)
        status = heat_store_put(ctx, store, p->parts[k].name, HEAT_STORE_INT8, 1, &p->parts[k].size,
                                p->parts[k].data);
    if (status == HEAT_OK)
        return heat_store_commit(ctx, store);
    heat_store_close(store);
    return status;
}

/* The first line in which the texts differ, as an error. */
static heat_status compare_identity(heat_context *ctx, const char *path, const char *wanted,
                                    const char *found)
{
    while (*wanted != '\0' || *found != '\0') {
        size_t w = strcspn(wanted, "\n"), f = strcspn(found, "\n");
        if (w != f || strncmp(wanted, found, w) != 0)
            return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                                  "this checkpoint is of another run: it has '%.*s', this run has '%.*s'",
                                  (int)(f < 200 ? f : 200), found, (int)(w < 200 ? w : 200), wanted);
        wanted += w + (wanted[w] != '\0');
        found += f + (found[f] != '\0');
    }
    return HEAT_OK;
}

static heat_status load_part(heat_context *ctx, heat_store *store, const char *path, const heat_part *part)
{
    int64_t extent[HEAT_STORE_MAX_RANK];
    int rank;
    void *data = NULL;
    heat_status status = heat_store_get(ctx, store, part->name, HEAT_STORE_INT8, &rank, extent, &data);

    if (status != HEAT_OK)
        return status;
    if (rank != 1 || extent[0] != part->size)
        status =
            heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                           "part %s does not have %lld bytes: another version wrote it, or it was changed",
                           part->name, (long long)part->size);
    else
        memcpy(part->data, data, (size_t)part->size);
    heat_free(data);
    return status;
}

/* What cannot be saved is told before the work that would be lost. */
static heat_status probe(heat_context *ctx, const char *path)
{
    heat_atomic_file *file = NULL;
    heat_status status = heat_atomic_file_create(ctx, path, &file);

    if (status == HEAT_OK)
        heat_atomic_file_discard(file);
    return status;
}

heat_status heat_checkpoint_load(heat_context *ctx, const char *path, const char *identity,
                                 const heat_parts *p, bool *found)
{
    heat_store *store = NULL;
    char *text = NULL;
    heat_status status;

    *found = access(path, F_OK) == 0 || errno != ENOENT;
    if (!*found)
        return probe(ctx, path);
    status = heat_store_open(ctx, path, "checkpoint", &store);
    if (status == HEAT_OK)
        status = heat_store_get_text(ctx, store, NULL, "identity", &text);
    if (status == HEAT_OK)
        status = compare_identity(ctx, path, identity, text);
    for (int64_t k = 0; k < p->count && status == HEAT_OK; k++)
        status = load_part(ctx, store, path, &p->parts[k]);
    heat_free(text);
    heat_store_close(store);
    return status == HEAT_OK ? probe(ctx, path) : status;
}
