//! Operations of the user's own: value and derivative, and that the user's code, whatever it does,
//! leaves the engine usable.

use gradling::{Op, Operation, Value, grad, group, hessian, jacobian, live_nodes, scope};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};

/// xy + y³.
fn mixed() -> Operation {
    Operation::new(
        "mixed",
        |x| x[0] * x[1] + x[1] * x[1] * x[1],
        |x, _| vec![x[1], x[0] + 3 * x[1] * x[1]],
    )
}

/// eˣ, with the derivative by way of the result.
fn exp() -> Operation {
    Operation::new("own exp", |x| x[0].exp(), |_, y| vec![y])
}

fn panic_message(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it did not panic");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

/// Shows that the engine works as ever.
#[track_caller]
fn assert_usable() {
    let before = live_nodes();
    scope(|| {
        let x = Value::new(3.0);
        let y = mixed().call(&[x, x]) + x * x; // 2x² + x³
        y.backward();
        assert_eq!((y.data(), x.grad()), (45.0, 39.0));
        y.backward();
        assert_eq!(x.grad(), 78.0);
        assert!(y.groups().is_empty());
    });
    assert_eq!(live_nodes(), before);
}

#[test]
fn it_has_value_gradient_name_and_inputs() {
    let (x, y) = (Value::new(2.0), Value::new(3.0));
    let z = mixed().call(&[x, y]);
    z.backward();
    assert_eq!((z.data(), x.grad(), y.grad()), (33.0, 3.0, 29.0));
    assert_eq!((z.op(), z.symbol(), z.inputs()), (Op::Own, "mixed".to_owned(), vec![x, y]));
    assert_eq!(mixed().name(), "mixed");
    for slope in z.check() {
        assert!((slope.grad - slope.slope).abs() < 1e-7, "{slope:?}");
    }
}

#[test]
fn it_mixes_with_the_table_and_can_be_used_many_times() {
    let own = mixed();
    let x = Value::new(1.5);
    // u = x² + x³; z = 2u·u + u³ with both inputs the same, once more through the table.
    let u = own.call(&[x, x]);
    let z = own.call(&[2 * u, u]) + u.tanh();
    z.backward();
    let (u0, du) = (1.5_f64 * 1.5 + 1.5 * 1.5 * 1.5, 3.0 + 3.0 * 2.25);
    let right = (4.0 * u0 + 3.0 * u0 * u0 + 1.0 - u0.tanh() * u0.tanh()) * du;
    assert!((x.grad() - right).abs() < 1e-12 * right, "{} instead of {right}", x.grad());
    assert_eq!(grad(z, &[x])[0].data(), x.grad());
    assert_eq!(jacobian(&[z], &[x])[0][0], x.grad());
}

#[test]
fn backward_through_it_twice_adds_the_same_again() {
    let x = Value::new(2.0);
    let z = mixed().call(&[x, x * x]);
    z.backward();
    let once = x.grad();
    z.backward();
    z.backward();
    assert_eq!(x.grad(), once + (once + once));
}

#[test]
fn its_second_derivatives_are_those_of_its_derivative() {
    let (x, y) = (Value::new(2.0), Value::new(3.0));
    assert_eq!(hessian(mixed().call(&[x, y]), &[x, y]), [[0.0, 1.0], [1.0, 18.0]]);
    // By way of the result: every derivative of eˣ is eˣ.
    let mut y = exp().call(&[x]);
    for _ in 0..5 {
        y = grad(y, &[x])[0];
        assert!((y.data() - 2.0_f64.exp()).abs() < 1e-14);
    }
}

#[test]
fn recompute_runs_its_function_again() {
    let x = Value::new(2.0);
    let y = exp().call(&[2 * x]) + mixed().call(&[x, x]) * 3;
    x.set_data(0.5);
    y.recompute();
    assert_eq!(y.data(), 1.0_f64.exp() + 3.0 * (0.25 + 0.125));
}

#[test]
fn in_a_scope_it_is_dropped_at_the_end_and_outside_it_lives_on() {
    let held = Rc::new(());
    let holding = |held: Rc<()>| {
        Operation::new(
            "holding",
            move |x| {
                let _ = &held;
                x[0]
            },
            |_, _| vec![Value::constant(1.0)],
        )
    };
    let x = Value::new(2.0);
    let outside = holding(held.clone()).call(&[x]);
    scope(|| {
        let inside = holding(held.clone()).call(&[outside]);
        assert_eq!(Rc::strong_count(&held), 3);
        inside.backward();
    });
    assert_eq!(Rc::strong_count(&held), 2);
    outside.backward();
    assert_eq!(x.grad(), 2.0);
}

#[test]
fn the_end_of_its_thread_drops_it() {
    let held = std::sync::Arc::new(());
    let inside = held.clone();
    std::thread::spawn(move || {
        let value = move |x: &[f64]| {
            let _ = &inside;
            x[0]
        };
        Operation::new("holding", value, |_, _| vec![]).call(&[Value::new(1.0)]);
    })
    .join()
    .unwrap();
    assert_eq!(std::sync::Arc::strong_count(&held), 1);
}

#[test]
fn a_derivative_leaves_no_values_behind() {
    let x = Value::new(2.0);
    let y = mixed().call(&[x, x]);
    let before = live_nodes();
    y.backward();
    jacobian(&[y], &[x]);
    hessian(y, &[x]);
    y.check();
    y.recompute();
    assert_eq!(live_nodes(), before);
}

#[test]
fn a_wrong_number_of_derivatives_is_refused_with_both_numbers() {
    let x = Value::new(2.0);
    let earlier = x * x;
    earlier.backward();
    let wrong = Operation::new("wrong", |x| x[0] + x[1], |_, y| vec![y]);
    let u = wrong.call(&[earlier, x]);
    let y = 3 * u;
    let right =
        "the derivative of `wrong` gave 1 values for 2 inputs: it must give one for each, in order";
    for _ in 0..2 {
        assert_eq!(panic_message(|| y.backward()), right);
        assert_eq!(panic_message(|| drop(grad(y, &[x]))), right);
        assert_eq!(panic_message(|| drop(jacobian(&[y], &[x]))), right);
        // What the sweep had not come to keeps the gradients it had.
        assert_eq!((x.grad(), earlier.grad()), (4.0, 1.0));
        assert_usable();
    }
    x.zero_grad();
    earlier.backward();
    assert_eq!((x.grad(), earlier.grad()), (4.0, 2.0));
}

#[test]
fn a_panic_in_its_derivative_leaves_the_tape_usable() {
    let x = Value::new(2.0);
    (x * x).backward();
    let broken = Operation::new(
        "broken",
        |x| x[0],
        |x, y| {
            let _made = scope(|| (x[0] * y).data());
            let _ = x[0] * y + 1.0;
            panic!("out of luck")
        },
    );
    // Far away on the tape, so that several blocks are open when it happens.
    (0..2000).for_each(|i| Value::new(f64::from(i)).set_grad(1.0));
    let y = broken.call(&[x]) * x + mixed().call(&[x, x]);
    let before = live_nodes();
    assert_eq!(panic_message(|| y.backward()), "out of luck");
    assert_eq!(live_nodes(), before);
    assert_usable();
    y.zero_graph_grad();
    assert_eq!(panic_message(|| drop(jacobian(&[y], &[x]))), "out of luck");
    assert_usable();
    assert_eq!(x.computed_grad(), None);
}

#[test]
fn a_panic_in_its_function_leaves_the_tape_usable() {
    let fragile = Operation::new(
        "fragile",
        |x| if x[0] > 2.0 { panic!("too large") } else { x[0] },
        |_, _| vec![Value::constant(1.0)],
    );
    let before = live_nodes();
    let x = Value::new(3.0);
    let message = panic_message(|| {
        fragile.call(&[x]);
    });
    assert_eq!(message, "too large");
    assert_eq!(live_nodes(), before + 1);
    assert_usable();

    let small = Value::new(1.0);
    let y = group("part", || fragile.call(&[small]) * 2);
    small.set_data(3.0);
    assert_eq!(panic_message(|| y.recompute()), "too large");
    assert_usable();
    small.set_data(2.0);
    y.recompute();
    assert_eq!(y.data(), 4.0);
    // A check nudges 2 beyond the edge, and puts it back all the same.
    assert_eq!(panic_message(|| drop(y.check())), "too large");
    assert_eq!((small.data(), y.data()), (2.0, 4.0));
}

#[test]
fn backward_inside_a_derivative_is_refused_and_the_outer_state_recovers() {
    let greedy = Operation::new(
        "greedy",
        |x| x[0] * x[0],
        |x, _| {
            let square = x[0] * x[0];
            square.backward();
            vec![x[0]]
        },
    );
    let x = Value::new(3.0);
    x.set_grad(1.0);
    let y = 2 * greedy.call(&[x]);
    assert_eq!(
        panic_message(|| y.backward()),
        "backward was called inside the derivative of an own operation: use gradling::grad there"
    );
    assert_eq!(x.grad(), 1.0);
    assert_usable();
}

#[test]
fn grad_inside_a_derivative_works() {
    // The derivative by way of the engine itself, on values apart.
    let own = Operation::new("x³", |x| x[0] * x[0] * x[0], |x, _| grad(x[0].pow(3), x));
    let x = Value::new(2.0);
    let y = own.call(&[own.call(&[x])]); // x⁹
    y.backward();
    assert_eq!(x.grad(), 9.0 * 256.0);
    assert_eq!(hessian(y, &[x]), [[72.0 * 128.0]]);
    let outer = Operation::new("outer", |x| x[0], move |x, _| grad(own.call(x), x));
    let z = outer.call(&[x]);
    z.backward();
    assert_eq!(x.grad(), 9.0 * 256.0 + 12.0);
}

#[test]
fn a_gradient_set_on_a_value_of_the_derivative_goes_with_it() {
    let own = Operation::new(
        "meddling",
        |x| x[0],
        |x, _| {
            let here = x[0] * 1.0;
            here.set_grad(5.0);
            vec![here * 0.0 + 1.0]
        },
    );
    let y = own.call(&[Value::new(2.0)]);
    y.backward();
    // These take the places of what the derivative made.
    for _ in 0..10 {
        assert_eq!(Value::new(0.0).computed_grad(), None);
    }
}

#[test]
fn a_derivative_of_values_given_back_is_refused() {
    let own = Operation::new("stale", |x| x[0], |x, _| vec![scope(|| x[0] * 2)]);
    let y = own.call(&[Value::new(2.0)]);
    assert!(panic_message(|| y.backward()).starts_with("this value was given back"));
    assert_usable();
}

/// Makes values, opens scopes and computes gradients while it is dropped.
struct BusyDrop(Value, Rc<Cell<f64>>);

impl Drop for BusyDrop {
    fn drop(&mut self) {
        let found = scope(|| {
            let x = Value::new(4.0);
            let y = mixed().call(&[x, x]);
            y.backward();
            x.grad()
        });
        assert!(!self.0.is_live());
        self.1.set(found);
    }
}

#[test]
fn what_it_holds_may_use_the_engine_when_it_is_dropped() {
    let found = Rc::new(Cell::new(0.0));
    let before = live_nodes();
    scope(|| {
        let held = BusyDrop(Value::new(1.0), found.clone());
        let value = move |x: &[f64]| {
            let _ = &held;
            x[0]
        };
        Operation::new("holding", value, |_, _| vec![Value::constant(1.0)])
            .call(&[Value::new(2.0)]);
    });
    assert_eq!((found.get(), live_nodes()), (56.0, before));
    assert_usable();
}

/// Says, when it is dropped, whether a handle is live after other values took its place.
struct SaysWhetherLive(Value, Sender<bool>);

impl Drop for SaysWhetherLive {
    fn drop(&mut self) {
        (0..10).for_each(|i| Value::new(1.0).set_grad(f64::from(i)));
        self.1.send(self.0.is_live()).unwrap();
    }
}

#[test]
fn what_it_holds_may_use_the_engine_when_its_thread_ends_and_old_handles_stay_refused() {
    let (sender, said) = channel();
    let ended = std::thread::spawn(|| {
        let held = SaysWhetherLive(Value::new(1.0), sender);
        let value = move |x: &[f64]| {
            let _ = &held;
            x[0]
        };
        Operation::new("holding", value, |_, _| vec![]).call(&[Value::new(2.0)]);
    });
    ended.join().unwrap();
    assert_eq!(said.recv(), Ok(false));
}

#[test]
fn it_sees_each_input_once_and_in_order_however_many() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let seen_inside = seen.clone();
    let total = Operation::new(
        "total",
        move |x| {
            *seen_inside.borrow_mut() = x.to_vec();
            x.iter().sum()
        },
        |x, _| vec![Value::constant(1.0); x.len()],
    );
    for n in [0, 1, 5] {
        let x: Vec<Value> = (0..n).map(|i| Value::new(f64::from(i))).collect();
        let y = total.call(&x);
        y.backward();
        assert_eq!(*seen.borrow(), (0..n).map(f64::from).collect::<Vec<_>>());
        assert_eq!(y.inputs(), x);
        assert!(x.iter().all(|x| x.grad() == 1.0));
    }
}
