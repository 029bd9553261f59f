//! Long lists of numbers in a model: little-endian bytes in a compact format, plain lists in a readable one.
//!
//! For `#[serde(with = "crate::packed")]`. Trees are most of a model; as bytes they are copied instead of parsed.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of fixed width.
pub trait Word: Copy {
    /// Appends the bytes of `words`.
    fn put(words: &[Self], out: &mut Vec<u8>);
    /// The words of some bytes; None when a part of one is left.
    fn get(bytes: &[u8]) -> Option<Vec<Self>>;
}

macro_rules! words {
    ($($type:ty),+) => {
        $(impl Word for $type {
            fn put(words: &[Self], out: &mut Vec<u8>) {
                out.extend(words.iter().flat_map(|w| w.to_le_bytes()));
            }

            fn get(bytes: &[u8]) -> Option<Vec<Self>> {
                let (words, rest) = bytes.as_chunks();
                rest.is_empty().then(|| words.iter().map(|w| Self::from_le_bytes(*w)).collect())
            }
        })+
    };
}
words!(u8, u16, u32, u64, f32, f64);

pub fn serialize<T: Word + Serialize, S: Serializer>(words: &[T], to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() {
        return words.serialize(to);
    }
    let mut bytes = Vec::with_capacity(size_of_val(words));
    T::put(words, &mut bytes);
    to.serialize_bytes(&bytes)
}

pub fn deserialize<'de, T: Word + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    struct Bytes<T>(std::marker::PhantomData<T>);

    impl<T: Word> Visitor<'_> for Bytes<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the bytes of whole numbers")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
            T::get(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
        }
    }

    if from.is_human_readable() {
        Vec::deserialize(from)
    } else {
        from.deserialize_bytes(Bytes(std::marker::PhantomData))
    }
}
