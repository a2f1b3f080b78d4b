/* An archive is read from its end: the directory there says where its members lie. Every offset and length
 * is compared with what there is before it is followed. */
#include "io/zip_file.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <string.h>
#include <zlib.h>

enum {
    MOST_INFLATION = 1032, /* deflate can make no more of a byte */
    END_SIZE = 22,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    LONGEST_COMMENT = 65535,
    STORED = 0,
    DEFLATED = 8,
    RAW_WINDOW = -15 /* zlib: a stream without header */
};

static uint64_t number(const unsigned char *at, int n_bytes)
{
    uint64_t value = 0;

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
        z->n_left = (int64_t)number(end + 10, 2);
        z->directory = (size_t)number(end + 16, 4);
        if (z->directory > size - back)
            return damaged(z, "its directory lies outside");
        return HEAT_OK;
    }
    return damaged(z, "it has no directory");
}

/* Sizes of 2^32 - 1 and more stand in an extra field, number 1, those that are missing in this order. */
static void read_large_sizes(const unsigned char *extra, size_t length, heat_zip_member *m, uint64_t *begin)
{
    uint64_t *sizes[] = {&m->size, &m->packed, begin};

    while (length >= 4) {
        size_t size = (size_t)number(extra + 2, 2), used = 0;
        if (size > length - 4)
            return;
        for (int k = 0; k < 3 && number(extra, 2) == 1; k++)
            if (*sizes[k] == UINT32_MAX && used + 8 <= size) {
                *sizes[k] = number(extra + 4 + used, 8);
                used += 8;
            }
        extra += 4 + size;
        length -= 4 + size;
    }
}

/* Where the member's data begin, which its local head tells. */
static heat_status find_data(const heat_zip *z, uint64_t begin, heat_zip_member *m)
{
    const unsigned char *local = z->bytes + begin;
    uint64_t skip;

    if (begin > z->size || z->size - begin < LOCAL_SIZE || number(local, 4) != 0x04034b50)
        return damaged(z, "a member lies outside");
    skip = LOCAL_SIZE + number(local + 26, 2) + number(local + 28, 2);
    if (z->size - begin < skip || z->size - begin - skip < m->packed)
        return damaged(z, "a member lies outside");
    if (m->is_deflated ? m->size / MOST_INFLATION > m->packed : m->size != m->packed)
        return damaged(z, "a member's two lengths contradict each other");
    m->data = local + skip;
    return HEAT_OK;
}

heat_status heat_zip_next(heat_zip *z, heat_zip_member *m)
{
    const unsigned char *entry = z->bytes + z->directory;
    size_t name, extra, comment;
    uint64_t begin;

    if (z->size - z->directory < ENTRY_SIZE || number(entry, 4) != 0x02014b50)
        return damaged(z, "an entry of its directory is missing");
    name = (size_t)number(entry + 28, 2);
    extra = (size_t)number(entry + 30, 2);
    comment = (size_t)number(entry + 32, 2);
    if (z->size - z->directory - ENTRY_SIZE < name + extra + comment)
        return damaged(z, "an entry of its directory is cut");
    *m = (heat_zip_member){.name = (const char *)entry + ENTRY_SIZE,
                           .name_length = name,
                           .is_deflated = number(entry + 10, 2) == DEFLATED,
                           .checksum = (uint32_t)number(entry + 16, 4),
                           .packed = number(entry + 20, 4),
                           .size = number(entry + 24, 4)};
    if ((!m->is_deflated && number(entry + 10, 2) != STORED) || (number(entry + 8, 2) & 1))
        return damaged(z, "a member is encrypted, or packed otherwise than stored or deflated");
    begin = number(entry + 42, 4);
    read_large_sizes(entry + ENTRY_SIZE + name, extra, m, &begin);
    z->directory += ENTRY_SIZE + name + extra + comment;
    z->n_left--;
    return find_data(z, begin, m);
}

static voidpf allocate(voidpf ctx, uInt count, uInt size)
{
    void *block;

    return heat_alloc(ctx, (int64_t)count * size, 1, &block) == HEAT_OK ? block : NULL;
}

static void release(voidpf ctx, voidpf block)
{
    (void)ctx;
    heat_free(block);
}

/* zlib counts in 32 bits: a long member goes through in pieces. */
static heat_status inflate_member(const heat_zip *z, const heat_zip_member *m, char *content)
{
    z_stream stream = {.zalloc = allocate, .zfree = release, .opaque = z->ctx};
    uint64_t taken = 0, given = 0;
    int code = inflateInit2(&stream, RAW_WINDOW);

    if (code == Z_MEM_ERROR)
        return HEAT_ERROR_MEMORY; /* the context already says so */
    while (code == Z_OK) {
        uInt in = m->packed - taken > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)(m->packed - taken);
        uInt room = m->size - given > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)(m->size - given);
        stream.next_in = (Bytef *)(uintptr_t)(m->data + taken);
        stream.avail_in = in;
        stream.next_out = (Bytef *)content + given;
        stream.avail_out = room;
        code = inflate(&stream, Z_NO_FLUSH);
        taken += in - stream.avail_in;
        given += room - stream.avail_out;
        if (code == Z_OK && in == stream.avail_in && room == stream.avail_out)
            break; /* nothing moves */
    }
    inflateEnd(&stream);
    if (code == Z_MEM_ERROR)
        return HEAT_ERROR_MEMORY;
    return code == Z_STREAM_END && given == m->size ? HEAT_OK : damaged(z, "a member does not unpack");
}

heat_status heat_zip_unpack(const heat_zip *z, const heat_zip_member *m, char **out)
{
    char *content = NULL;
    heat_status status = heat_alloc_unset(z->ctx, (int64_t)m->size, 1, &content);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    if (m->is_deflated)
        status = inflate_member(z, m, content);
    else
        memcpy(content, m->data, m->size);
    if (status == HEAT_OK && crc32_z(0, (const Bytef *)content, m->size) != m->checksum)
        status = damaged(z, "a member's checksum does not fit");
    if (status != HEAT_OK) {
        heat_free(content);
        return status;
    }
    *out = content;
    return HEAT_OK;
}
