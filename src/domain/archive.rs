//! Lists of papers, and what is known of each before it is read: old results from the archive come with one (Điều 14).
//!
//! Takes cells, and knows nothing of the file they stood in.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    confirm::parse_day,
    dossier::ExpectedPages,
    eligibility::{HandedInAs, PaperRole},
    fields::FieldKey,
    ids::{DocumentNumber, OwnerNumber, ProcedureCode},
};

/// Lines of one list at most.
pub const MOST_LINES: usize = 5_000;
/// Letters of one cell at most.
const MOST_LETTERS: usize = 1_000;

/// A cell as a table has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Its text, without spaces at the ends.
    pub text: String,
    /// Whether the table keeps it as a number: zeros at its beginning are lost then.
    pub is_number: bool,
}

/// What a list says of a paper besides the paper: texts by the names of the fields on the wire, in the form of
/// `ProposedFields`. Evidence, never a value by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct KnownFields(pub BTreeMap<String, String>);

/// A line of a list: one paper.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedPaper {
    /// Where it stands in the list; the header is line 1.
    pub line: u32,
    /// Its file, as the list has it.
    pub path: String,
    /// Declared pages.
    pub pages: Option<ExpectedPages>,
    /// Of which procedure.
    pub procedure: Option<ProcedureCode>,
    /// What it is there.
    pub role: Option<PaperRole>,
    /// Its owner.
    pub owner: Option<OwnerNumber>,
    /// The form it is in.
    pub form: Option<HandedInAs>,
    /// What else is known.
    pub known: KnownFields,
}

/// What is wrong in a list, and where. Never repeats a cell: it may be personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// From 1, the header.
    pub line: u32,
    /// The column, as columns are named; empty where it is about the whole line.
    pub column: &'static str,
    /// A Vietnamese sentence without its stop: what is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for LineFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match COLUMNS.iter().find(|(name, _)| *name == self.column) {
            None => write!(f, "dòng {}: {}", self.line, self.message),
            Some((name, label)) => write!(f, "dòng {}, cột {name} ({label}): {}", self.line, self.message),
        }
    }
}

/// Columns by their names, and as people head them.
const COLUMNS: [(&str, &str); 19] = [
    ("path", "tệp"),
    ("pages", "số trang"),
    ("procedure", "mã thủ tục"),
    ("component", "thành phần"),
    ("owner", "số định danh"),
    ("form", "hình thức"),
    ("document_name", "tên giấy tờ"),
    ("document_number", "số, ký hiệu"),
    ("issued_on", "ngày cấp"),
    ("issuing_authority", "cơ quan cấp"),
    ("abstract", "trích yếu"),
    ("valid_from", "hiệu lực từ"),
    ("valid_until", "hiệu lực đến"),
    ("validity_scope", "phạm vi"),
    ("holder_name", "họ tên"),
    ("holder_birth_date", "ngày sinh"),
    ("signer_name", "người ký"),
    ("signer_position", "chức vụ"),
    ("parent_authority", "cơ quan chủ quản"),
];

/// The papers of a list.
///
/// # Errors
/// All that is wrong in it; then nothing of it is taken.
pub fn read(rows: &[Vec<Cell>]) -> Result<Vec<ListedPaper>, Vec<LineFault>> {
    let fault = |line, column, message: &str| LineFault { line, column, message: message.to_owned() };
    // Some lists begin with blank lines.
    let blank = rows.iter().take_while(|row| row.iter().all(|cell| cell.text.is_empty())).count();
    let Some((header, rows)) = rows[blank..].split_first() else {
        return Err(vec![fault(1, "", "danh sách trống: dòng đầu phải có tên các cột")]);
    };
    let columns = header_of(header)?;
    if rows.len() > MOST_LINES {
        let message = format!("danh sách dài hơn {MOST_LINES} dòng: hãy chia thành nhiều danh sách");
        return Err(vec![fault(1, "", &message)]);
    }
    let (mut papers, mut faults, mut paths) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (line, row) in (u32::try_from(blank).unwrap_or(u32::MAX).saturating_add(2)..).zip(rows) {
        if row.iter().all(|cell| cell.text.is_empty()) {
            continue;
        }
        let has_head = |at: usize| columns.get(at).is_some_and(|name| !name.is_empty());
        if row.iter().enumerate().any(|(at, cell)| !cell.text.is_empty() && !has_head(at)) {
            faults.push(fault(line, "", "có ô không thuộc cột nào: dòng đầu không có tên cột ở đó"));
            continue;
        }
        let mut reader = Line { line, columns: &columns, row, faults: &mut faults };
        let paper = reader.paper();
        if !paper.path.is_empty() && !paths.insert(paper.path.clone()) {
            faults.push(fault(line, "path", "tệp này đã có ở một dòng trên"));
        }
        papers.push(paper);
    }
    if papers.is_empty() && faults.is_empty() {
        faults.push(fault(1, "", "danh sách không có dòng giấy tờ nào"));
    }
    if faults.is_empty() { Ok(papers) } else { Err(faults) }
}

fn header_of(header: &[Cell]) -> Result<Vec<&'static str>, Vec<LineFault>> {
    let (mut columns, mut faults) = (Vec::new(), Vec::new());
    for cell in header {
        let head = cell.text.to_lowercase();
        if head.is_empty() {
            columns.push(""); // nothing may stand under it
            continue;
        }
        match COLUMNS.iter().find(|(name, label)| head == *name || head == *label) {
            Some((name, _)) if columns.contains(name) => {
                faults.push(LineFault { line: 1, column: name, message: "cột này có hai lần".into() })
            }
            Some((name, _)) => columns.push(*name),
            None => faults.push(LineFault {
                line: 1,
                column: "",
                message: format!(
                    "không có cột “{}”; các cột: {}",
                    cell.text.chars().take(40).collect::<String>(),
                    COLUMNS.map(|(name, _)| name).join(", ")
                ),
            }),
        }
    }
    if faults.is_empty() && !columns.contains(&"path") {
        faults.push(LineFault { line: 1, column: "", message: "thiếu cột path".into() });
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

struct Line<'a> {
    line: u32,
    columns: &'a [&'static str],
    row: &'a [Cell],
    faults: &'a mut Vec<LineFault>,
}

impl Line<'_> {
    fn paper(&mut self) -> ListedPaper {
        let path = self.cell("path").map(|cell| cell.text.clone());
        if path.is_none() {
            self.wrong("path", "cột path còn trống");
        }
        let role = self.parsed("component", |text| PaperRole::parse(text).map_err(|e| e.to_string()));
        ListedPaper {
            line: self.line,
            path: path.unwrap_or_default(),
            pages: self.parsed("pages", |text| {
                let n = text.parse().ok().filter(|n| *n > 0);
                n.map(ExpectedPages).ok_or_else(|| "pages phải là số từ 1 trở lên".to_owned())
            }),
            procedure: self.parsed("procedure", |text| ProcedureCode::parse(text).map_err(|e| e.to_string())),
            role,
            owner: self.owner(),
            form: self.parsed("form", |text| HandedInAs::parse(text).map_err(|e| e.to_string())),
            known: self.known(),
        }
    }

    fn owner(&mut self) -> Option<OwnerNumber> {
        if self.cell("owner").is_some_and(|cell| cell.is_number) {
            let message =
                "ô là số nên có thể đã mất số 0 ở đầu: định dạng cột này thành văn bản rồi nhập lại";
            self.wrong("owner", message);
            return None;
        }
        self.parsed("owner", |text| OwnerNumber::parse(text).map_err(|e| e.to_string()))
    }

    fn known(&mut self) -> KnownFields {
        let mut known = BTreeMap::new();
        for name in [
            "document_name",
            "issuing_authority",
            "abstract",
            "validity_scope",
            "holder_name",
            "signer_name",
            "signer_position",
            "parent_authority",
        ] {
            if let Some(text) = self.parsed(name, |text| Ok(text.to_owned())) {
                known.insert(name.to_owned(), text);
            }
        }
        let number = |text: &str| DocumentNumber::parse(text).map_err(|e| e.to_string());
        if let Some(number) = self.parsed("document_number", number) {
            known.insert(FieldKey::DocumentNumber.as_str().to_owned(), number.to_string());
        }
        for name in ["issued_on", "holder_birth_date"] {
            if let Some(day) = self.parsed(name, parse_day) {
                known.insert(name.to_owned(), day.to_string());
            }
        }
        let (from, until) = (self.parsed("valid_from", parse_day), self.parsed("valid_until", parse_day));
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.wrong("valid_until", "hết hiệu lực trước khi có hiệu lực");
        }
        if from.is_some() || until.is_some() {
            let end = |day: Option<_>| {
                day.map_or_else(|| "..".to_owned(), |day: jiff::civil::Date| day.to_string())
            };
            let period = format!("{}/{}", end(from), end(until));
            known.insert(FieldKey::ValidityPeriod.as_str().to_owned(), period);
        }
        KnownFields(known)
    }

    fn cell(&self, column: &str) -> Option<&Cell> {
        let at = self.columns.iter().position(|name| *name == column)?;
        self.row.get(at).filter(|cell| !cell.text.is_empty())
    }

    fn parsed<T>(&mut self, column: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = self.cell(column)?.text.clone();
        if text.chars().count() > MOST_LETTERS || text.chars().any(char::is_control) {
            self.wrong(column, "ô quá dài, hoặc có ký tự điều khiển (xuống dòng)");
            return None;
        }
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.wrong(column, &message);
                None
            }
        }
    }

    fn wrong(&mut self, column: &'static str, message: &str) {
        self.faults.push(LineFault { line: self.line, column, message: message.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Vec<Vec<Cell>> {
        let cell =
            |text: &str| Cell { text: text.trim_start_matches('#').into(), is_number: text.starts_with('#') };
        text.lines().map(|line| line.split('|').map(cell).collect()).collect()
    }

    #[test]
    fn a_line_says_what_is_known_under_names_of_either_language() {
        let rows = table(
            "Tệp|Mã thủ tục|Thành phần|Số định danh|Số, ký hiệu|Ngày cấp|valid_from|valid_until\n\
             a.pdf|1.001776|KQ1|001085012345|12/QĐ-UBND|05/06/2019||31/12/2021\n|||||||\nb.pdf",
        );
        let papers = read(&rows).unwrap();
        assert_eq!(
            papers.iter().map(|p| (p.line, p.path.as_str())).collect::<Vec<_>>(),
            [(2, "a.pdf"), (4, "b.pdf")]
        );
        let known = |name: &str| papers[0].known.0.get(name).map(String::as_str);
        assert_eq!(known("document_number"), Some("12/QĐ-UBND"));
        assert_eq!(known("issued_on"), Some("2019-06-05"));
        assert_eq!(known("validity_period"), Some("../2021-12-31"));
        assert!(papers[0].owner.is_some() && papers[1].known.0.is_empty());
    }

    #[test]
    fn every_fault_is_told_with_its_place_and_without_its_cell() {
        for (rows, expected) in [
            ("", vec![(1, "")]),
            ("path|tuổi\na.pdf|3", vec![(1, "")]),
            ("pages\n1", vec![(1, "")]),
            ("path|path\na|a", vec![(1, "path")]),
            ("path", vec![(1, "")]),
            ("path|owner\na|#1085012345\nb|12", vec![(2, "owner"), (3, "owner")]),
            ("path|pages\n|0\na|1\na|2", vec![(2, "path"), (2, "pages"), (4, "path")]),
            ("path|issued_on\na|31/02/2020", vec![(2, "issued_on")]),
            ("path|valid_from|valid_until\na|01/02/2020|01/01/2020", vec![(2, "valid_until")]),
            ("path|abstract\na|x\u{7}y\na2|x|y", vec![(2, "abstract"), (3, "")]),
        ] {
            let faults = read(&table(rows)).unwrap_err();
            assert_eq!(faults.iter().map(|f| (f.line, f.column)).collect::<Vec<_>>(), expected, "{rows}");
            assert!(faults.iter().all(|f| !f.to_string().contains("1085012345")));
        }
    }
}
