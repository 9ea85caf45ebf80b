/* What tests of the ingest share: archive files written on the fly, stores compared as a whole. */
#ifndef FCT_TESTS_SUPPORT_INGEST_H
#define FCT_TESTS_SUPPORT_INGEST_H

#include "base/text.h"
#include "factorium.h"

/* A folder of its own for each test, removed at its end, with "archive" and "store" to be used in it. */
typedef struct test_ingest {
    char folder[64];
    char archive[128], store[300];
    fct_text messages; /* of the calls so far, a line each: "3 text" with the level in front */
    fct_ingest_report report; /* of the last call */
    fct_error error;
    int n_threads;
    size_t memory_limit_bytes;
    fct_ingest_options options;
} test_ingest;

test_ingest *test_ingest_start(void);
void test_ingest_end(test_ingest *t);

/* fct_ingest of one path below `archive` ("": all of it), with t->options; both checked to agree on the status. */
fct_status test_ingest_run(test_ingest *t, const char *path);
void test_ingest_must(test_ingest *t, const char *path); /* ... which must be FCT_OK */

/* One trade as a line of Binance's futures_um trades; the side follows from the id. */
void test_trade_line(fct_text *csv, int64_t id, double price, double quantity, int64_t time_ms);

/* `n` such lines from `first_id` on, `step_ms` apart. */
void test_trade_lines(fct_text *csv, int64_t first_id, int n, int64_t first_ms, int64_t step_ms);

/* Midnight at the start of a date, in ms. */
int64_t test_midnight_ms(const char *date);

/* Writes a file below `archive`, making folders. A name in .zip holds the text as one member. Frees the text. */
void test_archive_text(test_ingest *t, const char *name, const char *csv);
void test_archive_file(test_ingest *t, const char *name, fct_text *csv);

/* The path of a daily or monthly futures_um file of BTCUSDT below `archive`; static text, for one use. */
const char *test_archive_name(const char *date);

/* A trade as the store has it. */
typedef struct test_stored {
    int64_t id, time;
    double price, quantity;
} test_stored;

/* The rows of one file of the store, below futures_um trades BTCUSDT; -1 where there is no such file. */
int64_t test_stored_rows(test_ingest *t, const char *date, const char *file, test_stored **rows);
int64_t test_stored_count(test_ingest *t, const char *date, const char *file);

/* All files of a store but its lock, by name and SHA-256, as text; freed by the caller. `only_days`: only of days. */
char *test_store_listing(const char *store, bool only_days);

/* Every file is equal, and as its record says. */
void test_store_assert_same(const char *store, const char *other_store);

bool test_has_message(const test_ingest *t, const char *part);

#endif
