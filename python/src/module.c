/* The module itself. */
#include "core.h"

core_state *core_of_module(PyObject *module)
{
    return PyModule_GetState(module);
}

core_state *core_of_object(PyObject *self)
{
    return PyType_GetModuleState(Py_TYPE(self));
}

static int execute(PyObject *module)
{
    core_state *state = PyModule_GetState(module);
    /* Callbacks come from threads that only the main interpreter knows how to serve. */
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
        PyErr_SetString(PyExc_ImportError,
                        "factorium does not support sub-interpreters: import it in the main one");
        return -1;
    }
    PyMethodDef *const functions[] = {stream_functions,     columns_functions,  collect_functions,
                                      panel_functions,      bars_functions,     store_functions,
                                      exchange_functions,   plan_functions,     sync_functions,
                                      evaluation_functions, backtest_functions, signal_functions,
                                      shard_functions};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (PyModule_AddFunctions(module, functions[i]) < 0)
            return -1;
    if (call_add() < 0 || buffer_add(module, state) < 0 || stream_add(module, state) < 0 ||
        panel_add(module, state) < 0 || plan_add(module, state) < 0 ||
        evaluation_add(module, state) < 0 || backtest_add(module, state) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "version", fct_version());
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    core_state *state = PyModule_GetState(module);
    Py_VISIT(state->buffer_type);
    Py_VISIT(state->stream_type);
    Py_VISIT(state->panel_type);
    Py_VISIT(state->plan_type);
    Py_VISIT(state->evaluation_type);
    Py_VISIT(state->backtest_type);
    return 0;
}

static int clear(PyObject *module)
{
    core_state *state = PyModule_GetState(module);
    Py_CLEAR(state->buffer_type);
    Py_CLEAR(state->stream_type);
    Py_CLEAR(state->panel_type);
    Py_CLEAR(state->plan_type);
    Py_CLEAR(state->evaluation_type);
    Py_CLEAR(state->backtest_type);
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "factorium._core",
    .m_doc = "The C library's handles and Arrow streams; use the package factorium instead.",
    .m_size = sizeof(core_state),
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
