/*
 * The normal quantile is algorithm AS 241, routine PPND16, of M. J. Wichura, "The percentage points of the normal
 * distribution", Applied Statistics 37 (1988), 477-484: three rational approximations, about 1 part in 10^16.
 */
#include "ops/distribution.h"

#include <math.h>
#include <stddef.h>

enum { DEGREE = 7 };

/* Coefficients from the constant on: about 1/2, then of the near and of the far tail. */
static const double centre_over[DEGREE + 1] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                               1.9715909503065514427e3, 1.3731693765509461125e4,
                                               4.5921953931549871457e4, 6.7265770927008700853e4,
                                               3.3430575583588128105e4, 2.5090809287301226727e3};
static const double centre_under[DEGREE + 1] = {1.0,
                                                4.2313330701600911252e1,
                                                6.8718700749205790830e2,
                                                5.3941960214247511077e3,
                                                2.1213794301586595867e4,
                                                3.9307895800092710610e4,
                                                2.8729085735721942674e4,
                                                5.2264952788528545610e3};
static const double near_over[DEGREE + 1] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                             5.76949722146069140550e0,  3.64784832476320460504e0,
                                             1.27045825245236838258e0,  2.41780725177450611770e-1,
                                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
static const double near_under[DEGREE + 1] = {1.0,
                                              2.05319162663775882187e0,
                                              1.67638483018380384940e0,
                                              6.89767334985100004550e-1,
                                              1.48103976427480074590e-1,
                                              1.51986665636164571966e-2,
                                              5.47593808499534494600e-4,
                                              1.05075007164441684324e-9};
static const double far_over[DEGREE + 1] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                            1.78482653991729133580e0,  2.96560571828504891230e-1,
                                            2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                            2.71155556874348757815e-5, 2.01033439929228813265e-7};
static const double far_under[DEGREE + 1] = {1.0,
                                             5.99832206555887937690e-1,
                                             1.36929880922735805310e-1,
                                             1.48753612908506148525e-2,
                                             7.86869131145613259100e-4,
                                             1.84631831751005468180e-5,
                                             1.42151175831644588870e-7,
                                             2.04426310338993978564e-15};

static double ratio(const double *over, const double *under, double x)
{
    double above = over[DEGREE], below = under[DEGREE];
    for (size_t i = DEGREE; i-- > 0;) {
        above = above * x + over[i];
        below = below * x + under[i];
    }
    return above / below;
}

static double normal_quantile(double p)
{
    const double tail_at = 0.425, far_at = 5, near_shift = 1.6;
    double q = p - 0.5;
    if (fabs(q) <= tail_at)
        return q * ratio(centre_over, centre_under, tail_at * tail_at - q * q);
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double size = r <= far_at ? ratio(near_over, near_under, r - near_shift)
                              : ratio(far_over, far_under, r - far_at);
    return copysign(size, q);
}

static double cauchy_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.25)
        return tan(M_PI * q);
    /* Near 0 and 1 the distance to them, which is exact, says more than the one to 1/2. */
    return copysign(1 / tan(M_PI * (q < 0 ? p : 1 - p)), q);
}

double fct_quantile_function(int driver, double p)
{
    if (!(p > 0 && p < 1))
        return NAN;
    switch (driver) {
    case FCT_DRIVER_GAUSSIAN:
        return normal_quantile(p);
    case FCT_DRIVER_CAUCHY:
        return cauchy_quantile(p);
    default:
        return p;
    }
}
