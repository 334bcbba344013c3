//! The answer to a request: a file of the page, with headers that keep the browser from anything else.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use rust_embed::RustEmbed;

/// What `cargo xtask site` built. Debug builds read it from the disk.
#[derive(RustEmbed)]
#[folder = "../../target/site"]
struct Site;

/// As in index.html, and besides no other page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                      img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; \
                      manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    // Another version of the command may serve at the same place.
    ("cache-control", "no-cache"),
];

/// The answer to a request for a path.
pub(super) fn answer(method: &Method, path: &str, asked: &HeaderMap) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let name = match path.trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    // Nothing but what was embedded: a path with `..` names none of it.
    let known = Site::iter().any(|file| file == name);
    let Some(file) = known.then(|| Site::get(name)).flatten() else {
        return plain(StatusCode::NOT_FOUND, "the playground has no such file\n");
    };
    let hash: String =
        file.metadata.sha256_hash()[..16].iter().map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{hash}\"");
    let same =
        asked.get(header::IF_NONE_MATCH).is_some_and(|given| given.as_bytes() == tag.as_bytes());
    let body = match same || method == Method::HEAD {
        true => Bytes::new(),
        false => Bytes::from(file.data.into_owned()),
    };
    let mut found =
        with_headers(if same { StatusCode::NOT_MODIFIED } else { StatusCode::OK }, body);
    let headers = found.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&kind(name)) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    found
}

fn kind(name: &str) -> String {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    match kind.type_() == mime_guess::mime::TEXT {
        true => format!("{kind}; charset=utf-8"),
        false => kind.to_string(),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = with_headers(status, Bytes::from_static(text.as_bytes()));
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn with_headers(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}
