//! Values as JSON: one line a value, all digits.

use crate::listing::{Listing, Slopes};
use serde::{Serialize, Serializer};
use std::io::{self, Write};

#[derive(Serialize)]
struct Entry {
    label: Option<String>,
    op: String,
    inputs: Vec<usize>,
    data: Number,
    grad: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slope: Option<Option<Number>>,
}

/// JSON has no numbers that are not finite: they become texts.
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            x if x.is_finite() => to.serialize_f64(x),
            x if x.is_nan() => to.serialize_str("nan"),
            x if x > 0.0 => to.serialize_str("inf"),
            _ => to.serialize_str("-inf"),
        }
    }
}

pub(super) fn write(
    out: &mut dyn Write,
    listing: &Listing,
    slopes: Option<&Slopes>,
) -> io::Result<()> {
    out.write_all(b"{\"values\": [")?;
    for (place, &value) in listing.values().iter().enumerate() {
        let entry = Entry {
            label: value.label(),
            op: value.symbol(),
            inputs: value.inputs().into_iter().map(|input| listing.place(input)).collect(),
            data: Number(value.data()),
            grad: value.computed_grad().map(Number),
            slope: slopes.map(|slopes| slopes.get(&value).map(|s| Number(s.slope))),
        };
        out.write_all(if place > 0 { b",\n" } else { b"\n" })?;
        serde_json::to_writer(&mut *out, &entry)?;
    }
    out.write_all(b"\n]}\n")
}
