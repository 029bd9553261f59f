//! Entities: whom each row stands for, which is what guards against memorising count.

use crate::metadata::{Owner, Relationship};
use crate::support::{Lead, known};

use super::{Linked, NO_ROW, group};

impl Linked<'_> {
    /// The entity of every row of every table, in metadata order: the row at the top of its chain of owners, or the
    /// sequence it belongs to. A row without an owner is an entity of its own.
    pub fn entities(&self) -> Vec<Vec<u32>> {
        let mut found = vec![None; self.tables.len()];
        (0..self.tables.len()).for_each(|t| self.settle(t, &mut found, 0));
        found.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// For each table, by entity, whether at least `k` entities of another kind lead to it.
    pub(crate) fn known(&self, entities: &[Vec<u32>], k: usize) -> Vec<Vec<bool>> {
        let tables = &self.metadata.tables;
        let above: Vec<Option<usize>> = (0..tables.len()).map(|t| self.above(t).map(|a| a.0)).collect();
        let lead = |(i, r): (usize, &Relationship)| -> Option<Lead> {
            Some((tables.get_index_of(&r.child)?, tables.get_index_of(&r.parent)?, &self.links[i].rows))
        };
        let leads: Vec<Lead> = self.metadata.relationships.iter().enumerate().filter_map(lead).collect();
        known(&above, entities, &leads, k)
    }

    fn settle(&self, t: usize, found: &mut Vec<Option<Vec<u32>>>, depth: usize) {
        // Owners in a circle are refused by the metadata; a chain has no more links than there are tables.
        if found[t].is_some() || depth > self.tables.len() {
            return;
        }
        let rows = self.tables[t].rows;
        let own = |above: u32, links: &[u32], of: &dyn Fn(u32) -> u32| {
            links.iter().zip(above..).map(|(r, own)| if *r == NO_ROW { own } else { of(*r) }).collect()
        };
        let entities = match self.above(t) {
            Some((parent, links)) => {
                self.settle(parent, found, depth + 1);
                let up = found[parent].as_deref().unwrap_or_default();
                own(up.iter().max().map_or(0, |m| m + 1), links, &|r| up[r as usize])
            }
            None => match self.sequence(t) {
                Some(groups) => own(groups.count as u32, &groups.of, &|g| g),
                None => (0..rows as u32).collect(),
            },
        };
        found[t] = Some(entities);
    }

    /// The owning table of a table, and the row of it that owns each row.
    fn above(&self, t: usize) -> Option<(usize, &[u32])> {
        let (name, meta) = self.metadata.tables.get_index(t)?;
        let place = |parent: &String| self.metadata.tables.get_index_of(parent);
        match &meta.owner {
            Owner::Key(columns) => {
                let relationships = &self.metadata.relationships;
                let i = relationships.iter().position(|r| r.child == *name && r.child_key == *columns)?;
                Some((place(&relationships[i].parent)?, &self.links[i].rows))
            }
            Owner::Inferred { table, .. } => Some((place(table)?, &self.covers[t].as_ref()?.first)),
            Owner::Auto | Owner::Nobody => None,
        }
    }

    fn sequence(&self, t: usize) -> Option<super::Groups> {
        let column = self.metadata.tables[t].sequence_key.as_ref()?;
        Some(group(&[self.tables[t].columns.get(column)?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{Table, data, metadata};

    #[test]
    fn a_row_stands_for_the_top_of_its_chain() {
        let tables = [
            Table("patients(*id)", "p1\np2"),
            Table("stays(*id, patient>patients)", "s1, p2\ns2, p1\ns3,"),
            Table("signs(stay>stays, rate:number)", "s2, 60\ns1, 70\ns1, 75\ns3, 80"),
        ];
        let (data, mut metadata) = (data(&tables).unwrap(), metadata(&tables, &[]).unwrap());
        metadata.tables["stays"].owner = Owner::Key(vec!["patient".into()]);
        metadata.tables["signs"].owner = Owner::Key(vec!["stay".into()]);
        let entities = Linked::new(&data, &metadata).unwrap().entities();
        assert_eq!(entities, [vec![0, 1], vec![1, 0, 4], vec![0, 1, 1, 4]]);
    }
}
