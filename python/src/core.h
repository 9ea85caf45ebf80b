/* The extension module factorium._core: Arrow structs and handles of the C library as Python objects. No numerics. */
#ifndef FACTORIUM_PYTHON_CORE_H
#define FACTORIUM_PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <factorium.h>

#ifdef Py_GIL_DISABLED
#error                                                                                             \
    "factorium needs a Python with the global interpreter lock: free-threaded builds are not supported"
#endif

/* ---- module.c --------------------------------------------------------------------------------- */

typedef struct core_state {
    PyTypeObject *buffer_type, *stream_type, *panel_type, *plan_type, *evaluation_type,
        *backtest_type;
} core_state;

/* The state of the module `self` (of its functions) or of the module that defines the type of `self` (of methods). */
core_state *core_of_module(PyObject *module);
core_state *core_of_object(PyObject *self);

/* ---- call.c: long calls run without the lock, stop on Ctrl-C, report ---------------------------- */

/* Makes calls tell whether their process may make them. */
int call_add(void);

typedef fct_status (*core_function)(void *arguments, const fct_run *run, fct_error *err);

/*
 * Calls function(arguments, ...) in a thread of its own while this one waits for signals. `run` is None or the tuple
 * (threads, memory_limit_bytes, temp_dir, progress, message) of factorium._run. Returns FCT_OK, FCT_ERROR_PARTIAL (with the
 * warning given), or -1 with an exception set; what the function made is then to be freed by the caller. `wants_key`:
 * what is not found is a KeyError, not a FileNotFoundError.
 */
int core_call(PyObject *run, core_function function, void *arguments, int wants_key);

/* Sets an exception of factorium._errors, by its name. */
void core_raise(const char *kind, const char *message);

/* Turns the exception that Python raised about a value into one of factorium._errors that says which value. */
void core_raise_about(const char *what);

/* The same for calls that are short: no thread, no run. */
int core_check(fct_status status, const fct_error *err, int wants_key);

/* ---- stream.c: Arrow streams ------------------------------------------------------------------- */

/* Adds a type, or functions, to the module. */
int stream_add(PyObject *module, core_state *state);
extern PyMethodDef stream_functions[];

/* A Stream object that owns `*stream`, which is moved, also on failure. */
PyObject *stream_new(core_state *state, struct ArrowArrayStream *stream);

/* Moves the stream that `source.__arrow_c_stream__()` gives. */
int stream_take(PyObject *source, struct ArrowArrayStream *out);

/* ---- columns.c, collect.c: NumPy's memory as a stream, and a stream as memory for NumPy --------- */

int buffer_add(PyObject *module, core_state *state);
PyObject *buffer_new(core_state *state, void *bytes,
                     Py_ssize_t n_bytes); /* takes the malloc'ed bytes */
extern PyMethodDef columns_functions[];
extern PyMethodDef collect_functions[];

/* ---- panel.c, bars.c, store.c, exchange.c, plan.c, evaluation.c, backtest.c, signal.c, shards.c - */

int panel_add(PyObject *module, core_state *state);
PyObject *panel_new(core_state *state, fct_panel *panel); /* takes the panel */
/* The panel that a call made; after a failure of the call it is freed, and NULL returned. */
PyObject *panel_made(core_state *state, int status, fct_panel **panel);
const fct_panel *panel_get(core_state *state, PyObject *object); /* NULL with a TypeError */
extern PyMethodDef panel_functions[];
int plan_add(PyObject *module, core_state *state);
extern PyMethodDef plan_functions[];
const fct_plan *plan_get(PyObject *self);
PyObject *plan_check(PyObject *self, PyObject *arguments); /* in signal.c */
int evaluation_add(PyObject *module, core_state *state);
const fct_evaluation *evaluation_get(core_state *state, PyObject *object);
extern PyMethodDef evaluation_functions[];
int backtest_add(PyObject *module, core_state *state);
const fct_backtest *backtest_get(core_state *state, PyObject *object);
extern PyMethodDef backtest_functions[];
extern PyMethodDef signal_functions[];
extern PyMethodDef bars_functions[];
extern PyMethodDef shard_functions[];

/* A request for bars from a dict; `symbols` is then freed by PyMem_Free, also after a failure. */
typedef struct bars_request {
    fct_bars_request request;
    fct_column_map map;
    const char **symbols;
} bars_request;
int bars_request_from_dict(PyObject *dict, bars_request *out);

extern PyMethodDef store_functions[];
extern PyMethodDef sync_functions[];
extern PyMethodDef exchange_functions[];

/* ---- arguments.c: Python values as C ones ------------------------------------------------------- */

/* Texts of a list, which must outlive them; `items` is from PyMem. None is no list: n 0, items NULL. */
int texts_from_list(PyObject *list, const char ***items, size_t *n);

/* A list of texts. */
PyObject *list_from_texts(const char *(*at)(const void *of, size_t i), const void *of, size_t n);

/* An item of a dict as text, NULL where it is None or not there; 0, or -1 with an exception. */
int text_from_dict(PyObject *dict, const char *key, const char **out);
int int_from_dict(PyObject *dict, const char *key, int64_t *out);
int small_from_dict(PyObject *dict, const char *key, int *out); /* an int, or an enum's number */
int double_from_dict(PyObject *dict, const char *key, double *out);
int bool_from_dict(PyObject *dict, const char *key, bool *out);

int panel_from_dict(core_state *state, PyObject *dict, const char *key, const fct_panel **out);

/* Lists; the items are from PyMem, also after a failure. The texts must outlive them. */
int texts_from_dict(PyObject *dict, const char *key, const char ***items, size_t *n);
int wholes_from_dict(PyObject *dict, const char *key, int64_t **items, size_t *n);
int reals_from_dict(PyObject *dict, const char *key, double **items, size_t *n);

/* A column map from a dict of roles, or NULL from None. */
int map_from_object(PyObject *object, fct_column_map *storage, const fct_column_map **out);

/* A data set from the tuple (exchange, market, data_type, interval), whose items may be None. */
int dataset_from_tuple(PyObject *tuple, fct_dataset *out);

#endif
