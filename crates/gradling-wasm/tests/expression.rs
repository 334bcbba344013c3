//! The room of expressions: its steps are the backward pass, and nothing that is typed breaks it.

use gradling_wasm::expression::{EXAMPLES, Edit, Session};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn session(text: &str) -> Session {
    let mut session = Session::default();
    if let Err(problem) = session.load(text, &[]) {
        panic!("{text}: {}", problem.message);
    }
    session
}

fn call(session: &mut Session, name: &str, arguments: Json) -> Json {
    serde_json::from_str(&session.call(name, &arguments.to_string())).expect("answers are JSON")
}

/// The same bits, or both no number.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

fn steps_end_where_backward_does(text: &str) -> Result<(), TestCaseError> {
    let repeats = text.contains("affine");
    let mut session = session(text);
    let total = session.total().expect("open");
    session.go(total).expect("open");
    let stepped = session.gradients().expect("open");
    let swept = session.backward().expect("open");
    for (place, (stepped, swept)) in stepped.into_iter().zip(swept).enumerate() {
        let stepped = stepped.unwrap_or(0.0);
        // A value that stands in an affine node more than once gets its parts in another order.
        let near = repeats && (stepped - swept).abs() <= 1e-12 * swept.abs().max(1.0);
        prop_assert!(
            near || same(stepped, swept),
            "value {place}: {stepped:?}, and backward says {swept:?}"
        );
    }
    Ok(())
}

/// Random expressions over every operation, over the names a to d.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        proptest::sample::select(vec!["a", "b", "c", "d"]).prop_map(str::to_owned),
        (-3.0..3.0f64).prop_map(|x| format!("{x:.2}")),
    ];
    let leaf = leaf.prop_map(|text| if text.starts_with('-') { format!("({text})") } else { text });
    leaf.prop_recursive(6, 60, 4, |inner| {
        let one = proptest::sample::select(vec![
            "tanh",
            "exp",
            "log",
            "sqrt",
            "sin",
            "cos",
            "sigmoid",
            "relu",
            "softplus",
            "gelu",
            "erf",
            "abs",
            "leaky_relu",
        ]);
        let two = proptest::sample::select(vec!["+", "-", "*", "/", "^", "<", ">="]);
        let many = proptest::sample::select(vec!["sum", "mean", "logsumexp", "max", "min"]);
        prop_oneof![
            2 => (one, inner.clone()).prop_map(|(f, x)| format!("{f}({x})")),
            5 => (inner.clone(), two, inner.clone()).prop_map(|(x, f, y)| format!("({x} {f} {y})")),
            1 => inner.clone().prop_map(|x| format!("({x})^2")),
            1 => (many, proptest::collection::vec(inner.clone(), 1..4))
                .prop_map(|(f, x)| format!("{f}({})", x.join(", "))),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(x, y, z)| format!("select({x} > 0, {y}, {z})")),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(x, y, z)| format!("affine([{x}, {y}], [{y}, {z}], {x})")),
            1 => (inner.clone(), inner).prop_map(|(x, y)| format!("softmax([{x}, {y}, {x}])[2]")),
        ]
    })
}

proptest! {
    #[test]
    fn the_steps_of_any_expression_add_up_to_the_bits_of_backward(
        first in expression(), second in expression(),
    ) {
        let text = format!("a = 0.7; b = -1.3; c = 2; d = 0\ne = {first}\nL = {second} + e*e");
        steps_end_where_backward_does(&text)?;
    }

    #[test]
    fn a_step_back_is_the_state_before(text in expression(), share in 0.0..1.0f64) {
        let mut session = session(&format!("a = 0.7; b = -1.3; c = 2; d = 0\n{text}"));
        let total = session.total().expect("open");
        let step = ((total as f64) * share) as usize;
        session.go(step).expect("open");
        let forth = call(&mut session, "frame", json!({}));
        session.go(total).expect("open");
        prop_assert_eq!(&call(&mut session, "go", json!({ "step": step })), &forth);
    }

    #[test]
    fn any_text_is_answered(text in "[ -~\n]{0,80}|\\PC{0,40}") {
        let mut session = Session::default();
        let answer = call(&mut session, "load", json!({ "text": text }));
        prop_assert!(answer["svg"].is_string() || answer["error"]["message"].is_string(), "{}", answer);
    }

    #[test]
    fn a_changed_number_is_as_if_it_had_been_in_the_text(text in expression(), number in -3.0..3.0f64) {
        let with = |a: f64| format!("a = {a:?}; b = -1.3; c = 2; d = 0\n{text} + a");
        let mut changed = session(&with(0.5));
        changed.set("a", number).expect("a is a leaf");
        let mut written = session(&with(number));
        let all = json!({ "step": 1_000_000 });
        let (changed, written) = (call(&mut changed, "go", all.clone()), call(&mut written, "go", all));
        prop_assert_eq!(&changed["data"], &written["data"]);
        prop_assert_eq!(&changed["grads"], &written["grads"]);
    }
}

#[test]
fn the_lecture_has_the_gradients_of_the_lecture() {
    let mut session = session(EXAMPLES[0].text);
    let frame = call(&mut session, "go", json!({ "step": 100 }));
    // a, b, e, c, d, f and L of the video; the order here is that of creation.
    let labels: Vec<Json> = call(&mut session, "draw", json!({}))["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| node["label"].clone())
        .collect();
    let of = |name: &str| {
        let place = labels.iter().position(|label| label == name).expect("a label");
        frame["grads"][place].as_str().expect("known").to_owned()
    };
    let expected = [
        ("a", "6.0000"),
        ("b", "-4.0000"),
        ("c", "-2.0000"),
        ("e", "-2.0000"),
        ("d", "-2.0000"),
        ("f", "4.0000"),
        ("L", "1.0000"),
    ];
    for (name, grad) in expected {
        assert_eq!(of(name), grad, "{name}");
    }
}

#[test]
fn a_value_used_twice_shows_its_running_sum() {
    let mut session = session("a = 3\nb = a + a");
    let first = call(&mut session, "go", json!({ "step": 2 }));
    let second = call(&mut session, "go", json!({ "step": 3 }));
    assert_eq!(
        (first["last"]["before"].clone(), first["last"]["after"].clone()),
        (json!(null), json!("1"))
    );
    assert_eq!(
        (second["last"]["before"].clone(), second["last"]["after"].clone()),
        (json!("1"), json!("2"))
    );
    assert!(
        second["said"]["text"].as_str().expect("text").contains("1 + 1 = 2"),
        "{}",
        second["said"]
    );
}

#[test]
fn no_gradient_is_known_before_the_first_step() {
    let mut session = session("a = 3\nb = a*a");
    let frame = call(&mut session, "frame", json!({}));
    assert_eq!(frame["grads"], json!([null, null]));
}

#[test]
fn whole_values_are_stepped_forth_and_back() {
    let mut session = session("a = 2; b = 3\nc = a*b\nd = c + a");
    let at = |session: &mut Session, name: &str| call(session, name, json!({}))["step"].clone();
    let forth: Vec<Json> = (0..4).map(|_| at(&mut session, "next-value")).collect();
    assert_eq!(forth, [1, 3, 5, 5]);
    let back: Vec<Json> = (0..4).map(|_| at(&mut session, "last-value")).collect();
    assert_eq!(back, [3, 1, 0, 0]);
}

#[test]
fn gradients_agree_with_slopes_on_every_example() {
    for example in EXAMPLES {
        let slopes = session(example.text).slopes().expect("small");
        assert!(!slopes.is_empty());
        for one in slopes {
            assert!(one.agrees, "{}: {one:?}", example.key);
        }
    }
}

#[test]
fn a_wrong_text_says_where_and_leaves_the_last_graph_open() {
    let mut session = session("a = 2\nb = a*3");
    let answer = call(&mut session, "load", json!({ "text": "ä = 2\nb = ä +* 3" }));
    assert_eq!(answer["error"]["line"], json!([2, 8]));
    // In units of UTF-16: ä is one.
    assert_eq!(answer["error"]["span"][0], json!(13));
    assert_eq!(
        call(&mut session, "frame", json!({}))["data"],
        json!(["2.0000", "3.0000", "6.0000"])
    );
}

#[test]
fn names_without_a_value_are_numbers_to_drag() {
    let mut session = session("tanh(w*x + b)");
    let drawn = call(&mut session, "draw", json!({}));
    assert_eq!(drawn["free"], json!(["w", "x", "b"]));
    assert_eq!(drawn["leaves"].as_array().map(Vec::len), Some(3));
}

#[test]
fn plain_numbers_can_be_changed_too() {
    let mut session = session("x = 2\ny = x*3");
    session.set("~0", -1.0).expect("the 3");
    assert_eq!(
        call(&mut session, "frame", json!({}))["data"],
        json!(["2.0000", "-1.0000", "-2.0000"])
    );
}

#[test]
fn an_edit_is_dropped_where_the_text_has_another_number() {
    let edit = |base| Edit {
        key: "a".into(),
        value: serde_json::from_value(json!(9.0)).expect("a number"),
        base,
    };
    let number = |x: f64| serde_json::from_value(json!(x)).ok();
    let result = |edit: Edit| {
        let mut session = Session::default();
        session.load("a = 2; a*1", &[edit]).map(|_| ()).expect("a text");
        call(&mut session, "frame", json!({}))["data"][0].clone()
    };
    assert_eq!(result(edit(number(2.0))), "9.0000");
    assert_eq!(result(edit(None)), "9.0000");
    assert_eq!(result(edit(number(3.0))), "2.0000");
}

#[test]
fn the_first_value_that_is_no_number_is_named() {
    let mut session = session("x = -1\nloss = log(x)*2");
    let frame = call(&mut session, "frame", json!({}));
    assert_eq!(
        frame["nonFinite"]["text"],
        "log(x) is NaN, made by ln from x = −1".replace("log", "ln")
    );
}

#[test]
fn answers_of_the_quiz_are_judged_with_a_reason() {
    let mut session = session("a = 2; b = -3\nc = a*b");
    let right = call(&mut session, "judge", json!({ "place": 0, "answer": "−3" }));
    assert_eq!(right["right"], true);
    assert!(right["why"].as_str().expect("a reason").contains("∂c/∂a = b = −3"), "{right}");
    assert_eq!(call(&mut session, "judge", json!({ "place": 0, "answer": "2" }))["right"], false);
    assert_eq!(call(&mut session, "judge", json!({ "place": 0, "answer": "-6/2" }))["right"], true);
    assert!(call(&mut session, "judge", json!({ "place": 0, "answer": "x" }))["error"].is_object());
}

#[test]
fn long_and_deep_texts_are_answered() {
    let texts = [
        "(".repeat(50_000),
        format!("x = 1; {}x{}", "(".repeat(40_000), ")".repeat(40_000)),
        format!("x = 1; y = {}x", "tanh(".repeat(9_000) + &")".repeat(0)),
        format!("x = 1; y = {}", vec!["x"; 30_000].join("+")),
        "1e308*10".into(),
        "a < b > \u{202e}<script>alert(1)</script>".into(),
    ];
    for text in texts {
        let mut session = Session::default();
        let answer = call(&mut session, "load", json!({ "text": text, "step": 7 }));
        let is_answered = answer["svg"].is_string() || answer["error"]["message"].is_string();
        assert!(is_answered, "{}", &text[..20]);
    }
}

#[test]
fn statements_fold_to_one_box_each() {
    let mut session = session("x = 2; w = 3; b = 1\nh = tanh(x*w + b)\ny = h*h + 1");
    let ids = |drawn: &Json| drawn["svg"].as_str().expect("svg").matches("class='gl-node ").count();
    let open = call(&mut session, "draw", json!({}));
    let folded = call(&mut session, "draw", json!({ "fold": true }));
    // x, w, b, x*w, + b, h; h*h, 1, y. What only one statement uses goes into its box.
    assert_eq!((ids(&open), ids(&folded)), (9, 2));
    let half = call(&mut session, "draw", json!({ "fold": true, "opened": ["h"] }));
    assert_eq!(ids(&half), 7);
}

#[test]
fn a_derivative_of_what_has_no_name_is_written_unmistakably() {
    let mut session = session("a = 2; b = 3; c = 4\ntanh(a*b + c)");
    let formulas: Vec<String> = (2..=6)
        .map(|step| {
            call(&mut session, "go", json!({ "step": step }))["said"]["formula"].to_string()
        })
        .collect();
    for wanted in ["∂tanh(a*b + c)/∂(a*b + c) = ", "∂(a*b + c)/∂(a*b) = 1", "∂(a*b)/∂a = b = 3"]
    {
        assert!(formulas.iter().any(|formula| formula.contains(wanted)), "{wanted}: {formulas:?}");
    }
}
