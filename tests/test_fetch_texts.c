/* What comes over the network and is read here: listings, checksums; and how long to wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/checksum.h"
#include "archive/fetch.h"
#include "archive/listing.h"
#include "archive/local_file.h"
#include "archive/rate.h"
#include "archive/retry.h"
#include "archive/trust.h"

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

/* ---- Limits ----------------------------------------------------------------------------------- */

/* Whoever takes, and however much at once, over a second it is what the limit says. */
static void test_rate_is_kept(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 100, 16384, 1000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fct_rate rate = fct_rate_start(500000, 1000);
        int64_t n_taken = 0;
        for (int64_t now_ms = 1000; now_ms < 21000; now_ms++)
            while (fct_rate_wait_ms(&rate, now_ms) == 0) {
                fct_rate_take(&rate, sizes[i]);
                n_taken += sizes[i];
            }
        assert_true(n_taken >= 20 * 500000 - 500);
        assert_true(n_taken <= 20 * 500000 + sizes[i]);
    }
}

static void test_rate_says_how_long(void **state)
{
    (void)state;
    fct_rate rate = fct_rate_start(1000, 0);
    assert_int_equal(fct_rate_wait_ms(&rate, 0), 0);
    fct_rate_take(&rate, 5000);
    assert_int_equal(fct_rate_wait_ms(&rate, 0), 5001);
    assert_int_equal(fct_rate_wait_ms(&rate, 4000), 1001);
    assert_int_equal(fct_rate_wait_ms(&rate, 5000), 0);
    /* A long rest is not made up for. */
    assert_int_equal(fct_rate_wait_ms(&rate, 1000000), 0);
    fct_rate_take(&rate, 1250);
    assert_int_equal(fct_rate_wait_ms(&rate, 1000000), 1001);
}

static void test_no_rate_is_no_limit(void **state)
{
    (void)state;
    fct_rate rate = fct_rate_start(0, 0);
    fct_rate_take(&rate, INT64_MAX);
    assert_int_equal(fct_rate_wait_ms(&rate, 0), 0);
}

/* ---- Addresses -------------------------------------------------------------------------------- */

static void test_file_urls(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"file:///a/b", "/a/b"},     {"FILE:///a%20b%2Fc", "/a b/c"},
        {"file:///100%", "/100%"},   {"file:///%zz%4", "/%zz%4"},
        {"file:///a%00b", "/a%00b"}, {"file:///%c3%A9", "/\xc3\xa9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_text path = {0};
        assert_true(fct_url_is_file(cases[i][0]));
        assert_int_equal(fct_url_file_path(cases[i][0], &path, NULL), FCT_OK);
        assert_string_equal(path.data, cases[i][1]);
        fct_text_free(&path);
    }
    assert_false(fct_url_is_file("https://file://"));
}

static void test_secrets_are_hidden(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"https://user:secret@host/a@b", "https://user:***@host/a@b"},
        {"https://user:s:e@c@host:81", "https://user:***@host:81"},
        {"https://user:x@host", "https://user:*@host"},
        {"https://user@host:80/a:b@c", "https://user@host:80/a:b@c"},
        {"no list: http://u:12345@h/x: HTTP 403", "no list: http://u:***@h/x: HTTP 403"},
        {"the URL \"ftp://u:12345@h\" is none", "the URL \"ftp://u:***@h\" is none"},
        {"http://host:80", "http://host:80"},
        {"a:b@c", "a:b@c"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[80];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        fct_url_hide_secret(text);
        assert_string_equal(text, cases[i][1]);
    }
}

/* ---- Certificates ----------------------------------------------------------------------------- */

static void test_certificates_are_found(void **state)
{
    (void)state;
    char *names[] = {strdup("/tmp/factorium-trust-XXXXXX"), strdup("/tmp/factorium-trust-XXXXXX")};
    for (size_t i = 0; i < 2; i++)
        close(mkstemp(names[i]));
    const char *const usual[] = {"/nowhere/a.crt", names[0], names[1], NULL};
    const char *const none[] = {"/nowhere/a.crt", NULL};
    unsetenv("CURL_CA_BUNDLE");
    unsetenv("SSL_CERT_FILE");
    assert_null(fct_trust_bundle(names[1], usual)); /* libcurl finds it */
    assert_null(fct_trust_bundle(NULL, usual));
    assert_string_equal(fct_trust_bundle("/nowhere/b.crt", usual), names[0]);
    assert_null(fct_trust_bundle("/nowhere/b.crt", none));
    setenv("SSL_CERT_FILE", "/my/own", 1);
    assert_string_equal(fct_trust_bundle("/nowhere/b.crt", usual), "/my/own");
    setenv("CURL_CA_BUNDLE", "/my/other", 1);
    assert_string_equal(fct_trust_bundle(names[1], usual), "/my/other");
    unsetenv("CURL_CA_BUNDLE");
    unsetenv("SSL_CERT_FILE");
    for (size_t i = 0; i < 2; i++) {
        unlink(names[i]);
        free(names[i]);
    }
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
        cmocka_unit_test(test_rate_is_kept),
        cmocka_unit_test(test_rate_says_how_long),
        cmocka_unit_test(test_no_rate_is_no_limit),
        cmocka_unit_test(test_file_urls),
        cmocka_unit_test(test_secrets_are_hidden),
        cmocka_unit_test(test_certificates_are_found),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
