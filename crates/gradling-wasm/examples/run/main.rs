//! What the native sessions answer: `run expression TEXT CALL [JSON]`, `run code LANGUAGE TEXT`,
//! `run gradients TEXT`, `run examples`;
//! `run network …`, see the module.
//!
//! Tests compare the page with it.

mod network;

use gradling_wasm::expression::{EXAMPLES, Session};
use serde_json::json;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let open = |text: &str| {
        let mut session = Session::default();
        if let Err(problem) = session.load(text, &[]) {
            panic!("{}", problem.message);
        }
        session
    };
    match words.as_slice() {
        ["network", rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|&word| word.to_owned()).collect();
            if let Err(error) = network::run(&rest) {
                eprintln!("error: {error}");
                std::process::exit(1);
            }
        }
        ["expression", text, call] => println!("{}", open(text).call(call, "{}")),
        ["expression", text, call, arguments] => println!("{}", open(text).call(call, arguments)),
        ["code", language, text] => {
            let answer = open(text).call("code", &json!({ "language": language }).to_string());
            let code: String = serde_json::from_str(&answer).expect("code is a text");
            print!("{code}");
        }
        ["gradients", text] => {
            let Ok(printed) = open(text).printed() else { panic!("nothing is open") };
            let texts = |(name, data, grad): &(String, f64, f64)| {
                json!([name, format!("{data:?}"), format!("{grad:?}")])
            };
            println!("{}", printed.iter().map(texts).collect::<serde_json::Value>());
        }
        ["examples"] => {
            for example in EXAMPLES {
                println!("{}", json!({ "key": example.key, "text": example.text }));
            }
        }
        _ => panic!(
            "run expression TEXT CALL [JSON] | run code LANGUAGE TEXT | run gradients TEXT | run examples | run network …"
        ),
    }
}
