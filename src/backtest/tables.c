/* The tables of a backtest as Arrow streams. */
#include <math.h>

#include "arrow/table.h"
#include "backtest/backtest.h"

static size_t count_metrics(const void *subject)
{
    const fct_backtest *b = subject;
    return 2 * b->n_factors;
}

static void put_metrics(fct_table *t, const char *name, const char *costs, const fct_metrics *m)
{
    fct_table_text(t, name);
    fct_table_text(t, costs);
    fct_table_count(t, m->n_steps);
    fct_table_number(t, m->total_return);
    fct_table_number(t, m->annual_return);
    fct_table_number(t, m->volatility);
    fct_table_number(t, m->sharpe);
    fct_table_number(t, m->sortino);
    fct_table_number(t, m->calmar);
    fct_table_number(t, m->max_drawdown);
    fct_table_number(t, m->value_at_risk);
    fct_table_number(t, m->conditional_value_at_risk);
    fct_table_number(t, m->win_rate);
    fct_table_number(t, m->profit_factor);
}

static void write_metrics(const void *subject, fct_table *t)
{
    const fct_backtest *b = subject;
    for (size_t i = 0; i < b->n_factors; i++)
        for (int gross = 0; gross < 2; gross++) {
            const fct_backtest_factor *f = &b->factors[i];
            const fct_backtest_path *path = gross ? &f->gross : &f->net;
            const fct_account *a = &path->account;
            put_metrics(t, f->name, gross ? "none" : "all", &path->metrics);
            fct_table_number(t, path->turnover);
            fct_table_number(t, path->capacity);
            fct_table_number(t, a->total_cost);
            fct_table_number(t, a->total_funding);
            fct_table_count(t, a->n_fills);
            fct_table_count(t, a->n_closed);
            fct_table_number(t, a->worst_error);
        }
}

static size_t count_equity(const void *subject)
{
    const fct_backtest *b = subject;
    return b->n_factors * b->n_times;
}

static void write_equity(const void *subject, fct_table *t)
{
    const fct_backtest *b = subject;
    for (size_t i = 0; i < b->n_factors; i++) {
        const fct_account *a = &b->factors[i].net.account;
        double peak = b->capital;
        for (size_t k = 0; k < b->n_times; k++) {
            double before = k ? a->equity[k - 1] : b->capital;
            peak = a->equity[k] > peak ? a->equity[k] : peak;
            fct_table_text(t, b->factors[i].name);
            fct_table_count(t, b->time_ms[k]);
            fct_table_number(t, a->equity[k]);
            fct_table_number(t, b->factors[i].gross.account.equity[k]);
            fct_table_number(t, before > 0 ? a->equity[k] / before - 1 : NAN);
            fct_table_number(t, a->equity[k] / peak - 1);
            fct_table_number(t, a->traded[k]);
            fct_table_number(t, a->cost[k]);
            fct_table_number(t, a->funding[k]);
            fct_table_number(t, a->long_value[k]);
            fct_table_number(t, a->short_value[k]);
            fct_table_count(t, a->n_positions[k]);
        }
    }
}

static size_t count_positions(const void *subject)
{
    const fct_backtest *b = subject;
    size_t n = 0;
    for (size_t i = 0; i < b->n_factors; i++)
        n += b->factors[i].net.account.n_positions_kept;
    return n;
}

static void write_positions(const void *subject, fct_table *t)
{
    const fct_backtest *b = subject;
    for (size_t i = 0; i < b->n_factors; i++)
        for (size_t k = 0; k < b->factors[i].net.account.n_positions_kept; k++) {
            const fct_position *p = &b->factors[i].net.account.positions[k];
            fct_table_text(t, b->factors[i].name);
            fct_table_count(t, p->time_ms);
            fct_table_text(t, b->symbols[p->symbol]);
            fct_table_number(t, p->quantity);
            fct_table_number(t, p->price);
            fct_table_number(t, p->quantity * p->price);
            fct_table_number(t, p->weight);
        }
}

static size_t count_trades(const void *subject)
{
    const fct_backtest *b = subject;
    size_t n = 0;
    for (size_t i = 0; i < b->n_factors; i++)
        n += b->factors[i].net.account.n_trades;
    return n;
}

static void write_trades(const void *subject, fct_table *t)
{
    const fct_backtest *b = subject;
    for (size_t i = 0; i < b->n_factors; i++)
        for (size_t k = 0; k < b->factors[i].net.account.n_trades; k++) {
            const fct_trade *trade = &b->factors[i].net.account.trades[k];
            fct_table_text(t, b->factors[i].name);
            fct_table_count(t, trade->time_ms);
            fct_table_text(t, b->symbols[trade->symbol]);
            fct_table_number(t, trade->quantity);
            fct_table_number(t, trade->price);
            fct_table_number(t, trade->quantity * trade->price);
            fct_table_number(t, trade->cost);
        }
}

static const fct_table_kind kinds[] = {
    {"metrics",
     {FCT_TABLE_TEXT("factor"),
      FCT_TABLE_TEXT("costs"),
      FCT_TABLE_COUNT("steps"),
      FCT_TABLE_NUMBER("total_return"),
      FCT_TABLE_NUMBER("annual_return"),
      FCT_TABLE_NUMBER("volatility"),
      FCT_TABLE_NUMBER("sharpe"),
      FCT_TABLE_NUMBER("sortino"),
      FCT_TABLE_NUMBER("calmar"),
      FCT_TABLE_NUMBER("max_drawdown"),
      FCT_TABLE_NUMBER("var_95"),
      FCT_TABLE_NUMBER("cvar_95"),
      FCT_TABLE_NUMBER("win_rate"),
      FCT_TABLE_NUMBER("profit_factor"),
      FCT_TABLE_NUMBER("turnover"),
      FCT_TABLE_NUMBER("capacity"),
      FCT_TABLE_NUMBER("total_cost"),
      FCT_TABLE_NUMBER("total_funding"),
      FCT_TABLE_COUNT("trades"),
      FCT_TABLE_COUNT("closed_symbols"),
      FCT_TABLE_NUMBER("accounting_error")},
     count_metrics,
     write_metrics},
    {"equity",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("time"), FCT_TABLE_NUMBER("equity"),
      FCT_TABLE_NUMBER("equity_without_costs"), FCT_TABLE_NUMBER("return"),
      FCT_TABLE_NUMBER("drawdown"), FCT_TABLE_NUMBER("traded"), FCT_TABLE_NUMBER("cost"),
      FCT_TABLE_NUMBER("funding"), FCT_TABLE_NUMBER("long"), FCT_TABLE_NUMBER("short"),
      FCT_TABLE_COUNT("positions")},
     count_equity,
     write_equity},
    {"positions",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("time"), FCT_TABLE_TEXT("symbol"),
      FCT_TABLE_NUMBER("quantity"), FCT_TABLE_NUMBER("price"), FCT_TABLE_NUMBER("value"),
      FCT_TABLE_NUMBER("weight")},
     count_positions,
     write_positions},
    {"trades",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("time"), FCT_TABLE_TEXT("symbol"),
      FCT_TABLE_NUMBER("quantity"), FCT_TABLE_NUMBER("price"), FCT_TABLE_NUMBER("value"),
      FCT_TABLE_NUMBER("cost")},
     count_trades,
     write_trades},
};

enum { N_KINDS = sizeof kinds / sizeof *kinds };

const char *fct_backtest_table_name(size_t index)
{
    return index < N_KINDS ? kinds[index].name : NULL;
}

fct_status fct_backtest_table(const fct_backtest *b, const char *name, struct ArrowArrayStream *out,
                              fct_error *err)
{
    return fct_table_stream(kinds, N_KINDS, name, b, out, err);
}
