//! What each type looks like in CSV.

use std::sync::Arc;

use arrow_array::types::{Int8Type, UInt16Type};
use arrow_array::*;
use healthdata_core::time::parse;

use super::*;

fn meta(columns: &[(&str, Sdtype)]) -> TableMeta {
    let mut meta = TableMeta::default();
    for (name, sdtype) in columns {
        meta.columns.insert((*name).into(), ColumnMeta::new(sdtype.clone()));
    }
    meta
}

/// The rows of one column beside a counter, so that empty cells are visible.
fn column(array: ArrayRef, sdtype: Sdtype, options: CsvOptions) -> Vec<String> {
    let meta = meta(&[("n", Sdtype::Numerical), ("c", sdtype)]);
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values(0..array.len() as i64));
    let batch = RecordBatch::try_from_iter_with_nullable([("n", n, true), ("c", array, true)]).unwrap();
    let mut out = Vec::new();
    encode_csv(&batch, &meta, options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut rows = Vec::new();
    let mut rest = text.as_str();
    for i in 0..batch.num_rows() {
        rest = rest.strip_prefix(&format!("{i},")).unwrap();
        let end = rest.find(&format!("\n{},", i + 1)).unwrap_or(rest.len() - 1);
        rows.push(rest[..end].to_owned());
        rest = &rest[end + 1..];
    }
    assert_eq!(rest, "");
    rows
}

fn plain(array: impl Array + 'static) -> Vec<String> {
    column(Arc::new(array), Sdtype::Categorical, CsvOptions::default())
}

#[test]
fn numbers_are_their_shortest_text() {
    assert_eq!(plain(Int8Array::from(vec![Some(i8::MIN), None, Some(0)])), ["-128", "", "0"]);
    let ends = Int64Array::from(vec![i64::MIN, i64::MAX, -7]);
    assert_eq!(plain(ends), ["-9223372036854775808", "9223372036854775807", "-7"]);
    assert_eq!(plain(UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
    let floats = [70.0, -0.0, 0.1, 1e300, -2.5e-9, f64::NAN, f64::NEG_INFINITY, 9_007_199_254_740_993.0];
    let expected = ["70", "0", "0.1", "1e+300", "-2.5e-9", "", "", "9007199254740992"];
    assert_eq!(plain(Float64Array::from(floats.to_vec())), expected.map(str::to_owned));
    assert_eq!(plain(Float32Array::from(vec![0.1, 5.0])), ["0.1", "5"]);
    let decimals = Decimal128Array::from(vec![5, -1234, 0]).with_precision_and_scale(10, 2).unwrap();
    assert_eq!(plain(decimals), ["0.05", "-12.34", "0.00"]);
    assert_eq!(plain(BooleanArray::from(vec![Some(true), None, Some(false)])), ["True", "", "False"]);
    assert_eq!(plain(NullArray::new(2)), ["", ""]);
}

#[test]
fn every_float_reads_back_as_itself() {
    let floats: Vec<f64> = (0..20_000).map(|i| f64::from_bits(healthdata_core::rng::mix(i))).collect();
    let floats: Vec<f64> = floats.into_iter().filter(|x| x.is_finite()).collect();
    for (text, x) in plain(Float64Array::from(floats.clone())).iter().zip(floats) {
        assert_eq!(text.parse::<f64>().unwrap(), x);
    }
}

#[test]
fn text_is_quoted_only_when_it_must_be() {
    let cells =
        vec![Some("plain"), Some("a,b"), Some("a \"b\""), Some("a\nb"), Some("a\rb"), Some(""), None, Some(" ü ")];
    let expected = ["plain", "\"a,b\"", "\"a \"\"b\"\"\"", "\"a\nb\"", "\"a\rb\"", "\"\"", "", " ü "];
    assert_eq!(plain(StringArray::from(cells.clone())), expected);
    assert_eq!(plain(LargeStringArray::from(cells.clone())), expected);
    assert_eq!(plain(StringViewArray::from(cells.clone())), expected);
    let labels: DictionaryArray<UInt16Type> = cells.into_iter().collect();
    assert_eq!(plain(labels), expected);
    let none: DictionaryArray<Int8Type> = vec![None::<&str>, None].into_iter().collect();
    assert_eq!(plain(none), ["", ""]);
    assert_eq!(plain(StringArray::from(vec![Some("a"), Some(""), None])), ["a", "\"\"", ""]);
    // A slice of a column must not look at the bytes of other rows.
    let all = StringArray::from(vec!["x,y", "a", "b", "\""]);
    assert_eq!(plain(all.slice(1, 2)), ["a", "b"]);
}

#[test]
fn times_follow_the_format_of_the_column() {
    let us: Vec<i64> =
        ["1969-12-31 23:59:59", "2025-02-28 00:00:00"].map(|t| parse(t, "%Y-%m-%d %H:%M:%S").unwrap()).to_vec();
    let cells = |array: ArrayRef, format: Option<&str>| {
        column(array, Sdtype::Datetime { format: format.map(str::to_owned) }, CsvOptions::default())
    };
    let micros: ArrayRef = Arc::new(TimestampMicrosecondArray::from(us.clone()));
    assert_eq!(cells(micros.clone(), None), ["1969-12-31 23:59:59", "2025-02-28 00:00:00"]);
    assert_eq!(cells(micros.clone(), Some("%d.%m.%Y")), ["31.12.1969", "28.02.2025"]);
    assert_eq!(cells(micros, Some("%B %d, %Y")), ["\"December 31, 1969\"", "\"February 28, 2025\""]);
    let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(-1), None]));
    assert_eq!(cells(days.clone(), None), ["1969-12-31", ""]);
    assert_eq!(cells(days, Some("%Y-%m-%d %H:%M:%S")), ["1969-12-31 00:00:00", ""]);
    let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![-1, 1_500_000_000]));
    assert_eq!(cells(nanos, None), ["1969-12-31 23:59:59.999999", "1970-01-01 00:00:01.5"]);
    let millis: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![1500]));
    assert_eq!(cells(millis, Some("%H:%M:%S%.f")), ["00:00:01.5"]);
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![86_400]));
    assert_eq!(cells(seconds, None), ["1970-01-02 00:00:00"]);
}

#[test]
fn spreadsheets_get_no_formulas_and_numbers_stay_numbers() {
    let options = CsvOptions { for_spreadsheet: true };
    let cells = StringArray::from(vec!["=1+1", "+x", "-x", "@x", "\tx", "\r", "=a,b", "x=1", "-1"]);
    let expected = ["'=1+1", "'+x", "'-x", "'@x", "'\tx", "\"'\r\"", "\"'=a,b\"", "x=1", "'-1"];
    assert_eq!(column(Arc::new(cells), Sdtype::Categorical, options), expected);
    let numbers = column(Arc::new(Int64Array::from(vec![-1])), Sdtype::Numerical, options);
    assert_eq!(numbers, ["-1"]);
}

#[test]
fn a_lone_missing_cell_is_no_empty_line() {
    let meta = meta(&[("c", Sdtype::Categorical)]);
    let c: ArrayRef = Arc::new(StringArray::from(vec![None, Some("x")]));
    let batch = RecordBatch::try_from_iter_with_nullable([("c", c, true)]).unwrap();
    let mut out = Vec::new();
    encode_header(&meta, CsvOptions::default(), &mut out);
    encode_csv(&batch, &meta, CsvOptions::default(), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "c\n\"\"\nx\n");
}

#[test]
fn missing_columns_and_unwritable_types_are_all_named() {
    let meta = meta(&[("a", Sdtype::Numerical), ("b", Sdtype::Numerical), ("c", Sdtype::Categorical)]);
    let c: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"secret"]));
    let batch = RecordBatch::try_from_iter([("c", c)]).unwrap();
    let e = encode_csv(&batch, &meta, CsvOptions::default(), &mut Vec::new()).unwrap_err();
    assert_eq!(e.problems().len(), 3);
    assert!(!e.to_string().contains("secret"));
}
