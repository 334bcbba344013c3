//! [`parse`]: text to code, by operator precedence with a stack of its own (Dijkstra's shunting yard),
//! so that a million open parentheses are a million entries of a list and not of the call stack.

mod wrong;

use crate::code::{Does, Instruction, Script};
use crate::error::{Error, clip};
use crate::function::{Function, functions};
use crate::suggest::closest;
use crate::token::{Bracket, Kind, Lexer, Token};
use gradling::Op;
use std::collections::HashMap;

/// The longest text, in bytes: what it makes then fits on the tape.
const LONGEST_TEXT: usize = 1 << 30;

/// Reads a text: see the [language](crate). Only its form is checked, and the names of its functions;
/// what the names of its values mean is known when it is [evaluated](Script::eval).
///
/// # Errors
/// Where the text is not of the language, with the place and what to write instead.
pub fn parse(text: &str) -> Result<Script, Error> {
    if text.len() > LONGEST_TEXT {
        return Err(Error::nowhere("the text is longer than 1 GiB").help("split it up"));
    }
    let mut parser = Parser {
        text,
        lexer: Lexer::new(text, 0),
        code: Vec::new(),
        numbers: Vec::new(),
        names: Vec::new(),
        places: HashMap::new(),
        waiting: Vec::new(),
        open: 0,
        before: None,
        broken: false,
    };
    while parser.statement()? {}
    if parser.code.is_empty() {
        return Err(Error::nowhere("there is nothing to compute")
            .help("write an expression, for example `a = 2; b = -3; d = a*b + 10`"));
    }
    let Parser { code, numbers, names, .. } = parser;
    Ok(Script { text: text.into(), code, numbers, names })
}

struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    code: Vec<Instruction>,
    numbers: Vec<f64>,
    names: Vec<(u32, u32)>,
    places: HashMap<&'t str, u32>,
    /// What was begun and waits for its operand or its closing bracket, outermost first.
    waiting: Vec<Waiting>,
    /// How many brackets are among those.
    open: usize,
    /// The token before the one at hand, within the statement.
    before: Option<Token>,
    /// Whether a line ended between these two.
    broken: bool,
}

#[derive(Clone, Copy)]
struct Waiting {
    what: What,
    at: u32,
}

#[derive(Clone, Copy)]
enum What {
    Operator(Op),
    Minus,
    Parenthesis,
    /// A call, with the count of its arguments so far; `at` is that of the name.
    Call(Function, u32),
    /// A list, with the count of its elements so far.
    List(u32),
}

impl What {
    /// How tightly an operator holds its operands; brackets let everything wait.
    fn precedence(self) -> u8 {
        match self {
            What::Parenthesis | What::Call(..) | What::List(_) => 0,
            What::Operator(Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne) => COMPARISON,
            What::Operator(Op::Add | Op::Sub) => 2,
            What::Operator(Op::Mul | Op::Div) => 3,
            What::Minus => 4,
            What::Operator(_) => 5,
        }
    }

    fn bracket(self) -> Option<Bracket> {
        match self {
            What::Parenthesis | What::Call(..) => Some(Bracket::Round),
            What::List(_) => Some(Bracket::Square),
            What::Operator(_) | What::Minus => None,
        }
    }
}

const COMPARISON: u8 = 1;

/// What follows a complete operand.
enum Then {
    AnotherOperand,
    NextStatement,
}

impl<'t> Parser<'t> {
    /// Reads a statement, or what stands between two; false at the end of the text.
    fn statement(&mut self) -> Result<bool, Error> {
        self.before = None;
        let first = self.lexer.peek()?;
        match first.kind {
            Kind::End => return Ok(false),
            Kind::Newline | Kind::Semicolon => {
                self.lexer.next()?;
                return Ok(true);
            }
            _ => {}
        }
        let target = self.target()?;
        loop {
            self.operand()?;
            match self.after_operand()? {
                Then::AnotherOperand => {}
                Then::NextStatement => break,
            }
        }
        match target {
            Some(name) => {
                let place = self.place(name);
                self.emit(Does::Assign(place), name.start);
            }
            None => self.emit(Does::Done, first.start),
        }
        Ok(true)
    }

    /// Takes `name =`, if the statement begins so.
    fn target(&mut self) -> Result<Option<Token>, Error> {
        let mut ahead = self.lexer;
        let name = ahead.next()?;
        if name.kind != Kind::Name {
            return Ok(None);
        }
        let sign = ahead.next()?;
        if sign.kind != Kind::Assign {
            return Ok(None);
        }
        self.lexer = ahead;
        self.before = Some(sign);
        Ok(Some(name))
    }

    /// Takes the next token of the statement; line breaks inside brackets are blanks.
    fn next(&mut self) -> Result<Token, Error> {
        self.broken = false;
        loop {
            let token = self.lexer.next()?;
            if token.kind != Kind::Newline || self.open == 0 {
                return Ok(token);
            }
            self.broken = true;
        }
    }

    /// Reads up to where one operand is complete: signs and opening brackets, then a number, a name or
    /// the bracket that closes an empty call.
    fn operand(&mut self) -> Result<(), Error> {
        loop {
            let token = self.next()?;
            match token.kind {
                Kind::Number(value) => {
                    let place = self.numbers.len() as u32;
                    self.numbers.push(value);
                    self.emit(Does::Number(place), token.start);
                    self.before = Some(token);
                    return Ok(());
                }
                Kind::Name if self.lexer.peek()?.kind == Kind::Open(Bracket::Round) => {
                    let function = self.function(token)?;
                    self.before = Some(self.lexer.next()?);
                    self.open(What::Call(function, 0), token);
                    continue;
                }
                Kind::Name => {
                    let place = self.place(token);
                    self.emit(Does::Name(place), token.start);
                    self.before = Some(token);
                    return Ok(());
                }
                Kind::Operator(Op::Sub) => {
                    self.waiting.push(Waiting { what: What::Minus, at: token.start })
                }
                // A plus before an operand changes nothing.
                Kind::Operator(Op::Add) => {}
                Kind::Open(Bracket::Round) => self.open(What::Parenthesis, token),
                Kind::Open(Bracket::Square) => self.open(What::List(0), token),
                Kind::Close(bracket) => match self.waiting.last().map(|waiting| waiting.what) {
                    // An empty call or list, or a comma after the last element.
                    Some(what @ (What::Call(..) | What::List(_)))
                        if what.bracket() == Some(bracket) =>
                    {
                        self.close(token)?;
                        self.before = Some(token);
                        return Ok(());
                    }
                    _ => return Err(self.missing(token)),
                },
                _ => return Err(self.missing(token)),
            }
            self.before = Some(token);
        }
    }

    /// Reads what may follow an operand: closing brackets and indexes, then an operator, a comma or the
    /// end of the statement.
    fn after_operand(&mut self) -> Result<Then, Error> {
        loop {
            let token = self.next()?;
            match token.kind {
                Kind::Operator(op) => {
                    self.operator(op, token)?;
                    self.before = Some(token);
                    return Ok(Then::AnotherOperand);
                }
                Kind::Comma => {
                    self.settle(COMPARISON);
                    match self.waiting.last_mut().map(|waiting| &mut waiting.what) {
                        Some(What::Call(_, count) | What::List(count)) => *count += 1,
                        _ => return Err(self.stray_comma(token)),
                    }
                    self.before = Some(token);
                    return Ok(Then::AnotherOperand);
                }
                Kind::Close(_) => {
                    self.settle(COMPARISON);
                    if let Some(What::Call(_, count) | What::List(count)) =
                        self.waiting.last_mut().map(|waiting| &mut waiting.what)
                    {
                        *count += 1;
                    }
                    self.close(token)?;
                }
                Kind::Open(Bracket::Square) => {
                    self.index(token)?;
                    continue;
                }
                Kind::End | Kind::Newline | Kind::Semicolon => {
                    self.settle(COMPARISON);
                    return match self.waiting.last().copied() {
                        Some(bracket) => Err(self.never_closed(bracket)),
                        None => Ok(Then::NextStatement),
                    };
                }
                Kind::Assign => return Err(self.stray_assign(token)),
                Kind::Number(_) | Kind::Name | Kind::Open(Bracket::Round) => {
                    return Err(self.side_by_side(token));
                }
            }
            self.before = Some(token);
        }
    }

    fn operator(&mut self, op: Op, token: Token) -> Result<(), Error> {
        let what = What::Operator(op);
        let precedence = what.precedence();
        // To the right: a power lets an equal one wait.
        self.settle(if op == Op::Pow { precedence + 1 } else { precedence.max(COMPARISON + 1) });
        if precedence == COMPARISON
            && self.waiting.last().is_some_and(|waiting| waiting.what.precedence() == COMPARISON)
        {
            return Err(self
                .error(token, "comparisons do not chain")
                .help("where both must hold, multiply: `(a < b)*(b < c)`"));
        }
        self.waiting.push(Waiting { what, at: token.start });
        Ok(())
    }

    /// Emits the waiting operators that hold at least so tightly, down to the innermost bracket.
    fn settle(&mut self, precedence: u8) {
        while let Some(&Waiting { what, at }) = self.waiting.last()
            && what.precedence() >= precedence
        {
            match what {
                What::Operator(op) => self.emit(Does::Operate(op), at),
                _ => self.emit(Does::Negate, at),
            }
            self.waiting.pop();
        }
    }

    fn open(&mut self, what: What, token: Token) {
        self.waiting.push(Waiting { what, at: token.start });
        self.open += 1;
    }

    /// Closes the innermost bracket; the operators in it are settled.
    fn close(&mut self, token: Token) -> Result<(), Error> {
        let Some(&opened) = self.waiting.last() else {
            let message = format!("`{}` closes nothing", self.shown(token));
            return Err(self.error(token, message).help("delete it, or open it further left"));
        };
        if Some(token.kind) != opened.what.bracket().map(Kind::Close) {
            return Err(self.never_closed(opened));
        }
        self.waiting.pop();
        self.open -= 1;
        match opened.what {
            What::Call(function, count) => {
                self.check_count(function, count, opened.at)?;
                self.emit(Does::Call(function, count), opened.at);
            }
            What::List(0) => {
                let span = opened.at as usize..token.end as usize;
                return Err(Error::at(self.text, span, "a list has at least one element")
                    .help("write `[a]` or `[a, b]`"));
            }
            What::List(count) => self.emit(Does::List(count), opened.at),
            What::Parenthesis | What::Operator(_) | What::Minus => {}
        }
        Ok(())
    }

    /// Reads the rest of an index: a whole number and the closing bracket.
    fn index(&mut self, bracket: Token) -> Result<(), Error> {
        let element = self.lexer.next()?;
        let written = &self.text[element.span()];
        let (Kind::Number(_), Ok(place)) = (element.kind, written.parse::<u32>()) else {
            return Err(self
                .error(element, "an index is a whole number")
                .help("write `s[0]` for the first element of a list"));
        };
        let closing = self.lexer.next()?;
        if closing.kind != Kind::Close(Bracket::Square) {
            return Err(self
                .error(closing, "an index is one number and `]`")
                .help("write `s[0]` for the first element of a list"));
        }
        self.emit(Does::Index(place), bracket.start);
        self.before = Some(closing);
        Ok(())
    }

    fn emit(&mut self, does: Does, at: u32) {
        self.code.push(Instruction { does, at });
    }

    /// The number of a name among all of the text.
    fn place(&mut self, token: Token) -> u32 {
        let fresh = self.names.len() as u32;
        let place = *self.places.entry(&self.text[token.span()]).or_insert(fresh);
        if place == fresh {
            self.names.push((token.start, token.end));
        }
        place
    }

    fn function(&self, token: Token) -> Result<Function, Error> {
        let name = &self.text[token.span()];
        Function::from_name(name).ok_or_else(|| {
            let error = self.error(token, format!("there is no function called `{}`", clip(name)));
            if self.places.contains_key(name) {
                return error.help(format!("for a product write `{}*(…)`", clip(name)));
            }
            match closest(name, functions()) {
                Some(close) => error.help(format!("did you mean `{close}`?")),
                None => {
                    error.help(format!("there are {}", functions().collect::<Vec<_>>().join(", ")))
                }
            }
        })
    }

    fn check_count(&self, function: Function, count: u32, at: u32) -> Result<(), Error> {
        if function.accepts(count) {
            return Ok(());
        }
        let token = Lexer::new(self.text, at as usize).next()?;
        let name = self.shown(token);
        let given = if count == 1 { "1 is given".to_owned() } else { format!("{count} are given") };
        let message = format!("`{name}` takes {}, and {given}", function.takes());
        Err(self.error(token, message).help(function.usage(&name)))
    }
}
