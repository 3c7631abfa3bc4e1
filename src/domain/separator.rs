//! Separator sheets: what stands in the QR code of one, and what a sheet found in a scan does.
//!
//! A separator sheet lies in the feeder before a paper and says where that paper belongs: which
//! dossier, which component or result of its procedure, and how many pages it has. The sheet is never
//! a page of a paper; a blank page right behind it is its back and goes with it. A sheet with bars
//! alone (a patch sheet) begins another paper of the component named last. The text carries opaque
//! ids and codes only, no personal data. Knows nothing of pictures and of PDF.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    dossier::ExpectedPages,
    eligibility::{InvalidRole, PaperRole},
    ids::{ContentHash, DossierId},
};

/// The version of the text that this program writes and reads.
const VERSION: &str = "SOHOA1";
/// What every version begins with.
const FAMILY: &str = "SOHOA";
/// Hexadecimal digits of the check.
const CHECK_DIGITS: usize = 6;
/// The longest text that is looked at, bytes.
const LONGEST: usize = 200;
/// The most pages that a sheet may declare.
const MOST_PAGES: u32 = 9_999;

/// What a separator sheet says of the paper behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separator {
    /// The dossier that the paper belongs to.
    pub dossier: DossierId,
    /// What the paper is in the dossier's procedure; `None` when a person or the reading has to say.
    pub role: Option<PaperRole>,
    /// How many pages the paper has, where that was counted (Điều 9 khoản 3).
    pub pages: Option<ExpectedPages>,
}

/// Why a text is not one of a separator sheet, or not one to act upon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSeparator {
    /// Another QR code: no fault, and nothing to do with us.
    #[error("không phải mã của tờ phân cách")]
    NotOurs,
    /// Printed by another version of the program.
    #[error("tờ phân cách in từ phiên bản khác của phần mềm: hãy in lại")]
    OtherVersion,
    /// Fields are missing or too many, or the text is too long.
    #[error("mã trên tờ phân cách không đủ các phần: hãy in lại")]
    Form,
    /// The check does not fit: misread or changed.
    #[error("mã trên tờ phân cách không khớp mã kiểm tra: hãy in lại")]
    Check,
    /// The dossier's id is none of ours.
    #[error("mã hồ sơ trên tờ phân cách không đúng mẫu: hãy in lại")]
    Dossier,
    /// The component or result has no known form.
    #[error("mã thành phần trên tờ phân cách không đúng mẫu: hãy in lại")]
    Role(#[source] InvalidRole),
    /// The number of pages is none.
    #[error("số trang trên tờ phân cách không đúng mẫu: hãy in lại")]
    Pages,
}

impl Separator {
    /// Reads the text of a QR code: `SOHOA1|<dossier>|<component, result or ->|<pages or ->|<check>`.
    ///
    /// # Errors
    /// [`InvalidSeparator`]; [`InvalidSeparator::NotOurs`] for the codes of everybody else.
    pub fn parse(text: &str) -> Result<Self, InvalidSeparator> {
        let text = text.trim();
        if !text.starts_with(FAMILY) {
            return Err(InvalidSeparator::NotOurs);
        }
        if text.len() > LONGEST {
            return Err(InvalidSeparator::Form);
        }
        let (body, check) = text.rsplit_once('|').ok_or(InvalidSeparator::Form)?;
        let fields: Vec<&str> = body.split('|').collect();
        if fields[0] != VERSION {
            return Err(InvalidSeparator::OtherVersion);
        }
        let [_, dossier, role, pages] = fields.as_slice() else { return Err(InvalidSeparator::Form) };
        if check != check_of(body) {
            return Err(InvalidSeparator::Check);
        }
        let dossier = DossierId::parse(dossier).map_err(|_| InvalidSeparator::Dossier)?;
        let role = match *role {
            "-" => None,
            role => Some(PaperRole::parse(role).map_err(InvalidSeparator::Role)?),
        };
        let pages = match *pages {
            "-" => None,
            pages => Some(declared(pages).ok_or(InvalidSeparator::Pages)?),
        };
        Ok(Self { dossier, role, pages })
    }
}

/// Whether a number of pages can stand on a sheet.
pub fn may_declare(pages: u32) -> bool {
    (1..=MOST_PAGES).contains(&pages)
}

fn declared(pages: &str) -> Option<ExpectedPages> {
    let is_plain = !pages.is_empty() && pages.len() <= 4 && pages.bytes().all(|b| b.is_ascii_digit());
    let pages = pages.parse().ok().filter(|_| is_plain)?;
    may_declare(pages).then_some(ExpectedPages(pages))
}

fn check_of(body: &str) -> String {
    ContentHash::of(body.as_bytes()).as_str()[..CHECK_DIGITS].to_owned()
}

/// The text for the QR code.
impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = self.role.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let pages = self.pages.map_or_else(|| "-".to_owned(), |p| p.0.to_string());
        let body = format!("{VERSION}|{}|{role}|{pages}", self.dossier);
        write!(f, "{body}|{}", check_of(&body))
    }
}

/// A separator sheet, as it was found on a page of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SheetMark {
    /// Its code was read.
    Sheet {
        /// The dossier.
        dossier: DossierId,
        /// `01`, `KQ1`; null when the sheet does not say.
        component: Option<String>,
        /// Declared pages.
        pages: Option<u32>,
    },
    /// Bars without a code: another paper of the same component.
    Patch,
    /// A sheet of ours whose code could not be read, or says nothing that can be acted upon.
    Unreadable {
        /// One Vietnamese sentence: what is wrong and what to do.
        message: String,
    },
}

impl SheetMark {
    /// What the sheet says of the paper behind it, where it says something.
    pub fn separator(&self) -> Option<Separator> {
        let Self::Sheet { dossier, component, pages } = self else { return None };
        let role = component.as_deref().map(PaperRole::parse).transpose().ok()?;
        Some(Separator { dossier: dossier.clone(), role, pages: pages.map(ExpectedPages) })
    }
}

impl From<&Separator> for SheetMark {
    fn from(separator: &Separator) -> Self {
        Self::Sheet {
            dossier: separator.dossier.clone(),
            component: separator.role.as_ref().map(ToString::to_string),
            pages: separator.pages.map(|p| p.0),
        }
    }
}

/// The bars that were seen on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bars {
    /// Patch T, 2 or 3: a separator without data, ours or bought.
    Patch,
    /// The frame of a sheet of ours that carries a code.
    Coded,
}

/// What the QR codes and bars of a page make it; `None` for a page of a paper.
pub fn sheet_mark<'a>(codes: impl IntoIterator<Item = &'a str>, bars: Option<Bars>) -> Option<SheetMark> {
    let mut fault = None;
    let mut found: Option<Separator> = None;
    for code in codes {
        match Separator::parse(code) {
            Ok(separator) if found.as_ref().is_some_and(|f| *f != separator) => {
                let message = "trên trang có hai tờ phân cách khác nhau: hãy tách ra rồi quét lại";
                return Some(SheetMark::Unreadable { message: message.to_owned() });
            }
            Ok(separator) => found = Some(separator),
            Err(InvalidSeparator::NotOurs) => {}
            Err(invalid) => fault = Some(invalid),
        }
    }
    if let Some(separator) = &found {
        return Some(SheetMark::from(separator));
    }
    if let Some(fault) = fault {
        return Some(SheetMark::Unreadable { message: fault.to_string() });
    }
    match bars? {
        Bars::Patch => Some(SheetMark::Patch),
        Bars::Coded => Some(SheetMark::Unreadable {
            message: "không đọc được mã trên tờ phân cách: hãy in lại tờ này".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(role: Option<&str>, pages: Option<u32>) -> Separator {
        Separator {
            dossier: DossierId::parse("0193a5b2-7c11-7d00-8e21-0123456789ab").unwrap(),
            role: role.map(|r| PaperRole::parse(r).unwrap()),
            pages: pages.map(ExpectedPages),
        }
    }

    #[test]
    fn a_sheet_reads_back_as_it_was_written() {
        for (role, pages) in
            [(Some("01"), Some(3)), (Some("KQ1"), None), (Some("YC07"), Some(9_999)), (None, None)]
        {
            let sheet = sheet(role, pages);
            assert_eq!(Separator::parse(&sheet.to_string()), Ok(sheet.clone()), "{sheet}");
            assert_eq!(SheetMark::from(&sheet).separator(), Some(sheet));
        }
        assert!(
            sheet(Some("01"), Some(3))
                .to_string()
                .starts_with("SOHOA1|0193a5b2-7c11-7d00-8e21-0123456789ab|01|3|")
        );
    }

    #[test]
    fn what_is_no_sheet_says_why() {
        let with_check = |body: &str| format!("{body}|{}", check_of(body));
        let good = sheet(Some("01"), Some(3)).to_string();
        for (text, expected) in [
            (String::new(), InvalidSeparator::NotOurs),
            ("https://example.vn/?q=SOHOA1|a|b|c|d".into(), InvalidSeparator::NotOurs),
            ("001085012345||Nguyễn Văn Mẫu|05061985|Nam||01012021".into(), InvalidSeparator::NotOurs),
            ("SOHOA1".into(), InvalidSeparator::Form),
            (with_check("SOHOA2|abc|01|3"), InvalidSeparator::OtherVersion),
            (with_check("SOHOA1|abc|01"), InvalidSeparator::Form),
            (with_check("SOHOA1|abc|01|3|x"), InvalidSeparator::Form),
            (with_check(&format!("SOHOA1|abc|01|{}", "3".repeat(300))), InvalidSeparator::Form),
            (good.replacen("|01|", "|02|", 1), InvalidSeparator::Check),
            (format!("{}0", &good[..good.len() - 1]), InvalidSeparator::Check),
            (with_check("SOHOA1|ABC|01|3"), InvalidSeparator::Dossier),
            (with_check("SOHOA1|abc|01|0"), InvalidSeparator::Pages),
            (with_check("SOHOA1|abc|01|+3"), InvalidSeparator::Pages),
            (with_check("SOHOA1|abc|01|10000"), InvalidSeparator::Pages),
            (with_check("SOHOA1|abc|01|"), InvalidSeparator::Pages),
        ] {
            assert_eq!(Separator::parse(&text), Err(expected), "{text}");
        }
        assert!(matches!(
            Separator::parse(&with_check("SOHOA1|abc|KQ0|-")),
            Err(InvalidSeparator::Role(InvalidRole::Result))
        ));
    }

    #[test]
    fn a_page_is_a_sheet_by_its_code_or_by_its_bars() {
        let good = sheet(Some("01"), None);
        let other = sheet(Some("02"), None).to_string();
        let text = good.to_string();
        let foreign = "https://example.vn";
        assert_eq!(sheet_mark([foreign], None), None);
        assert_eq!(sheet_mark([foreign, &text, &text], None), Some(SheetMark::from(&good)));
        assert_eq!(sheet_mark([text.as_str()], Some(Bars::Patch)), Some(SheetMark::from(&good)));
        assert_eq!(sheet_mark([], Some(Bars::Patch)), Some(SheetMark::Patch));
        for (codes, bars) in
            [(vec![text.as_str(), &other], None), (vec!["SOHOA1|x"], None), (vec![], Some(Bars::Coded))]
        {
            assert!(matches!(sheet_mark(codes, bars), Some(SheetMark::Unreadable { .. })), "{bars:?}");
        }
    }
}
