//! Personal data made fresh: never learned, always drawn from lists.

use crate::rng::Stream;

/// Cities, commonest kinds of columns first.
const CITIES: [&str; 24] = [
    "Rome", "Milan", "Turin", "Bologna", "Florence", "Naples", "Genoa", "Verona", "Padua", "Trieste", "Parma",
    "Modena", "Bari", "Palermo", "Catania", "Venice", "Brescia", "Perugia", "Ravenna", "Livorno", "Ferrara", "Pisa",
    "Siena", "Lucca",
];

/// A value of a kind (the name of a Faker function).
pub fn value(kind: &str, rng: &mut Stream) -> String {
    match kind {
        "city" => CITIES[rng.below(CITIES.len() as u64) as usize].to_owned(),
        _ => format!("{kind}-{:06}", rng.below(1_000_000)),
    }
}
