#include "figures.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PATIENCE_S = 120 };

static fct_status failed(fct_error *err, fct_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static fct_status failed(fct_error *err, fct_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return status;
}

/* ---- The browser ------------------------------------------------------------------------------ */

/* A program of this name in the folders of PATH, or at this place. Freed with free(). */
static char *find_program(const char *name)
{
    const char *folders = getenv("PATH");
    if (strchr(name, '/'))
        return access(name, X_OK) == 0 ? strdup(name) : NULL;
    while (folders && *folders) {
        char path[4096];
        size_t n = strcspn(folders, ":");
        int length = snprintf(path, sizeof path, "%.*s/%s", (int)n, folders, name);
        if (n && length > 0 && (size_t)length < sizeof path && access(path, X_OK) == 0)
            return strdup(path);
        folders += n + (folders[n] == ':');
    }
    return NULL;
}

char *find_browser(const invocation *in, const char *wanted)
{
    static const char *const names[] = {
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "chrome-headless-shell",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    };
    char *found = wanted ? find_program(wanted) : NULL;
    for (size_t i = 0; !wanted && !found && i < sizeof names / sizeof *names; i++)
        found = find_program(names[i]);
    if (!found && wanted)
        fprintf(stderr, "factorium %s: error: --browser %s: there is no such program\n",
                in->verb->name, wanted);
    else if (!found)
        fprintf(stderr,
                "factorium %s: error: --figures needs a browser that draws them, and there is no "
                "Chromium or Chrome on the PATH: install one, or name it with --browser\n",
                in->verb->name);
    return found;
}

/* "file://..." of a page as files; freed with free(). */
static char *address_of(const char *page, const char *format)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./~";
    char *text = NULL;
    size_t n = 0;
    char *path = realpath(page, NULL);
    FILE *out = path ? open_memstream(&text, &n) : NULL;
    if (out) {
        fputs("file://", out);
        for (const char *c = path; *c; c++)
            fprintf(out, strchr(plain, *c) ? "%c" : "%%%02X", (unsigned char)*c);
        fprintf(out, "#figures=%s", format);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    free(path);
    return text;
}

/* Starts the browser; what it prints comes out of *from. Returns errno. */
static int start(const session *s, const char *browser, const char *address, pid_t *process,
                 int *from)
{
    /* A browser refuses to run as root with its sandbox. The page is our own. */
    char *const arguments[] = {(char *)browser,
                               "--headless",
                               "--disable-gpu",
                               "--dump-dom",
                               "--window-size=1400,1000",
                               (char *)address,
                               geteuid() == 0 ? "--no-sandbox" : NULL,
                               NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    if (pipe(ends) != 0)
        return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    int error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        if (!s->verbose)
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        error = posix_spawn(process, browser, &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(ends[1]);
    if (error == 0)
        *from = ends[0];
    else
        close(ends[0]);
    return error;
}

static int64_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* All that comes, to `out`. */
static fct_status take_all(int from, FILE *out, fct_error *err)
{
    char buffer[65536];
    int64_t end = now_s() + PATIENCE_S;
    for (;;) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        int ready = poll(&wait, 1, 200);
        if (session_interrupted())
            return failed(err, FCT_ERROR_INTERRUPTED, "interrupted");
        if (now_s() > end)
            return failed(err, FCT_ERROR_IO, "the browser drew no figures within %d seconds",
                          PATIENCE_S);
        ssize_t n = ready > 0 ? read(from, buffer, sizeof buffer) : -1;
        if (n == 0)
            return FCT_OK;
        if (n > 0)
            fwrite(buffer, 1, (size_t)n, out);
        else if (ready > 0 && errno != EINTR)
            return failed(err, FCT_ERROR_IO, "reading from the browser: %s", strerror(errno));
    }
}

/* What the browser says the page came to; freed with free(). */
static fct_status ask(const session *s, const char *browser, const char *address, char **text,
                      fct_error *err)
{
    size_t n = 0;
    pid_t process;
    int from = -1;
    int how = 0;
    int error = start(s, browser, address, &process, &from);
    if (error)
        return failed(err, FCT_ERROR_IO, "%s: it does not start: %s", browser, strerror(error));
    FILE *out = open_memstream(text, &n);
    fct_status status =
        out ? take_all(from, out, err) : failed(err, FCT_ERROR_MEMORY, "out of memory");
    if (out && fclose(out) != 0 && status == FCT_OK)
        status = failed(err, FCT_ERROR_MEMORY, "out of memory");
    close(from);
    if (status != FCT_OK)
        kill(process, SIGKILL);
    while (waitpid(process, &how, 0) < 0 && errno == EINTR)
        ;
    if (status == FCT_OK && how != 0)
        status =
            failed(err, FCT_ERROR_IO, "%s did not draw the figures; --verbose shows why", browser);
    return status;
}

/* ---- Files ------------------------------------------------------------------------------------ */

/* Decodes in place, which has room: bytes are fewer than digits. The number of bytes. */
static size_t decode_base64(char *text, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    int n_bits = 0;
    size_t n_bytes = 0;
    for (size_t i = 0; i < n; i++) {
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (!digit)
            break;
        bits = bits << 6 | (uint32_t)(digit - digits);
        n_bits += 6;
        if (n_bits < 8)
            continue;
        n_bits -= 8;
        text[n_bytes++] = (char)(unsigned char)(bits >> n_bits);
    }
    return n_bytes;
}

static fct_status write_file(const char *path, const char *bytes, size_t n, fct_error *err)
{
    FILE *file = fopen(path, "wb");
    bool ok = file && fwrite(bytes, 1, n, file) == n;
    if (file && fclose(file) != 0)
        ok = false;
    return ok ? FCT_OK : failed(err, FCT_ERROR_IO, "%s: %s", path, strerror(errno));
}

/* A line "figure NAME BASE64" each. */
static fct_status write_lines(char *text, const char *folder, const char *format, size_t *n_written,
                              fct_error *err)
{
    static const char start_of_line[] = "\nfigure ";
    fct_status status = FCT_OK;
    char *line = strstr(text, start_of_line);
    while (line && status == FCT_OK) {
        char path[4096];
        char *name = line + strlen(start_of_line);
        size_t n_name = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (!n_name || name[n_name] != ' ')
            return failed(err, FCT_ERROR_INTERNAL, "the page names a figure %.20s", name);
        char *data = name + n_name + 1;
        size_t n_data = strcspn(data, "\n");
        line = strstr(data + n_data, start_of_line);
        int n = snprintf(path, sizeof path, "%s/%.*s.%s", folder, (int)n_name, name, format);
        if (n < 0 || (size_t)n >= sizeof path)
            return failed(err, FCT_ERROR_ARGUMENT, "%s: the name is too long", folder);
        status = write_file(path, data, decode_base64(data, n_data), err);
        *n_written += status == FCT_OK;
    }
    return status;
}

fct_status write_figures(session *s, const char *browser, const char *page, const char *folder,
                         const char *format, fct_error *err)
{
    size_t n_written = 0;
    char *text = NULL;
    char *address = address_of(page, format);
    fct_status status = FCT_OK;
    if (!address)
        status = failed(err, FCT_ERROR_IO, "%s: %s", page, strerror(errno));
    else if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = failed(err, FCT_ERROR_IO, "%s: %s", folder, strerror(errno));
    else
        status = ask(s, browser, address, &text, err);
    if (status == FCT_OK)
        status = write_lines(text, folder, format, &n_written, err);
    if (status == FCT_OK && !n_written)
        status = failed(err, FCT_ERROR_IO, "%s drew no figure; --verbose shows why", browser);
    if (status == FCT_OK)
        session_say(s, "figures: %zu in %s", n_written, folder);
    free(address);
    free(text);
    return status;
}
