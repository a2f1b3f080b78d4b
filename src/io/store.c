/* The file, its head and its texts; the arrays are store_arrays.c's. Files are built in memory (HDF5's core
 * driver) and handed to the atomic writer: HDF5 cannot recover from a full disk, we can, and pipes work. The
 * image costs memory of the size of the compressed file. Times are left out, so that the same content gives
 * the same bytes. What a file claims is checked before it is believed. */
#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/store_private.h"
#include "io/store_seal.h"

#include <heatbath/version.h>
#include <string.h>

enum {
    FORMAT_VERSION = 1,
    IMAGE_STEP = 1 << 20, /* growth of a file in memory, bytes */
    LONGEST_TEXT = 4096
};

heat_error_printer heat_store_silence(void)
{
    heat_error_printer before = {NULL, NULL};

    H5Eget_auto2(H5E_DEFAULT, &before.print, &before.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return before;
}

void heat_store_restore(heat_error_printer before)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, before.print, before.data);
}

heat_status heat_store_fail_write(heat_store *s, const char *name)
{
    return heat_fail_file(s->ctx, HEAT_ERROR_OUTPUT, s->path, 0, 0, "HDF5 cannot write '%.100s'", name);
}

heat_status heat_store_fail_read(heat_store *s, const char *name)
{
    return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->path, 0, 0,
                          "'%.100s' cannot be read: the file is damaged", name);
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
    return ok ? HEAT_OK : heat_store_fail_read(s, name);
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
    return heat_store_fail_write(s, kind);
}

heat_status heat_store_create(heat_context *ctx, const char *path, const char *kind, heat_store **out)
{
    heat_error_printer before = heat_store_silence();
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
    heat_store_restore(before);
    return status;
}

heat_status heat_store_put_text(heat_context *ctx, heat_store *s, const char *of, const char *name,
                                const char *text)
{
    heat_error_printer before;
    bool ok;

    if (strlen(text) >= LONGEST_TEXT)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "a text has fewer than %d bytes", LONGEST_TEXT);
    before = heat_store_silence();
    ok = write_text(s, of, name, text);
    heat_store_restore(before);
    return ok ? HEAT_OK : heat_store_fail_write(s, name);
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
        return heat_store_fail_write(s, "/");
    heat_store_seal_make(*(void **)handle, (size_t)size, seal);
    status = heat_atomic_file_write(s->target, *(void **)handle, (size_t)size);
    return status == HEAT_OK ? heat_atomic_file_write(s->target, seal, sizeof seal) : status;
}

heat_status heat_store_commit(heat_context *ctx, heat_store *s)
{
    heat_error_printer before = heat_store_silence();
    heat_status status = write_image(s);

    (void)ctx; /* the store remembers its own */
    status = heat_atomic_file_finish(s->target, status);
    s->target = NULL;
    heat_store_restore(before);
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
    heat_error_printer before = heat_store_silence();
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
    heat_store_restore(before);
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
    heat_error_printer before = heat_store_silence();
    bool own = H5Aexists(s->file, "format") > 0;

    heat_store_restore(before);
    return own;
}

heat_status heat_store_get_word(heat_context *ctx, heat_store *s, const char *name, char **word)
{
    heat_error_printer before = heat_store_silence();
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
    heat_store_restore(before);
    *word = NULL;
    return ok ? heat_copy_text(ctx, text, word) : heat_store_fail_read(s, name);
}

heat_status heat_store_get_text(heat_context *ctx, heat_store *s, const char *of, const char *name,
                                char **text)
{
    heat_error_printer before = heat_store_silence();
    char words[LONGEST_TEXT + 1];
    heat_status status = get_text(s, of, name, words);

    heat_store_restore(before);
    *text = NULL;
    return status == HEAT_OK ? heat_copy_text(ctx, words, text) : status;
}

void heat_store_close(heat_store *s)
{
    heat_error_printer before;

    if (s == NULL)
        return;
    before = heat_store_silence();
    if (s->file >= 0)
        H5Fclose(s->file);
    heat_store_restore(before);
    heat_atomic_file_discard(s->target);
    heat_free(s->path);
    heat_free(s);
}
