/* What could only fail after the work is said before it. The library writes the files, whole or not at all.
 */
#include "output_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

bool cli_path_ends_in(const char *path, const char *suffixes)
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    char word[16];

    if (dot == NULL && is_special(path))
        dot = ".txt";
    if (dot == NULL || dot == name || strlen(dot) > 10 || strchr(dot, '|') != NULL)
        return false;
    snprintf(word, sizeof word, "|%s|", dot);
    return strstr(suffixes, word) != NULL;
}

static heat_status fail_errno(cli *c, const char *path)
{
    return cli_fail_file(c, HEAT_ERROR_OUTPUT, path, "cannot be written: %s", strerror(errno));
}

heat_status cli_path_probe(cli *c, const char *path)
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
