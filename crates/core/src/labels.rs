//! The distinct labels of a column, in order of first appearance.

use std::cmp::Ordering;
use std::fmt;
use std::hash::BuildHasher;
use std::ops::Index;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Distinct texts in the order they came, each found by its place and each place by its text.
///
/// The texts stand one behind the other in one buffer. As long as they ascend, as the keys of a table mostly do,
/// they are found by bisection and none is hashed.
///
/// ```
/// use healthdata_core::Labels;
/// let mut labels = Labels::default();
/// assert_eq!([labels.insert("b"), labels.insert("a"), labels.insert("b")], [0, 1, 0]);
/// assert_eq!((&labels[1], labels.get_index_of("a"), labels.get_index_of("c")), ("a", Some(1), None));
/// ```
#[derive(Clone, Default)]
pub struct Labels {
    text: String,
    /// Where each text ends.
    ends: Vec<usize>,
    /// Places by the hash of their text; empty while the texts ascend.
    places: HashTable<u32>,
    /// Another one each time, so that no file can be made whose labels all collide; no order depends on it.
    hasher: RandomState,
}

impl Labels {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The label at a place.
    pub fn get_index(&self, place: usize) -> Option<&str> {
        (place < self.len()).then(|| &self[place])
    }

    /// The place of a label.
    pub fn get_index_of(&self, label: &str) -> Option<usize> {
        if self.places.is_empty() {
            return self.bisect(label);
        }
        self.places.find(self.hasher.hash_one(label), |&p| &self[p as usize] == label).map(|&p| p as usize)
    }

    /// The place of a label; one that is new comes last.
    pub fn insert(&mut self, label: &str) -> usize {
        let place = self.len();
        if self.places.is_empty() {
            match place.checked_sub(1).map_or(Ordering::Less, |last| self[last].cmp(label)) {
                Ordering::Less => {
                    self.push(label);
                    return place;
                }
                Ordering::Equal => return place - 1,
                Ordering::Greater => (0..place).for_each(|p| self.note(p)),
            }
        }
        if let Some(known) = self.get_index_of(label) {
            return known;
        }
        self.push(label);
        self.note(place);
        place
    }

    /// The labels in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.len()).map(|p| &self[p])
    }

    fn push(&mut self, label: &str) {
        self.text.push_str(label);
        self.ends.push(self.text.len());
    }

    /// Makes a label known by its hash.
    fn note(&mut self, place: usize) {
        let Self { text, ends, places, hasher } = self;
        let hash = |p: usize| hasher.hash_one(at(text, ends, p));
        places.insert_unique(hash(place), place as u32, |&p| hash(p as usize));
    }

    fn bisect(&self, label: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self[middle].cmp(label) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => high = middle,
            }
        }
        None
    }
}

fn at<'t>(text: &'t str, ends: &[usize], place: usize) -> &'t str {
    &text[place.checked_sub(1).map_or(0, |before| ends[before])..ends[place]]
}

impl Index<usize> for Labels {
    type Output = str;

    fn index(&self, place: usize) -> &str {
        at(&self.text, &self.ends, place)
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: AsRef<str>> FromIterator<T> for Labels {
    fn from_iter<I: IntoIterator<Item = T>>(labels: I) -> Self {
        let mut out = Self::default();
        for label in labels {
            out.insert(label.as_ref());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the order, every label is found at the place of its first appearance and no other is.
    #[test]
    fn places_are_those_of_first_appearance() {
        let up: Vec<String> = (0..200).map(|i| format!("k{i:03}")).collect();
        let down: Vec<String> = up.iter().rev().cloned().collect();
        let late: Vec<String> = up.iter().chain(&down).chain(["", "é"].map(String::from).iter()).cloned().collect();
        for list in [up, down, late] {
            let labels: Labels = list.iter().collect();
            let mut first: Vec<&str> = Vec::new();
            for l in &list {
                if !first.contains(&l.as_str()) {
                    first.push(l);
                }
            }
            assert_eq!(labels.iter().collect::<Vec<_>>(), first);
            assert!(first.iter().enumerate().all(|(i, l)| labels.get_index_of(l) == Some(i) && &labels[i] == *l));
            assert_eq!((labels.get_index_of("k0005"), labels.get_index(first.len())), (None, None));
        }
    }
}
