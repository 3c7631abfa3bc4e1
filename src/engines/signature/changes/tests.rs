use super::*;
use crate::engines::signature::{
    locate::locate,
    testing::{Paper, text_field},
};
use ChangeKind::*;
use Modification::{Forbidden, None as Nothing, Permitted};

const LIMITS: Limits<'static> = Limits { most_objects: 100_000, most_pages: 10, is_late: &|| false };

fn changes(bytes: &[u8], which: usize) -> Changes {
    let pdf = RevisedPdf::open(bytes, None).unwrap();
    after(&pdf, &locate(&pdf), which, &LIMITS)
}

/// What follows an update of a paper whose first signature says `more`.
fn check_with(more: &str, update: impl Fn(&mut Paper), level: Modification, kinds: &[ChangeKind]) {
    let mut paper = Paper::two_pages();
    paper.sign(20, "CanBo", more);
    update(&mut paper);
    paper.close();
    let found = changes(&paper.bytes, 0);
    let told: Vec<ChangeKind> = found.items.iter().map(|item| item.kind).collect();
    assert_eq!((found.level, told.as_slice()), (level, kinds), "{:?}", found.items);
    assert!(found.is_complete);
    assert!(found.items.iter().all(|item| item.message.ends_with('.')));
}

fn check(update: impl Fn(&mut Paper), level: Modification, kinds: &[ChangeKind]) {
    check_with("", update, level, kinds);
}

const P1: &str = "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]";
const P2: &str = "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 2>>>>]";
const P3: &str = "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 3>>>>]";
const LOCK_ALL: &str = "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/All>>>>]";
const LOCK_BUT: &str =
    "/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Exclude/Fields[(MaSoHoa)]>>>>]";

const CATALOGUE: &str = "/Type/Catalog/Pages 2 0 R/AcroForm 8 0 R";

fn page_one(more: &str, annotations: &str) -> String {
    format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Contents 5 0 R\
         /Resources<</Font<</F1 7 0 R>>>>/Annots[{annotations}]{more}>>"
    )
}

fn form(fields: &str, more: &str) -> String {
    format!("<</Fields[{fields}]/SigFlags 3/DA(/F1 10 Tf 0 g)/DR<</Font<</F1 7 0 R>>>>{more}>>")
}

/// Writes an object anew.
fn object(number: u32, body: impl Into<String>) -> impl Fn(&mut Paper) {
    let body = body.into();
    move |paper| {
        paper.object(number, &body);
    }
}

/// Fills the text field with a face of its own.
fn fill(paper: &mut Paper) {
    paper.object(9, &text_field("001.KQ1", "").replace("11 0 R", "40 0 R"));
    paper.stream(40, "/Type/XObject/Subtype/Form/BBox[0 0 120 20]", "BT /F1 10 Tf (001.KQ1) Tj ET");
}

/// A further signature in a new field with a rectangle.
fn sign_again(paper: &mut Paper, rect: &str, more: &str) {
    paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", "")).object(3, &page_one("", "9 0 R 10 0 R 30 0 R"));
    paper.object(
        30,
        &format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Hai)/Rect[{rect}]/F 132/P 3 0 R/V 31 0 R{more}>>"),
    );
    paper.signature(31, "");
}

#[test]
fn nothing_after_a_signature_is_nothing() {
    check(|_| (), Nothing, &[]);
    let mut paper = Paper::two_pages();
    paper.sign(20, "CanBo", "");
    assert_eq!(
        changes(&paper.bytes, 0),
        Changes {
            level: Nothing,
            is_complete: true,
            n_pages: 0,
            items: vec![],
            touched: vec![],
            said: vec![]
        }
    );
    assert!(!changes(&paper.bytes, 7).is_complete);
    // An object written again as it was, and one that nothing reaches.
    check(
        |paper| {
            paper.stream(5, "", "BT /F1 24 Tf 30 200 Td (Page one) Tj ET").object(60, "(nobody)");
        },
        Nothing,
        &[],
    );
}

#[test]
fn fields_that_existed_may_be_filled() {
    for more in ["", P2, P3, LOCK_BUT] {
        check_with(more, fill, Permitted, &[FieldFilled]);
    }
    check_with(P1, fill, Forbidden, &[Certification]);
    check_with(LOCK_ALL, fill, Forbidden, &[FieldLocked]);
    let in_place = |paper: &mut Paper| {
        paper.object(9, &text_field("x", "")).stream(11, "/Subtype/Form/BBox[0 0 1 1]", "0 0 1 1 re f");
    };
    check(in_place, Permitted, &[FieldFilled]);
}

#[test]
fn a_field_is_filled_and_nothing_else() {
    let with = |from: &'static str, to: &'static str| {
        move |paper: &mut Paper| {
            paper.object(9, &text_field("x", "").replace(from, to));
        }
    };
    check(with("/Rect[10 360", "/Rect[ 0 300"), Forbidden, &[FieldChanged, FieldFilled]);
    check(with("/F 4", "/F 2"), Forbidden, &[FieldChanged, FieldFilled]);
    check(with("/F 4", "/F 132"), Permitted, &[FieldFilled]);
    check(with("/FT/Tx", "/FT/Ch"), Forbidden, &[FieldChanged, FieldFilled]);
    check(with("/F 4", "/F 4/AA<</K<</S/JavaScript/JS(x)>>>>"), Forbidden, &[FieldChanged, FieldFilled]);
    check(with("/F 4", "/F 4/MK<</BG[1 1 1]>>"), Forbidden, &[FieldChanged, FieldFilled]);
    check(with("/T(MaSoHoa)", "/T(MaSoHo)"), Forbidden, &[FieldRemoved]);
    check(with("/AP<</N 11 0 R>>", ""), Forbidden, &[FieldChanged, FieldFilled]);
    check(with("/AP<</N 11 0 R>>", "/AP<</N 7 0 R>>"), Forbidden, &[FieldChanged, FieldFilled]);
    check(with("/Type/Annot", "/Type/Annot/Type/Annot"), Forbidden, &[Unclear, FieldFilled]);
    // A face that changes while the value does not is told, and looked at.
    let face = |paper: &mut Paper| {
        paper.stream(11, "/Type/XObject/Subtype/Form/BBox[0 0 120 20]", "0 0 9 9 re f");
    };
    check(face, Permitted, &[FieldFilled]);
}

#[test]
fn further_signatures_are_permitted() {
    check(|paper| sign_again(paper, "0 0 0 0", ""), Permitted, &[Signature]);
    check(|paper| sign_again(paper, "10 10 60 60", ""), Permitted, &[Signature]);
    for more in [P2, P3] {
        check_with(more, |paper| sign_again(paper, "0 0 0 0", ""), Permitted, &[Signature]);
        check_with(
            more,
            |paper| sign_again(paper, "10 10 60 60", ""),
            Forbidden,
            &[Certification, Signature],
        );
    }
    check_with(P1, |paper| sign_again(paper, "0 0 0 0", ""), Forbidden, &[Certification]);
    check_with(LOCK_ALL, |paper| sign_again(paper, "0 0 0 0", ""), Forbidden, &[FieldLocked]);
    check(|paper| sign_again(paper, "0 0 0 0", "/AA<<>>"), Forbidden, &[FieldAdded, AnnotationAdded]);
    // Into the field that waits for it.
    let in_place = |paper: &mut Paper| {
        let rect = "/Rect[200 340 290 390]/F 132/P 3 0 R/V 31 0 R";
        paper.object(10, &format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(ChuKyCoQuan){rect}>>"));
        paper.signature(31, "");
    };
    for more in ["", P2, P3] {
        check_with(more, in_place, Permitted, &[Signature]);
    }
    check_with(P1, in_place, Forbidden, &[Certification]);
}

#[test]
fn a_signature_that_is_none_is_forbidden() {
    let field = |value: &'static str, more: &'static str| {
        move |paper: &mut Paper| {
            paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
            paper.object(3, &page_one("", "9 0 R 10 0 R 30 0 R"));
            let rect = "/Rect[10 10 60 60]/F 4/P 3 0 R";
            paper.object(30, &format!("<</Subtype/Widget/FT/Sig/T(Hai){rect}{value}{more}>>"));
            paper.object(31, "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>");
        }
    };
    check(field("", ""), Permitted, &[SignatureField]);
    check(field("", "/AP<</N 11 0 R>>"), Permitted, &[SignatureField]);
    check(field("/V 31 0 R", ""), Forbidden, &[FalseSignature]);
    check(field("/V 21 0 R", ""), Forbidden, &[FalseSignature]);
}

#[test]
fn time_stamps_and_validation_data_are_always_permitted() {
    let stamp = |paper: &mut Paper| {
        paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
        paper.object(30, "<</FT/Sig/T(Gio)/Rect[0 0 0 0]/V 31 0 R>>").signature(31, "");
        let text = String::from_utf8(std::mem::take(&mut paper.bytes)).unwrap();
        let at = text.rfind("ETSI.CAdES.detached").unwrap();
        paper.bytes = text.into_bytes();
        paper.bytes[at..at + 19].copy_from_slice(b"ETSI.RFC3161       ");
    };
    let store = |paper: &mut Paper| {
        paper.object(1, &format!("<<{CATALOGUE}/DSS 30 0 R>>")).object(30, "<</Certs[31 0 R]>>");
        paper.stream(31, "", "der");
    };
    for more in ["", P1, P2, P3, LOCK_ALL] {
        check_with(more, stamp, Permitted, &[DocumentTimestamp]);
        check_with(more, store, Permitted, &[ValidationData]);
    }
    let strange = |paper: &mut Paper| {
        paper.object(1, &format!("<<{CATALOGUE}/DSS<</Certs[5 0 R 7 0 R]>>>>"));
    };
    check(strange, Forbidden, &[Document]);
}

#[test]
fn metadata_may_be_updated() {
    let xmp = |paper: &mut Paper| {
        paper.object(1, &format!("<<{CATALOGUE}/Metadata 30 0 R>>"));
        paper.stream(30, "/Type/Metadata/Subtype/XML", "<x/>");
    };
    check(xmp, Permitted, &[Metadata]);
    let info = |paper: &mut Paper| {
        paper.object(30, "<</Title(x)>>");
        paper.trailer += "/Info 30 0 R";
    };
    check(info, Permitted, &[Metadata]);
    let version = |paper: &mut Paper| {
        paper.object(1, &format!("<<{CATALOGUE}/Version/2.0>>"));
    };
    check(version, Nothing, &[]);
}

#[test]
fn pages_stay_as_they_are() {
    check(
        |paper| {
            paper.stream(5, "", "BT (Page 1) Tj ET");
        },
        Forbidden,
        &[PageContent],
    );
    check(
        |paper| {
            paper.free(5);
        },
        Forbidden,
        &[PageContent],
    );
    let plain = page_one("", "9 0 R 10 0 R");
    let swapped = plain.replace("5 0 R", "6 0 R");
    check(object(3, swapped), Forbidden, &[PageContent]);
    check(object(3, plain.replace("5 0 R", "[5 0 R 60 0 R]")), Forbidden, &[PageContent]);
    check(object(3, plain.replace("/F1 7", "/F2 7")), Forbidden, &[Resources]);
    check(object(7, "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"), Forbidden, &[Form]);
    check(object(3, plain.replace("300 400", "300 200")), Forbidden, &[PageProperties]);
    check(object(3, page_one("/Rotate 180", "9 0 R 10 0 R")), Forbidden, &[PageProperties]);
    check(object(3, page_one("/AA<<>>", "9 0 R 10 0 R")), Forbidden, &[PageProperties]);
    check(object(2, "<</Type/Pages/Kids[4 0 R 3 0 R]/Count 2>>"), Forbidden, &[PageOrder]);
    check(object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>"), Forbidden, &[PageOrder]);
    check(object(2, "<</Type/Pages/Kids[3 0 R 4 0 R 60 0 R]/Count 3>>"), Forbidden, &[PageOrder]);
    check(object(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/Rotate 90>>"), Forbidden, &[PageProperties]);
    check(object(1, format!("<<{}>>", CATALOGUE.replace("2 0", "60 0"))), Forbidden, &[PageOrder]);
    check(object(4, page_one("", "").replace("5 0", "6 0")), Nothing, &[]);
}

#[test]
fn annotations_after_a_signature() {
    let annotation = |body: &'static str| {
        move |paper: &mut Paper| {
            paper.object(3, &page_one("", "9 0 R 10 0 R 30 0 R"));
            paper.object(30, &format!("<</Type/Annot/Rect[10 10 90 90]{body}>>"));
        }
    };
    check(annotation("/Subtype/Text/Contents(x)"), Permitted, &[Comment]);
    check(annotation("/Subtype/Highlight"), Permitted, &[Comment]);
    check_with(P3, annotation("/Subtype/Ink"), Permitted, &[Comment]);
    check_with(P2, annotation("/Subtype/Ink"), Forbidden, &[Certification]);
    check_with(P1, annotation("/Subtype/Text"), Forbidden, &[Certification]);
    for more in ["", P3] {
        check_with(more, annotation("/Subtype/Stamp"), Forbidden, &[AnnotationAdded]);
        check_with(more, annotation("/Subtype/FreeText"), Forbidden, &[AnnotationAdded]);
        check_with(more, annotation("/Subtype/Square"), Forbidden, &[AnnotationAdded]);
        check_with(more, annotation("/Subtype/Link/A<</S/URI>>"), Forbidden, &[AnnotationAdded]);
        check_with(more, annotation("/Subtype/Text/AA<<>>"), Forbidden, &[AnnotationAdded]);
        check_with(more, annotation("/Subtype/Widget/FT/Tx/T(x)"), Forbidden, &[AnnotationAdded]);
    }
    let list = |annotations: &'static str| {
        move |paper: &mut Paper| {
            paper.object(3, &page_one("", annotations));
        }
    };
    check(list("9 0 R"), Forbidden, &[AnnotationChanged]);
    check(list("10 0 R 9 0 R"), Forbidden, &[AnnotationChanged]);
    check(list("9 0 R 10 0 R 9 0 R"), Forbidden, &[AnnotationAdded]);
    check(list("9 0 R 10 0 R 20 0 R"), Forbidden, &[AnnotationAdded]);
    check(list("9 0 R 10 0 R <</Subtype/Text>>"), Forbidden, &[AnnotationAdded]);
}

#[test]
fn the_form_and_the_document_stay_as_they_are() {
    let fields = "9 0 R 10 0 R 20 0 R";
    check(object(8, form(fields, "/NeedAppearances true")), Forbidden, &[Form]);
    check(object(8, form(fields, "/NeedAppearances false")), Nothing, &[]);
    check(object(8, form(fields, "/XFA 5 0 R")), Forbidden, &[Form]);
    check(object(8, form(fields, "").replace("0 g", "1 g")), Forbidden, &[Form]);
    check(object(8, form(fields, "").replace("SigFlags 3", "SigFlags 1")), Forbidden, &[Form]);
    check(object(8, form(fields, "").replace("/F1 7 0 R", "/F1 7 0 R/F2 60 0 R")), Nothing, &[]);
    check(object(8, form(fields, "").replace("/F1 7 0 R", "/F2 7 0 R")), Forbidden, &[Form]);
    check(object(8, form("10 0 R 20 0 R", "")), Forbidden, &[Form, FieldRemoved]);
    check(object(8, form("10 0 R 9 0 R 20 0 R", "")), Forbidden, &[Form]);
    let added = |paper: &mut Paper| {
        paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", "")).object(30, "<</FT/Tx/T(Moi)/V(x)>>");
    };
    check(added, Forbidden, &[FieldAdded]);
    for more in [
        "/OpenAction<</S/JavaScript/JS(x)>>",
        "/AA<<>>",
        "/Names<</JavaScript<<>>>>",
        "/OCProperties<<>>",
        "/PageLabels<<>>",
        "/Perms<</DocMDP 21 0 R>>",
    ] {
        check(object(1, format!("<<{CATALOGUE}{more}>>")), Forbidden, &[Document]);
    }
    check(object(1, format!("<<{CATALOGUE}/Lang(vi)/Lang(en)>>")), Forbidden, &[Unclear, Document]);
}

#[test]
fn a_signed_signature_stays_as_it_is() {
    let field = "<</Type/Annot/Subtype/Widget/FT/Sig/T(CanBo)/Rect[0 0 0 0]/F 132/P 3 0 R/V 21 0 R/Ff 1>>";
    check(object(20, field), Nothing, &[]);
    check(object(20, "<</FT/Sig/T(CanBo)/Rect[0 0 0 0]>>"), Forbidden, &[FieldChanged]);
    check(object(21, "<</Type/Sig>>"), Forbidden, &[FieldChanged]);
}

/// Prepared before signing, sprung after it (shadow attacks).
#[test]
fn shadows_are_seen() {
    let attack = |prepare: &dyn Fn(&mut Paper), spring: &dyn Fn(&mut Paper), kinds: &[ChangeKind]| {
        let mut paper = Paper::two_pages();
        prepare(&mut paper);
        paper.close().sign(20, "CanBo", "");
        spring(&mut paper);
        paper.close();
        let found = changes(&paper.bytes, 0);
        let told: Vec<ChangeKind> = found.items.iter().map(|item| item.kind).collect();
        assert_eq!((found.level, told.as_slice()), (Forbidden, kinds), "{:?}", found.items);
    };
    let page = |contents: &str| page_one("", "9 0 R 10 0 R").replace("5 0 R", contents);
    // Hide and replace: both contents are in the signed file; the reference is moved.
    attack(
        &|paper| {
            paper.stream(50, "", "BT (Other) Tj ET");
        },
        &|paper| {
            paper.object(3, &page("50 0 R"));
        },
        &[PageContent],
    );
    // A length that is cut short shows another part of the same stream.
    attack(
        &|paper| {
            let text = "BT (yes) Tj ET BT (no) Tj ET";
            paper.object(3, &page("50 0 R")).object(51, &text.len().to_string());
            paper.object(50, &format!("<</Length 51 0 R>>stream\n{text}\nendstream"));
        },
        &|paper| {
            paper.object(51, "14");
        },
        &[PageContent],
    );
    // A reference that led nowhere leads somewhere.
    attack(
        &|paper| {
            paper.object(3, &page("[5 0 R 55 0 R]"));
        },
        &|paper| {
            paper.stream(55, "", "0 0 300 400 re f");
        },
        &[PageContent],
    );
    // The face of a field is at the same time a picture of the page.
    let shared = |paper: &mut Paper| {
        let resources = "/Resources<</XObject<</X 11 0 R>>/Font<</F1 7 0 R>>>>";
        let page = page("5 0 R").replace("/Resources<</Font<</F1 7 0 R>>>>", resources);
        paper.object(3, &page);
    };
    attack(
        &shared,
        &|paper| {
            paper.object(9, &text_field("x", "")).stream(11, "/Subtype/Form/BBox[0 0 9 9]", "0 0 9 9 re f");
        },
        &[FieldFilled, Resources],
    );
    // A field is at the same time the list of pictures of the page; its value is one of them.
    attack(
        &|paper| {
            paper.object(3, &page("5 0 R").replace("/Font<</F1 7 0 R>>", "/XObject 9 0 R"));
            paper.object(9, &text_field("", "/V 50 0 R")).stream(50, "/Subtype/Form/BBox[0 0 9 9]", "");
        },
        &|paper| {
            paper.object(9, &text_field("", "/V 51 0 R")).stream(51, "/Subtype/Form/BBox[0 0 9 9]", "f");
        },
        &[FieldFilled, Resources],
    );
    // The catalogue is at the same time the list of pictures of the page; its metadata are one of them.
    let drawn = "/Type/Metadata/Subtype/Form/BBox[0 0 9 9]";
    attack(
        &|paper| {
            paper.object(3, &page("5 0 R").replace("/Font<</F1 7 0 R>>", "/XObject 1 0 R"));
            paper.object(1, &format!("<<{CATALOGUE}/Metadata 50 0 R>>")).stream(50, drawn, "");
        },
        &|paper| {
            paper.object(1, &format!("<<{CATALOGUE}/Metadata 51 0 R>>")).stream(51, drawn, "f");
        },
        &[Document, Resources],
    );
    attack(
        &|paper| {
            paper.object(3, &page("5 0 R").replace("/Font<</F1 7 0 R>>", "/XObject 1 0 R"));
        },
        &|paper| {
            paper.object(1, &format!("<<{CATALOGUE}/Metadata 51 0 R>>"));
            paper.stream(51, "/Type/Metadata/Subtype/XML", "f");
        },
        &[Metadata, Resources],
    );
    // The list of annotations is at the same time a colour space.
    attack(
        &|paper| {
            let page = page("5 0 R").replace("[9 0 R 10 0 R]", "[50 0 R 51 0 R]");
            paper.object(3, &page.replace("/Font<</F1 7 0 R>>", "/ColorSpace 3 0 R"));
            paper.object(50, "/ICCBased").stream(51, "/N 3", "x");
        },
        &|paper| {
            let page = page("5 0 R").replace("[9 0 R 10 0 R]", "[50 0 R 30 0 R 51 0 R]");
            paper.object(3, &page.replace("/Font<</F1 7 0 R>>", "/ColorSpace 3 0 R"));
            paper.object(8, &form("9 0 R 10 0 R 20 0 R 30 0 R", ""));
            paper.object(30, "<</Subtype/Widget/FT/Sig/T(Hai)/Rect[0 0 0 0]/V 31 0 R>>");
            paper.signature(31, "");
        },
        &[Signature, AnnotationChanged],
    );
    // A layer is switched on.
    attack(
        &|paper| {
            paper.object(1, &format!("<<{CATALOGUE}/OCProperties<</OCGs[50 0 R]/D 51 0 R>>>>"));
            paper.object(50, "<</Type/OCG/Name(x)>>").object(51, "<</OFF[50 0 R]>>");
        },
        &|paper| {
            paper.object(51, "<</ON[50 0 R]>>");
        },
        &[Document],
    );
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let mut paper = Paper::two_pages();
    paper.sign(20, "CanBo", "");
    fill(&mut paper);
    paper.close();
    let pdf = RevisedPdf::open(&paper.bytes, None).unwrap();
    let located = locate(&pdf);
    for limits in [Limits { most_objects: 5, ..LIMITS }, Limits { most_objects: 0, ..LIMITS }] {
        let found = after(&pdf, &located, 0, &limits);
        assert!(!found.is_complete && found.level != Forbidden, "{found:?}");
    }
    let damaged = paper.spoil("startxref", "startxxxx");
    let found = changes(&damaged.bytes, 0);
    assert!(!found.is_complete);
    assert_eq!(found.level, Nothing);
}

#[test]
fn objects_that_only_a_repair_would_find_are_told() {
    let stray = |paper: &mut Paper| {
        paper.bytes.extend(b"5 0 obj <</Length 1>>stream\nf\nendstream endobj\n");
        fill(paper);
    };
    check(stray, Forbidden, &[Unclear, FieldFilled]);
    // A number that the signed revision does not know is nobody's.
    check(|paper| paper.bytes.extend(b"70 0 obj (x) endobj\n"), Nothing, &[]);
    // A page whose content cannot be read where it should be.
    let mut paper = Paper::two_pages();
    paper.sign(20, "CanBo", "");
    let at = paper.bytes.windows(7).position(|window| window == b"5 0 obj").unwrap();
    paper.bytes[at] = b'9';
    fill(&mut paper);
    paper.close();
    assert!(!changes(&paper.bytes, 0).is_complete);
}

#[test]
fn bytes_behind_the_end_are_told() {
    let with = |more: &str| {
        let mut paper = Paper::two_pages();
        paper.sign(20, "CanBo", "");
        paper.bytes.extend(more.as_bytes());
        changes(&paper.bytes, 0).level
    };
    assert_eq!(with("\n"), Nothing);
    assert_eq!(with("junk"), Permitted);
    assert_eq!(with("5 0 obj <<>> endobj"), Forbidden);
}

#[test]
fn each_signature_answers_for_what_follows_it() {
    let mut paper = Paper::two_pages();
    paper.sign(20, "CanBo", P2);
    fill(&mut paper);
    paper.close();
    let rect = "/Rect[200 340 290 390]/F 132/P 3 0 R/V 31 0 R";
    paper.object(10, &format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(ChuKyCoQuan){rect}>>"));
    paper.signature(31, "").close();
    let levels = |bytes: &[u8]| [0, 1].map(|which| changes(bytes, which).level);
    assert_eq!(levels(&paper.bytes), [Permitted, Nothing]);
    paper.object(9, &text_field("other", "")).close();
    assert_eq!(levels(&paper.bytes), [Permitted, Permitted]);
    paper.object(3, &page_one("/Rotate 90", "9 0 R 10 0 R")).close();
    assert_eq!(levels(&paper.bytes), [Forbidden, Forbidden]);
}

#[test]
fn what_was_taken_back_is_told() {
    let page_one = |paper: &mut Paper, text: &str| {
        paper.stream(5, "", &format!("BT /F1 24 Tf 30 200 Td ({text}) Tj ET"));
    };
    let taken_back = |paper: &mut Paper| {
        page_one(paper, "Other");
        paper.close();
        page_one(paper, "Page one");
    };
    check(taken_back, Forbidden, &[Undone]);
    let emptied = |paper: &mut Paper| {
        fill(paper);
        paper.close();
        paper.object(9, &text_field("", ""));
    };
    check(emptied, Nothing, &[]);
    check_with(P1, emptied, Forbidden, &[Undone]);
    // All comparisons share one bound, and stop at it.
    let least = |paper: &Paper| {
        let pdf = RevisedPdf::open(&paper.bytes, None).unwrap();
        let within =
            |most| after(&pdf, &locate(&pdf), 0, &Limits { most_objects: most, ..LIMITS }).is_complete;
        (1..1000).find(|most| within(*most)).unwrap()
    };
    let mut paper = Paper::two_pages();
    paper.sign(20, "CanBo", "").object(9, &text_field("", "")).close();
    let of_one = least(&paper);
    let mut paper = Paper::two_pages();
    paper.sign(20, "CanBo", "");
    emptied(&mut paper);
    let of_two = least(paper.close());
    assert!(of_two > of_one + 5, "{of_two} {of_one}");
}
