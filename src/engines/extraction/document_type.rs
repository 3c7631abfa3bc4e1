//! Điều 6 khoản 1: the type code, from the catalogue.
//!
//! What was declared at intake is the answer; else the title, and the words of the abstract, are
//! held against the names in the catalogue, first within the declared procedure. Two types that fit
//! alike are left to a person.

use super::{Reading, fold};
use crate::domain::{
    catalogue::{Catalogue, Procedure},
    code::DocumentTypeCode,
    fields::{Proposed, Source},
    ids::{ComponentCode, ProcedureCode},
    page::Place,
};

use super::{Context, DeclaredPaper};

/// Least score of a match.
const MATCH_AT: f32 = 0.76;
/// Least score of a match with another procedure than the declared one.
const ELSEWHERE_AT: f32 = 0.9;
/// The best has to lead the next type by this.
const LEAD: f32 = 0.08;

/// Words that make another paper of the same title: in both texts or in neither.
const TURNS: &[&str] = &[
    "thoi huong",
    "cham dut",
    "tu choi",
    "thu hoi",
    "tam dung",
    "tam dinh chi",
    "cap lai",
    "cap doi",
    "gia han",
    "dieu chinh",
    "di chuyen",
    "mai tang",
    "tiep nhan",
    "giao tre em",
    "tho cung",
    "that nghiep",
    "huu tri",
    "cho thue lai",
    "dich vu viec lam",
    "nha o",
    "can ngheo",
    "than nhan",
];

/// A paper that the catalogue knows by some wordings.
struct Known<'a> {
    code: &'a DocumentTypeCode,
    wordings: Vec<&'a str>,
}

pub(super) fn propose(reading: &Reading, context: &Context<'_>) -> Proposed<DocumentTypeCode> {
    let texts = Texts::of(reading);
    let place = reading.title.as_ref().and_then(|t| t.rows.first().and_then(super::layout::Row::place));
    let procedure = context.procedure.and_then(|code| context.catalogue.procedure(code));
    if let (Some(code), Some(paper)) = (context.procedure, &context.paper) {
        return declared(context.catalogue, code, paper, &texts, place);
    }
    let raw = texts.raw.clone();
    let inside = procedure.map(known_of).unwrap_or_default();
    let everywhere: Vec<Known<'_>> = context.catalogue.procedures.iter().flat_map(known_of).collect();
    let best = if inside.is_empty() {
        best_of(&everywhere, &texts)
    } else {
        match best_of(&inside, &texts) {
            Best::None => best_of(&everywhere, &texts).only_results(),
            found => found,
        }
    };
    match best {
        Best::One(code, score) => {
            let confidence = score * texts.confidence;
            Proposed::read(code.clone(), raw, confidence, Source::Catalogue, place).held_to(reading.threshold)
        }
        Best::Several | Best::None => Proposed::not_read(raw, place),
    }
}

fn declared(
    catalogue: &Catalogue,
    procedure: &ProcedureCode,
    paper: &DeclaredPaper,
    texts: &Texts,
    place: Option<Place>,
) -> Proposed<DocumentTypeCode> {
    let known = catalogue.procedure(procedure).map(known_of).unwrap_or_default();
    let own = match paper {
        DeclaredPaper::Result(ordinal) => {
            DocumentTypeCode::Result { procedure: procedure.clone(), ordinal: *ordinal }
        }
        DeclaredPaper::Component(component) => {
            DocumentTypeCode::Component { procedure: procedure.clone(), component: component.clone() }
        }
    };
    let code = catalogue
        .procedure(procedure)
        .and_then(|p| component_of(p, paper))
        .map_or_else(|| own.clone(), |c| c.type_code().clone());
    // The paper may say that it is something else; the officer then looks again.
    let wordings: Vec<&str> = known
        .iter()
        .filter(|k| *k.code == code || *k.code == own)
        .flat_map(|k| k.wordings.iter().copied())
        .collect();
    let fits = wordings.iter().map(|w| texts.score(w)).fold(0.0, f32::max);
    let others = known.iter().filter(|k| *k.code != code && *k.code != own);
    let elsewhere = others.flat_map(|k| k.wordings.iter()).map(|w| texts.score(w)).fold(0.0, f32::max);
    let contradicts = !texts.is_empty() && fits < 0.3 && elsewhere >= MATCH_AT;
    let confidence = if contradicts { 0.5 } else { 0.99 };
    Proposed::read(code, texts.raw.clone(), confidence, Source::Catalogue, place)
}

fn component_of<'a>(
    procedure: &'a Procedure,
    paper: &DeclaredPaper,
) -> Option<&'a crate::domain::catalogue::DossierComponent> {
    match paper {
        DeclaredPaper::Component(code) => procedure.component(code),
        DeclaredPaper::Result(_) => None,
    }
}

fn known_of(procedure: &Procedure) -> Vec<Known<'_>> {
    let components = procedure.components.iter().map(|c| Known {
        code: c.type_code(),
        wordings: std::iter::once(c.name.as_str()).chain(c.titles.iter().map(String::as_str)).collect(),
    });
    let results = procedure.results.iter().map(|r| Known {
        code: &r.code,
        wordings: std::iter::once(r.name.as_str()).chain(r.titles.iter().map(String::as_str)).collect(),
    });
    components.chain(results).collect()
}

enum Best<'a> {
    One(&'a DocumentTypeCode, f32),
    Several,
    None,
}

impl Best<'_> {
    /// Outside the declared procedure only the result of another one may have been handed in, and only a
    /// title that is nearly its name says so: what was declared speaks against it.
    fn only_results(self) -> Self {
        match self {
            Self::One(DocumentTypeCode::Component { .. }, _) => Self::None,
            Self::One(_, score) if score < ELSEWHERE_AT => Self::None,
            other => other,
        }
    }
}

fn best_of<'a>(known: &[Known<'a>], texts: &Texts) -> Best<'a> {
    let mut best: Option<(&DocumentTypeCode, f32)> = None;
    let mut second = 0.0_f32;
    for paper in known {
        let score = paper.wordings.iter().map(|w| texts.score(w)).fold(0.0, f32::max);
        match best {
            Some((code, top)) if code == paper.code => best = Some((code, top.max(score))),
            Some((_, top)) if score > top => {
                second = top;
                best = Some((paper.code, score));
            }
            Some(_) => second = second.max(score),
            None => best = Some((paper.code, score)),
        }
    }
    match best {
        Some((_, score)) if score < MATCH_AT => Best::None,
        Some((_, score)) if score - second < LEAD => Best::Several,
        Some((code, score)) => Best::One(code, score.min(1.0)),
        None => Best::None,
    }
}

/// What the paper says of itself.
struct Texts {
    raw: String,
    title: Vec<String>,
    all: String,
    confidence: f32,
}

impl Texts {
    fn of(reading: &Reading) -> Self {
        let title = reading.title.as_ref().map(|t| t.text()).unwrap_or_default();
        let abstract_text = super::abstract_text::propose(reading).raw;
        let all = fold::phrase(&format!("{title} {abstract_text}"));
        let tokens: Vec<_> =
            reading.title.iter().flat_map(|t| t.rows.iter()).flat_map(|r| r.tokens.iter().cloned()).collect();
        let (mean, _) = super::layout::confidence_of(&tokens);
        Self { raw: title.clone(), title: fold::words(&title), all, confidence: 0.5 + mean * 0.5 }
    }

    fn is_empty(&self) -> bool {
        self.title.is_empty()
    }

    /// How well one wording of the catalogue fits, 0–1: the best of the alternatives it lists.
    fn score(&self, wording: &str) -> f32 {
        wording.split(" / ").map(|w| self.score_one(w)).fold(0.0, f32::max)
    }

    fn score_one(&self, wording: &str) -> f32 {
        if self.title.is_empty() {
            return 0.0;
        }
        let whole = fold::phrase(&wording.replace('/', " "));
        // Listed alternatives ("hưởng/điều chỉnh") may each be missing; a turn of its own may not.
        let is_free = |turn: &str| {
            wording.split_whitespace().any(|w| w.contains('/')) && !fold::phrase(wording).starts_with(turn)
        };
        let turned = TURNS.iter().any(|t| {
            let (asked, said) = (fold::holds(&whole, t), fold::holds(&self.all, t));
            (asked && !said && !is_free(t)) || (said && !asked)
        });
        if turned {
            return 0.0;
        }
        let core = wording.split(" (").next().unwrap_or(wording).split([',', ';']).next().unwrap_or(wording);
        let core = fold::phrase(&core.replace('/', " "));
        let core = ["ban sao duoc chung thuc tu ", "ban sao ", "van ban "]
            .iter()
            .find_map(|p| core.strip_prefix(p))
            .unwrap_or(&core);
        let words: Vec<&str> = core.split(' ').filter(|w| !w.is_empty()).collect();
        let same_head = words.iter().zip(&self.title).take_while(|(a, b)| **a == b.as_str()).count();
        if words.is_empty() || same_head < words.len().min(self.title.len()).min(2) {
            return 0.0;
        }
        let said: Vec<&str> = self.all.split(' ').collect();
        let recall = words.iter().filter(|w| said.contains(w)).count() as f32 / words.len() as f32;
        let in_title = self.title.iter().filter(|t| words.contains(&t.as_str())).count() as f32;
        0.6 * recall + 0.4 * in_title / self.title.len() as f32
    }
}

impl DeclaredPaper {
    /// `KQ1` is the first result, anything else the code of a component.
    ///
    /// # Errors
    /// When `text` is neither.
    pub fn parse(text: &str) -> Result<Self, crate::domain::ids::InvalidComponentCode> {
        let text = text.trim();
        let ordinal = text.strip_prefix("KQ").filter(|n| !n.starts_with('0')).and_then(|n| n.parse().ok());
        match ordinal {
            Some(ordinal) => Ok(Self::Result(ordinal)),
            None => ComponentCode::parse(text).map(Self::Component),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;
    use crate::domain::fields::Status;

    fn paper(title: &[&str], abstract_text: &str) -> Paper {
        let mut paper = Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .number_and_date("Số: 12/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024");
        for (i, row) in title.iter().enumerate() {
            paper = paper.around(110.0, 58.0 + 6.0 * i as f32, row);
        }
        paper.around(110.0, 58.0 + 6.0 * title.len() as f32, abstract_text)
    }

    fn check(
        title: &[&str],
        abstract_text: &str,
        procedure: Option<&str>,
        component: Option<&str>,
        expected: Option<&str>,
    ) {
        let catalogue = Catalogue::starting();
        let procedure = procedure.map(|p| ProcedureCode::parse(p).unwrap());
        let context = Context {
            catalogue: &catalogue,
            procedure: procedure.as_ref(),
            paper: component.map(|c| DeclaredPaper::parse(c).unwrap()),
            owner: None,
            guide: &super::super::Guide::built_in(),
        };
        let proposed = propose(&paper(title, abstract_text).reading(), &context);
        let value = proposed.value.as_ref().map(ToString::to_string);
        assert_eq!(value.as_deref(), expected, "{title:?} {abstract_text} {proposed:?}");
        assert_eq!(proposed.status == Status::Read, expected.is_some());
    }

    #[test]
    fn titles_tell_types() {
        check(&["GIẤY XÁC NHẬN KHUYẾT TẬT"], "", None, None, Some("1.001699-KQ1"));
        check(&["GIẤY XÁC NHẬN KHUYẾT TẬT"], "", Some("1.001776"), None, Some("1.001699-KQ1"));
        check(&["GIẤY PHÉP LAO ĐỘNG"], "", None, None, Some("2.000205-KQ1"));
        check(&["TỜ KHAI", "ĐỀ NGHỊ TRỢ GIÚP XÃ HỘI"], "", None, None, Some("1.001776.01"));
        check(&["GIẤY KHAI SINH"], "", Some("2.000286"), None, Some("2.000286.02"));
        check(&["GIẤY PHÉP HOẠT ĐỘNG CHO THUÊ LẠI LAO ĐỘNG"], "", None, None, Some("1.000479-KQ1"));
    }

    #[test]
    fn words_of_the_abstract_tell_alike_titles_apart() {
        let grant = "Về việc hưởng trợ cấp xã hội hàng tháng";
        let stop = "Về việc thôi hưởng trợ cấp xã hội hàng tháng";
        for (abstract_text, expected) in [(grant, "1.001776-KQ1"), (stop, "1.001776-KQ2")] {
            check(&["QUYẾT ĐỊNH"], abstract_text, None, None, Some(expected));
            check(&["QUYẾT ĐỊNH"], abstract_text, Some("1.001776"), None, Some(expected));
        }
    }

    #[test]
    fn what_is_ambiguous_or_unknown_is_asked() {
        check(&["GIẤY KHAI SINH"], "", None, None, None);
        check(&["QUYẾT ĐỊNH"], "Về việc hỗ trợ chi phí mai táng", None, None, None);
        check(&["QUYẾT ĐỊNH"], "Về việc khen thưởng cuối năm học", None, None, None);
        check(&["GIẤY CHỨNG NHẬN HỘ NGHÈO"], "", None, None, None);
        check(&["THÔNG BÁO"], "Về việc tham dự Hội nghị", None, None, None);
        check(
            &["QUYẾT ĐỊNH"],
            "Về việc hỗ trợ chi phí mai táng",
            Some("1.001731"),
            None,
            Some("1.001731-KQ1"),
        );
    }

    #[test]
    fn what_was_declared_is_the_answer() {
        check(&["TỜ KHAI ĐỀ NGHỊ TRỢ GIÚP XÃ HỘI"], "", Some("1.001776"), Some("01"), Some("1.001776.01"));
        check(&["GIẤY XÁC NHẬN KHUYẾT TẬT"], "", Some("1.001776"), Some("03"), Some("1.001699-KQ1"));
        check(&["GIẤY KHAI SINH"], "", Some("1.001776"), Some("05"), Some("1.001776.05"));
        check(&["QUYẾT ĐỊNH"], "Về việc trợ cấp", Some("1.001776"), Some("KQ1"), Some("1.001776-KQ1"));
    }

    #[test]
    fn a_title_that_contradicts_lowers_the_confidence() {
        let catalogue = Catalogue::starting();
        let procedure = ProcedureCode::parse("1.001776").unwrap();
        let context = Context {
            catalogue: &catalogue,
            procedure: Some(&procedure),
            paper: Some(DeclaredPaper::parse("01").unwrap()),
            owner: None,
            guide: &super::super::Guide::built_in(),
        };
        let proposed = propose(&paper(&["GIẤY XÁC NHẬN KHUYẾT TẬT"], "").reading(), &context);
        assert_eq!(proposed.confidence, 0.5);
    }
}
