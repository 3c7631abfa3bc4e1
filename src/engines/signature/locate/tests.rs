use super::*;
use crate::engines::signature::testing::Paper;

fn open(bytes: &[u8]) -> RevisedPdf<'_> {
    RevisedPdf::open(bytes, None).unwrap()
}

/// Field, revision, coverage and fault of every signature.
fn told(bytes: &[u8]) -> Vec<(String, usize, Coverage, Option<FormFault>)> {
    let located = locate(&open(bytes));
    located.into_iter().map(|one| (one.field, one.revision, one.coverage, one.fault)).collect()
}

fn signed() -> Paper {
    let mut paper = Paper::two_pages();
    paper.sign(20, "CanBo", "/Name(Ng\\303\\240)/Reason(Ky)");
    paper
}

#[test]
fn a_signature_is_read_from_the_revision_it_signs() {
    let mut paper = signed();
    let first = paper.bytes.clone();
    let pdf = open(&first);
    let found = locate(&pdf);
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.field.as_str(), one.revision, one.coverage), ("CanBo", 1, Coverage::WholeFile));
    assert_eq!((one.kind, one.sub_filter.as_str()), (Kind::Signature, "ETSI.CAdES.detached"));
    assert_eq!((one.fault, one.certified_p, &one.lock), (None, None, &None));
    assert_eq!(one.claimed_at, Some("2025-01-01T20:04:05Z".parse().unwrap()));
    assert_eq!(one.claimed_reason.as_deref(), Some("Ky"));
    assert_eq!((one.der(), one.contents.len()), ([0x30, 3, 2, 1, 5].as_slice(), 32));
    assert_eq!(one.signed[0].len() + one.signed[1].len() + 66, first.len());

    paper.object(8, "<</Fields[9 0 R 10 0 R 20 0 R 30 0 R]/SigFlags 3>>");
    paper.object(30, "<</FT/Sig/T(Khac)/V 31 0 R>>").signature(31, "").close();
    let pdf = open(&paper.bytes);
    let found = locate(&pdf);
    let [one, two] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.coverage, two.coverage), (Coverage::WholeRevision, Coverage::WholeFile));
    assert_eq!((one.fault, two.fault, two.revision), (None, None, 2));
    assert_eq!(extract(&paper.bytes, one), first);
}

#[test]
fn names_are_joined_and_types_inherited() {
    let mut paper = Paper::two_pages();
    paper.object(8, "<</Fields[40 0 R]>>");
    paper
        .object(40, "<</T(phong)/FT/Sig/Kids[41 0 R]>>")
        .object(41, "<</T(so)/Parent 40 0 R/Kids[42 0 R]/V 43 0 R>>");
    paper
        .object(42, "<</Subtype/Widget/Parent 41 0 R/Rect[0 0 0 0]>>")
        .signature(43, "/Type/DocTimeStamp")
        .close();
    // The key twice is a fault of its own.
    assert_eq!(
        told(&paper.bytes),
        [("phong.so".to_owned(), 1, Coverage::Malformed, Some(FormFault::Ambiguous))]
    );
    let plain = paper.spoil("/Type/DocTimeStamp", "/Kind/DocTimeStamp");
    assert_eq!(told(&plain.bytes), [("phong.so".to_owned(), 1, Coverage::WholeFile, None)]);
}

#[test]
fn certifications_and_locks_are_told() {
    let check = |more: &str, p: Option<u8>, locked: [bool; 3]| {
        let mut paper = Paper::two_pages();
        paper.sign(20, "CanBo", more);
        let pdf = open(&paper.bytes);
        let one = &locate(&pdf)[0];
        assert_eq!(one.certified_p, p, "{more}");
        let is_locked = |name: &str| one.lock.as_ref().is_some_and(|lock| lock.is_locked(name));
        assert_eq!(["MaSoHoa", "MaSoHoa.a", "MaSoHoaB"].map(is_locked), locked, "{more}");
    };
    let reference = |method: &str, params: &str| {
        format!("/Reference[<</Type/SigRef/TransformMethod/{method}/TransformParams<<{params}>>>>]")
    };
    check("", None, [false; 3]);
    check(&reference("DocMDP", "/P 1"), Some(1), [false; 3]);
    check(&reference("DocMDP", ""), Some(2), [false; 3]);
    check(&reference("DocMDP", "/P 7"), Some(1), [false; 3]);
    check(&reference("FieldMDP", "/Action/All"), None, [true; 3]);
    check(&reference("FieldMDP", "/Action/Include/Fields[(MaSoHoa)]"), None, [true, true, false]);
    check(&reference("FieldMDP", "/Action/Exclude/Fields[(MaSoHoa)]"), None, [false, false, true]);
}

#[test]
fn a_byte_range_that_lies_is_found() {
    let paper = signed();
    let pdf = open(&paper.bytes);
    let [_, gap, resume, length] = locate(&pdf)[0].byte_range;
    let good = format!("{:010} {gap:010} {resume:010} {length:010}", 0);
    let check = |range: String, coverage, fault| {
        let range = format!("{range:<43}");
        assert_eq!(
            told(&paper.spoil(&good, &range).bytes),
            [("CanBo".to_owned(), 1, coverage, Some(fault))],
            "{range}"
        );
    };
    use Coverage::{Malformed, Partial};
    check(format!("1 {gap} {resume} {length}"), Malformed, FormFault::ByteRange);
    check(format!("0 -{gap} {resume} {length}"), Malformed, FormFault::ByteRange);
    check(format!("0 {gap} {resume}"), Malformed, FormFault::ByteRange);
    check(format!("0 {gap} {resume} {length} 0"), Malformed, FormFault::ByteRange);
    check(format!("0 {gap} {resume} 9223372036854775807"), Malformed, FormFault::ByteRange);
    check(format!("0 {gap} {resume} 99999999999999999999"), Malformed, FormFault::ByteRange);
    check(format!("0 {resume} {gap} {length}"), Malformed, FormFault::ByteRange);
    check(format!("0 {gap} {resume} {length}.0"), Malformed, FormFault::ByteRange);
    check(format!("0 {} {resume} {length}", gap - 1), Partial, FormFault::Gap);
    check(format!("0 {gap} {} {}", resume + 1, length - 1), Partial, FormFault::Gap);
    check(format!("0 {gap} {resume} {}", length - 3), Partial, FormFault::EndsElsewhere);
    // Behind `%%EOF`, before the end of the line: a whole revision, not the whole file.
    let short = paper.spoil(&good, &format!("{:010} {gap:010} {resume:010} {:010}", 0, length - 1));
    assert_eq!(told(&short.bytes), [("CanBo".to_owned(), 1, Coverage::WholeRevision, None)]);
}

#[test]
fn bytes_behind_the_end_are_never_the_whole_file() {
    for more in ["\n", "junk", "\n%%EOF\n"] {
        let mut paper = signed();
        paper.bytes.extend(more.as_bytes());
        assert_eq!(told(&paper.bytes), [("CanBo".to_owned(), 1, Coverage::WholeRevision, None)], "{more:?}");
    }
}

#[test]
fn contents_hold_one_value_and_zeros() {
    let check = |from: &str, to: &str, fault| {
        let found = told(&signed().spoil(from, to).bytes);
        assert_eq!(found[0].3, fault, "{to}");
    };
    check("3003020105000", "30030201050a0", Some(FormFault::Padding));
    check("3003020105000", "3080020105000", None);
    check("3003020105000", "3084ffffffff0", None);
    check("/Contents<30", "/Contents(30", Some(FormFault::Contents));
    check("3003020105000", "30030x0105000", Some(FormFault::Contents));
    check("/Contents<30", "/Content <30", Some(FormFault::Contents));
}

#[test]
fn a_moved_or_removed_signature_is_found() {
    let form = |fields: &str| format!("<</Fields[{fields}]/SigFlags 3>>");
    let check = |update: &dyn Fn(&mut Paper), expected: &[(&str, Option<FormFault>)]| {
        let mut paper = signed();
        update(&mut paper);
        paper.close();
        let found: Vec<_> = told(&paper.bytes).into_iter().map(|(name, _, _, fault)| (name, fault)).collect();
        let expected: Vec<_> = expected.iter().map(|(name, fault)| ((*name).to_owned(), *fault)).collect();
        assert_eq!(found, expected);
    };
    use FormFault::{Moved, Removed};
    check(&|_| (), &[("CanBo", None)]);
    check(
        &|paper| {
            paper.object(8, &form("9 0 R 10 0 R"));
        },
        &[("CanBo", Some(Removed))],
    );
    check(
        &|paper| {
            paper.object(1, "<</Type/Catalog/Pages 2 0 R>>");
        },
        &[("CanBo", Some(Removed))],
    );
    check(
        &|paper| {
            paper.object(20, "<</FT/Sig/T(CanBo)>>");
        },
        &[("CanBo", Some(Removed))],
    );
    check(
        &|paper| {
            paper.free(21);
        },
        &[("CanBo", Some(Removed)), ("CanBo", Some(FormFault::Contents))],
    );
    // The same dictionary under another field's name.
    check(
        &|paper| {
            paper.object(20, "<</FT/Sig/T(KeGian)/V 21 0 R>>");
        },
        &[("KeGian", Some(Moved))],
    );
    // The dictionary written again: the digest would still be right.
    let again = |paper: &mut Paper| {
        let text = String::from_utf8(paper.bytes.clone()).unwrap();
        let (_, body) = text.split_once("21 0 obj\n").unwrap();
        let body = body.split_once("\nendobj").unwrap().0.replace("(Ky)", "(Kh)");
        paper.object(21, &body);
    };
    check(&again, &[("CanBo", Some(Removed)), ("CanBo", Some(FormFault::Gap))]);
    // A second signature that claims the first one's revision.
    let claim = |paper: &mut Paper| {
        let pdf = open(&paper.bytes);
        let [_, gap, resume, length] = locate(&pdf)[0].byte_range;
        let range = format!("[0 {gap} {resume} {length}]");
        paper.object(8, &form("9 0 R 10 0 R 20 0 R 50 0 R")).object(50, "<</FT/Sig/T(Hai)/V 51 0 R>>");
        paper.object(51, &format!("<</Type/Sig/ByteRange{range}/Contents<3000>>>"));
    };
    check(&claim, &[("CanBo", None), ("Hai", Some(FormFault::Gap))]);
}

#[test]
fn many_signatures_and_two_megabytes_of_padding_are_looked_at() {
    let mut paper = Paper::two_pages();
    let mut fields = "9 0 R 10 0 R".to_owned();
    for number in 0..60 {
        let field = 1000 + number * 2;
        fields += &format!(" {field} 0 R");
        paper.object(8, &format!("<</Fields[{fields}]>>"));
        paper.object(field, &format!("<</FT/Sig/T(s{number})/V {} 0 R>>", field + 1));
        paper.signature(field + 1, "").close();
    }
    let found = told(&paper.bytes);
    assert_eq!(found.len(), 60);
    assert!(found.iter().all(|one| one.3.is_none()), "{found:?}");
    assert_eq!(found[59].2, Coverage::WholeFile);

    let mut contents = vec![0_u8; 2 << 20];
    contents[..2].copy_from_slice(&[0x30, 0]);
    assert_eq!(check_padding(&contents), Ok(()));
    contents[2 << 19] = 1;
    assert_eq!(check_padding(&contents), Err(FormFault::Padding));
}

#[test]
fn loops_in_the_form_end() {
    let mut paper = signed();
    paper.object(20, "<</T(CanBo)/Kids[20 0 R]>>").close();
    let found = told(&paper.bytes);
    assert_eq!(found[0].3, Some(FormFault::Removed));
    let mut paper = Paper::two_pages();
    paper
        .object(8, "<</Fields[8 0 R 8 0 R 20 0 R]>>")
        .object(20, "<</FT/Sig/T(a)/V 21 0 R>>")
        .signature(21, "")
        .close();
    assert_eq!(told(&paper.bytes)[0].3, Some(FormFault::Form));
}

#[test]
fn a_recovered_file_covers_nothing_whole() {
    let paper = signed().spoil("startxref", "startxxxx");
    assert_eq!(told(&paper.bytes), [("CanBo".to_owned(), 0, Coverage::Partial, None)]);
}
