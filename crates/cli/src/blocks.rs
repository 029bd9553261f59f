//! Many workers, one writer, one order: pieces are made in parallel and taken in order, a few at a time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use healthdata_core::Result;
use rayon::ThreadPool;

use crate::interrupt;

/// Makes the pieces on the pool and hands them to `take`, on this thread, in ascending order. At most `window`
/// pieces are begun and not yet taken, so memory does not depend on their number. Ends at the first error or
/// Ctrl-C.
pub fn ordered<T: Send>(
    pool: &ThreadPool,
    pieces: Range<u64>,
    window: u64,
    make: impl Fn(u64) -> Result<T> + Sync,
    mut take: impl FnMut(u64, T) -> Result<()>,
) -> Result<()> {
    let stop = AtomicBool::new(false);
    let (send, receive) = mpsc::channel();
    let (make, stop) = (&make, &stop);
    pool.in_place_scope(|scope| {
        let begin = |i: u64| {
            let send = send.clone();
            scope.spawn(move |_| {
                if !stop.load(Ordering::Relaxed) {
                    // The receiver is gone only when nobody wants the piece any more.
                    send.send((i, catch_unwind(AssertUnwindSafe(|| make(i))))).ok();
                }
            });
        };
        let mut next = pieces.start;
        let mut begun = pieces.start;
        let mut ready = BTreeMap::new();
        let mut run = || -> Result<()> {
            while next < pieces.end {
                while begun < pieces.end && begun < next + window.max(1) {
                    begin(begun);
                    begun += 1;
                }
                match ready.remove(&next) {
                    Some(Ok(piece)) => {
                        take(next, piece?)?;
                        next += 1;
                    }
                    Some(Err(panic)) => resume_unwind(panic),
                    None => match receive.recv_timeout(Duration::from_millis(50)) {
                        Ok((i, piece)) => {
                            ready.insert(i, piece);
                        }
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => unreachable!("a sender is kept here"),
                    },
                }
                interrupt::check()?;
            }
            Ok(())
        };
        let result = catch_unwind(AssertUnwindSafe(&mut run));
        stop.store(true, Ordering::Relaxed);
        result.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use healthdata_core::{Error, ErrorKind};
    use std::sync::atomic::AtomicU64;

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    #[test]
    fn pieces_come_in_order_and_never_too_many_wait() {
        for threads in [1, 2, 5] {
            let (begun, taken) = (AtomicU64::new(0), AtomicU64::new(0));
            let mut seen = Vec::new();
            let make = |i: u64| {
                let ahead = begun.fetch_add(1, Ordering::SeqCst) + 1 - taken.load(Ordering::SeqCst);
                // Early pieces are slow, so that later ones overtake them.
                std::thread::sleep(Duration::from_millis((100 - i) % 7));
                Ok((i, ahead))
            };
            ordered(&pool(threads), 3..60, 4, make, |i, (made, ahead)| {
                assert_eq!(i, made);
                assert!(ahead <= 4, "{ahead} pieces under way");
                taken.fetch_add(1, Ordering::SeqCst);
                seen.push(i);
                Ok(())
            })
            .unwrap();
            assert_eq!(seen, (3..60).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_ends_it_and_a_panic_goes_through() {
        let fail = || Error::new(ErrorKind::Data, "no");
        let mut seen = 0;
        let made = ordered(
            &pool(2),
            0..100,
            4,
            |i| if i == 7 { Err(fail()) } else { Ok(i) },
            |i, _| {
                seen = i;
                Ok(())
            },
        );
        assert_eq!((made, seen), (Err(fail()), 6));
        let taken = ordered(&pool(2), 0..100, 4, Ok, |i, _| if i == 3 { Err(fail()) } else { Ok(()) });
        assert_eq!(taken, Err(fail()));
        let panic = catch_unwind(|| ordered(&pool(2), 0..9, 2, |i| Ok(assert!(i < 5)), |_, ()| Ok(())));
        assert!(panic.is_err());
    }
}
