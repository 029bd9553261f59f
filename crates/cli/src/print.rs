//! Words for people: results on standard output, everything else on standard error.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use healthdata_core::{Error, Result};
use healthdata_io::files::io_error;

/// Writes words for people to standard output.
pub fn say(text: &str) -> Result<()> {
    data(&plain(text))
}

/// Text without what a terminal obeys or shows in another order: names and labels come from files.
fn plain(text: &str) -> String {
    let turns =
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let obeyed = |c: char| c != '\n' && c.is_control() || turns(c);
    text.chars().map(|c| if obeyed(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Writes text for programs to standard output, as it is. A reader that went away (`| head`) is success.
pub fn data(text: &str) -> Result<()> {
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
    err.write_all(format!("{clear}{}", plain(text)).as_bytes()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing() {
        assert_eq!(plain("Größe 患者\nx"), "Größe 患者\nx");
        assert_eq!(
            plain("\u{1b}[2J\r\t\u{9b}\u{202e}\u{200f}\u{2066}"),
            "\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"
        );
    }
}
