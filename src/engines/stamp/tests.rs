//! Written codes before independent judges.

use image::{DynamicImage, GrayImage, Luma};
use lopdf::dictionary;
use pdf_writer::{Finish, Name, Pdf, Rect, Ref};

use super::*;
use crate::engines::pdf::geometry::BoxPt;
use crate::{
    domain::text::TextSource,
    engines::{
        imaging::source::PageSource,
        pdf::{
            code_mark::{CORNER_HEIGHT, CORNER_WIDTH},
            compose::{ComposePage, compose},
            growing::GrowingFile,
            judges::*,
            read::inspect,
        },
        signature::{
            pki::{self, Identity, Key, Subject},
            seal::{
                appearance::Appearance,
                embed::{self, Answer},
                key::{Secret, Signer as _, pkcs12::Pkcs12Signer},
                prepare::{Field, Intent, Lock, SealOrder, prepare},
            },
            verdict::*,
        },
    },
};

/// A foreign page: boxes, rotation, unit, and content that leaves its state untidy.
struct Foreign {
    media: [f32; 4],
    crop: Option<[f32; 4]>,
    rotate: i32,
    unit: f32,
    content: &'static [u8],
}

const UNTIDY: &[u8] = b"Q q 0.5 0 0 0.5 30 30 cm 1 0 0 rg q BT 3 Tr";

fn foreign(page: &Foreign) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let (catalog, tree, id, contents) = (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4));
    pdf.catalog(catalog).pages(tree);
    let rect = |[x0, y0, x1, y1]: [f32; 4]| Rect::new(x0, y0, x1, y1);
    let mut pages = pdf.pages(tree);
    pages.kids([id]).count(1).media_box(rect(page.media)); // inherited by the page
    pages.resources().fonts();
    pages.finish();
    let mut entry = pdf.page(id);
    entry.parent(tree).contents(contents).rotate(page.rotate);
    if let Some(crop) = page.crop {
        entry.crop_box(rect(crop));
    }
    if page.unit != 1.0 {
        entry.pair(Name(b"UserUnit"), page.unit);
    }
    entry.finish();
    pdf.stream(contents, page.content);
    pdf.finish()
}

fn stamped(pdf: &[u8], text: &str) -> Stamped {
    let stamped = write_code(pdf, &code(text)).unwrap();
    qpdf_is_content(&stamped.pdf);
    stamped
}

/// The words of page one, without spaces, in reading order.
fn run_together(pdf: &[u8]) -> String {
    pdftotext(pdf).split_whitespace().collect()
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| *c != ' ').collect()
}

#[test]
fn the_code_is_seen_top_left_whatever_the_page_says_of_itself() {
    const A4: [f32; 4] = [0.0, 0.0, 595.0, 842.0];
    for rotate in [0, 90, 180, 270, -90, 450] {
        for (media, crop, unit) in [
            (A4, None, 1.0),
            ([-100.0, -200.0, 495.0, 642.0], None, 1.0),
            ([0.0, 0.0, 700.0, 900.0], Some([50.0, 30.0, 645.0, 872.0]), 1.0),
            (A4, Some([-50.0, -20.0, 500.0, 2000.0]), 1.0),
            ([842.0, 595.0, 0.0, 0.0], None, 1.0),
            ([0.0, 0.0, 297.5, 421.0], None, 2.0),
            ([-30.0, 40.0, 1190.0, 1684.0], Some([-10.0, 50.0, 1180.0, 1600.0]), 0.5),
        ] {
            let what = format!("{rotate}° {media:?} {crop:?} {unit}");
            let pdf = foreign(&Foreign { media, crop, rotate, unit, content: UNTIDY });
            let stamped = stamped(&pdf, SHORT);
            assert_eq!((stamped.way, stamped.ink_share), (Way::PageContent, Some(0.0)), "{what}");
            // pdftoppm before poppler 23 does not know UserUnit: what it calls a point is a unit.
            let seen = picture(&stamped.pdf, 144);
            let unit_mm = |px: u32| px as f32 * 25.4 / 144.0 * unit;
            let (width_mm, height_mm) = (unit_mm(seen.width()), unit_mm(seen.height()));
            let ink = ink_box_mm(&seen, 144, 160).unwrap_or_else(|| panic!("no ink: {what}"));
            let (left, top) = (ink.left * unit, ink.top * unit);
            let (right, bottom) = (left + ink.width * unit, top + ink.height * unit);
            assert!(
                right <= width_mm * CORNER_WIDTH && bottom <= height_mm * CORNER_HEIGHT,
                "{what}: {ink:?}"
            );
            let said = stamped.box_mm;
            let is_inside = left >= said.left - 0.4 && right <= said.right() + 0.4;
            assert!(
                is_inside && top >= said.top - 0.4 && bottom <= said.bottom() + 0.4,
                "{what}: {ink:?} {said:?}"
            );
            // Upright: wider than high, and readable as text.
            assert!(ink.width > 8.0 * ink.height, "{what}: {ink:?}");
            assert_eq!(run_together(&stamped.pdf), SHORT, "{what}");
        }
    }
}

#[test]
fn a_foreign_pdf_keeps_its_bytes_and_its_code_is_written_once() {
    let pdf =
        foreign(&Foreign { media: [0.0, 0.0, 595.0, 842.0], crop: None, rotate: 0, unit: 1.0, content: b"" });
    let first = stamped(&pdf, LONG);
    assert!(first.pdf.starts_with(&pdf) && !first.is_unchanged);
    assert_eq!(inspect(&first.pdf).unwrap().marked_code.as_deref(), Some(LONG));
    let again = stamped(&first.pdf, LONG);
    assert!(again.is_unchanged && again.pdf == first.pdf && again.way == Way::PageContent);
    let far = [again.box_mm.left - first.box_mm.left, again.box_mm.height - first.box_mm.height];
    assert!(far.iter().all(|mm| mm.abs() < 0.01), "{:?} {:?}", again.box_mm, first.box_mm);
    assert!(matches!(write_code(&first.pdf, &code(SHORT)), Err(StampError::OtherCode)));
    assert_eq!(write_code(&pdf, &code(LONG)).unwrap(), first);
    assert_eq!(run_together(&first.pdf), without_spaces(LONG));
}

#[test]
fn the_prepared_field_is_filled_and_nothing_before_it_changes() {
    for rotation in [0, 90, 180, 270] {
        let composed = one_page(rotation).into_bytes();
        for text in [SHORT, LONG] {
            let written = stamped(&composed, text);
            assert_eq!(written.way, Way::PreparedField);
            assert!(written.pdf.starts_with(&composed));
            assert_eq!(inspect(&written.pdf).unwrap().code_field, CodeField::Filled(text.to_owned()));
            assert_eq!(fill_code(&composed, &code(text)).unwrap().pdf, written.pdf);
            let again = fill_code(&written.pdf, &code(text)).unwrap();
            assert!(again.is_unchanged && again.pdf == written.pdf);
            assert!(write_code(&written.pdf, &code(text)).unwrap().is_unchanged);
            let other = if text == SHORT { LONG } else { SHORT };
            assert!(matches!(fill_code(&written.pdf, &code(other)), Err(StampError::OtherCode)));
            assert!(matches!(write_code(&written.pdf, &code(other)), Err(StampError::OtherCode)));
            let seen = picture(&written.pdf, 144);
            let corner =
                image::imageops::crop_imm(&seen, 0, 0, seen.width() / 2, seen.height() / 10).to_image();
            let ink = ink_box_mm(&corner, 144, 160).expect("the code is drawn");
            assert!(
                ink.left >= written.box_mm.left - 0.3 && ink.top >= written.box_mm.top - 0.3,
                "{rotation}"
            );
            assert!(
                ink.right() <= written.box_mm.right() + 0.3 && ink.bottom() <= written.box_mm.bottom() + 0.3
            );
            assert!(run_together(&written.pdf).contains(&without_spaces(text)), "{rotation}");
        }
    }
}

#[test]
fn only_the_value_and_the_face_of_the_field_change() {
    let composed = one_page(0).into_bytes();
    let written = fill_code(&composed, &code(SHORT)).unwrap().pdf;
    let (old, new) =
        (lopdf::Document::load_mem(&composed).unwrap(), lopdf::Document::load_mem(&written).unwrap());
    let changed: Vec<_> =
        old.objects.iter().filter(|(id, object)| new.objects.get(id) != Some(object)).collect();
    let [(id, before)] = changed[..] else { panic!("{changed:?}") };
    let (before, after) = (before.as_dict().unwrap(), new.get_dictionary(*id).unwrap());
    let differing: Vec<_> = after
        .iter()
        .filter(|(key, value)| before.get(key).ok() != Some(value))
        .map(|(key, _)| key.clone())
        .collect();
    assert_eq!(differing, [b"AP".to_vec(), b"V".to_vec()]);
}

#[test]
fn a_letterhead_in_the_corner_is_not_covered() {
    let image = GrayImage::from_fn(1240, 1754, |x, y| {
        let is_letterhead = (70..600).contains(&x) && (60..150).contains(&y) && (y / 8) % 2 == 0;
        image::Luma([if is_letterhead { 20 } else { 245 }])
    });
    let image = DynamicImage::ImageLuma8(image);
    let small = image.resize_exact(595, 842, image::imageops::FilterType::Triangle).to_luma8();
    let text = page_text(vec![]);
    let source = PageSource { media: lossless(&image, false), width_mm: 210.0, height_mm: 297.0 };
    let composed = compose(&[ComposePage { source, rotation: 0, text: &text }], &meta(Some(small))).unwrap();
    let letterhead_top_mm = 60.0 * 25.4 / 150.0;
    let filled = stamped(composed.as_bytes(), SHORT);
    assert!(filled.box_mm.bottom() < letterhead_top_mm, "{:?}", filled.box_mm);

    // The same page as a foreign file: without its fields.
    let mut document = lopdf::Document::load_mem(composed.as_bytes()).unwrap();
    document.catalog_mut().unwrap().remove(b"AcroForm");
    let mut bare = Vec::new();
    document.save_to(&mut bare).unwrap();
    let printed = stamped(&bare, SHORT);
    assert_eq!((printed.way, printed.ink_share), (Way::PageContent, Some(0.0)));
    assert!(printed.box_mm.bottom() < letterhead_top_mm, "{:?}", printed.box_mm);
}

#[test]
fn a_corner_full_of_print_is_said() {
    let content: &[u8] = b"0.3 g 0 700 400 142 re f";
    let full = Foreign { media: [0.0, 0.0, 595.0, 842.0], crop: None, rotate: 0, unit: 1.0, content };
    let written = stamped(&foreign(&full), SHORT);
    assert!(written.ink_share.unwrap() > 0.9);
    assert!(written.message.contains("cần người xem lại"), "{}", written.message);
    let black = Foreign { content: b"0 g 0 600 595 242 re f", ..full };
    assert!(matches!(write_code(&foreign(&black), &code(SHORT)), Err(StampError::NotProven)));
}

#[test]
fn a_file_with_a_damaged_table_is_written_anew() {
    let pdf =
        foreign(&Foreign { media: [0.0, 0.0, 595.0, 842.0], crop: None, rotate: 0, unit: 1.0, content: b"" });
    let text = String::from_utf8_lossy(&pdf).into_owned();
    let (head, _) = text.rsplit_once("startxref").unwrap();
    let mut broken = pdf[..pdf.len() - (text.len() - head.len())].to_vec();
    broken.extend(b"startxref\n7\n%%EOF");
    let written = stamped(&broken, SHORT);
    assert!(!written.pdf.starts_with(&broken));
    assert_eq!(run_together(&written.pdf), SHORT);
    let shifted: Vec<u8> = b"junk before the header\n".iter().chain(&pdf).copied().collect();
    assert_eq!(run_together(&stamped(&shifted, SHORT).pdf), SHORT);
}

#[test]
fn other_forms_of_cross_reference_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.pdf");
    let plain = foreign(&Foreign {
        media: [0.0, 0.0, 595.0, 842.0],
        crop: None,
        rotate: 90,
        unit: 1.0,
        content: UNTIDY,
    });
    for base in [plain, one_page(0).into_bytes()] {
        for form in ["--object-streams=generate", "--linearize"] {
            text_of(&run("qpdf", &[form, "FILE", out.to_str().unwrap()], &base));
            let input = std::fs::read(&out).unwrap();
            let written = write_code(&input, &code(SHORT)).unwrap();
            let said = run("qpdf", &["--check", "FILE"], &written.pdf);
            // An update of a linearised file is no longer linearised; qpdf warns of that alone.
            let words = String::from_utf8_lossy(&said.stdout).into_owned();
            assert!(words.contains("No syntax or stream encoding errors found"), "{form}: {words}");
            assert!(written.pdf.starts_with(&input));
            assert!(run_together(&written.pdf).contains(SHORT));
        }
    }
}

#[test]
fn an_owner_who_forbids_changes_is_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.pdf");
    let plain =
        foreign(&Foreign { media: [0.0, 0.0, 595.0, 842.0], crop: None, rotate: 0, unit: 1.0, content: b"" });
    let check = |restriction: &[&str]| {
        let mut arguments = vec!["--encrypt", "", "owner", "256"];
        arguments.extend(restriction);
        arguments.extend(["--", "FILE", out.to_str().unwrap()]);
        text_of(&run("qpdf", &arguments, &plain));
        write_code(&std::fs::read(&out).unwrap(), &code(SHORT))
    };
    let copy = check(&["--modify=none"]).unwrap();
    assert_eq!(copy.way, Way::DerivedCopy);
    qpdf_is_content(&copy.pdf);
    assert!(pdftotext(&copy.pdf).contains("BẢN SAO"));
    let written = check(&[]).unwrap();
    qpdf_is_content(&written.pdf);
    assert_eq!(run_together(&written.pdf), SHORT);
}

/// A composed paper with a signature (of no worth) in the agency's field.
fn signed(transform: lopdf::Dictionary) -> Vec<u8> {
    let mut document = lopdf::Document::load_mem(one_page(0).as_bytes()).unwrap();
    let signature = document.add_object(dictionary! {
        "Type" => "Sig", "Filter" => "Adobe.PPKLite", "SubFilter" => "ETSI.CAdES.detached",
        "ByteRange" => vec![0.into(), 1.into(), 2.into(), 3.into()],
        "Contents" => lopdf::Object::string_literal("x"),
        "Reference" => vec![transform.into()],
    });
    let field = document.objects.values_mut().find_map(|object| {
        let is_signature =
            |d: &lopdf::Dictionary| d.get(b"FT").and_then(lopdf::Object::as_name).is_ok_and(|n| n == b"Sig");
        object.as_dict_mut().ok().filter(|d| is_signature(d))
    });
    field.unwrap().set("V", signature);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_signed_file_is_refused_and_a_sentence_says_why() {
    let certified =
        dictionary! { "TransformMethod" => "DocMDP", "TransformParams" => dictionary! { "P" => 1 } };
    let facts = inspect(&signed(certified.clone())).unwrap();
    assert!(facts.is_signed);
    assert_eq!(facts.signature_fields[0].certified_p, Some(1));
    assert_eq!(facts.signature_fields[0].sub_filter.as_deref(), Some("ETSI.CAdES.detached"));
    let refused = write_code(&signed(certified), &code(SHORT)).unwrap_err();
    assert!(matches!(refused, StampError::Signed));
    assert!(refused.to_string().contains("đã có chữ ký số"));
}

#[test]
fn the_field_of_a_signed_paper_is_filled_only_with_leave() {
    let check = |method: &str, parameters: lopdf::Dictionary, is_allowed: bool| {
        let what = format!("{method} {parameters:?}");
        let transform = dictionary! { "TransformMethod" => method, "TransformParams" => parameters };
        match fill_code(&signed(transform), &code(SHORT)) {
            Ok(coded) => assert!(is_allowed && !coded.is_unchanged, "{what}"),
            Err(refused) => assert!(!is_allowed && matches!(refused, StampError::Locked), "{what}"),
        }
    };
    let fields = |name: &str| vec![lopdf::text_string(name)];
    check("DocMDP", dictionary! { "P" => 1 }, false);
    check("DocMDP", dictionary! { "P" => 2 }, true);
    check("DocMDP", dictionary! { "P" => 3 }, true);
    check("DocMDP", dictionary! {}, true);
    check("FieldMDP", dictionary! { "Action" => "All" }, false);
    check("FieldMDP", dictionary! { "Action" => "Include", "Fields" => fields("MaSoHoa") }, false);
    check("FieldMDP", dictionary! { "Action" => "Include", "Fields" => fields("Khac") }, true);
    check("FieldMDP", dictionary! { "Action" => "Exclude", "Fields" => fields("MaSoHoa") }, true);
    check("FieldMDP", dictionary! { "Action" => "Exclude", "Fields" => fields("Khac") }, false);
    check("FieldMDP", dictionary! {}, false);
}

#[test]
fn what_cannot_take_a_code_is_said_with_its_cause() {
    let small = Foreign { media: [0.0, 0.0, 60.0, 60.0], crop: None, rotate: 0, unit: 1.0, content: b"" };
    let refused = write_code(&foreign(&small), &code(LONG)).unwrap_err();
    assert!(matches!(refused, StampError::CodeTooWide(_)));
    assert!(refused.to_string().contains("pt"), "{refused}");
    assert!(matches!(fill_code(&foreign(&small), &code(SHORT)), Err(StampError::NoField)));
    for (bytes, expected) in [
        (&b""[..], ReadError::NotAPdf),
        (b"%PDF-1.4 nothing", ReadError::Damaged),
        (b"\x89PNG\r\n", ReadError::NotAPdf),
    ] {
        let Err(StampError::Unreadable(fault)) = write_code(bytes, &code(SHORT)) else { panic!() };
        assert_eq!(fault, expected);
    }
    let unprintable = code("Nguyễn 印 05.06.1985.1.001776.01.2/QĐ");
    let page = Foreign { media: [0.0, 0.0, 595.0, 842.0], ..small };
    let refused = write_code(&foreign(&page), &unprintable).unwrap_err();
    assert!(matches!(refused, StampError::Letter(FontError::NoGlyph('印'))));
}

#[test]
fn hostile_bytes_never_panic() {
    let good = one_page(0).into_bytes();
    for step in 0..40 {
        let mut bytes = good.clone();
        for at in (step * 11..bytes.len()).step_by(1499) {
            bytes[at] ^= 0x2A;
        }
        let _ = write_code(&bytes, &code(SHORT));
        let _ = fill_code(&bytes[..bytes.len() * step / 40], &code(SHORT));
    }
}

#[test]
fn the_coded_paper_still_reads_as_its_own_text() {
    let coded = fill_code(one_page(0).as_bytes(), &code(SHORT)).unwrap();
    let words = words_as_seen(&coded.pdf);
    let here: Vec<&str> = words.iter().map(|(text, _)| text.as_str()).collect();
    assert!(here.contains(&SHORT) && here.contains(&"CỘNG"), "{here:?}");
    assert_eq!(TextSource::Ocr, page_text(vec![]).source);
}

/// A report on each signature of a file, none of them looked at.
fn reports(pdf: &[u8], modification: Modification) -> Vec<SignatureReport> {
    let signed = inspect(pdf).unwrap().signature_fields.into_iter().filter(|field| field.is_signed);
    let report = |field: crate::engines::pdf::read::SignatureField| SignatureReport {
        field: field.name,
        kind: Kind::Signature,
        verdict: Verdict::TotalPassed,
        sub: None,
        integrity: Integrity::Intact,
        coverage: Coverage::WholeRevision,
        modification_after: modification,
        trust: Trust::Trusted,
        time: TimeSource::Claimed,
        signed_at: None,
        algorithm: Algorithm::Ok,
        signer: Signer::default(),
        changes: Vec::new(),
        signed_end: None,
        certified_p: field.certified_p,
        notes: Vec::new(),
        message: String::new(),
    };
    signed.map(report).collect()
}

/// A foreign page that an officer signed, and the agency's key.
fn signed_foreign(page: &Foreign, intent: Intent) -> (Vec<u8>, Pkcs12Signer) {
    let root = Identity::root("Gốc thử");
    let open = |name: &str, kind: Key| {
        let identity = root.issue(&Subject::person(name).key(kind));
        let certificate = openssl::x509::X509::from_der(identity.der()).unwrap();
        let file =
            openssl::pkcs12::Pkcs12::builder().pkey(&identity.key).cert(&certificate).build2("x").unwrap();
        Pkcs12Signer::open(&file.to_der().unwrap(), &Secret::new("x"), &[]).unwrap()
    };
    let officer = open("Trần Thị Mẫu", Key::Rsa2048);
    let place = BoxPt { left: 120.0, top: 150.0, width: 120.0, height: 20.0 };
    let order = SealOrder {
        appearance: Some(Appearance::Code("Người ký thử".to_owned())),
        ..SealOrder::new(officer.certificate().clone(), Field::Visible("Ký".into(), place), intent, now())
    };
    let prepared = prepare(&foreign(page), &order).unwrap();
    let signature = officer.sign(&prepared.signed_attributes).unwrap();
    let cms = embed::check(&prepared, Answer::Signature(&signature), now()).unwrap();
    (embed::embed(prepared, &cms).unwrap(), open("Ủy ban nhân dân xã Mẫu", Key::P256))
}

fn now() -> jiff::Timestamp {
    pki::NOW.parse().unwrap()
}

fn way_of(pdf: &[u8], agency: Option<&Pkcs12Signer>, verify: Verify<'_>) -> Result<Stamped, StampError> {
    let terms = agency.map(|agency| SealTerms {
        certificate: agency.certificate().clone(),
        agency: Some("UBND xã Mẫu".to_owned()),
        at: now(),
        expires_at: now(),
    });
    let order = StampOrder { code: &code(SHORT), seal: terms.as_ref(), verify };
    let mut file = GrowingFile::new(pdf.to_vec());
    match write(&mut file, &order)? {
        Step::Done(stamped) => Ok(stamped.whole(pdf)),
        Step::Sign(waiting) => {
            let prepared = waiting.room.prepared.clone().over(&file, &waiting.room.appended).unwrap();
            let signature = agency.unwrap().sign(&prepared.signed_attributes).unwrap();
            let cms = embed::check(&prepared, Answer::Signature(&signature), now()).unwrap();
            finish(&mut file, *waiting, cms.der(), &order).map(|stamped| stamped.whole(pdf))
        }
    }
}

const A4: Foreign = Foreign {
    media: [0.0, 0.0, 595.0, 842.0],
    crop: None,
    rotate: 0,
    unit: 1.0,
    content: b"0.2 g 90 300 400 20 re f",
};
const APPROVAL: Intent = Intent::Approve(Lock::Nothing);

#[test]
fn the_code_is_the_face_of_the_agencys_signature_on_every_page() {
    for rotate in [0, 90, 180, 270] {
        for (media, crop, unit) in [
            (A4.media, None, 1.0),
            ([-100.0, -200.0, 495.0, 642.0], None, 1.0),
            ([0.0, 0.0, 842.0, 1191.0], Some([50.0, 30.0, 700.0, 1100.0]), 1.0),
            ([0.0, 0.0, 297.5, 421.0], None, 2.0),
        ] {
            let what = format!("{rotate} {media:?}");
            let (pdf, agency) = signed_foreign(&Foreign { media, crop, rotate, unit, ..A4 }, APPROVAL);
            let stamped = way_of(&pdf, Some(&agency), &|pdf| reports(pdf, Modification::None)).unwrap();
            assert_eq!((stamped.way, stamped.ink_share), (Way::SealSignature, Some(0.0)), "{what}");
            assert!(stamped.pdf.starts_with(&pdf), "{what}");
            qpdf_is_content(&stamped.pdf);
            assert_eq!(stamped.previous_signatures.len(), 1);
            let (before, seen) = (picture(&pdf, 144), picture(&stamped.pdf, 144));
            let changed = GrayImage::from_fn(seen.width(), seen.height(), |x, y| {
                let shade = before.get_pixel(x, y).0[0].abs_diff(seen.get_pixel(x, y).0[0]);
                Luma([255 - shade])
            });
            let ink = ink_box_mm(&changed, 144, 160).unwrap_or_else(|| panic!("no ink: {what}"));
            // pdftoppm before poppler 23 does not know UserUnit.
            let said = stamped.box_mm;
            let (left, top) = (ink.left * unit, ink.top * unit);
            assert!(left >= said.left - 0.4 && top >= said.top - 0.4, "{what}: {ink:?} {said:?}");
            let (right, bottom) = (left + ink.width * unit, top + ink.height * unit);
            assert!(right <= said.right() + 0.4 && bottom <= said.bottom() + 0.4, "{what}: {ink:?} {said:?}");
            let again = way_of(&stamped.pdf, Some(&agency), &|pdf| reports(pdf, Modification::None)).unwrap();
            assert!(again.is_unchanged && again.way == Way::SealSignature && again.pdf == stamped.pdf);
            let other = StampOrder { code: &code(LONG), seal: None, verify: &|_| Vec::new() };
            assert!(matches!(
                write(&mut GrowingFile::new(stamped.pdf.clone()), &other),
                Err(StampError::OtherCode)
            ));
        }
    }
}

#[test]
fn files_that_may_not_be_touched_get_a_copy_that_says_so() {
    let (approved, agency) = signed_foreign(&A4, APPROVAL);
    let (certified, _) = signed_foreign(&A4, Intent::Certify);
    let (locked, _) = signed_foreign(&A4, Intent::Approve(Lock::All));
    let intact: Verify<'_> = &|pdf| reports(pdf, Modification::None);
    let modified: Verify<'_> = &|pdf| reports(pdf, Modification::Forbidden);
    let falls: Verify<'_> = &|pdf| {
        let reports = reports(pdf, Modification::None);
        let verdict = if reports.len() > 1 { Verdict::Indeterminate } else { Verdict::TotalPassed };
        reports.into_iter().map(|report| SignatureReport { verdict, ..report }).collect()
    };
    let unseen: Verify<'_> = &|_| Vec::new();
    let check = |pdf: &[u8], agency: Option<&Pkcs12Signer>, verify: Verify<'_>, cause: WhyCopy| {
        let copy = way_of(pdf, agency, verify).unwrap();
        assert_eq!(copy.way, Way::DerivedCopy, "{cause:?}");
        assert!(copy.message.contains(cause.words()), "{}", copy.message);
        assert!(copy.previous_signatures.iter().all(|one| one.after.is_none()));
        qpdf_is_content(&copy.pdf);
        let facts = inspect(&copy.pdf).unwrap();
        assert!(!facts.is_signed && facts.signature_fields.is_empty());
        let has = |what: &[u8]| copy.pdf.windows(what.len()).any(|w| w == what);
        assert!(!has(b"/ByteRange") && !has(b"/Perms") && !has(b"/DSS"));
        let words = pdftotext(&copy.pdf);
        let hash: String = openssl::sha::sha256(pdf).iter().map(|byte| format!("{byte:02x}")).collect();
        for wanted in ["BẢN SAO", &hash, SHORT, "Người ký thử"] {
            assert!(words.contains(wanted), "{cause:?} {wanted}: {words}");
        }
        assert!(way_of(&copy.pdf, None, verify).unwrap().is_unchanged);
    };
    check(&approved, None, intact, WhyCopy::NoKey);
    check(&certified, Some(&agency), intact, WhyCopy::Certified);
    check(&locked, Some(&agency), intact, WhyCopy::Locked);
    check(&approved, Some(&agency), modified, WhyCopy::Modified);
    check(&approved, Some(&agency), unseen, WhyCopy::Broken);
    check(&approved, Some(&agency), falls, WhyCopy::NotProven);
}

#[test]
fn a_signed_file_that_was_cut_off_is_never_taken_for_an_unsigned_one() {
    let (whole, agency) = signed_foreign(&A4, APPROVAL);
    let find = |what: &[u8]| whole.windows(what.len()).rposition(|w| w == what).unwrap();
    let (contents, table, end) = (find(b"/Contents<") + 10, find(b"\nxref\n"), find(b"startxref"));
    let mut n_told = 0;
    for cut in [contents + 2, contents + 2000, table - 20, table, table + 30, end, end + 11, whole.len() - 4]
    {
        match way_of(&whole[..cut], Some(&agency), &|pdf| reports(pdf, Modification::None)) {
            Ok(copy) => {
                // Where all but the last letters came along the signature is seen, and the judge says here what it says.
                assert!(matches!(copy.way, Way::DerivedCopy | Way::SealSignature), "{cut}: {:?}", copy.way);
                n_told += usize::from(copy.message.contains(WhyCopy::CutOff.words()));
            }
            Err(refused) => assert!(matches!(refused, StampError::Unreadable(_)), "{cut}: {refused}"),
        }
    }
    assert!(n_told >= 3, "{n_told}");
}
