//! A table in parts, parsed on all cores and given in their order.

use crate::failure::Failure;
use gradling_data::{Block, DataError, Encoding, Table, TableStream};
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Parts that each worker may be ahead.
const AHEAD: usize = 2;

/// What the parts tell together.
pub(super) struct Whole {
    /// SHA-256 of the file, if the stream takes it.
    pub(super) hash: Option<String>,
    /// The encoding of its letters, and the first line that told.
    pub(super) encoding: Option<(Encoding, u64)>,
}

/// Calls `each` with the parts of a table, up to the first that is wrong.
pub(super) fn each_part<R: Read + Send>(
    stream: TableStream<R>,
    mut each: impl FnMut(&Table) -> Result<(), Failure>,
) -> Result<Whole, Failure> {
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        let (mut jobs, mut results) = (Vec::new(), Vec::new());
        for _ in 0..workers {
            let (job, work) = sync_channel(AHEAD);
            let (result, done) = sync_channel(AHEAD);
            scope.spawn(move || parse(&work, &result));
            jobs.push(job);
            results.push(done);
        }
        let reader = scope.spawn(move || deal(stream, &jobs));
        let mut encoding = None;
        for done in results.iter().cycle() {
            // Blocks are dealt in turn, so where one worker has no more, none has.
            let Ok(part) = done.recv() else { break };
            let part = part?;
            encoding = Encoding::agree(encoding, &part)?;
            each(&part)?;
        }
        let hash = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Whole { hash, encoding })
    })
}

type Work = Result<Block, DataError>;

/// Reads all blocks and deals them out in turn; gives the sum of the file.
fn deal<R: Read>(mut stream: TableStream<R>, jobs: &[SyncSender<Work>]) -> Option<String> {
    for job in jobs.iter().cycle() {
        let Some(block) = stream.block().transpose() else { break };
        let failed = block.is_err();
        // A worker that has left was told that all is over.
        if job.send(block).is_err() || failed {
            break;
        }
    }
    stream.hash()
}

fn parse(work: &Receiver<Work>, done: &SyncSender<Result<Table, DataError>>) {
    for block in work {
        let part = block.and_then(|block| block.parse());
        let failed = part.is_err();
        if done.send(part).is_err() || failed {
            return;
        }
    }
}
