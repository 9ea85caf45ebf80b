/* Whether the archives of a unit are what was published. */
#ifndef FCT_SYNC_CONTENTS_H
#define FCT_SYNC_CONTENTS_H

#include "archive/checksum.h"
#include "sync/workers.h"

/*
 * FCT_WORK_STORED where they are; the unit's own hash into `sha256`. Otherwise *bad says which archive of the unit is not,
 * or FCT_WORK_FATAL that a file cannot be read.
 */
fct_work_result fct_contents_check(const fct_sync_run *sync, const fct_sync_unit *unit,
                                   fct_job *job, char sha256[FCT_CHECKSUM_HEX + 1], size_t *bad,
                                   fct_error *err);

#endif
