//! Metadata files: SDV's V1 and V2 with our own keys under one extension object.
