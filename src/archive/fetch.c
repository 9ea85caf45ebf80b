#include "archive/fetch.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "archive/local_file.h"
#include "archive/rate.h"
#include "archive/trust.h"
#include "base/run.h"

enum {
    MAX_REDIRECTS = 5,
    MAX_HEADER_BYTES = 256 * 1024, /* of all responses of one request */
    MAX_HEADER_LINE = FCT_FETCH_TOKEN + 40,
    KEEP_ALIVE_SECONDS = 30,
    MAX_LOCAL_BYTES = 64 * 1024 /* of a file of this machine at once */
};

/* No archive is so large; a server that never ends would fill the disk. */
static const curl_off_t max_file_bytes = INT64_C(64) << 30;

typedef struct fct_fetch_transfer {
    CURL *easy;   /* NULL: of a file of this machine */
    int local_fd; /* that file */
    struct curl_slist *headers;
    size_t n_header_bytes;
    fct_http_headers headers_read;
    bool body_began;
    char curl_message[CURL_ERROR_SIZE];
    fct_fetch_result failure; /* decided while the body came; FCT_FETCH_OK: nothing */
    int64_t moved_ms;         /* when something came or went last */
    int64_t n_sent;
    bool is_paused;     /* by the limit: what comes is left on the way */
    bool is_ended;      /* without libcurl's word */
    fct_rate *rate;     /* the fetcher's */
    uint64_t last_turn; /* the number of its last turn under the limit */
    fct_fetch *next;    /* of those under way */
} transfer;

struct fct_fetcher {
    CURLM *multi;
    fct_fetcher_options options;
    fct_rate rate;
    uint64_t n_turns;
    fct_fetch *first; /* under way */
};

static pthread_once_t initialised = PTHREAD_ONCE_INIT;

static void initialise(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

fct_status fct_url_check(const char *url, const char *what, fct_error *err)
{
    static const char *const schemes[] = {"https://", "http://", "file:///"};
    bool known = false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        known |= strncasecmp(url, schemes[i], strlen(schemes[i])) == 0;
    for (const char *c = url; *c; c++)
        if (!isgraph((unsigned char)*c))
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "%s holds a blank or a control character: write it as %%20 and "
                                 "the like",
                                 what);
    if (known)
        return FCT_OK;
    char shown[100];
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "%s \"%s\" is no https://, http:// or file:/// address", what,
                         fct_text_quote(url, strlen(url), shown, sizeof shown));
}

void fct_url_hide_secret(char *text)
{
    char *host = strstr(text, "://");
    if (!host)
        return;
    host += 3;
    size_t n_host = strcspn(host, "/?# \"");
    char *end = host + n_host;
    while (end > host && *end != '@')
        end--;
    char *secret = memchr(host, ':', (size_t)(end - host));
    if (!secret)
        return;
    size_t n_hidden = 0;
    for (secret++; n_hidden < 3 && secret < end; n_hidden++)
        *secret++ = '*';
    memmove(secret, end, strlen(end) + 1);
}

fct_status fct_fetcher_new(const fct_fetcher_options *options, fct_fetcher **out, fct_error *err)
{
    pthread_once(&initialised, initialise);
    fct_fetcher *fetcher = calloc(1, sizeof *fetcher);
    if (!fetcher)
        return fct_error_memory(err, sizeof *fetcher);
    fetcher->options = *options;
    fetcher->rate = fct_rate_start(options->bytes_per_second, fct_clock_ms());
    fetcher->multi = curl_multi_init();
    if (!fetcher->multi) {
        free(fetcher);
        return fct_error_memory(err, 0);
    }
    curl_multi_setopt(fetcher->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)options->n_connections);
    curl_multi_setopt(fetcher->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    *out = fetcher;
    return FCT_OK;
}

/* ---- What comes ------------------------------------------------------------------------------- */

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
    fct_fetch *fetch = user;
    transfer *t = fetch->transfer;
    size_t n_bytes = size * n;
    t->n_header_bytes += n_bytes;
    t->moved_ms = fct_clock_ms();
    if (t->n_header_bytes > MAX_HEADER_BYTES) {
        t->failure = FCT_FETCH_REFUSED;
        snprintf(fetch->message, sizeof fetch->message, "its headers are larger than %d KiB",
                 MAX_HEADER_BYTES / 1024);
        return 0;
    }
    fct_http_header_read(&t->headers_read, line, n_bytes);
    return n_bytes;
}

static bool fail_body(fct_fetch *fetch, fct_fetch_result failure, const char *message)
{
    fetch->transfer->failure = failure;
    snprintf(fetch->message, sizeof fetch->message, "%s", message);
    return false;
}

static void copy_validators(fct_fetch *fetch)
{
    strcpy(fetch->etag, fetch->transfer->headers_read.etag);
    strcpy(fetch->last_modified, fetch->transfer->headers_read.last_modified);
}

static bool begin_file(fct_fetch *fetch)
{
    if (fetch->resumed || fetch->fd < 0)
        return true;
    fetch->n_written = 0;
    if (ftruncate(fetch->fd, 0) == 0)
        return true;
    fetch->status = FCT_ERROR_IO;
    return fail_body(fetch, FCT_FETCH_LOCAL, strerror(errno));
}

/* Before the first byte: does it go on where the file ends, or begin anew? */
static bool begin_body(fct_fetch *fetch)
{
    transfer *t = fetch->transfer;
    t->body_began = true;
    copy_validators(fetch);
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &fetch->http_code);
    fetch->resumed = fetch->resume_from > 0 && fetch->http_code == 206;
    if (fetch->http_code == 206 && t->headers_read.range_start != fetch->resume_from)
        return fail_body(fetch, FCT_FETCH_RESTART, "it sent another part than was asked for");
    return begin_file(fetch);
}

/* False, with the failure noted, where they cannot be kept. */
static bool keep_bytes(fct_fetch *fetch, const char *bytes, size_t n_bytes)
{
    if (fetch->fd < 0) {
        if (fetch->text.length + n_bytes > fetch->max_text)
            return fail_body(fetch, FCT_FETCH_REFUSED, "it sent more than such a file holds");
        if (fct_text_append(&fetch->text, bytes, n_bytes, NULL) == FCT_OK)
            return true;
        fetch->status = FCT_ERROR_MEMORY;
        return fail_body(fetch, FCT_FETCH_LOCAL, "out of memory");
    }
    if (fetch->n_written + (int64_t)n_bytes > max_file_bytes)
        return fail_body(fetch, FCT_FETCH_REFUSED, "it sent more than any archive holds");
    for (size_t done = 0; done < n_bytes;) {
        ssize_t written = pwrite(fetch->fd, bytes + done, n_bytes - done, (off_t)fetch->n_written);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            fetch->status = FCT_ERROR_IO;
            return fail_body(fetch, FCT_FETCH_LOCAL, strerror(errno));
        }
        done += (size_t)written;
        fetch->n_written += written;
    }
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    fct_fetch *fetch = user;
    transfer *t = fetch->transfer;
    size_t n_bytes = size * n;
    t->moved_ms = fct_clock_ms();
    if (fct_rate_wait_ms(t->rate, t->moved_ms) > 0) {
        t->is_paused = true;
        return CURL_WRITEFUNC_PAUSE; /* and the same bytes come again */
    }
    fct_rate_take(t->rate, (int64_t)n_bytes);
    if (!t->body_began) {
        long code = 0;
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
        if (code != 0 && code != 200 && code != 206)
            return n_bytes; /* the words of an error */
        if (!begin_body(fetch))
            return 0;
    }
    return keep_bytes(fetch, bytes, n_bytes) ? n_bytes : 0;
}

static size_t on_send(char *bytes, size_t size, size_t n, void *user)
{
    fct_fetch *fetch = user;
    transfer *t = fetch->transfer;
    int64_t n_wanted = (int64_t)(size * n);
    if (n_wanted > fetch->put_bytes - t->n_sent)
        n_wanted = fetch->put_bytes - t->n_sent;
    ssize_t got;
    do
        got = pread(fetch->put_fd, bytes, (size_t)n_wanted, (off_t)t->n_sent);
    while (got < 0 && errno == EINTR);
    if (got < n_wanted && got <= 0) {
        fetch->status = FCT_ERROR_IO;
        fail_body(fetch, FCT_FETCH_LOCAL,
                  got < 0 ? strerror(errno) : "it became shorter while it was sent");
        return CURL_READFUNC_ABORT;
    }
    t->n_sent += got;
    t->moved_ms = fct_clock_ms();
    return (size_t)got;
}

/* A connection that was kept and turns out to be closed is begun anew by libcurl. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
    fct_fetch *fetch = user;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    fetch->transfer->n_sent = offset;
    return CURL_SEEKFUNC_OK;
}

static int on_progress(void *user, curl_off_t n_total, curl_off_t n_now, curl_off_t up_total,
                       curl_off_t up_now)
{
    fct_fetch *fetch = user;
    (void)n_now;
    (void)up_total;
    (void)up_now;
    if (n_total > 0)
        fetch->n_total = n_total + (fetch->resumed ? fetch->resume_from : 0);
    return 0;
}

/* ---- Requests --------------------------------------------------------------------------------- */

static bool add_header(transfer *t, const char *name, const char *value)
{
    char line[MAX_HEADER_LINE];
    snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *more = curl_slist_append(t->headers, line);
    if (more)
        t->headers = more;
    return more != NULL;
}

static bool add_headers(fct_fetch *fetch)
{
    transfer *t = fetch->transfer;
    bool good = true;
    if (fetch->resume_from > 0 && fetch->validator[0])
        good = add_header(t, "If-Range", fetch->validator);
    if (good && fetch->if_none_match[0])
        good = add_header(t, "If-None-Match", fetch->if_none_match);
    if (good && fetch->if_modified_since[0])
        good = add_header(t, "If-Modified-Since", fetch->if_modified_since);
    if (good && fetch->signer) {
        good = add_header(t, "x-amz-content-sha256", fetch->body_sha256);
        if (good && fetch->signer->token)
            good = add_header(t, "x-amz-security-token", fetch->signer->token);
    }
    return good;
}

/* libcurl's own defaults check certificates; they are said again because all else rests on them. */
static void set_trust(CURL *easy)
{
    const char *bundle =
        fct_trust_bundle(curl_version_info(CURLVERSION_NOW)->cainfo, fct_trust_usual);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (bundle)
        curl_easy_setopt(easy, CURLOPT_CAINFO, bundle);
    const char *folder = getenv("SSL_CERT_DIR");
    if (folder && *folder)
        curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
}

static bool set_signature(CURL *easy, const fct_fetch_signer *signer)
{
    char service[100];
    snprintf(service, sizeof service, "aws:amz:%s:s3", signer->region);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    return curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, service) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERNAME, signer->key) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PASSWORD, signer->secret) == CURLE_OK;
}

static void set_upload(CURL *easy, fct_fetch *fetch)
{
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)fetch->put_bytes);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_READDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, fetch);
}

/* False where memory is out; the one option that copies much is the URL. */
static bool set_options(const fct_fetcher *fetcher, fct_fetch *fetch)
{
    const fct_fetcher_options *o = &fetcher->options;
    CURL *easy = fetch->transfer->easy;
    bool is_https = strncasecmp(fetch->url, "https:", 6) == 0;
    if (curl_easy_setopt(easy, CURLOPT_URL, fetch->url) != CURLE_OK)
        return false;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "factorium");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
    /* A redirect may not lead to files of this machine, nor from a checked connection to an open one. */
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "https,http");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEP_ALIVE_SECONDS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, max_file_bytes);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->transfer->curl_message);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, fetch);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_NOBODY, fetch->head ? 1L : 0L);
    set_trust(easy);
    if (fetch->put)
        set_upload(easy, fetch);
    if (fetch->remove && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE") != CURLE_OK)
        return false;
    if (fetch->signer && !set_signature(easy, fetch->signer))
        return false;
    if (fetch->resume_from > 0) {
        char range[32];
        snprintf(range, sizeof range, "%" PRId64 "-", fetch->resume_from);
        if (curl_easy_setopt(easy, CURLOPT_RANGE, range) != CURLE_OK)
            return false;
    }
    if (!add_headers(fetch))
        return false;
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->transfer->headers) == CURLE_OK;
}

static void transfer_free(fct_fetcher *fetcher, fct_fetch *fetch)
{
    transfer *t = fetch->transfer;
    if (!t)
        return;
    fct_fetch **link = &fetcher->first;
    while (*link && *link != fetch)
        link = &(*link)->transfer->next;
    if (*link)
        *link = t->next;
    if (t->easy) {
        curl_multi_remove_handle(fetcher->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    if (t->local_fd >= 0)
        close(t->local_fd);
    curl_slist_free_all(t->headers);
    free(t);
    fetch->transfer = NULL;
}

/* Only what is not there is not found: all else about a file of this machine is worth a look. */
static fct_status start_local(fct_fetch *fetch, fct_error *err)
{
    transfer *t = fetch->transfer;
    fct_text path = {0};
    fct_status status = fct_url_file_path(fetch->url, &path, err);
    if (status == FCT_OK && !fct_local_file_open(path.data, &t->local_fd, &fetch->n_total)) {
        fail_body(fetch, errno == ENOENT ? FCT_FETCH_NOT_FOUND : FCT_FETCH_REFUSED,
                  strerror(errno));
        t->is_ended = true;
    }
    t->is_ended |= fetch->head;
    fct_text_free(&path);
    return status;
}

static fct_status start_remote(fct_fetcher *fetcher, fct_fetch *fetch, fct_error *err)
{
    transfer *t = fetch->transfer;
    t->easy = curl_easy_init();
    bool good = t->easy && set_options(fetcher, fetch) &&
                curl_multi_add_handle(fetcher->multi, t->easy) == CURLM_OK;
    return good ? FCT_OK : fct_error_memory(err, 0);
}

fct_status fct_fetcher_start(fct_fetcher *fetcher, fct_fetch *fetch, fct_error *err)
{
    fetch->result = FCT_FETCH_OK;
    fetch->status = FCT_OK;
    fetch->message[0] = fetch->etag[0] = fetch->last_modified[0] = '\0';
    fetch->text.length = 0;
    fetch->http_code = 0;
    fetch->resumed = false;
    fetch->n_written = fetch->resume_from;
    fetch->n_total = fetch->retry_after_ms = -1;
    fetch->transfer = calloc(1, sizeof *fetch->transfer);
    if (!fetch->transfer)
        return fct_error_memory(err, sizeof *fetch->transfer);
    fetch->transfer->headers_read.range_start = -1;
    fetch->transfer->local_fd = -1;
    fetch->transfer->rate = &fetcher->rate;
    fct_status status =
        fct_url_is_file(fetch->url) ? start_local(fetch, err) : start_remote(fetcher, fetch, err);
    if (status != FCT_OK) {
        transfer_free(fetcher, fetch);
        return status;
    }
    fetch->transfer->moved_ms = fct_clock_ms();
    fetch->transfer->next = fetcher->first;
    fetcher->first = fetch;
    return FCT_OK;
}

/* ---- What came of it -------------------------------------------------------------------------- */

static fct_fetch_result result_of_code(const fct_fetch *fetch)
{
    switch (fetch->http_code) {
    case 200:
    case 204: /* removed */
    case 206:
        return FCT_FETCH_OK;
    case 304:
        return FCT_FETCH_NOT_MODIFIED;
    case 404:
    case 410:
        return FCT_FETCH_NOT_FOUND;
    case 408:
    case 425:
    case 429:
        return FCT_FETCH_TRANSIENT;
    case 416: /* there is no such part any more */
        return FCT_FETCH_RESTART;
    default:
        return fetch->http_code >= 500 ? FCT_FETCH_TRANSIENT : FCT_FETCH_REFUSED;
    }
}

static fct_fetch_result result_of_failure(fct_fetch *fetch, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_AGAIN:
        return FCT_FETCH_TRANSIENT;
    case CURLE_OUT_OF_MEMORY:
        fetch->status = FCT_ERROR_MEMORY;
        return FCT_FETCH_LOCAL;
    default: /* certificates, too many redirects, a URL that makes no sense */
        return FCT_FETCH_REFUSED;
    }
}

static void finish(fct_fetch *fetch, CURLcode code)
{
    transfer *t = fetch->transfer;
    curl_off_t n_total = -1;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &fetch->http_code);
    copy_validators(fetch);
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n_total);
    if (n_total >= 0)
        fetch->n_total = n_total + (fetch->resumed ? fetch->resume_from : 0);
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0)
        fetch->retry_after_ms = (int64_t)retry_after * 1000;
    if (t->failure != FCT_FETCH_OK) {
        fetch->result = t->failure;
        return;
    }
    if (code != CURLE_OK) {
        fetch->result = result_of_failure(fetch, code);
        /* What comes and goes is told without its numbers, by which no two of many would be alike. */
        bool in_detail = t->curl_message[0] && fetch->result == FCT_FETCH_REFUSED;
        const char *why = in_detail ? t->curl_message : curl_easy_strerror(code);
        fct_text_quote(why, strlen(why), fetch->message, sizeof fetch->message);
        return;
    }
    fetch->result = result_of_code(fetch);
    if (fetch->result != FCT_FETCH_OK) {
        snprintf(fetch->message, sizeof fetch->message, "HTTP %ld", fetch->http_code);
        return;
    }
    /* An empty body never came to on_body. */
    if (!fetch->head && !t->body_began && !begin_body(fetch))
        fetch->result = t->failure;
}

/* The next part of a file of this machine. */
static void move_local(fct_fetch *fetch)
{
    transfer *t = fetch->transfer;
    char bytes[MAX_LOCAL_BYTES];
    int64_t n_most = t->rate->bytes_per_second / 10 + 1;
    size_t n_wanted =
        t->rate->bytes_per_second && n_most < MAX_LOCAL_BYTES ? (size_t)n_most : sizeof bytes;
    ssize_t n_read;
    if (!t->body_began && !begin_file(fetch)) {
        t->is_ended = true;
        return;
    }
    t->body_began = true;
    do
        n_read = read(t->local_fd, bytes, n_wanted);
    while (n_read < 0 && errno == EINTR);
    if (n_read < 0)
        fail_body(fetch, FCT_FETCH_REFUSED, strerror(errno));
    if (n_read > 0)
        fct_rate_take(t->rate, n_read);
    t->is_ended = n_read <= 0 || !keep_bytes(fetch, bytes, (size_t)n_read);
}

/* What was held back comes now, as far as the limit lets it. */
static void go_on(fct_fetch *fetch)
{
    transfer *t = fetch->transfer;
    if (curl_easy_pause(t->easy, CURLPAUSE_CONT) == CURLE_OK)
        return;
    t->is_ended = true;
    if (t->failure != FCT_FETCH_OK)
        return;
    fetch->status = FCT_ERROR_MEMORY;
    fail_body(fetch, FCT_FETCH_LOCAL, "out of memory");
}

static bool waits_for_turn(const transfer *t)
{
    return !t->is_ended && (t->is_paused || t->local_fd >= 0);
}

/* Turns go to who waits longest, one for each who waits now, as far as the limit lets them. */
static void give_turns(fct_fetcher *fetcher)
{
    uint64_t first_turn = fetcher->n_turns + 1;
    while (fct_rate_wait_ms(&fetcher->rate, fct_clock_ms()) == 0) {
        fct_fetch *next = NULL;
        for (fct_fetch *fetch = fetcher->first; fetch; fetch = fetch->transfer->next) {
            const transfer *t = fetch->transfer;
            if (waits_for_turn(t) && t->last_turn < first_turn &&
                (!next || t->last_turn <= next->transfer->last_turn))
                next = fetch;
        }
        if (!next)
            return;
        transfer *t = next->transfer;
        t->last_turn = ++fetcher->n_turns;
        t->moved_ms = fct_clock_ms();
        t->is_paused = false;
        if (!t->easy)
            move_local(next);
        else
            go_on(next);
    }
}

fct_status fct_fetcher_run(fct_fetcher *fetcher, int wait_ms, fct_error *err)
{
    int n_running;
    for (const fct_fetch *fetch = fetcher->first; fetch; fetch = fetch->transfer->next) {
        int64_t turn_ms = wait_ms;
        if (fetch->transfer->is_ended)
            turn_ms = 0;
        else if (waits_for_turn(fetch->transfer))
            turn_ms = fct_rate_wait_ms(&fetcher->rate, fct_clock_ms());
        wait_ms = turn_ms < wait_ms ? (int)turn_ms : wait_ms;
    }
    CURLMcode code = curl_multi_poll(fetcher->multi, NULL, 0, wait_ms, NULL);
    give_turns(fetcher);
    if (code == CURLM_OK)
        code = curl_multi_perform(fetcher->multi, &n_running);
    if (code == CURLM_OK)
        return FCT_OK;
    return code == CURLM_OUT_OF_MEMORY
               ? fct_error_memory(err, 0)
               : fct_error_set(err, FCT_ERROR_INTERNAL, "libcurl: %s", curl_multi_strerror(code));
}

static fct_fetch *next_ended(fct_fetcher *fetcher)
{
    for (fct_fetch *fetch = fetcher->first; fetch; fetch = fetch->transfer->next) {
        if (!fetch->transfer->is_ended)
            continue;
        fetch->result = fetch->transfer->failure;
        transfer_free(fetcher, fetch);
        return fetch;
    }
    return NULL;
}

/* libcurl's own limit looks at averages, which a stall takes long to bring down. */
static fct_fetch *next_stalled(fct_fetcher *fetcher)
{
    int64_t now_ms = fct_clock_ms();
    for (fct_fetch *fetch = fetcher->first; fetch; fetch = fetch->transfer->next) {
        const transfer *t = fetch->transfer;
        if (t->is_paused || !t->easy || now_ms - t->moved_ms < fetcher->options.stall_ms)
            continue;
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &fetch->http_code);
        fetch->result = FCT_FETCH_TRANSIENT;
        snprintf(fetch->message, sizeof fetch->message, "nothing came for %.3g s",
                 (double)fetcher->options.stall_ms / 1000);
        transfer_free(fetcher, fetch);
        return fetch;
    }
    return NULL;
}

fct_fetch *fct_fetcher_next(fct_fetcher *fetcher)
{
    int n_left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(fetcher->multi, &n_left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *user = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
        fct_fetch *fetch = (fct_fetch *)(void *)user;
        finish(fetch, message->data.result);
        transfer_free(fetcher, fetch);
        return fetch;
    }
    fct_fetch *ended = next_ended(fetcher);
    return ended ? ended : next_stalled(fetcher);
}

void fct_fetcher_cancel(fct_fetcher *fetcher, fct_fetch *fetch)
{
    transfer_free(fetcher, fetch);
}

void fct_fetcher_wake(fct_fetcher *fetcher)
{
    curl_multi_wakeup(fetcher->multi);
}

void fct_fetcher_free(fct_fetcher *fetcher)
{
    if (!fetcher)
        return;
    curl_multi_cleanup(fetcher->multi);
    free(fetcher);
}
