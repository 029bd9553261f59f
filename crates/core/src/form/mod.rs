//! Numbers inside text: `$4,309.90`, `5 mg`, `120/80`, `1:20.750`, `<5`. A value is its numbers and a form, in which a
//! picture in braces stands for each number: `${#,##0.00}`, `{0} mg`, `{0}/{0}`, `{0:00.000}`, `<{0}`.

mod picture;
mod read;

use std::collections::BTreeMap;

pub(crate) use picture::Form;
pub(crate) use read::Split;

/// How numbers inside text are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One number with a decimal point, perhaps with commas between its thousands.
    Point,
    /// One number with a decimal comma, perhaps with points or spaces between its thousands.
    Comma,
    /// Hours, minutes and seconds with colons between them; the last of them counts one.
    Clock,
    /// Two numbers.
    Pair,
}

impl Style {
    /// All of them.
    pub const ALL: [Style; 4] = [Style::Clock, Style::Point, Style::Comma, Style::Pair];

    /// Its name in a metadata file.
    pub fn name(self) -> &'static str {
        match self {
            Style::Point => "point",
            Style::Comma => "comma",
            Style::Clock => "clock",
            Style::Pair => "pair",
        }
    }

    /// The style of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The sign before the decimals.
    fn mark(self) -> char {
        if self == Style::Comma { ',' } else { '.' }
    }
}

/// The number in a text: the `which`-th of a pair. None inside says that the text is a word without a number, as
/// `negative`.
pub(crate) fn number(text: &str, style: Style, which: usize) -> Option<Option<f64>> {
    match Split::new(text, style) {
        Some(split) => Some(Some(split.value(which))),
        None => is_word(text).then_some(None),
    }
}

/// True for text that stands where a number does.
pub(crate) fn is_word(text: &str) -> bool {
    text.len() <= 40 && !text.contains(|c: char| c.is_numeric() || "{}".contains(c) || c.is_control())
}

/// The form of each text; texts of one form differ in their numbers alone. None for texts that have none.
pub(crate) fn forms(texts: &[&str], style: Style) -> Vec<Option<String>> {
    let splits: Vec<Option<Split>> = texts.iter().map(|t| Split::new(t, style)).collect();
    let mut groups: BTreeMap<Vec<String>, Vec<&Split>> = BTreeMap::new();
    splits.iter().flatten().for_each(|s| groups.entry(s.frame()).or_default().push(s));
    let looks: BTreeMap<&Vec<String>, Vec<picture::Look>> = groups
        .iter()
        .map(|(frame, all)| (frame, (0..all[0].numbers.len()).map(|i| picture::Look::of(all, i)).collect()))
        .collect();
    let form = |(text, split): (&&str, &Option<Split>)| match split {
        Some(s) => Some(s.form(&looks[&s.frame()], style.mark())),
        None => is_word(text).then(|| (*text).to_owned()),
    };
    texts.iter().zip(&splits).map(form).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read from texts and written again in their forms.
    fn round(texts: &[&str], style: Style, decimals: u8) -> Vec<String> {
        let forms = forms(texts, style);
        let tick = |t: &str, i| match number(t, style, i) {
            Some(Some(v)) => (v * 10f64.powi(decimals.into())).round() as i64,
            _ => crate::dataset::NULL,
        };
        let both = |t: &&str| [(tick(t, 0), decimals), (if style == Style::Pair { tick(t, 1) } else { 0 }, decimals)];
        let write = |(t, f): (&&str, &Option<String>)| Form::parse(f.as_deref().unwrap()).text(&both(t));
        texts.iter().zip(&forms).map(|x| write(x).unwrap()).collect()
    }

    #[test]
    fn numbers_come_back_as_they_were_written() {
        for (style, decimals, texts) in [
            (Style::Point, 2, vec!["$4,309.90", "$12.00", "-$5.10", "$1,000,000.00"]),
            (Style::Point, 2, vec!["70.9 kg", "71 kg", "70.25 kg"]),
            (Style::Point, 1, vec!["<5", "24.3", "24.0", "NEG", "> 100"]),
            (Style::Point, 0, vec!["45%", "-3%", "100%"]),
            (Style::Comma, 2, vec!["1.234,56 €", "2,00 €"]),
            (Style::Comma, 2, vec!["3,14", "10", "2,5"]),
            (Style::Clock, 3, vec!["1:20.750", "0:59.001"]),
            (Style::Clock, 0, vec!["09:05", "23:59"]),
            (Style::Clock, 0, vec!["1:02:03", "59:10"]),
            (Style::Pair, 0, vec!["127/80", "98/61"]),
            (Style::Pair, 1, vec!["12 (34.5%)", "7 (5.0%)"]),
        ] {
            assert_eq!(round(&texts, style, decimals), texts, "{style:?}");
        }
    }

    #[test]
    fn forms_say_what_texts_have_in_common() {
        let all = |texts: &[&str], style| forms(texts, style).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(all(&["$4,309.90", "$2.50"], Style::Point), ["${#,##0.00}"; 2]);
        assert_eq!(all(&["<5", "neg"], Style::Point), ["<{0}", "neg"]);
        assert_eq!(all(&["1:20.750"], Style::Clock), ["{0:00.000}"]);
        assert_eq!(forms(&["1/2/3", "a{0}"], Style::Point), [None, None]);
    }

    #[test]
    fn a_hostile_form_is_text() {
        for form in ["{", "{}", "{0:0", "{00000}", "}{", "{9}", "{#,##}"] {
            assert!(Form::parse(form).text(&[(i64::MAX, 18), (i64::MIN + 1, 0)]).is_some(), "{form}");
        }
        assert_eq!(Form::parse("{0.000000000000000000}").text(&[(i64::MAX, 0)]).map(|t| t.len()), Some(38));
        assert_eq!(Form::parse("{0}/{0}").text(&[(5, 0)]), None);
    }
}
