//! Parquet files become the same typed columns as CSV, and what is wrong in them is named with its row.
#![cfg(feature = "parquet")]

use gradling_data::{Missing, Table, TableReader, Target, Values};
use parquet::basic::Compression;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::sync::Arc;

/// A column, with `None` for what is missing.
enum Cells {
    Bool(Vec<Option<bool>>),
    Int(Vec<Option<i32>>),
    Long(Vec<Option<i64>>),
    Float(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
    Bytes(Vec<Option<&'static [u8]>>),
}

fn put<T: parquet::data_type::DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    cells: &[Option<T::T>],
) {
    let values: Vec<T::T> = cells.iter().flatten().cloned().collect();
    let levels: Vec<i16> = cells.iter().map(|cell| cell.is_some().into()).collect();
    writer.typed::<T>().write_batch(&values, Some(&levels), None).unwrap();
}

/// A file of these columns, of `groups` groups of the same rows.
fn file(schema: &str, groups: usize, compression: Compression, columns: &[Cells]) -> File {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder().set_compression(compression).build();
    let file = tempfile::tempfile().unwrap();
    let copy = file.try_clone().unwrap();
    let mut writer = SerializedFileWriter::new(copy, schema, Arc::new(properties)).unwrap();
    for _ in 0..groups {
        let mut group = writer.next_row_group().unwrap();
        for cells in columns {
            let mut writer = group.next_column().unwrap().unwrap();
            match cells {
                Cells::Bool(cells) => put::<BoolType>(&mut writer, cells),
                Cells::Int(cells) => put::<Int32Type>(&mut writer, cells),
                Cells::Long(cells) => put::<Int64Type>(&mut writer, cells),
                Cells::Float(cells) => put::<FloatType>(&mut writer, cells),
                Cells::Double(cells) => put::<DoubleType>(&mut writer, cells),
                Cells::Bytes(cells) => {
                    let cells: Vec<_> =
                        cells.iter().map(|cell| cell.map(ByteArray::from)).collect();
                    put::<ByteArrayType>(&mut writer, &cells);
                }
            }
            writer.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    file
}

const FLATS: &str = "message flats {
    optional double size; optional int32 rooms; optional int64 code; optional float rent;
    optional boolean lift; optional binary kind (STRING);
}";

/// So many groups, each of the two rows so many times.
fn flats(groups: usize, times: usize, compression: Compression) -> File {
    fn all<T: Copy>(cells: [T; 2], times: usize) -> Vec<Option<T>> {
        cells.map(Some).repeat(times)
    }
    let columns = [
        Cells::Double(all([20.5, 31.25], times)),
        Cells::Int(all([1, -2], times)),
        Cells::Long(all([1067, 80331], times)),
        Cells::Float(all([0.5, 0.25], times)),
        Cells::Bool(all([true, false], times)),
        Cells::Bytes(all([&b"old"[..], "größer".as_bytes()], times)),
    ];
    file(FLATS, groups, compression, &columns)
}

fn reader() -> TableReader {
    TableReader::new("flats.parquet")
}

#[test]
fn a_parquet_file_is_the_table_that_its_csv_is() {
    let csv = "size,rooms,code,rent,lift,kind\n20.5,1,1067,0.5,true,old\n31.25,-2,80331,0.25,false,größer\n";
    let right = Table::read("flats.csv", csv.as_bytes()).unwrap();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
    ] {
        let table = reader().read_parquet(flats(1, 1, compression)).unwrap();
        assert_eq!(table.columns(), right.columns(), "{compression}");
        assert_eq!(table.hash().unwrap().len(), 64);
    }
    let chosen = reader().only(["code", "kind"]).text(["code"]);
    let chosen = chosen.read_parquet(flats(1, 1, Compression::SNAPPY)).unwrap();
    let right = TableReader::new("flats.csv").only(["code", "kind"]).text(["code"]);
    assert_eq!(chosen.columns(), right.read(csv.as_bytes()).unwrap().columns());
}

#[test]
fn parts_of_a_parquet_file_make_up_the_table() {
    let large = || flats(3, 10_000, Compression::SNAPPY);
    let whole = reader().read_parquet(large()).unwrap();
    assert_eq!(whole.rows(), 60_000);
    let stream = reader().stream_parquet::<std::io::Empty>(large());
    let (mut row, mut parts) = (0, 0);
    for part in stream.unwrap() {
        let part = part.unwrap();
        for (column, right) in part.columns().iter().zip(whole.columns()) {
            for at in 0..part.rows() {
                assert_eq!(column.cell(at), right.cell(row + at));
            }
        }
        assert_eq!((part.line(0), whole.line(row)), (row as u64 + 1, row as u64 + 1));
        row += part.rows();
        parts += 1;
    }
    assert_eq!(row, whole.rows());
    assert!(parts > 2);
}

#[test]
fn missing_values_are_kept_or_named_with_their_row() {
    let schema = "message t { optional double x; optional binary y (STRING); }";
    let cells = || {
        [
            Cells::Double(vec![Some(1.0), None, Some(f64::NAN), Some(2.0)]),
            Cells::Bytes(vec![Some(b"a"), Some(b"b"), Some(b"a"), Some(b"NA")]),
        ]
    };
    let there = || file(schema, 1, Compression::UNCOMPRESSED, &cells());
    let error = TableReader::new("t.parquet").read_parquet(there()).unwrap_err().to_string();
    assert!(error.starts_with("t.parquet:2, column \"x\""), "{error}");
    assert!(error.contains("the value is missing"), "{error}");
    let table = TableReader::new("t").keep_missing().read_parquet(there()).unwrap();
    assert_eq!(Missing::Drop.usable(&table, "y").unwrap(), [0]);
    let Values::Numbers(numbers) = table.columns()[0].values() else { panic!("{table:?}") };
    assert!(numbers[1].is_nan() && numbers[2].is_nan() && numbers[3] == 2.0);
}

#[test]
fn what_is_no_table_of_values_is_refused_with_its_place() {
    let schema = "message t { optional double x; }";
    let infinite = file(
        schema,
        1,
        Compression::UNCOMPRESSED,
        &[Cells::Double(vec![Some(1.0), Some(f64::INFINITY)])],
    );
    let error = TableReader::new("t").read_parquet(infinite).unwrap_err().to_string();
    assert!(error.starts_with("t:2, column \"x\": \"inf\" is not a finite number"), "{error}");

    let bytes = "message t { optional binary y; }";
    let cells = [Cells::Bytes(vec![Some(b"a"), Some(b"\xff\xfe")])];
    let bytes = file(bytes, 1, Compression::UNCOMPRESSED, &cells);
    let error = TableReader::new("t").read_parquet(bytes).unwrap_err().to_string();
    assert!(error.starts_with("t:2, column \"y\"") && error.contains("not UTF-8"), "{error}");

    // The list is of no use, and in nobody's way when it is left out.
    let nested = "message t { optional group l { optional double a; } optional double x; }";
    let cells = [Cells::Double(vec![None]), Cells::Double(vec![Some(1.0)])];
    let nested = || file(nested, 1, Compression::UNCOMPRESSED, &cells);
    let error = TableReader::new("t").read_parquet(nested()).unwrap_err().to_string();
    assert!(error.contains("column \"l\" holds lists or groups; leave it out"), "{error}");
    let table = TableReader::new("t").without(["l"]).read_parquet(nested()).unwrap();
    assert_eq!(table.columns().len(), 1);
}

#[test]
fn dates_are_texts_that_are_refused_as_dates() {
    let schema = "message t { optional int32 d (DATE); optional int64 s (TIMESTAMP(MICROS,true)); \
                  optional int64 n (TIMESTAMP(NANOS,false)); optional int64 t (TIME(NANOS,true)); \
                  optional double y; }";
    let cells = [
        // By `date -u -d 2024-02-29 +%s`, over 86,400, and the same of 1969-12-31.
        Cells::Int(vec![Some(19_782), Some(-1)]),
        Cells::Long(vec![Some(1_709_208_000_000_000), Some(-1)]),
        Cells::Long(vec![Some(1_709_208_000_000_000_000), None]),
        Cells::Long(vec![Some(45_296_999_999_999), Some(0)]),
        Cells::Double(vec![Some(1.0), Some(2.5)]),
    ];
    let table = TableReader::new("t")
        .keep_missing()
        .read_parquet(file(schema, 1, Compression::UNCOMPRESSED, &cells))
        .unwrap();
    let cells = |column: usize| [0, 1].map(|row| table.columns()[column].cell(row));
    assert_eq!(cells(0), ["2024-02-29", "1969-12-31"]);
    assert_eq!(cells(1), ["2024-02-29 12:00:00", "1969-12-31 23:59:59"]);
    assert_eq!(cells(2), ["2024-02-29 12:00:00", ""]);
    assert_eq!(cells(3), ["12:34:56", "00:00:00"]);
    let target = Target::infer(&table, "y").unwrap();
    let error = gradling_data::Encoder::fit(&table, &[0, 1], &target).unwrap_err().to_string();
    assert!(error.contains("dates"), "{error}");
}

#[test]
fn a_file_cut_short_or_with_another_byte_is_an_error_or_a_table() {
    use std::io::{Read, Seek, Write};
    let mut file = flats(3, 1, Compression::SNAPPY);
    file.rewind().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let read = |bytes: &[u8]| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        reader().read_parquet(file)
    };
    assert_eq!(read(&bytes).unwrap().rows(), 6);
    for end in (0..bytes.len()).step_by(7) {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
    for place in (0..bytes.len()).step_by(5) {
        let mut wrong = bytes.clone();
        wrong[place] ^= 0x55;
        let _ = read(&wrong);
    }
}
