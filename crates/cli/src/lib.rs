//! The `healthdata` program as a library: parses, calls, prints. The binary and the Python package run the same.

mod appraise;
mod args;
pub mod blocks;
mod command;
mod data;
pub mod hospital;
pub mod interrupt;
mod judge;
mod out_file;
mod parse;
mod print;
mod produce;
mod progress;
mod proof;
mod runs;
mod table;
mod units;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};

use clap::Parser;
use healthdata_core::{Error, ErrorKind};

use args::{Cli, Command};
pub use parse::{broken_rules, effort, min_support, use_rules};
pub use proof::broken;
pub use runs::pool;

/// Exit code of a run that did what was asked.
pub const DONE: u8 = 0;
/// Exit code of a run that found broken rules or a changed file.
pub const BROKEN: u8 = 1;
/// Exit code of a run that failed; no file is half written.
pub const FAILED: u8 = 2;
/// Exit code after Ctrl-C, as shells expect it.
pub const INTERRUPTED: u8 = 130;

/// What a command found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything is as it should be.
    Fine,
    /// It ran, and something is not as it should be.
    Broken,
}

/// Runs the program with these arguments, the name of the program first, and gives its exit code.
pub fn run<A, T>(args: A) -> u8
where
    A: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(e) if e.use_stderr() => {
            print::complain(&args::one_line(&e, &args));
            return FAILED;
        }
        Err(help) => {
            // Help and version; a closed pipe is success.
            help.print().ok();
            return DONE;
        }
    };
    silence_panics();
    match panic::catch_unwind(AssertUnwindSafe(|| dispatch(cli))) {
        Ok(Ok(Outcome::Fine)) => DONE,
        Ok(Ok(Outcome::Broken)) => BROKEN,
        Ok(Err(e)) if e.kind() == ErrorKind::Interrupted => {
            interrupt::goodbye();
            INTERRUPTED
        }
        Ok(Err(e)) => {
            print::error(&e);
            FAILED
        }
        // The hook has said where.
        Err(_) => FAILED,
    }
}

fn dispatch(cli: Cli) -> Result<Outcome, Error> {
    match cli.command {
        None => command::generate::run(cli.generate),
        Some(Command::Generate(a)) => command::generate::run(a),
        Some(Command::Reference(a)) => command::reference::run(a),
        Some(Command::Detect(a)) => command::detect::run(a),
        Some(Command::Rules(a)) => command::rules::run(a),
        Some(Command::Fit(a)) => command::fit::run(a),
        Some(Command::Sample(a)) => command::sample::run(a),
        Some(Command::Check(a)) => command::check::run(a),
        Some(Command::Evaluate(a)) => command::evaluate::run(a),
        Some(Command::Inspect(a)) => command::inspect::run(a),
        Some(Command::Scan(a)) => command::scan::run(a),
        Some(Command::Verify(a)) => command::verify::run(a),
    }
}

/// One line for a mistake of ours instead of a trace; the message of a panic may quote data, so only the place
/// is told.
fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        print::complain(&format!("a mistake in the program{place}; nothing was finished, please report it"));
    }));
}
