/* Runs a fuzz target over the files of its corpus, for builds without libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fct_status replay(const char *path, const fct_file_info *info, void *context, fct_error *err)
{
    (void)info;
    char *data;
    size_t size;
    FCT_TRY(fct_file_read(path, (size_t)64 << 20, &data, &size, err));
    /* An allocation of exactly this size, so that a sanitizer sees a read past the end. */
    LLVMFuzzerTestOneInput((const uint8_t *)data, size);
    free(data);
    ++*(int *)context;
    return FCT_OK;
}

int main(int argc, char **argv)
{
    int n_inputs = 0;
    for (int i = 1; i < argc; i++) {
        fct_error err;
        if (fct_tree_walk(argv[i], replay, &n_inputs, &err) != FCT_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
    }
    printf("%d inputs\n", n_inputs);
    return n_inputs == 0;
}
