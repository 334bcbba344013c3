//! The text cut into tokens, one at a time. A token knows its bytes; lines and columns are counted only
//! for an error.

use crate::error::{Error, clip, is_invisible};
use crate::number;
use gradling::Op;
use std::ops::Range;

/// The longest name, in characters: every value that has the name keeps a copy.
const LONGEST_NAME: usize = 255;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Number(f64),
    Name,
    /// An operation of two values; `Sub` is also the minus before one.
    Operator(Op),
    Assign,
    Open(Bracket),
    Close(Bracket),
    Comma,
    Semicolon,
    Newline,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bracket {
    Round,
    Square,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Token {
    pub(crate) fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Reads tokens. A copy of it reads ahead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    /// A lexer that starts at the byte `at`. The text must be shorter than 4 GiB.
    pub(crate) fn new(text: &'t str, at: usize) -> Lexer<'t> {
        Lexer { text, at }
    }

    /// The next token, without taking it.
    pub(crate) fn peek(self) -> Result<Token, Error> {
        Lexer::next(&mut { self })
    }

    pub(crate) fn next(&mut self) -> Result<Token, Error> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let Some(c) = rest.chars().next() else {
            return Ok(self.token(Kind::End, 0));
        };
        let second = rest[c.len_utf8()..].chars().next();
        let (kind, length) = match c {
            '0'..='9' => return self.number(),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) => return self.number(),
            _ if is_name_start(c) => return self.name(),
            '\n' => (Kind::Newline, 1),
            ';' => (Kind::Semicolon, 1),
            ',' => (Kind::Comma, 1),
            '(' => (Kind::Open(Bracket::Round), 1),
            ')' => (Kind::Close(Bracket::Round), 1),
            '[' => (Kind::Open(Bracket::Square), 1),
            ']' => (Kind::Close(Bracket::Square), 1),
            '*' if second == Some('*') => (Kind::Operator(Op::Pow), 2),
            '<' if second == Some('=') => (Kind::Operator(Op::Le), 2),
            '>' if second == Some('=') => (Kind::Operator(Op::Ge), 2),
            '=' if second == Some('=') => (Kind::Operator(Op::Eq), 2),
            '!' if second == Some('=') => (Kind::Operator(Op::Ne), 2),
            '=' => (Kind::Assign, 1),
            '+' => (Kind::Operator(Op::Add), 1),
            '-' | '−' => (Kind::Operator(Op::Sub), c.len_utf8()),
            '*' | '×' | '·' | '\u{387}' | '⋅' => (Kind::Operator(Op::Mul), c.len_utf8()),
            '/' | '÷' => (Kind::Operator(Op::Div), c.len_utf8()),
            '^' => (Kind::Operator(Op::Pow), 1),
            '<' => (Kind::Operator(Op::Lt), 1),
            '>' => (Kind::Operator(Op::Gt), 1),
            '≤' => (Kind::Operator(Op::Le), c.len_utf8()),
            '≥' => (Kind::Operator(Op::Ge), c.len_utf8()),
            '≠' => (Kind::Operator(Op::Ne), c.len_utf8()),
            _ => return Err(self.foreign(c)),
        };
        Ok(self.token(kind, length))
    }

    /// Takes `length` bytes as a token.
    fn token(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.at as u32;
        self.at += length;
        Token { kind, start, end: self.at as u32 }
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            // A byte-order mark is no character of the text.
            let blank =
                |c: char| c != '\n' && (c.is_whitespace() || c == '\u{feff}' && self.at == 0);
            let trimmed = rest.trim_start_matches(blank);
            self.at = self.text.len() - trimmed.len();
            if !(trimmed.starts_with('#') || trimmed.starts_with("//")) {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn name(&mut self) -> Result<Token, Error> {
        let rest = &self.text[self.at..];
        let length = name_length(rest);
        if length > LONGEST_NAME && rest[..length].chars().count() > LONGEST_NAME {
            return Err(self.error(
                length,
                format!("a name of more than {LONGEST_NAME} characters"),
                "choose a shorter one",
            ));
        }
        Ok(self.token(Kind::Name, length))
    }

    fn number(&mut self) -> Result<Token, Error> {
        let rest = &self.text[self.at..];
        let length = number::length(rest);
        let written = &rest[..length];
        let following = &rest[length..];
        match following.chars().next() {
            // Numbers of other languages; without this they would be called products.
            Some('x' | 'X' | 'b' | 'B' | 'o' | 'O')
                if written == "0"
                    && following[1..].starts_with(|c: char| c.is_ascii_hexdigit()) =>
            {
                let whole = length + name_length(following);
                let message = format!("`{}` is not a decimal number", clip(&rest[..whole]));
                Err(self.error(whole, message, "numbers are written as in 255, 2.5 and 1e-3"))
            }
            Some('e' | 'E') if name_length(following) == 1 => {
                let message = format!("the exponent of `{}` has no digits", clip(&rest[..=length]));
                let help =
                    format!("write `{0}e3` for {0} thousand, `{0}*e` for a product", clip(written));
                Err(self.error(length + 1, message, help))
            }
            Some(c) if is_name_start(c) => {
                let name = &following[..name_length(following)];
                let (number, name, whole) = (clip(written), clip(name), length + name.len());
                let message = format!("`{number}` and `{name}` stand side by side");
                Err(self.error(
                    whole,
                    message,
                    format!("for their product write `{number}*{name}`"),
                ))
            }
            Some('.') => {
                let whole = length
                    + following
                        .find(|c: char| c != '.' && !c.is_ascii_digit())
                        .unwrap_or(following.len());
                let message = format!("`{}` is not a number", clip(&rest[..whole]));
                Err(self.error(whole, message, "a number has one decimal point, as in 2.5"))
            }
            _ => match number::value(written) {
                Ok(value) => Ok(self.token(Kind::Number(value), length)),
                Err((message, help)) => Err(self.error(length, message, help)),
            },
        }
    }

    /// A character that is no part of the language.
    fn foreign(&self, c: char) -> Error {
        let help = match c {
            '%' => "there is no remainder; division is `/`",
            '{' | '}' => "expressions are grouped with ( ), lists are written in [ ]",
            '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' => {
                "names and numbers are written without quotes"
            }
            '!' => "the sign for not equal is `!=`; for not, write `x == 0`",
            '&' => "where both must hold, multiply: `(a < b)*(b < c)`",
            '|' => "the absolute value is `abs(x)`; where one of two must hold, use `max`",
            '.' => "a decimal point needs a digit after it, as in .5",
            ':' | '?' => "`name = value` gives a value; `select(c, a, b)` chooses one",
            '–' | '—' | '‐' | '‑' | '﹣' | '-' => "the minus is `-`",
            '¹' | '²' | '³' | '⁰' | '⁴'..='⁹' | 'ⁿ' => "a power is written `x^2`",
            '₀'..='₉' => "a subscript is written as a part of the name: `x1`",
            '√' => "the square root is `sqrt(x)`",
            '∑' => "the sum is `sum([a, b])`",
            '\u{a0}'..='\u{10ffff}' if is_invisible(c) => {
                "delete it: it does not show, and may have come in by copying"
            }
            '\u{300}'..='\u{10ffff}' if unicode_ident::is_xid_continue(c) => {
                "a name begins with a letter"
            }
            _ => "expressions are made of numbers, names, ( ) [ ] , = and + - * / ^ < >",
        };
        let shown = unicode_width::UnicodeWidthChar::width(c).is_some_and(|width| width > 0)
            && !is_invisible(c);
        let code = format!("U+{:04X}", c as u32);
        let message = match shown {
            true if c.is_ascii() => format!("the character `{c}` has no meaning here"),
            true => format!("the character `{c}` ({code}) has no meaning here"),
            false => format!("the character {code} has no meaning here"),
        };
        self.error(c.len_utf8(), message, help)
    }

    fn error(&self, length: usize, message: impl Into<String>, help: impl Into<String>) -> Error {
        Error::at(self.text, self.at..self.at + length, message).help(help)
    }
}

fn is_name_start(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

/// How many bytes of `text`, which starts with a name, are the name.
fn name_length(text: &str) -> usize {
    // The middle dots are letters of Catalan and Greek to Unicode; here they multiply.
    let part = |c: char| unicode_ident::is_xid_continue(c) && !matches!(c, '·' | '\u{387}');
    text.find(|c| !part(c)).unwrap_or(text.len())
}
