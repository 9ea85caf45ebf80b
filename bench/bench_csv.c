/*
 * How fast rows come out of archive files: a generated day of trades, read as .csv, .csv.gz and
 * .zip. Usage: bench_csv [MILLIONS_OF_ROWS], 4 by default. Prints a line for each with MB of CSV
 * and rows a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include "archive/reader.h"

static void must(fct_status status, const fct_error *err)
{
    if (status == FCT_OK)
        return;
    fprintf(stderr, "bench_csv: %s\n", err->message);
    exit(1);
}

/* Rows like those of a busy perpetual: a price that walks by ticks, quantities of few digits. */
static char *make_csv(long n_rows, size_t *n_bytes)
{
    enum { MAX_ROW_BYTES = 96 };
    char *csv = malloc((size_t)n_rows * MAX_ROW_BYTES + MAX_ROW_BYTES);
    if (!csv)
        return NULL;
    size_t used = (size_t)sprintf(csv, "id,price,qty,quote_qty,time,is_buyer_maker\n");
    uint64_t bits = 88172645463325252;
    long ticks = 617000;
    for (long i = 0; i < n_rows; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        ticks += (long)(bits & 7) - 3 - (long)(bits >> 3 & 1);
        long quantity = 1 + (long)(bits >> 8 & 0x3ff) * (long)(bits >> 20 & 3);
        double quote = (double)ticks / 10 * (double)quantity / 1000;
        used += (size_t)sprintf(csv + used, "%ld,%ld.%ld0,%ld.%03ld,%.4f,%ld,%s\n", 5266583935 + i,
                                ticks / 10, ticks % 10, quantity / 1000, quantity % 1000, quote,
                                1723075200000 + i / 50, bits >> 40 & 1 ? "true" : "false");
    }
    *n_bytes = used;
    return csv;
}

static void write_plain(const char *path, const char *csv, size_t n_bytes)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(csv, 1, n_bytes, file) != n_bytes || fclose(file) != 0)
        exit(1);
}

static void write_gzip(const char *path, const char *csv, size_t n_bytes)
{
    gzFile file = gzopen(path, "wb6");
    if (!file || gzwrite(file, csv, (unsigned)n_bytes) != (int)n_bytes || gzclose(file) != Z_OK)
        exit(1);
}

static void write_zip(const char *path, const char *csv, size_t n_bytes)
{
    int code;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    zip_source_t *source = zip ? zip_source_buffer(zip, csv, n_bytes, 0) : NULL;
    if (!source || zip_file_add(zip, "BTCUSDT-trades-2024-08-08.csv", source, 0) < 0 ||
        zip_close(zip) != 0)
        exit(1);
}

static void read_all(const char *label, const char *path, size_t n_csv_bytes)
{
    fct_error err = {0};
    fct_job job;
    fct_ingest_options options = {.dataset = {.market = "futures_um", .data_type = "trades"},
                                  .symbol = "BTCUSDT"};
    fct_archive_identity identity;
    fct_archive_reader *reader = NULL;
    fct_archive_block block;
    int64_t n_rows = 0;
    must(fct_job_start(&job, NULL, &err), &err);
    must(fct_archive_identify(path, &options, &identity, &err), &err);
    int64_t start_ms = fct_clock_ms();
    must(fct_archive_open(path, &identity, NULL, &options, &job, &reader, &err), &err);
    do {
        must(fct_archive_next(reader, &block, &err), &err);
        n_rows += block.n_rows;
    } while (block.n_rows);
    fct_archive_close(reader);
    double seconds = (double)(fct_clock_ms() - start_ms + 1) / 1000;
    fct_job_end(&job);
    printf("read %-7s %8.1f MB/s  %6.2f M rows/s  (%lld rows)\n", label,
           (double)n_csv_bytes / 1e6 / seconds, (double)n_rows / 1e6 / seconds, (long long)n_rows);
}

int main(int argc, char **argv)
{
    long n_rows = (argc > 1 ? atol(argv[1]) : 4) * 1000000;
    char folder[] = "/tmp/bench_csv.XXXXXX", path[3][64];
    size_t n_bytes = 0;
    char *csv = n_rows > 0 && n_rows <= 20000000 ? make_csv(n_rows, &n_bytes) : NULL;
    if (!csv || !mkdtemp(folder)) {
        fprintf(stderr, "bench_csv: give 1 to 20 million rows, and a /tmp to write to\n");
        return 1;
    }
    snprintf(path[0], sizeof path[0], "%s/t.csv", folder);
    snprintf(path[1], sizeof path[1], "%s/t.csv.gz", folder);
    snprintf(path[2], sizeof path[2], "%s/t.zip", folder);
    write_plain(path[0], csv, n_bytes);
    write_gzip(path[1], csv, n_bytes);
    write_zip(path[2], csv, n_bytes);
    free(csv);
    read_all("csv", path[0], n_bytes);
    read_all("csv.gz", path[1], n_bytes);
    read_all("zip", path[2], n_bytes);
    for (int i = 0; i < 3; i++)
        unlink(path[i]);
    rmdir(folder);
    return 0;
}
