//! Long work: in a thread of its own, while Python's thread listens to Ctrl-C and shows how far it is.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use healthdata_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use crate::errors::raise;

/// How often Python's thread looks for Ctrl-C.
const LISTEN: Duration = Duration::from_millis(50);
/// How often progress is shown.
const SHOW: Duration = Duration::from_millis(250);

/// What the work says to Python's thread, and hears from it.
#[derive(Clone, Default)]
pub struct Desk(Arc<Shared>);

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    words: Mutex<String>,
    done: AtomicU64,
    all: AtomicU64,
}

/// The payload of work that was told to stop where only unwinding leads out.
struct Stopped;

impl Desk {
    /// Says what is at work; an error once it should stop.
    pub fn say(&self, words: &str) -> Result<()> {
        let mut at = self.0.words.lock().unwrap_or_else(PoisonError::into_inner);
        at.clear();
        at.push_str(words);
        drop(at);
        self.check()
    }

    /// The same inside algorithms whose progress can't be answered: work that should stop unwinds to [`long`].
    pub fn step(&self, words: &str) {
        if self.say(words).is_err() {
            resume_unwind(Box::new(Stopped));
        }
    }

    /// How many rows there will be.
    pub fn expect(&self, rows: u64) {
        self.0.all.store(rows, Ordering::Relaxed);
    }

    /// So many rows more are done; an error once it should stop.
    pub fn add(&self, rows: u64) -> Result<()> {
        self.0.done.fetch_add(rows, Ordering::Relaxed);
        self.check()
    }

    /// An error once the work should stop.
    pub fn check(&self) -> Result<()> {
        match self.0.stop.load(Ordering::Relaxed) {
            true => Err(Error::new(ErrorKind::Interrupted, "interrupted")),
            false => Ok(()),
        }
    }

    fn show(&self, progress: &Bound<'_, PyAny>) -> PyResult<()> {
        let words = self.0.words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (done, all) = (self.0.done.load(Ordering::Relaxed), self.0.all.load(Ordering::Relaxed));
        progress.call1((words, done, all)).map(drop)
    }
}

/// Runs `work` without the GIL. Ctrl-C raises at once; the work under way ends at its next step.
pub fn long<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Desk) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    silence_panics();
    let desk = Desk::default();
    let (send, receive) = mpsc::channel();
    let own = desk.clone();
    std::thread::spawn(move || {
        // Nobody listens any more after Ctrl-C.
        send.send(guarded(|| work(&own))).ok();
    });
    let receive = Mutex::new(receive);
    let wait = || receive.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LISTEN);
    let mut shown = Instant::now();
    loop {
        match py.detach(wait) {
            Ok(result) => return result.map_err(|e| raise(py, &e)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(raise(py, &mistake(""))),
        }
        let mut heard = py.check_signals();
        if heard.is_ok()
            && let Some(progress) = progress
            && shown.elapsed() >= SHOW
        {
            shown = Instant::now();
            heard = desk.show(progress);
        }
        if let Err(e) = heard {
            desk.0.stop.store(true, Ordering::Relaxed);
            return Err(e);
        }
    }
}

/// The result of work whose panics are errors.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(payload) if payload.is::<Stopped>() => Err(Error::new(ErrorKind::Interrupted, "interrupted")),
        Err(_) => Err(mistake(&PLACE.lock().unwrap_or_else(PoisonError::into_inner))),
    }
}

fn mistake(place: &str) -> Error {
    let line = format!("a mistake in the program{place}; nothing was finished, please report it");
    Error::new(ErrorKind::Model, line)
}

/// Where the last panic was.
static PLACE: Mutex<String> = Mutex::new(String::new());

/// The message of a panic may quote data, so only its place is kept, for the exception.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
            *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
        }));
    });
}
