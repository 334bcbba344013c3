//! A dense matrix of numbers, row by row.

use crate::error::DataError;

/// Numbers in rows of one length; element (r, c) is `data[r * cols + c]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Number of rows: one a sample.
    pub rows: usize,
    /// Number of columns: one an input.
    pub cols: usize,
    /// The elements, `rows * cols` of them, row after row.
    pub data: Vec<f64>,
}

impl Matrix {
    /// A row, of length `cols`.
    ///
    /// # Panics
    /// When there is no such row, as indexing does.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.data[row * self.cols..][..self.cols]
    }

    /// Room for `rows * cols` elements, none written yet.
    pub(crate) fn room(rows: usize, cols: usize) -> Result<Vec<f64>, DataError> {
        let too_large = DataError::TooLarge { rows, cols };
        let Some(size) = rows.checked_mul(cols) else {
            return Err(too_large);
        };
        let mut data = Vec::new();
        data.try_reserve_exact(size).map_err(|_| too_large)?;
        Ok(data)
    }
}
