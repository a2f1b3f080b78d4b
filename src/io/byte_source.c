/* Reading below the level of text. zlib's inflate is driven directly rather than through gzread, because the
 * latter passes damaged tails in silence and hides which system call failed. */
#include "io/byte_source.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { RAW_SIZE = 1 << 16, GZIP_WINDOW = 15 + 16 };

struct heat_byte_source {
    heat_context *ctx;
    char *name;
    int fd;          /* -1: memory */
    bool is_stdin;   /* not ours to close */
    bool is_regular; /* a file with a name of its own */
    const unsigned char *memory;
    size_t memory_left;
    unsigned char *raw; /* RAW_SIZE bytes, of which [begin, end) are not handed on yet */
    size_t begin, end;
    bool raw_ended;
    bool compressed;
    bool between_members; /* a gzip file is a row of members; here it may end */
    bool has_stream;
    z_stream stream;
};

/* Returns when a read will not wait. A silent pipe must neither outlast a deadline nor miss a request to
 * stop, also one made just before the wait: so it is a row of short ones. */
static heat_status wait_for_bytes(heat_byte_source *s)
{
    enum { WAIT_MS = 50 };
    struct pollfd input = {.fd = s->fd, .events = POLLIN};
    heat_status status = HEAT_OK;

    while (!s->is_regular && status == HEAT_OK && poll(&input, 1, WAIT_MS) <= 0)
        status = heat_halt_check(s->ctx, "the model was read");
    return status;
}

static heat_status read_raw(heat_byte_source *s, void *buffer, size_t size, size_t *got)
{
    ssize_t n;

    *got = 0;
    if (s->fd < 0) {
        *got = size < s->memory_left ? size : s->memory_left;
        if (*got > 0)
            memcpy(buffer, s->memory, *got);
        s->memory += *got;
        s->memory_left -= *got;
        return HEAT_OK;
    }
    do {
        heat_status status = wait_for_bytes(s);
        if (status != HEAT_OK)
            return status;
        n = read(s->fd, buffer, size);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0)
        return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->name, 0, 0, "cannot be read: %s", strerror(errno));
    *got = (size_t)n;
    return HEAT_OK;
}

/* Fills the raw buffer until it holds at least `least` bytes or the source has ended. */
static heat_status fill_raw(heat_byte_source *s, size_t least)
{
    if (s->begin > 0) {
        memmove(s->raw, s->raw + s->begin, s->end - s->begin);
        s->end -= s->begin;
        s->begin = 0;
    }
    while (s->end < least && !s->raw_ended) {
        size_t got;
        heat_status status = read_raw(s, s->raw + s->end, RAW_SIZE - s->end, &got);
        if (status != HEAT_OK)
            return status;
        s->end += got;
        s->raw_ended = got == 0;
    }
    return HEAT_OK;
}

static bool starts_gzip(const heat_byte_source *s)
{
    return s->end - s->begin >= 2 && s->raw[s->begin] == 0x1f && s->raw[s->begin + 1] == 0x8b;
}

static void *allocate(void *user, uInt count, uInt size)
{
    void *block;

    return heat_alloc(user, (int64_t)count * size, 1, &block) == HEAT_OK ? block : NULL;
}

static void release(void *user, void *block)
{
    (void)user;
    heat_free(block);
}

static heat_status begin(heat_byte_source *s)
{
    heat_status status = heat_alloc(s->ctx, RAW_SIZE, 1, &s->raw);

    if (status == HEAT_OK)
        status = fill_raw(s, 2);
    if (status != HEAT_OK || !starts_gzip(s))
        return status;
    s->compressed = true;
    s->stream.zalloc = allocate;
    s->stream.zfree = release;
    s->stream.opaque = s->ctx;
    switch (inflateInit2(&s->stream, GZIP_WINDOW)) {
    case Z_OK:
        s->has_stream = true;
        return HEAT_OK;
    case Z_MEM_ERROR:
        return HEAT_ERROR_MEMORY; /* the context already says so */
    default:
        return heat_fail(s->ctx, HEAT_ERROR_INTERNAL, "zlib cannot begin to unpack");
    }
}

static heat_status new_source(heat_context *ctx, const char *name, heat_byte_source **out)
{
    heat_status status = heat_alloc(ctx, 1, sizeof **out, out);

    if (status != HEAT_OK)
        return status;
    (*out)->ctx = ctx;
    (*out)->fd = -1;
    return heat_copy_text(ctx, name, &(*out)->name);
}

/* Begins, or closes what begins badly. */
static heat_status finish_opening(heat_byte_source *s, heat_status status, heat_byte_source **out)
{
    if (status == HEAT_OK)
        status = begin(s);
    if (status == HEAT_OK)
        *out = s;
    else
        heat_byte_source_close(s);
    return status;
}

heat_status heat_byte_source_open(heat_context *ctx, const char *path, heat_byte_source **out)
{
    bool is_stdin = strcmp(path, "-") == 0;
    heat_byte_source *s;
    struct stat about;
    heat_status status = new_source(ctx, is_stdin ? "standard input" : path, &s);

    *out = NULL;
    if (status != HEAT_OK)
        return finish_opening(s, status, out);
    s->is_stdin = is_stdin;
    s->fd =
        is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without writer */
    if (s->fd < 0)
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "cannot be opened: %s", strerror(errno));
    else if (fstat(s->fd, &about) == 0 && S_ISDIR(about.st_mode))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "cannot be read: %s", strerror(EISDIR));
    else
        s->is_regular = !is_stdin && S_ISREG(about.st_mode);
    return finish_opening(s, status, out);
}

heat_status heat_byte_source_open_memory(heat_context *ctx, const char *name, const void *data, size_t size,
                                         heat_byte_source **out)
{
    heat_byte_source *s;
    heat_status status = new_source(ctx, name, &s);

    *out = NULL;
    if (status == HEAT_OK) {
        s->memory = data;
        s->memory_left = size;
    }
    return finish_opening(s, status, out);
}

static heat_status damaged(heat_byte_source *s, const char *how)
{
    return heat_fail_file(s->ctx, HEAT_ERROR_INPUT, s->name, 0, 0, "the compressed data %s", how);
}

/* At the seam of two members, or at the end. */
static heat_status next_member(heat_byte_source *s, bool *ended)
{
    heat_status status = fill_raw(s, 2);

    *ended = status != HEAT_OK || s->end == s->begin;
    if (*ended)
        return status;
    if (!starts_gzip(s))
        return damaged(s, "is followed by something else");
    if (inflateReset(&s->stream) != Z_OK)
        return heat_fail(s->ctx, HEAT_ERROR_INTERNAL, "zlib cannot begin anew");
    s->between_members = false;
    return HEAT_OK;
}

static heat_status inflate_some(heat_byte_source *s, void *buffer, size_t size, size_t *got)
{
    z_stream *z = &s->stream;
    uInt room = size > RAW_SIZE ? RAW_SIZE : (uInt)size;

    z->next_out = buffer;
    z->avail_out = room;
    while (z->avail_out == room) {
        bool ended = false;
        heat_status status = s->between_members ? next_member(s, &ended) : fill_raw(s, 1);
        int code;
        if (status != HEAT_OK || ended)
            return status;
        if (s->end == s->begin)
            return damaged(s, "ends too early: the file is truncated");
        z->next_in = s->raw + s->begin;
        z->avail_in = (uInt)(s->end - s->begin);
        code = inflate(z, Z_NO_FLUSH);
        s->begin = s->end - z->avail_in;
        if (code == Z_MEM_ERROR)
            return HEAT_ERROR_MEMORY;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return damaged(s, "is damaged");
        s->between_members = code == Z_STREAM_END;
    }
    *got = room - z->avail_out;
    return HEAT_OK;
}

heat_status heat_byte_source_read(heat_byte_source *s, void *buffer, size_t size, size_t *got)
{
    heat_status status = heat_halt_check(s->ctx, "the model was read");

    *got = 0;
    if (size == 0 || status != HEAT_OK)
        return status;
    if (s->compressed)
        return inflate_some(s, buffer, size, got);
    if (s->begin == s->end)
        return read_raw(s, buffer, size, got);
    *got = size < s->end - s->begin ? size : s->end - s->begin;
    memcpy(buffer, s->raw + s->begin, *got);
    s->begin += *got;
    return HEAT_OK;
}

const char *heat_byte_source_name(const heat_byte_source *s)
{
    return s->name;
}

bool heat_byte_source_is_plain_file(const heat_byte_source *s)
{
    return s->is_regular && !s->compressed;
}

void heat_byte_source_close(heat_byte_source *s)
{
    if (s == NULL)
        return;
    if (s->has_stream)
        inflateEnd(&s->stream);
    if (s->fd >= 0 && !s->is_stdin)
        close(s->fd);
    heat_free(s->raw);
    heat_free(s->name);
    heat_free(s);
}
