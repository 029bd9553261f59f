//! What training rows say of one column by another: each learned value stands for enough entities.

use std::collections::{BTreeMap, BTreeSet};

use super::{Keeper, Training};
use crate::dataset::NULL;
use crate::frame::{Hop, NO_ROW};
use crate::model::laws::{Combinations, Decider, Follows};
use crate::plan::{Origin, Output, Plan, SlotKind, TablePlan};
use crate::rule::part::Part;

/// Entities of each value of a key, in the order of the keys.
fn groups<K: Ord>(training: &Training, t: usize, key: impl Fn(usize) -> Option<K>) -> BTreeMap<K, BTreeSet<u32>> {
    let mut groups: BTreeMap<K, BTreeSet<u32>> = BTreeMap::new();
    for row in 0..training.frames[t].rows {
        if let Some(k) = key(row) {
            let held = groups.entry(k).or_default();
            if held.len() < training.min_support {
                held.insert(training.entities[t][row]);
            }
        }
    }
    groups
}

/// True for a label that is pooled because too few entities have it.
fn pooled(plan: &Plan, t: usize, slot: u16, value: i64) -> bool {
    match &plan.tables[t].slots[usize::from(slot)].kind {
        SlotKind::Label { labels, .. } => value != NULL && value >= labels.len() as i64,
        _ => false,
    }
}

/// Combinations that enough entities have.
pub(super) fn supported(training: &Training, t: usize, slots: &[u16]) -> Vec<Vec<i64>> {
    let values = &training.frames[t].values;
    let key = |row: usize| {
        let k: Vec<i64> = slots.iter().map(|s| values[usize::from(*s)][row]).collect();
        let fresh = k.iter().zip(slots).all(|(v, s)| !pooled(training.plan, t, *s, *v));
        fresh.then_some(k)
    };
    groups(training, t, key).into_iter().filter(|(_, e)| e.len() >= training.min_support).map(|(k, _)| k).collect()
}

/// A pair of numbers and who has it.
type Held<'a> = ((i64, i64), &'a BTreeSet<u32>);

/// The number with which `k` entities are reached.
fn kth<'a>(mut values: impl Iterator<Item = &'a Held<'a>>, k: usize) -> Option<i64> {
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    let reached = values.find(|(_, held)| {
        seen.extend(*held);
        seen.len() >= k
    });
    reached.map(|((number, _), _)| *number)
}

/// From which number on which value is decided: runs of numbers that decide the same, each of `k` entities at least.
/// A run begins with its first number where so many hold it, else beside the middle between the `k`-th ones of both
/// sides, at a number that nobody has where there is one.
fn steps(groups: &BTreeMap<(i64, i64), BTreeSet<u32>>, k: usize) -> Vec<(i64, i64)> {
    // Of the values beside one number the one that most hold.
    let all: Vec<Held> = groups.iter().map(|(pair, held)| (*pair, held)).collect();
    let usual = all.chunk_by(|x, y| x.0.0 == y.0.0).filter_map(|one| one.iter().rev().max_by_key(|x| x.1.len()));
    let usual: Vec<Held> = usual.copied().collect();
    let is_free = |v: &i64| usual.binary_search_by_key(v, |x| x.0.0).is_err();
    let mut out: Vec<(i64, i64)> = Vec::new();
    let mut before = None;
    for run in usual.chunk_by(|x, y| x.0.1 == y.0.1) {
        let ((first, decided), held) = run[0];
        let (Some(low), Some(high)) = (kth(run.iter(), k), kth(run.iter().rev(), k)) else { continue };
        let from = match before {
            _ if held.len() >= k => first,
            Some(before) => {
                let middle = i64::midpoint(before, low);
                (middle..low).find(is_free).unwrap_or(middle)
            }
            // What lies below the first run is decided by it all the same.
            None => (low..=high).find(is_free).unwrap_or(low),
        };
        out.push((out.last().map_or(from, |last| from.max(last.0.saturating_add(1))), decided));
        before = Some(high);
    }
    // Where a beginning was moved some lie before it: a step that fewer are left in goes.
    loop {
        out.dedup_by_key(|step| step.1);
        let starts: Vec<usize> = out.iter().map(|step| usual.partition_point(|x| x.0.0 < step.0)).collect();
        let enough: Vec<bool> = (0..out.len())
            .map(|i| {
                let inside =
                    &usual[if i == 0 { 0 } else { starts[i] }..starts.get(i + 1).copied().unwrap_or(usual.len())];
                kth(inside.iter().filter(|x| x.0.1 == out[i].1), k).is_some()
            })
            .collect();
        if !enough.contains(&false) {
            return out;
        }
        let mut enough = enough.into_iter();
        out.retain(|_| enough.next().unwrap_or(true));
    }
}

/// Share of the rows that steps may decide otherwise than they are.
const MISLED: f64 = 0.1;

/// Whether steps say too often what is not so: most numbers that decide are held by too few entities, each.
fn misled(steps: &[(i64, i64)], rows: impl Iterator<Item = (i64, i64)>) -> bool {
    let (mut all, mut wrong) = (0.0, 0.0);
    for (number, decided) in rows {
        let at = steps.partition_point(|s| s.0 <= number).saturating_sub(1);
        all += 1.0;
        wrong += f64::from(u8::from(steps.get(at).is_none_or(|s| s.1 != decided)));
    }
    wrong > MISLED * all
}

/// A column that decides another: as combinations where it has labels, by its number or a part of its times, or by the
/// row it leads to.
pub(super) fn determines(
    k: &mut Keeper,
    table: &str,
    (column, part): (&str, Option<Part>),
    determines: &str,
    found: bool,
) -> Option<()> {
    let (plan, metadata, training) = (k.training.plan, k.training.metadata, k.training);
    let t = plan.table(table)?;
    if !k.drawn(table) {
        return Some(());
    }
    let table = &plan.tables[t];
    let slot = plan.slot(t, determines)? as u16;
    let values = &training.frames[t].values;
    let target = &values[usize::from(slot)];
    let place = metadata.tables[&table.name].columns.get_index_of(column)?;
    match &table.output[place] {
        _ if part.is_some() && !is_time(table, place) => return None,
        Output::Slot(by) if table.slots[usize::from(*by)].kind.is_label() => {
            // Of the values beside one label the usual one, as `check` counts it; none where too few entities have it.
            let decider = &values[usize::from(*by)];
            let row = |r: usize| (decider[r] != NULL && !pooled(plan, t, *by, decider[r])).then_some(decider[r]);
            let both = |r: usize| {
                let known = target[r] != NULL && !pooled(plan, t, slot, target[r]);
                row(r).filter(|_| known).map(|a| (a, target[r]))
            };
            let mut rows: BTreeMap<(i64, i64), usize> = BTreeMap::new();
            (0..target.len()).filter_map(both).for_each(|pair| *rows.entry(pair).or_default() += 1);
            let mut usual: BTreeMap<i64, (usize, i64)> =
                (0..target.len()).filter_map(row).map(|a| (a, (0, NULL))).collect();
            for ((a, b), held) in groups(training, t, both) {
                let count = rows[&(a, b)];
                if held.len() >= training.min_support && count > usual[&a].0 {
                    usual.insert(a, (count, b));
                }
            }
            // Where no row goes without a value, a label without one is not drawn.
            let optional = target.contains(&NULL);
            let pairs = usual.into_iter().filter(|(_, (_, b))| *b != NULL || optional);
            let pairs = pairs.map(|(a, (_, b))| vec![a, b]).collect();
            let slots = vec![*by, slot];
            k.all[t].combinations.push(Combinations { slots, allowed: pairs, missing_is_free: true });
        }
        Output::Slot(by) => {
            let decider = &values[usize::from(*by)];
            let both = |r: usize| {
                let (a, b) = (part.filter(|_| decider[r] != NULL).map_or(decider[r], |p| p.of(decider[r])), target[r]);
                (a != NULL && b != NULL && !pooled(plan, t, slot, b)).then_some((a, b))
            };
            let known = steps(&groups(training, t, both), training.min_support);
            if known.is_empty()
                || table.when == Some(slot)
                || found && misled(&known, (0..target.len()).filter_map(both))
            {
                return None;
            }
            let optional = (0..decider.len()).any(|r| decider[r] != NULL && target[r] == NULL);
            let from = match part {
                Some(part) => Decider::Part(*by, part, known),
                None => Decider::Number(*by, known),
            };
            k.all[t].follows.push(Follows { slot, from, optional });
        }
        Output::Key(hops, _) => {
            let shared = match hops.as_slice() {
                [Hop::Owner] => table.owner.map(usize::from),
                [Hop::Link(l)] if !table.links[usize::from(*l)].deferred => {
                    Some(usize::from(table.links[usize::from(*l)].target))
                }
                _ => None,
            };
            // Every block has rows of its own, but for reference tables.
            if plan.tables[shared?].origin == Origin::Reference || table.when == Some(slot) {
                return None;
            }
            let row = |r: usize| plan.walk(training.frames, t, r, hops).map_or(NO_ROW, |(_, r)| r as u32);
            let optional = (0..target.len()).any(|r| row(r) != NO_ROW && target[r] == NULL);
            k.all[t].follows.push(Follows { slot, from: Decider::Row(hops.clone()), optional });
        }
        // A fresh identifier decides everything.
        Output::Id(_) => {}
        Output::Given(_, inner) if matches!(**inner, Output::Id(_)) => {}
        Output::Fake(_) | Output::Kept(_) | Output::Group(..) | Output::Given(..) => return None,
    }
    Some(())
}

/// True for a column of modelled times.
fn is_time(table: &TablePlan, place: usize) -> bool {
    matches!(&table.output[place], Output::Slot(s) if table.slots[usize::from(*s)].kind.is_time())
}

#[cfg(test)]
mod tests {
    use super::Decider;
    use crate::example::{self, Table};
    use crate::fit::{FitOptions, fit};

    #[test]
    fn numbers_that_hardly_repeat_decide_in_steps() {
        // Six closed days without sales, 54 with sales that never repeat.
        let row = |i: usize| if i.is_multiple_of(10) { "0, no".to_owned() } else { format!("{}, yes", 100 + i) };
        let rows: String = (0..60).map(|i| row(i) + "\n").collect();
        let tables = [Table("days(sold:number, open)", &rows)];
        let rule = r#"{"kind": "determines", "table": "days", "column": "sold", "determines": "open"}"#;
        let (data, metadata) = (example::data(&tables).unwrap(), example::metadata(&tables, &[rule]).unwrap());
        let (model, _) = fit(&data, &metadata, FitOptions::default(), &|_, _| {}).unwrap();
        let Decider::Number(_, known) = &model.tables[0].keep.follows[0].from else { panic!("by its number") };
        // The fifth day with sales has 105: the middle between it and none.
        assert_eq!(known, &[(0, 1), (52, 0)]);
    }

    #[test]
    fn where_a_step_begins_nobody_is() {
        let value = |i: usize| 1000 + 2 * i as i64;
        let rows: String = (0..90).map(|i| format!("{}, {}\n", value(i), ["a", "b", "c"][i / 30])).collect();
        let tables = [Table("t(number:number, label)", &rows)];
        let rule = r#"{"kind": "determines", "table": "t", "column": "number", "determines": "label"}"#;
        let (data, metadata) = (example::data(&tables).unwrap(), example::metadata(&tables, &[rule]).unwrap());
        let (model, _) = fit(&data, &metadata, FitOptions::default(), &|_, _| {}).unwrap();
        let Decider::Number(_, known) = &model.tables[0].keep.follows[0].from else { panic!("by its number") };
        assert_eq!(known.len(), 3);
        assert!(known.iter().all(|(from, _)| (0..90).all(|i| value(i) != *from)), "{known:?}");
        // The fifth from either side of a border are eighteen apart.
        assert!((1..3).all(|n| (known[n].0 - value(30 * n)).abs() <= 9), "{known:?}");
        assert_eq!(crate::scan::scan(&model, &data, None).unwrap().found, []);
    }

    #[test]
    fn a_step_may_begin_with_a_number_of_few() {
        // One entity has 10, three times the support have 11; then the other label.
        let held: Vec<_> = [(10, 0, 0..1), (11, 0, 1..16), (12, 1, 0..5)].into_iter().collect();
        let groups = held.into_iter().map(|(a, b, who)| ((a, b), who.take(5).collect())).collect();
        assert_eq!(super::steps(&groups, 5), [(11, 0), (12, 1)]);
    }

    #[test]
    fn a_value_beside_a_label_is_that_of_enough_entities() {
        // Of 30 rows in the third town one has a fee, 98765; nobody else has that fee.
        let fee = |i: usize| ["100", "200", if i == 32 { "98765" } else { "" }][i % 3];
        let rows: String = (0..90).map(|i| format!("P{i:03}, {}, {}\n", ["A", "B", "C"][i % 3], fee(i))).collect();
        let tables = [Table("people(*id, town, fee:number)", &rows)];
        let rule = r#"{"kind": "determines", "table": "people", "column": "town", "determines": "fee"}"#;
        let (data, metadata) = (example::data(&tables).unwrap(), example::metadata(&tables, &[rule]).unwrap());
        let (model, _) = fit(&data, &metadata, FitOptions::default(), &|_, _| {}).unwrap();
        let known = &model.tables[0].keep.combinations[0].allowed;
        assert_eq!(known, &[vec![0, 100], vec![1, 200], vec![2, crate::dataset::NULL]]);
    }
}
