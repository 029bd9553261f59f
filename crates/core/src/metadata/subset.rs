//! Some tables of a data set, with what can still be said about them.

use super::{Metadata, Owner};

impl Metadata {
    /// The metadata of some of its tables: keys that lead to others become plain columns, and rules that look at
    /// others are left out. At least one name must be known.
    ///
    /// ```
    /// use healthdata_core::reference;
    /// let some = reference::metadata().only(&["patients".into(), "admissions".into()]);
    /// assert_eq!(some.tables.len(), 2);
    /// assert!(some.validate().is_ok() && !some.rules.is_empty());
    /// ```
    #[must_use]
    pub fn only(&self, names: &[String]) -> Self {
        let mut some = self.clone();
        some.tables.retain(|name, _| names.contains(name));
        some.relationships.retain(|r| names.contains(&r.parent) && names.contains(&r.child));
        some.rules.clear();
        let keys = some.relationships.clone();
        for (name, table) in &mut some.tables {
            let known = match &table.owner {
                Owner::Key(columns) => keys.iter().any(|r| r.child == *name && r.child_key == *columns),
                Owner::Inferred { table, via, .. } => {
                    let linked = |child: &String| keys.iter().any(|r| r.child == *child && r.child_key.contains(via));
                    names.contains(table) && linked(name) && linked(table)
                }
                Owner::Auto | Owner::Nobody => true,
            };
            if !known {
                table.owner = Owner::Auto;
            }
        }
        // Whether a rule still makes sense is what the validation knows.
        for rule in &self.rules {
            some.rules.push(rule.clone());
            if some.validate().is_err() {
                some.rules.pop();
            }
        }
        some
    }
}
