//! Shim until detection lands.
use crate::metadata::{Metadata, Owner};
use crate::Dataset;
pub fn choose_owner(m: &Metadata, _d: &Dataset, t: &str) -> (Owner, String) {
    match m.parents_of(t).find(|r| r.parent != t) { Some(r) => (Owner::Key(r.child_key.clone()), "first key".into()), None => (Owner::Nobody, String::new()) }
}
pub fn choose_order(m: &Metadata, _d: &Dataset, t: &str) -> (Option<String>, String) {
    (m.tables[t].columns.iter().find(|(_, c)| matches!(c.sdtype, crate::metadata::Sdtype::Datetime{..})).map(|c| c.0.clone()), String::new())
}
