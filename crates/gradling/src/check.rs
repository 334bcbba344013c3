//! Slopes by finite differences, beside the gradients: the oldest proof there is.

use crate::tape;
use crate::value::Value;
use crate::walk::replay;

/// A gradient and the slope that must equal it; see [`Value::check`].
#[derive(Clone, Copy, Debug)]
pub struct Slope {
    /// By which value.
    pub value: Value,
    /// The exact gradient, by the chain rule.
    pub grad: f64,
    /// The slope (f(x+h) - f(x-h)) / 2h.
    pub slope: f64,
}

impl Value {
    /// The gradient of this value by each leaf it was made from, constants left out, beside the slope
    /// measured by nudging that leaf. Data and gradients stay as they are.
    ///
    /// It costs two replays of the graph a leaf.
    ///
    /// ```
    /// use gradling::Value;
    /// let x = Value::new(2.0);
    /// for slope in (x.exp() * x).check() {
    ///     assert!((slope.grad - slope.slope).abs() < 1e-8);
    /// }
    /// ```
    #[track_caller]
    pub fn check(self) -> Vec<Slope> {
        let leaves: Vec<Value> = self
            .reached()
            .into_iter()
            .filter(|value| value.op() == crate::Op::Leaf && !value.is_constant())
            .collect();
        self.check_by(&leaves)
    }

    /// The same by these values, which need not be leaves: a nudged value stays nudged while all that
    /// was made from it is computed again.
    #[track_caller]
    pub fn check_by(self, values: &[Value]) -> Vec<Slope> {
        let gradients = crate::jacobian(&[self], values).remove(0);
        let order: Vec<u32> = self.reached().iter().map(|value| value.id).collect();
        let nudged = values.iter().map(|value| value.id);
        let kept: Vec<(u32, f64)> = tape::with(|tape| {
            order.iter().copied().chain(nudged).map(|id| (id, tape.data(id as usize))).collect()
        });
        let slope = |value: Value| {
            let _restore = Restore(&kept);
            let later = &order[order.partition_point(|&id| id <= value.id)..];
            let x = value.data();
            let at = |x: f64| {
                value.set_data(x);
                replay(later);
                self.data()
            };
            // The step that balances the error of the formula with that of rounding.
            let h = f64::EPSILON.cbrt() * x.abs().max(1.0);
            let (above, below) = (x + h, x - h);
            (at(above) - at(below)) / (above - below)
        };
        let pairs = values.iter().zip(gradients);
        pairs.map(|(&value, grad)| Slope { value, grad, slope: slope(value) }).collect()
    }
}

/// Gives values their numbers back, also when an operation of the user's own panics at a nudged one.
struct Restore<'a>(&'a [(u32, f64)]);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        tape::with(|tape| {
            for &(id, data) in self.0 {
                tape.nodes[id as usize].data = data;
            }
        });
    }
}
