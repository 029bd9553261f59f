//! The built-in reference hospital: a small simulator whose tables are the training data of `generate`.
