/*
 * Archive files become a store, and the store becomes bars, with nothing but the public header:
 *
 *     bars ARCHIVE STORE
 *
 * Prints for each symbol how many 1-minute bars it has, and its highest price.
 */
#include <factorium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns 0, 4 and so on are where fct_bars says they are: symbol, start_time, end_time, open, high, ... */
enum { COLUMN_SYMBOL = 0, COLUMN_HIGH = 4, MAX_SYMBOLS = 1000 };

typedef struct summary {
    char symbol[65];
    long long n_bars;
    double high;
} summary;

static summary summaries[MAX_SYMBOLS];
static size_t n_summaries;

static summary *find_summary(const char *symbol, size_t length)
{
    for (size_t i = 0; i < n_summaries; i++)
        if (strlen(summaries[i].symbol) == length &&
            memcmp(summaries[i].symbol, symbol, length) == 0)
            return &summaries[i];
    if (n_summaries == MAX_SYMBOLS || length >= sizeof summaries->symbol)
        return NULL;
    memcpy(summaries[n_summaries].symbol, symbol, length);
    return &summaries[n_summaries++];
}

/* A batch is a struct array: its children are the columns. buffers[1] of a number column are its values. */
static void add_batch(const struct ArrowArray *batch)
{
    const int32_t *offsets = batch->children[COLUMN_SYMBOL]->buffers[1];
    const char *names = batch->children[COLUMN_SYMBOL]->buffers[2];
    const double *high = batch->children[COLUMN_HIGH]->buffers[1];
    for (int64_t row = 0; row < batch->length; row++) {
        summary *s = find_summary(names + offsets[row], (size_t)(offsets[row + 1] - offsets[row]));
        if (!s)
            continue;
        s->n_bars++;
        s->high = high[row] > s->high ? high[row] : s->high;
    }
}

/* Takes the stream to its end and releases it. Returns 0, or an errno value. */
static int read_stream(struct ArrowArrayStream *stream)
{
    struct ArrowArray batch;
    int code;
    while ((code = stream->get_next(stream, &batch)) == 0 && batch.release) {
        add_batch(&batch);
        batch.release(&batch);
    }
    if (code != 0)
        fprintf(stderr, "%s\n", stream->get_last_error(stream));
    stream->release(stream);
    return code;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s ARCHIVE STORE\n", argv[0]);
        return 2;
    }
    fct_error err;
    const char *paths[] = {argv[1]};
    if (fct_ingest(paths, 1, argv[2], NULL, NULL, NULL, &err) != FCT_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    fct_bars_request request = {.store = argv[2]};
    struct ArrowArrayStream stream;
    if (fct_bar_spec_parse("1m", &request.bar, &err) != FCT_OK ||
        fct_bars(&request, NULL, &stream, &err) != FCT_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    if (read_stream(&stream) != 0)
        return 1;
    for (size_t i = 0; i < n_summaries; i++)
        printf("%-10s %6lld bars, high %g\n", summaries[i].symbol, summaries[i].n_bars,
               summaries[i].high);
    return 0;
}
