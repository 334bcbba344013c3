//! [`Value`]: a number that remembers how it was made.

use crate::column::{NOT_COMPUTED, is_computed};
use crate::group::Group;
use crate::op::{Arity, Op};
use crate::program::{is_varying, refuse_varying};
use crate::tape::{self, Kind, Stale, Stamp, Tape};
use std::fmt;
use std::iter::{Product, Sum};
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A number that remembers how it was made: a handle to a node on this thread's tape.
///
/// It is `Copy`: write `x * y + 1.0` with no `&` and no `clone`. Computing with values records the
/// graph; [`backward`](Value::backward) then fills in the gradient of every value that took part.
///
/// ```
/// use gradling::Value;
/// let (a, b, c) = (Value::new(2.0), Value::new(-3.0), Value::new(10.0));
/// let d = a * b + c;
/// d.backward();
/// assert_eq!(d.data(), 4.0);
/// assert_eq!((a.grad(), b.grad(), c.grad()), (-3.0, 2.0, 1.0));
/// ```
///
/// `==` tells whether two handles mean the same node, as `is` does in Python; compare
/// [`data`](Value::data) for the numbers, or use [`eq`](Value::eq) for a comparison in the graph.
///
/// # Panics
/// A value lives until the [`scope`](crate::scope) it was made in ends. Every use after that panics
/// and says so; it never reads a newer value. A value cannot leave its thread; the compiler says so:
///
/// ```compile_fail
/// let x = gradling::Value::new(1.0);
/// std::thread::spawn(move || x.data());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Value {
    pub(crate) id: u32,
    pub(crate) stamp: Stamp,
    thread: PhantomData<*const ValuesStayOnTheirThread>,
}

/// Named so that the compiler's message about sending a [`Value`] says why it cannot.
struct ValuesStayOnTheirThread;

/// The result of looking up a handle; a stale one panics at the caller's place.
#[inline]
#[track_caller]
pub(crate) fn live<R>(found: Result<R, Stale>) -> R {
    match found {
        Ok(result) => result,
        Err(Stale) => stale(),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn stale() -> ! {
    panic!(
        "this value was given back when the scope it was made in ended: \
         take its number out with data() or grad() before the end of the scope, or make it outside"
    )
}

/// Making values and reading them.
impl Value {
    /// A leaf: an input or a parameter.
    #[inline]
    pub fn new(data: f64) -> Self {
        tape::with(|tape| Value::push(tape, data, Op::Leaf, Kind::Plain, 0, 0))
    }

    /// A leaf made from a plain number, as the 2 in `x * 2.0`: drawn more quietly, and no parameter.
    #[inline]
    pub fn constant(data: f64) -> Self {
        tape::with(|tape| Value::push(tape, data, Op::Leaf, Kind::Constant, 0, 0))
    }

    /// The handle of the node `id`, which must be on the tape.
    #[inline]
    pub(crate) fn at(tape: &Tape, id: u32) -> Self {
        Value { id, stamp: tape.nodes[id as usize].stamp(), thread: PhantomData }
    }

    /// The handle of the node `i` places on, made together with this one.
    #[inline]
    pub(crate) fn neighbour(self, i: usize) -> Self {
        Value { id: self.id + i as u32, ..self }
    }

    /// Looks the node up and reads something of it.
    #[inline]
    #[track_caller]
    pub(crate) fn read<R>(self, get: impl FnOnce(&mut Tape, usize) -> R) -> R {
        live(tape::with(|tape| tape.place(self.id, self.stamp).map(|place| get(tape, place))))
    }

    /// The number.
    ///
    /// While a [`Program`](crate::Program) is recorded, a value that depends on the sample has none, and
    /// asking is an error.
    #[inline]
    #[track_caller]
    pub fn data(self) -> f64 {
        let (data, recording) =
            self.read(|tape, place| (tape.data(place), tape.recording.is_some()));
        if recording {
            refuse_varying(self, "data");
        }
        data
    }

    /// Refuses a value that was given back.
    #[inline]
    #[track_caller]
    pub(crate) fn check_live(self) {
        self.read(|_, _| ());
    }

    /// Replaces the number. Values made from this one keep theirs until
    /// [`recompute`](Value::recompute); products and powers read the number of the moment when
    /// `backward` runs.
    #[track_caller]
    pub fn set_data(self, data: f64) {
        self.read(|tape, place| tape.nodes[place].data = data);
    }

    /// The gradient: d root / d this, summed over the calls of `backward`; 0 where none was computed.
    #[inline]
    #[track_caller]
    pub fn grad(self) -> f64 {
        self.read(|tape, place| tape.grad.get(place)) + 0.0
    }

    /// The gradient, or `None` where none was computed since the value was made or
    /// [`zero_grad`](Value::zero_grad) ran.
    #[track_caller]
    pub fn computed_grad(self) -> Option<f64> {
        Some(self.read(|tape, place| tape.grad.get(place))).filter(|&grad| is_computed(grad))
    }

    /// Replaces the gradient.
    #[track_caller]
    pub fn set_grad(self, grad: f64) {
        // + 0.0 because minus zero stands for "not computed".
        self.read(|tape, place| tape.grad.set(place, grad + 0.0));
    }

    /// Forgets the gradient of this one value.
    #[track_caller]
    pub fn zero_grad(self) {
        self.read(|tape, place| tape.grad.set(place, NOT_COMPUTED));
    }

    /// The name given to it.
    #[track_caller]
    pub fn label(self) -> Option<String> {
        self.read(|tape, _| tape.labels.get(&self.id).cloned())
    }

    /// Gives it a name, for pictures and tables.
    #[track_caller]
    pub fn set_label(self, label: impl Into<String>) {
        let label = label.into();
        self.read(|tape, _| tape.labels.insert(self.id, label));
    }

    /// The same value, with a name.
    #[track_caller]
    pub fn with_label(self, label: impl Into<String>) -> Self {
        self.set_label(label);
        self
    }

    /// How it was made.
    #[track_caller]
    pub fn op(self) -> Op {
        self.read(|tape, place| tape.nodes[place].op())
    }

    /// How it was made, as pictures show it: `+`, `**3`, `tanh`; empty for a leaf; for an
    /// [`Operation`](crate::Operation) its name.
    #[track_caller]
    pub fn symbol(self) -> String {
        self.read(|tape, place| {
            let node = tape.nodes[place];
            match node.op() {
                Op::Powf => format!("**{}", tape.numbers[node.b as usize]),
                Op::Own => tape.own_at(place).name().to_owned(),
                op => op.symbol().to_owned(),
            }
        })
    }

    /// The plain number beside its input, for the operations that take one: the exponent of `powf`, the
    /// slope of `leaky_relu`.
    #[track_caller]
    pub fn number(self) -> Option<f64> {
        self.read(|tape, place| {
            let node = tape.nodes[place];
            node.op().takes_number().then(|| tape.numbers[node.b as usize])
        })
    }

    /// The values it was made from, in order; one that was used twice stands twice.
    #[track_caller]
    pub fn inputs(self) -> Vec<Value> {
        self.read(|tape, place| {
            let mut inputs = Vec::new();
            tape.inputs(place, |id| inputs.push(Value::at(tape, id)));
            inputs
        })
    }

    /// The parts of the program it was made in, outermost first. See [`group`](crate::group()).
    #[track_caller]
    pub fn groups(self) -> Vec<Group> {
        self.read(|tape, _| tape.groups.of(self.id))
    }

    /// Its place in the order of creation on this thread: that of its inputs is smaller.
    #[inline]
    pub fn id(self) -> u32 {
        self.id
    }

    /// Whether it was made from a plain number, see [`constant`](Value::constant).
    #[track_caller]
    pub fn is_constant(self) -> bool {
        self.read(|tape, place| tape.nodes[place].kind() == Kind::Constant)
    }

    /// Whether its scope is still open. The one method that a value given back answers.
    pub fn is_live(self) -> bool {
        tape::with(|tape| tape.place(self.id, self.stamp).is_ok())
    }
}

/// Recording operations.
impl Value {
    #[inline(always)]
    #[track_caller]
    pub(crate) fn one(op: Op, a: Value) -> Value {
        let Some(mut tape) = tape::ready() else { return Value::one_prepared(a, op) };
        let Ok(x) = tape.node(a.id, a.stamp) else {
            drop(tape);
            stale()
        };
        Value::push(&mut tape, op.value1(x.data), op, Kind::Plain, a.id, 0)
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn one_prepared(a: Value, op: Op) -> Value {
        tape::prepare();
        Value::one(op, a)
    }

    #[inline(always)]
    #[track_caller]
    pub(crate) fn two(op: Op, a: Value, b: Value) -> Value {
        let Some(mut tape) = tape::ready() else { return Value::two_prepared(a, b, op) };
        let Ok(x) = tape.node(a.id, a.stamp) else {
            drop(tape);
            stale()
        };
        let Ok(y) = tape.node(b.id, b.stamp) else {
            drop(tape);
            stale()
        };
        Value::push(&mut tape, op.value2(x.data, y.data), op, Kind::Plain, a.id, b.id)
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn two_prepared(a: Value, b: Value, op: Op) -> Value {
        tape::prepare();
        Value::two(op, a, b)
    }

    #[track_caller]
    pub(crate) fn with_number(op: Op, a: Value, c: f64) -> Value {
        live(tape::with(|tape| {
            let x = tape.node(a.id, a.stamp)?;
            let place = tape.numbers.len() as u32;
            tape.numbers.push(c);
            Ok(Value::push(tape, op.value_number(x.data, c), op, Kind::Plain, a.id, place))
        }))
    }

    /// Appends a node to a tape that is at hand.
    #[inline]
    pub(crate) fn push(tape: &mut Tape, data: f64, op: Op, kind: Kind, a: u32, b: u32) -> Value {
        let stamp = tape.stamp();
        Value { id: tape.push(data, op, kind, a, b), stamp, thread: PhantomData }
    }

    /// `b` where `self` is not 0, else `c`. Only the one chosen gets a gradient other than 0.
    ///
    /// ```
    /// use gradling::Value;
    /// let x = Value::new(-2.0);
    /// let huber = x.abs().lt(1.0).select(0.5 * x * x, x.abs() - 0.5);
    /// assert_eq!(huber.data(), 1.5);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn select(self, b: impl Into<Value>, c: impl Into<Value>) -> Value {
        let (b, c) = (b.into(), c.into());
        live(crate::many::listed(Op::Select, &[self, b, c], 3))
    }

    /// `self` to the power `exponent`: a number, or a value, which then gets a gradient too.
    ///
    /// 0⁰ is 1 with gradient 0. For a negative base the gradient of the exponent is NaN.
    #[track_caller]
    #[must_use]
    pub fn pow(self, exponent: impl Into<Exponent>) -> Value {
        match exponent.into() {
            Exponent::Number(c) => Value::with_number(Op::Powf, self, c),
            Exponent::Value(b) => Value::two(Op::Pow, self, b),
        }
    }

    /// `self` where it is above 0, else `slope` times `self`; the slope itself gets no gradient.
    #[track_caller]
    #[must_use]
    pub fn leaky_relu(self, slope: f64) -> Value {
        Value::with_number(Op::LeakyRelu, self, slope)
    }

    /// The natural logarithm; the name that Python and C use for [`ln`](Value::ln).
    #[track_caller]
    #[must_use]
    pub fn log(self) -> Value {
        self.ln()
    }

    /// Applies an operation told at run time, as text and tables do. Operations that take a plain
    /// number ([`Op::takes_number`]) have it as a last, constant input.
    ///
    /// # Panics
    /// If the number of inputs does not fit [`Op::arity`]; for [`Op::Leaf`] and [`Op::Own`], which have
    /// no inputs of this kind.
    #[track_caller]
    pub fn apply(op: Op, inputs: &[Value]) -> Value {
        match (op, op.arity(), inputs) {
            (_, Arity::Fixed(1), &[a, c]) if op.takes_number() => {
                Value::with_number(op, a, c.data())
            }
            (_, Arity::Fixed(1), &[a]) if !op.takes_number() => Value::one(op, a),
            (_, Arity::Fixed(2), &[a, b]) => Value::two(op, a, b),
            (Op::Select, _, &[a, b, c]) => a.select(b, c),
            (Op::Sum, ..) => crate::sum(inputs),
            (Op::Mean, ..) => crate::mean(inputs),
            (Op::LogSumExp, ..) => crate::logsumexp(inputs),
            (Op::Dot, _, both) if both.len() % 2 == 0 => {
                let (x, w) = both.split_at(both.len() / 2);
                crate::dot(x, w)
            }
            (Op::Affine, _, &[ref both @ .., b]) if both.len() % 2 == 0 => {
                let (x, w) = both.split_at(both.len() / 2);
                crate::affine(x, w, b)
            }
            _ => panic!("`{}` does not take {} inputs", op.name(), inputs.len()),
        }
    }
}

/// What a value can be raised to, see [`Value::pow`].
#[derive(Clone, Copy, Debug)]
pub enum Exponent {
    /// A plain number: part of the operation, without a gradient.
    Number(f64),
    /// A value, with a gradient.
    Value(Value),
}

impl From<f64> for Exponent {
    fn from(c: f64) -> Self {
        Exponent::Number(c)
    }
}

impl From<i32> for Exponent {
    fn from(c: i32) -> Self {
        Exponent::Number(f64::from(c))
    }
}

impl From<Value> for Exponent {
    fn from(b: Value) -> Self {
        Exponent::Value(b)
    }
}

/// A plain number becomes a [constant](Value::constant).
impl From<f64> for Value {
    #[inline]
    fn from(x: f64) -> Self {
        Value::constant(x)
    }
}

/// A plain number becomes a [constant](Value::constant).
impl From<i32> for Value {
    #[inline]
    fn from(x: i32) -> Self {
        Value::constant(f64::from(x))
    }
}

impl From<&Value> for Value {
    #[inline]
    fn from(x: &Value) -> Self {
        *x
    }
}

impl Neg for Value {
    type Output = Value;
    #[inline]
    #[track_caller]
    fn neg(self) -> Value {
        Value::one(Op::Neg, self)
    }
}

impl Neg for &Value {
    type Output = Value;
    #[inline]
    #[track_caller]
    fn neg(self) -> Value {
        Value::one(Op::Neg, *self)
    }
}

/// One operator for every pair of value, reference and plain number.
macro_rules! operator {
    ($($Trait:ident $method:ident $Assign:ident $assign:ident;)*) => { $(
        operator!(@pairs $Trait $method: [Value, Value] [Value, &Value] [&Value, Value] [&Value, &Value]
            [Value, f64] [f64, Value] [Value, i32] [i32, Value]
            [&Value, f64] [f64, &Value] [&Value, i32] [i32, &Value]);
        impl<T> $Assign<T> for Value where Value: $Trait<T, Output = Value> {
            #[inline]
            #[track_caller]
            fn $assign(&mut self, right: T) {
                *self = $Trait::$method(*self, right);
            }
        }
    )* };
    (@pairs $Trait:ident $method:ident: $([$Left:ty, $Right:ty])*) => { $(
        impl $Trait<$Right> for $Left {
            type Output = Value;
            #[inline]
            #[track_caller]
            fn $method(self, right: $Right) -> Value {
                // In this order: a number on the left is older than one on the right.
                let left = Value::from(self);
                Value::two(Op::$Trait, left, Value::from(right))
            }
        }
    )* };
}

operator! {
    Add add AddAssign add_assign;
    Sub sub SubAssign sub_assign;
    Mul mul MulAssign mul_assign;
    Div div DivAssign div_assign;
}

/// One node of many inputs, see [`sum`](crate::sum()).
impl Sum for Value {
    fn sum<I: Iterator<Item = Value>>(values: I) -> Value {
        crate::sum(&values.collect::<Vec<_>>())
    }
}

impl<'a> Sum<&'a Value> for Value {
    fn sum<I: Iterator<Item = &'a Value>>(values: I) -> Value {
        values.copied().sum()
    }
}

/// A chain of multiplications; 1 for no values.
impl Product for Value {
    fn product<I: Iterator<Item = Value>>(values: I) -> Value {
        values.reduce(|a, b| a * b).unwrap_or_else(|| Value::constant(1.0))
    }
}

impl<'a> Product<&'a Value> for Value {
    fn product<I: Iterator<Item = &'a Value>>(values: I) -> Value {
        values.copied().product()
    }
}

/// As micrograd prints it: `Value(data=4, grad=1)`, with the label in front where there is one.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_live() {
            return f.write_str("Value(given back)");
        }
        f.write_str("Value(")?;
        if let Some(label) = self.label() {
            write!(f, "{label}: ")?;
        }
        // Formatting does not know who asked, so it cannot refuse as `data` does.
        if is_varying(*self) {
            return write!(f, "data=varies, grad={})", self.grad());
        }
        write!(f, "data={}, grad={})", self.data(), self.grad())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
