//! Calls: arguments checked and handed to the engine.

use super::{Item, Machine, Scalar};
use crate::error::Error;
use crate::function::Function;
use gradling::{Op, Value};

impl Machine<'_> {
    pub(super) fn call(&mut self, function: Function, count: u32, at: u32) -> Result<(), Error> {
        let arguments = self.take(count);
        let result = match function {
            Function::Softmax => return self.give_list(arguments, at, gradling::softmax),
            Function::LogSoftmax => return self.give_list(arguments, at, gradling::log_softmax),
            Function::Op(op @ (Op::Max | Op::Min)) => {
                let values = self.gather(arguments, at)?;
                match values.into_iter().reduce(|a, b| Value::apply(op, &[a, b])) {
                    Some(value) => value,
                    None => return Err(self.list_for_number(at)),
                }
            }
            Function::Op(op) if function.gathers() => {
                Value::apply(op, &self.gather(arguments, at)?)
            }
            Function::Op(op @ (Op::Dot | Op::Affine)) => self.products(op, &arguments, at)?,
            Function::Op(op) => self.apply(op, arguments, at)?,
        };
        self.push(Scalar::Value(result));
        Ok(())
    }

    fn give_list(
        &mut self,
        arguments: Vec<Item>,
        at: u32,
        function: fn(&[Value]) -> Vec<Value>,
    ) -> Result<(), Error> {
        let values = self.gather(arguments, at)?;
        self.stack.push(Item::List(function(&values).into_iter().map(Scalar::Value).collect()));
        Ok(())
    }

    /// The numbers of a call: its arguments, or the elements of the one list.
    fn gather(&mut self, arguments: Vec<Item>, at: u32) -> Result<Vec<Value>, Error> {
        if let [Item::List(list)] = arguments.as_slice() {
            return self.elements(list, at);
        }
        let one = |item| match item {
            Item::Scalar(scalar) => Ok(scalar.value()),
            Item::List(_) => {
                let message = format!("`{}` takes numbers, or one list", self.written(at));
                Err(self.error(at, message).help("put all the numbers into one list"))
            }
        };
        arguments.into_iter().map(one).collect()
    }

    fn elements(&mut self, list: &[Scalar], at: u32) -> Result<Vec<Value>, Error> {
        self.spend(list.len(), at)?;
        Ok(list.iter().map(|scalar| scalar.value()).collect())
    }

    /// dot and affine: two lists of one length, and for affine a number.
    fn products(&mut self, op: Op, arguments: &[Item], at: u32) -> Result<Value, Error> {
        let (x, w, bias) = match arguments {
            [Item::List(x), Item::List(w)] => (x, w, None),
            [Item::List(x), Item::List(w), Item::Scalar(bias)] => (x, w, Some(bias)),
            _ => {
                let name = self.written(at);
                let message = format!("the first two arguments of `{name}` are lists");
                return Err(self.error(at, message).help(Function::Op(op).usage(&name)));
            }
        };
        if x.len() != w.len() {
            let (name, x, w) = (self.written(at), x.len(), w.len());
            let message =
                format!("`{name}` takes two lists of one length, and these have {x} and {w}");
            return Err(self
                .error(at, message)
                .help("each element is multiplied with the one in the same place"));
        }
        let mut values = self.elements(x, at)?;
        values.extend(self.elements(w, at)?);
        values.extend(bias.map(|bias| bias.value()));
        Ok(Value::apply(op, &values))
    }

    /// Operations of a fixed number of numbers.
    fn apply(&mut self, op: Op, arguments: Vec<Item>, at: u32) -> Result<Value, Error> {
        let one = |item| match item {
            Item::Scalar(scalar) => Ok(scalar),
            Item::List(_) => Err(self.list_for_number(at)),
        };
        let scalars: Vec<Scalar> = arguments.into_iter().map(one).collect::<Result<_, _>>()?;
        match (op, scalars.as_slice()) {
            (Op::Pow, &[base, exponent]) => Ok(operate(op, base, exponent)),
            (Op::Powf, &[base, exponent @ Scalar::Number(_)]) => {
                Ok(operate(Op::Pow, base, exponent))
            }
            (Op::LeakyRelu, &[x]) => Ok(x.value().leaky_relu(0.01)),
            (Op::LeakyRelu, &[x, Scalar::Number(slope)]) => Ok(x.value().leaky_relu(slope)),
            _ if op.takes_number() => {
                let message =
                    format!("the second argument of `{}` is a plain number", self.written(at));
                Err(self.error(at, message).help("it gets no gradient; write the number itself"))
            }
            _ => Ok(Value::apply(
                op,
                &scalars.iter().map(|scalar| scalar.value()).collect::<Vec<_>>(),
            )),
        }
    }
}

/// An operation of two numbers; only a power tells a plain number from a value.
pub(super) fn operate(op: Op, left: Scalar, right: Scalar) -> Value {
    let left = left.value();
    match right {
        Scalar::Number(exponent) if op == Op::Pow => left.pow(exponent),
        _ => Value::apply(op, &[left, right.value()]),
    }
}
