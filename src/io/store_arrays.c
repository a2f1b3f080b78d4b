/* Arrays in and out of a store: how they lie in the file, and which numbers go into which without loss. What
 * a file claims is checked before it is believed. */
#include "base/memory.h"
#include "base/text.h"
#include "io/store_private.h"

#include <string.h>

enum {
    CHUNK_BYTES = 1 << 18, /* arrays above are chunked and deflated */
    DEFLATE_LEVEL = 4,
    LONGEST_NAME = 256
};

static hid_t type_of(heat_store_type type)
{
    switch (type) {
    case HEAT_STORE_INT8:
        return H5T_NATIVE_INT8;
    case HEAT_STORE_INT32:
        return H5T_NATIVE_INT32;
    case HEAT_STORE_INT64:
        return H5T_NATIVE_INT64;
    case HEAT_STORE_DOUBLE:
        break;
    }
    return H5T_NATIVE_DOUBLE;
}

static size_t size_of(heat_store_type type)
{
    static const size_t sizes[] = {1, 4, 8, 8};

    return sizes[type];
}

/* How an array lies in the file: whole if it is small, else in deflated chunks of the last axes. */
static hid_t layout_of(int rank, const int64_t *extent, size_t size)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[HEAT_STORE_MAX_RANK], left = CHUNK_BYTES / size, total = 1;

    H5Pset_obj_track_times(layout, 0);
    for (int k = rank - 1; k >= 0; k--) {
        hsize_t length = (hsize_t)extent[k];
        chunk[k] = length < left ? length : left;
        if (length == 0)
            return layout;
        left = left / chunk[k] > 0 ? left / chunk[k] : 1;
        total = total > CHUNK_BYTES ? total : total * length;
    }
    if (total * size <= CHUNK_BYTES)
        return layout;
    H5Pset_chunk(layout, rank, chunk);
    if (size > 1)
        H5Pset_shuffle(layout);
    if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0)
        H5Pset_deflate(layout, DEFLATE_LEVEL);
    return layout;
}

/* Writes all values, a stretch of whole chunks along the first axis at a time, between which the file may be
 * given up. */
static bool write_values(const heat_store *s, hid_t set, hid_t layout, heat_store_type type, int rank,
                         const hsize_t *lengths, const void *data)
{
    hsize_t chunk[HEAT_STORE_MAX_RANK], first[HEAT_STORE_MAX_RANK] = {0}, count[HEAT_STORE_MAX_RANK];
    size_t row = size_of(type);
    bool ok = true;

    if (rank == 0 || H5Pget_layout(layout) != H5D_CHUNKED || H5Pget_chunk(layout, rank, chunk) < 0)
        return H5Dwrite(set, type_of(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    for (int k = 1; k < rank; k++) {
        count[k] = lengths[k];
        row *= (size_t)lengths[k];
    }
    for (; ok && first[0] < lengths[0] && !heat_atomic_file_is_given_up(s->target); first[0] += chunk[0]) {
        hid_t memory, file = H5Dget_space(set);
        count[0] = chunk[0] < lengths[0] - first[0] ? chunk[0] : lengths[0] - first[0];
        memory = H5Screate_simple(rank, count, NULL);
        ok =
            H5Sselect_hyperslab(file, H5S_SELECT_SET, first, NULL, count, NULL) >= 0 &&
            H5Dwrite(set, type_of(type), memory, file, H5P_DEFAULT, (const char *)data + first[0] * row) >= 0;
        H5Sclose(memory);
        H5Sclose(file);
    }
    return ok;
}

static bool write_array(heat_store *s, const char *name, heat_store_type type, int rank,
                        const int64_t *extent, const void *data)
{
    hsize_t lengths[HEAT_STORE_MAX_RANK] = {0};
    hid_t links = H5Pcreate(H5P_LINK_CREATE), layout = layout_of(rank, extent, size_of(type));
    hid_t space, set = H5I_INVALID_HID;
    bool ok, empty = false;

    for (int k = 0; k < rank; k++) {
        lengths[k] = (hsize_t)extent[k];
        empty |= extent[k] == 0;
    }
    space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, lengths, NULL);
    if (H5Pset_create_intermediate_group(links, 1) >= 0)
        set = H5Dcreate2(s->file, name, type_of(type), space, links, layout, H5P_DEFAULT);
    ok = set >= 0 && (empty || write_values(s, set, layout, type, rank, lengths, data));
    if (set >= 0)
        ok &= H5Dclose(set) >= 0;
    H5Sclose(space);
    H5Pclose(layout);
    H5Pclose(links);
    return ok;
}

heat_status heat_store_put(heat_context *ctx, heat_store *s, const char *name, heat_store_type type, int rank,
                           const int64_t *extent, const void *data)
{
    heat_error_printer before;
    bool ok;

    if (rank < 0 || rank > HEAT_STORE_MAX_RANK)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an array has 0 to %d axes", HEAT_STORE_MAX_RANK);
    for (int k = 0; k < rank; k++)
        if (extent[k] < 0)
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an axis has no negative length");
    before = heat_store_silence();
    ok = write_array(s, name, type, rank, extent, data);
    heat_store_restore(before);
    return ok ? HEAT_OK : heat_store_fail_write(s, name);
}

bool heat_store_find_last(const heat_store *s, const char *prefix, int64_t *number)
{
    heat_error_printer before = heat_store_silence();
    size_t head = strlen(prefix);
    char name[LONGEST_NAME];
    bool found = false;
    H5G_info_t root;

    if (H5Gget_info(s->file, &root) < 0)
        root.nlinks = 0;
    for (hsize_t k = 0; k < root.nlinks; k++) {
        ssize_t length =
            H5Lget_name_by_idx(s->file, ".", H5_INDEX_NAME, H5_ITER_INC, k, name, sizeof name, H5P_DEFAULT);
        int64_t n;
        if (length <= (ssize_t)head || length >= (ssize_t)sizeof name || memcmp(name, prefix, head) != 0 ||
            !heat_parse_int(name + head, (size_t)length - head, &n) || n < 0)
            continue;
        *number = !found || n > *number ? n : *number;
        found = true;
    }
    heat_store_restore(before);
    return found;
}

bool heat_store_has(const heat_store *s, const char *name)
{
    heat_error_printer before = heat_store_silence();
    char part[LONGEST_NAME];
    bool there = strlen(name) < sizeof part;

    for (const char *slash = name; there && slash != NULL;) { /* every group on the way must exist */
        size_t length;
        slash = strchr(slash, '/');
        length = slash == NULL ? strlen(name) : (size_t)(slash - name);
        slash = slash == NULL ? NULL : slash + 1;
        memcpy(part, name, length);
        part[length] = '\0';
        there = H5Lexists(s->file, part, H5P_DEFAULT) > 0;
    }
    heat_store_restore(before);
    return there;
}

/* True if the stored numbers go into `type` one by one, or, as *narrow says, may go and need a look each. */
static bool converts(hid_t stored, heat_store_type type, bool *narrow)
{
    H5T_class_t class = H5Tget_class(stored);
    size_t size = H5Tget_size(stored);
    bool is_signed = class == H5T_INTEGER && H5Tget_sign(stored) == H5T_SGN_2;

    *narrow = false;
    if (size == 0 || size > 8)
        return false;
    if (type == HEAT_STORE_DOUBLE)
        return class == H5T_FLOAT || (class == H5T_INTEGER && size <= 4);
    if (class != H5T_INTEGER || (size == 8 && !is_signed))
        return false;
    *narrow = is_signed ? size > size_of(type) : size >= size_of(type);
    return true;
}

/* Copies 64-bit integers into narrower ones; false if one does not fit. */
static bool narrow_integers(const int64_t *wide, int64_t count, heat_store_type type, void *out)
{
    for (int64_t k = 0; k < count; k++) {
        int64_t value = wide[k];
        if (type == HEAT_STORE_INT8) {
            if (value < INT8_MIN || value > INT8_MAX)
                return false;
            ((int8_t *)out)[k] = (int8_t)value;
        } else {
            if (value < INT32_MIN || value > INT32_MAX)
                return false;
            ((int32_t *)out)[k] = (int32_t)value;
        }
    }
    return true;
}

/* Shape and number of values of an array; false if it is not one we read. */
static bool shape_of(hid_t space, int *rank, int64_t *extent, int64_t *count)
{
    hsize_t lengths[H5S_MAX_RANK];

    if (H5Sget_simple_extent_type(space) != H5S_SIMPLE && H5Sget_simple_extent_type(space) != H5S_SCALAR)
        return false;
    *rank = H5Sget_simple_extent_ndims(space);
    if (*rank < 0 || *rank > HEAT_STORE_MAX_RANK || H5Sget_simple_extent_dims(space, lengths, NULL) < 0)
        return false;
    *count = 1;
    for (int k = 0; k < *rank; k++) {
        if (lengths[k] > INT64_MAX || (lengths[k] > 0 && *count > INT64_MAX / (int64_t)lengths[k]))
            return false;
        extent[k] = (int64_t)lengths[k];
        *count *= extent[k];
    }
    return true;
}

/* Data must lie in the file itself: a file from elsewhere must not make us open others. */
static bool lies_inside(hid_t set)
{
    hid_t layout = H5Dget_create_plist(set);
    bool inside = layout >= 0 && H5Pget_external_count(layout) == 0 && H5Pget_layout(layout) != H5D_VIRTUAL;

    if (layout >= 0)
        H5Pclose(layout);
    return inside;
}

static heat_status read_values(heat_store *s, hid_t set, const char *name, heat_store_type type, bool narrow,
                               int64_t count, void **out)
{
    void *values = NULL;
    int64_t *wide = NULL;
    heat_status status = heat_alloc(s->ctx, count, size_of(type), &values);

    if (status == HEAT_OK && narrow)
        status = heat_alloc(s->ctx, count, sizeof *wide, &wide);
    if (status == HEAT_OK && count > 0 &&
        H5Dread(set, narrow ? H5T_NATIVE_INT64 : type_of(type), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                narrow ? (void *)wide : values) < 0)
        status = heat_store_fail_read(s, name);
    if (status == HEAT_OK && narrow && !narrow_integers(wide, count, type, values))
        status = heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
                                "'%.100s' holds a number that does not fit into %d bits", name,
                                8 * (int)size_of(type));
    heat_free(wide);
    if (status == HEAT_OK)
        *out = values;
    else
        heat_free(values);
    return status;
}

static heat_status get(heat_store *s, const char *name, heat_store_type type, int *rank, int64_t *extent,
                       void **out)
{
    hid_t set = H5Dopen2(s->file, name, H5P_DEFAULT), stored = H5I_INVALID_HID, space = H5I_INVALID_HID;
    heat_status status;
    int64_t count;
    bool narrow;

    if (set < 0)
        return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
                              "the array '%.100s' is missing or damaged", name);
    stored = H5Dget_type(set);
    space = H5Dget_space(set);
    if (stored < 0 || space < 0 || !shape_of(space, rank, extent, &count) || !lies_inside(set))
        status = heat_store_fail_read(s, name);
    else if (!converts(stored, type, &narrow))
        status = heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
                                "'%.100s' is of a type that does not convert without loss", name);
    else
        status = read_values(s, set, name, type, narrow, count, out);
    if (space >= 0)
        H5Sclose(space);
    if (stored >= 0)
        H5Tclose(stored);
    H5Dclose(set);
    return status;
}

heat_status heat_store_get(heat_context *ctx, heat_store *s, const char *name, heat_store_type type,
                           int *rank, int64_t *extent, void *data)
{
    heat_error_printer before = heat_store_silence();
    void *values = NULL;
    heat_status status = get(s, name, type, rank, extent, &values);

    (void)ctx;
    heat_store_restore(before);
    memcpy(data, &values, sizeof values);
    return status;
}
