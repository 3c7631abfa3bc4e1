//! Draws separator sheets for the feeder: bars, a large and a small QR code, and words for people.
//!
//! A4, black, the embedded font; the same input gives the same bytes. Knows nothing of dossiers and
//! components: it draws the words and the code it is given.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use qrcodegen::{QrCode, QrCodeEcc};

use super::{
    font::{self, FontBuilder, FontError, MissingLetter, clean, width_pt},
    geometry::PT_PER_MM,
    text_sheet::wrapped,
};
use crate::engines::imaging::patch::{CODED, NARROW_MM, PATCH_T, WIDE_MM};

/// One sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The text of the QR code; `None` for a sheet with bars alone.
    pub code: Option<String>,
    /// Large, centred.
    pub title: String,
    /// Label and words, each on lines of its own.
    pub lines: Vec<(String, String)>,
    /// What to do with the sheet; small, centred, above the lower bars.
    pub instructions: Vec<String>,
}

/// Why the sheets could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// There is none.
    #[error("không có tờ phân cách nào để in")]
    NoSheets,
    /// The text does not fit into a QR code.
    #[error("mã trên tờ phân cách quá dài")]
    CodeTooLong,
    /// A letter that the font lacks, or a fault in the font.
    #[error("không ghi được chữ trên tờ phân cách")]
    Text(#[source] FontError),
}

const WIDTH_MM: f32 = 210.0;
const HEIGHT_MM: f32 = 297.0;
/// Bars begin so far from the edge: printers leave 5 mm white.
const BARS_MM: f32 = 11.0;
const SIDE_MM: f32 = 12.0;
const FONT: Name<'static> = Name(b"Tinos");
const LARGE_CODE_MM: f32 = 82.0;
const SMALL_CODE_MM: f32 = 34.0;

/// Draws `sheets`, a page each.
///
/// # Errors
/// [`SheetError`].
pub fn draw(sheets: &[Sheet]) -> Result<Vec<u8>, SheetError> {
    if sheets.is_empty() {
        return Err(SheetError::NoSheets);
    }
    let mut pdf = Pdf::new();
    let mut next = Ref::new(1);
    let (catalog, tree, font_ref) = (next.bump(), next.bump(), next.bump());
    let mut font = FontBuilder::default();
    let mut pages = Vec::with_capacity(sheets.len());
    for sheet in sheets {
        let (id, contents) = (next.bump(), next.bump());
        let drawn = Page { content: Content::new(), font: &mut font }.draw(sheet)?;
        font::write_packed(&mut pdf, contents, drawn, |_, _| {});
        let mut page = pdf.page(id);
        page.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH_MM * PT_PER_MM, HEIGHT_MM * PT_PER_MM));
        page.contents(contents).resources().fonts().pair(FONT, font_ref);
        page.finish();
        pages.push(id);
    }
    let embedded = font.embed().map_err(SheetError::Text)?;
    embedded.write(&mut pdf, font_ref, || next.bump());
    let n_pages = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(pages).count(n_pages);
    pdf.document_info(next.bump()).title(TextStr("Tờ phân cách"));
    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr("vi-VN"));
    // Scaled to the printer's margins the bars would no longer be those of a patch code.
    root.viewer_preferences().pair(Name(b"PrintScaling"), Name(b"None"));
    root.finish();
    Ok(pdf.finish())
}

struct Page<'f> {
    content: Content,
    font: &'f mut FontBuilder,
}

impl Page<'_> {
    fn draw(mut self, sheet: &Sheet) -> Result<Vec<u8>, SheetError> {
        self.content.set_fill_gray(0.0);
        let bars: &[bool] = if sheet.code.is_some() { &CODED } else { &PATCH_T };
        let depth = self.bars(bars, BARS_MM);
        self.bars(bars, HEIGHT_MM - BARS_MM - depth);
        let mut y = BARS_MM + depth + 18.0;
        y = self.centred(&sheet.title, 30.0, y)? + 11.0;
        if let Some(code) = &sheet.code {
            let code = QrCode::encode_text(code, QrCodeEcc::Quartile).map_err(|_| SheetError::CodeTooLong)?;
            self.code(&code, ((WIDTH_MM - LARGE_CODE_MM) / 2.0, y), LARGE_CODE_MM);
            y += LARGE_CODE_MM + 12.0;
            let foot = HEIGHT_MM - BARS_MM - depth - 8.0;
            self.code(&code, (WIDTH_MM - SIDE_MM - SMALL_CODE_MM, foot - SMALL_CODE_MM), SMALL_CODE_MM);
        } else {
            y += 30.0;
        }
        for (label, words) in &sheet.lines {
            y = self.line(label, words, y)?;
        }
        let mut foot = HEIGHT_MM - BARS_MM - depth - 6.0 - 6.0 * sheet.instructions.len() as f32;
        for instruction in &sheet.instructions {
            foot += 6.0;
            self.text(instruction, 12.0, SIDE_MM + 8.0, foot)?;
        }
        Ok(self.content.finish().to_vec())
    }

    /// Bars across the page from `top` mm down; how deep they reach.
    fn bars(&mut self, bars: &[bool], top: f32) -> f32 {
        let mut y = top;
        for is_wide in bars {
            let height = if *is_wide { WIDE_MM } else { NARROW_MM };
            self.rect(SIDE_MM, y, WIDTH_MM - 2.0 * SIDE_MM, height);
            y += height + NARROW_MM;
        }
        self.content.fill_nonzero();
        y - NARROW_MM - top
    }

    fn code(&mut self, code: &QrCode, (left, top): (f32, f32), side: f32) {
        let module = side / code.size() as f32;
        for row in 0..code.size() {
            let mut column = 0;
            while column < code.size() {
                let begin = column;
                while code.get_module(column, row) {
                    column += 1; // outside the code modules are light
                }
                if column > begin {
                    let x = left + begin as f32 * module;
                    self.rect(x, top + row as f32 * module, (column - begin) as f32 * module, module);
                }
                column += 1;
            }
        }
        self.content.fill_nonzero();
    }

    /// A box in millimetres from the top-left corner.
    fn rect(&mut self, left: f32, top: f32, width: f32, height: f32) {
        let pt = |mm: f32| (mm * PT_PER_MM * 1000.0).round() / 1000.0;
        self.content.rect(pt(left), pt(HEIGHT_MM - top - height), pt(width), pt(height));
    }

    fn centred(&mut self, words: &str, size: f32, baseline: f32) -> Result<f32, SheetError> {
        let width = width_pt(&clean(words), size) / PT_PER_MM;
        self.text(words, size, (WIDTH_MM - width) / 2.0, baseline)?;
        Ok(baseline)
    }

    /// A label and its words, broken at spaces; gives the next baseline.
    fn line(&mut self, label: &str, words: &str, mut y: f32) -> Result<f32, SheetError> {
        const SIZE: f32 = 14.0;
        const LABEL_MM: f32 = 36.0;
        let left = SIDE_MM + 8.0;
        let room = (WIDTH_MM - 2.0 * (SIDE_MM + 8.0) - LABEL_MM) * PT_PER_MM;
        self.text(label, SIZE, left, y)?;
        let lines = wrapped(&clean(words), SIZE, room);
        for line in lines.iter().take(3) {
            self.text(line, SIZE, left + LABEL_MM, y)?;
            y += 6.5;
        }
        Ok(y + 1.5)
    }

    fn text(&mut self, words: &str, size: f32, left: f32, baseline: f32) -> Result<(), SheetError> {
        let encoded = self.font.encode(&clean(words), MissingLetter::StandIn).map_err(SheetError::Text)?;
        let (x, y) = (left * PT_PER_MM, (HEIGHT_MM - baseline) * PT_PER_MM);
        self.content.begin_text().set_font(FONT, size).next_line(x, y).show(Str(&encoded.bytes));
        self.content.end_text();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::separator::Bars,
        engines::imaging::{
            fault::Limits,
            open,
            patch::bars,
            qr::{read_codes, testing},
        },
    };

    const CODE: &str = "SOHOA1|0193a5b2-7c11-7d00-8e21-0123456789ab|01|3|0a1b2c";

    fn sheet(code: Option<&str>) -> Sheet {
        Sheet {
            code: code.map(str::to_owned),
            title: "TỜ PHÂN CÁCH".into(),
            lines: vec![("Thành phần:".into(), "01 – Tờ khai đề nghị trợ giúp xã hội ".repeat(5))],
            instructions: vec!["Đặt tờ này ngay trước giấy tờ trong khay nạp của máy quét.".into()],
        }
    }

    /// Printed, fed askew and scanned at 200 dpi in black and white: both codes and the bars are read.
    #[test]
    fn a_printed_sheet_is_recognised_after_a_poor_scan() {
        let pdf = draw(&[sheet(Some(CODE)), sheet(None)]).unwrap();
        let opened = open::open(vec![pdf], Limits::default()).unwrap();
        for (degrees, is_bilevel) in [(0.0, false), (1.8, true), (-2.5, true), (180.0, true)] {
            for (index, expected) in [(0, Some(Bars::Coded)), (1, Some(Bars::Patch))] {
                let printed = opened.picture_as_seen(index, 200.0).unwrap().red_channel();
                let (w, h) = printed.dimensions();
                let scan = testing::noisy(testing::on_page(&printed, (w, h), (w / 2, h / 2), degrees), 40, 5);
                let scan = if is_bilevel { testing::bilevel(scan) } else { scan };
                let small = super::super::super::imaging::resize_grey(&scan, w * 1000 / h, 1000);
                assert_eq!(bars(&small, 210.0, 297.0), expected, "{degrees}°");
                let codes: Vec<String> = read_codes(&scan).into_iter().map(|c| c.text).collect();
                let expected: &[&str] = if index == 0 { &[CODE] } else { &[] };
                assert_eq!(codes, expected, "{degrees}°, black and white: {is_bilevel}");
            }
        }
    }

    #[test]
    fn sheets_are_the_same_each_time_and_none_is_refused() {
        assert_eq!(draw(&[]), Err(SheetError::NoSheets));
        assert_eq!(draw(&[sheet(Some(&"x".repeat(4_000)))]), Err(SheetError::CodeTooLong));
        assert_eq!(draw(&[sheet(Some(CODE))]), draw(&[sheet(Some(CODE))]));
    }
}
