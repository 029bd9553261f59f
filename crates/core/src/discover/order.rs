//! Finds `order` and `inside`: numbers and times that are never above another.

use crate::Result;
use crate::dataset::NULL;
use crate::linked::Linked;
use crate::metadata::{ColumnMeta, Sdtype};
use crate::rule::RuleKind;
use crate::time::DAY;

use super::lines::{Kind, Line, lines};
use super::{Found, bits, percent, rows};

/// Independent columns must break the rule at least this often: an order that unrelated columns nearly always
/// keep too is one of scale, not of meaning.
const CHANCE_BREAKS: f64 = 0.1;
/// The same for two columns whose names share a word or that have the same unit.
const CHANCE_BREAKS_AKIN: f64 = 0.001;
/// The same for a rule that some rows break, which a tail of a distribution looks like.
const CHANCE_BREAKS_NEARLY: f64 = 0.2;
/// Letters that two names in one word must share at either end.
const AFFIX: usize = 5;
/// Rows looked at before all rows are.
const GLANCE: usize = 256;

/// Orders between columns of the table, and between those and the columns of its ancestors.
pub(super) fn find(linked: &Linked, table: &str) -> Result<Vec<Found>> {
    let wanted = |kind, steps| match kind {
        Kind::Number => steps <= 1,
        Kind::Time | Kind::Date => true,
        _ => false,
    };
    let lines: Vec<Line> = lines(linked, table, 2, wanted)?.into_iter().filter(|l| !l.key).collect();
    let mut found = Vec::new();
    for (i, low) in lines.iter().enumerate() {
        for (j, high) in lines.iter().enumerate() {
            // Two columns of ancestors are compared where both can be seen from below only once.
            let near = low.steps == 0 || high.steps == 0;
            if i != j && near && (low.kind == Kind::Number) == (high.kind == Kind::Number) {
                found.extend(judge(table, low, high, akin(linked, table, &low.path, &high.path)));
            }
        }
    }
    Ok(found)
}

fn judge(table: &str, low: &Line, high: &Line, akin: bool) -> Option<Found> {
    let by_day = low.kind != high.kind;
    let cut = |t: i64| if by_day { t.div_euclid(DAY) } else { t };
    let step = (low.ticks.len() / GLANCE).max(1);
    let breaks = |row: &usize| {
        let (a, b) = (low.ticks[*row], high.ticks[*row]);
        a != NULL && b != NULL && cut(a) > cut(b)
    };
    // Three breaks among 256 rows of a rule that one in a thousand may break happen once in a hundred times.
    if (0..low.ticks.len()).step_by(step).filter(breaks).nth(2).is_some() {
        return None;
    }
    let (mut support, mut broken, mut equal) = (0u64, 0u64, 0u64);
    for (&a, &b) in low.ticks.iter().zip(&high.ticks).filter(|(a, b)| **a != NULL && **b != NULL) {
        support += 1;
        broken += u64::from(cut(a) > cut(b));
        equal += u64::from(cut(a) == cut(b));
    }
    // Equal rows (both zero, both the code for unknown) are no evidence of an order, nor of its absence.
    let differ = |(a, b): &(&i64, &i64)| **a != NULL && **b != NULL && (cut(**a) != cut(**b) || equal == 0);
    let (mut lows, mut highs): (Vec<i64>, Vec<i64>) = low.ticks.iter().zip(&high.ticks).filter(differ).unzip();
    lows.sort_unstable();
    highs.sort_unstable();
    let (above, ties) = chance(&lows, &highs, cut);
    let needed = match (broken, akin) {
        (0, true) => CHANCE_BREAKS_AKIN,
        (0, false) => CHANCE_BREAKS,
        _ => CHANCE_BREAKS_NEARLY,
    };
    if above < needed {
        return None;
    }
    let strict = equal + broken == 0 && apart(low, high, cut, bits(1.0 - ties) * support as f64);
    let surprise = (lows.len() as u64).saturating_sub(broken) as f64 * bits(1.0 - above);
    let why = format!("{}; unrelated columns would break {}", rows(support, broken), percent(above));
    let kind = RuleKind::Order { table: table.into(), low: low.path.clone(), high: high.path.clone(), strict };
    Found::believed(kind, support, broken, surprise, why)
}

/// True when equal values are forbidden and not only rare: many rows come as close as the grid allows and none
/// touches, or even the closest is far although unrelated columns would be equal now and then (`unrelated` bits).
fn apart(low: &Line, high: &Line, cut: impl Fn(i64) -> i64, unrelated: f64) -> bool {
    let known = low.ticks.iter().zip(&high.ticks).filter(|(a, b)| **a != NULL && **b != NULL);
    let mut gaps: Vec<i128> = known.map(|(a, b)| i128::from(cut(*b)) - i128::from(cut(*a))).collect();
    gaps.sort_unstable();
    let (Some(&least), Some(&usual)) = (gaps.first(), gaps.get(gaps.len() / 2)) else { return false };
    let closest = gaps.partition_point(|g| *g <= least);
    let on_grid = gaps.iter().all(|g| g % least.max(1) == 0);
    (on_grid && closest as u64 >= super::ROWS) || (least * 4 >= usual && unrelated >= super::SURPRISE)
}

/// True when two columns are likely to measure the same thing: their names share a word, or their units are the
/// same. Times are always akin.
fn akin(linked: &Linked, table: &str, low: &str, high: &str) -> bool {
    let about = |path: &str| {
        let resolved = linked.metadata.resolve(table, path).ok()?;
        linked.metadata.column_at(&resolved).map(|c| (words(&resolved.column), c))
    };
    let (Some((left, a)), Some((right, b))) = (about(low), about(high)) else { return false };
    let time = |c: &ColumnMeta| matches!(c.sdtype, Sdtype::Datetime { .. });
    time(a) || time(b) || (a.unit.is_some() && a.unit == b.unit) || left.iter().any(|w| right.contains(w))
}

/// The words of a column name: `systolic_bp` and `systolicBp` are "systolic" and "bp". A name in one word shares
/// its beginning or end with its kin, so those count too when they are long.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if c.is_alphanumeric() {
            words.last_mut().expect("it starts with one").extend(c.to_lowercase());
        }
    }
    words.retain(|w| w.len() > 1);
    let longest: Vec<char> = words.iter().max_by_key(|w| w.len()).map(|w| w.chars().collect()).unwrap_or_default();
    if longest.len() > AFFIX {
        words.push(format!("{}*", longest[..AFFIX].iter().collect::<String>()));
        words.push(format!("*{}", longest[longest.len() - AFFIX..].iter().collect::<String>()));
    }
    words
}

/// Chances that an independent draw of the first is above, and equal to, one of the second.
fn chance(low: &[i64], high: &[i64], cut: impl Fn(i64) -> i64) -> (f64, f64) {
    let (mut below, mut upto) = (0usize, 0usize);
    let (mut above, mut ties) = (0f64, 0f64);
    for &a in low {
        while below < high.len() && cut(high[below]) < cut(a) {
            below += 1;
        }
        upto = upto.max(below);
        while upto < high.len() && cut(high[upto]) == cut(a) {
            upto += 1;
        }
        above += below as f64;
        ties += (upto - below) as f64;
    }
    let pairs = (low.len() as f64 * high.len() as f64).max(1.0);
    (above / pairs, ties / pairs)
}
