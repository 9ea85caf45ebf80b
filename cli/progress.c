#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, MIN_SHOWN_MS = 300, LINE_EVERY_MS = 10000, WIDE = 100 };

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* "12.3 MB", "4,096 files" without the comma: short enough for a bar. */
static void format_amount(double amount, const char *unit, char *out, size_t size)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T"};
    bool is_bytes = strcmp(unit, "bytes") == 0;
    int k = 0;
    while (amount >= 1000 && k < 4) {
        amount /= 1000;
        k++;
    }
    snprintf(out, size, "%.*f %s%s", k && amount < 100 ? 1 : 0, amount, prefixes[k],
             is_bytes ? "B" : unit);
}

static void format_seconds(double seconds, char *out, size_t size)
{
    long s = (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(out, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, size, "%ld:%02ld", s / 60, s % 60);
}

static void show_json(const fct_progress *p, double seconds)
{
    fprintf(stderr,
            "{\"stage\":\"%s\",\"unit\":\"%s\",\"done\":%" PRId64 ",\"total\":%" PRId64
            ",\"seconds\":%.3f}\n",
            p->stage, p->unit, p->done, p->total, seconds);
}

/* Eighths of a character, so that the bar moves smoothly. */
static void draw_bar(double share, char *out, size_t size)
{
    static const char *const parts[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int eighths = (int)(share * BAR_WIDTH * 8);
    size_t n = 0;
    for (int i = 0; i < BAR_WIDTH; i++) {
        int filled = eighths - i * 8;
        const char *part = filled >= 8 ? "█" : filled > 0 ? parts[filled] : parts[0];
        size_t n_part = strlen(part);
        if (n + n_part >= size)
            break;
        memcpy(out + n, part, n_part);
        n += n_part;
    }
    out[n] = '\0';
}

static void show_bar(session *s, const fct_progress *p, double seconds)
{
    char done[32];
    char rate[40];
    char left[24] = "";
    char bar[BAR_WIDTH * 4];
    format_amount((double)p->done, p->unit, done, sizeof done);
    format_amount(seconds > 0 ? (double)p->done / seconds : 0, p->unit, rate, sizeof rate);
    struct winsize size;
    bool narrow = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_col < 80;
    if (p->total <= 0 || narrow) {
        fprintf(stderr, "\r\033[K%s %s %s/s", p->stage, done, rate);
    } else {
        double share = (double)p->done / (double)p->total;
        share = share > 1 ? 1 : share;
        draw_bar(share, bar, sizeof bar);
        if (share > 0)
            format_seconds(seconds * (1 - share) / share, left, sizeof left);
        fprintf(stderr, "\r\033[K%s %3.0f%% ▕%s▏ %s  %s/s  %s left", p->stage, share * 100, bar,
                done, rate, left);
    }
    fflush(stderr);
    s->line_is_drawn = true;
}

/* ---- Many transfers --------------------------------------------------------------------------- */

/* "34 of 200 files  12.3 MB  4.1 MB/s  1:20 left" */
static void format_files(const fct_progress *p, double seconds, char *out, size_t size)
{
    char amount[32];
    char rate[40];
    char left[40] = "";
    format_amount((double)p->n_bytes, "bytes", amount, sizeof amount);
    format_amount(seconds > 0 ? (double)p->n_bytes / seconds : 0, "bytes", rate, sizeof rate);
    if (p->done > 0 && p->done < p->total) {
        char time_left[24];
        format_seconds(seconds * (double)(p->total - p->done) / (double)p->done, time_left,
                       sizeof time_left);
        snprintf(left, sizeof left, "  %s left", time_left);
    }
    snprintf(out, size, "%s %" PRId64 " of %" PRId64 " %s  %s  %s/s%s", p->stage, p->done, p->total,
             p->unit, amount, rate, left);
}

/* One line of a transfer, as wide as the terminal lets it be. */
static void show_transfer(const fct_transfer *t, int n_columns)
{
    char bar[BAR_WIDTH * 4] = "";
    char done[32];
    double share = t->n_total > 0 ? (double)t->n_bytes / (double)t->n_total : 0;
    draw_bar(share > 1 ? 1 : share, bar, sizeof bar);
    format_amount((double)t->n_bytes, "bytes", done, sizeof done);
    int n_name = n_columns - BAR_WIDTH - 20;
    fprintf(stderr, "\n\033[K  %-*.*s ▕%s▏ %s", n_name > 60 ? 60 : n_name, n_name, t->name, bar,
            done);
}

/* On a wide terminal a line for each transfer below that of all; the cursor goes back to the first. */
static void show_transfers(session *s, const fct_progress *p, double seconds)
{
    char all[200];
    struct winsize size;
    int n_columns = 80;
    int n_rows = 24;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
        n_columns = size.ws_col;
        n_rows = size.ws_row;
    }
    format_files(p, seconds, all, sizeof all);
    fprintf(stderr, "\r\033[K%.*s", n_columns - 1, all);
    size_t n_lines = n_columns >= WIDE && n_rows > 4 ? p->n_transfers : 0;
    n_lines = n_lines > (size_t)n_rows - 4 ? (size_t)n_rows - 4 : n_lines;
    for (size_t i = 0; i < n_lines; i++)
        show_transfer(&p->transfers[i], n_columns);
    fprintf(stderr, "\033[J"); /* there were more the last time */
    if (n_lines)
        fprintf(stderr, "\033[%zuA\r", n_lines);
    fflush(stderr);
    s->line_is_drawn = true;
}

/* Where nobody watches a terminal, a line now and then tells that it goes on. */
static void show_line(session *s, const fct_progress *p, int64_t elapsed_ms)
{
    char all[200];
    if (elapsed_ms - s->line_ms < LINE_EVERY_MS)
        return;
    s->line_ms = elapsed_ms;
    format_files(p, (double)elapsed_ms / 1000, all, sizeof all);
    fprintf(stderr, "%s\n", all);
}

void progress_show(session *s, const fct_progress *p)
{
    if (s->stage != p->stage) {
        s->stage = p->stage;
        s->stage_start_ms = now_ms();
        s->line_ms = 0;
    }
    bool is_sync = strcmp(p->stage, "sync") == 0;
    int64_t elapsed_ms = now_ms() - s->stage_start_ms;
    if (s->progress == PROGRESS_JSON)
        show_json(p, (double)elapsed_ms / 1000);
    /* What ends at once needs no bar. */
    else if (s->progress == PROGRESS_AUTO && elapsed_ms >= MIN_SHOWN_MS)
        (is_sync ? show_transfers : show_bar)(s, p, (double)elapsed_ms / 1000);
    else if (s->progress == PROGRESS_LINES && is_sync)
        show_line(s, p, elapsed_ms);
}

void progress_clear(session *s)
{
    if (s->line_is_drawn)
        fprintf(stderr, "\r\033[J"); /* and what may stand below it */
    s->line_is_drawn = false;
}
