/* What comes over the network and is read here: listings, checksums; and how long to wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archive/checksum.h"
#include "archive/fetch.h"
#include "archive/listing.h"
#include "archive/retry.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* ---- Listings --------------------------------------------------------------------------------- */

static fct_status add(fct_listing *listing, const char *xml)
{
    fct_error err = {0};
    fct_status status = fct_listing_add(listing, xml, strlen(xml), &err);
    assert_true(status == FCT_OK || err.message[0]);
    return status;
}

static void test_listing_of_folders(void **state)
{
    (void)state;
    fct_listing listing = {0};
    assert_int_equal(add(&listing, "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3\">"
                                   "<Prefix>data/</Prefix><IsTruncated>true</IsTruncated>"
                                   "<NextMarker>data/B/</NextMarker><CommonPrefixes><Prefix>data/A/"
                                   "</Prefix></CommonPrefixes><CommonPrefixes><Prefix>data/B/"
                                   "</Prefix></CommonPrefixes></ListBucketResult>"),
                     FCT_OK);
    assert_true(listing.is_truncated);
    assert_string_equal(listing.next_marker, "data/B/");
    assert_int_equal(add(&listing, "<ListBucketResult><IsTruncated>false</IsTruncated>"
                                   "<CommonPrefixes><Prefix>data/C&amp;D/</Prefix></CommonPrefixes>"
                                   "</ListBucketResult>"),
                     FCT_OK);
    assert_false(listing.is_truncated);
    assert_null(listing.next_marker);
    assert_int_equal(listing.prefixes.n_texts, 3);
    assert_string_equal(listing.prefixes.texts[2], "data/C&D/");
    assert_int_equal(listing.keys.n_texts, 0);
    fct_listing_free(&listing);
}

static void test_listing_of_keys(void **state)
{
    (void)state;
    fct_listing listing = {0};
    assert_int_equal(add(&listing, "<ListBucketResult><IsTruncated>true</IsTruncated><Contents>"
                                   "<Key>a/x.zip</Key><Size>1</Size></Contents><Contents>"
                                   "<Key>a/y.zip</Key></Contents></ListBucketResult>"),
                     FCT_OK);
    assert_int_equal(listing.keys.n_texts, 2);
    assert_string_equal(listing.next_marker, "a/y.zip");
    fct_listing_free(&listing);
}

static void test_listing_that_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "busy",
        "<html></html>",
        "<ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult>&a;</ListBucketResult>",
        "<ListBucketResult><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>"
        "</ListBucketResult>",
        "<ListBucketResult/><ListBucketResult/>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fct_listing listing = {0};
        assert_int_equal(add(&listing, texts[i]), FCT_ERROR_DATA);
        fct_listing_free(&listing);
    }
}

static void test_listing_with_a_long_name(void **state)
{
    (void)state;
    char xml[4000];
    char name[1500];
    fct_listing listing = {0};
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(xml, sizeof xml,
             "<ListBucketResult><Contents><Key>%s</Key></Contents></ListBucketResult>", name);
    assert_int_equal(add(&listing, xml), FCT_ERROR_DATA);
    fct_listing_free(&listing);
    snprintf(xml, sizeof xml,
             "<ListBucketResult><Owner>%s</Owner><Contents><Key>k</Key></Contents>"
             "</ListBucketResult>",
             name);
    assert_int_equal(add(&listing, xml), FCT_OK);
    assert_string_equal(listing.keys.texts[0], "k");
    fct_listing_free(&listing);
}

/* ---- Checksums -------------------------------------------------------------------------------- */

static void test_checksum_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        bool is_good;
    } cases[] = {
        {HEX "  a.zip\n", "a.zip", true},
        {HEX "  a.zip", "a.zip", true},
        {HEX " *a.zip\r\n", "a.zip", true},
        {HEX "  a.zip\n", NULL, true},
        {HEX "  b.zip\n", "a.zip", false},
        {HEX "  a.zip.more\n", "a.zip", false},
        {HEX "\n", "a.zip", false},
        {HEX, NULL, false},
        {HEX "  \n", NULL, false},
        {"<html>", NULL, false},
        {"", "a.zip", false},
        {"0123", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char hex[FCT_CHECKSUM_HEX + 1];
        bool is_good = fct_checksum_parse(cases[i].text, cases[i].name, hex);
        assert_int_equal(is_good, cases[i].is_good);
        if (is_good)
            assert_string_equal(hex, HEX);
    }
}

/* ---- Waiting ---------------------------------------------------------------------------------- */

static void test_waiting_doubles(void **state)
{
    (void)state;
    int64_t longest = 1000;
    for (int n = 1; n < 80; n++) {
        for (uint64_t random = 0; random < 4000; random += 37) {
            int64_t wait_ms = fct_retry_wait_ms(n, 1000, -1, random * 7919);
            assert_true(wait_ms >= longest / 2 && wait_ms <= longest);
        }
        longest = longest * 2 > 60000 ? 60000 : longest * 2;
    }
    assert_int_equal(fct_retry_wait_ms(1, 1000, -1, 0), 1000);
    assert_int_equal(fct_retry_wait_ms(3, 1000, -1, 0), 4000);
    assert_int_equal(fct_retry_wait_ms(1, 1000, -1, 500), 500);
}

static void test_servers_word_counts(void **state)
{
    (void)state;
    assert_int_equal(fct_retry_wait_ms(1, 1000, 120000, 3), 120000);
    assert_true(fct_retry_wait_ms(1, 1000, 10, 3) >= 500);
    assert_int_equal(fct_retry_wait_ms(1, 1000, INT64_MAX, 3), 3600000);
    assert_int_equal(fct_retry_wait_ms(1, INT64_MAX, -1, 0), 60000);
}

static void test_urls(void **state)
{
    (void)state;
    static const char *const good[] = {"https://a/b", "HTTP://a:1/b", "file:///a/b%20c"};
    static const char *const bad[] = {"",      "a/b", "ftp://a", "file://host", "http://a/\nb",
                                      "s3://a"};
    fct_error err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(fct_url_check(good[i], "the URL", &err), FCT_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(fct_url_check(bad[i], "the URL", &err), FCT_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listing_of_folders),
        cmocka_unit_test(test_listing_of_keys),
        cmocka_unit_test(test_listing_that_is_none),
        cmocka_unit_test(test_listing_with_a_long_name),
        cmocka_unit_test(test_checksum_lines),
        cmocka_unit_test(test_waiting_doubles),
        cmocka_unit_test(test_servers_word_counts),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
