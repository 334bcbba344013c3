//! Numbers in `f32` or `f64`, as the caller says. They come and go as bytes, of arrays of numpy's or of
//! `array`, whatever made them.

use gradling::Number;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::fmt::Display;

pub(crate) fn invalid(error: impl Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// A number that can be read from bytes.
pub(crate) trait Plain: Number {
    fn read(bytes: &[u8]) -> Vec<Self>;
    fn write(numbers: &[Self]) -> Vec<u8>;

    fn read_all(arrays: &[PyBackedBytes]) -> Vec<Vec<Self>> {
        arrays.iter().map(|array| Self::read(array)).collect()
    }

    fn of_all(numbers: &[f64]) -> Vec<Self> {
        numbers.iter().map(|&number| Self::from_f64(number)).collect()
    }
}

macro_rules! plain {
    ($($T:ident)*) => { $(
        impl Plain for $T {
            fn read(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|&bytes| $T::from_ne_bytes(bytes)).collect()
            }

            fn write(numbers: &[Self]) -> Vec<u8> {
                numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
            }
        }
    )* };
}

plain! { f32 f64 }

pub(crate) fn slices<T>(arrays: &[Vec<T>]) -> Vec<&[T]> {
    arrays.iter().map(Vec::as_slice).collect()
}

/// One of two kinds of numbers.
pub(crate) enum Either<A, B> {
    F32(A),
    F64(B),
}

impl<A, B> Either<A, B> {
    pub(crate) fn f32(&self) -> Option<&A> {
        match self {
            Either::F32(found) => Some(found),
            Either::F64(_) => None,
        }
    }

    pub(crate) fn f64(&self) -> Option<&B> {
        match self {
            Either::F64(found) => Some(found),
            Either::F32(_) => None,
        }
    }
}

/// Runs the same code for either kind of number.
macro_rules! either {
    ($value:expr, $inner:ident, $T:ident => $body:expr) => {
        match $value {
            Either::F32($inner) => {
                #[allow(dead_code)]
                type $T = f32;
                $body
            }
            Either::F64($inner) => {
                #[allow(dead_code)]
                type $T = f64;
                $body
            }
        }
    };
}

pub(crate) fn is_f32(dtype: &str) -> PyResult<bool> {
    match dtype {
        "float32" => Ok(true),
        "float64" => Ok(false),
        other => Err(invalid(format!("dtype must be 'float32' or 'float64', not {other:?}"))),
    }
}

pub(crate) const OTHER_DTYPE: &str = "the program is of another dtype than the trainer";

pub(crate) use either;
