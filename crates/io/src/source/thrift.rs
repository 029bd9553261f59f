//! Thrift's compact protocol, as far as one must know it to see what a decoder would believe.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

/// Structs and lists inside each other; Parquet's own need seven.
const DEPTH: usize = 24;

/// What a walk meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// A struct begins.
    Struct,
    /// A whole number.
    Number(i64),
}

/// Goes over the struct at the beginning of `bytes` and tells `each` every struct and whole number in it, with the
/// numbers of the fields down to it. Gives the bytes of the struct; None when it is cut off, nested too deep or has
/// a list that is longer than its bytes.
pub(super) fn walk(bytes: &[u8], each: &mut dyn FnMut(&[i16], Met)) -> Option<usize> {
    let mut walk = Walk { rest: bytes, path: Vec::new(), each };
    walk.fields(DEPTH)?;
    Some(bytes.len() - walk.rest.len())
}

struct Walk<'a> {
    rest: &'a [u8],
    path: Vec<i16>,
    each: &'a mut dyn FnMut(&[i16], Met),
}

impl Walk<'_> {
    fn fields(&mut self, depth: usize) -> Option<()> {
        (self.each)(&self.path, Met::Struct);
        let mut id = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            id = match head >> 4 {
                0 => i16::try_from(self.number()?).ok()?,
                step => id.checked_add(i16::from(step))?,
            };
            self.path.push(id);
            // A yes or no lies in its head.
            if !matches!(head & 15, 1 | 2) {
                self.value(head & 15, depth)?;
            }
            self.path.pop();
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            3 => self.skip(1),
            4..=6 => {
                let n = self.number()?;
                (self.each)(&self.path, Met::Number(n));
                Some(())
            }
            7 => self.skip(8),
            8 => {
                let length = self.unsigned()?;
                self.skip(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let length = if head >> 4 == 15 { self.unsigned()? } else { u64::from(head >> 4) };
                self.items(length, &[head & 15], depth)
            }
            11 => match self.unsigned()? {
                0 => Some(()),
                length => {
                    let kinds = self.byte()?;
                    self.items(length, &[kinds >> 4, kinds & 15], depth)
                }
            },
            12 => self.fields(depth),
            13 => self.skip(16),
            _ => None,
        }
    }

    /// The values of a list or map. Each takes a byte at least: a list of yes and no would not, and occurs nowhere.
    fn items(&mut self, length: u64, kinds: &[u8], depth: usize) -> Option<()> {
        if length > self.rest.len() as u64 {
            return None;
        }
        for kind in (0..length).flat_map(|_| kinds) {
            self.value(*kind, depth)?;
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn skip(&mut self, n: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(n).ok()?..)?;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let b = self.byte()?;
            n |= u64::from(b & 0x7F) << shift;
            if b < 0x80 {
                return Some(n);
            }
        }
        None
    }

    fn number(&mut self) -> Option<i64> {
        let n = self.unsigned()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(bytes: &[u8]) -> Option<(usize, Vec<(Vec<i16>, Met)>)> {
        let mut all = Vec::new();
        let size = walk(bytes, &mut |path, what| all.push((path.to_vec(), what)))?;
        Some((size, all))
    }

    #[test]
    fn numbers_are_told_with_their_place() {
        // 1: i32 -1; 3: list of two structs {1: i64 150}, {}; 20: true; 21: text "ab"; then a byte of something else.
        let bytes = [0x15, 1, 0x29, 0x2C, 0x16, 0xAC, 0x02, 0, 0, 0x01, 40, 0x18, 2, b'a', b'b', 0, 9];
        let (size, all) = met(&bytes).unwrap();
        let expected = [
            (vec![], Met::Struct),
            (vec![1], Met::Number(-1)),
            (vec![3], Met::Struct),
            (vec![3, 1], Met::Number(150)),
            (vec![3], Met::Struct),
        ];
        assert_eq!((size, all), (bytes.len() - 1, expected.to_vec()));
        for cut in 0..bytes.len() - 1 {
            assert_eq!(met(&bytes[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn what_would_exhaust_a_decoder_is_refused() {
        let deep = [&[0x1C; 100][..], &[0; 101]].concat();
        assert_eq!(met(&deep), None);
        let lists = [&[0x19][..], &[0x19; 100], &[0; 2]].concat();
        assert_eq!(met(&lists), None);
        // Two billion times yes, two billion texts, and a length of 2^70.
        for list in [[0x19, 0xF1, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0], [0x19, 0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0]] {
            assert_eq!(met(&list), None);
        }
        assert_eq!(met(&[0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0]), None);
    }
}
