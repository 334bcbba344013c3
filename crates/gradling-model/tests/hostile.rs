//! Files that are made to harm: each is refused with a reason, and takes little more memory than its bytes.

use gradling::nn::Activation;
use gradling_data::Matrix;
use gradling_model::{Model, Network, Precision};
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts what each thread has and the most that it had.
struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    // At the end of a thread there is nothing to count any more.
    let _ = NOW.try_with(|now| {
        now.set(now.get() + change);
        let _ = MOST.try_with(|most| most.set(most.get().max(now.get())));
    });
}

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe by its nature; this one hands all on to the system's"
)]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as for this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as for this function.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were allocated at a time while `body` ran, beyond those before.
fn most_memory<T>(body: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    MOST.set(before);
    let result = body();
    (result, (MOST.get() - before).unsigned_abs())
}

/// A file with this header and so many bytes behind it.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

/// A header with this description and one tensor.
fn described(description: &str, tensor: &str) -> String {
    let text = serde_json::Value::from(description).to_string();
    format!("{{\"__metadata__\":{{\"gradling\":{text}}},{tensor}}}")
}

const ENCODER: &str = r#""encoder":{"features":[{"name":"x","code":{"number":{"mean":0.0,"scale":1.0,"constant":false}}}],"target":"y","target_code":{"number":{"mean":0.0,"scale":1.0,"constant":false}}}"#;

fn description(inputs: &str, layers: &str) -> String {
    format!(
        r#"{{"format":1,"version":"0.1.0","seed":0,"inputs":{inputs},"layers":[{layers}],{ENCODER}}}"#
    )
}

/// Name, bytes, and what the reason begins with.
fn corpus() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    const NOT: &str = "is no model file, or a damaged one (";
    const TENSORS: &str = "has damaged tensors: ";
    const DESCRIPTION: &str = "has a damaged description: ";
    let layer = r#"{"outputs":1,"activation":"linear"}"#;
    let tensor = r#""0.weight":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"0.bias":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}"#;
    let with = |tensors: &str| file(&described(&description("1", layer), tensors), 16);
    let said = |text: &str| file(&described(text, tensor), 16);
    let deep = "[".repeat(100_000);
    let many = vec![layer; 20_000].join(",");
    let huge = r#"{"outputs":1152921504606846976,"activation":"linear"}"#;
    vec![
        ("nothing", vec![], NOT),
        ("a length alone", vec![8, 0, 0, 0, 0, 0, 0, 0], NOT),
        ("a header of 16 exabytes", vec![0xff; 64], NOT),
        ("a header of a terabyte", [&(1_u64 << 40).to_le_bytes()[..], b"{}"].concat(), NOT),
        (
            "a header of 99 megabytes that is not there",
            [&99_000_000_u64.to_le_bytes()[..], b"{}"].concat(),
            NOT,
        ),
        ("a header that is no JSON", file("{\"__metadata__\":", 0), NOT),
        ("a header that is no UTF-8", [&2_u64.to_le_bytes()[..], &[0xc3, 0x28]].concat(), NOT),
        ("a header that nests without end", file(&deep, 0), NOT),
        ("a header that is a list", file("[]", 0), NOT),
        (
            "a tensor of terabytes",
            with(
                r#""0.weight":{"dtype":"F64","shape":[549755813888,1],"data_offsets":[0,4398046511104]}"#,
            ),
            NOT,
        ),
        (
            "a shape whose product overflows",
            with(
                r#""0.weight":{"dtype":"F64","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}"#,
            ),
            NOT,
        ),
        (
            "a tensor that ends before it begins",
            with(r#""0.weight":{"dtype":"F64","shape":[1,1],"data_offsets":[8,0]}"#),
            NOT,
        ),
        (
            "tensors that share their bytes",
            with(
                r#""0.weight":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"0.bias":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}"#,
            ),
            NOT,
        ),
        (
            "bytes of no tensor",
            with(r#""0.weight":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]}"#),
            NOT,
        ),
        (
            "tensors of two layers for one",
            with(&format!(
                "{tensor},{}",
                r#""2.bias":{"dtype":"F64","shape":[0],"data_offsets":[16,16]}"#
            )),
            TENSORS,
        ),
        ("layers without tensors", said(&description("1", &many)), TENSORS),
        ("outputs of exabytes", said(&description("1", huge)), TENSORS),
        ("inputs of exabytes", said(&description("18446744073709551615", layer)), TENSORS),
        (
            "an activation of a megabyte",
            said(&description("1", &layer.replace("linear", &"x".repeat(1 << 20)))),
            DESCRIPTION,
        ),
        ("inputs below 0", said(&description("-1", layer)), DESCRIPTION),
        ("a description that nests without end", said(&deep), DESCRIPTION),
        ("a description that is a number", said("1e999"), DESCRIPTION),
        (
            "a format of another time",
            said("{\"format\":18446744073709551615}"),
            "is a model file of format 1844",
        ),
        (
            "a hash that is none",
            said(&description("1", layer).replacen('{', "{\"data_hash\":\"sha256:00\",", 1)),
            DESCRIPTION,
        ),
        (
            "a scale of 0",
            said(&description("1", layer).replacen("\"scale\":1.0", "\"scale\":0.0", 1)),
            DESCRIPTION,
        ),
        (
            "two columns of one name",
            said(&description("1", layer).replace("\"target\":\"y\"", "\"target\":\"x\"")),
            DESCRIPTION,
        ),
        ("no description", file(&format!("{{{tensor}}}"), 16), "holds tensors but no description"),
    ]
}

#[test]
fn hostile_files_are_refused_with_a_reason_in_little_more_memory_than_their_bytes() {
    for (name, bytes, reason) in corpus() {
        let (result, most) = most_memory(|| Model::from_bytes(&bytes));
        let said = result.expect_err(name).to_string();
        assert!(said.starts_with(reason), "{name}: {said:.300}");
        assert!(said.len() < 1000, "{name} is told in {} bytes", said.len());
        assert!(most <= 64 * 1024 + 12 * bytes.len(), "{name}: {most} bytes for {}", bytes.len());
    }
}

#[test]
fn the_same_files_are_refused_as_networks_of_pytorch() {
    for (name, bytes, _) in corpus() {
        let read = || Network::from_pytorch(&bytes, &[Activation::Relu]);
        let (result, most) = most_memory(read);
        // Without a description some are sound networks of a single layer, which has no activation.
        assert!(result.is_err(), "{name}");
        assert!(most <= 64 * 1024 + 12 * bytes.len(), "{name}: {most} bytes for {}", bytes.len());
    }
}

/// What the corpus is made from is no hostile file.
#[test]
fn the_file_that_the_corpus_damages_is_a_model() {
    let tensor = r#""0.weight":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"0.bias":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}"#;
    let layer = r#"{"outputs":1,"activation":"linear"}"#;
    let bytes = file(&described(&description("1", layer), tensor), 16);
    let model = Model::from_bytes(&bytes).unwrap();
    assert_eq!(model.data_hash(), None);
    assert!(Network::from_pytorch(&bytes, &[]).is_ok());
}

/// A model file for the properties below: numbers, texts and classes.
fn sound() -> Vec<u8> {
    use gradling::nn::{Init, Mlp};
    use gradling_data::{Encoder, Table, Target};
    use gradling_model::DataHash;
    let csv = "length,colour,kind\n1.5,red,a\n0.1,blue,b\n-3,red,c\n7e-9,green,a\n";
    let table = Table::read("test.csv", csv.as_bytes()).unwrap();
    let target = Target::infer(&table, "kind").unwrap();
    let encoder = Encoder::fit(&table, &table.row_ids(), &target).unwrap();
    let layers = [(3, Activation::Gelu), (3, Activation::Linear)];
    let mlp = Mlp::with(5, &layers, Init::Uniform, &mut gradling::Rng::new(1));
    let model = Model::new(encoder, Network::of(&mlp), 1).unwrap();
    model.with_data_hash(Some(DataHash::of(csv.as_bytes()))).to_bytes().unwrap()
}

/// What the fuzz target of this name does with bytes.
fn check(bytes: &[u8]) {
    let _ = Network::from_pytorch(bytes, &[Activation::Relu]);
    let Ok(model) = Model::from_bytes(bytes) else { return };
    let again = model.to_bytes().unwrap();
    assert_eq!(Model::from_bytes(&again).unwrap(), model);
    let cols = model.numbers().inputs();
    let predictions = model.predict(&Matrix { rows: 1, cols, data: vec![0.5; cols] });
    assert_eq!(predictions.rows(), 1);
    let _ = (model.to_onnx(), model.to_pytorch(Precision::Single));
    let _ = (model.to_rust(), model.to_c(), model.to_javascript());
}

proptest! {
    /// Bytes changed, cut out, put in and repeated, as a fuzzer does it.
    #[test]
    fn mutated_files_are_refused_or_models_that_predict_and_export(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..5_u8, any::<u8>(), 1..40_usize), 1..6),
    ) {
        let mut bytes = sound();
        for (place, what, byte, length) in changes {
            let at = place.index(bytes.len());
            let end = (at + length).min(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => drop(bytes.drain(at..end)),
                3 => drop(bytes.splice(at..at, std::iter::repeat_n(byte, length))),
                _ => bytes.extend_from_within(at..end),
            }
            if bytes.is_empty() {
                break;
            }
        }
        check(&bytes);
    }

    /// Digits of the header changed, so that lengths, shapes and places lie.
    #[test]
    fn files_with_other_numbers_are_refused_or_models_that_predict_and_export(
        changes in prop::collection::vec((any::<prop::sample::Index>(), b'0'..=b'9'), 1..4),
    ) {
        let mut bytes = sound();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let digits: Vec<usize> =
            (8..8 + length).filter(|&at| bytes[at].is_ascii_digit()).collect();
        for (place, digit) in changes {
            bytes[digits[place.index(digits.len())]] = digit;
        }
        check(&bytes);
    }
}
