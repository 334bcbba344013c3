//! A server on this machine, for this machine alone.

use super::Args;
use super::answer::answer;
use crate::failure::Failure;
use crate::output::{note, print};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;

/// The usual port: a browser keeps what it remembers of a page by its port.
const PORT: u16 = 8421;

/// Serves the playground until the command is interrupted.
pub(super) fn serve(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime =
        runtime.map_err(|error| Failure::Run(format!("no server could be started: {error}")))?;
    runtime.block_on(async {
        let listener = listen(args.port).await?;
        let address = listener.local_addr().map_err(|error| Failure::Run(error.to_string()))?;
        let url = format!("http://{address}/");
        print(|out| writeln!(out, "{url}"))?;
        note("the playground is there until Ctrl-C ends it");
        if !args.no_open && open::that_detached(&url).is_err() {
            note("no browser could be opened; open the address by hand");
        }
        accept(listener).await
    })
}

async fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    let at = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let listener = match (at(port.unwrap_or(PORT)).await, port) {
        (Err(_), None) => at(0).await,
        (listener, _) => listener,
    };
    listener.map_err(|error| {
        let port = port.unwrap_or(0);
        Failure::Input(format!("port {port} cannot be used: {error}; `--port 0` takes a free one"))
    })
}

async fn accept(listener: TcpListener) -> Result<(), Failure> {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // A browser that left before it was heard.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(Failure::Run(format!("the server ended: {error}"))),
        };
        tokio::spawn(async move {
            let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| async move {
                Ok::<_, Infallible>(answer(
                    request.method(),
                    request.uri().path(),
                    request.headers(),
                ))
            });
            // A browser that goes away ends its connection; nobody needs to know.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
