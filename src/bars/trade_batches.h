/* Trades of an Arrow stream: its columns found, every row checked, a batch put in (time, id) order symbol by symbol. */
#ifndef FCT_BARS_TRADE_BATCHES_H
#define FCT_BARS_TRADE_BATCHES_H

#include "base/run.h"
#include "base/text_set.h"
#include "store/trade_file.h"

/* Starts as {0}; freed by fct_trade_batches_free. */
typedef struct fct_trade_batches {
    struct fct_trade_batches_state *state;
    fct_text_set symbols; /* each wanted, and each met; numbers as in fct_trade_run */
    bool has_side;
} fct_trade_batches;

/* What a batch has of one symbol. The arrays hold until the next call. */
typedef struct fct_trade_run {
    uint32_t symbol;
    fct_trades trades;
} fct_trade_run;

/* Takes the stream over; see fct_bars_from_stream for what it must hold. */
fct_status fct_trade_batches_open(fct_trade_batches *batches, struct ArrowArrayStream *stream,
                                  const fct_bars_request *request, fct_error *err);

/* The next batch that has rows: *n_runs of them, 0 at the end. */
fct_status fct_trade_batches_next(fct_trade_batches *batches, const fct_trade_run **runs,
                                  size_t *n_runs, fct_error *err);
void fct_trade_batches_free(fct_trade_batches *batches);

#endif
