//! Native kernels of Suyuan. Each has a plain-Python twin in the room that owns it: the twin is the
//! specification, and the tests compare the two.

use pyo3::prelude::*;

mod commitment;
mod json;
mod merkle;

#[pymodule]
fn suyuan_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    commitment::register(module)?;
    merkle::register(module)?;
    Ok(())
}
