/* Numbers that are the same but for their last digits. */
#ifndef FCT_TESTS_SUPPORT_NEAR_H
#define FCT_TESTS_SUPPORT_NEAR_H

#include <math.h>

/* Within 1e-12 of the expected one, relative where that is large; the message has both. */
#define assert_near(actual, expected)                                                              \
    do {                                                                                           \
        const double got = (actual);                                                               \
        const double wanted = (expected);                                                          \
        if (!(fabs(got - wanted) < 1e-12 * (1 + fabs(wanted))))                                    \
            fail_msg("%s is %.15g, not %.15g", #actual, got, wanted);                              \
    } while (0)

#endif
