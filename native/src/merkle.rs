//! RFC 6962 hashes of the log's tree. Twin and specification: `ledger/merkle.py`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use sha2::{Digest, Sha256};

type Hash = [u8; 32];
type ListOfBytes<'py> = Vec<Bound<'py, PyBytes>>;

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut text = [0u8; 65];
    text[0] = 1;
    text[1..33].copy_from_slice(left);
    text[33..].copy_from_slice(right);
    Sha256::digest(text).into()
}

fn as_hash(bytes: &[u8]) -> PyResult<Hash> {
    bytes
        .try_into()
        .map_err(|_| PyValueError::new_err("a hash has 32 bytes"))
}

/// Leaf hashes SHA-256(0x00 || data), in order (RFC 6962 §2.1).
#[pyfunction]
fn leaf_hashes<'py>(py: Python<'py>, leaves: Vec<PyBackedBytes>) -> Vec<Bound<'py, PyBytes>> {
    let hashes: Vec<Hash> = py.detach(|| {
        leaves
            .iter()
            .map(|leaf| {
                Sha256::new()
                    .chain_update([0u8])
                    .chain_update(leaf)
                    .finalize()
                    .into()
            })
            .collect()
    });
    hashes.iter().map(|hash| PyBytes::new(py, hash)).collect()
}

/// Grows the right edge (`peaks`, largest first) of a tree of `size` leaves by leaf hashes. Returns the new
/// peaks and, per level of tiles, the hashes that became known, concatenated.
#[pyfunction]
fn grow<'py>(
    py: Python<'py>,
    size: u64,
    peaks: Vec<PyBackedBytes>,
    leaves: Vec<PyBackedBytes>,
    tile_height: u32,
) -> PyResult<(ListOfBytes<'py>, ListOfBytes<'py>)> {
    if peaks.len() != size.count_ones() as usize || tile_height == 0 {
        return Err(PyValueError::new_err("the peaks do not fit the size"));
    }
    let mut edge = peaks
        .iter()
        .map(|peak| as_hash(peak))
        .collect::<PyResult<Vec<Hash>>>()?;
    let added = leaves
        .iter()
        .map(|leaf| as_hash(leaf))
        .collect::<PyResult<Vec<Hash>>>()?;
    let mut found: Vec<Vec<u8>> = vec![Vec::with_capacity(added.len() * 32)];
    py.detach(|| {
        for (size, leaf) in (size..).zip(&added) {
            found[0].extend_from_slice(leaf);
            let mut merged = *leaf;
            let mut height = 0;
            while size >> height & 1 == 1 {
                // A set bit of the size is a peak, so there is one to take.
                let Some(left) = edge.pop() else { break };
                merged = node(&left, &merged);
                height += 1;
                if height % tile_height == 0 {
                    let level = (height / tile_height) as usize;
                    if level == found.len() {
                        found.push(Vec::new());
                    }
                    found[level].extend_from_slice(&merged);
                }
            }
            edge.push(merged);
        }
    });
    Ok((
        edge.iter().map(|peak| PyBytes::new(py, peak)).collect(),
        found
            .iter()
            .map(|hashes| PyBytes::new(py, hashes))
            .collect(),
    ))
}

/// Every row of the tree over the concatenated hashes, from the hashes to the root, each row concatenated; an
/// odd last node is promoted.
#[pyfunction]
fn rows<'py>(py: Python<'py>, hashes: &[u8]) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    if hashes.is_empty() || !hashes.len().is_multiple_of(32) {
        return Err(PyValueError::new_err(
            "a whole number of hashes, at least one",
        ));
    }
    let mut row: Vec<Hash> = hashes
        .chunks_exact(32)
        .map(as_hash)
        .collect::<PyResult<_>>()?;
    let mut found = vec![PyBytes::new(py, hashes)];
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| {
                if pair.len() == 2 {
                    node(&pair[0], &pair[1])
                } else {
                    pair[0]
                }
            })
            .collect();
        found.push(PyBytes::new(py, row.as_flattened()));
    }
    Ok(found)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(leaf_hashes, module)?)?;
    module.add_function(wrap_pyfunction!(grow, module)?)?;
    module.add_function(wrap_pyfunction!(rows, module)?)?;
    Ok(())
}
