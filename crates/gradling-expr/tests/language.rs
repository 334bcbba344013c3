//! What texts mean: values and gradients computed by hand, by micrograd or by PyTorch.

use gradling::{Value, scope};
use gradling_expr::{Error, Evaluation, parse};
use std::f64::consts::{E, FRAC_1_SQRT_2, LN_2, PI};

fn eval(text: &str) -> Evaluation {
    parse(text).and_then(|script| script.eval([])).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn number(text: &str) -> f64 {
    scope(|| eval(text).root.data())
}

fn get(result: &Evaluation, name: &str) -> Value {
    result.get(name).unwrap_or_else(|| panic!("{name}"))
}

/// Checks values exactly and, after `backward`, gradients to a relative 1e-12.
#[track_caller]
fn check(text: &str, values: &[(&str, f64)], gradients: &[(&str, f64)]) {
    scope(|| {
        let result = eval(text);
        for &(name, value) in values {
            assert_eq!(get(&result, name).data(), value, "{name}");
        }
        result.root.backward();
        for &(name, gradient) in gradients {
            let found = get(&result, name).grad();
            let close = (found - gradient).abs() <= 1e-12 * gradient.abs();
            assert!(close || found.is_nan() && gradient.is_nan(), "{name}: {found} and {gradient}");
        }
    });
}

#[test]
fn the_worked_examples_have_the_values_and_gradients_of_micrograd() {
    check(
        "a=2; b=-3; c=10; f=-2; e=a*b; d=e+c; L=d*f",
        &[("L", -8.0), ("d", 4.0), ("e", -6.0)],
        &[("L", 1.0), ("f", 4.0), ("d", -2.0), ("c", -2.0), ("e", -2.0), ("a", 6.0), ("b", -4.0)],
    );
    check(
        "x1=2; x2=0; w1=-3; w2=1; b=6.8813735870195432\nn = x1*w1 + x2*w2 + b\no = tanh(n)",
        &[("n", 0.8813735870195432), ("o", FRAC_1_SQRT_2)],
        &[("n", 0.5), ("b", 0.5), ("x2", 0.5), ("x1", -1.5), ("w1", 1.0), ("w2", 0.0)],
    );
    check(
        "x1=2; x2=0; w1=-3; w2=1; b=6.8813735870195432; n = x1*w1 + x2*w2 + b
         t = 2*n; e = exp(t); p = e - 1; q = e + 1; o = p/q",
        &[("e", 5.828427124746192)],
        &[
            ("e", 0.04289321881345247),
            ("p", 0.1464466094067262),
            ("q", -0.10355339059327374),
            ("t", 0.25),
            ("n", 0.5),
            ("x1", -1.5),
            ("w1", 1.0),
        ],
    );
    check("a = 3; b = a + a", &[("b", 6.0)], &[("a", 2.0)]);
    check(
        "a=-2; b=3; d=a*b; e=a+b; f=d*e",
        &[("f", -6.0), ("e", 1.0), ("d", -6.0)],
        &[("a", -3.0), ("b", -8.0), ("d", 1.0), ("e", -6.0)],
    );
    check("a=1; b=a+a; c=b+b", &[("c", 4.0)], &[("a", 4.0)]);
    check(
        "a=2; b=3; c=a+b; d=a*b; e=c+d; f=c*d; y=e+f",
        &[("y", 41.0)],
        &[("a", 25.0), ("b", 19.0), ("c", 7.0), ("d", 6.0)],
    );
    check(
        "x=-4; z=2*x+2+x; q=relu(z)+z*x; h=relu(z*z); y=h+q+q*x",
        &[("y", -20.0), ("z", -10.0), ("q", 40.0), ("h", 100.0)],
        &[("x", 46.0), ("z", -8.0), ("q", -3.0), ("h", 1.0)],
    );
    check(
        "a = -4; b = 2
         c = a + b; d = a*b + b**3
         c = c + c + 1; c = c + 1 + c - a
         d = d + d*2 + relu(b + a); d = d + 3*d + relu(b - a)
         e = c - d; f = e**2; g = f/2
         g = g + 10/f",
        &[("g", 24.70408163265306), ("c", -1.0), ("d", 6.0), ("e", -7.0), ("f", 49.0)],
        &[
            ("a", 138.8338192419825),
            ("b", 645.5772594752186),
            ("c", -6.941690962099126),
            ("d", 6.941690962099126),
            ("e", -6.941690962099126),
            ("f", 0.4958350687213661),
        ],
    );
    check("a=2; b=3; y=a^b", &[("y", 8.0)], &[("a", 12.0), ("b", 5.545177444479562)]);
    check("a=-2; b=-3; y=a^b", &[("y", -0.125)], &[("a", -0.1875), ("b", f64::NAN)]);
}

#[test]
fn operators_bind_as_in_mathematics() {
    for (text, value) in [
        ("1 + 2*3", 7.0),
        ("(1 + 2)*3", 9.0),
        ("8 - 3 - 2", 3.0),
        ("8/4/2", 1.0),
        ("2*3^2", 18.0),
        ("-2^2", -4.0),
        ("(-2)^2", 4.0),
        ("2^-1", 0.5),
        ("2^-1*8", 4.0),
        ("2^3^2", 512.0),
        ("2**3**2", 512.0),
        ("2^-2^0", 0.5),
        ("2 - -3", 5.0),
        ("2 * -3 + 1", -5.0),
        ("--+-3", -3.0),
        ("-2*-3", 6.0),
        ("1 + 2 < 4", 1.0),
        ("3 < 1 + 1", 0.0),
        ("1 < 2 == 1", f64::NAN), // does not chain, see below
        ("(1 < 2) == 1", 1.0),
        ("3 != 3", 0.0),
        ("2 >= 2", 1.0),
        ("7 − 2 × 3 ÷ 6 · 2", 5.0),
        ("(2 ≤ 2)·(3 ≥ 2)·(1 ≠ 2)", 1.0),
    ] {
        match parse(text) {
            Ok(_) => assert_eq!(number(text), value, "{text}"),
            Err(error) => assert!(value.is_nan(), "{error}"),
        }
    }
}

#[test]
fn numbers_have_the_value_they_are_written_with() {
    for (text, value) in [
        ("1", 1.0),
        ("2.5", 2.5),
        (".5", 0.5),
        ("3.", 3.0),
        ("1e-3", 0.001),
        ("1.5E+2", 150.0),
        ("1_000.000_1", 1000.0001),
        ("6.8813735870195432", 6.881373587019543),
        ("1e-400", 0.0),
        ("1.7976931348623157e308", f64::MAX),
        ("pi", PI),
        ("π", PI),
        ("e", E),
    ] {
        assert_eq!(number(text), value, "{text}");
    }
}

#[test]
fn functions_compute_what_their_names_say() {
    for (text, value) in [
        ("exp(0)", 1.0),
        ("ln(e) + log(e)", 2.0),
        ("sqrt(9)", 3.0),
        ("sin(0) + cos(0)", 1.0),
        ("relu(-1) + relu(2)", 2.0),
        ("leaky_relu(-2)", -0.02),
        ("leaky_relu(-2, 0.5)", -1.0),
        ("leaky_relu(-2, -1)", 2.0),
        ("sigmoid(0)", 0.5),
        ("softplus(0)", LN_2),
        ("gelu(0) + erf(0)", 0.0),
        ("abs(-3)", 3.0),
        ("pow(2, 3)", 8.0),
        ("powf(2, 3)", 8.0),
        ("max(1, 4, 2)", 4.0),
        ("min([3, 1, 2])", 1.0),
        ("max(7)", 7.0),
        ("sum(1, 2, 3) + sum([4])", 10.0),
        ("mean(1, 2, 3, 6)", 3.0),
        ("dot([1, 2], [3, 4])", 11.0),
        ("affine([1, 2], [3, 4], 5)", 16.0),
        ("logsumexp([0, 0])", LN_2),
        ("softmax([1, 1])[1]", 0.5),
        ("softmax(1, 1, 1, 1)[0]", 0.25),
        ("log_softmax([3, 3])[0]", -LN_2),
        ("select(2 > 1, 10, 20)", 10.0),
        ("add(1, mul(2, 3))", 7.0),
        ("[5, 6,][1]", 6.0),
        ("max(\n  1, # one\n  2, // two\n)", 2.0),
    ] {
        assert!((number(text) - value).abs() < 1e-15, "{text} is {}", number(text));
    }
}

#[test]
fn every_operation_of_the_engine_can_be_called_or_written() {
    for op in gradling::Op::ALL {
        let callable = gradling_expr::functions().any(|name| name == op.name());
        assert_eq!(
            callable,
            !matches!(op, gradling::Op::Leaf | gradling::Op::Own),
            "{}",
            op.name()
        );
    }
}

#[test]
fn a_name_for_a_number_is_a_parameter_and_a_number_in_an_expression_a_constant() {
    scope(|| {
        let result = eval("a = -2; b = +(3); c = pi; d = a*2");
        for name in ["a", "b", "c"] {
            assert!(!get(&result, name).is_constant(), "{name}");
            assert_eq!(get(&result, name).op(), gradling::Op::Leaf);
            assert_eq!(get(&result, name).label().as_deref(), Some(name));
        }
        assert!(result.root.inputs()[1].is_constant());
    });
}

#[test]
fn a_second_name_is_the_same_value_with_the_first_label() {
    scope(|| {
        let result = eval("a = 2; b = a; c = (+b); c*b");
        assert_eq!(get(&result, "a"), get(&result, "c"));
        assert_eq!(get(&result, "c").label().as_deref(), Some("a"));
        assert_eq!(result.root.reached().len(), 2);
    });
}

#[test]
fn a_name_given_again_labels_both_values() {
    scope(|| {
        let result = eval("c = 1; c = c + 1");
        let labels: Vec<_> = result.root.reached().into_iter().map(Value::label).collect();
        assert_eq!(labels, [Some("c".to_owned()), None, Some("c".to_owned())]);
        assert_eq!(result.names, [("c".to_owned(), result.root)]);
    });
}

#[test]
fn an_exponent_that_is_a_plain_number_belongs_to_the_operation() {
    for (text, symbol, inputs) in [
        ("x = 3; x^2", "**2", 1),
        ("x = 3; x^-0.5", "**-0.5", 1),
        ("x = 3; pow(x, 2)", "**2", 1),
        ("x = 3; n = 2; x^n", "**", 2),
        ("x = 3; x^(1 + 1)", "**", 2),
    ] {
        scope(|| {
            let root = eval(text).root;
            assert_eq!((root.symbol().as_str(), root.inputs().len()), (symbol, inputs), "{text}");
        });
    }
}

#[test]
fn the_elements_of_a_named_list_are_parameters_with_labels() {
    scope(|| {
        let result = eval("x = 4; w = [0.5, x, x*2]; dot(w, [1, 2, 3]) + w[0]");
        result.root.backward();
        let names: Vec<&str> = result.names.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x", "w[0]", "w[1]", "w[2]"]);
        assert_eq!(get(&result, "w[0]").grad(), 2.0);
        assert_eq!(get(&result, "w[1]"), get(&result, "x"));
        assert_eq!(get(&result, "w[2]").label().as_deref(), Some("w[2]"));
        assert_eq!(get(&result, "x").grad(), 8.0);
    });
}

#[test]
fn constants_hold_until_their_name_is_given_another_value() {
    let text = "a = e; e = 1; a + e";
    assert_eq!(number(text), E + 1.0);
    assert_eq!(parse(text).unwrap().free_names(), [""; 0]);
    let bound =
        scope(|| parse("2*pi").unwrap().eval([("pi", 3.0)]).map(|result| result.root.data()));
    assert_eq!(bound, Ok(6.0));
}

#[test]
fn bindings_give_free_names_a_value_and_replace_numbers() {
    let script = parse("y = m*x + b; b = y; b").unwrap();
    assert_eq!(script.free_names(), ["m", "x", "b"]);
    scope(|| {
        let result = script.eval([("x", 3.0), ("b", 1.0), ("m", 2.0)]).unwrap();
        assert_eq!(result.root.data(), 7.0);
        let names: Vec<&str> = result.names.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["m", "x", "b", "y"]);
        assert_eq!(get(&result, "x").label().as_deref(), Some("x"));
        assert!(!get(&result, "x").is_constant());
    });
    let replaced = parse("a = 2; b = 10; a*b").unwrap();
    assert_eq!(scope(|| replaced.eval([("a", 5.0)]).unwrap().root.data()), 50.0);
    assert_eq!(scope(|| replaced.eval([]).unwrap().root.data()), 20.0);
}

#[test]
fn values_are_all_that_is_named_or_reached_in_the_order_of_creation() {
    scope(|| {
        let result = eval("a = 2; unused = 7; b = a; d = a*b");
        let data: Vec<f64> = result.values().into_iter().map(Value::data).collect();
        assert_eq!(data, [2.0, 7.0, 4.0]);
    });
}

#[test]
fn comments_blanks_and_line_ends_of_every_kind_separate() {
    let text = "\u{feff}# first\r\n a = 2 // two\r\n\n;;\tb\u{a0}= 3 # three\nc = (a +\n  b)\r\n";
    assert_eq!(number(text), 5.0);
    assert_eq!(number("größe = 2; שלום = 3; x_1 = 4; größe*שלום*x_1"), 24.0);
}

#[test]
fn an_error_is_an_ordinary_error() {
    fn assert_error<E: std::error::Error + Send + Sync + 'static>() {}
    assert_error::<Error>();
}
