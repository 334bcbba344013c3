//! Errors as they are shown. The snapshots were read by a person, line by line; `cargo insta review`
//! shows what a change does to them.

use gradling::scope;
use gradling_expr::{Error, Place, parse};

/// A text with numbers from outside.
type Case = (&'static str, &'static [(&'static str, f64)]);

fn error((text, bindings): Case) -> Error {
    let result =
        scope(|| parse(text)?.eval(bindings.iter().copied()).map(|result| result.root.data()));
    result.expect_err(text)
}

fn shown(texts: &[&'static str]) -> String {
    let shown: Vec<String> = texts.iter().map(|text| error((text, &[])).to_string()).collect();
    shown.join("\n\n")
}

fn place(text: &'static str) -> Place {
    error((text, &[])).place.expect(text)
}

#[test]
fn a_name_without_a_value_gets_the_closest_or_what_there_is() {
    insta::assert_snapshot!(shown(&[
        "x^2",
        "a = 2; d = a*bb + 1",
        "alpha = 2\nbeta = alpah^2",
        "Rate = 1; rate + 1",
        "y = 2; y = y + z; z = 1",
        "a == 2",
        "y = tanh + 1",
        "a=1; b=1; c=1; d=1; f=1; g=1; h=1; i=1; j=1; unlike",
    ]));
}

#[test]
fn a_call_that_does_not_fit_says_how_it_is_written() {
    insta::assert_snapshot!(shown(&[
        "foo(1)",
        "Tanh(1)",
        "sofmax([1])[0]",
        "a = 2; a(3)",
        "tanh()",
        "tanh(1, 2)",
        "pow(1)",
        "powf(1)",
        "select(1, 2)",
        "max()",
        "dot([1, 2])",
        "affine([1], [2])",
        "leaky_relu(1, 2, 3)",
        "s = 2; leaky_relu(1, s)",
    ]));
}

#[test]
fn a_bracket_without_its_other_half_is_pointed_at() {
    insta::assert_snapshot!(shown(&[
        "d = (a + b",
        "d = tanh (a + b; e = 1",
        "d = (a + b\ne = 2*d",
        "f = max(\n  a\n  b\n)",
        "d = (a + b\n2*c",
        "d = [1, (2]",
        "a + b) * 2",
        "s = [1, 2",
        "()",
        "[]",
    ]));
}

#[test]
fn a_missing_value_or_operator_is_pointed_at() {
    insta::assert_snapshot!(shown(&[
        "",
        "# only a comment",
        "a = ",
        "a = 1 +\n2",
        "* 3",
        "1 + * 3",
        "f = max(,)",
        "2(1 + x)",
        "a b",
        "y = 1,5",
        "(a, b)",
        "1 < x < 3",
    ]));
}

#[test]
fn an_equals_sign_out_of_place_explains_both_signs() {
    insta::assert_snapshot!(shown(&[
        "= 3",
        "a += 1",
        "a = = 1",
        "a => 1",
        "select(a = 1, 2, 3)",
        "a = b = 3",
        "a + 1 = 3",
    ]));
}

#[test]
fn a_malformed_number_says_how_it_is_written() {
    insta::assert_snapshot!(shown(&[
        "2x + 1", "1.2.3", "1__0", "1_", "2e", "2e+", "0xff", "1e999", "1..2"
    ]));
}

#[test]
fn a_foreign_character_says_what_to_write_instead() {
    insta::assert_snapshot!(shown(&[
        "“a” = 1",
        "a % b",
        "x² + 1",
        "x₁ + 1",
        "3 – 1",
        "a && b",
        "|x|",
        "{1}",
        "!a",
        "√2",
        "1\u{200b}+ 1",
        "\0",
        "1 + \u{301}",
        "🦀",
    ]));
}

#[test]
fn a_list_out_of_place_says_what_takes_lists() {
    insta::assert_snapshot!(shown(&[
        "[1, 2] * 3",
        "-[1]",
        "tanh([1])",
        "[[1], 2]",
        "max(1, [2])",
        "dot(1, 2)",
        "dot([1, 2], [3])",
        "s = [1, 2]; s[2]",
        "s = [1, 2]; s[0.5]",
        "s = [1]; s[-1]",
        "s = [1]; s[0, 1]",
        "a = 1; a[0]",
        "s = softmax([1, 2])",
    ]));
}

#[test]
fn a_binding_without_use_is_named() {
    let cases: [Case; 5] = [
        ("x^2", &[("x", 1.0), ("zoom", 2.0)]),
        ("rate^2", &[("rat", 1.0)]),
        ("x^2", &[("x", 1.0), ("x", 2.0)]),
        ("a = 2; d = a*2", &[("d", 1.0)]),
        ("s = [1, 2]; s[0]", &[("s", 1.0)]),
    ];
    insta::assert_snapshot!(cases.map(|case| error(case).to_string()).join("\n\n"));
}

#[test]
fn places_count_lines_characters_and_bytes() {
    let found = place("größe = 1\r\n\tgröße + größ2");
    assert_eq!((found.line, found.column, found.span), (2, 10, 24..31));
    let found = place("1\n2 +\n");
    assert_eq!((found.line, found.column, found.span), (2, 3, 4..5));
    let found = place("a = 1; a[");
    assert_eq!((found.line, found.column, found.span), (1, 10, 9..9));
}

#[test]
fn the_mark_stands_below_its_place_after_tabs_and_wide_characters() {
    insta::assert_snapshot!(shown(&[
        "a = 1; b\t= a + bb2",
        "世界 = 1; 世界 + 世",
        "e\u{301} = 1; e\u{301} ? 2",
        "\u{7}1",
        "\n\n\n\n\n\n\n\n\n\n  1 +",
    ]));
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let long = |middle: &str| "a + ".repeat(100) + middle + &" + a".repeat(100);
    let texts = [long("oops"), long(&"z".repeat(90)), format!("a = 1; {}2 2", "a + ".repeat(20))];
    let shown = texts.map(|text| {
        let text = format!("a=1; {text}");
        scope(|| parse(&text)?.eval([]).map(|result| result.root.data())).unwrap_err().to_string()
    });
    insta::assert_snapshot!(shown.join("\n\n"));
}
