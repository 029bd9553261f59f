//! Tables as text, learned and drawn again.

#![allow(dead_code)] // Each test file uses a part of it.

use healthdata_core::check::check;
use healthdata_core::discover::{accept, discover};
use healthdata_core::example::{Table, data, metadata};
use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::metadata::{ColumnMeta, Sdtype};
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Column, Dataset};

/// Rows drawn from a model of the tables with these rules and those that they obey, which are proved on the new rows too.
pub fn again(tables: &[Table], rules: &[&str]) -> Dataset {
    again_with(tables, rules, FitOptions::default())
}

/// The same, learned in another way.
pub fn again_with(tables: &[Table], rules: &[&str], options: FitOptions) -> Dataset {
    let real = data(tables).expect("tables as text");
    let mut metadata = metadata(tables, rules).expect("sound metadata");
    let found = discover(&real, &metadata).expect("rules can be looked for");
    accept(&mut metadata, &found);
    let (model, _) = fit(&real, &metadata, options, &|_, _| ()).expect("the tables can be learned");
    model.check().expect("a model that can be read again");
    let sampler = Sampler::new(&model, SampleRequest::default()).expect("a scale of one");
    let blocks: Vec<_> = (0..sampler.blocks()).map(|b| sampler.block(b).expect("a block").tables).collect();
    assert_eq!(sampler.lacking(), Vec::<String>::new());
    let rows = |t: usize| arrow_select::concat::concat_batches(blocks[0][t].schema_ref(), blocks.iter().map(|b| &b[t]));
    let names = sampler.tables().into_iter().map(String::from).enumerate();
    let made = Dataset { tables: names.map(|(t, name)| (name, rows(t).expect("equal columns"))).collect() };
    let report = check(&made, sampler.metadata()).expect("rows can be checked");
    assert!(report.is_clean(), "{report:?}");
    made
}

pub fn column(data: &Dataset, table: &str, name: &str, sdtype: Sdtype) -> Column {
    let array = data.tables[table].column_by_name(name).expect("the column");
    Column::read(array, &ColumnMeta::new(sdtype)).expect("its values")
}

pub fn numbers(data: &Dataset, table: &str, name: &str) -> Vec<i64> {
    let column = column(data, table, name, Sdtype::Numerical);
    (0..column.len()).map(|r| column.tick(r)).collect()
}

pub fn texts(data: &Dataset, table: &str, name: &str) -> Vec<String> {
    let Column::Text { codes, values } = column(data, table, name, Sdtype::Categorical) else {
        panic!("{name}: no text")
    };
    codes.iter().map(|c| values.get_index(*c as usize).unwrap_or_default().to_owned()).collect()
}
