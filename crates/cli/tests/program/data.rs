//! A small database that is no hospital.

use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Two hundred customers with up to four orders each.
pub fn shop(folder: &Path) {
    let mut customers = "customer_id,level,joined\n".to_owned();
    let mut orders = "order_id,customer_id,placed,amount\n".to_owned();
    let mut order = 0;
    for i in 0..200 {
        let level = ["gold", "silver", "basic"][[0, 1, 2, 2, 1, 2, 2][i % 7]];
        writeln!(customers, "C{i:03},{level},2023-{:02}-{:02}", i % 12 + 1, i % 28 + 1).unwrap();
        for k in 0..(i * 7 % 5) {
            order += 1;
            let amount = (i * 13 + k * 29) % 90 + if level == "gold" { 100 } else { 10 };
            writeln!(
                orders,
                "{order},C{i:03},2024-{:02}-{:02},{amount}.{}",
                (i + k) % 12 + 1,
                (k * 5) % 28 + 1,
                i % 4 * 25
            )
            .unwrap();
        }
    }
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("customers.csv"), customers).unwrap();
    fs::write(folder.join("orders.csv"), orders).unwrap();
}
