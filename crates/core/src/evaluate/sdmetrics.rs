//! The shape of SDMetrics' reports: properties, and the detail rows they are the mean of.

use serde::{Deserialize, Serialize};

/// One of SDMetrics' two reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SdReport {
    /// Plain mean of the properties that have a score.
    pub score: Option<f64>,
    /// The properties, in SDMetrics' order.
    pub properties: Vec<Property>,
}

/// A property and its detail rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// SDMetrics' name.
    pub name: String,
    /// Plain mean over the detail rows that count.
    pub score: Option<f64>,
    /// One row for every column, pair or relationship.
    pub details: Vec<Detail>,
}

/// One row of a property.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// The table; the child of a relationship.
    pub table: String,
    /// The parent of a relationship.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The foreign key columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_key: Vec<String>,
    /// The columns compared (for a relationship the parent's first).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// SDMetrics' name of the metric.
    pub metric: String,
    /// The score; absent where the metric is undefined.
    pub score: Option<f64>,
    /// Correlation (continuous pairs) in the real data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real: Option<f64>,
    /// Correlation in the synthetic data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<f64>,
    /// Cramer's V of the real data (other pairs).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<f64>,
    /// Does the row count towards the property?
    pub counts: bool,
    /// Why there is no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Property {
    /// A property with the mean of its rows.
    pub fn new(name: &str, details: Vec<Detail>) -> Self {
        let score = mean(details.iter().filter(|d| d.counts).filter_map(|d| d.score));
        Self { name: name.to_owned(), score, details }
    }
}

impl SdReport {
    /// A report with the mean of its properties.
    pub fn new(properties: Vec<Property>) -> Self {
        Self { score: mean(properties.iter().filter_map(|p| p.score)), properties }
    }
}

/// Plain mean; None of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0u64, 0.0), |(n, s), v| (n + 1, s + v));
    (n > 0).then(|| sum / n as f64)
}
