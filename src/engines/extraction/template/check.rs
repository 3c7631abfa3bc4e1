//! Whether the templates of an installation hold: each reads its own examples, no two are the same,
//! and the catalogue knows what they stand for.

use super::{
    super::{Guide, agency::Agencies},
    apply::unknown_types,
    example,
    file::Templates,
};
use crate::domain::catalogue::Catalogue;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// What has to be mended: file, key, sentence.
    pub faults: Vec<String>,
    /// What may be meant so.
    pub warnings: Vec<String>,
    /// Templates looked at.
    pub n_templates: usize,
    /// Examples read.
    pub n_examples: usize,
}

/// Agencies with a parent that is not listed: as many are told.
const PARENTS_AT_MOST: usize = 10;

/// Holds the templates against each other, their examples and the catalogue.
pub fn check(templates: &Templates, agencies: &Agencies, catalogue: &Catalogue) -> Checked {
    let guide = Guide::new(templates, agencies);
    let mut checked = Checked { n_templates: guide.kinds().len(), ..Checked::default() };
    for (i, kind) in guide.kinds().iter().enumerate() {
        let name = &kind.template.name;
        for other in &guide.kinds()[i + 1..] {
            if kind.is_always(other) || other.is_always(kind) {
                checked.faults.push(format!(
                    "{name}.toml và {}.toml: title trùng nhau mà must, must_not không phân biệt được: \
                     thêm lời của trích yếu, hoặc bỏ một mẫu",
                    other.template.name
                ));
            }
        }
        for unknown in unknown_types(kind, catalogue) {
            checked.warnings.push(format!("{name}.toml: type: Danh mục không có giấy tờ “{unknown}”"));
        }
        for (n, example) in kind.template.examples.iter().enumerate() {
            checked.n_examples += 1;
            for fault in example::faults(kind, example, &guide, catalogue) {
                checked.faults.push(format!("{name}.toml: ví dụ {}: {fault}", n + 1));
            }
        }
    }
    for (name, parent) in agencies.with_unknown_parents().take(PARENTS_AT_MOST) {
        checked
            .warnings
            .push(format!("danh bạ: “{name}” có cơ quan cấp trên không có trong danh bạ: “{parent}”"));
    }
    checked
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A template with one field, and what is said of it when it stands alone.
    fn checked(files: &[(&str, &str)]) -> Checked {
        let templates = Templates::built_in().overridden(files.iter().copied()).unwrap();
        check(&templates, &Agencies::built_in(), &Catalogue::starting())
    }

    const PASS: &str = r#"
title = ["Thẻ thử nghiệm"]
type = ["Giấy tờ không ai biết"]
[[field]]
key = "colour"
label = "Màu"
form = "choice"
after = ["Màu sắc"]
choices = ["Xanh lam", "Đỏ"]
[[example]]
text = """
= CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
= Độc lập - Tự do - Hạnh phúc

= THẺ THỬ NGHIỆM
= Về màu

Màu sắc: xanh lam
"""
expect = { document_name = "Thẻ thử nghiệm", colour = "Xanh lam" }
"#;

    #[test]
    fn built_in_templates_hold() {
        let checked = checked(&[]);
        assert_eq!(checked.faults, Vec::<String>::new());
        assert_eq!(checked.warnings, Vec::<String>::new());
        assert!(checked.n_templates >= 20 && checked.n_examples >= checked.n_templates);
    }

    #[test]
    fn a_new_kind_is_a_file_and_what_is_wrong_with_it_is_said() {
        let found = checked(&[("the-thu-nghiem", PASS)]);
        assert_eq!(found.faults, Vec::<String>::new());
        assert_eq!(
            found.warnings,
            ["the-thu-nghiem.toml: type: Danh mục không có giấy tờ “Giấy tờ không ai biết”"]
        );
        let twice = checked(&[("the-a", PASS), ("the-b", PASS)]);
        assert!(twice.faults.iter().any(|f| f.contains("title trùng nhau")), "{twice:?}");
        let other = PASS.replace("\"Xanh lam\" }", "\"Đỏ\" }");
        let wrong = checked(&[("the-a", &other)]);
        assert_eq!(
            wrong.faults,
            ["the-a.toml: ví dụ 1: example.expect.colour: đọc được “Xanh lam”, mong đợi “Đỏ”"]
        );
    }

    #[test]
    fn like_titles_that_words_tell_apart_do_not_collide() {
        let a = PASS.replacen("type", "must = [\"màu | sắc\"]\ntype", 1);
        let b = PASS.replacen("type", "must_not = [\"màu\", \"sắc\"]\ntype", 1).replace("= Về màu\n", "");
        let found = checked(&[("the-a", &a), ("the-b", &b)]);
        assert_eq!(found.faults, Vec::<String>::new());
    }
}
