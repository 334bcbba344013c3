//! What the parser says when a text is not of the language.

use super::{Parser, Waiting, What};
use crate::code::Does;
use crate::error::{Error, clip};
use crate::token::{Bracket, Kind, Lexer, Token};

impl Parser<'_> {
    pub(super) fn error(&self, token: Token, message: impl Into<String>) -> Error {
        Error::at(self.text, token.span(), message)
    }

    pub(super) fn shown(&self, token: Token) -> String {
        clip(&self.text[token.span()])
    }

    /// There is no operand where one must be.
    pub(super) fn missing(&self, token: Token) -> Error {
        let ends = matches!(token.kind, Kind::End | Kind::Newline | Kind::Semicolon);
        let found = self.shown(token);
        let Some(before) = self.before else {
            return match token.kind {
                Kind::Assign => {
                    self.error(token, "there is no name before `=`").help("write `name = value`")
                }
                _ => self
                    .error(token, format!("there is no value before `{found}`"))
                    .help("an operator stands between two values"),
            };
        };
        let left = self.shown(before);
        if ends {
            let error = self.error(before, format!("there is no value after `{left}`"));
            return match token.kind {
                Kind::Newline => {
                    error.help("an expression goes on in the next line only inside parentheses")
                }
                _ => error.help("add a value, or delete it"),
            };
        }
        let error = self.error(token, format!("there is no value between `{left}` and `{found}`"));
        match (before.kind, token.kind) {
            (Kind::Operator(_), Kind::Assign) if before.end == token.start => {
                error.help(format!("in place of `a {left}= b` write `a = a {left} b`"))
            }
            (_, Kind::Assign) | (Kind::Assign, Kind::Operator(_)) => {
                error.help("comparisons are < <= > >= == !=")
            }
            _ => error.help("add a value, or delete one of them"),
        }
    }

    pub(super) fn side_by_side(&self, token: Token) -> Error {
        let brackets = self.waiting.iter().rev().find(|waiting| waiting.what.bracket().is_some());
        let broken = brackets.filter(|_| self.broken);
        if let Some(&bracket) = broken
            && self.lexer.peek().is_ok_and(|next| next.kind == Kind::Assign)
        {
            // A statement begins in a line of its own: the bracket above was forgotten.
            return self.never_closed(bracket);
        }
        let left = self.before.map(|before| self.shown(before)).unwrap_or_default();
        let message = format!("there is no operator between `{left}` and `{}`", self.shown(token));
        self.error(token, message).help(match broken {
            Some(_) => "the line before ends inside brackets: close them there, or write an operator or a comma",
            None => "a product is written with `*`; statements are separated by `;` or lines",
        })
    }

    pub(super) fn stray_assign(&self, token: Token) -> Error {
        if self.open > 0 {
            return self
                .error(token, "`=` inside an expression")
                .help("`==` compares; `name = value` is a statement of its own");
        }
        if matches!(self.code.last(), Some(instruction) if matches!(instruction.does, Does::Name(_)))
            && self.before.is_some_and(|before| before.kind == Kind::Name)
            && self.waiting.is_empty()
        {
            return self
                .error(token, "a second `=` in one statement")
                .help("`==` compares; to name a value twice write `b = 3; a = b`");
        }
        self.error(token, "only a name can stand left of `=`")
            .help("`==` compares; `name = value` gives a name to a value")
    }

    pub(super) fn stray_comma(&self, token: Token) -> Error {
        let error = self.error(token, "a comma outside of a call or a list");
        let after_number = self.before.is_some_and(|before| matches!(before.kind, Kind::Number(_)));
        match self.lexer.peek().map(|next| next.kind) {
            Ok(Kind::Number(_)) if after_number => {
                error.help("a decimal point is `.`; a list is written `[a, b]`")
            }
            _ => error.help("a list is written `[a, b]`; statements are separated by `;` or lines"),
        }
    }

    /// Points at the bracket, which is where the mistake is more often than at the end.
    pub(super) fn never_closed(&self, bracket: Waiting) -> Error {
        let mut lexer = Lexer::new(self.text, bracket.at as usize);
        let mut token = lexer.next();
        if let What::Call(..) = bracket.what {
            // The first was the name.
            token = lexer.next();
        }
        let (opening, closing) = match bracket.what.bracket() {
            Some(Bracket::Square) => ("[", "]"),
            _ => ("(", ")"),
        };
        let span = token.map_or(bracket.at as usize..bracket.at as usize + 1, Token::span);
        Error::at(self.text, span, format!("this `{opening}` is not closed"))
            .help(format!("add `{closing}` where it ends"))
    }
}
