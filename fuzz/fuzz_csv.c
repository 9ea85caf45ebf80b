/*
 * Any bytes as a CSV file: no crash, no row that breaks a rule. The first byte says whether it is
 * read as trades of an exchange, as klines, or by a map of a user's, and whether bad rows are
 * skipped.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_block(const fct_archive_schema *schema, const fct_archive_block *block)
{
    for (int64_t i = 0; i < block->n_rows; i++) {
        require(block->time_us[i] > INT64_C(315000000000000));
        require(i == 0 || block->row_number[i] > block->row_number[i - 1]);
        for (size_t c = 0; c < schema->n_columns; c++)
            if (schema->columns[c].type == FCT_VALUE_DOUBLE)
                require(isfinite(((const double *)block->columns[c])[i]));
            else if (schema->columns[c].type == FCT_VALUE_BOOL)
                require(((const uint8_t *)block->columns[c])[i] <= 1);
        if (schema->price != SIZE_MAX)
            require(((const double *)block->columns[schema->price])[i] > 0);
        if (schema->quantity != SIZE_MAX)
            require(((const double *)block->columns[schema->quantity])[i] >= 0);
    }
}

static void read_file(const char *path, const fct_ingest_options *options, fct_job *job)
{
    fct_error err = {0};
    fct_archive_identity identity;
    fct_archive_reader *reader = NULL;
    fct_archive_block block;
    require(fct_archive_identify(path, options, &identity, &err) == FCT_OK);
    fct_status status = fct_archive_open(path, &identity, NULL, options, job, &reader, &err);
    while (status == FCT_OK) {
        status = fct_archive_next(reader, &block, &err);
        if (status != FCT_OK || block.n_rows == 0)
            break;
        check_block(fct_archive_columns(reader), &block);
    }
    require(status == err.status && (status == FCT_OK || err.message[0]));
    const char *list;
    if (reader)
        require(fct_archive_bad_rows(reader, &list) == 0 ||
                options->on_bad_row == FCT_BAD_ROW_SKIP);
    fct_archive_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const fct_column_map map = {
        .time = "time", .price = "2", .quantity = "3", .side = "side", .id = "id"};
    if (size < 1)
        return 0;
    fct_ingest_options options = {.symbol = "A", .max_line_bytes = 4096};
    options.dataset.market = data[0] & 1 ? "spot" : "futures_um";
    options.dataset.data_type = data[0] & 2 ? "trades" : data[0] & 4 ? "klines" : "aggTrades";
    options.dataset.interval = data[0] & 4 ? "1m" : NULL;
    options.on_bad_row = data[0] & 8 ? FCT_BAD_ROW_SKIP : FCT_BAD_ROW_STOP;
    if (data[0] & 16)
        options.dataset.exchange = "generic";
    if ((data[0] & 48) == 48)
        options.map = &map;
    char path[64];
    snprintf(path, sizeof path, "/tmp/fuzz-csv-%d.csv", (int)getpid());
    FILE *file = fopen(path, "wb");
    require(file != NULL);
    require(fwrite(data + 1, 1, size - 1, file) == size - 1);
    require(fclose(file) == 0);
    fct_job job;
    require(fct_job_start(&job, NULL, NULL) == FCT_OK);
    read_file(path, &options, &job);
    fct_job_end(&job);
    unlink(path);
    return 0;
}
