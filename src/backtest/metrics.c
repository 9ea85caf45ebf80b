#include "backtest/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/sum.h"

/* Hoare's selection: afterwards values[k] is where order would put it, with none larger before it, none smaller behind. */
static void select_kth(double *values, size_t n, size_t k)
{
    size_t low = 0;
    size_t high = n - 1;
    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        size_t i = low;
        size_t j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            double swap = values[i];
            values[i++] = values[j];
            values[j--] = swap;
        }
        /* [low, j] are at most, (j, high] at least the pivot. */
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
}

double fct_quantile(double *values, size_t n, double p)
{
    if (!n)
        return NAN;
    double at = p * (double)(n - 1);
    size_t below = (size_t)at;
    select_kth(values, n, below);
    double above = values[below];
    for (size_t i = below + 1; i < n; i++)
        if (i == below + 1 || values[i] < above)
            above = values[i];
    return values[below] + (at - (double)below) * (above - values[below]);
}

static double drawdown(const double *equity, size_t n, double capital)
{
    double peak = capital;
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        peak = equity[i] > peak ? equity[i] : peak;
        double fall = equity[i] / peak - 1;
        worst = fall < worst ? fall : worst;
    }
    return worst;
}

/* Means of returns and of squares, gains and losses. */
static void judge_returns(const double *returns, size_t n, double steps_per_year, fct_metrics *m)
{
    fct_sum sum = {0};
    fct_sum gains = {0};
    fct_sum losses = {0};
    fct_sum squares_below = {0};
    size_t n_won = 0;
    size_t n_moved = 0;
    for (size_t i = 0; i < n; i++) {
        fct_sum_add(&sum, returns[i]);
        fct_sum_add(returns[i] > 0 ? &gains : &losses, returns[i]);
        if (returns[i] < 0)
            fct_sum_add(&squares_below, returns[i] * returns[i]);
        n_won += returns[i] > 0;
        n_moved += returns[i] != 0;
    }
    double mean = fct_sum_value(sum) / (double)n;
    fct_sum squares = {0};
    for (size_t i = 0; i < n; i++)
        fct_sum_add(&squares, (returns[i] - mean) * (returns[i] - mean));
    double deviation = n > 1 ? sqrt(fct_sum_value(squares) / (double)(n - 1)) : NAN;
    double below = sqrt(fct_sum_value(squares_below) / (double)n);
    double root = sqrt(steps_per_year);
    m->volatility = deviation * root;
    m->sharpe = deviation > 0 ? mean / deviation * root : NAN;
    m->sortino = below > 0 ? mean / below * root : NAN;
    m->win_rate = n_moved ? (double)n_won / (double)n_moved : NAN;
    m->profit_factor =
        fct_sum_value(losses) < 0 ? fct_sum_value(gains) / -fct_sum_value(losses) : NAN;
}

void fct_metrics_make(const double *equity, size_t n, double capital, double steps_per_year,
                      double *scratch, fct_metrics *m)
{
    *m = (fct_metrics){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    double before = capital;
    size_t n_steps = 0;
    for (size_t i = 0; i < n && before > 0; i++) {
        scratch[n_steps++] = equity[i] / before - 1;
        before = equity[i];
    }
    m->n_steps = (int64_t)n_steps;
    if (!n_steps)
        return;
    m->total_return = before / capital - 1;
    m->max_drawdown = drawdown(equity, n_steps, capital);
    if (before > 0)
        m->annual_return = pow(before / capital, steps_per_year / (double)n_steps) - 1;
    judge_returns(scratch, n_steps, steps_per_year, m);
    m->calmar = m->max_drawdown < 0 ? m->annual_return / -m->max_drawdown : NAN;
    m->value_at_risk = fct_quantile(scratch, n_steps, 0.05);
    fct_sum tail = {0};
    size_t n_tail = 0;
    for (size_t i = 0; i < n_steps; i++)
        if (scratch[i] <= m->value_at_risk) {
            fct_sum_add(&tail, scratch[i]);
            n_tail++;
        }
    m->conditional_value_at_risk = fct_sum_value(tail) / (double)n_tail;
}
