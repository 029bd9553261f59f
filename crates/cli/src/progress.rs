//! Progress on a terminal: what is at work, and how far it is. Silent elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line on standard error that goes away when it is dropped.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A spinner with words, for work of unknown length.
    pub fn spinner(quiet: bool) -> Self {
        Self::new(quiet, None, "{spinner} {msg}")
    }

    /// A bar over so many rows.
    pub fn rows(quiet: bool, rows: u64) -> Self {
        Self::new(quiet, Some(rows), "{bar:32} {human_pos} of about {human_len} rows, {eta} left")
    }

    fn new(quiet: bool, length: Option<u64>, template: &str) -> Self {
        // The target hides itself where standard error is no terminal.
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(length, target);
        let style = ProgressStyle::with_template(template).expect("the templates above are well-formed");
        bar.set_style(style);
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar }
    }

    /// Says what is at work.
    pub fn say(&self, what: String) {
        self.bar.set_message(what);
    }

    /// Moves on by so many rows.
    pub fn add(&self, rows: u64) {
        self.bar.inc(rows);
        // The length was a guess.
        if self.bar.length().is_some_and(|l| l < self.bar.position()) {
            self.bar.set_length(self.bar.position());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
