//! Ctrl-C: work stops at the next block, and within a second in any case.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use healthdata_core::{Error, ErrorKind, Result};

use crate::{INTERRUPTED, print};

static STOP: AtomicBool = AtomicBool::new(false);
static SAID: AtomicBool = AtomicBool::new(false);
/// How long work may take to end by itself.
const PATIENCE: Duration = Duration::from_millis(500);

/// Listens to Ctrl-C and requests to end. Files under way have temporary names, so ending at any moment leaves
/// nothing half-written under a final name; ending in order removes them too.
pub fn listen() {
    // Where no handler can be set, the system's way to end is as safe.
    ctrlc::set_handler(|| {
        STOP.store(true, Ordering::SeqCst);
        std::thread::sleep(PATIENCE);
        goodbye();
        std::process::exit(i32::from(INTERRUPTED));
    })
    .ok();
}

/// An error of kind `Interrupted` once Ctrl-C was pressed.
pub(crate) fn check() -> Result<()> {
    if STOP.load(Ordering::Relaxed) {
        return Err(Error::new(ErrorKind::Interrupted, "interrupted"));
    }
    Ok(())
}

/// The last word after Ctrl-C, once.
pub(crate) fn goodbye() {
    if !SAID.swap(true, Ordering::SeqCst) {
        print::complain("interrupted; no file is half-written, the same command can be run again");
    }
}
