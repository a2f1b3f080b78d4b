/* Writing below the level of formats: buffer, gzip, temporary name, fsync, rename. */
#include "io/atomic_file.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER_SIZE = 1 << 16, LONGEST_LINE = 256, GZIP_WINDOW = 15 + 16, NAME_TRIES = 1000 };

struct heat_atomic_file {
    heat_context *ctx;
    char *path;       /* as the caller gave it, for messages */
    char *target;     /* what is replaced: `path` with links followed */
    char *temporary;  /* NULL: the target is written directly */
    int fd;           /* -1: not open */
    bool is_the_work; /* of `convert` the file is all there is: a halt ends it, others save what they have */
    unsigned char *buffer;
    size_t used;
    bool compressed;
    unsigned char *packed; /* BUFFER_SIZE bytes of output, if compressed */
    z_stream stream;
};

static heat_status failed(heat_atomic_file *f, int code)
{
    return heat_fail_file(f->ctx, HEAT_ERROR_OUTPUT, f->path, 0, 0, "cannot be written: %s", strerror(code));
}

/* True for what a rename must not replace. A name in /dev or /proc stands for an open file even where that
 * file is regular: /dev/stdout of a redirected command. */
static bool is_direct(const char *path, const struct stat *about)
{
    return !S_ISREG(about->st_mode) || strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
}

static heat_status open_direct(heat_atomic_file *f)
{
    if (strcmp(f->path, "/dev/stdout") == 0) /* shares the position with what stdout has been given already */
        f->fd = dup(STDOUT_FILENO);
    else
        f->fd = open(f->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return f->fd < 0 ? failed(f, errno) : HEAT_OK;
}

/* Opens a new file in the target's folder. */
static heat_status open_temporary(heat_atomic_file *f, const struct stat *replaced)
{
    const char *slash = strrchr(f->target, '/');
    int folder = slash == NULL ? 0 : (int)(slash - f->target) + 1;
    int64_t size = folder + 64;
    unsigned long long key = (unsigned long long)(heat_clock() * 1e9);
    heat_status status = heat_alloc(f->ctx, size, 1, &f->temporary);

    if (status != HEAT_OK)
        return status;
    for (int k = 0; k < NAME_TRIES && f->fd < 0; k++) {
        snprintf(f->temporary, (size_t)size, "%.*s.heatbath-%ld-%llx", folder, f->target, (long)getpid(),
                 key + (unsigned)k);
        f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (f->fd < 0 && errno != EEXIST)
            break;
    }
    if (f->fd < 0)
        return failed(f, errno);
    if (replaced != NULL && fchmod(f->fd, replaced->st_mode & 0777) != 0)
        return failed(f, errno);
    return HEAT_OK;
}

static heat_status open_file(heat_atomic_file *f)
{
    struct stat about;
    char resolved[PATH_MAX];
    heat_status status;

    if (stat(f->path, &about) != 0) {
        if (errno != ENOENT)
            return failed(f, errno);
        status = heat_copy_text(f->ctx, f->path, &f->target);
        return status == HEAT_OK ? open_temporary(f, NULL) : status;
    }
    if (S_ISDIR(about.st_mode))
        return failed(f, EISDIR);
    if (is_direct(f->path, &about))
        return open_direct(f);
    if (realpath(f->path, resolved) == NULL)
        return failed(f, errno);
    status = heat_copy_text(f->ctx, resolved, &f->target);
    return status == HEAT_OK ? open_temporary(f, &about) : status;
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

static heat_status begin_compression(heat_atomic_file *f)
{
    heat_status status = heat_alloc(f->ctx, BUFFER_SIZE, 1, &f->packed);

    if (status != HEAT_OK)
        return status;
    f->stream.zalloc = allocate;
    f->stream.zfree = release;
    f->stream.opaque = f->ctx;
    switch (deflateInit2(&f->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY)) {
    case Z_OK:
        f->compressed = true;
        return HEAT_OK;
    case Z_MEM_ERROR:
        return HEAT_ERROR_MEMORY; /* the context already says so */
    default:
        return heat_fail(f->ctx, HEAT_ERROR_INTERNAL, "zlib cannot begin to compress");
    }
}

heat_status heat_atomic_file_create(heat_context *ctx, const char *path, heat_atomic_file **out)
{
    heat_atomic_file *f;
    heat_status status = heat_alloc(ctx, 1, sizeof *f, &f);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    f->ctx = ctx;
    f->fd = -1;
    f->is_the_work = ctx->verb != NULL && strcmp(ctx->verb, "convert") == 0;
    status = heat_copy_text(ctx, path, &f->path);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, BUFFER_SIZE, 1, &f->buffer);
    if (status == HEAT_OK && heat_path_ends_in(path, ".gz"))
        status = begin_compression(f);
    if (status == HEAT_OK)
        status = open_file(f);
    if (status == HEAT_OK)
        *out = f;
    else
        heat_atomic_file_discard(f);
    return status;
}

bool heat_atomic_file_is_given_up(const heat_atomic_file *f)
{
    return f->is_the_work && heat_halted(f->ctx);
}

static heat_status check_halt(const heat_atomic_file *f)
{
    return heat_atomic_file_is_given_up(f) ? heat_halt_check(f->ctx, "the file was complete") : HEAT_OK;
}

static heat_status write_out(heat_atomic_file *f, const unsigned char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(f->fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(f, errno);
        data += n;
        size -= (size_t)n;
    }
    return HEAT_OK;
}

static heat_status compress_out(heat_atomic_file *f, const unsigned char *data, uInt size, int flush)
{
    z_stream *z = &f->stream;

    z->next_in = (z_const Bytef *)(uintptr_t)data; /* zlib reads it only */
    z->avail_in = size;
    do {
        heat_status status;
        z->next_out = f->packed;
        z->avail_out = BUFFER_SIZE;
        if (deflate(z, flush) == Z_STREAM_ERROR)
            return heat_fail(f->ctx, HEAT_ERROR_INTERNAL, "zlib cannot compress");
        status = write_out(f, f->packed, BUFFER_SIZE - z->avail_out);
        if (status != HEAT_OK)
            return status;
    } while (z->avail_out == 0);
    return HEAT_OK;
}

/* Hands bytes to the file, through the compressor if there is one; `ending` closes the compressed data. */
static heat_status pass_on(heat_atomic_file *f, const unsigned char *data, size_t size, bool ending)
{
    do {
        size_t part = size > BUFFER_SIZE ? BUFFER_SIZE : size;
        heat_status status = check_halt(f);
        if (status == HEAT_OK && f->compressed)
            status = compress_out(f, data, (uInt)part, ending && part == size ? Z_FINISH : Z_NO_FLUSH);
        else if (status == HEAT_OK)
            status = write_out(f, data, part);
        if (status != HEAT_OK)
            return status;
        data += part;
        size -= part;
    } while (size > 0);
    return HEAT_OK;
}

static heat_status flush(heat_atomic_file *f, bool ending)
{
    size_t used = f->used;

    f->used = 0;
    return used > 0 || ending ? pass_on(f, f->buffer, used, ending) : HEAT_OK;
}

heat_status heat_atomic_file_write(heat_atomic_file *f, const void *data, size_t size)
{
    if (size > BUFFER_SIZE - f->used) {
        heat_status status = flush(f, false);
        if (status != HEAT_OK)
            return status;
    }
    if (size > BUFFER_SIZE)
        return pass_on(f, data, size, false);
    if (size > 0)
        memcpy(f->buffer + f->used, data, size);
    f->used += size;
    return HEAT_OK;
}

heat_status heat_atomic_file_print(heat_atomic_file *f, const char *format, ...)
{
    va_list args;
    int length;

    if (BUFFER_SIZE - f->used < LONGEST_LINE) {
        heat_status status = flush(f, false);
        if (status != HEAT_OK)
            return status;
    }
    va_start(args, format);
    length = vsnprintf((char *)f->buffer + f->used, LONGEST_LINE, format, args);
    va_end(args);
    assert(length >= 0 && length < LONGEST_LINE);
    f->used += (size_t)length;
    return HEAT_OK;
}

heat_status heat_atomic_file_commit(heat_atomic_file *f)
{
    heat_status status = flush(f, true);
    int fd = f->fd;

    if (status == HEAT_OK && f->temporary != NULL && fsync(fd) != 0)
        status = failed(f, errno);
    if (status == HEAT_OK)
        status = check_halt(f);
    f->fd = -1;
    if (close(fd) != 0 && status == HEAT_OK)
        status = failed(f, errno);
    if (status == HEAT_OK && f->temporary != NULL) {
        if (rename(f->temporary, f->target) == 0) {
            heat_free(f->temporary);
            f->temporary = NULL;
        } else {
            status = failed(f, errno);
        }
    }
    heat_atomic_file_discard(f);
    return status;
}

void heat_atomic_file_discard(heat_atomic_file *f)
{
    if (f == NULL)
        return;
    if (f->fd >= 0)
        close(f->fd);
    if (f->temporary != NULL)
        unlink(f->temporary);
    if (f->compressed)
        deflateEnd(&f->stream);
    heat_free(f->packed);
    heat_free(f->buffer);
    heat_free(f->temporary);
    heat_free(f->target);
    heat_free(f->path);
    heat_free(f);
}

heat_status heat_atomic_file_finish(heat_atomic_file *f, heat_status status)
{
    if (status == HEAT_OK)
        return heat_atomic_file_commit(f);
    heat_atomic_file_discard(f);
    return status;
}
