//! The salted commitment to the body of a log entry. Twin and specification: `ledger/commitment.py`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyBytes;
use sha2::{Digest, Sha256};

use crate::json;

type Hash = [u8; 32];

const LEAF: u8 = 0x10;
const NODE: u8 = 0x11;
const ROOT: u8 = 0x12;
const SALT: u8 = 0x13;

/// HMAC-SHA-256 (RFC 2104) under the body's salt, its two padded keys hashed once.
struct Salts {
    inner: Sha256,
    outer: Sha256,
}

impl Salts {
    fn new(key: &[u8; 32]) -> Self {
        let pad = |byte: u8| {
            let mut block = [byte; 64];
            block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
            Sha256::new().chain_update(block)
        };
        Salts {
            inner: pad(0x36),
            outer: pad(0x5c),
        }
    }

    fn of(&self, index: u32, path: &str) -> Hash {
        let mut head = [0u8; 5];
        head[0] = SALT;
        head[1..].copy_from_slice(&index.to_be_bytes());
        let inner = self
            .inner
            .clone()
            .chain_update(head)
            .chain_update(path)
            .finalize();
        self.outer.clone().chain_update(inner).finalize().into()
    }
}

fn pair_hash(salt: &Hash, path: &str, value: &str) -> Hash {
    let mut head = [0u8; 37];
    head[0] = LEAF;
    head[1..33].copy_from_slice(salt);
    head[33..].copy_from_slice(&(path.len() as u32).to_be_bytes());
    Sha256::new()
        .chain_update(head)
        .chain_update(path)
        .chain_update(value)
        .finalize()
        .into()
}

fn bound_root(mut row: Vec<Hash>) -> Hash {
    let count = row.len() as u32;
    while row.len() > 1 {
        let half = row.len() / 2;
        for i in 0..half {
            let mut node = [0u8; 65];
            node[0] = NODE;
            node[1..33].copy_from_slice(&row[2 * i]);
            node[33..].copy_from_slice(&row[2 * i + 1]);
            row[i] = Sha256::digest(node).into();
        }
        if row.len() % 2 == 1 {
            row[half] = row[row.len() - 1];
            row.truncate(half + 1);
        } else {
            row.truncate(half);
        }
    }
    let mut last = [0u8; 37];
    last[0] = ROOT;
    last[1..5].copy_from_slice(&count.to_be_bytes());
    last[5..].copy_from_slice(&row[0]);
    Sha256::digest(last).into()
}

fn body_commitment(
    salt: &[u8],
    received: &[u8],
    meta: &[u8],
    signature: &[u8],
) -> Result<Hash, json::Refused> {
    let key: &[u8; 32] = salt
        .try_into()
        .map_err(|_| json::Refused("salt of a wrong length", 0))?;
    let salts = Salts::new(key);
    let mut hashes: Vec<Hash> = Vec::with_capacity(128);
    let mut add = |path: &str, value: &str| {
        let salt = salts.of(hashes.len() as u32, path);
        hashes.push(pair_hash(&salt, path, value));
    };
    json::flatten(received, "", &mut add)?;
    json::flatten(meta, "#", &mut add)?;
    if !signature.is_empty() {
        let mut text = String::with_capacity(signature.len() * 2 + 2);
        text.push('"');
        for byte in signature {
            text.push(char::from_digit((byte >> 4) as u32, 16).unwrap_or('0'));
            text.push(char::from_digit((byte & 15) as u32, 16).unwrap_or('0'));
        }
        text.push('"');
        add("@signature", &text);
    }
    Ok(bound_root(hashes))
}

fn hashes_of(
    salt: &[u8],
    paths: &[PyBackedStr],
    values: &[PyBackedStr],
) -> Result<Vec<Hash>, &'static str> {
    let key: &[u8; 32] = salt.try_into().map_err(|_| "the salt must have 32 bytes")?;
    if paths.len() != values.len() || paths.is_empty() {
        return Err("as many paths as values, and at least one");
    }
    let salts = Salts::new(key);
    let pairs = paths.iter().zip(values).enumerate();
    Ok(pairs
        .map(|(i, (path, value))| pair_hash(&salts.of(i as u32, path), path, value))
        .collect())
}

/// Commitment over the pairs (paths[i], values[i]) under a 32-byte salt.
#[pyfunction]
fn commitment_root<'py>(
    py: Python<'py>,
    salt: PyBackedBytes,
    paths: Vec<PyBackedStr>,
    values: Vec<PyBackedStr>,
) -> PyResult<Bound<'py, PyBytes>> {
    let root = py
        .detach(|| hashes_of(&salt, &paths, &values).map(bound_root))
        .map_err(PyValueError::new_err)?;
    Ok(PyBytes::new(py, &root))
}

/// Salted hashes of the pairs, in order.
#[pyfunction]
fn pair_hashes<'py>(
    py: Python<'py>,
    salt: PyBackedBytes,
    paths: Vec<PyBackedStr>,
    values: Vec<PyBackedStr>,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let hashes = py
        .detach(|| hashes_of(&salt, &paths, &values))
        .map_err(PyValueError::new_err)?;
    Ok(hashes.iter().map(|hash| PyBytes::new(py, hash)).collect())
}

type BodyParts = (PyBackedBytes, PyBackedBytes, PyBackedBytes, PyBackedBytes);

/// Below this many bytes a batch is not worth a second thread.
const BYTES_PER_THREAD: usize = 128 * 1024;
const MAX_THREADS: usize = 4;

fn commit_all(bodies: &[BodyParts]) -> Result<Vec<Hash>, json::Refused> {
    let one_by_one = |part: &[BodyParts]| -> Result<Vec<Hash>, json::Refused> {
        part.iter()
            .map(|(salt, received, meta, signature)| {
                body_commitment(salt, received, meta, signature)
            })
            .collect()
    };
    let bytes: usize = bodies.iter().map(|body| body.1.len() + body.2.len()).sum();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = (bytes / BYTES_PER_THREAD)
        .clamp(1, cores.min(MAX_THREADS))
        .min(bodies.len().max(1));
    if threads == 1 {
        return one_by_one(bodies);
    }
    std::thread::scope(|scope| {
        let parts = bodies.chunks(bodies.len().div_ceil(threads));
        let running: Vec<_> = parts
            .map(|part| scope.spawn(move || one_by_one(part)))
            .collect();
        let mut roots = Vec::with_capacity(bodies.len());
        for thread in running {
            roots.extend(
                thread
                    .join()
                    .map_err(|_| json::Refused("a thread panicked", 0))??,
            );
        }
        Ok(roots)
    })
}

/// Commitments of whole bodies (salt, received, meta, signature), in order.
#[pyfunction]
fn body_commitments<'py>(
    py: Python<'py>,
    bodies: Vec<BodyParts>,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let roots = py
        .detach(|| commit_all(&bodies))
        .map_err(|why| PyValueError::new_err((why.0, why.1)))?;
    Ok(roots.iter().map(|root| PyBytes::new(py, root)).collect())
}

/// The (path, value) pairs of a JSON object, paths under `root`.
#[pyfunction]
fn flatten(text: &[u8], root: &str) -> PyResult<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    json::flatten(text, root, &mut |path, value| {
        pairs.push((path.to_owned(), value.to_owned()))
    })
    .map_err(|why| PyValueError::new_err((why.0, why.1)))?;
    Ok(pairs)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(commitment_root, module)?)?;
    module.add_function(wrap_pyfunction!(pair_hashes, module)?)?;
    module.add_function(wrap_pyfunction!(body_commitments, module)?)?;
    module.add_function(wrap_pyfunction!(flatten, module)?)?;
    Ok(())
}
