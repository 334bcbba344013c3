//! Names of columns as names of fields: what Rust and C both take.

use std::collections::HashSet;

/// Words that mean something in Rust or C, or are macros of some C compilers.
const TAKEN: &[&str] = &[
    "abstract", "as", "asm", "async", "auto", "await", "become", "bool", "box", "break", "case",
    "char", "const", "continue", "crate", "default", "do", "double", "dyn", "else", "enum",
    "extern", "false", "final", "float", "fn", "for", "gen", "goto", "if", "impl", "in", "inline",
    "int", "let", "linux", "long", "loop", "macro", "match", "mod", "move", "mut", "override",
    "priv", "pub", "ref", "register", "restrict", "return", "self", "short", "signed", "sizeof",
    "static", "struct", "super", "switch", "trait", "true", "try", "type", "typedef", "typeof",
    "union", "unix", "unsafe", "unsigned", "unsized", "use", "virtual", "void", "volatile",
    "where", "while", "yield",
];

/// A field for each name, in order, all different: small letters, digits and single underscores.
pub(super) fn fields<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut used = HashSet::new();
    let mut field = |name: &str| {
        let plain = plain(name);
        let mut field = plain.clone();
        let mut number = 2;
        while TAKEN.contains(&field.as_str()) || !used.insert(field.clone()) {
            field = format!("{plain}_{number}");
            number += 1;
        }
        field
    };
    names.map(&mut field).collect()
}

/// The letters and digits of a name, in words.
fn plain(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let field = words.collect::<Vec<_>>().join("_");
    match field.as_bytes().first() {
        Some(b'a'..=b'z') => field,
        Some(_) => format!("x{field}"),
        None => "x".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_words_that_differ_whatever_the_names() {
        let names = ["Sepal length (cm)", "sepal_length_cm", "for", "2nd", "数", "", "linux", "x"];
        assert_eq!(
            fields(names.into_iter()),
            ["sepal_length_cm", "sepal_length_cm_2", "for_2", "x2nd", "x", "x_2", "linux_2", "x_3"]
        );
    }
}
