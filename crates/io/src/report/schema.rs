//! The schema as a drawing: tables in layers from parents to children, scores on tables and foreign keys.

use std::fmt::Write;

use healthdata_core::evaluate::Report;

use super::text::{count, esc, score};

const BOX: (f64, f64) = (176.0, 58.0);
const STEP: (f64, f64) = (290.0, 84.0);

/// The drawing.
pub fn schema(report: &Report) -> String {
    let names: Vec<&str> = report.tables.iter().map(|t| t.name.as_str()).collect();
    let place = |name: &str| names.iter().position(|n| *n == name);
    let edges: Vec<(usize, usize)> =
        report.links.iter().filter_map(|l| Some((place(&l.parent)?, place(&l.child)?))).collect();
    let at = layout(names.len(), &edges);
    let layers = at.iter().map(|a| a.0).max().map_or(1, |m| m + 1);
    let tallest = at.iter().map(|a| a.1).max().map_or(1, |m| m + 1);
    let (w, h) = ((layers - 1) as f64 * STEP.0 + BOX.0 + 8.0, tallest as f64 * STEP.1 + 8.0);
    let corner = |i: usize| {
        let (layer, row) = at[i];
        let inside = at.iter().filter(|a| a.0 == layer).count();
        // Layers are centred on each other.
        let shift = (tallest - inside) as f64 * STEP.1 / 2.0;
        (4.0 + layer as f64 * STEP.0, 4.0 + shift + row as f64 * STEP.1)
    };
    let mut out = String::new();
    let label = format!("{} tables and {} foreign keys with their scores", names.len(), edges.len());
    let _ = write!(
        out,
        "<div class=\"wide\"><svg class=\"schema\" viewBox=\"0 0 {w:.0} {h:.0}\" style=\"width:{w:.0}px\" role=\"img\" aria-label=\"{label}\">"
    );
    let mut labels = String::new();
    for (k, (l, &(p, c))) in report.links.iter().zip(&edges).enumerate() {
        let ((px, py), (cx, cy)) = (corner(p), corner(c));
        let siblings = edges[..k].iter().filter(|e| e.1 == c).count();
        let (x0, y0) = (px + BOX.0, py + BOX.1 / 2.0);
        let (x1, y1) = (cx, cy + 14.0 + 14.0 * siblings as f64 % (BOX.1 - 14.0));
        let bend = ((x1 - x0) / 2.0).abs().max(40.0);
        let class = if l.owns { "owns" } else { "link" };
        let (key, value) = (l.key.join(", "), pair(l.score, l.best));
        let _ = write!(
            out,
            "<path class=\"edge {class} {}\" d=\"M{x0:.0} {y0:.0}C{:.0} {y0:.0} {:.0} {y1:.0} {x1:.0} {y1:.0}\"><title>{}</title></path>",
            shade(l.score, l.best),
            x0 + bend,
            x1 - bend,
            esc(&format!("{} > {} ({key}): {value}", l.parent, l.child))
        );
        // Near the child, where edges have fanned out.
        let (tx, ty) = (x1 - 6.0, y1 - 3.0);
        let _ = write!(
            labels,
            "<text class=\"edge-label\" x=\"{tx:.0}\" y=\"{ty:.0}\" text-anchor=\"end\">{}</text>",
            score(l.score)
        );
    }
    for (i, t) in report.tables.iter().enumerate() {
        let (x, y) = corner(i);
        let rows: Vec<String> = t.rows.iter().map(|r| count(*r)).collect();
        let _ = write!(
            out,
            "<g><rect class=\"table {}\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"{}\" height=\"{}\" rx=\"6\"/><text class=\"name\" x=\"{:.0}\" y=\"{:.0}\">{}</text><text x=\"{:.0}\" y=\"{:.0}\">{} rows</text><text x=\"{:.0}\" y=\"{:.0}\">{}</text></g>",
            shade(t.score, t.best),
            BOX.0,
            BOX.1,
            x + 10.0,
            y + 19.0,
            esc(&t.name),
            x + 10.0,
            y + 34.0,
            rows.iter().take(2).cloned().collect::<Vec<_>>().join(" → "),
            x + 10.0,
            y + 50.0,
            pair(t.score, t.best)
        );
    }
    out + &labels + "</svg></div>"
}

fn pair(score_: Option<f64>, best: Option<f64>) -> String {
    match best {
        Some(b) => format!("{} of {b:.3}", score(score_)),
        None => score(score_),
    }
}

fn shade(score: Option<f64>, best: Option<f64>) -> &'static str {
    match score.map(|s| best.unwrap_or(1.0) - s) {
        None => "none",
        Some(g) if g < 0.01 => "g0",
        Some(g) if g < 0.03 => "g1",
        Some(g) if g < 0.06 => "g2",
        Some(g) if g < 0.12 => "g3",
        Some(g) if g < 0.25 => "g4",
        Some(_) => "g5",
    }
}

/// Layer and place in the layer of each table: below all its parents, near the middle of them.
fn layout(n: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut layer = vec![0usize; n];
    // As many rounds as tables settle any schema without cycles; a cycle stops there too.
    for _ in 0..n {
        for &(p, c) in edges.iter().filter(|(p, c)| p != c) {
            layer[c] = layer[c].max((layer[p] + 1).min(n - 1));
        }
    }
    let mut at: Vec<(usize, usize)> = layer.iter().map(|&l| (l, 0)).collect();
    let deepest = layer.iter().max().copied().unwrap_or(0);
    for l in 0..=deepest {
        let mut here: Vec<usize> = (0..n).filter(|&i| layer[i] == l).collect();
        let middle = |i: usize| {
            let parents: Vec<f64> = edges.iter().filter(|e| e.1 == i && e.0 != i).map(|e| at[e.0].1 as f64).collect();
            if parents.is_empty() { i as f64 } else { parents.iter().sum::<f64>() / parents.len() as f64 }
        };
        here.sort_by(|&a, &b| middle(a).total_cmp(&middle(b)).then(a.cmp(&b)));
        for (row, i) in here.into_iter().enumerate() {
            at[i].1 = row;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_stand_right_of_all_their_parents() {
        let edges = [(0, 2), (1, 2), (2, 3), (0, 3)];
        let at = layout(4, &edges);
        assert!(edges.iter().all(|&(p, c)| at[p].0 < at[c].0));
        assert_ne!(at[0].1, at[1].1);
    }

    #[test]
    fn cycles_and_self_references_end() {
        assert_eq!(layout(2, &[(0, 1), (1, 0), (1, 1)]).len(), 2);
        assert_eq!(layout(1, &[(0, 0)]), [(0, 0)]);
    }
}
