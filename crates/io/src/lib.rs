//! Files in, files out: sources of tables, the output folder with its manifest, and model files.

pub mod files;
pub mod model;
pub mod model_file;
pub mod orphans;
pub mod prove;
pub mod report;
pub mod sink;
pub mod slug;
pub mod source;
pub mod verify;

pub use orphans::drop_orphans;
pub use sink::{FileEntry, Format, Manifest, OutputDir, Run, TableWriter};
pub use source::{Source, find_metadata, read, read_metadata};
pub use verify::verify;
