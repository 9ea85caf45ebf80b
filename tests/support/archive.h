/* What tests of archives share: files written on the fly, a whole file read into arrays. */
#ifndef FCT_TESTS_SUPPORT_ARCHIVE_H
#define FCT_TESTS_SUPPORT_ARCHIVE_H

#include "archive/reader.h"

enum { TEST_MAX_MESSAGES = 8 };

/* All that a file gave. Freed by test_archive_free. */
typedef struct test_archive {
    fct_status status; /* of the first call that failed */
    fct_error err;
    fct_archive_identity identity;
    fct_archive_schema schema;
    int64_t n_rows; /* read before the failure, if there was one */
    int64_t *time_us;
    int64_t *row_number;
    void *columns[FCT_ARCHIVE_MAX_COLUMNS]; /* int64_t, double or uint8_t */
    int64_t n_bad_rows;
    char *bad_rows;
    int n_messages;
    fct_message_level levels[TEST_MAX_MESSAGES];
    char messages[TEST_MAX_MESSAGES][512];
    int64_t n_read, n_total; /* the position at the end */
} test_archive;

typedef struct test_member {
    const char *name;
    const void *bytes;
    size_t n_bytes; /* 0: `bytes` is text */
    bool stored;    /* not compressed */
    const char *password;
} test_member;

/*
 * A path in a folder of this process's own, made on the first call. Static text, overwritten after
 * eight calls.
 */
const char *test_path(const char *name);
void test_folder_remove(void);

/* All of these fail the running test where the file cannot be written. */
void test_write(const char *path, const void *bytes, size_t n_bytes);
void test_write_text(const char *path, const char *text);
void test_write_gzip(const char *path, const void *bytes, size_t n_bytes);
void test_write_zip(const char *path, const test_member *members, size_t n_members);

/* Identifies, opens and reads `path` to its end. `options` may be NULL. */
test_archive *test_archive_read(const char *path, const fct_ingest_options *options);
void test_archive_free(test_archive *archive);

/* Reads of text written to a file of the given name. */
test_archive *test_archive_read_text(const char *name, const char *text,
                                     const fct_ingest_options *options);

/* The column of that name; fails the test where there is none. */
const void *test_column(const test_archive *archive, const char *name);

/* Fail the test, with the text, where `words` are not in it. */
void test_assert_has(const char *text, const char *words);

#endif
