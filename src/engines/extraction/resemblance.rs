//! Whether two papers read the same, and by what one is looked for among millions.
//!
//! Two scans of one paper are never read alike to the letter, and two people's copies of one form are
//! alike but for a name and a number. So what counts is not how much agrees but what contradicts: a figure
//! or a name that was read surely here and surely otherwise there. Knows nothing of pictures.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::fold;
use crate::domain::{
    rescan::Traits,
    text::{PageText, TextLine, Word},
};

/// Words read with less are not held against the other reading.
const SURE: f32 = 0.80;
/// Figures read with less are no trait.
const LEGIBLE: f32 = 0.60;
/// Figures in a row from which a number is a person's or a telephone's: no form has them printed.
const LONG_FIGURE: usize = 9;
/// Share of words that two readings of one page have in common, at least.
const LEAST_COMMON: f32 = 0.75;
/// Words on a page, at least, before it can be known again by them.
const LEAST_WORDS: usize = 12;

/// What may lead to another scan of these pages.
pub fn traits<'a>(pages: impl IntoIterator<Item = &'a PageText>) -> Traits {
    let mut found = Traits::default();
    for page in pages {
        let mut words = Vec::new();
        for line in &page.lines {
            figures_of(line, &mut found.figures);
            names_of(line, &mut found.names);
            words.extend(line.words.iter().map(|w| letters(&w.text)).filter(|w| !w.is_empty()));
        }
        found.phrases.extend(words.windows(3).map(|three| three.join(" ")));
    }
    found
}

/// Numbers of four figures and more, and three numbers in a row: dates in words.
fn figures_of(line: &TextLine, found: &mut Vec<String>) {
    let figures = |w: &Word| w.text.chars().filter(char::is_ascii_digit).collect::<String>();
    let legible = line.words.iter().filter(|w| w.confidence >= LEGIBLE);
    let numbers: Vec<String> = legible.map(figures).filter(|n| !n.is_empty()).collect();
    found.extend(numbers.iter().filter(|n| n.len() >= 4).cloned());
    found.extend(numbers.windows(3).map(|three| three.join(" ")));
}

/// Two words in a row that are written like a name.
fn names_of(line: &TextLine, found: &mut Vec<String>) {
    let names = line.words.windows(2).filter(|two| two.iter().all(is_like_a_name));
    found.extend(names.map(|two| format!("{} {}", letters(&two[0].text), letters(&two[1].text))));
}

fn is_like_a_name(word: &Word) -> bool {
    let mut letters = word.text.trim_matches(|c: char| !c.is_alphabetic()).chars();
    letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase)
}

fn letters(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// How two readings compare, over all pages.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Compared {
    /// Share of words in common, on the page where it is lowest; 0–1.
    pub common: f32,
    /// Figures that were read surely in both, and differ.
    pub figures_apart: usize,
    /// Words of two letters and more that were read surely in both, and differ.
    pub words_apart: usize,
    /// Of these, words that begin with a capital: names are among them.
    pub names_apart: usize,
    /// Long numbers (of people, of telephones) that both have.
    pub long_figures: usize,
}

impl Compared {
    /// Whether nothing speaks against one paper behind both readings. By itself no proof: two blank forms
    /// agree as well.
    pub fn may_be_same(&self) -> bool {
        self.common >= LEAST_COMMON
            && self.figures_apart == 0
            && self.names_apart == 0
            && self.words_apart <= 1
    }
}

/// Holds the pages of two readings against each other, each with its counterpart.
///
/// `None` when a page has too few words to be known again.
pub fn compare<'a>(pages: impl IntoIterator<Item = (&'a PageText, &'a PageText)>) -> Option<Compared> {
    let mut all = Compared { common: 1.0, ..Compared::default() };
    let mut n_pages = 0;
    for (a, b) in pages {
        let (a, b) = (Runs::of(a), Runs::of(b));
        let most = a.n_words().max(b.n_words());
        if a.n_words().min(b.n_words()) < LEAST_WORDS {
            return None;
        }
        let n_common = a.words.n_common(&b.words) + a.figures.n_common(&b.figures);
        let n_all = most.max(1) as f32;
        all.common = all.common.min(n_common as f32 / n_all);
        all.figures_apart += a.figures.apart(&b.figures);
        all.words_apart += a.words.apart(&b.words);
        all.names_apart += a.names.apart(&b.names);
        let long = |run: &&str| run.len() >= LONG_FIGURE;
        let theirs: BTreeSet<&str> = b.figures.sure().filter(long).collect();
        all.long_figures += a.figures.sure().filter(long).filter(|run| theirs.contains(run)).count();
        n_pages += 1;
    }
    (n_pages > 0).then_some(all)
}

/// A page as runs of letters and runs of figures: where the reader parts words does not matter then.
#[derive(Default)]
struct Runs {
    words: Bag,
    /// Those of the words that begin with a capital.
    names: Bag,
    figures: Bag,
}

/// Runs with the confidence of each time they were read.
#[derive(Default)]
struct Bag(BTreeMap<String, Vec<f32>>);

impl Runs {
    fn of(page: &PageText) -> Self {
        let mut runs = Self::default();
        for word in page.lines.iter().flat_map(|line| &line.words) {
            let is_capital = word.text.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
            let folded = fold(&word.text);
            let mut rest = folded.as_str();
            while let Some(first) = rest.chars().next() {
                let kind = |c: char| (c.is_ascii_digit(), c.is_alphabetic());
                let end = rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len());
                let (run, behind) = rest.split_at(end);
                match kind(first) {
                    (true, _) => runs.figures.add(run, word.confidence),
                    (_, true) => {
                        runs.words.add(run, word.confidence);
                        if is_capital {
                            runs.names.add(run, word.confidence);
                        }
                    }
                    _ => {}
                }
                rest = behind;
            }
        }
        runs
    }

    fn n_words(&self) -> usize {
        self.words.len() + self.figures.len()
    }
}

impl Bag {
    fn add(&mut self, run: &str, confidence: f32) {
        self.0.entry(run.to_owned()).or_default().push(confidence);
    }

    fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    fn n_common(&self, other: &Self) -> usize {
        self.0.iter().map(|(run, times)| times.len().min(other.times(run))).sum()
    }

    fn times(&self, run: &str) -> usize {
        self.0.get(run).map_or(0, Vec::len)
    }

    fn sure(&self) -> impl Iterator<Item = &str> {
        let is_sure = |times: &&Vec<f32>| times.iter().any(|c| *c >= SURE);
        self.0.iter().filter(move |(_, times)| is_sure(times)).map(|(run, _)| run.as_str())
    }

    /// How many were read surely here and there without a counterpart: as many contradictions at most.
    /// Lone letters are dirt as often as not.
    fn apart(&self, other: &Self) -> usize {
        self.n_surely_alone(other).min(other.n_surely_alone(self))
    }

    fn n_surely_alone(&self, other: &Self) -> usize {
        let telling =
            |run: &str| run.chars().nth(1).is_some() || run.starts_with(|c: char| c.is_ascii_digit());
        let alone = self.0.iter().filter(|(run, _)| telling(run)).map(|(run, times)| {
            let n_sure = times.iter().filter(|c| **c >= SURE).count();
            n_sure.min(times.len().saturating_sub(other.times(run)))
        });
        alone.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{page::BoxMm, text::TextSource};

    /// Lines of words; `?` behind a word: not read surely.
    fn page(text: &str) -> PageText {
        let place = BoxMm { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
        let word = |w: &str| Word {
            text: w.trim_end_matches('?').to_owned(),
            place,
            confidence: if w.ends_with('?') { 0.5 } else { 0.93 },
            is_print: false,
        };
        let line = |l: &str| TextLine { block: 1, words: l.split_whitespace().map(word).collect() };
        PageText { position: 1, source: TextSource::Ocr, lines: text.lines().map(line).collect() }
    }

    const FORM: &str = "GIẤY XÁC NHẬN KHUYẾT TẬT\nSố: 0123/2024/GXN\nHọ và tên: Nguyễn Thị Lan\n\
        Sinh ngày 05 tháng 06 năm 1985 tại xã Bảo Ái\nDạng khuyết tật: vận động, mức độ nặng\n\
        Cấp theo Thông tư số 01/2019/TT-BLĐTBXH của Bộ Lao động\nĐiện thoại 0912345678";

    fn check(a: &str, b: &str, expected: bool) {
        let compared = compare([(&page(a), &page(b))]);
        assert_eq!(compared.is_some_and(|c| c.may_be_same()), expected, "{compared:?}\n{b}");
    }

    #[test]
    fn another_reading_of_the_paper_is_the_same() {
        check(FORM, FORM, true);
        for (from, to) in [
            ("Nguyễn", "Nguyên"),                 // marks
            ("0123/2024/GXN", "0123 /2024 /GXN"), // parted otherwise
            ("1985", "19B5?"),                    // not sure
            ("1985", "1986?"),
            ("Điện thoại", "Điện thoi"), // one slip
            ("nặng", "nặng ~ ,. i?"),    // dirt
        ] {
            check(FORM, &FORM.replace(from, to), true);
        }
        // Two columns, read in another order.
        let mut lines: Vec<&str> = FORM.lines().collect();
        lines.rotate_left(3);
        check(FORM, &lines.join("\n"), true);
    }

    #[test]
    fn the_same_form_of_somebody_else_is_not() {
        for changes in [
            &[("0123", "0124")][..],
            &[("1985", "1987")],
            &[("0912345678", "0912345679")],
            &[("Nguyễn Thị Lan", "Trần Văn Hùng")],
            &[("Lan", "Hoa")],
            &[("0123", "0124"), ("Lan", "Hoa")],
        ] {
            let other = changes.iter().fold(FORM.to_owned(), |form, (from, to)| form.replace(from, to));
            check(FORM, &other, false);
        }
        check(FORM, "Một trang khác hẳn với nhiều chữ không liên quan gì đến giấy tờ kia cả đâu", false);
        check("chỉ vài chữ 0912345678", "chỉ vài chữ 0912345678", false);
        assert_eq!(compare([(&page(FORM), &page(FORM))]).unwrap().long_figures, 1);
        assert_eq!(compare([]), None);
    }

    #[test]
    fn numbers_dates_and_names_lead_to_a_paper() {
        let found = traits([&page(FORM)]);
        for figure in ["01232024", "0912345678", "05 06 1985"] {
            assert!(found.figures.iter().any(|f| f == figure), "{figure} {:?}", found.figures);
        }
        assert!(
            found.names.contains(&"nguyen thi".to_owned()) && found.names.contains(&"thi lan".to_owned())
        );
        assert!(!found.names.contains(&"giay xac".to_owned()), "headings are no names");
        assert!(found.phrases.contains(&"muc do nang".to_owned()));
        assert_eq!(traits([&page("1234? 12")]).figures, Vec::<String>::new());
    }
}
