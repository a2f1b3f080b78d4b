/* Runs a fuzz target over every file of a folder, and over each cut in half: replay FOLDER. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>

enum { LARGEST = 1 << 20 };

/* Returns true if the file could be read. */
static int replay(const char *path)
{
    uint8_t *data = malloc(LARGEST);
    FILE *f = fopen(path, "rb");
    size_t size;

    if (data == NULL || f == NULL) {
        perror(path);
        exit(1);
    }
    size = fread(data, 1, LARGEST, f);
    fclose(f);
    for (int half = 0; half < 2; half++) {
        uint8_t *exact = malloc(size + 1); /* its own block, so that reading past the end is noticed */
        if (exact == NULL)
            exit(1);
        for (size_t k = 0; k < size; k++)
            exact[k] = data[k];
        exact = realloc(exact, size > 0 ? size : 1);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
        size /= 2;
    }
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    char path[4096];
    int count = 0;

    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        count += replay(path);
    }
    closedir(folder);
    printf("%d inputs\n", count);
    return count == 0; /* a corpus that is not there proves nothing */
}
