//! Lists of lengths in DELTA_BINARY_PACKED, as far as one must know them to see what a decoder would make room for.
//!
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/>

/// What lies at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// Numbers in it.
    pub count: u64,
    /// Bytes that it takes.
    pub bytes: usize,
}

/// Looks at the list at the beginning of `bytes`, block by block; None when it is cut off or has no such form.
pub(super) fn look(bytes: &[u8]) -> Option<List> {
    let mut numbers = Numbers::new(bytes)?;
    let count = numbers.left;
    // The first number is in the head.
    let mut left = count.saturating_sub(1);
    while left > 0 {
        numbers.block(left)?;
        left = left.saturating_sub(numbers.in_mini.checked_mul(numbers.widths.len() as u64)?);
    }
    Some(List { count, bytes: bytes.len() - numbers.rest.len() })
}

/// Bytes of the texts of a page in DELTA_BYTE_ARRAY, each with its beginning, or of as many as are more than `most`;
/// None when the page does not hold their lengths.
pub(super) fn texts(bytes: &[u8], most: u64) -> Option<u64> {
    let shared = look(bytes)?;
    let (beginnings, lengths) = (Numbers::new(bytes)?, Numbers::new(bytes.get(shared.bytes..)?)?);
    let (mut before, mut all) = (0u64, 0u64);
    for (beginning, length) in beginnings.zip(lengths) {
        // The decoder takes what there is of the text before.
        before = u64::try_from(beginning?).ok()?.min(before) + u64::try_from(length?).ok()?;
        all = all.checked_add(before)?;
        if all > most {
            break;
        }
    }
    Some(all)
}

/// The numbers of a list, one by one; a None among them is the end of bytes that should be there.
struct Numbers<'a> {
    /// Behind the block at hand.
    rest: &'a [u8],
    /// Numbers still to come.
    left: u64,
    minis: usize,
    /// Numbers of a mini block.
    in_mini: u64,
    /// The first number until it is given, then the last one.
    last: i32,
    started: bool,
    least: i32,
    /// Bits of a number in each mini block of the block at hand.
    widths: &'a [u8],
    /// The mini blocks of the block at hand.
    body: &'a [u8],
    bit: usize,
    /// Numbers of the mini block at hand still to come.
    open: u64,
}

impl<'a> Numbers<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        let (block, minis, left) = (unsigned(&mut rest)?, unsigned(&mut rest)?, unsigned(&mut rest)?);
        let last = i32::try_from(signed(&mut rest)?).ok()?;
        let in_mini = block.checked_div(minis)?;
        let fits = block % 128 == 0 && block % minis == 0 && in_mini % 32 == 0 && in_mini > 0;
        let minis = usize::try_from(minis).ok().filter(|_| fits)?;
        let (widths, body) = (&[][..], &[][..]);
        Some(Self { rest, left, minis, in_mini, last, started: false, least: 0, widths, body, bit: 0, open: 0 })
    }

    /// Begins the next block, in which `left` numbers are still to come.
    fn block(&mut self, left: u64) -> Option<()> {
        self.least = i32::try_from(signed(&mut self.rest)?).ok()?;
        self.widths = self.rest.split_off(..self.minis)?;
        // Mini blocks behind the last number are not there, whatever their widths say.
        let there = usize::try_from(left.div_ceil(self.in_mini)).unwrap_or(usize::MAX).min(self.minis);
        let mut bits = 0u64;
        for width in &self.widths[..there] {
            bits = bits.checked_add(u64::from(*width).checked_mul(self.in_mini)?)?;
        }
        let bytes = usize::try_from(bits / 8).ok()?;
        // The last mini block may be cut off behind its last number.
        self.body = self.rest.split_off(..bytes.min(self.rest.len()))?;
        (self.bit, self.open) = (0, self.in_mini);
        Some(())
    }

    fn step(&mut self) -> Option<i32> {
        if !self.started {
            self.started = true;
            return Some(self.last);
        }
        if self.open == 0 {
            match self.widths.split_first() {
                Some((_, rest)) if !rest.is_empty() => (self.widths, self.open) = (rest, self.in_mini),
                _ => self.block(self.left)?,
            }
        }
        let width = *self.widths.first()?;
        let delta = if width == 0 { 0 } else { bits(self.body, self.bit, width)? };
        self.bit += usize::from(width);
        self.open -= 1;
        self.last = self.last.wrapping_add(self.least).wrapping_add(delta);
        Some(self.last)
    }
}

impl Iterator for Numbers<'_> {
    type Item = Option<i32>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = if self.left == 0 { return None } else { self.step() };
        self.left -= 1;
        Some(number)
    }
}

/// So many bits (32 at most) from a place on.
fn bits(bytes: &[u8], at: usize, width: u8) -> Option<i32> {
    let end = at.checked_add(usize::from(width))?.div_ceil(8);
    let from = bytes.get(at / 8..end).filter(|_| width <= 32)?;
    let mut word = [0; 8];
    word[..from.len()].copy_from_slice(from);
    let kept = u64::MAX >> (64 - u32::from(width));
    Some((u64::from_le_bytes(word) >> (at % 8) & kept) as u32 as i32)
}

fn unsigned(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let b = *bytes.split_off_first()?;
        n |= u64::from(b & 0x7F) << shift;
        if b < 0x80 {
            return Some(n);
        }
    }
    None
}

fn signed(bytes: &mut &[u8]) -> Option<i64> {
    let n = unsigned(bytes)?;
    Some((n >> 1) as i64 ^ -((n & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of 128 in four mini blocks; 40 numbers, of which the first is 7: one step of 2, the others of 0 to 3.
    fn forty() -> Vec<u8> {
        let mut bytes = vec![128, 1, 4, 40, 14, 0, 2, 1, 99, 99];
        // 32 numbers of two bits, then 32 of one bit, of which seven count.
        bytes.extend([0b11_10_01_10; 8]);
        bytes.extend([0b0101_0101, 0, 0, 0]);
        bytes
    }

    #[test]
    fn numbers_are_those_of_the_list() {
        let bytes = [forty(), vec![1, 2, 3]].concat();
        assert_eq!(look(&bytes), Some(List { count: 40, bytes: forty().len() }));
        let numbers: Vec<i32> = Numbers::new(&bytes).unwrap().map(Option::unwrap).collect();
        let mut expected = vec![7];
        let steps = [2, 1, 2, 3].repeat(8).into_iter().chain([1, 0, 1, 0, 1, 0, 1]);
        steps.for_each(|d| expected.push(expected.last().unwrap() + d));
        assert_eq!(numbers, expected);
        // None and one number have no block.
        for (bytes, count) in [([128, 1, 4, 0, 0], 0), ([128, 1, 4, 1, 9], 1)] {
            assert_eq!(look(&bytes), Some(List { count, bytes: 5 }));
            assert_eq!(Numbers::new(&bytes).unwrap().count() as u64, count);
        }
        assert_eq!(Numbers::new(&[128, 1, 4, 1, 9]).unwrap().last(), Some(Some(-5)));
    }

    #[test]
    fn lists_without_form_are_refused() {
        for cut in 0..10 {
            assert_eq!(look(&forty()[..cut]), None, "cut at {cut}");
        }
        let numbers = |bytes: &[u8]| Numbers::new(bytes).unwrap().collect::<Option<Vec<_>>>();
        assert_eq!(numbers(&forty()[..17]), None);
        for head in [[0, 1, 4, 1, 0], [128, 1, 0, 1, 0], [128, 1, 3, 1, 0], [129, 1, 1, 1, 0], [128, 1, 8, 1, 0]] {
            assert_eq!(look(&head), None, "{head:?}");
        }
        // 33 bits of a number of 32, and blocks longer than there are numbers.
        assert_eq!(numbers(&[&[128, 1, 1, 2, 0, 0, 33][..], &[0; 600]].concat()), None);
        let huge = [&[0x80; 8][..], &[1, 1, 2, 0, 0, 255]].concat();
        assert_eq!(numbers(&huge), None);
    }

    #[test]
    fn texts_are_counted_with_their_beginnings() {
        // Four texts: five bytes of their own, then three times the text before and one byte.
        let beginnings = [&[128, 1, 4, 4, 0, 0, 3, 0, 0, 0][..], &[0b01_110_101, 0b1], &[0; 10]].concat();
        assert_eq!(Numbers::new(&beginnings).unwrap().map(Option::unwrap).collect::<Vec<_>>(), [0, 5, 11, 16]);
        let lengths = [128, 1, 4, 4, 2, 0, 0, 0, 0, 0];
        let both = [&beginnings[..], &lengths].concat();
        // No text before is longer than what it shares: 1, 2, 3 and 4 bytes.
        assert_eq!(texts(&both, 100), Some(10));
        assert!(texts(&both, 5).is_some_and(|all| all > 5));
        assert_eq!(texts(&beginnings, 100), None);
    }
}
