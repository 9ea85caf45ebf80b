/* Quantile functions of the distributions that ts_quantile and cs_quantile map ranks to. */
#ifndef FCT_OPS_DISTRIBUTION_H
#define FCT_OPS_DISTRIBUTION_H

/* The words of the parameter `driver`, in the table's order. */
typedef enum fct_driver {
    FCT_DRIVER_GAUSSIAN, /* the standard normal distribution */
    FCT_DRIVER_UNIFORM,  /* on [0, 1] */
    FCT_DRIVER_CAUCHY    /* the standard Cauchy distribution */
} fct_driver;

/*
 * The value below which the share p of the distribution lies, 0 < p < 1; NaN for any other p. At p = 1/2 exactly 0, of the
 * uniform one 1/2.
 */
double fct_quantile_function(int driver, double p);

#endif
