/*
 * Any bytes as a .zip, .csv.gz or .csv file: its bytes come out whole, or there is an error; limits
 * hold.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MAX_BYTES = 1 << 20 };
    static char buffer[65536];
    const fct_source_limits limits = {.max_bytes = MAX_BYTES, .max_ratio = 200};
    const char *suffix = size > 1 && data[0] == 'P'    ? "zip"
                         : size > 1 && data[0] == 0x1f ? "csv.gz"
                                                       : "csv";
    char path[64];
    snprintf(path, sizeof path, "/tmp/fuzz-zip-%d.%s", (int)getpid(), suffix);
    FILE *file = fopen(path, "wb");
    require(file != NULL);
    require(fwrite(data, 1, size, file) == size);
    require(fclose(file) == 0);
    fct_error err = {0};
    fct_source *source = NULL;
    fct_status status = fct_source_open(path, &limits, &source, &err);
    uint64_t n_total = 0;
    size_t n = 1;
    while (status == FCT_OK && n > 0) {
        status = fct_source_read(source, buffer, 1 + n_total % sizeof buffer, &n, &err);
        n_total += n;
        require(status != FCT_OK || n_total <= MAX_BYTES || !fct_source_has_crc(source));
    }
    require(status == err.status && (status == FCT_OK || err.message[0]));
    if (source) {
        int64_t n_read, n_file;
        fct_source_position(source, &n_read, &n_file);
        require(n_read <= n_file && n_file == (int64_t)size);
        require(strstr(fct_source_name(source), path) != NULL);
    }
    fct_source_close(source);
    unlink(path);
    return 0;
}
