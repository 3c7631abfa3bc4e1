//! A text as A4 pages: a title, paragraphs, lines with labels. For reports; the same input gives the same bytes.
//! Knows nothing of what it says.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::{
    font::{self, FontBuilder, FontError, MissingLetter, clean, width_pt},
    geometry::PT_PER_MM,
};

const WIDTH_MM: f32 = 210.0;
const HEIGHT_MM: f32 = 297.0;
const MARGIN_MM: f32 = 20.0;
const LABEL_MM: f32 = 42.0;
const SIZE_PT: f32 = 11.5;
const TITLE_PT: f32 = 17.0;
const HEADING_PT: f32 = 13.5;
const FONT: Name<'static> = Name(b"Tinos");
/// Pages at most; what does not fit is left out, and said.
const MOST_PAGES: usize = 50;

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A heading within the text.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A label and what stands beside it.
    Line(String, String),
}

/// Draws `title` and `pieces`.
///
/// # Errors
/// [`FontError`]: the bundled font is damaged.
pub fn draw(title: &str, pieces: &[Piece]) -> Result<Vec<u8>, FontError> {
    let mut flow = Flow { pages: vec![Content::new()], font: FontBuilder::default(), y: MARGIN_MM + 8.0 };
    flow.words(title, TITLE_PT, MARGIN_MM, WIDTH_MM - 2.0 * MARGIN_MM)?;
    flow.y += 3.0;
    for piece in pieces {
        match piece {
            Piece::Heading(words) => {
                flow.y += 4.0;
                flow.words(words, HEADING_PT, MARGIN_MM, WIDTH_MM - 2.0 * MARGIN_MM)?;
            }
            Piece::Paragraph(words) => {
                flow.words(words, SIZE_PT, MARGIN_MM, WIDTH_MM - 2.0 * MARGIN_MM)?;
                flow.y += 1.0;
            }
            Piece::Line(label, words) => {
                flow.room();
                let (page, y) = (flow.pages.len(), flow.y);
                flow.words(label, SIZE_PT, MARGIN_MM, LABEL_MM)?;
                if flow.pages.len() == page {
                    flow.y = y;
                }
                let left = MARGIN_MM + LABEL_MM;
                flow.words(words, SIZE_PT, left, WIDTH_MM - MARGIN_MM - left)?;
            }
        }
    }
    flow.finish(title)
}

struct Flow {
    pages: Vec<Content>,
    font: FontBuilder,
    /// Top of the next line, millimetres from the top edge.
    y: f32,
}

impl Flow {
    /// Goes to a new page where the next line has no room.
    fn room(&mut self) {
        if self.y > HEIGHT_MM - MARGIN_MM {
            self.pages.push(Content::new());
            self.y = MARGIN_MM + 4.0;
        }
    }

    /// Words broken at spaces into a column.
    fn words(&mut self, words: &str, size: f32, left: f32, width: f32) -> Result<(), FontError> {
        for line in wrapped(&clean(words), size, width * PT_PER_MM) {
            self.room();
            if self.pages.len() > MOST_PAGES {
                return Ok(());
            }
            let encoded = self.font.encode(&line, MissingLetter::StandIn)?;
            let (x, y) = (left * PT_PER_MM, (HEIGHT_MM - self.y) * PT_PER_MM);
            if let Some(content) = self.pages.last_mut() {
                content.begin_text().set_font(FONT, size).next_line(x, y).show(Str(&encoded.bytes));
                content.end_text();
            }
            self.y += size * 0.45;
        }
        Ok(())
    }

    fn finish(self, title: &str) -> Result<Vec<u8>, FontError> {
        let mut pdf = Pdf::new();
        let mut next = Ref::new(1);
        let (catalog, tree, font_ref) = (next.bump(), next.bump(), next.bump());
        let mut kids = Vec::new();
        for content in self.pages.into_iter().take(MOST_PAGES) {
            let (id, contents) = (next.bump(), next.bump());
            font::write_packed(&mut pdf, contents, content.finish().to_vec(), |_, _| {});
            let mut page = pdf.page(id);
            page.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH_MM * PT_PER_MM, HEIGHT_MM * PT_PER_MM));
            page.contents(contents).resources().fonts().pair(FONT, font_ref);
            page.finish();
            kids.push(id);
        }
        self.font.embed()?.write(&mut pdf, font_ref, || next.bump());
        let n_pages = i32::try_from(kids.len()).unwrap_or(i32::MAX);
        pdf.pages(tree).kids(kids).count(n_pages);
        pdf.document_info(next.bump()).title(TextStr(title));
        pdf.catalog(catalog).pages(tree).lang(TextStr("vi-VN"));
        Ok(pdf.finish())
    }
}

/// Breaks at spaces, and within words that are wider than the room.
pub(super) fn wrapped(words: &str, size: f32, room: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_pt(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
        while let Some(long) = lines.last().filter(|line| width_pt(line, size) > room).cloned() {
            let letters: Vec<char> = long.chars().collect();
            let fits = |n: &usize| width_pt(&letters[..*n].iter().collect::<String>(), size) <= room;
            let n = (1..letters.len()).rev().find(fits).unwrap_or(1);
            if n >= letters.len() {
                break;
            }
            let (head, rest) = letters.split_at(n);
            lines.pop();
            lines.push(head.iter().collect());
            lines.push(rest.iter().collect());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::pdf::{judges, read};

    #[test]
    fn a_long_text_goes_on_over_pages_and_reads_back() {
        let words = "Chữ ký số hợp lệ, tệp chưa bị sửa đổi. ".repeat(40);
        let pieces: Vec<Piece> = (0..20).map(|n| Piece::Line(format!("Mục {n}"), words.clone())).collect();
        let pdf = draw("PHIẾU KIỂM TRA CHỮ KÝ SỐ", &pieces).unwrap();
        judges::qpdf_is_content(&pdf);
        assert!(read::inspect(&pdf).unwrap().n_pages > 3);
        assert_eq!(draw("PHIẾU KIỂM TRA CHỮ KÝ SỐ", &pieces).unwrap(), pdf);
    }

    #[test]
    fn no_line_is_wider_than_its_room() {
        for words in ["một hai ba bốn năm sáu", &"W".repeat(300), ""] {
            for line in wrapped(words, 12.0, 60.0) {
                assert!(width_pt(&line, 12.0) <= 60.0, "{line}");
            }
        }
    }
}
