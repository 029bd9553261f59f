//! Words for people: results on standard output, everything else on standard error.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use healthdata_core::{Error, Result};
use healthdata_io::files::io_error;

/// Writes to standard output. A reader that went away (`| head`) is success.
pub fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(io_error(Path::new("standard output"), "write it", &e)),
        _ => Ok(()),
    }
}

/// A remark beside the results.
pub fn remark(text: &str) {
    write_err(&format!("note: {text}\n"));
}

/// One line that begins with `error:`.
pub fn complain(text: &str) {
    write_err(&format!("error: {text}\n"));
}

/// All problems of an error, a line each.
pub fn error(e: &Error) {
    complain(&e.problems().join("\n       "));
}

fn write_err(text: &str) {
    let mut err = io::stderr().lock();
    // A progress bar may stand on the line.
    let clear = if err.is_terminal() { "\r\x1b[2K" } else { "" };
    // Nobody is left to be told when this fails.
    err.write_all(format!("{clear}{text}").as_bytes()).ok();
}
