//! Tells the code what Python it is built for: `Py_GIL_DISABLED` where threads run Python at once.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
