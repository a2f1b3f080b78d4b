/* An .npz is a zip archive of .npy files (APPNOTE 6.3: the end record names the central directory, which
 * names each member's local head; stored or deflated). The array wanted is unpacked, checked, and read as an
 * .npy. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/npy_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { END_SIZE = 22, ENTRY_SIZE = 46, LOCAL_SIZE = 30, STORED = 0, DEFLATED = 8, SHOWN_NAMES = 200 };

typedef struct archive {
    heat_byte_window *window;
    const unsigned char *bytes;
    size_t size;
} archive;

/* A member as the central directory describes it. */
typedef struct member {
    const char *name; /* without ".npy" */
    size_t name_length;
    uint64_t packed, unpacked, begin;
    uint32_t crc;
    int method;
} member;

static heat_status HEAT_PRINTF(2, 3) bad(const archive *a, const char *format, ...)
{
    char sentence[HEAT_MESSAGE_SIZE / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return heat_fail_file(a->window->ctx, HEAT_ERROR_INPUT, heat_byte_window_name(a->window), 0, 0, "%s",
                          sentence);
}

static uint64_t little(const unsigned char *at, int size)
{
    uint64_t value = 0;

    for (int k = 0; k < size; k++)
        value |= (uint64_t)at[k] << 8 * k;
    return value;
}

/* Sizes of 2^32 and more stand in an extra field, 1, in the order of those that are missing. */
static void read_large_sizes(const unsigned char *extra, size_t length, member *m)
{
    uint64_t *sizes[] = {&m->unpacked, &m->packed, &m->begin};

    while (length >= 4) {
        size_t size = (size_t)little(extra + 2, 2), used = 0;
        if (size > length - 4)
            return;
        for (int k = 0; k < 3 && little(extra, 2) == 1; k++)
            if (*sizes[k] == UINT32_MAX && used + 8 <= size) {
                *sizes[k] = little(extra + 4 + used, 8);
                used += 8;
            }
        extra += 4 + size;
        length -= 4 + size;
    }
}

/* Reads the entry at *at and moves on; false if it is damaged. */
static bool next_member(const archive *a, size_t *at, member *m)
{
    const unsigned char *e = a->bytes + *at;
    size_t name, extra, comment;

    if (a->size - *at < ENTRY_SIZE || memcmp(e, "PK\x01\x02", 4) != 0)
        return false;
    name = (size_t)little(e + 28, 2);
    extra = (size_t)little(e + 30, 2);
    comment = (size_t)little(e + 32, 2);
    if (a->size - *at - ENTRY_SIZE < name + extra + comment)
        return false;
    *m = (member){.name = (const char *)e + ENTRY_SIZE,
                  .name_length = name,
                  .packed = little(e + 20, 4),
                  .unpacked = little(e + 24, 4),
                  .begin = little(e + 42, 4),
                  .crc = (uint32_t)little(e + 16, 4),
                  .method = (int)little(e + 10, 2)};
    read_large_sizes(e + ENTRY_SIZE + name, extra, m);
    if (name > 4 && memcmp(m->name + name - 4, ".npy", 4) == 0)
        m->name_length -= 4;
    *at += ENTRY_SIZE + name + extra + comment;
    return true;
}

/* The end record: the last place where its signature stands. */
static bool find_end(const archive *a, size_t *at)
{
    for (size_t k = a->size < END_SIZE ? 0 : a->size - END_SIZE + 1; k > 0; k--)
        if (memcmp(a->bytes + k - 1, "PK\x05\x06", 4) == 0) {
            *at = k - 1;
            return true;
        }
    return false;
}

/* The member called `array`, or the only one. */
static heat_status find_member(const archive *a, const char *array, member *found)
{
    char names[SHOWN_NAMES] = "";
    size_t end, at;
    int64_t count, matches = 0;

    if (!find_end(a, &end))
        return bad(a, "the archive is damaged or truncated: it has no end record");
    count = (int64_t)little(a->bytes + end + 10, 2);
    at = (size_t)little(a->bytes + end + 16, 4);
    if (at > end)
        return bad(a, "the archive is damaged: its directory lies behind its end");
    for (int64_t k = 0; k < count; k++) {
        size_t used = strlen(names);
        member m;
        if (!next_member(a, &at, &m))
            return bad(a, "the archive is damaged: entry %lld of its directory is none", (long long)k + 1);
        snprintf(names + used, sizeof names - used, "%s%.*s", k == 0 ? "" : ", ", (int)m.name_length, m.name);
        if (array == NULL || (strlen(array) == m.name_length && memcmp(array, m.name, m.name_length) == 0)) {
            *found = m;
            matches++;
        }
    }
    if (matches == 1)
        return HEAT_OK;
    if (array != NULL)
        return heat_fail_option(a->window->ctx, "array", array,
                                "the archive holds no array '%.80s': it holds %s", array, names);
    return bad(a, "the archive holds %lld arrays (%s): say which with --array NAME", (long long)count, names);
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

/* Inflates a whole member; false if it is damaged or not of the size that the directory says. */
static heat_status inflate_member(const archive *a, const unsigned char *packed, const member *m,
                                  unsigned char *out)
{
    z_stream z = {.zalloc = allocate, .zfree = release, .opaque = a->window->ctx};
    uint64_t taken = 0, given = 0;
    int code = inflateInit2(&z, -15);

    if (code == Z_MEM_ERROR)
        return HEAT_ERROR_MEMORY;
    while (code == Z_OK) {
        uInt in = m->packed - taken > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)(m->packed - taken);
        uInt room = m->unpacked - given > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)(m->unpacked - given);
        z.next_in = (unsigned char *)(uintptr_t)(packed + taken);
        z.avail_in = in;
        z.next_out = out + given;
        z.avail_out = room;
        code = inflate(&z, Z_NO_FLUSH);
        taken += in - z.avail_in;
        given += room - z.avail_out;
        if (code == Z_OK && in == z.avail_in && room == z.avail_out)
            break; /* nothing moves */
    }
    inflateEnd(&z);
    if (code == Z_MEM_ERROR)
        return HEAT_ERROR_MEMORY;
    return code == Z_STREAM_END && given == m->unpacked ? HEAT_OK : bad(a, "the compressed array is damaged");
}

/* The member's bytes, unpacked; the caller frees them. */
static heat_status unpack(const archive *a, const member *m, unsigned char **out)
{
    const unsigned char *local = a->bytes + m->begin;
    uint64_t skip;
    heat_status status;

    if (m->begin > a->size || a->size - m->begin < LOCAL_SIZE || memcmp(local, "PK\x03\x04", 4) != 0)
        return bad(a, "the archive is damaged: an array's head is not where the directory says");
    skip = LOCAL_SIZE + little(local + 26, 2) + little(local + 28, 2);
    if (a->size - m->begin < skip || a->size - m->begin - skip < m->packed)
        return bad(a, "the archive is damaged or truncated: an array ends behind it");
    if (m->method != STORED && m->method != DEFLATED)
        return bad(a, "the array is compressed by method %d, expected stored or deflated", m->method);
    if ((m->method == STORED && m->packed != m->unpacked) || m->unpacked / 1032 > m->packed)
        return bad(a,
                   "the archive is damaged: an array's sizes contradict each other"); /* 1032: the most that
                                                                                         deflate can */
    status = heat_alloc_unset(a->window->ctx, (int64_t)m->unpacked, 1, out);
    if (status != HEAT_OK)
        return status;
    if (m->method == STORED)
        memcpy(*out, local + skip, m->unpacked);
    else
        status = inflate_member(a, local + skip, m, *out);
    if (status == HEAT_OK && crc32_z(0, *out, m->unpacked) != m->crc)
        status = bad(a, "the array is damaged: its checksum does not fit");
    return status;
}

heat_status heat_npz_table_read(heat_byte_window *w, const heat_data_options *options, heat_data_table *table)
{
    heat_byte_window inside = {0};
    unsigned char *bytes = NULL;
    archive a;
    member m = {0};
    heat_status status = heat_byte_window_fill_all(w);

    a = (archive){w, w->buffer + w->begin, w->end - w->begin};
    if (status == HEAT_OK)
        status = find_member(&a, options->array, &m);
    if (status == HEAT_OK)
        status = unpack(&a, &m, &bytes);
    if (status == HEAT_OK && !heat_npy_recognise(bytes, m.unpacked))
        status = bad(&a, "'%.*s' is no .npy array", (int)(m.name_length < 80 ? m.name_length : 80), m.name);
    if (status == HEAT_OK)
        status = heat_byte_window_open_memory(w->ctx, heat_byte_window_name(w), bytes, m.unpacked, &inside);
    if (status == HEAT_OK)
        status = heat_npy_table_read(&inside, options, table);
    heat_byte_window_close(&inside);
    heat_free(bytes);
    return status;
}
