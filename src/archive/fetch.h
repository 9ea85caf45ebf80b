/* Transfers over the network, many at once: fetch.c alone opens connections, and alone knows libcurl. */
#ifndef FCT_ARCHIVE_FETCH_H
#define FCT_ARCHIVE_FETCH_H

#include "archive/http_header.h"
#include "base/text.h"

enum { FCT_FETCH_VALIDATOR = FCT_HTTP_ETAG_SIZE, FCT_FETCH_TOKEN = 4096 };

/* What came of one request. */
typedef enum fct_fetch_result {
    FCT_FETCH_OK = 0,
    FCT_FETCH_NOT_FOUND,    /* 404, 410; of file:// ENOENT alone */
    FCT_FETCH_NOT_MODIFIED, /* 304 */
    FCT_FETCH_TRANSIENT,    /* worth another try: cut, stalled, 5xx, 429, no connection */
    FCT_FETCH_RESTART,      /* what the server has is not what the beginning came from: from zero */
    FCT_FETCH_REFUSED,      /* the server, or what it sent, is at fault; no use in trying again */
    FCT_FETCH_LOCAL         /* this machine is at fault: memory, disk; `status` says which */
} fct_fetch_result;

/* Who asks, where requests are signed (AWS Signature Version 4, service s3). Never part of a message. */
typedef struct fct_fetch_signer {
    const char *region, *key, *secret;
    const char *token; /* shorter than FCT_FETCH_TOKEN; NULL: none */
} fct_fetch_signer;

/*
 * One request, the caller's; it must stay where it is until fct_fetcher_next gave it back. Those of the second group are
 * set by the transfer.
 */
typedef struct fct_fetch {
    const char *url;
    bool head;           /* only whether it is there, and its size */
    int fd;              /* where the body goes; -1: into `text` */
    size_t max_text;     /* a longer body is refused; of `text` only */
    int64_t resume_from; /* what `fd` has already; asked for with `validator`, which must be set */
    char validator[FCT_FETCH_VALIDATOR];     /* an ETag or a date: a changed file is sent whole */
    char if_none_match[FCT_FETCH_VALIDATOR]; /* "": unconditional */
    char if_modified_since[FCT_HTTP_DATE_SIZE];
    bool remove;                    /* DELETE */
    const fct_fetch_signer *signer; /* NULL: unsigned. Signed requests follow no redirects */
    const char *body_sha256;        /* of what is sent, where it is signed */
    bool put;                       /* `put_bytes` of `put_fd` from its beginning are sent */
    int put_fd;
    int64_t put_bytes;
    void *user;

    fct_fetch_result result;
    fct_status status;
    char message[256]; /* why not, without the URL */
    fct_text text;
    long http_code;         /* 0: none came */
    bool resumed;           /* the server went on at resume_from */
    int64_t n_written;      /* bytes of the file that there are now, what was resumed included */
    int64_t n_total;        /* what the server says; -1: nothing */
    int64_t retry_after_ms; /* -1: it did not say */
    char etag[FCT_FETCH_VALIDATOR];
    char last_modified[FCT_HTTP_DATE_SIZE];

    struct fct_fetch_transfer *transfer; /* of fetch.c */
} fct_fetch;

typedef struct fct_fetcher_options {
    int n_connections;        /* at once */
    int64_t stall_ms;         /* nothing came for so long: cut */
    int64_t connect_ms;       /* likewise until there is a connection */
    int64_t bytes_per_second; /* of all transfers together; 0: no limit */
} fct_fetcher_options;

typedef struct fct_fetcher fct_fetcher;

/*
 * For one thread. Proxies come from the environment (http_proxy, https_proxy, all_proxy, no_proxy), and so do
 * certificates (CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR). Certificates are always checked.
 * Freed by fct_fetcher_free, once all requests ended or were cut.
 */
fct_status fct_fetcher_new(const fct_fetcher_options *options, fct_fetcher **out, fct_error *err);
void fct_fetcher_free(fct_fetcher *fetcher); /* accepts NULL */

/* Begins a request. FCT_ERROR_MEMORY or FCT_OK: all else is told by its result. */
fct_status fct_fetcher_start(fct_fetcher *fetcher, fct_fetch *fetch, fct_error *err);

/* Moves what can be moved, waiting up to `wait_ms` for something to do. */
fct_status fct_fetcher_run(fct_fetcher *fetcher, int wait_ms, fct_error *err);

/* A request that ended, or NULL. */
fct_fetch *fct_fetcher_next(fct_fetcher *fetcher);

/* Cuts a request that did not end yet; nothing more is told of it. */
void fct_fetcher_cancel(fct_fetcher *fetcher, fct_fetch *fetch);

/* Ends the wait of fct_fetcher_run; from any thread. */
void fct_fetcher_wake(fct_fetcher *fetcher);

/* Whether a URL is of a kind that is fetched: https, http, file. */
fct_status fct_url_check(const char *url, const char *what, fct_error *err);

/* The password of the first URL of a text as "***". */
void fct_url_hide_secret(char *text);

#endif
