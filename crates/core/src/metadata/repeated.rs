//! Keys that a JSON file has twice: readers silently keep one of them, and a table would be lost.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Most that are told.
const MOST: usize = 50;

/// Every repeated key with the keys above it. The text must be valid JSON.
pub(super) fn keys(text: &str) -> Vec<String> {
    let found = RefCell::new(Vec::new());
    let seed = Walk { above: String::new(), found: &found };
    // A text that is no JSON is told where it is read; what was found up to there is enough.
    let _ = seed.deserialize(&mut serde_json::Deserializer::from_str(text));
    found.into_inner()
}

struct Walk<'a> {
    above: String,
    found: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let shown: String = key.chars().filter(|c| !c.is_control()).take(60).collect();
            let (above, gap) = (&self.above, if self.above.is_empty() { "" } else { ", " });
            if seen.contains(&key) && self.found.borrow().len() < MOST {
                let colon = if above.is_empty() { "" } else { ": " };
                self.found.borrow_mut().push(format!("{above}{colon}key \"{shown}\" is there twice"));
            }
            map.next_value_seed(Walk { above: format!("{above}{gap}{shown}"), found: self.found })?;
            seen.insert(key);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Walk { above: self.above.clone(), found: self.found })?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
