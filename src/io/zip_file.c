/* An archive is read from its end: the directory there says where its members lie. Every offset and length
 * is compared with what there is before it is followed. */
#include "io/zip_file.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <string.h>
#include <zlib.h>

enum {
    END_SIZE = 22,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    LONGEST_COMMENT = 65535,
    STORED = 0,
    DEFLATED = 8,
    RAW_WINDOW = -15 /* zlib: a stream without header */
};

static uint32_t number(const unsigned char *at, int n_bytes)
{
    uint32_t value = 0;

    for (int k = n_bytes - 1; k >= 0; k--)
        value = value << 8 | at[k];
    return value;
}

static heat_status damaged(const heat_zip *z, const char *what)
{
    return heat_fail_file(z->ctx, HEAT_ERROR_INPUT, z->file, 0, 0, "a damaged or cut archive: %s", what);
}

heat_status heat_zip_open(heat_context *ctx, const char *file, const void *bytes, size_t size, heat_zip *z)
{
    *z = (heat_zip){.ctx = ctx, .file = file, .bytes = bytes, .size = size};
    for (size_t back = END_SIZE; back <= size && back <= END_SIZE + LONGEST_COMMENT; back++) {
        const unsigned char *end = z->bytes + size - back;
        if (number(end, 4) != 0x06054b50)
            continue;
        z->n_left = number(end + 10, 2);
        z->directory = number(end + 16, 4);
        if (z->directory > size - back)
            return damaged(z, "its directory lies outside");
        return HEAT_OK;
    }
    return damaged(z, "it has no directory");
}

heat_status heat_zip_next(heat_zip *z, heat_zip_member *m)
{
    const unsigned char *entry = z->bytes + z->directory, *local;
    size_t name_length, begin, data;

    if (z->size - z->directory < ENTRY_SIZE || number(entry, 4) != 0x02014b50)
        return damaged(z, "an entry of its directory is missing");
    name_length = number(entry + 28, 2);
    begin = number(entry + 42, 4);
    *m = (heat_zip_member){.name = (const char *)entry + ENTRY_SIZE,
                           .name_length = name_length,
                           .is_deflated = number(entry + 10, 2) == DEFLATED,
                           .packed = number(entry + 20, 4),
                           .size = number(entry + 24, 4)};
    if ((!m->is_deflated && number(entry + 10, 2) != STORED) || (number(entry + 8, 2) & 1))
        return damaged(z, "a member is encrypted, or packed otherwise than stored or deflated");
    if (m->packed == UINT32_MAX || m->size == UINT32_MAX || begin == UINT32_MAX)
        return damaged(z, "a member has 4 GiB or more");
    if (z->size - z->directory - ENTRY_SIZE < name_length || begin > z->size || z->size - begin < LOCAL_SIZE)
        return damaged(z, "a member lies outside");
    local = z->bytes + begin;
    data = begin + LOCAL_SIZE + number(local + 26, 2) + number(local + 28, 2);
    if (number(local, 4) != 0x04034b50 || data > z->size || z->size - data < m->packed)
        return damaged(z, "a member lies outside");
    m->data = z->bytes + data;
    z->directory += ENTRY_SIZE + name_length + number(entry + 30, 2) + number(entry + 32, 2);
    if (z->directory > z->size)
        return damaged(z, "an entry of its directory is cut");
    z->n_left--;
    return HEAT_OK;
}

static heat_status inflate_member(const heat_zip *z, const heat_zip_member *m, char *content)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)m->data,
                       .avail_in = (uInt)m->packed,
                       .next_out = (Bytef *)content,
                       .avail_out = (uInt)m->size};
    int end;

    if (inflateInit2(&stream, RAW_WINDOW) != Z_OK)
        return heat_fail(z->ctx, HEAT_ERROR_MEMORY, "zlib cannot begin to unpack");
    end = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return end == Z_STREAM_END && stream.avail_out == 0 ? HEAT_OK : damaged(z, "a member does not unpack");
}

heat_status heat_zip_unpack(const heat_zip *z, const heat_zip_member *m, char **out)
{
    char *content = NULL;
    heat_status status = heat_alloc(z->ctx, (int64_t)m->size, 1, &content);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    if (m->is_deflated)
        status = inflate_member(z, m, content);
    else if (m->packed != m->size)
        status = damaged(z, "a stored member has two lengths");
    else
        memcpy(content, m->data, m->size);
    if (status != HEAT_OK) {
        heat_free(content);
        return status;
    }
    *out = content;
    return HEAT_OK;
}
