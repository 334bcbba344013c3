//! Texts of hostile shape and size end in a result or an error, on a stack of 256 KiB.

use gradling::scope;
use gradling_expr::parse;
use std::time::Instant;

const MANY: usize = 1_000_000;

/// The root's number, or the error's message; and how long it took, for `--nocapture`.
fn run(name: &str, text: &str) -> Result<f64, String> {
    let start = Instant::now();
    let result = std::thread::scope(|threads| {
        let small = std::thread::Builder::new().stack_size(256 << 10);
        let worker = small.spawn_scoped(threads, || {
            scope(|| match parse(text).and_then(|script| script.eval([])) {
                Ok(result) => Ok(result.root.data()),
                Err(error) => {
                    let shown = error.to_string();
                    assert!(shown.len() < 2000, "{} bytes of message", shown.len());
                    Err(error.message)
                }
            })
        });
        worker.unwrap().join().expect("no panic")
    });
    println!("{:30} {:10} bytes {:8.1} ms", name, text.len(), start.elapsed().as_secs_f64() * 1e3);
    result
}

#[test]
fn depth_and_length_are_no_limit() {
    let nested =
        |open: &str, middle: &str, close: &str| open.repeat(MANY) + middle + &close.repeat(MANY);
    let n = MANY as f64;
    for (name, text, value) in [
        ("parentheses", nested("(", "7", ")"), 7.0),
        ("terms", format!("1{}", "+1".repeat(MANY)), n + 1.0),
        ("minuses of a number", format!("{}1", "-".repeat(MANY)), 1.0),
        ("minuses of a value", format!("x=1;{}x", "-".repeat(MANY)), 1.0),
        ("pluses", format!("{}1", "+".repeat(MANY)), 1.0),
        ("calls", nested("abs(", "3", ")"), 3.0),
        ("calls of a list", nested("sum([", "3", "])"), 3.0),
        ("powers", format!("x=1;x{}", "^x".repeat(MANY)), 1.0),
        ("elements", format!("sum([1{}])", ",1".repeat(MANY)), n + 1.0),
        ("arguments", format!("max(1{})", ",2".repeat(MANY)), 2.0),
        ("statements", format!("a=0;{}", "a=a+1;".repeat(MANY)), n),
        ("names", (0..MANY).map(|i| format!("n{i}=1\n")).collect(), 1.0),
        ("semicolons", format!("{}1", ";".repeat(10 * MANY)), 1.0),
        ("blank", format!("1{}", " ".repeat(10 * MANY)), 1.0),
        ("comments", format!("{}1", "#\n".repeat(5 * MANY)), 1.0),
        ("digits", "1".repeat(300) + "." + &"3".repeat(10 * MANY), 1.111111111111111e299),
        ("underscores", format!("1{}", "_0".repeat(300)), 1e300),
        ("comment of 10 MB", format!("1#{}", "x".repeat(10 * MANY)), 1.0),
    ] {
        let found = run(name, &text).unwrap_or_else(|message| panic!("{name}: {message}"));
        assert!((found - value).abs() <= value.abs() * 1e-12, "{name}: {found}");
    }
}

#[test]
fn what_is_wrong_is_found_at_any_depth_and_length() {
    for (name, text, message) in [
        ("open parentheses", "(".repeat(10 * MANY), "there is no value after `(`"),
        ("open brackets", "[".repeat(10 * MANY), "there is no value after `[`"),
        ("open calls", "abs(".repeat(MANY) + "1", "this `(` is not closed"),
        ("closing parentheses", ")".repeat(10 * MANY), "there is no value before `)`"),
        ("lists in lists", "[".repeat(MANY) + "1" + &"]".repeat(MANY), "a list inside a list"),
        ("indexes", format!("[1]{}", "[0]".repeat(MANY)), "only a list has elements"),
        ("operators", "*".repeat(10 * MANY), "there is no value before `**`"),
        ("minuses", "-".repeat(10 * MANY), "there is no value after `-`"),
        ("comparisons", format!("1{}", "<1".repeat(MANY)), "comparisons do not chain"),
        ("long name", "x".repeat(10 * MANY), "a name of more than 255 characters"),
        ("digits too many", "9".repeat(10 * MANY), &format!("`{}…` is too large", "9".repeat(40))),
        (
            "underscores in a number",
            format!("1{}", "_".repeat(10 * MANY)),
            &format!("`1{}…` is not a number", "_".repeat(39)),
        ),
        ("points", ".".repeat(10 * MANY), "the character `.` has no meaning here"),
        (
            "points after a number",
            format!("1{}", ".".repeat(10 * MANY)),
            &format!("`1{}…` is not a number", ".".repeat(39)),
        ),
        ("NULs", "\0".repeat(10 * MANY), "the character U+0000 has no meaning here"),
        ("accents", "\u{301}".repeat(5 * MANY), "the character U+0301 has no meaning here"),
        ("directions", "1\u{202e}2".repeat(MANY), "the character U+202E has no meaning here"),
        ("late in one line", format!("{}x", "1+".repeat(5 * MANY)), "`x` has no value"),
        ("late in many lines", format!("{}x", "1\n".repeat(5 * MANY)), "`x` has no value"),
        (
            "among many names",
            (0..MANY).map(|i| format!("n{i}=1\n")).chain(["m1".into()]).collect(),
            "`m1` has no value",
        ),
        ("nothing", "\n".repeat(10 * MANY), "there is nothing to compute"),
    ] {
        assert_eq!(run(name, &text), Err(message.to_owned()), "{name}");
    }
}

#[test]
fn a_list_used_many_times_is_refused_before_it_costs_the_square() {
    let list = format!("s=[1{}];", ",1".repeat(MANY / 2));
    for (name, repeated) in [
        ("sums", "sum(s);"),
        ("softmaxes", "softmax(s);"),
        ("names", "t=s;"),
        ("products", "dot(s,s);"),
    ] {
        let message = run(name, &(list.clone() + &repeated.repeat(MANY / 2))).unwrap_err();
        assert!(message.starts_with("the lists of this text stand for more than"), "{message}");
    }
    let indexes = list.clone() + &"s[7];".repeat(MANY / 2) + "s[8]";
    assert_eq!(run("indexes of a long list", &indexes), Ok(1.0));
}
