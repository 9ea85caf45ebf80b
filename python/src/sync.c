/* Sync: what a store lacks, fetched from the exchange's archive. */
#include "core.h"

typedef struct sync_arguments {
    fct_sync_request request;
    const char **symbols;
    fct_sync_report report;
    struct ArrowArrayStream out;
} sync_arguments;

static fct_status call_sync(void *arguments, const fct_run *run, fct_error *err)
{
    sync_arguments *a = arguments;
    return fct_sync(&a->request, run, &a->report, &a->out, err);
}

static int request_from_dict(PyObject *dict, sync_arguments *a)
{
    fct_sync_request *r = &a->request;
    PyObject *symbols = PyDict_GetItemString(dict, "symbols");
    int period = 0;
    bool skips = false;
    if (text_from_dict(dict, "store", &r->store) < 0 ||
        dataset_from_tuple(PyDict_GetItemString(dict, "dataset"), &r->dataset) < 0 ||
        (symbols && texts_from_list(symbols, &a->symbols, &r->n_symbols) < 0) ||
        int_from_dict(dict, "from_day", &r->from_day) < 0 ||
        int_from_dict(dict, "to_day", &r->to_day) < 0 ||
        int_from_dict(dict, "listed_before_day", &r->listed_before_day) < 0 ||
        small_from_dict(dict, "period", &period) < 0 ||
        text_from_dict(dict, "base_url", &r->base_url) < 0 ||
        text_from_dict(dict, "list_url", &r->list_url) < 0 ||
        small_from_dict(dict, "n_jobs", &r->n_jobs) < 0 ||
        small_from_dict(dict, "n_retries", &r->n_retries) < 0 ||
        int_from_dict(dict, "retry_wait_ms", &r->retry_wait_ms) < 0 ||
        int_from_dict(dict, "stall_ms", &r->stall_ms) < 0 ||
        double_from_dict(dict, "requests_per_second", &r->requests_per_second) < 0 ||
        int_from_dict(dict, "bytes_per_second", &r->bytes_per_second) < 0 ||
        bool_from_dict(dict, "unchecked", &r->unchecked) < 0 ||
        bool_from_dict(dict, "skip_bad_rows", &skips) < 0 ||
        bool_from_dict(dict, "refresh", &r->refresh) < 0 ||
        bool_from_dict(dict, "again", &r->again) < 0 ||
        bool_from_dict(dict, "dry_run", &r->dry_run) < 0 ||
        text_from_dict(dict, "keep_archives", &r->keep_archives) < 0)
        return -1;
    r->symbols = a->symbols;
    r->period = (fct_sync_period)period;
    r->on_bad_row = skips ? FCT_BAD_ROW_SKIP : FCT_BAD_ROW_STOP;
    return 0;
}

/* sync(request, run) -> (stream of outcomes, the report as a dict) */
static PyObject *sync_store(PyObject *module, PyObject *arguments)
{
    PyObject *request;
    PyObject *run;
    sync_arguments a = {.symbols = NULL};
    if (!PyArg_ParseTuple(arguments, "OO", &request, &run))
        return NULL;
    int status = request_from_dict(request, &a) < 0 ? -1 : core_call(run, call_sync, &a, 0);
    PyMem_Free(a.symbols);
    if (status < 0) {
        if (a.out.release)
            a.out.release(&a.out);
        return NULL;
    }
    PyObject *stream = stream_new(core_of_module(module), &a.out);
    if (!stream)
        return NULL;
    const fct_sync_report *r = &a.report;
    return Py_BuildValue("(N{sLsLsLsLsLsLsLsL})", stream, "there", (long long)r->n_there, "fetched",
                         (long long)r->n_fetched, "missing", (long long)r->n_missing, "failed",
                         (long long)r->n_failed, "requests", (long long)r->n_requests, "retries",
                         (long long)r->n_retries, "bytes_fetched", (long long)r->bytes_fetched,
                         "rows", (long long)r->n_rows);
}

PyMethodDef sync_functions[] = {
    {"sync", sync_store, METH_VARARGS, "Fetches what a store lacks."},
    {NULL, NULL, 0, NULL},
};
