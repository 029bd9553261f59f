//! The commands, one file each: settings in, words and files out.

pub mod check;
pub mod detect;
pub mod evaluate;
pub mod fit;
pub mod generate;
pub mod inspect;
pub mod reference;
pub mod rules;
pub mod sample;
pub mod scan;
pub mod verify;
