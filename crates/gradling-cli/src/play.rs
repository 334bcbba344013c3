//! `gradling play`: the playground in a browser.

#[cfg(not(feature = "playground"))]
mod absent;
#[cfg(feature = "playground")]
mod answer;
#[cfg(feature = "playground")]
mod server;

use crate::failure::Failure;

/// Open the playground: expressions, networks and a tour, with every gradient.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Port on this machine; 0 takes any that is free [default: 8421, or a free one]
    #[arg(long)]
    port: Option<u16>,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
}

/// Serves it until the command is interrupted.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    #[cfg(feature = "playground")]
    return server::serve(args);
    #[cfg(not(feature = "playground"))]
    return absent::say(args);
}
