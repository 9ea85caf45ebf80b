/* Compensated sums: two doubles that together hold a sum to about 32 digits. */
#ifndef FCT_BASE_SUM_H
#define FCT_BASE_SUM_H

/* Starts as {0, 0}. The value is high + low; high alone is that, rounded. */
typedef struct fct_sum {
    double high, low;
} fct_sum;

/*
 * Knuth's TwoSum (The Art of Computer Programming 2, 4.2.2, Theorem B) gives the rounding error of each
 * addition; the errors are added up apart, so that no later addition waits for them.
 */
static inline void fct_sum_add(fct_sum *sum, double x)
{
    double total = sum->high + x;
    double part = total - sum->high;
    sum->low += (sum->high - (total - part)) + (x - part);
    sum->high = total;
}

/* Adds another sum, and puts what carried over into its place. */
static inline void fct_sum_add_sum(fct_sum *sum, fct_sum other)
{
    fct_sum_add(sum, other.high);
    sum->low += other.low;
}

/* Moves what fits of the low part into the high one, which then is the value, rounded. */
static inline void fct_sum_normalise(fct_sum *sum)
{
    double total = sum->high + sum->low;
    double part = total - sum->high;
    sum->low = (sum->high - (total - part)) + (sum->low - part);
    sum->high = total;
}

static inline double fct_sum_value(fct_sum sum)
{
    return sum.high + sum.low;
}

#endif
