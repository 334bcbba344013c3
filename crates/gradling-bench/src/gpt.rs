//! One training step of the GPT of lesson 7 on a name of seven letters, which is 8 tokens: forward,
//! backward and Adam.

mod c;
// The lesson has the network twice, for tokens known now and for one-hot rows; not all of it is used here.
#[allow(dead_code)]
#[path = "../../gradling/examples/7_gpt/model.rs"]
mod model;

use crate::Case;
use crate::moons::answer;
use c::Loops;
use gradling::nn::{Adam, Module, Optimizer};
use gradling::{Options, Program, Rng, Runner, Step, Value, scope};
use model::{Gpt, VOCABULARY, loss, loss_tokens, tokens};

/// Eight tokens to read, and eight to guess.
const NAME: &str = "charles";

/// A network in values and its optimiser: what a user writes.
struct Eager {
    gpt: Gpt,
    parameters: Vec<Value>,
    adam: Adam,
}

impl Eager {
    fn new(rate: f64) -> Self {
        let gpt = Gpt::new(&mut Rng::new(0));
        let parameters = gpt.parameters();
        Eager { gpt, parameters, adam: Adam::new(rate).betas(0.85, 0.99) }
    }

    fn numbers(&self) -> Vec<f64> {
        self.parameters.iter().map(|p| p.data()).collect()
    }

    /// The loss before the step.
    fn step(&mut self, tokens: &[usize]) -> f64 {
        let (read, next) = (&tokens[..tokens.len() - 1], &tokens[1..]);
        self.parameters.iter().for_each(|p| p.zero_grad());
        scope(|| {
            let loss = loss_tokens(&self.gpt.forward_tokens(read), next);
            loss.backward();
            self.adam.step(&self.parameters);
            loss.data()
        })
    }
}

/// The same compiled: one program for all names of a length, whose letters are one-hot rows.
struct Compiled {
    run: Runner<f64>,
    parameters: Vec<f64>,
    gradient: Vec<f64>,
    adam: Adam,
    read: Vec<f64>,
    next: Vec<f64>,
}

impl Compiled {
    fn new(rate: f64, positions: usize) -> Self {
        let (program, parameters) = scope(|| {
            let gpt = Gpt::new(&mut Rng::new(0));
            let parameters = gpt.parameters();
            let width = positions * VOCABULARY;
            let program = Program::record(&parameters, [width, width], |[read, next]| {
                let rows = |x: &[Value]| x.chunks(VOCABULARY).map(<[Value]>::to_vec).collect();
                let (read, next): (Vec<Vec<Value>>, Vec<Vec<Value>>) = (rows(read), rows(next));
                Step::sum(loss(&gpt.forward(&read), &next))
            });
            let numbers = parameters.iter().map(|p| p.data()).collect::<Vec<f64>>();
            (program.expect("the step asks for no numbers"), numbers)
        });
        Compiled {
            run: program.compile_with(Options::default().threads(1)),
            gradient: vec![0.0; parameters.len()],
            parameters,
            adam: Adam::new(rate).betas(0.85, 0.99),
            read: vec![0.0; positions * VOCABULARY],
            next: vec![0.0; positions * VOCABULARY],
        }
    }

    /// The loss before the step.
    fn step(&mut self, tokens: &[usize]) -> f64 {
        for (rows, tokens) in [(&mut self.read, tokens), (&mut self.next, &tokens[1..])] {
            rows.fill(0.0);
            for (row, &token) in rows.chunks_exact_mut(VOCABULARY).zip(tokens) {
                row[token] = 1.0;
            }
        }
        let arrays: [&[f64]; 2] = [&self.read, &self.next];
        let loss = self.run.value_and_grad(&self.parameters, &arrays, &mut self.gradient);
        self.adam.update(&mut self.parameters, &self.gradient);
        loss.expect("the lengths fit")
    }
}

/// A step beside the same in C.
///
/// The rate is 0, so that every step is the same step, however often it is run; tests take steps that go
/// somewhere.
fn beside(name: &'static str, reference: &'static str, make: fn(Vec<f64>) -> Loops) -> Case {
    let tokens = tokens(NAME);
    let mut compiled = Compiled::new(0.0, tokens.len() - 1);
    let mut loops = make(compiled.parameters.clone());
    let theirs = tokens.clone();
    Case {
        name,
        about: "GPT of 4,192 parameters as a program: a step on 8 tokens, with Adam",
        ours: Box::new(move || {
            let loss = compiled.step(&tokens);
            loss + answer(compiled.gradient.iter().copied())
        }),
        reference,
        theirs: Box::new(move || {
            let loss = loops.step(&theirs, 0.0);
            loss + answer(loops.gradient().iter().copied())
        }),
        tolerance: 1e-10,
    }
}

/// Beside plain loops in C, compiled with -O3.
pub fn step() -> Case {
    beside("gpt_step", "loops in C, -O3", Loops::portable)
}

/// Beside the same loops, compiled with -O3 -march=native -fno-math-errno.
pub fn step_native() -> Case {
    beside("gpt_step_native", "loops in C, for this machine", Loops::native)
}

/// The eager step beside plain loops in C.
pub fn step_eager() -> Case {
    let tokens = tokens(NAME);
    let mut eager = Eager::new(0.0);
    let mut loops = Loops::portable(eager.numbers());
    let theirs = tokens.clone();
    Case {
        name: "gpt_step_eager",
        about: "GPT of 4,192 parameters on the eager tape: a step on 8 tokens, with Adam",
        ours: Box::new(move || {
            let loss = eager.step(&tokens);
            loss + answer(eager.parameters.iter().map(|p| p.grad()))
        }),
        reference: "loops in C, -O3",
        theirs: Box::new(move || {
            let loss = loops.step(&theirs, 0.0);
            loss + answer(loops.gradient().iter().copied())
        }),
        tolerance: 1e-10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loops_in_c_learn_what_the_tape_learns() {
        for make in [Loops::portable, Loops::native] {
            let mut eager = Eager::new(0.01);
            let mut loops = make(eager.numbers());
            // Of one letter, of repeated letters, and longer than the network can look.
            for name in ["charles", "x", "anna", "maximilianandalexandra", "charles"] {
                let tokens = tokens(name);
                let (expected, got) = (eager.step(&tokens), loops.step(&tokens, 0.01));
                assert!((got - expected).abs() < 1e-10, "{name}: {got} {expected}");
                for (parameter, got) in eager.parameters.iter().zip(loops.gradient()) {
                    assert!((got - parameter.grad()).abs() < 1e-10, "{name}");
                }
            }
            for (expected, got) in eager.numbers().iter().zip(loops.parameters()) {
                assert!((got - expected).abs() < 1e-10);
            }
        }
    }
}
