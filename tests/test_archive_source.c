/*
 * What a file is and whether it is whole: ZIP, gzip and plain files, damaged, hostile and good
 * ones; checksums.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/checksum.h"
#include "archive/source.h"
#include "base/file.h"
#include "support/archive.h"

static const char header[] = "id,price,qty,quote_qty,time,is_buyer_maker\n";
static const char row[] = "1,2.5,3,7.5,1723161256322,true\n";

static const fct_ingest_options um_trades = {
    .dataset = {.market = "futures_um", .data_type = "trades"}, .symbol = "BTCUSDT"};

static int remove_folder(void **state)
{
    (void)state;
    test_folder_remove();
    return 0;
}

/* A table of `n_rows` rows. Freed by free. */
static char *table(size_t n_rows, size_t *n_bytes)
{
    char *text = malloc(sizeof header + n_rows * 80);
    assert_non_null(text);
    size_t n = sizeof header - 1;
    memcpy(text, header, n);
    for (size_t i = 0; i < n_rows; i++)
        n += (size_t)sprintf(text + n, "%zu,%zu.5,0.%03zu,7.5,%lld,%s\n", i + 1, 100 + i % 977,
                             i * 7919 % 1000, 1723161256322LL + (long long)i,
                             i % 3 ? "true" : "false");
    *n_bytes = n;
    return text;
}

static char *read_file(const char *path, size_t *n_bytes)
{
    char *data = NULL;
    assert_int_equal(fct_file_read(path, 1 << 30, &data, n_bytes, NULL), FCT_OK);
    return data;
}

static void expect(const char *path, const fct_ingest_options *options, fct_status status,
                   const char *words)
{
    test_archive *archive = test_archive_read(path, options ? options : &um_trades);
    if (archive->status != status)
        fail_msg("%s: %s (%s)", path, fct_status_name(archive->status), archive->err.message);
    if (status != FCT_OK) {
        test_assert_has(archive->err.message, words);
        test_assert_has(archive->err.message, fct_path_name(path));
    }
    test_archive_free(archive);
}

static void the_same_rows_from_every_kind_of_file(void **state)
{
    (void)state;
    size_t n_bytes;
    char *text = table(20000, &n_bytes);
    const test_member deflated = {.name = "t.csv", .bytes = text, .n_bytes = n_bytes};
    const test_member stored = {.name = "T.CSV", .bytes = text, .n_bytes = n_bytes, .stored = true};
    test_write(test_path("t.csv"), text, n_bytes);
    test_write_gzip(test_path("t.csv.gz"), text, n_bytes);
    test_write_zip(test_path("t.zip"), &deflated, 1);
    test_write_zip(test_path("stored.zip"), &stored, 1);
    /* What a file is shows in its bytes, whatever its name. */
    test_write_zip(test_path("zip-named.csv"), &deflated, 1);
    static const char *const names[] = {"t.csv", "t.csv.gz", "t.zip", "stored.zip",
                                        "zip-named.csv"};
    test_archive *first = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        test_archive *archive = test_archive_read(test_path(names[i]), &um_trades);
        assert_int_equal(archive->status, FCT_OK);
        assert_int_equal(archive->n_rows, 20000);
        assert_int_equal(archive->n_read, archive->n_total);
        assert_int_equal(archive->n_messages, 0);
        if (!first) {
            first = archive;
            continue;
        }
        for (size_t c = 0; c < 5; c++)
            assert_memory_equal(archive->columns[c], first->columns[c], 20000 * 8);
        assert_memory_equal(archive->time_us, first->time_us, 20000 * 8);
        assert_memory_equal(archive->row_number, first->row_number, 20000 * 8);
        test_archive_free(archive);
    }
    assert_int_equal(first->row_number[19999], 20001);
    test_archive_free(first);
    free(text);
}

static void a_zip_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    size_t n_text, n_bytes;
    char *text = table(300, &n_text);
    const test_member member = {.name = "t.csv", .bytes = text, .n_bytes = n_text};
    test_write_zip(test_path("whole.zip"), &member, 1);
    char *bytes = read_file(test_path("whole.zip"), &n_bytes);
    for (size_t n = 4; n < n_bytes; n += n < 64 || n + 64 > n_bytes ? 1 : 37) {
        test_write(test_path("cut.zip"), bytes, n);
        expect(test_path("cut.zip"), NULL, FCT_ERROR_INTEGRITY, "fetch it again");
    }
    test_write(test_path("cut.zip"), bytes, 3);
    expect(test_path("cut.zip"), NULL, FCT_ERROR_INTEGRITY, "does not begin like a ZIP file");
    free(bytes);
    free(text);
}

static void a_gzip_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    size_t n_text, n_bytes;
    char *text = table(300, &n_text);
    test_write_gzip(test_path("whole.csv.gz"), text, n_text);
    char *bytes = read_file(test_path("whole.csv.gz"), &n_bytes);
    for (size_t n = 2; n < n_bytes; n += n < 32 || n + 32 > n_bytes ? 1 : 37) {
        test_write(test_path("cut.csv.gz"), bytes, n);
        expect(test_path("cut.csv.gz"), NULL, FCT_ERROR_INTEGRITY, "cut off");
    }
    free(bytes);
    free(text);
}

/* Position of the central directory's entry of the first member. */
static size_t directory_at(const char *bytes, size_t n_bytes)
{
    for (size_t i = 0; i + 4 <= n_bytes; i++)
        if (memcmp(bytes + i, "PK\1\2", 4) == 0)
            return i;
    fail_msg("no central directory");
    return 0;
}

static void wrong_crc_length_and_data(void **state)
{
    (void)state;
    enum { CRC = 16, LENGTH = 24 };
    size_t n_text, n_bytes;
    char *text = table(300, &n_text);
    const test_member member = {.name = "t.csv", .bytes = text, .n_bytes = n_text};
    const test_member stored = {.name = "t.csv", .bytes = text, .n_bytes = n_text, .stored = true};
    test_write_zip(test_path("whole.zip"), &member, 1);
    char *bytes = read_file(test_path("whole.zip"), &n_bytes);
    size_t directory = directory_at(bytes, n_bytes);
    bytes[directory + CRC] ^= 1;
    test_write(test_path("crc.zip"), bytes, n_bytes);
    expect(test_path("crc.zip"), NULL, FCT_ERROR_INTEGRITY, "CRC");
    bytes[directory + CRC] ^= 1;
    bytes[directory + LENGTH] ^= 1;
    test_write(test_path("length.zip"), bytes, n_bytes);
    expect(test_path("length.zip"), NULL, FCT_ERROR_INTEGRITY, "length");
    free(bytes);

    /*
     * A digit that became a letter: the row is bad because the file is damaged, and the message
     * says so.
     */
    test_write_zip(test_path("stored.zip"), &stored, 1);
    bytes = read_file(test_path("stored.zip"), &n_bytes);
    char *digit = memmem(bytes, n_bytes, "\n100,", 5);
    assert_non_null(digit);
    digit[1] = 'x';
    test_write(test_path("flipped.zip"), bytes, n_bytes);
    expect(test_path("flipped.zip"), NULL, FCT_ERROR_INTEGRITY, "CRC");
    fct_ingest_options skip = um_trades;
    skip.on_bad_row = FCT_BAD_ROW_SKIP;
    expect(test_path("flipped.zip"), &skip, FCT_ERROR_INTEGRITY, "CRC");
    free(bytes);

    test_write_gzip(test_path("t.csv.gz"), text, n_text);
    bytes = read_file(test_path("t.csv.gz"), &n_bytes);
    bytes[n_bytes - 6] ^= 1;
    test_write(test_path("crc.csv.gz"), bytes, n_bytes);
    expect(test_path("crc.csv.gz"), NULL, FCT_ERROR_INTEGRITY, "fetch it again");
    free(bytes);
    free(text);
}

/* Any one byte of a ZIP changed: the rows are the right ones, or there is an error. */
static void no_damage_goes_unseen(void **state)
{
    (void)state;
    size_t n_text, n_bytes;
    char *text = table(40, &n_text);
    const test_member member = {.name = "t.csv", .bytes = text, .n_bytes = n_text};
    test_write_zip(test_path("whole.zip"), &member, 1);
    test_archive *whole = test_archive_read(test_path("whole.zip"), &um_trades);
    char *bytes = read_file(test_path("whole.zip"), &n_bytes);
    for (size_t i = 0; i < n_bytes; i++) {
        bytes[i] ^= 0x20;
        test_write(test_path("flip.zip"), bytes, n_bytes);
        bytes[i] ^= 0x20;
        test_archive *archive = test_archive_read(test_path("flip.zip"), &um_trades);
        if (archive->status == FCT_OK) {
            assert_int_equal(archive->n_rows, whole->n_rows);
            for (size_t c = 0; c < 5; c++)
                assert_memory_equal(archive->columns[c], whole->columns[c],
                                    (size_t)whole->n_rows * 8);
        }
        test_archive_free(archive);
    }
    test_archive_free(whole);
    free(bytes);
    free(text);
}

static void members_of_a_zip(void **state)
{
    (void)state;
    const char *path = test_path("m.zip");
    char text[256];
    snprintf(text, sizeof text, "%s%s", header, row);
    const test_member mac[] = {{.name = "__MACOSX/", .bytes = ""},
                               {.name = "__MACOSX/._t.csv", .bytes = "junk"},
                               {.name = "folder/", .bytes = ""},
                               {.name = "folder/t.csv", .bytes = text},
                               {.name = "README.txt", .bytes = "words"}};
    test_write_zip(path, mac, 5);
    expect(path, NULL, FCT_OK, "");

    const test_member two[] = {{.name = "a.csv", .bytes = text}, {.name = "b.csv", .bytes = text}};
    test_write_zip(path, two, 2);
    expect(path, NULL, FCT_ERROR_DATA,
           "2 CSV files where one is expected; its members are \"a.csv\", \"b.csv\"");

    const test_member none[] = {{.name = "notes.txt", .bytes = "words"}};
    test_write_zip(path, none, 1);
    expect(path, NULL, FCT_ERROR_DATA,
           "0 CSV files where one is expected; its members are \"notes.txt\"");

    test_write(path, "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    expect(path, NULL, FCT_ERROR_DATA, "without members");

    static const char *const hostile[] = {"../t.csv", "a/../../t.csv", "/etc/t.csv",
                                          "a\\t.csv", "C:t.csv",       ".."};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        const test_member members[] = {{.name = "t.csv", .bytes = text},
                                       {.name = hostile[i], .bytes = text}};
        test_write_zip(path, members, 2);
        expect(path, NULL, FCT_ERROR_DATA, "points outside the archive");
    }
    const test_member dots = {.name = "a..b/..c/t...csv", .bytes = text};
    test_write_zip(path, &dots, 1);
    expect(path, NULL, FCT_OK, "");

    const test_member secret = {.name = "t.csv", .bytes = text, .password = "x"};
    test_write_zip(path, &secret, 1);
    expect(path, NULL, FCT_ERROR_UNSUPPORTED, "encrypted");

    const test_member empty = {.name = "t.csv", .bytes = "", .stored = true};
    test_write_zip(path, &empty, 1);
    expect(path, NULL, FCT_ERROR_DATA, "(member t.csv) is empty");
}

static void bombs(void **state)
{
    (void)state;
    /* 64 MiB of one repeated row pack to a thousandth. */
    size_t n_rows = (64 << 20) / (sizeof row - 1), n_bytes = sizeof header - 1;
    char *text = malloc(n_bytes + n_rows * (sizeof row - 1));
    assert_non_null(text);
    memcpy(text, header, n_bytes);
    for (size_t i = 0; i < n_rows; i++, n_bytes += sizeof row - 1)
        memcpy(text + n_bytes, row, sizeof row - 1);
    const test_member member = {.name = "t.csv", .bytes = text, .n_bytes = n_bytes};
    test_write_zip(test_path("bomb.zip"), &member, 1);
    test_write_gzip(test_path("bomb.csv.gz"), text, n_bytes);
    expect(test_path("bomb.zip"), NULL, FCT_ERROR_LIMIT, "200 times its size");
    expect(test_path("bomb.csv.gz"), NULL, FCT_ERROR_LIMIT, "--max-ratio");
    fct_ingest_options options = um_trades;
    options.max_ratio = 100000;
    expect(test_path("bomb.zip"), &options, FCT_OK, "");
    options.max_member_bytes = 1 << 20;
    expect(test_path("bomb.zip"), &options, FCT_ERROR_LIMIT, "more than 1048576 bytes");
    expect(test_path("bomb.csv.gz"), &options, FCT_ERROR_LIMIT, "--max-member-size");

    /* A directory that claims less than comes out helps nothing. */
    size_t n_zip;
    char *bytes = read_file(test_path("bomb.zip"), &n_zip);
    memset(bytes + directory_at(bytes, n_zip) + 24, 0, 3);
    test_write(test_path("liar.zip"), bytes, n_zip);
    expect(test_path("liar.zip"), NULL, FCT_ERROR_LIMIT, "200 times its size");
    free(bytes);

    /* A small file of equal rows is no bomb. */
    const test_member small = {
        .name = "t.csv", .bytes = text, .n_bytes = sizeof header - 1 + 300000 * (sizeof row - 1)};
    test_write_zip(test_path("small.zip"), &small, 1);
    expect(test_path("small.zip"), NULL, FCT_OK, "");
    free(text);
}

static void gzip_in_several_streams(void **state)
{
    (void)state;
    size_t n_text, n_a, n_b;
    char *text = table(1000, &n_text);
    test_write_gzip(test_path("a.gz"), text, n_text / 2);
    test_write_gzip(test_path("b.gz"), text + n_text / 2, n_text - n_text / 2);
    char *a = read_file(test_path("a.gz"), &n_a), *b = read_file(test_path("b.gz"), &n_b);
    char *joined = calloc(1, n_a + n_b + 512);
    memcpy(joined, a, n_a);
    memcpy(joined + n_a, b, n_b);
    test_write(test_path("joined.csv.gz"), joined, n_a + n_b);
    test_archive *archive = test_archive_read(test_path("joined.csv.gz"), &um_trades);
    assert_int_equal(archive->status, FCT_OK);
    assert_int_equal(archive->n_rows, 1000);
    test_archive_free(archive);
    /* Tapes pad with zeros. */
    test_write(test_path("padded.csv.gz"), joined, n_a + n_b + 512);
    expect(test_path("padded.csv.gz"), NULL, FCT_OK, "");
    joined[n_a + n_b + 100] = 'x';
    test_write(test_path("trailing.csv.gz"), joined, n_a + n_b + 512);
    expect(test_path("trailing.csv.gz"), NULL, FCT_ERROR_INTEGRITY, "behind the end");
    test_write(test_path("cut.csv.gz"), joined, n_a + n_b - 20);
    expect(test_path("cut.csv.gz"), NULL, FCT_ERROR_INTEGRITY, "cut off");
    free(joined);
    free(a);
    free(b);
    free(text);
}

static void files_that_are_none(void **state)
{
    (void)state;
    expect(test_path("absent.csv"), NULL, FCT_ERROR_NOT_FOUND, "cannot open");
    test_write_text(test_path("empty.csv"), "");
    expect(test_path("empty.csv"), NULL, FCT_ERROR_DATA, "is empty");
    test_write_text(test_path("empty.zip"), "");
    expect(test_path("empty.zip"), NULL, FCT_ERROR_DATA, "is empty");
    test_write_text(test_path("page.zip"), "<html>Not Found</html>\n");
    expect(test_path("page.zip"), NULL, FCT_ERROR_INTEGRITY, "does not begin like a ZIP file");
    test_write_text(test_path("page.csv.gz"), "<html>Not Found</html>\n");
    expect(test_path("page.csv.gz"), NULL, FCT_ERROR_INTEGRITY, "does not begin like a gzip file");
    assert_int_equal(fct_folder_make(test_path("folder.csv"), NULL), FCT_OK);
    expect(test_path("folder.csv"), NULL, FCT_ERROR_IO, "not a regular file");
}

static void checksums(void **state)
{
    (void)state;
    char text[256], line[256], hex[FCT_CHECKSUM_HEX + 1];
    snprintf(text, sizeof text, "%s%s", header, row);
    const char *path = test_path("sum.csv");
    char beside[300];
    snprintf(beside, sizeof beside, "%s.CHECKSUM", path);
    fct_job job;
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);

    /* "abc" is the example of FIPS 180-2. */
    test_write_text(path, "abc");
    assert_int_equal(fct_checksum_file(path, &job, hex, NULL), FCT_OK);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    test_write_text(path, text);
    assert_int_equal(fct_checksum_file(path, &job, hex, NULL), FCT_OK);
    snprintf(line, sizeof line, "%s  sum.csv\n", hex);
    test_write_text(beside, line);
    expect(path, NULL, FCT_OK, "");
    for (char *c = line; *c && *c != ' '; c++)
        if (*c >= 'a')
            *c = (char)(*c - 'a' + 'A');
    test_write_text(beside, line);
    expect(path, NULL, FCT_OK, "");

    line[0] = line[0] == '0' ? '1' : '0';
    test_write_text(beside, line);
    expect(path, NULL, FCT_ERROR_INTEGRITY, ".CHECKSUM says ");
    char beginning[17];
    snprintf(beginning, sizeof beginning, "%.16s", hex);
    expect(path, NULL, FCT_ERROR_INTEGRITY, beginning);

    static const char *const malformed[] = {"", "\n", "abc  sum.csv\n", "not a checksum at all"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        test_write_text(beside, malformed[i]);
        expect(path, NULL, FCT_ERROR_INTEGRITY, "malformed");
    }
    test_write_text(beside, hex);
    expect(path, NULL, FCT_ERROR_INTEGRITY, "malformed");
    char long_line[8192];
    memset(long_line, 'a', sizeof long_line);
    test_write(beside, long_line, sizeof long_line);
    expect(path, NULL, FCT_ERROR_LIMIT, "at most 4096");
    bool found;
    assert_int_equal(fct_checksum_published(test_path("other.csv"), &found, hex, NULL), FCT_OK);
    assert_false(found);
    unlink(beside);
    fct_job_end(&job);
}

static bool stop_now(void *user)
{
    (void)user;
    return true;
}

static void stops_when_asked(void **state)
{
    (void)state;
    size_t n_text;
    char *text = table(100, &n_text);
    const char *path = test_path("stop.csv");
    test_write(path, text, n_text);
    free(text);
    fct_job job;
    fct_run run = {.should_stop = stop_now};
    fct_archive_identity identity;
    fct_archive_reader *reader = NULL;
    fct_archive_block block;
    assert_int_equal(fct_job_start(&job, &run, NULL), FCT_OK);
    assert_int_equal(fct_archive_identify(path, &um_trades, &identity, NULL), FCT_OK);
    assert_int_equal(fct_archive_open(path, &identity, NULL, &um_trades, &job, &reader, NULL),
                     FCT_OK);
    assert_int_equal(fct_archive_next(reader, &block, NULL), FCT_ERROR_INTERRUPTED);
    fct_archive_close(reader);
    fct_archive_close(NULL);
    fct_job_end(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_rows_from_every_kind_of_file),
        cmocka_unit_test(a_zip_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_gzip_cut_off_anywhere_is_refused),
        cmocka_unit_test(wrong_crc_length_and_data),
        cmocka_unit_test(no_damage_goes_unseen),
        cmocka_unit_test(members_of_a_zip),
        cmocka_unit_test(bombs),
        cmocka_unit_test(gzip_in_several_streams),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(checksums),
        cmocka_unit_test(stops_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
