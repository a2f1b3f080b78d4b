/* The one file that sees HDF5 (1.10 C API, https://docs.hdfgroup.org). Files are built in memory (HDF5's core
 * driver) and handed to the atomic writer: HDF5 cannot recover from a full disk, we can, and pipes work. The
 * image costs memory of the size of the compressed file. Times are left out, so that the same content gives
 * the same bytes. What a file claims is checked before it is believed. */
#include "io/store.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "io/store_seal.h"

#include <hdf5.h>
#include <heatbath/version.h>
#include <string.h>

enum {
    FORMAT_VERSION = 1,
    IMAGE_STEP = 1 << 20,  /* growth of a file in memory, bytes */
    CHUNK_BYTES = 1 << 18, /* arrays above are chunked and deflated */
    DEFLATE_LEVEL = 4,
    LONGEST_TEXT = 4096,
    LONGEST_NAME = 256
};

struct heat_store {
    heat_context *ctx;
    char *path;
    hid_t file;
    heat_atomic_file *target; /* NULL when reading */
};

/* HDF5 prints its errors unless told not to, and the setting belongs to the program, not to us. */
typedef struct error_printer {
    H5E_auto2_t print;
    void *data;
} error_printer;

static error_printer silence(void)
{
    error_printer before = {NULL, NULL};

    H5Eget_auto2(H5E_DEFAULT, &before.print, &before.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return before;
}

static void restore(error_printer before)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, before.print, before.data);
}

static heat_status unwritable(heat_store *s, const char *name)
{
    return heat_fail_file(s->ctx, HEAT_ERROR_OUTPUT, s->path, 0, 0, "HDF5 cannot write '%.100s'", name);
}

static heat_status damaged(heat_store *s, const char *name)
{
    return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
                          "'%.100s' cannot be read: the file is damaged", name);
}

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

static heat_status new_store(heat_context *ctx, const char *path, heat_store **out)
{
    heat_status status = heat_alloc(ctx, 1, sizeof **out, out);

    if (status != HEAT_OK)
        return status;
    (*out)->ctx = ctx;
    (*out)->file = H5I_INVALID_HID;
    status = heat_copy_text(ctx, path, &(*out)->path);
    if (status != HEAT_OK) {
        heat_store_close(*out);
        *out = NULL;
    }
    return status;
}

/* Opens what carries an attribute: the root, or an array. */
static hid_t open_carrier(heat_store *s, const char *of)
{
    return H5Oopen(s->file, of == NULL ? "/" : of, H5P_DEFAULT);
}

static bool write_attribute(heat_store *s, const char *of, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t carrier = open_carrier(s, of);
    hid_t attribute = H5Acreate2(carrier, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attribute >= 0 && H5Awrite(attribute, type, value) >= 0;

    if (attribute >= 0)
        H5Aclose(attribute);
    if (carrier >= 0)
        H5Oclose(carrier);
    H5Sclose(space);
    return ok;
}

static bool write_text(heat_store *s, const char *of, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    bool ok = H5Tset_size(type, strlen(text) + 1) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
              write_attribute(s, of, name, type, text);

    H5Tclose(type);
    return ok;
}

static heat_status read_integer(heat_store *s, const char *name, int64_t *value)
{
    hid_t attribute = H5Aopen(s->file, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    bool ok = type >= 0 && space >= 0 && H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) <= 8 &&
              H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, H5T_NATIVE_INT64, value) >= 0;

    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    return ok ? HEAT_OK : damaged(s, name);
}

/* Reads an attribute, or an array, whole. */
static bool read_whole(hid_t carrier, hid_t type, void *out)
{
    if (H5Iget_type(carrier) == H5I_ATTR)
        return H5Aread(carrier, type, out) >= 0;
    return H5Dread(carrier, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
}

/* Reads a text of fixed length, or HDF5's own string of any length, into text[LONGEST_TEXT + 1]. */
static bool read_text(hid_t carrier, hid_t type, char *text)
{
    size_t size = H5Tget_size(type);
    hid_t memory_type = H5Tcopy(H5T_C_S1);
    bool ok = false;

    H5Tset_cset(memory_type, H5Tget_cset(type)); /* HDF5 does not convert between them */
    if (H5Tis_variable_str(type) > 0) {
        char *own = NULL;
        H5Tset_size(memory_type, H5T_VARIABLE);
        if (read_whole(carrier, memory_type, &own) && own != NULL) {
            size_t length = strlen(own);
            ok = length <= LONGEST_TEXT;
            if (ok)
                memcpy(text, own, length + 1);
            H5free_memory(own);
        }
    } else if (size > 0 && size <= LONGEST_TEXT) {
        H5Tset_size(memory_type, size + 1); /* room for the end, whatever the padding */
        ok = read_whole(carrier, memory_type, text);
        text[LONGEST_TEXT] = '\0';
    }
    H5Tclose(memory_type);
    return ok;
}

static heat_status get_text(heat_store *s, const char *of, const char *name, char *text)
{
    hid_t carrier = open_carrier(s, of);
    hid_t attribute = carrier < 0 ? H5I_INVALID_HID : H5Aopen(carrier, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    bool ok = type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING &&
              H5Sget_simple_extent_npoints(space) == 1 && read_text(attribute, type, text);

    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (carrier >= 0)
        H5Oclose(carrier);
    if (ok)
        return HEAT_OK;
    return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0, "the text '%.100s' is missing or damaged",
                          name);
}

/* HDF5 looks for a file of the image's name all the same: nothing lies below /dev/null. */
static const char image_name[] = "/dev/null/image";

static hid_t create_image(void)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    hid_t file = H5I_INVALID_HID;

    if (H5Pset_fapl_core(access, IMAGE_STEP, 0) >= 0 && H5Pset_obj_track_times(creation, 0) >= 0)
        file = H5Fcreate(image_name, H5F_ACC_TRUNC, creation, access);
    H5Pclose(creation);
    H5Pclose(access);
    return file;
}

static heat_status create(heat_store *s, const char *kind)
{
    int64_t format_version = FORMAT_VERSION, streams_version = HEAT_STREAMS_VERSION;

    s->file = create_image();
    if (s->file >= 0 && write_text(s, NULL, "format", "heatbath") &&
        write_attribute(s, NULL, "format_version", H5T_NATIVE_INT64, &format_version) &&
        write_text(s, NULL, "kind", kind) &&
        write_attribute(s, NULL, "streams_version", H5T_NATIVE_INT64, &streams_version))
        return HEAT_OK;
    return unwritable(s, kind);
}

heat_status heat_store_create(heat_context *ctx, const char *path, const char *kind, heat_store **out)
{
    error_printer before = silence();
    heat_store *s;
    heat_status status = new_store(ctx, path, &s);

    *out = NULL;
    if (status == HEAT_OK) {
        status = heat_atomic_file_create(ctx, path, &s->target);
        if (status == HEAT_OK)
            status = create(s, kind);
        if (status == HEAT_OK)
            *out = s;
        else
            heat_store_close(s);
    }
    restore(before);
    return status;
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
    error_printer before;
    bool ok;

    if (rank < 0 || rank > HEAT_STORE_MAX_RANK)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an array has 0 to %d axes", HEAT_STORE_MAX_RANK);
    for (int k = 0; k < rank; k++)
        if (extent[k] < 0)
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an axis has no negative length");
    before = silence();
    ok = write_array(s, name, type, rank, extent, data);
    restore(before);
    return ok ? HEAT_OK : unwritable(s, name);
}

heat_status heat_store_put_text(heat_context *ctx, heat_store *s, const char *of, const char *name,
                                const char *text)
{
    error_printer before;
    bool ok;

    if (strlen(text) >= LONGEST_TEXT)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "a text has fewer than %d bytes", LONGEST_TEXT);
    before = silence();
    ok = write_text(s, of, name, text);
    restore(before);
    return ok ? HEAT_OK : unwritable(s, name);
}

/* The core driver's buffer is the file: its address is the driver's handle (H5FDcore.c), its size what
 * H5Fget_file_image would copy. */
static heat_status write_image(heat_store *s)
{
    unsigned char seal[HEAT_SEAL_SIZE];
    ssize_t size = -1;
    void *handle = NULL;
    heat_status status;

    if (H5Fflush(s->file, H5F_SCOPE_GLOBAL) >= 0)
        size = H5Fget_file_image(s->file, NULL, 0);
    if (size <= 0 || H5Fget_vfd_handle(s->file, H5P_DEFAULT, &handle) < 0 || handle == NULL)
        return unwritable(s, "/");
    heat_store_seal_make(*(void **)handle, (size_t)size, seal);
    status = heat_atomic_file_write(s->target, *(void **)handle, (size_t)size);
    return status == HEAT_OK ? heat_atomic_file_write(s->target, seal, sizeof seal) : status;
}

heat_status heat_store_commit(heat_context *ctx, heat_store *s)
{
    error_printer before = silence();
    heat_status status = write_image(s);

    (void)ctx; /* the store remembers its own */
    status = heat_atomic_file_finish(s->target, status);
    s->target = NULL;
    restore(before);
    heat_store_close(s);
    return status;
}

static heat_status check_head(heat_store *s, const char *kind)
{
    char text[LONGEST_TEXT + 1];
    int64_t version = 0;
    heat_status status;

    if (H5Aexists(s->file, "format") <= 0 || get_text(s, NULL, "format", text) != HEAT_OK ||
        strcmp(text, "heatbath") != 0)
        return heat_fail_file(
            s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
            "an HDF5 file, but not heatbath's: its root has no attribute format = heatbath");
    status = read_integer(s, "format_version", &version);
    if (status != HEAT_OK)
        return status;
    if (version < 1 || version > FORMAT_VERSION)
        return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
                              "format_version is %lld, heatbath %s reads up to %d: a newer heatbath wrote it",
                              (long long)version, heat_version(), FORMAT_VERSION);
    status = get_text(s, NULL, "kind", text);
    if (status == HEAT_OK && kind != NULL && strcmp(text, kind) != 0)
        return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
                              "holds '%.40s', expected a file of kind '%s'", text, kind);
    return status;
}

static heat_status open_hdf5(heat_store *s, const void *bytes, size_t size, const char *kind)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    if (bytes != NULL && H5Pset_fapl_core(access, IMAGE_STEP, 0) >= 0 &&
        H5Pset_file_image(access, (void *)(uintptr_t)bytes, size) >= 0) /* copied */
        s->file = H5Fopen(image_name, H5F_ACC_RDONLY, access);
    else if (bytes == NULL)
        s->file = H5Fopen(s->path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (s->file < 0)
        return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
                              "not an HDF5 file, or a damaged or truncated one");
    return kind == NULL ? HEAT_OK : check_head(s, kind);
}

static heat_status open_store(heat_context *ctx, const char *path, const void *bytes, size_t size,
                              const char *kind, heat_store **out)
{
    error_printer before = silence();
    heat_store *s;
    heat_status status = new_store(ctx, path, &s);

    *out = NULL;
    if (status == HEAT_OK) {
        status = bytes == NULL ? heat_store_seal_check_file(ctx, path)
                               : heat_store_seal_check_image(ctx, path, bytes, size);
        if (status == HEAT_OK)
            status = open_hdf5(s, bytes, size, kind);
        if (status == HEAT_OK)
            *out = s;
        else
            heat_store_close(s);
    }
    restore(before);
    return status;
}

heat_status heat_store_open(heat_context *ctx, const char *path, const char *kind, heat_store **out)
{
    return open_store(ctx, path, NULL, 0, kind, out);
}

heat_status heat_store_open_image(heat_context *ctx, const char *name, const void *bytes, size_t size,
                                  const char *kind, heat_store **out)
{
    return open_store(ctx, name, bytes == NULL ? "" : bytes, size, kind, out);
}

heat_status heat_store_open_any(heat_context *ctx, const char *path, const void *bytes, size_t size,
                                heat_store **out)
{
    return open_store(ctx, path, bytes, size, NULL, out);
}

bool heat_store_is_own(const heat_store *s)
{
    error_printer before = silence();
    bool own = H5Aexists(s->file, "format") > 0;

    restore(before);
    return own;
}

bool heat_store_find_last(const heat_store *s, const char *prefix, int64_t *number)
{
    error_printer before = silence();
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
    restore(before);
    return found;
}

heat_status heat_store_get_word(heat_context *ctx, heat_store *s, const char *name, char **word)
{
    error_printer before = silence();
    hid_t set = H5Dopen2(s->file, name, H5P_DEFAULT);
    hid_t type = set < 0 ? H5I_INVALID_HID : H5Dget_type(set);
    hid_t space = set < 0 ? H5I_INVALID_HID : H5Dget_space(set);
    char text[LONGEST_TEXT + 1];
    bool ok = type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING &&
              H5Sget_simple_extent_npoints(space) == 1 && read_text(set, type, text);

    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (set >= 0)
        H5Dclose(set);
    restore(before);
    *word = NULL;
    return ok ? heat_copy_text(ctx, text, word) : damaged(s, name);
}

bool heat_store_has(const heat_store *s, const char *name)
{
    error_printer before = silence();
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
    restore(before);
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
        status = damaged(s, name);
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
        status = damaged(s, name);
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
    error_printer before = silence();
    void *values = NULL;
    heat_status status = get(s, name, type, rank, extent, &values);

    (void)ctx;
    restore(before);
    memcpy(data, &values, sizeof values);
    return status;
}

heat_status heat_store_get_text(heat_context *ctx, heat_store *s, const char *of, const char *name,
                                char **text)
{
    error_printer before = silence();
    char words[LONGEST_TEXT + 1];
    heat_status status = get_text(s, of, name, words);

    restore(before);
    *text = NULL;
    return status == HEAT_OK ? heat_copy_text(ctx, words, text) : status;
}

void heat_store_close(heat_store *s)
{
    error_printer before;

    if (s == NULL)
        return;
    before = silence();
    if (s->file >= 0)
        H5Fclose(s->file);
    restore(before);
    heat_atomic_file_discard(s->target);
    heat_free(s->path);
    heat_free(s);
}
