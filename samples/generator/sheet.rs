//! Sets text on A4 pages: paragraphs, dotted leaders, tables, page numbers. Lengths are points (1 pt = 1/72 in),
//! y downwards.
//!
//! What a paper says belongs to `kinds`; the fixed parts of its face to `letterhead`.

use super::fonts::{Family, Fonts, Style};
use super::random::Random;
use super::raster::{BLACK, Ink};

/// Width of A4.
pub const PAGE_WIDTH_PT: f32 = 595.28;
/// Height of A4.
pub const PAGE_HEIGHT_PT: f32 = 841.89;

/// Wide room between two entries on one line; it is not broken.
pub const GAP: &str = "\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}";

/// A stretch of text in one style.
pub type Span = (Style, String);

/// Upright text.
pub fn plain(text: impl Into<String>) -> Span {
    (Style::Regular, text.into())
}

/// Heavy text.
pub fn bold(text: impl Into<String>) -> Span {
    (Style::Bold, text.into())
}

/// Slanted text.
pub fn italic(text: impl Into<String>) -> Span {
    (Style::Italic, text.into())
}

/// Something on a page, in points.
#[derive(Clone, Debug)]
pub enum Mark {
    /// Printed text; `at` is the start of the baseline.
    Text { at: (f32, f32), family: Family, style: Style, size: f32, text: String, ink: Ink },
    /// A printed line.
    Rule { from: (f32, f32), to: (f32, f32), width: f32, ink: Ink },
    /// Figures and slashes by pen; `at` is the start of the line they stand on.
    Pen { at: (f32, f32), text: String, height: f32, ink: Ink, seed: u64 },
    /// A scribbled signature round a centre.
    Signature { centre: (f32, f32), size: (f32, f32), ink: Ink, seed: u64 },
    /// The agency's round seal.
    RoundSeal { centre: (f32, f32), radius: f32, text: String, seed: u64 },
    /// Ink smeared by a seal, from one point to another.
    Blot { from: (f32, f32), to: (f32, f32), radius: f32, seed: u64 },
    /// The box that the receiving office stamps; `at` is its top left corner.
    MailStamp { at: (f32, f32), office: String, number: String, date: String, seed: u64 },
}

/// What of a paper is decided before its text: pen, seal, stamp.
#[derive(Clone, Debug)]
pub struct Look {
    /// The number is written by pen.
    pub pen_number: bool,
    /// The day is written by pen.
    pub pen_day: bool,
    /// Figures on a citizen's form are written by pen.
    pub pen_figures: bool,
    /// Ink of pen and signature.
    pub pen_ink: Ink,
    /// A red seal over the signature.
    pub has_seal: bool,
    /// An incoming-mail stamp.
    pub has_mail_stamp: bool,
}

/// How a day is written where a paper is dated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    /// `ngày 05 tháng 3 năm 2024`.
    Long,
    /// `ngày 05/03/2024`.
    Slashes,
    /// `ngày 05.3.2024`.
    Dots,
}

/// How an office heads and words its papers.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Wording and order that nothing is tuned on.
    pub is_held_out: bool,
    /// Middle of the agency's column in parts of the width.
    pub agency_at: f32,
    /// Middle of the motto's column.
    pub motto_at: f32,
    /// Height of a line of the head, points.
    pub head_line: f32,
    /// Before the number.
    pub number_label: &'static str,
    /// Between the figures and their symbol.
    pub number_gap: &'static str,
    /// Above the signature or in the head.
    pub date_form: DateForm,
    /// Labels and values stand in a ruled table.
    pub has_tables: bool,
    /// The title's size, points.
    pub title_size: f32,
}

impl Manner {
    /// As NĐ 30/2020 sets it.
    pub const USUAL: Self = Self {
        is_held_out: false,
        agency_at: 0.205,
        motto_at: 0.705,
        head_line: 15.5,
        number_label: "Số:",
        number_gap: "",
        date_form: DateForm::Long,
        has_tables: false,
        title_size: 14.0,
    };
}

/// Where lines run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Both edges straight.
    Justify,
    /// Left edge straight.
    Left,
    /// Centred.
    Centre,
}

/// A value to be put on dotted leaders.
#[derive(Clone, Debug)]
pub enum Filled {
    /// Typed.
    Typed(String),
    /// Figures by pen.
    Pen(String),
    /// Left open.
    Nothing,
}

/// The pages under work and the place where the next line goes.
pub struct Sheet<'a> {
    /// Faces to measure with.
    pub fonts: &'a Fonts,
    /// Finished marks, page by page.
    pub pages: Vec<Vec<Mark>>,
    /// Top of the next line.
    pub y: f32,
    /// Left edge of the text.
    pub left: f32,
    /// Right edge of the text.
    pub right: f32,
    top: f32,
    bottom: f32,
    /// Family of the whole paper.
    pub family: Family,
    /// Size of the body.
    pub size: f32,
    leading: f32,
    gap: f32,
    indent: f32,
    /// Dots run on below typed values; otherwise the typist made room for them.
    has_dots_below: bool,
    /// Pen, seal, stamp.
    pub look: Look,
    /// For the small accidents of layout.
    pub random: Random,
    /// How its office heads and words papers.
    pub manner: Manner,
    /// Width and height of the page.
    pub page: (f32, f32),
    /// New pages get their number at once; otherwise the caller numbers them.
    pub numbers_pages: bool,
}

/// The form of a paper that is not laid out as NĐ 30/2020 says: size, margins, letters. Points.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Width and height of the page.
    pub page: (f32, f32),
    /// Left, top, right and bottom margin.
    pub margins: [f32; 4],
    /// Family of the whole paper.
    pub family: Family,
    /// Size of the body.
    pub size: f32,
    /// Height of a line in parts of the size.
    pub leading: f32,
}

impl<'a> Sheet<'a> {
    /// An empty first page with margins within those of NĐ 30/2020, Phụ lục I.
    pub fn new(fonts: &'a Fonts, look: Look, seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, "layout");
        let mm = 72.0 / 25.4;
        let is_wide = random.chance(0.12);
        let top = random.real(20.0, 25.0) * mm;
        Self {
            fonts,
            pages: vec![Vec::new()],
            y: top,
            left: random.real(30.0, 34.0) * mm,
            right: PAGE_WIDTH_PT - random.real(15.0, 19.0) * mm,
            top,
            bottom: PAGE_HEIGHT_PT - random.real(20.0, 25.0) * mm,
            family: if is_wide { Family::Wide } else { Family::Times },
            size: if is_wide { 11.5 } else { random.pick(&[13.0, 13.5, 14.0]) },
            leading: random.real(1.15, 1.35),
            gap: random.real(4.0, 7.0),
            indent: random.pick(&[28.35, 36.0]),
            has_dots_below: random.chance(0.6),
            look,
            random,
            manner: Manner::USUAL,
            page: (PAGE_WIDTH_PT, PAGE_HEIGHT_PT),
            numbers_pages: true,
        }
    }

    /// The same in another form; to be called before anything is set.
    pub fn in_form(mut self, form: Form) -> Self {
        let [left, top, right, bottom] = form.margins;
        self.page = form.page;
        (self.left, self.right) = (left, form.page.0 - right);
        (self.top, self.bottom, self.y) = (top, form.page.1 - bottom, top);
        (self.family, self.size, self.leading) = (form.family, form.size, form.leading);
        self
    }

    /// The usual wording, or the one that nothing is tuned on.
    pub fn either<T>(&self, usual: T, held_out: T) -> T {
        if self.manner.is_held_out { held_out } else { usual }
    }

    /// Top and bottom of the text.
    pub fn text_top_and_bottom(&self) -> (f32, f32) {
        (self.top, self.bottom)
    }

    /// A heavy heading, kept on one page with what follows it.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.ensure(self.size * self.leading * 3.0);
        self.paragraph(&[bold(text)]);
    }

    /// Before the last paragraph: NĐ 30/2020 wants no signature alone on a page.
    pub fn begin_end(&mut self) {
        self.ensure(self.size * self.leading * 3.5 + 170.0);
    }

    /// A smaller body, for kinds with much text on one page.
    pub fn tighten(&mut self) {
        self.size = self.size.min(13.0);
        self.leading = self.leading.min(1.2);
        self.gap = self.gap.min(4.5);
    }

    /// Width of the text block.
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Width of `text` in the paper's family.
    pub fn measure(&self, style: Style, size: f32, text: &str) -> f32 {
        self.fonts.width((self.family, style), size, text)
    }

    /// Adds a mark to the page under work.
    pub fn mark(&mut self, mark: Mark) {
        self.pages.last_mut().expect("a sheet starts with one page").push(mark);
    }

    /// Prints `text` with the baseline at `(x, y)`.
    pub fn text(&mut self, (x, y): (f32, f32), style: Style, size: f32, text: &str) {
        let family = self.family;
        self.mark(Mark::Text { at: (x, y), family, style, size, text: text.to_owned(), ink: BLACK });
    }

    /// Prints `text` centred on `x`.
    pub fn text_centred(&mut self, (x, y): (f32, f32), style: Style, size: f32, text: &str) {
        let width = self.measure(style, size, text);
        self.text((x - width / 2.0, y), style, size, text);
    }

    /// A thin horizontal line.
    pub fn rule(&mut self, x0: f32, x1: f32, y: f32) {
        self.mark(Mark::Rule { from: (x0, y), to: (x1, y), width: 0.75, ink: BLACK });
    }

    /// Leaves `height` free.
    pub fn skip(&mut self, height: f32) {
        self.y += height;
    }

    /// Begins a new page unless `height` is still free.
    pub fn ensure(&mut self, height: f32) {
        if self.y + height > self.bottom {
            self.new_page();
        }
    }

    /// Begins a new page, with its number.
    pub fn new_page(&mut self) {
        self.pages.push(Vec::new());
        if self.numbers_pages {
            let number = self.pages.len().to_string();
            self.text_centred((self.page.0 / 2.0, self.top - 22.0), Style::Regular, 13.0, &number);
        }
        self.y = self.top;
    }

    /// A body paragraph.
    pub fn paragraph(&mut self, spans: &[Span]) {
        self.lines(spans, (self.left, self.right), Align::Justify, self.indent, self.size);
        self.y += self.gap;
    }

    /// A body paragraph of upright text.
    pub fn say(&mut self, text: &str) {
        self.paragraph(&[plain(text)]);
    }

    /// A centred line or more, `share` of the text width wide.
    pub fn centred(&mut self, style: Style, size: f32, text: &str, share: f32) {
        let margin = self.width() * (1.0 - share) / 2.0;
        let edges = (self.left + margin, self.right - margin);
        self.lines(&[(style, text.to_owned())], edges, Align::Centre, 0.0, size);
    }

    /// Breaks `spans` into lines between two edges and prints them; the longest line's width is returned.
    pub fn lines(
        &mut self,
        spans: &[Span],
        (x0, x1): (f32, f32),
        align: Align,
        indent: f32,
        size: f32,
    ) -> f32 {
        let words: Vec<(Style, String, f32)> = spans
            .iter()
            .flat_map(|(style, text)| {
                text.split(' ').filter(|word| !word.is_empty()).map(|word| (*style, word.to_owned()))
            })
            .map(|(style, word)| {
                let width = self.measure(style, size, &word);
                (style, word, width)
            })
            .collect();
        let space = self.measure(Style::Regular, size, " ");
        let mut start = 0;
        let mut longest: f32 = 0.0;
        while start < words.len() {
            let inset = if start == 0 { indent } else { 0.0 };
            let room = x1 - x0 - inset;
            let mut end = start;
            let mut natural = 0.0;
            while end < words.len() {
                let more = words[end].2 + if end > start { space } else { 0.0 };
                if end > start && natural + more > room {
                    break;
                }
                natural += more;
                end += 1;
            }
            longest = longest.max(natural);
            let stretch = match align {
                Align::Justify if end < words.len() && end - start > 1 => {
                    (room - natural) / (end - start - 1) as f32
                }
                _ => 0.0,
            };
            let mut x = x0 + inset + if align == Align::Centre { (room - natural) / 2.0 } else { 0.0 };
            self.ensure(size * self.leading);
            let baseline = self.y + size * self.leading * 0.78;
            for (style, word, width) in &words[start..end] {
                self.text((x, baseline), *style, size, word);
                x += width + space + stretch;
            }
            self.y += size * self.leading;
            start = end;
        }
        longest
    }

    /// One row of a form: each cell is a label, then dots to its end with the value standing on them.
    ///
    /// The third member of a cell is its share of the row.
    pub fn fill_row(&mut self, cells: &[(&str, Filled, f32)]) {
        let height = self.size * self.leading * 1.08;
        self.ensure(height);
        let baseline = self.y + height * 0.78;
        let total: f32 = cells.iter().map(|cell| cell.2).sum();
        let mut x = self.left;
        for (label, value, share) in cells {
            let end = x + self.width() * share / total;
            self.text((x, baseline), Style::Regular, self.size, label);
            let start = x + self.measure(Style::Regular, self.size, label) + 2.0;
            self.fill((start, end - 3.0), baseline, value);
            x = end;
        }
        self.y += height;
    }

    /// A row of nothing but dots, with a value or none.
    pub fn fill_line(&mut self, value: Filled) {
        self.fill_row(&[("", value, 1.0)]);
    }

    fn fill(&mut self, (start, end): (f32, f32), baseline: f32, value: &Filled) {
        let dot = self.measure(Style::Regular, self.size, ".");
        let inset = 4.0 + self.random.real(0.0, 6.0);
        // Parts of the row that have dots.
        let mut dotted = vec![(start, end)];
        if let Filled::Typed(text) = value
            && !self.has_dots_below
        {
            let after = start + inset + self.measure(Style::Regular, self.size, text);
            dotted = vec![(start, start + inset - 1.0), (after + 1.0, end)];
        }
        for (from, to) in dotted {
            let n_dots = ((to - from) / dot).max(0.0) as usize;
            self.text((from, baseline), Style::Regular, self.size, &".".repeat(n_dots));
        }
        match value {
            Filled::Typed(text) => {
                let room = end - start - inset;
                let natural = self.measure(Style::Regular, self.size, text);
                let size = self.size * (room / natural).min(1.0);
                let lift = self.random.real(0.6, 1.8);
                self.text((start + inset, baseline - lift), Style::Regular, size, text);
            }
            Filled::Pen(text) => {
                let (ink, seed, lift) = (self.look.pen_ink, self.random.bits(), self.random.real(0.0, 2.0));
                let (text, height) = (text.clone(), self.size * 0.85);
                self.mark(Mark::Pen { at: (start + inset, baseline - lift), text, height, ink, seed });
            }
            Filled::Nothing => {}
        }
    }

    /// Labels left, values right, in ruled cells as high as their text.
    pub fn label_table(&mut self, rows: &[(&str, String)]) {
        let (left, right) = (self.left, self.right);
        let middle = left + (right - left) * 0.36;
        for (label, value) in rows {
            let height = self.size * self.leading;
            let room = right - middle - 8.0;
            let n_lines = (self.measure(Style::Regular, self.size, value) / room * 1.08).ceil().max(1.0);
            self.ensure(height * n_lines + 6.0);
            let top = self.y;
            self.y = top + 3.0;
            let size = self.size;
            self.lines(&[plain(*label)], (left + 4.0, middle - 4.0), Align::Left, 0.0, size);
            let label_bottom = self.y;
            self.y = top + 3.0;
            self.lines(&[plain(value.clone())], (middle + 4.0, right - 4.0), Align::Left, 0.0, size);
            let bottom = self.y.max(label_bottom) + 3.0;
            for x in [left, middle, right] {
                self.mark(Mark::Rule { from: (x, top), to: (x, bottom), width: 0.6, ink: BLACK });
            }
            self.rule(left, right, top);
            self.rule(left, right, bottom);
            self.y = bottom;
        }
        self.y += self.gap + 2.0;
    }

    /// A ruled table; `shares` divide the width; cells are centred, the first row is bold.
    pub fn table(&mut self, shares: &[f32], rows: &[Vec<String>]) {
        let total: f32 = shares.iter().sum();
        let size = self.size - 1.5;
        let height = size * 1.75;
        for (n, row) in rows.iter().enumerate() {
            self.ensure(height);
            let (top, bottom) = (self.y, self.y + height);
            let mut x = self.left;
            for (share, text) in shares.iter().zip(row) {
                let width = self.width() * share / total;
                let style = if n == 0 { Style::Bold } else { Style::Regular };
                let fit = ((width - 5.0) / self.measure(style, size, text).max(1.0)).min(1.0);
                self.text_centred((x + width / 2.0, top + height * 0.68), style, size * fit, text);
                self.mark(Mark::Rule { from: (x, top), to: (x, bottom), width: 0.6, ink: BLACK });
                x += width;
            }
            self.mark(Mark::Rule { from: (x, top), to: (x, bottom), width: 0.6, ink: BLACK });
            self.rule(self.left, self.right, top);
            self.rule(self.left, self.right, bottom);
            self.y = bottom;
        }
        self.y += self.gap + 2.0;
    }
}
