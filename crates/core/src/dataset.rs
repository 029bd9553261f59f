//! Tables in memory: arrow record batches at the edges, typed columns of whole numbers inside.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use indexmap::IndexMap;

use crate::form::{self, Style};
use crate::labels::Labels;
use crate::metadata::{ColumnMeta, Sdtype};
use crate::{Error, ErrorKind, Result, time};

/// The tick of a missing number or time.
pub const NULL: i64 = i64::MIN;
/// The code of a missing label.
pub const NO_CODE: u32 = u32::MAX;

/// Tables by name, each one record batch.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// The tables, in metadata order.
    pub tables: IndexMap<String, RecordBatch>,
}

/// A column as the engine sees it: whole numbers, so that arithmetic is exact and the same everywhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers as multiples of 10^-decimals; [`NULL`] is missing.
    Number {
        /// The multiples.
        ticks: Vec<i64>,
        /// Decimal places of the grid.
        decimals: u8,
    },
    /// Times as microseconds since 1970-01-01 UTC; [`NULL`] is missing.
    Time {
        /// The microseconds.
        ticks: Vec<i64>,
    },
    /// Labels (and keys) as codes into `values`, in order of first appearance; [`NO_CODE`] is missing.
    Text {
        /// Index into `values` for each row.
        codes: Vec<u32>,
        /// The distinct labels.
        values: Labels,
    },
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Column::Number { ticks, .. } | Column::Time { ticks } => ticks.len(),
            Column::Text { codes, .. } => codes.len(),
        }
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when the value of a row is missing.
    pub fn is_null(&self, row: usize) -> bool {
        match self {
            Column::Number { ticks, .. } | Column::Time { ticks } => ticks[row] == NULL,
            Column::Text { codes, .. } => codes[row] == NO_CODE,
        }
    }

    /// Whole-number view: ticks, or codes with missing as [`NULL`].
    pub fn tick(&self, row: usize) -> i64 {
        match self {
            Column::Number { ticks, .. } | Column::Time { ticks } => ticks[row],
            Column::Text { codes, .. } => match codes[row] {
                NO_CODE => NULL,
                c => i64::from(c),
            },
        }
    }

    /// Reads an arrow array as the metadata says. Problems name at most the first five rows of each kind.
    pub fn read(array: &dyn Array, meta: &ColumnMeta) -> Result<Column> {
        Self::read_on(array, meta, LEARNED)
    }

    /// [`Column::read`] for a comparison: numbers keep 14 decimals, so that values which differ in the last digit
    /// that a float holds stay different.
    pub fn read_fine(array: &dyn Array, meta: &ColumnMeta) -> Result<Column> {
        Self::read_on(array, meta, FINE)
    }

    fn read_on(array: &dyn Array, meta: &ColumnMeta, grid: Grid) -> Result<Column> {
        match &meta.sdtype {
            Sdtype::Numerical => read_numbers(array, meta.form(), grid),
            Sdtype::Datetime { format } => read_times(array, format.as_deref(), meta),
            Sdtype::Id { .. } => read_text(array).map(whole_ids),
            _ => read_text(array),
        }
    }
}

/// Collects problems of rows, five places each.
struct Places {
    what: &'static str,
    first: Vec<usize>,
    count: usize,
}

impl Places {
    fn new(what: &'static str) -> Self {
        Self { what, first: Vec::new(), count: 0 }
    }

    fn add(&mut self, row: usize) {
        if self.first.len() < 5 {
            self.first.push(row + 1);
        }
        self.count += 1;
    }

    fn finish(self) -> Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let rows = self.first.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let more = if self.count > self.first.len() { ", ..." } else { "" };
        Err(Error::new(ErrorKind::Data, format!("{} in {} rows (data row {rows}{more})", self.what, self.count)))
    }
}

/// Text of every row of a string-like array (plain, large, view or dictionary); None when it is another type.
pub fn strings(array: &dyn Array) -> Option<Vec<Option<&str>>> {
    map_texts(array, |t| t)
}

/// [`strings`], each put through a function on the way.
fn map_texts<'a, T>(array: &'a dyn Array, f: impl FnMut(Option<&'a str>) -> T) -> Option<Vec<T>> {
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().map(f).collect(),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().map(f).collect(),
        DataType::Utf8View => array.as_string_view().iter().map(f).collect(),
        DataType::Dictionary(_, _) => {
            let d = array.as_any_dictionary_opt()?;
            let values = strings(d.values().as_ref())?;
            // Rows that are all missing need no values, and have no keys.
            let keys = if values.is_empty() { Vec::new() } else { d.normalized_keys() };
            let text = |i: usize| keys.get(i).filter(|_| !array.is_null(i)).and_then(|k| values[*k]);
            (0..array.len()).map(text).map(f).collect()
        }
        _ => return None,
    })
}

/// How fine a grid of decimals numbers are put on.
#[derive(Clone, Copy)]
struct Grid {
    /// Most digits after the point.
    most: u8,
    /// A number this close to the grid, beside its size, lies on it.
    close: f64,
}

/// What a model learns: digits beyond the ninth are noise of a computation.
const LEARNED: Grid = Grid { most: 9, close: 1e-9 };
/// What a comparison sees: SDMetrics rounds to 14 decimals too.
const FINE: Grid = Grid { most: 14, close: 1e-15 };

/// Digits after the point that all numbers need, so few that every number stays below 2^62.
fn decimals(values: &[f64], grid: Grid) -> u8 {
    let largest = values.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    let mut decimals = 0u8;
    let mut scale = 1.0;
    for v in values {
        while decimals < grid.most && largest * scale * 10.0 < 4.0e18 {
            let x = v * scale;
            if (x - x.round()).abs() <= grid.close * x.abs().max(1.0) {
                break;
            }
            decimals += 1;
            scale *= 10.0;
        }
    }
    decimals
}

/// Decimals from which digits may be those of a narrow float (2.79999995231628) instead of noise.
const NOISE: u8 = 7;

/// Beyond this many steps of its grid a number is kept to the coarse one: sums of a few must not run over.
const ROOM: f64 = 1e17;

/// The decimals that show every digit, where there is room for them.
fn fine(values: &[f64]) -> Option<u8> {
    let decimals = decimals(values, FINE);
    let largest = values.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    (largest * 10f64.powi(i32::from(decimals)) <= ROOM).then_some(decimals)
}

/// True when the values are no fewer on the grid of so many decimals: then what is beyond belongs to each value, as
/// where a float of 32 bits was written with the digits of 64, and no two differ by the noise of a computation.
fn tells_no_more(values: &[f64], decimals: u8) -> bool {
    let scale = 10f64.powi(i32::from(decimals));
    let count = |of: &dyn Fn(f64) -> u64| {
        let mut v: Vec<u64> = values.iter().map(|v| of(*v)).collect();
        v.sort_unstable();
        v.dedup();
        v.len()
    };
    count(&f64::to_bits) == count(&|v| ((v * scale).round() as i64) as u64)
}

fn from_floats(values: Vec<Option<f64>>, grid: Grid) -> Result<Column> {
    let mut places = Places::new("numbers beyond 4e18");
    for (i, v) in values.iter().enumerate() {
        if v.is_some_and(|v| v.is_finite() && v.abs() >= 4.0e18) {
            places.add(i);
        }
    }
    places.finish()?;
    // NaN and infinity are how other tools write a missing number.
    let clean: Vec<Option<f64>> = values.into_iter().map(|v| v.filter(|v| v.is_finite())).collect();
    let known: Vec<f64> = clean.iter().flatten().copied().collect();
    let mut decimals = decimals(&known, grid);
    if decimals >= NOISE && tells_no_more(&known, decimals) {
        decimals = fine(&known).unwrap_or(decimals);
    }
    let scale = 10f64.powi(i32::from(decimals));
    let ticks = clean.into_iter().map(|v| v.map_or(NULL, |v| (v * scale).round() as i64)).collect();
    Ok(Column::Number { ticks, decimals })
}

macro_rules! integers {
    ($array:expr, $f:expr, $($kind:pat => $ty:ty),+) => {
        match $array.data_type() {
            $($kind => Some($array.as_primitive::<$ty>().iter().map(|v| v.map(|v| v as i128)).map($f).collect()),)+
            _ => None,
        }
    };
}

/// Every row of an array of whole numbers put through a function; None when it is another type.
fn map_whole<T>(array: &dyn Array, f: impl FnMut(Option<i128>) -> T) -> Option<Vec<T>> {
    integers!(array, f,
        DataType::Int8 => Int8Type, DataType::Int16 => Int16Type, DataType::Int32 => Int32Type,
        DataType::Int64 => Int64Type, DataType::UInt8 => UInt8Type, DataType::UInt16 => UInt16Type,
        DataType::UInt32 => UInt32Type, DataType::UInt64 => UInt64Type)
}

/// Turns whole numbers into ticks, row after row, and remembers those that don't fit.
struct Whole {
    row: usize,
    places: Places,
}

impl Whole {
    fn new() -> Self {
        Self { row: 0, places: Places::new("whole numbers beyond 9.2e18") }
    }

    fn tick(&mut self, value: Option<i128>) -> i64 {
        self.row += 1;
        match value.map(i64::try_from) {
            None => NULL,
            Some(Ok(v)) if v != NULL => v,
            _ => {
                self.places.add(self.row - 1);
                NULL
            }
        }
    }

    fn column(self, ticks: Vec<i64>, decimals: u8) -> Result<Column> {
        self.places.finish()?;
        Ok(Column::Number { ticks, decimals })
    }
}

fn read_numbers(array: &dyn Array, form: Option<Style>, grid: Grid) -> Result<Column> {
    let mut whole = Whole::new();
    if let Some(ticks) = map_whole(array, |v| whole.tick(v)) {
        return whole.column(ticks, 0);
    }
    match array.data_type() {
        DataType::Float64 => from_floats(array.as_primitive::<Float64Type>().iter().collect(), grid),
        // The shortest text of a 32-bit float is what its owner sees: 0.1 and not 0.10000000149.
        DataType::Float32 => from_floats(
            array.as_primitive::<Float32Type>().iter().map(|v| v.and_then(|v| v.to_string().parse().ok())).collect(),
            grid,
        ),
        DataType::Decimal128(_, s) if (0..=18).contains(s) => {
            let ticks = array.as_primitive::<Decimal128Type>().iter().map(|v| whole.tick(v)).collect();
            whole.column(ticks, *s as u8)
        }
        DataType::Boolean => {
            let ticks = array.as_boolean().iter().map(|v| whole.tick(v.map(i128::from))).collect();
            whole.column(ticks, 0)
        }
        DataType::Null => Ok(Column::Number { ticks: vec![NULL; array.len()], decimals: 0 }),
        _ => {
            let text = strings(array).ok_or_else(|| unreadable(array, "numbers"))?;
            if let Some(style) = form {
                return in_form(&text, style, 0, grid);
            }
            let mut places = Places::new("not a number");
            // Whole numbers first: those beyond 2^53 must not pass through a float.
            let exact: Option<Vec<Option<i128>>> = text
                .iter()
                .map(|t| match t.map(str::trim) {
                    None | Some("") => Some(None),
                    Some(t) => t.parse().ok().map(Some),
                })
                .collect();
            if let Some(exact) = exact {
                let ticks = exact.into_iter().map(|v| whole.tick(v)).collect();
                return whole.column(ticks, 0);
            }
            let values = text.iter().enumerate().map(|(i, t)| match t.map(str::trim) {
                None | Some("") => None,
                Some(t) => t.parse::<f64>().ok().or_else(|| {
                    places.add(i);
                    None
                }),
            });
            let values = values.collect();
            places.finish()?;
            from_floats(values, grid)
        }
    }
}

/// Numbers inside text, the `which`-th of each; words among them are missing numbers.
fn in_form(texts: &[Option<&str>], style: Style, which: usize, grid: Grid) -> Result<Column> {
    let mut places = Places::new("not a number in the column's form");
    let mut number = |(i, t): (usize, &Option<&str>)| {
        let t = t.map(str::trim).filter(|t| !t.is_empty())?;
        form::number(t, style, which).unwrap_or_else(|| {
            places.add(i);
            None
        })
    };
    let values = texts.iter().enumerate().map(&mut number).collect();
    places.finish()?;
    from_floats(values, grid)
}

/// The second numbers of a column that has two in each text.
pub(crate) fn second_numbers(texts: &[Option<&str>]) -> Result<Column> {
    in_form(texts, Style::Pair, 1, LEARNED)
}

fn unreadable(array: &dyn Array, wanted: &str) -> Error {
    Error::new(ErrorKind::Data, format!("type {} can't be read as {wanted}", array.data_type()))
}

fn read_times(array: &dyn Array, format: Option<&str>, meta: &ColumnMeta) -> Result<Column> {
    let scaled = |v: Option<i64>, per: i64| v.map_or(NULL, |v| v.saturating_mul(per));
    let ticks = match array.data_type() {
        DataType::Date32 => {
            array.as_primitive::<Date32Type>().iter().map(|v| scaled(v.map(i64::from), time::DAY)).collect()
        }
        DataType::Timestamp(TimeUnit::Second, _) => {
            array.as_primitive::<TimestampSecondType>().iter().map(|v| scaled(v, time::SECOND)).collect()
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            array.as_primitive::<TimestampMillisecondType>().iter().map(|v| scaled(v, 1000)).collect()
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().iter().map(|v| scaled(v, 1)).collect()
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => array
            .as_primitive::<TimestampNanosecondType>()
            .iter()
            .map(|v| v.map_or(NULL, |v| v.div_euclid(1000)))
            .collect(),
        DataType::Null => vec![NULL; array.len()],
        _ => {
            let digits = packed_texts(array);
            let text = match &digits {
                Some(digits) if format.is_some() => digits.iter().map(Option::as_deref).collect(),
                _ => strings(array).ok_or_else(|| unreadable(array, "times"))?,
            };
            let found;
            let format = match format {
                Some(f) => f,
                None => {
                    found = guess_format(&text)
                        .ok_or_else(|| Error::new(ErrorKind::Data, "no datetime_format given and none found"))?;
                    found
                }
            };
            // Of a time that is known less finely the first moment stands for all that it may be.
            let coarse = |t: &str| meta.other_formats().find_map(|f| time::parse(t, f).ok());
            let mut places = Places::new("not a time in the column's datetime_format");
            let ticks = text.iter().enumerate().map(|(i, t)| match t.map(str::trim) {
                None | Some("") => NULL,
                Some(t) => time::parse(t, format).ok().or_else(|| coarse(t)).unwrap_or_else(|| {
                    places.add(i);
                    NULL
                }),
            });
            let ticks = ticks.collect();
            places.finish()?;
            ticks
        }
    };
    Ok(Column::Time { ticks })
}

/// Whole numbers as text, for dates such as 20240131; None for other types.
fn packed_texts(array: &dyn Array) -> Option<Vec<Option<String>>> {
    let text = |v: Option<f64>| v.filter(|v| !v.is_nan()).map(|v| v.to_string());
    match array.data_type() {
        // A missing value beside whole numbers made them floats.
        DataType::Float64 => Some(array.as_primitive::<Float64Type>().iter().map(text).collect()),
        _ => map_whole(array, |v| v.map(|v| v.to_string())),
    }
}

/// Formats tried where none is declared, commonest first.
pub const FORMATS: [&str; 9] = [
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%:z",
    "%d.%m.%Y",
    "%m/%d/%Y",
];

/// The first format of [`FORMATS`] that reads every text, looking at up to a thousand of them.
pub fn guess_format(text: &[Option<&str>]) -> Option<&'static str> {
    let known: Vec<&str> = text.iter().flatten().map(|t| t.trim()).filter(|t| !t.is_empty()).take(1000).collect();
    if known.is_empty() {
        return Some(FORMATS[0]);
    }
    FORMATS.into_iter().find(|f| known.iter().all(|t| time::parse(t, f).is_ok()))
}

/// Labels: text as it is, other types in their plainest text.
fn read_text(array: &dyn Array) -> Result<Column> {
    let mut values = Labels::default();
    let mut last = NO_CODE;
    let mut code = |t: Option<&str>| match t {
        None | Some("") => NO_CODE,
        // Rows of one owner stand together: mostly the label is the one before.
        Some(t) if values.get_index(last as usize).is_some_and(|v| v == t) => last,
        Some(t) => {
            last = values.insert(t) as u32;
            last
        }
    };
    // Most columns of whole numbers hold a few near each other: those are not written out again for every row.
    let mut seen = [(None, NO_CODE); 256];
    let mut number = |v: i128| {
        let known = &mut seen[(v & 255) as usize];
        if known.0 != Some(v) {
            *known = (Some(v), code(Some(&v.to_string())));
        }
        known.1
    };
    let codes = if let Some(codes) = map_whole(array, |v| v.map_or(NO_CODE, &mut number)) {
        codes
    } else if let Some(codes) = map_texts(array, &mut code) {
        codes
    } else {
        match array.data_type() {
            DataType::Boolean => {
                array.as_boolean().iter().map(|v| code(v.map(|v| if v { "True" } else { "False" }))).collect()
            }
            // 1.0 in a column of labels is the label 1: a null beside whole numbers turned them into floats.
            DataType::Float64 => array
                .as_primitive::<Float64Type>()
                .iter()
                .map(|v| code(v.filter(|v| !v.is_nan()).map(|v| v.to_string()).as_deref()))
                .collect(),
            DataType::Null => vec![NO_CODE; array.len()],
            DataType::Date32 | DataType::Timestamp(_, _) => {
                let Column::Time { ticks } =
                    read_times(array, None, &ColumnMeta::new(Sdtype::Datetime { format: None }))?
                else {
                    return Err(unreadable(array, "labels"));
                };
                let text = |t: i64| (t != NULL).then(|| time::format(t, "%Y-%m-%d %H:%M:%S"));
                ticks.into_iter().map(|t| code(text(t).as_deref())).collect()
            }
            _ => return Err(unreadable(array, "labels")),
        }
    };
    Ok(Column::Text { codes, values })
}

/// Ids that a missing value beside them turned into floats, `12.0`, are the `12` of the table they point to.
fn whole_ids(column: Column) -> Column {
    let Column::Text { codes, values } = column else { return column };
    let whole = |t: &str| t.strip_suffix(".0").unwrap_or(t).parse::<i64>().is_ok();
    if !values.iter().any(|t| t.ends_with(".0")) || !values.iter().all(whole) {
        return Column::Text { codes, values };
    }
    let mut short = Labels::default();
    let to: Vec<u32> = values.iter().map(|t| short.insert(t.strip_suffix(".0").unwrap_or(t)) as u32).collect();
    let codes = codes.into_iter().map(|c| if c == NO_CODE { c } else { to[c as usize] }).collect();
    Column::Text { codes, values: short }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Float64Array, Int64Array, StringArray};

    fn read(array: &dyn Array, sdtype: Sdtype) -> Result<Column> {
        Column::read(array, &ColumnMeta::new(sdtype))
    }

    #[test]
    fn missing_rows_need_no_labels() {
        use arrow_array::{DictionaryArray, Int8Array, StringArray};
        let none = std::sync::Arc::new(StringArray::new_null(0));
        let all = DictionaryArray::try_new(Int8Array::new_null(3), none).unwrap();
        assert_eq!(strings(&all), Some(vec![None; 3]));
    }

    #[test]
    fn digits_of_a_narrow_float_are_kept_and_noise_is_not() {
        let narrow: Vec<f64> = [2.8f32, 3.2, 2.8, 1.9].iter().map(|v| f64::from(*v)).collect();
        let Ok(Column::Number { ticks, decimals: 14 }) = read(&Float64Array::from(narrow.clone()), Sdtype::Numerical)
        else {
            panic!("14 decimals");
        };
        assert!(ticks.iter().zip(&narrow).all(|(t, v)| (*t as f64 / 1e14 - v).abs() < 1e-14));
        let wide: Vec<f64> = narrow.iter().copied().chain([25_000.0]).collect();
        let c = read(&Float64Array::from(wide), Sdtype::Numerical);
        assert!(matches!(c, Ok(Column::Number { decimals: 7..=12, .. })), "{c:?}");
        // A computation that ends beside a value of the column says nothing that it does not.
        let noisy = vec![1.1234567, 1.1234567 + 3e-12, 2.5];
        let c = read(&Float64Array::from(noisy), Sdtype::Numerical);
        assert_eq!(c, Ok(Column::Number { ticks: vec![11_234_567, 11_234_567, 25_000_000], decimals: 7 }));
    }

    #[test]
    fn numbers_keep_their_grid() {
        let c = read(&StringArray::from(vec![Some("1.25"), None, Some("3")]), Sdtype::Numerical);
        assert_eq!(c, Ok(Column::Number { ticks: vec![125, NULL, 300], decimals: 2 }));
        let c = read(&Float64Array::from(vec![0.1, 0.2, 0.3]), Sdtype::Numerical);
        assert_eq!(c, Ok(Column::Number { ticks: vec![1, 2, 3], decimals: 1 }));
    }

    #[test]
    fn whole_numbers_beyond_two_to_53_are_exact() {
        let n = 9_007_199_254_740_993i64;
        for a in [&Int64Array::from(vec![n]) as &dyn Array, &StringArray::from(vec![n.to_string()])] {
            assert_eq!(read(a, Sdtype::Numerical), Ok(Column::Number { ticks: vec![n], decimals: 0 }));
        }
    }

    #[test]
    fn problems_give_places_and_no_values() {
        let e = read(&StringArray::from(vec!["1", "secret", "2"]), Sdtype::Numerical).unwrap_err();
        assert!(e.to_string().contains("data row 2"), "{e}");
        assert!(!e.to_string().contains("secret"));
    }

    #[test]
    fn ids_that_became_floats_are_whole_again() {
        let id = || Sdtype::Id { regex: None };
        let c = read(&StringArray::from(vec!["12.0", "", "7.0", "12"]), id()).unwrap();
        let Column::Text { codes, values } = c else { panic!("ids are text") };
        assert_eq!((codes, values.len(), &values[0]), (vec![0, NO_CODE, 1, 0], 2, "12"));
        let c = read(&StringArray::from(vec!["v1.0", "2.0"]), id()).unwrap();
        assert!(matches!(c, Column::Text { values, .. } if &values[1] == "2.0"));
    }

    #[test]
    fn whole_numbers_are_dates_where_the_format_says_so() {
        let date = || Sdtype::Datetime { format: Some("%Y%m%d".into()) };
        let days = Ok(Column::Time { ticks: vec![19_753 * time::DAY, NULL] });
        assert_eq!(read(&Int64Array::from(vec![Some(20_240_131), None]), date()), days);
        assert_eq!(read(&Float64Array::from(vec![Some(20_240_131.0), None]), date()), days);
        assert_eq!(read(&StringArray::from(vec![Some("20240131"), None]), date()), days);
        assert!(read(&Int64Array::from(vec![20_240_132]), date()).is_err());
        assert!(read(&Int64Array::from(vec![5]), Sdtype::Datetime { format: None }).is_err());
    }

    #[test]
    fn empty_text_is_missing() {
        let c = read(&StringArray::from(vec!["a", "", "a"]), Sdtype::Categorical).unwrap();
        assert!(c.is_null(1) && c.tick(0) == c.tick(2));
    }
}
