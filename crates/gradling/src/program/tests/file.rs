//! Saved programs come back as they were, and nothing else comes in.

use super::config;
use crate::program::reference::{INPUTS, Operations, PARAMETERS, graphs, numbers, same};
use crate::program::{LoadError, Mode, Program};
use crate::{Options, Step, Value, dot, group, logsumexp, sum};
use proptest::prelude::*;

/// A program with a value of every sort.
fn program() -> Program {
    let w = [(); 3].map(|()| Value::new(0.5));
    let program = Program::record(&w, [2, 1], |[x, y]| {
        let score = group("neuron", || (w[0] * x[0] + w[1] * x[1] + 0.5).tanh());
        let picked = x[0].gt(0.0).select(score, logsumexp(&[score, x[1]]));
        Step::mean((picked - y[0]).pow(2.0) + dot(&[x[0], w[2]], &[score, x[1]]))
            .plus(sum(&[w[0] * w[0], w[1] * w[1]]))
            .with_outputs(&[score, picked])
    });
    program.unwrap()
}

/// The bytes with the length and the checksum that belong to them. FNV-1a, from its description
/// (draft-eastlake-fnv).
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() < 28 {
        return bytes;
    }
    let length = bytes.len() as u64;
    bytes[12..20].copy_from_slice(&length.to_le_bytes());
    let body = bytes.len() - 8;
    let mut hash: u64 = 14_695_981_039_346_656_037;
    for &byte in &bytes[..body] {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(1_099_511_628_211);
    }
    bytes[body..].copy_from_slice(&hash.to_le_bytes());
    bytes
}

/// Runs what was loaded, if it is small.
fn try_out(program: &Program) {
    let widths = program.inputs();
    if widths.iter().sum::<usize>() > 1000 || program.parameters() > 1000 {
        return;
    }
    let arrays: Vec<Vec<f64>> = widths.iter().map(|&width| vec![0.5; 3 * width]).collect();
    let arrays: Vec<&[f64]> = arrays.iter().map(|array| &array[..]).collect();
    let parameters = vec![0.25; program.parameters()];
    for mode in [Mode::Fast, Mode::Strict] {
        let mut run = program.compile_with::<f64>(Options::default().mode(mode).threads(1));
        // There may be no samples at all, where there are no inputs, and an error is as good as numbers.
        let mut outputs = vec![0.0; 3 * program.outputs()];
        let _ = run.predict(&parameters, &arrays, &mut outputs);
        let mut gradient = vec![0.0; parameters.len()];
        let _ = run.value_and_grad(&parameters, &arrays, &mut gradient);
    }
}

#[test]
fn what_is_loaded_is_what_was_saved() {
    let program = program();
    let saved = program.save();
    let loaded = Program::load(&saved).unwrap();
    assert_eq!(format!("{:?}", loaded.graph), format!("{:?}", program.graph));
    assert_eq!(loaded.save(), saved);
    assert_eq!(program.save(), saved);
    assert_eq!(loaded.explain().to_string(), program.explain().to_string());
}

#[test]
fn a_file_cut_at_any_place_is_refused() {
    let saved = program().save();
    for length in 0..saved.len() {
        let error = Program::load(&saved[..length]).unwrap_err();
        assert!(!error.to_string().is_empty());
        // With the right length and checksum, too.
        assert!(Program::load(&sealed(saved[..length].to_vec())).is_err(), "{length}");
    }
    let longer = [&saved[..], &[0]].concat();
    let (expected, found) = (saved.len() as u64, saved.len() as u64 + 1);
    assert_eq!(Program::load(&longer).unwrap_err(), LoadError::Length { expected, found });
}

#[test]
fn a_file_with_any_bit_turned_is_refused() {
    let saved = program().save();
    for place in 0..saved.len() {
        for bit in 0..8 {
            let mut bytes = saved.clone();
            bytes[place] ^= 1 << bit;
            assert!(Program::load(&bytes).is_err(), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn a_forged_file_is_refused_or_runs() {
    let saved = program().save();
    let (mut refused, mut loaded) = (0, 0);
    for place in 0..saved.len() {
        for change in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut bytes = saved.clone();
            bytes[place] ^= change;
            match Program::load(&sealed(bytes)) {
                Ok(program) => {
                    loaded += 1;
                    try_out(&program);
                }
                Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().is_empty());
                }
            }
        }
    }
    // Some changes make another program, as another number; most make none.
    assert!(loaded > 0 && refused > loaded, "{loaded} {refused}");
}

/// The saved bytes with those from `place` on replaced.
fn with(saved: &[u8], place: usize, bytes: &[u8]) -> Vec<u8> {
    let mut all = saved.to_vec();
    all[place..place + bytes.len()].copy_from_slice(bytes);
    sealed(all)
}

/// Where these bytes stand in the file.
fn find(saved: &[u8], bytes: &[u8]) -> usize {
    saved.windows(bytes.len()).position(|window| window == bytes).unwrap()
}

#[test]
fn a_file_says_what_is_wrong_with_it() {
    let saved = program().save();
    assert_eq!(Program::load(b"").unwrap_err(), LoadError::NotAProgram);
    assert_eq!(Program::load(b"PK\x03\x04 a zip").unwrap_err(), LoadError::NotAProgram);
    let newer = with(&saved, 8, &2_u32.to_le_bytes());
    assert_eq!(Program::load(&newer).unwrap_err(), LoadError::Version { found: 2, latest: 1 });
    let unknown = with(&saved, find(&saved, b"tanh"), b"tanz");
    assert_eq!(Program::load(&unknown).unwrap_err(), LoadError::UnknownOperation("tanz".into()));
    // `tanh` where two values are taken; `gt` where one is.
    let two = Program::load(&with(&saved, find(&saved, b"tanh"), b"max\0"));
    assert!(matches!(two.unwrap_err(), LoadError::UnknownOperation(_)));
    let huge = with(&saved, 20, &u32::MAX.to_le_bytes());
    let error = Program::load(&huge).unwrap_err();
    assert_eq!(
        error.to_string(),
        "byte 20: there are fewer bytes than this count needs: save the program again"
    );
}

/// A file of one value, with this body behind the header.
fn file_of(body: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"gradprog\x01\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend(body.concat());
    bytes.extend([0; 8]);
    sealed(bytes)
}

const ZERO: &[u8] = &0_u32.to_le_bytes();
const ONE: &[u8] = &1_u32.to_le_bytes();
const NO_NAMES: &[u8] = ZERO;
const NO_INPUTS: &[u8] = ZERO;
const NO_PARAMETERS: &[u8] = ZERO;
/// One output, value 0; no loss, and nothing added once.
const ROOTS: &[u8] = &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// What is wrong with the file.
fn refused(file: &[u8]) -> &'static str {
    match Program::load(file) {
        Err(LoadError::Invalid { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_rule_of_the_format_is_kept() {
    let number = [&[0][..], &1.5_f64.to_bits().to_le_bytes(), ZERO].concat();
    let good = [NO_NAMES, NO_INPUTS, NO_PARAMETERS, NO_NAMES, ONE, &number, ROOTS];
    let program = Program::load(&file_of(&good)).unwrap();
    assert_eq!((program.outputs(), program.parameters()), (1, 0));

    let file = |values: &[u8], roots: &[u8]| {
        let inputs = [ONE, &2_u32.to_le_bytes()].concat();
        let parameters = [&3_u32.to_le_bytes()[..], &[0b101]].concat();
        let operations = [&3_u32.to_le_bytes()[..], &text("neg"), &text("add"), &text("dot")];
        let operations = operations.concat();
        file_of(&[&operations, &inputs, &parameters, NO_NAMES, values, roots])
    };
    let one = |value: &[u8]| [ONE, value, ZERO].concat();
    let id = |id: u32| id.to_le_bytes();
    let wrong = |value: &[u8]| refused(&file(&one(value), ROOTS));

    assert_eq!(wrong(&[99, 0, 0, 0, 0, 0, 0, 0, 0]), "there is no sort of values of this number");
    // An operation of itself; one that there is none of; one that takes another number of values.
    let made = |sort: u8, fields: &[u32]| {
        let fields: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
        [&[sort][..], &fields].concat()
    };
    assert_eq!(wrong(&made(3, &[0, 0])), "a value may only be made of values before it");
    assert_eq!(wrong(&made(4, &[1, 0, 0, 0])), "this operation takes another number of values");
    assert_eq!(wrong(&made(3, &[1, 0])), "this operation takes another number of values");
    assert_eq!(wrong(&made(7, &[2, 0])), "this operation takes another number of values");
    assert_eq!(wrong(&made(3, &[3, 0])), "there is no operation of this number");
    assert_eq!(wrong(&made(8, &[u32::MAX])), "there are fewer bytes than this count needs");
    // The second parameter is said to be unread; there is no third input.
    assert_eq!(wrong(&made(1, &[1])), "there is no parameter of this number");
    assert_eq!(wrong(&made(1, &[3])), "there is no parameter of this number");
    assert_eq!(wrong(&made(2, &[2])), "there is no input of this number");
    let input = |i: u32| [&[2][..], &id(i), ZERO].concat();
    let twice = [&id(2)[..], &input(1), &input(1)].concat();
    assert_eq!(refused(&file(&twice, ROOTS)), "inputs stand in their order, each once");
    let odd = [&id(2)[..], &input(1), &made(8, &[1, 0]), ZERO].concat();
    assert_eq!(refused(&file(&odd, ROOTS)), "a dot needs two equal lists");
    let named = [ONE, &made(2, &[0]), ONE].concat();
    assert_eq!(refused(&file(&named, ROOTS)), "there is no name of this number");

    let some = [ONE, &input(0)].concat();
    let roots = |loss: &[u8], once: &[u8]| refused(&file(&some, &[ZERO, loss, once].concat()));
    assert_eq!(roots(&[0], &[0]), "the program has neither a loss nor outputs");
    assert_eq!(roots(&[3], &[0]), "a loss is a sum or a mean");
    assert_eq!(roots(&[1, 1, 0, 0, 0], &[0]), "a value may only be made of values before it");
    assert_eq!(roots(&[1, 0, 0, 0, 0], &[2]), "a term is added once, or none is");
    assert_eq!(
        roots(&[1, 0, 0, 0, 0], &[1, 0, 0, 0, 0]),
        "what is added once must not depend on the sample"
    );
    let long = [ROOTS, &[0]].concat();
    assert_eq!(refused(&file(&some, &long)), "the program ends before the file does");

    let wide = [&id(2)[..], &id(u32::MAX), &id(u32::MAX)].concat();
    let wide = [NO_NAMES, &wide, NO_PARAMETERS, NO_NAMES, ONE, &number, ROOTS];
    assert_eq!(refused(&file_of(&wide)), "the arrays are wider than a sample can be");
    let many = [NO_NAMES, NO_INPUTS, &id(u32::MAX), NO_NAMES, ONE, &number, ROOTS];
    assert_eq!(refused(&file_of(&many)), "there are fewer bytes than this count needs");
    let name = [ONE, &id(2), &[0xC3, 0x28]].concat();
    let name = [&name, NO_INPUTS, NO_PARAMETERS, NO_NAMES, ONE, &number, ROOTS];
    assert_eq!(refused(&file_of(&name)), "this name is not UTF-8");
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

#[test]
fn programs_and_runners_go_to_other_threads() {
    fn is<T: Send + Sync>() {}
    is::<Program>();
    is::<crate::Runner<f32>>();
    is::<crate::Runner<f64>>();
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn any_program_comes_back_with_the_same_bits_in_its_results(
        graph in graphs(Operations::All),
        (parameters, inputs) in numbers(),
    ) {
        let program = Program::of(graph, Mode::Fast);
        let saved = program.save();
        let loaded = Program::load(&saved).unwrap();
        prop_assert_eq!(format!("{:?}", &loaded.graph), format!("{:?}", &program.graph));
        prop_assert_eq!(loaded.save(), saved);
        let results = |program: &Program| {
            let mut outputs = [0.0; 2];
            let mut gradient = [0.0; PARAMETERS];
            let mut run = program.compile_with::<f64>(Options::default().threads(1));
            let arrays: [&[f64]; 2] = [&inputs[..1], &inputs[1..INPUTS]];
            run.predict(&parameters, &arrays, &mut outputs).unwrap();
            let loss = run.value_and_grad(&parameters, &arrays, &mut gradient).unwrap();
            outputs.into_iter().chain(gradient).chain([loss]).collect::<Vec<f64>>()
        };
        let (before, after) = (results(&program), results(&loaded));
        prop_assert!(before.iter().zip(&after).all(|(&a, &b)| same(a, b)), "{:?} {:?}", before, after);
    }

    #[test]
    fn no_bytes_make_it_panic(
        graph in graphs(Operations::All),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut bytes = Program::of(graph, Mode::Fast).save();
        for (place, byte) in changes {
            let place = place.index(bytes.len() - 28) + 20;
            bytes[place] = byte;
        }
        if cuts {
            // A stretch of the body is gone.
            let from = 20 + cut.index(bytes.len() - 28);
            bytes.drain(from..(from + 7).min(bytes.len() - 8));
        }
        if let Ok(program) = Program::load(&sealed(bytes)) {
            try_out(&program);
        }
    }

    #[test]
    fn nor_do_bytes_that_are_no_file(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Program::load(&bytes);
        let file = [&b"gradprog\x01\0\0\0\0\0\0\0\0\0\0\0"[..], &bytes, &[0; 8]].concat();
        let _ = Program::load(&sealed(file));
    }
}
