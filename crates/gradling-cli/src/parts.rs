//! A table in parts: one thread reads, all cores work on what was read, and the results come in its order.

use crate::failure::Failure;
use gradling_data::{Block, DataError, Encoding, Table, TableStream};
use std::io::Read;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Parts that each worker may be ahead.
const AHEAD: usize = 2;
/// More workers than this one reader cannot feed.
const MOST_WORKERS: usize = 16;

/// What the parts tell together.
pub(crate) struct Whole {
    /// SHA-256 of the file, if the stream takes it.
    pub(crate) hash: Option<String>,
    /// The encoding of its letters, and the first line that told.
    pub(crate) encoding: Option<(Encoding, u64)>,
}

/// Calls `each` with the parts of a table and what workers make of them, in order, up to the first that is wrong or
/// to where it breaks off. `worker` is called by each of them once, for what it uses again from part to part.
pub(crate) fn each_part<R: Read + Send, P: Send, W: FnMut(&Table) -> Result<P, Failure>>(
    stream: TableStream<R>,
    worker: impl Fn() -> W + Sync,
    mut each: impl FnMut(&Table, P) -> Result<ControlFlow<()>, Failure>,
) -> Result<Whole, Failure> {
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_WORKERS);
    thread::scope(|scope| {
        let (mut jobs, mut results) = (Vec::new(), Vec::new());
        for _ in 0..workers {
            let (job, blocks) = sync_channel(AHEAD);
            let (result, done) = sync_channel(AHEAD);
            let worker = &worker;
            scope.spawn(move || work_off(&blocks, worker(), &result));
            jobs.push(job);
            results.push(done);
        }
        let reader = scope.spawn(move || deal(stream, &jobs));
        let mut encoding = None;
        for done in results.iter().cycle() {
            // Blocks are dealt in turn, so where one worker has no more, none has.
            let Ok(part) = done.recv() else { break };
            let (table, made) = part?;
            encoding = Encoding::agree(encoding, &table)?;
            if each(&table, made)?.is_break() {
                break;
            }
        }
        // Whoever still waits to hand something over learns that all is over.
        drop(results);
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

fn work_off<P>(
    blocks: &Receiver<Work>,
    mut work: impl FnMut(&Table) -> Result<P, Failure>,
    done: &SyncSender<Result<(Table, P), Failure>>,
) {
    for block in blocks {
        let part = block
            .and_then(|block| block.parse())
            .map_err(Failure::from)
            .and_then(|table| work(&table).map(|made| (table, made)));
        let failed = part.is_err();
        if done.send(part).is_err() || failed {
            return;
        }
    }
}
