//! The program as its users see it: what is written, what is said, and how it ends.

mod bad_input;
mod common;
mod data;
mod files;
mod generate;
mod interrupt;
mod own_tables;
mod report;
mod rules;
mod streams;
