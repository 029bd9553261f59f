//! The commands, one file each: settings in, words and files out.

pub mod generate;
