//! The `healthdata` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    healthdata_cli::interrupt::listen();
    ExitCode::from(healthdata_cli::run(std::env::args_os()))
}
