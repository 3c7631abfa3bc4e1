//! Tables that people send, as cells: CSV of any common delimiter, or the first sheet of an XLSX file.
//!
//! What a formula gives is what somebody's program once computed: a table with formulas is refused.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};

use crate::domain::archive::Cell;

/// What an XLSX file may hold when it is unpacked, in bytes.
const MOST_UNPACKED: u64 = 48 << 20;
const MOST_PARTS: usize = 1_000;
const MOST_COLUMNS: usize = 64;
/// Lines, blank ones too.
const MOST_ROWS: usize = 20_000;

/// Why there is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Neither of the two forms.
    #[error("danh sách không đọc được: phải là CSV mã UTF-8, hoặc XLSX không đặt mật khẩu")]
    Unreadable,
    /// More than a list of papers has.
    #[error("danh sách quá lớn: nhiều nhất {MOST_ROWS} dòng và {MOST_COLUMNS} cột")]
    TooLarge,
    /// A formula stands in it.
    #[error("ô ở dòng {line}, cột {column} là công thức: hãy dán giá trị vào ô rồi gửi lại")]
    Formula {
        /// From 1.
        line: u32,
        /// From 1.
        column: u32,
    },
    /// A CSV line that does not go on.
    #[error("dòng {line} của CSV không đúng mẫu: kiểm tra dấu nháy kép và dấu ngăn cột")]
    Line {
        /// From 1.
        line: u64,
    },
}

/// The rows of a table, with the header.
///
/// # Errors
/// [`TableError`].
pub fn rows(bytes: &[u8]) -> Result<Vec<Vec<Cell>>, TableError> {
    if bytes.starts_with(b"PK") { of_xlsx(bytes) } else { of_csv(bytes) }
}

fn of_csv(bytes: &[u8]) -> Result<Vec<Vec<Cell>>, TableError> {
    let text = std::str::from_utf8(bytes).map_err(|_| TableError::Unreadable)?;
    let text = text.trim_start_matches('\u{feff}');
    if text.contains('\0') {
        return Err(TableError::Unreadable);
    }
    // As spreadsheets of either habit write it.
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| {
        // The first of equals is the comma.
        (header.bytes().filter(|byte| byte == d).count(), *d == b',')
    });
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record =
            record.map_err(|e| TableError::Line { line: e.position().map_or(0, csv::Position::line) })?;
        // The reader passes over blank lines, and counts from where it did; here lines are as people see them.
        let start = record.position().map_or(0, |at| at.byte() as usize).min(text.len());
        let blank = text.as_bytes()[start..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
        line += text.as_bytes()[counted..start + blank].iter().filter(|byte| **byte == b'\n').count();
        counted = start + blank;
        if line > MOST_ROWS || record.len() > MOST_COLUMNS {
            return Err(TableError::TooLarge);
        }
        rows.resize_with(line.saturating_sub(1).max(rows.len()), Vec::new);
        rows.push(record.iter().map(|text| Cell { text: text.to_owned(), is_number: false }).collect());
    }
    Ok(rows)
}

fn of_xlsx(bytes: &[u8]) -> Result<Vec<Vec<Cell>>, TableError> {
    unpacks_within_bounds(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| TableError::Unreadable)?;
    let sheet = book.sheet_names().first().cloned().ok_or(TableError::Unreadable)?;
    // Cell by cell: a sheet with two cells in opposite corners is small, and as a grid would fill the memory.
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(|_| TableError::Unreadable)?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    while let Some(read) = cells.next_cell_with_formula().map_err(|_| TableError::Unreadable)? {
        let (row, column) = read.pos;
        if read.formula.is_some() {
            return Err(TableError::Formula {
                line: row.saturating_add(1),
                column: column.saturating_add(1),
            });
        }
        let cell = of_data(&Data::from(read.value));
        if cell.text.is_empty() {
            continue;
        }
        let (row, column) = (row as usize, column as usize);
        if row >= MOST_ROWS || column >= MOST_COLUMNS {
            return Err(TableError::TooLarge);
        }
        // From the sheet's corner, wherever its first cell stands: lines are counted as people see them.
        rows.resize_with(rows.len().max(row + 1), Vec::new);
        let own = &mut rows[row];
        own.resize_with(own.len().max(column + 1), Cell::default);
        own[column] = cell;
    }
    Ok(rows)
}

/// Unpacks all parts once, to nowhere: what a file says of its own size may be untrue.
fn unpacks_within_bounds(bytes: &[u8]) -> Result<(), TableError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| TableError::Unreadable)?;
    if archive.len() > MOST_PARTS {
        return Err(TableError::TooLarge);
    }
    let mut left = MOST_UNPACKED;
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|_| TableError::Unreadable)?;
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let unpacked = unpacked.map_err(|_| TableError::Unreadable)?;
        left = left.checked_sub(unpacked).ok_or(TableError::TooLarge)?;
    }
    Ok(())
}

fn of_data(data: &Data) -> Cell {
    let text = |text: String| Cell { text: text.trim().to_owned(), is_number: false };
    let number = |text: String| Cell { text, is_number: true };
    match data {
        Data::Empty => Cell::default(),
        Data::String(value) | Data::DateTimeIso(value) | Data::DurationIso(value) => text(value.clone()),
        Data::Float(value) => number(value.to_string()),
        Data::Int(value) => number(value.to_string()),
        Data::Bool(value) => text(value.to_string()),
        Data::DateTime(value) => {
            let (year, month, day, ..) = value.to_ymd_hms_milli();
            text(format!("{year:04}-{month:02}-{day:02}"))
        }
        // What a cell says that could not be computed: no value of any column.
        other => text(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// An XLSX file whose first sheet has these rows.
    fn xlsx(rows: &str) -> Vec<u8> {
        let parts = [
            (
                "[Content_Types].xml",
                r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#.to_owned(),
            ),
            (
                "_rels/.rels",
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned(),
            ),
            (
                "xl/workbook.xml",
                r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="DS" sheetId="1" r:id="r1"/></sheets></workbook>"#.to_owned(),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#.to_owned(),
            ),
            (
                "xl/styles.xml",
                r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#.to_owned(),
            ),
            (
                "xl/worksheets/sheet1.xml",
                format!(
                    r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
                ),
            ),
        ];
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, body) in parts {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(body.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn texts(bytes: &[u8]) -> Vec<Vec<String>> {
        rows(bytes).unwrap().into_iter().map(|row| row.into_iter().map(|cell| cell.text).collect()).collect()
    }

    #[test]
    fn csv_is_read_as_spreadsheets_write_it() {
        for (text, expected) in [
            ("a,b\n1,2\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("\u{feff}số; ngày\r\n\"1;2\"; 3 \r\n", vec![vec!["số", "ngày"], vec!["1;2", "3"]]),
            ("a\tb\n\n1\t2", vec![vec!["a", "b"], vec![], vec!["1", "2"]]),
            ("chỉ một cột\nx", vec![vec!["chỉ một cột"], vec!["x"]]),
            ("", vec![]),
        ] {
            assert_eq!(texts(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn an_xlsx_file_is_read_from_its_corner_with_days_as_days_and_numbers_as_numbers() {
        let sheet = xlsx(
            r#"<row r="2"><c r="B2" t="inlineStr"><is><t>Số định danh</t></is></c><c r="C2" t="inlineStr"><is><t>Ngày cấp</t></is></c></row>
               <row r="3"><c r="B3"><v>1085012345</v></c><c r="C3" s="1"><v>43621</v></c></row>"#,
        );
        assert_eq!(
            texts(&sheet),
            [vec![], vec!["", "Số định danh", "Ngày cấp"], vec!["", "1085012345", "2019-06-05"]]
        );
        assert!(rows(&sheet).unwrap()[2][1].is_number);
    }

    #[test]
    fn what_is_no_plain_table_is_refused() {
        let formula = xlsx(r#"<row r="4"><c r="C4"><f>1+1</f><v>2</v></c></row>"#);
        let far = xlsx(r#"<row r="1000000"><c r="A1000000"><v>1</v></c></row>"#);
        let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
        bomb.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        for _ in 0..=(MOST_UNPACKED >> 20) {
            bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
        let bomb = bomb.finish().unwrap().into_inner();
        assert!(bomb.len() < 1 << 20);
        for (bytes, expected) in [
            (formula, TableError::Formula { line: 4, column: 3 }),
            (far, TableError::TooLarge),
            (bomb, TableError::TooLarge),
            (b"PK\x03\x04 no archive".to_vec(), TableError::Unreadable),
            (b"\xD0\xCF\x11\xE0 an old workbook".to_vec(), TableError::Unreadable),
            ("a,".repeat(MOST_COLUMNS + 1).into_bytes(), TableError::TooLarge),
            ("a\n".repeat(MOST_ROWS + 1).into_bytes(), TableError::TooLarge),
        ] {
            assert_eq!(rows(&bytes), Err(expected));
        }
    }
}
