//! Independent judges for tests: qpdf and poppler, run on bytes; small papers to judge.

use std::process::{Command, Output};

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use jiff::Timestamp;

use super::compose::{ComposeMeta, ComposePage, ComposedPdf, compose};
use crate::{
    domain::{
        code::DocumentCode,
        page::BoxMm,
        text::{PageText, TextLine, TextSource, Word},
    },
    engines::imaging::source::{PageMedia, PageSource, Pixels},
};

pub(crate) const SHORT: &str = "001085012345.1.001776-KQ1.1917/QĐ-BLĐTBXH";
pub(crate) const LONG: &str = "Nguyễn Đỗ Hoàng Ưu Ơn Phương Thị Thuỳ Dương Tường Vi Khánh Quỳnh Đặng Thị Ưởng 05.06.1985.1.001776.01.KS-20241125-3";

pub(crate) fn code(text: &str) -> DocumentCode {
    DocumentCode::parse(text).unwrap()
}

/// Runs a tool on a file with these bytes, whose path replaces `FILE` in the arguments.
pub(crate) fn run(tool: &str, arguments: &[&str], bytes: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.pdf");
    std::fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap();
    let arguments = arguments.iter().map(|argument| if *argument == "FILE" { path } else { argument });
    Command::new(tool).args(arguments).output().unwrap_or_else(|fault| {
        panic!("`{tool}` is needed by this test (package qpdf or poppler-utils): {fault}")
    })
}

pub(crate) fn text_of(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn qpdf_is_content(bytes: &[u8]) {
    let output = run("qpdf", &["--check", "FILE"], bytes);
    let said = text_of(&output);
    assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
}

pub(crate) fn pdftotext(bytes: &[u8]) -> String {
    text_of(&run("pdftotext", &["-layout", "FILE", "-"], bytes))
}

/// Words with their boxes in millimetres, as poppler sees them, of all pages.
pub(crate) fn words_as_seen(bytes: &[u8]) -> Vec<(String, BoxMm)> {
    let xml = text_of(&run("pdftotext", &["-bbox", "FILE", "-"], bytes));
    let number = |line: &str, key: &str| -> f32 {
        let (_, rest) = line.split_once(&format!("{key}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse::<f32>().unwrap() * 25.4 / 72.0
    };
    xml.lines()
        .filter(|line| line.trim_start().starts_with("<word"))
        .map(|line| {
            let text = line.split_once('>').unwrap().1.split_once("</word>").unwrap().0;
            let (left, top) = (number(line, "xMin"), number(line, "yMin"));
            let place =
                BoxMm { left, top, width: number(line, "xMax") - left, height: number(line, "yMax") - top };
            (text.replace("&amp;", "&"), place)
        })
        .collect()
}

/// Page one by poppler, grey.
pub(crate) fn picture(bytes: &[u8], dpi: u32) -> GrayImage {
    let dpi = dpi.to_string();
    let output = run("pdftoppm", &["-r", &dpi, "-f", "1", "-l", "1", "-gray", "-cropbox", "FILE"], bytes);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    read_pgm(&output.stdout)
}

fn read_pgm(bytes: &[u8]) -> GrayImage {
    let mut parts = bytes.splitn(4, |byte| byte.is_ascii_whitespace());
    assert_eq!(parts.next().unwrap(), b"P5");
    let number = |part: &[u8]| std::str::from_utf8(part).unwrap().parse::<u32>().unwrap();
    let (width, height) = (number(parts.next().unwrap()), number(parts.next().unwrap()));
    let rest = parts.next().unwrap();
    let (_, pixels) = rest.split_at(rest.iter().position(|b| b.is_ascii_whitespace()).unwrap() + 1);
    GrayImage::from_raw(width, height, pixels.to_vec()).unwrap()
}

/// Millimetres of the smallest box around pixels darker than `limit`.
pub(crate) fn ink_box_mm(picture: &GrayImage, dpi: u32, limit: u8) -> Option<BoxMm> {
    let dark = picture.enumerate_pixels().filter(|(_, _, shade)| shade.0[0] < limit);
    let corners = dark.fold(None, |found: Option<[u32; 4]>, (x, y, _)| {
        let [x0, y0, x1, y1] = found.unwrap_or([x, y, x, y]);
        Some([x0.min(x), y0.min(y), x1.max(x), y1.max(y)])
    });
    let mm = |px: u32| px as f32 * 25.4 / dpi as f32;
    corners.map(|[x0, y0, x1, y1]| BoxMm {
        left: mm(x0),
        top: mm(y0),
        width: mm(x1 + 1 - x0),
        height: mm(y1 + 1 - y0),
    })
}

/// A scan-like page: white, with a black bar at half height.
pub(crate) fn paper(width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let is_bar = y > height / 2 && y < height / 2 + height / 50 && x > width / 10 && x < width * 9 / 10;
        Luma([if is_bar { 10 } else { 250 }])
    })
}

pub(crate) fn colour_paper(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if (x / 40 + y / 40) % 9 == 0 { Rgb([200, 30, 30]) } else { Rgb([250; 3]) }
    })
}

pub(crate) fn jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 80)).unwrap();
    bytes
}

/// One line of words at a height, each 18 mm wide and 4 mm high.
pub(crate) fn line_at(top: f32, words: &[&str]) -> TextLine {
    let word = |(at, text): (usize, &&str)| Word {
        text: (*text).to_owned(),
        place: BoxMm { left: 25.0 + 20.0 * at as f32, top, width: 18.0, height: 4.0 },
        confidence: 0.9,
        is_print: false,
    };
    TextLine { block: 1, words: words.iter().enumerate().map(word).collect() }
}

pub(crate) fn page_text(lines: Vec<TextLine>) -> PageText {
    PageText { position: 1, source: TextSource::Ocr, lines }
}

pub(crate) fn meta(first_page: Option<GrayImage>) -> ComposeMeta {
    let created_at: Timestamp = "2024-11-25T02:03:04Z".parse().unwrap();
    ComposeMeta {
        title: "Quyết định <thử> & ví dụ".to_owned(), fields: None, created_at, first_page
    }
}

/// Pixels that were not a PNG.
pub(crate) fn lossless(image: &DynamicImage, is_bilevel: bool) -> PageMedia<'_> {
    let decode = Box::new(move || Some(Pixels { image: image.clone(), is_bilevel }));
    PageMedia::Lossless { png: None, decode }
}

/// An A4 paper of one grey page with two lines of text.
pub(crate) fn one_page(rotation: u16) -> ComposedPdf {
    let image = DynamicImage::ImageLuma8(paper(827, 1169));
    let text = page_text(vec![
        line_at(40.0, &["CỘNG", "HÒA", "XÃ", "HỘI", "CHỦ", "NGHĨA"]),
        line_at(46.0, &["Độc", "lập", "-", "Tự", "do", "(印)"]),
    ]);
    let (width_mm, height_mm) = if rotation.is_multiple_of(180) { (210.0, 297.0) } else { (297.0, 210.0) };
    let source = PageSource { media: lossless(&image, false), width_mm, height_mm };
    compose(&[ComposePage { source, rotation, text: &text }], &meta(None)).unwrap()
}
