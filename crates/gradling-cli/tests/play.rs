//! `gradling play`, with the page inside and without.

mod terminal;

use terminal::{gradling, run};

#[cfg(not(feature = "playground"))]
#[test]
fn a_build_without_the_page_says_how_to_get_it() {
    let run = run(gradling().args(["play", "--no-open"]));
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    for way in ["cargo xtask play", "cargo xtask site", "--features playground"] {
        assert!(run.err.contains(way), "{way}: {}", run.err);
    }
}

#[test]
fn a_port_that_is_none_is_refused() {
    let run = run(gradling().args(["play", "--no-open", "--port", "65536"]));
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("65536"), "{}", run.err);
}

#[cfg(feature = "playground")]
mod with_the_page {
    use super::{gradling, run};
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};

    /// A server of the page that ends with the test.
    struct Server {
        process: Child,
        address: String,
    }

    impl Server {
        fn start() -> Server {
            let mut command = Command::new(env!("CARGO_BIN_EXE_gradling"));
            command.args(["play", "--no-open", "--port", "0"]);
            command.stdout(Stdio::piped()).stderr(Stdio::null());
            let mut process = command.spawn().unwrap();
            let mut line = String::new();
            BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let address =
                line.trim().strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
            Server { process, address }
        }

        /// Status and headers in small letters, and the body.
        fn ask(&self, request: &str) -> (String, Vec<u8>) {
            let mut stream = TcpStream::connect(&self.address).unwrap();
            let host = &self.address;
            write!(stream, "{request}\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
            let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
            (head, answer[end + 4..].to_vec())
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    #[test]
    fn the_page_comes_with_the_policy_that_it_declares_itself() {
        let (head, body) = Server::start().ask("GET / HTTP/1.1");
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/html; charset=utf-8"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        let page = String::from_utf8(body).unwrap();
        let meta = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
        let declared = meta.split('"').next().unwrap();
        let served =
            head.lines().find(|line| line.starts_with("content-security-policy: ")).unwrap();
        let expected = format!("content-security-policy: {declared}; frame-ancestors 'none'");
        assert_eq!(served, expected);
    }

    #[test]
    fn every_file_that_the_page_names_is_there_with_its_type() {
        let server = Server::start();
        let (_, body) = server.ask("GET / HTTP/1.1");
        let page = String::from_utf8(body).unwrap();
        let links = page.split(['"', '\'']).filter(|part| {
            let named = [".js", ".css", ".svg", ".webmanifest"];
            named.iter().any(|end| part.ends_with(end)) && !part.contains(' ')
        });
        let mut count = 0;
        for link in links.chain(["engine/gradling_wasm_bg.wasm", "licences.txt"]) {
            let (head, body) = server.ask(&format!("GET /{link} HTTP/1.1"));
            assert!(head.starts_with("http/1.1 200"), "{link}: {head}");
            let kind = match link.rsplit('.').next().unwrap() {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                "svg" => "image/svg+xml",
                "wasm" => "application/wasm",
                "txt" => "text/plain; charset=utf-8",
                _ => "application/manifest+json",
            };
            assert!(head.contains(&format!("content-type: {kind}")), "{link}: {head}");
            assert!(!body.is_empty(), "{link}");
            count += 1;
        }
        assert!(count >= 10, "{count}");
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let server = Server::start();
        let (head, _) = server.ask("GET /shell/app.js HTTP/1.1");
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        let (head, body) =
            server.ask(&format!("GET /shell/app.js HTTP/1.1\r\nIf-None-Match: {tag}"));
        assert!(head.starts_with("http/1.1 304") && body.is_empty(), "{head}");
    }

    #[test]
    fn nothing_but_the_page_is_served() {
        let server = Server::start();
        for path in ["/../Cargo.toml", "/..%2fCargo.toml", "//etc/passwd", "/shell/", "/none"] {
            let (head, _) = server.ask(&format!("GET {path} HTTP/1.1"));
            assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
        }
        let (head, _) = server.ask("POST / HTTP/1.1\r\nContent-Length: 0");
        assert!(head.starts_with("http/1.1 405"), "{head}");
    }

    #[test]
    fn a_port_that_is_taken_is_an_error_that_names_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let run = run(gradling().args(["play", "--no-open", "--port", &port]));
        assert_eq!(run.code, 2);
        assert!(run.err.contains(&port) && run.err.contains("--port 0"), "{}", run.err);
    }
}
