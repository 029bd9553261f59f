//! Checks a metadata whole: every problem at once.
