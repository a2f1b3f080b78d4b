/* An output file appears under its name when it is complete: written beside it, synced, renamed, and onto a
 * regular or an absent file only. Pipes and devices are written directly. */
#include "output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

bool cli_file_suffix(const char *path, const char *suffixes, const char **suffix)
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    char word[16];

    if (dot == NULL && is_special(path) && strstr(suffixes, "|.txt|") != NULL) {
        *suffix = ".txt";
        return true;
    }
    if (dot == NULL || dot == name || strlen(dot) > 10 || strchr(dot, '|') != NULL)
        return false;
    snprintf(word, sizeof word, "|%s|", dot);
    *suffix = dot;
    return strstr(suffixes, word) != NULL;
}

static heat_status fail_errno(cli *c, const char *path)
{
    return cli_fail_file(c, HEAT_ERROR_OUTPUT, path, "cannot be written: %s", strerror(errno));
}

heat_status cli_file_probe(cli *c, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder;
    int refused, reason;
    struct stat status;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return cli_fail_file(c, HEAT_ERROR_OUTPUT, path, "cannot be written: is a folder");
    if (is_special(path))
        return access(path, W_OK) == 0 ? HEAT_OK : fail_errno(c, path);
    folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (folder == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "out of memory");
    refused = access(folder, W_OK | X_OK);
    reason = errno;
    free(folder);
    errno = reason;
    return refused == 0 ? HEAT_OK : fail_errno(c, path);
}

static void clear(cli_file *file)
{
    free(file->path);
    free(file->temporary);
    memset(file, 0, sizeof *file);
}

/* Opens a fresh file beside file->path, with the rights that an ordinary new file would have, or that the
 * file it will replace has. */
static bool open_temporary(cli_file *file)
{
    struct stat status;
    size_t size = strlen(file->path) + sizeof ".XXXXXX";
    mode_t mask = umask(0);
    int fd;

    umask(mask);
    file->temporary = malloc(size);
    if (file->temporary == NULL)
        return false;
    snprintf(file->temporary, size, "%s.XXXXXX", file->path);
    fd = mkstemp(file->temporary);
    if (fd < 0)
        return false;
    if (fchmod(fd, stat(file->path, &status) == 0 ? status.st_mode & 0777 : 0666 & ~mask) == 0)
        file->stream = fdopen(fd, "w");
    if (file->stream == NULL) {
        int reason = errno;
        close(fd);
        unlink(file->temporary);
        errno = reason;
    }
    return file->stream != NULL;
}

heat_status cli_file_create(cli *c, const char *path, cli_file *file)
{
    heat_status status;
    struct stat link;

    memset(file, 0, sizeof *file);
    if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode) && !is_special(path))
        file->path = realpath(path, NULL); /* what the link points at is replaced, not the link */
    else
        file->path = strdup(path);
    if (file->path == NULL)
        return fail_errno(c, path);
    if (is_special(path))
        file->stream = fopen(path, "w");
    else
        open_temporary(file);
    if (file->stream != NULL)
        return HEAT_OK;
    status = fail_errno(c, path);
    clear(file);
    return status;
}

heat_status cli_file_commit(cli *c, cli_file *file)
{
    heat_status status = HEAT_OK;
    bool written = ferror(file->stream) == 0 && fflush(file->stream) == 0;

    if (written && file->temporary != NULL)
        written = fsync(fileno(file->stream)) == 0;
    if (!written)
        status = fail_errno(c, file->path);
    if (fclose(file->stream) != 0 && status == HEAT_OK)
        status = fail_errno(c, file->path);
    if (status == HEAT_OK && file->temporary != NULL && rename(file->temporary, file->path) != 0)
        status = fail_errno(c, file->path);
    if (status != HEAT_OK && file->temporary != NULL)
        unlink(file->temporary);
    clear(file);
    return status;
}

void cli_file_put_name(FILE *out, const heat_model *model, const heat_model_info *info, const char *prefix,
                       int32_t i)
{
    const char *label = heat_model_get_label(model, i);

    if (label == NULL) {
        fprintf(out, "%s%lld", prefix, (long long)i + info->first_index);
    } else if (strpbrk(label, ",\"\r\n") == NULL) {
        fputs(label, out);
    } else {
        putc('"', out);
        for (; *label != '\0'; label++) {
            if (*label == '"')
                putc('"', out);
            putc(*label, out);
        }
        putc('"', out);
    }
}
