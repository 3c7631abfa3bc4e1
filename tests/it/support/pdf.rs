//! PDFs written byte by byte: sound ones of every build, and such as no writer would write.

use std::fmt::Write;

pub const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>";
pub const CATALOGUE: &str = "<</Type/Catalog/Pages 2 0 R>>";

/// Objects 1, 2, … with a cross-reference table; object 1 is the catalogue.
pub fn assemble(objects: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut pdf = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(put(&mut pdf, number, object.as_ref()));
    }
    let start = pdf.len();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        writeln!(table, "{offset:010} 00000 n ").unwrap();
    }
    write!(table, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1)
        .unwrap();
    pdf.extend(table.into_bytes());
    pdf
}

fn put(pdf: &mut Vec<u8>, number: u32, object: &[u8]) -> usize {
    let offset = pdf.len();
    pdf.extend(format!("{number} 0 obj\n").into_bytes());
    pdf.extend(object);
    pdf.extend(b"\nendobj\n");
    offset
}

pub fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<<{entries}/Length {}>>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

pub fn kids(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers.into_iter().map(|n| format!("{n} 0 R ")).collect()
}

/// `n` pages in one node that declares `count`.
pub fn flat(n: usize, count: i64) -> Vec<u8> {
    let tree = format!("<</Type/Pages/Count {count}/Kids[{}]>>", kids(3..n + 3));
    let mut objects = vec![CATALOGUE.to_owned(), tree];
    objects.extend((0..n).map(|_| PAGE.to_owned()));
    assemble(&objects)
}

/// A tree with as many kids on each level; the pages are the leaves of the last.
pub fn nested(widths: &[usize]) -> Vec<u8> {
    let mut objects = vec![CATALOGUE.to_owned(), String::new()];
    node(&mut objects, widths, 2, None);
    assemble(&objects)
}

fn node(objects: &mut Vec<String>, widths: &[usize], own: usize, parent: Option<usize>) -> usize {
    let parent = parent.map(|p| format!("/Parent {p} 0 R")).unwrap_or_default();
    let Some((width, below)) = widths.split_first() else {
        objects[own - 1] = format!("<</Type/Page{parent}/MediaBox[0 0 595 842]>>");
        return 1;
    };
    let (mut numbers, mut count) = (Vec::new(), 0);
    for _ in 0..*width {
        objects.push(String::new());
        numbers.push(objects.len());
        count += node(objects, below, objects.len(), Some(own));
    }
    objects[own - 1] = format!("<</Type/Pages{parent}/Count {count}/Kids[{}]>>", kids(numbers));
    count
}

/// An incremental update: `objects` anew.
pub fn updated(base: &[u8], objects: &[(u32, String)]) -> Vec<u8> {
    let mut pdf = base.to_vec();
    let (start, size) = (number_after(base, b"startxref\n"), number_after(base, b"/Size "));
    let mut table = "xref\n".to_owned();
    let mut most = size;
    for (number, object) in objects {
        let offset = put(&mut pdf, *number, object.as_bytes());
        writeln!(table, "{number} 1\n{offset:010} 00000 n ").unwrap();
        most = most.max(*number as usize + 1);
    }
    write!(table, "trailer\n<</Size {most}/Root 1 0 R/Prev {start}>>\nstartxref\n{}\n%%EOF\n", pdf.len())
        .unwrap();
    pdf.extend(table.into_bytes());
    pdf
}

/// The number behind the last `mark`.
pub fn number_after(pdf: &[u8], mark: &[u8]) -> usize {
    let at = pdf.windows(mark.len()).rposition(|w| w == mark).unwrap() + mark.len();
    let digits = pdf[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&pdf[at..at + digits]).unwrap().parse().unwrap()
}

/// The cross-reference table of old readers beside the stream of new ones: the page tree (object 2) is
/// known to the stream alone.
pub fn hybrid() -> Vec<u8> {
    let mut pdf = b"%PDF-1.5\n".to_vec();
    let mut offsets = [0; 8];
    offsets[1] = put(&mut pdf, 1, CATALOGUE.as_bytes());
    for (page, offset) in (3..6).zip(&mut offsets[3..]) {
        *offset = put(&mut pdf, page, PAGE.as_bytes());
    }
    let packed = b"2 0 <</Type/Pages/Count 3/Kids[3 0 R 4 0 R 5 0 R]>>";
    offsets[6] = put(&mut pdf, 6, &stream("/Type/ObjStm/N 1/First 4", packed));
    let entries = "/Type/XRef/Size 8/W[1 4 1]/Index[2 1]/Root 1 0 R";
    offsets[7] = put(&mut pdf, 7, &stream(entries, &[2, 0, 0, 0, 6, 0]));
    let start = pdf.len();
    let mut table = "xref\n0 8\n0000000002 65535 f \n".to_owned();
    for (number, offset) in offsets.iter().enumerate().skip(1) {
        let kind = if number == 2 { 'f' } else { 'n' };
        writeln!(table, "{offset:010} 00000 {kind} ").unwrap();
    }
    write!(table, "trailer\n<</Size 8/Root 1 0 R/XRefStm {}>>\nstartxref\n{start}\n%%EOF\n", offsets[7])
        .unwrap();
    pdf.extend(table.into_bytes());
    pdf
}

/// Every offset of the table moved by `by`.
pub fn displaced(pdf: &[u8], by: usize) -> Vec<u8> {
    let text = String::from_utf8(pdf.to_vec()).unwrap();
    let lines = text.split_inclusive('\n').map(|line| match line.strip_suffix(" 00000 n \n") {
        Some(offset) => format!("{:010} 00000 n \n", offset.parse::<usize>().unwrap() + by),
        None => line.to_owned(),
    });
    lines.collect::<String>().into_bytes()
}
