/* The members of a ZIP archive in memory, stored or deflated (PKWARE APPNOTE 6.3): what NumPy's .npz is. */
#ifndef HEATBATH_ZIP_FILE_H
#define HEATBATH_ZIP_FILE_H

#include <heatbath/context.h>

typedef struct heat_zip {
    heat_context *ctx;
    const char *file; /* name, for messages */
    const unsigned char *bytes;
    size_t size;
    size_t directory; /* where the next entry of it begins */
    int64_t n_left;   /* entries that follow */
} heat_zip;

typedef struct heat_zip_member {
    const char *name; /* not terminated */
    size_t name_length;
    bool is_deflated;
    const unsigned char *data; /* as packed */
    uint64_t packed, size;     /* bytes, packed and not */
    uint32_t checksum;         /* CRC-32 of the content */
} heat_zip_member;

/* Finds the directory at the end of the archive, whose bytes are borrowed. HEAT_ERROR_INPUT if it is none. */
HEAT_MUST_USE heat_status heat_zip_open(heat_context *ctx, const char *file, const void *bytes, size_t size,
                                        heat_zip *zip);

/* The next member of the directory, while n_left > 0. */
HEAT_MUST_USE heat_status heat_zip_next(heat_zip *zip, heat_zip_member *member);

/* Its content, which the caller frees with heat_free; checked against its length and checksum. */
HEAT_MUST_USE heat_status heat_zip_unpack(const heat_zip *zip, const heat_zip_member *member, char **content);

#endif
