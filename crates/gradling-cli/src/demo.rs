//! To be written.
#[derive(clap::Args)]
pub(crate) struct Args {}
pub(crate) fn run(_: &Args) -> Result<(), crate::failure::Failure> {
    Ok(())
}
