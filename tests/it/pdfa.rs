//! Composed PDFs against the clauses of ISO 19005-2:2011 that apply, by a checker of our own: no
//! validator is in reach, so the files are *built to* PDF/A-2b, and nobody has certified them.
//!
//! One file per group of clauses in `pdfa/`; qpdf and poppler judge beside it.

mod breach;
mod fonts;
mod foreign;
mod graphics;
mod interaction;
mod metadata;
mod structure;
mod xml;

use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat};
use lopdf::{Dictionary, Document, Object, dictionary};
use sohoa::{
    domain::{
        code::{DocumentCode, DocumentTypeCode, OwnerKey},
        fields::{ConfirmedFields, FieldKey},
        ids::DocumentNumber,
        page::BoxMm,
        text::{PageText, RecognisedText, TextLine, TextSource, Word},
        validity::ValidityPeriod,
    },
    engines::{
        reader::{ComposeOrder, Composed, ReaderLimits, Readers},
        stamp,
    },
};

use self::breach::{Breach, Judged};
use crate::{
    generator::{Container, Kind, Spoiling, TiffPacking},
    support::{cli, papers, stamp::stamped},
};

const CODE: &str = "001085012345.1.001776-KQ1.1917/QĐ-BLĐTBXH";
const NAME: &str = "Quyết định & <phụ lục>";

fn fields() -> ConfirmedFields {
    ConfirmedFields {
        document_type_code: DocumentTypeCode::parse("1.001776-KQ1").unwrap(),
        owner: OwnerKey::parse("001085012345").unwrap(),
        document_name: NAME.to_owned(),
        document_number: Some(DocumentNumber::parse("1917/QĐ-BLĐTBXH").unwrap()),
        issued_on: Some("2024-11-25".parse().unwrap()),
        issuing_authority: Some("Bộ Lao động - Thương binh và Xã hội".to_owned()),
        abstract_text: Some("Về việc trợ cấp <xã hội> & chăm sóc".to_owned()),
        validity_period: Some(ValidityPeriod { from: Some("2024-11-25".parse().unwrap()), until: None }),
        validity_scope: Some("Toàn quốc".to_owned()),
        recorded_at: "2024-11-25T02:03:04Z".parse().unwrap(),
        other: [("holder_name".to_owned(), "Nguyễn Thị Ưởng".to_owned())].into(),
    }
}

fn readers() -> Readers {
    let limits = ReaderLimits { n_readers: 1, ..ReaderLimits::default() };
    Readers::new(PathBuf::from(env!("CARGO_BIN_EXE_sohoa")), limits)
}

/// As many words as a full page has.
fn full_page(position: u32, source: TextSource) -> PageText {
    const WORDS: [&str; 12] =
        ["Căn", "cứ", "Nghị", "định", "số", "107/2021/NĐ-CP", "ngày", "06", "tháng", "12", "năm", "2021;"];
    let word = |(at, text): (usize, &&str), top: f32| Word {
        text: (*text).to_owned(),
        place: BoxMm { left: 20.0 + 14.0 * at as f32, top, width: 12.0, height: 4.0 },
        confidence: 0.9,
        is_print: false,
    };
    let line = |n: u16| {
        let top = 30.0 + 6.0 * f32::from(n);
        TextLine { block: 1, words: WORDS.iter().enumerate().map(|w| word(w, top)).collect() }
    };
    PageText { position, source, lines: (0..40).map(line).collect() }
}

fn compose_files(parts: &[PathBuf], source: TextSource, fields: &ConfirmedFields) -> Composed {
    let readers = readers();
    let n_pages = readers.open(parts).unwrap().n_pages;
    let pages = (1..=n_pages).map(|page| full_page(page, source)).collect();
    let rotations = vec![0; n_pages as usize];
    readers.compose(parts, None, order(rotations, pages, fields)).unwrap()
}

fn order(rotations: Vec<u16>, pages: Vec<PageText>, fields: &ConfirmedFields) -> ComposeOrder {
    ComposeOrder {
        rotations,
        text: RecognisedText { pages },
        title: fields.document_name.clone(),
        fields: Some(fields.clone()),
        created_at: "2024-11-25T02:03:04Z".parse().unwrap(),
    }
}

fn compose(files: &[Vec<u8>], source: TextSource) -> Composed {
    let folder = tempfile::tempdir().unwrap();
    let parts: Vec<PathBuf> = (0..files.len()).map(|n| folder.path().join(n.to_string())).collect();
    parts.iter().zip(files).for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    compose_files(&parts, source, &fields())
}

fn with_code(pdf: &[u8]) -> Vec<u8> {
    let code = DocumentCode::parse(CODE).unwrap();
    let stamped = stamped(&readers(), pdf.to_vec(), &code).unwrap();
    assert_eq!(stamped.pdf, stamp::fill_code(pdf, &code).unwrap().pdf);
    stamped.pdf
}

/// Everything in a file that breaks a clause.
fn breaches(pdf: &[u8], claims: bool) -> Vec<Breach> {
    let mut file = Judged::new(pdf);
    structure::judge(&mut file);
    graphics::judge(&mut file);
    interaction::judge(&mut file);
    metadata::judge(&mut file, claims);
    file.breaches.sort();
    file.breaches.dedup();
    file.breaches
}

/// What qpdf and poppler say of a file that was built to PDF/A-2b.
fn outside_judges_agree(what: &str, pdf: &[u8], must_be_embedded: bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.pdf");
    std::fs::write(&path, pdf).unwrap();
    let said = cli::judge("qpdf", "qpdf", &["--check".as_ref(), path.as_os_str()]);
    let is_sound = said.code == 0 && said.stdout.contains("No syntax or stream encoding errors");
    assert!(is_sound, "{what}: {}{}", said.stdout, said.stderr);
    let listed = cli::judge("pdffonts", "poppler-utils", &[path.as_os_str()]).stdout;
    let embedded = |line: &str| line.split_whitespace().rev().nth(4) == Some("yes"); // emb sub uni object ID
    let fonts: Vec<&str> = listed.lines().skip(2).collect();
    assert!(
        !fonts.is_empty() && (!must_be_embedded || fonts.iter().all(|line| embedded(line))),
        "{what}: {listed}"
    );
    let metadata = cli::judge("pdfinfo", "poppler-utils", &["-meta".as_ref(), path.as_os_str()]).stdout;
    assert_eq!(metadata.contains("<pdfaid:part>2</pdfaid:part>"), must_be_embedded, "{what}: {metadata}");
}

fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG in grey and one in colour, of the same picture; a PNG of several kinds.
fn pictures() -> Vec<(&'static str, Vec<u8>)> {
    let page = image::RgbImage::from_fn(827, 1169, |x, y| {
        let is_text = y % 40 < 12 && x % 9 < 5 && x > 80;
        if is_text { image::Rgb([20, 20, 60]) } else { image::Rgb([250, 248, 240]) }
    });
    let colour = DynamicImage::ImageRgb8(page);
    let grey = DynamicImage::ImageLuma8(colour.to_luma8());
    let deep = DynamicImage::ImageLuma16(colour.to_luma16());
    let clear = DynamicImage::ImageRgba8(colour.to_rgba8());
    vec![
        ("jpeg colour", encode(&colour, ImageFormat::Jpeg)),
        ("jpeg grey", encode(&grey, ImageFormat::Jpeg)),
        ("jpeg cmyk", include_bytes!("pdfa/cmyk.jpg").to_vec()),
        ("png colour", encode(&colour, ImageFormat::Png)),
        ("png grey", encode(&grey, ImageFormat::Png)),
        ("png 16 bits", encode(&deep, ImageFormat::Png)),
        ("png with alpha", encode(&clear, ImageFormat::Png)),
    ]
}

fn scans() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let scan = |container, spoilings: &[Spoiling]| {
        let paper = papers::with(Kind::Decision, 51, container, spoilings);
        paper.files.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>()
    };
    vec![
        ("tiff bilevel group 4", scan(Container::Tiff(TiffPacking::Group4), &[Spoiling::Bilevel])),
        ("tiff bilevel packbits", scan(Container::Tiff(TiffPacking::PackBits), &[Spoiling::Bilevel])),
        ("tiff colour lzw", scan(Container::Tiff(TiffPacking::Lzw), &[])),
        ("tiff grey deflate", scan(Container::Tiff(TiffPacking::Deflate), &[Spoiling::Grey])),
        ("pdf of jpegs", scan(Container::Pdf, &[])),
        ("pdf of faxes", scan(Container::Pdf, &[Spoiling::Bilevel])),
        ("pdf of flate pictures", scan(Container::FlatePdf, &[Spoiling::Grey])),
        ("folder of jpegs", scan(Container::Folder, &[])),
    ]
}

#[test]
fn every_container_gives_a_pdf_built_to_pdf_a_2b_before_and_after_its_code() {
    let pictures = pictures().into_iter().map(|(what, bytes)| (what, vec![bytes]));
    for (what, files) in pictures.chain(scans()) {
        let composed = compose(&files, TextSource::Ocr);
        assert_eq!(composed.departures, [], "{what}");
        let coded = with_code(&composed.pdf);
        for pdf in [&composed.pdf, &coded] {
            assert_eq!(breaches(pdf, true), [], "{what}");
            outside_judges_agree(what, pdf, true);
        }
        // 15 % or 40 kB, the code with its font included.
        let before: usize = files.iter().map(Vec::len).sum();
        let most = (before + before * 15 / 100).max(before + 40_000);
        assert!(coded.len() <= most, "{what}: {before} bytes became {}", coded.len());
    }
}

#[test]
fn a_born_digital_pdf_is_carried_and_claims_what_it_keeps() {
    for (what, pdf) in foreign::conforming() {
        let composed = compose(&[pdf], TextSource::TextLayer);
        assert_eq!(composed.departures, [], "{what}");
        let coded = with_code(&composed.pdf);
        assert_eq!(breaches(&composed.pdf, true), [], "{what}");
        assert_eq!(breaches(&coded, true), [], "{what}");
        outside_judges_agree(what, &coded, true);
    }
    // Letters that nobody sees need no font in the file (6.2.11.4.1).
    let composed = compose(&[foreign::hidden_text()], TextSource::TextLayer);
    assert_eq!((breaches(&composed.pdf, true), composed.departures), (vec![], vec![]));
    // What we made ourselves comes back as a foreign PDF.
    let ours = with_code(&compose(&scans()[4].1, TextSource::Ocr).pdf);
    let again = compose(&[ours], TextSource::Ocr);
    assert_eq!((breaches(&again.pdf, true), again.departures), (vec![], vec![]));
}

#[test]
fn what_cannot_conform_is_carried_as_it_is_and_makes_no_claim() {
    for (what, pdf, clause) in foreign::departing() {
        let composed = compose(std::slice::from_ref(&pdf), TextSource::TextLayer);
        let clauses: Vec<&str> = composed.departures.iter().map(|d| d.clause.as_str()).collect();
        assert_eq!(clauses, [clause], "{what}: {:?}", composed.departures);
        let coded = with_code(&composed.pdf);
        outside_judges_agree(what, &coded, false);
        // Nothing else of the file is worse for it.
        let others: Vec<Breach> =
            breaches(&coded, false).into_iter().filter(|breach| !breach.clause.starts_with("6.2")).collect();
        assert!(others.iter().all(|breach| breach.clause == clause), "{what}: {others:?}");
    }
}

#[test]
fn what_can_be_mended_is_mended_and_looks_the_same() {
    for (what, pdf) in foreign::mendable() {
        let composed = compose(std::slice::from_ref(&pdf), TextSource::TextLayer);
        assert_eq!(composed.departures, [], "{what}");
        assert_eq!(breaches(&composed.pdf, true), [], "{what}");
        let far = foreign::far_pixels(&foreign::drawn(&pdf), &foreign::drawn(&composed.pdf));
        let is_smoothing = what == "smoothed picture"; // the standard takes it away, and it is seen
        assert!(is_smoothing || far < 40, "{what}: {far} pixels differ");
    }
}

#[test]
fn the_eleven_fields_stand_in_the_metadata_and_the_title_names_nobody() {
    const SPACE: &str = "urn:sohoa:xmp:dieu-6#";
    let scan = pictures().remove(1).1;
    let properties = metadata::properties(&compose(std::slice::from_ref(&scan), TextSource::Ocr).pdf);
    let value = |key: FieldKey| {
        let element = &properties[&(SPACE.to_owned(), key.as_str().to_owned())];
        element.children.first().map_or(element.text.clone(), |bag| bag.children[0].text.clone())
    };
    let expected = [
        "1.001776-KQ1",
        "001085012345",
        NAME,
        "1917/QĐ-BLĐTBXH",
        "2024-11-25",
        "Bộ Lao động - Thương binh và Xã hội",
        "Về việc trợ cấp <xã hội> & chăm sóc",
        "2024-11-25/..",
        "Toàn quốc",
        "2024-11-25T09:03:04+07:00",
        "holder_name: Nguyễn Thị Ưởng",
    ];
    assert_eq!(FieldKey::ALL.map(value), expected.map(str::to_owned));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.jpg");
    std::fs::write(&path, &scan).unwrap();
    for (name, title) in [
        (NAME, NAME),
        ("Quyết định trợ cấp cho bà NGUYỄN THỊ ƯỞNG", "Giấy tờ số hóa"),
        ("Giấy chứng nhận 001085012345", "Giấy tờ số hóa"),
    ] {
        let fields = ConfirmedFields { document_name: name.to_owned(), ..fields() };
        let composed = compose_files(std::slice::from_ref(&path), TextSource::Ocr, &fields);
        assert_eq!(breaches(&composed.pdf, true), [], "{name}"); // XMP and /Info agree
        let document = Document::load_mem(&composed.pdf).unwrap();
        let info = document.trailer.get(b"Info").unwrap().as_reference().unwrap();
        let said = document.get_dictionary(info).unwrap().get(b"Title").unwrap();
        assert_eq!(lopdf::decode_text_string(said).unwrap(), title);
    }
    // What a paper does not have is left out, and still described.
    let bare = ConfirmedFields {
        document_number: None,
        issued_on: None,
        issuing_authority: None,
        abstract_text: None,
        validity_period: None,
        validity_scope: None,
        other: Default::default(),
        ..fields()
    };
    let composed = compose_files(std::slice::from_ref(&path), TextSource::Ocr, &bare);
    assert_eq!(breaches(&composed.pdf, true), []);
    let n_fields =
        metadata::properties(&composed.pdf).into_keys().filter(|(space, _)| space == SPACE).count();
    assert_eq!(n_fields, 4);
}

#[test]
fn a_cmyk_jpeg_keeps_its_bytes_and_its_colours() {
    let jpeg = include_bytes!("pdfa/cmyk.jpg");
    let composed = compose(&[jpeg.to_vec()], TextSource::Nothing);
    assert!(composed.pdf.windows(jpeg.len()).any(|window| window == jpeg));
    let seen = foreign::drawn(&composed.pdf);
    let (w, h) = seen.dimensions();
    // Bars of full cyan, magenta, yellow and black fill the upper half; the lower is paper.
    for (at, expected) in [[0, 255, 255], [255, 0, 255], [255, 255, 0], [0, 0, 0]].into_iter().enumerate() {
        let bar = seen.get_pixel(w * (2 * at as u32 + 1) / 8, h * 3 / 8).0;
        assert!(bar.iter().zip(expected).all(|(a, b): (&u8, u8)| a.abs_diff(b) < 24), "{at}: {bar:?}");
    }
    assert!(seen.get_pixel(w / 2, h * 7 / 8).0.iter().all(|v| *v > 240));
}

/// A sound file with one thing changed must be found out: a checker that finds nothing proves nothing.
#[test]
fn the_checker_sees_what_it_looks_for() {
    let sound = compose(&[pictures().remove(0).1], TextSource::Ocr).pdf;
    let check = |what: &str, clause: &str, broken: &[u8]| {
        let found = breaches(broken, true);
        assert!(found.iter().any(|breach| breach.clause == clause), "{what}: {found:?}");
    };
    let replaced = |from: &[u8], to: &[u8]| {
        let at = sound.windows(from.len()).position(|w| w == from).unwrap_or_else(|| panic!("{from:?}"));
        assert_eq!(from.len(), to.len());
        [&sound[..at], to, &sound[at + from.len()..]].concat()
    };
    check("binary comment", "6.1.2", &replaced(b"\n%\x80", b"\n%a"));
    check("data after the end", "6.1.3", &[&sound[..], b"\n\n"].concat());
    check("claim", "6.6.4", &replaced(b"<pdfaid:part>2", b"<pdfaid:part>3"));
    check("XML", "6.6.2.2", &replaced(b"</rdf:RDF>", b"</rdf:rdf>"));
    check(
        "extension",
        "6.6.2.3.1",
        &replaced(b"<pdfaProperty:name>owner_id", b"<pdfaProperty:name>owner_ie"),
    );
    check("title", "6.6.3", &replaced("x-default\">Quyết".as_bytes(), "x-default\">Quyếu".as_bytes()));

    // A parser stumbles over these, so only the bytes are judged.
    for (clause, from, to) in [
        ("6.1.4", &b" 00000 n\r\n"[..], &b" 00000 n\n\n"[..]),
        ("6.1.7.1", b"\nendstream", b"\n\nndstream"),
        ("6.1.9", b" obj\n", b" obj "),
    ] {
        let broken = replaced(from, to);
        let mut file = Judged { bytes: &broken, ..Judged::new(&sound) };
        structure::judge(&mut file);
        assert!(file.breaches.iter().any(|breach| breach.clause == clause), "{clause}: {:?}", file.breaches);
    }

    type Change = fn(&mut Document);
    let changes: [(&str, &str, Change); 17] = [
        ("no intent", "6.2.3", |d| drop(d.catalog_mut().unwrap().remove(b"OutputIntents"))),
        ("cmyk", "6.2.4.3", |d| of_kind(d, "Image").set("ColorSpace", "DeviceCMYK")),
        ("interpolation", "6.2.8.1", |d| of_kind(d, "Image").set("Interpolate", true)),
        ("alternates", "6.2.8.1", |d| of_kind(d, "Image").set("Alternates", Vec::<Object>::new())),
        ("intent", "6.2.6", |d| of_kind(d, "Image").set("Intent", "Bright")),
        ("postscript", "6.2.9", |d| {
            let streams = d.objects.values_mut().filter_map(|object| object.as_stream_mut().ok());
            streams.for_each(|stream| stream.dict.set("PS", 1));
        }),
        ("no font", "6.2.11.4.1", |d| {
            // Letters that nobody sees need no font; those of the code do.
            let all = d.objects.values_mut().filter_map(|object| object.as_dict_mut().ok());
            all.for_each(|dictionary| drop(dictionary.remove(b"FontFile2")));
        }),
        ("cid set", "6.2.11.4.2", |d| of_type(d, "FontDescriptor").set("CIDSet", 1)),
        ("no map", "6.2.11.3.2", |d| drop(of_kind(d, "CIDFontType2").remove(b"CIDToGIDMap"))),
        ("widths", "6.2.11.5", |d| of_kind(d, "CIDFontType2").set("W", Vec::<Object>::new())),
        ("flags", "6.3.2", |d| of_kind(d, "Widget").set("F", 2)),
        ("no face", "6.3.3", |d| of_kind(d, "Widget").set("AP", Dictionary::new())),
        ("action", "6.4.1", |d| of_kind(d, "Widget").set("AA", Dictionary::new())),
        ("script", "6.5.1", |d| {
            d.catalog_mut().unwrap().set("OpenAction", dictionary! { "S" => "JavaScript" })
        }),
        ("layers", "6.9", |d| d.catalog_mut().unwrap().set("OCProperties", Dictionary::new())),
        ("requirements", "6.11", |d| d.catalog_mut().unwrap().set("Requirements", Vec::<Object>::new())),
        ("long name", "6.1.13", |d| d.catalog_mut().unwrap().set("X", Object::Name(vec![b'a'; 128]))),
    ];
    let coded = with_code(&sound);
    for (what, clause, change) in changes {
        let mut document = Document::load_mem(&coded).unwrap();
        change(&mut document);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        check(what, clause, &bytes);
    }
}

/// The first dictionary with this `/Subtype`.
fn of_kind<'d>(document: &'d mut Document, kind: &str) -> &'d mut Dictionary {
    first(document, b"Subtype", kind)
}

/// The first dictionary with this `/Type`.
fn of_type<'d>(document: &'d mut Document, kind: &str) -> &'d mut Dictionary {
    first(document, b"Type", kind)
}

fn first<'d>(document: &'d mut Document, key: &[u8], kind: &str) -> &'d mut Dictionary {
    let found = document.objects.values_mut().find_map(|object| {
        let dictionary = match object {
            Object::Dictionary(dictionary) => dictionary,
            Object::Stream(stream) => &mut stream.dict,
            _ => return None,
        };
        let is_it = dictionary.get(key).and_then(Object::as_name).is_ok_and(|name| name == kind.as_bytes());
        is_it.then_some(dictionary)
    });
    found.unwrap_or_else(|| panic!("no {kind}"))
}

#[test]
fn pages_are_decoded_one_at_a_time() {
    // 24 colour pages of 8.7 million pixels: 26 MB each when decoded, 630 MB together.
    let page = image::RgbImage::from_fn(2480, 3508, |x, y| {
        let is_text = y % 60 < 20 && x % 14 < 8;
        image::Rgb(if is_text { [20, 20, 60] } else { [250, 248, 240] })
    });
    let png = encode(&DynamicImage::ImageRgb8(page), ImageFormat::Png);
    let folder = tempfile::tempdir().unwrap();
    let parts: Vec<PathBuf> = (0..24).map(|n| folder.path().join(n.to_string())).collect();
    parts.iter().for_each(|path| std::fs::write(path, &png).unwrap());
    let limits = ReaderLimits { n_readers: 1, memory_bytes: 420 << 20, ..ReaderLimits::default() };
    let readers = Readers::new(Path::new(env!("CARGO_BIN_EXE_sohoa")).to_path_buf(), limits);
    let pages = (1..=24).map(|page| full_page(page, TextSource::Ocr)).collect();
    let composed = readers.compose(&parts, None, order(vec![0; 24], pages, &fields())).unwrap();
    assert_eq!(Document::load_mem(&composed.pdf).unwrap().page_iter().count(), 24);
}
