#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, MIN_SHOWN_MS = 300 };

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

void progress_show(session *s, const fct_progress *p)
{
    if (s->stage != p->stage) {
        s->stage = p->stage;
        s->stage_start_ms = now_ms();
    }
    int64_t elapsed_ms = now_ms() - s->stage_start_ms;
    if (s->progress == PROGRESS_JSON)
        show_json(p, (double)elapsed_ms / 1000);
    /* What ends at once needs no bar. */
    else if (s->progress == PROGRESS_AUTO && elapsed_ms >= MIN_SHOWN_MS)
        show_bar(s, p, (double)elapsed_ms / 1000);
}

void progress_clear(session *s)
{
    if (s->line_is_drawn)
        fprintf(stderr, "\r\033[K");
    s->line_is_drawn = false;
}
