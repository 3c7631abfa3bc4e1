//! Composed papers before independent judges.

use image::DynamicImage;
use lopdf::dictionary;

use super::{
    compose::{ComposeError, ComposePage, compose},
    judges::*,
    read::{self, CodeField, ReadError, inspect},
};
use crate::{
    domain::text::TextSource,
    engines::imaging::source::{PageMedia, PageSource},
};

fn a4(media: PageMedia<'_>) -> PageSource<'_> {
    PageSource { media, width_mm: 210.0, height_mm: 297.0 }
}

/// Objects of a PDF as text, streams by their dictionaries and plain beginnings.
fn skeleton(bytes: &[u8]) -> String {
    let document = lopdf::Document::load_mem(bytes).unwrap();
    let mut lines = Vec::new();
    for ((number, _), object) in &document.objects {
        match object {
            lopdf::Object::Stream(stream) => {
                let plain = stream.decompressed_content().unwrap_or_default();
                let is_content = !stream.dict.has(b"Width") && !stream.dict.has(b"Length1");
                let text = String::from_utf8_lossy(&plain).into_owned();
                let text = if is_content && text.chars().all(|c| c == '\n' || c.is_ascii() && !c.is_control())
                {
                    text
                } else {
                    "(bytes)".to_owned()
                };
                let mut dictionary = stream.dict.clone();
                dictionary.remove(b"Length");
                dictionary.remove(b"Length1");
                lines.push(format!("{number}: {dictionary:?} stream\n{text}"));
            }
            other => lines.push(format!("{number}: {other:?}")),
        }
    }
    lines.join("\n").replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn a_composed_paper_has_the_parts_it_should_have() {
    let composed = one_page(90);
    qpdf_is_content(composed.as_bytes());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("pdf-composed", skeleton(composed.as_bytes()));
    });
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(one_page(0).as_bytes(), one_page(0).as_bytes());
    assert_ne!(one_page(0).as_bytes(), one_page(180).as_bytes());
}

#[test]
fn words_are_selected_where_they_were_read_on_every_rotation() {
    for rotation in [0, 90, 180, 270] {
        let composed = one_page(rotation);
        qpdf_is_content(composed.as_bytes());
        let seen = words_as_seen(composed.as_bytes());
        let expected = [
            ("CỘNG", 25.0, 40.0),
            ("HÒA", 45.0, 40.0),
            ("XÃ", 65.0, 40.0),
            ("HỘI", 85.0, 40.0),
            ("CHỦ", 105.0, 40.0),
            ("NGHĨA", 125.0, 40.0),
            ("Độc", 25.0, 46.0),
            ("lập", 45.0, 46.0),
            ("-", 65.0, 46.0),
            ("Tự", 85.0, 46.0),
            ("do", 105.0, 46.0),
            ("(印)", 125.0, 46.0),
        ];
        assert_eq!(seen.len(), expected.len(), "{seen:?}");
        for ((text, place), (word, left, top)) in seen.iter().zip(expected) {
            assert_eq!(text, word);
            let far = [place.left - left, place.top - top, place.width - 18.0, place.height - 4.0];
            assert!(far.iter().all(|mm| mm.abs() < 0.3), "{rotation}° {word}: {place:?}");
        }
        let text = pdftotext(composed.as_bytes());
        let lines: Vec<String> = text
            .lines()
            .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|l| !l.is_empty())
            .collect();
        assert_eq!(lines, ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA", "Độc lập - Tự do (印)"]);
    }
}

#[test]
fn invisible_text_leaves_no_ink() {
    let picture = picture(one_page(0).as_bytes(), 72);
    let rows_of_text = image::imageops::crop_imm(&picture, 60, 100, 400, 60).to_image();
    assert!(rows_of_text.pixels().all(|shade| shade.0[0] > 240));
}

#[test]
fn the_font_is_an_embedded_subset_that_extracts() {
    let listed = text_of(&run("pdffonts", &["FILE"], one_page(0).as_bytes()));
    let line = listed.lines().find(|line| line.contains("+Tinos")).unwrap();
    assert!(line.contains("CID TrueType") && line.contains("Identity-H"), "{listed}");
    let after_encoding: Vec<&str> = line.split("Identity-H").nth(1).unwrap().split_whitespace().collect();
    assert_eq!(after_encoding[..3], ["yes", "yes", "yes"], "{listed}");
}

#[test]
fn a_jpeg_lies_in_the_file_byte_for_byte() {
    for (image, expected) in [
        (DynamicImage::ImageRgb8(colour_paper(400, 566)), "rgb"),
        (DynamicImage::ImageLuma8(paper(400, 566)), "gray"),
    ] {
        let bytes = jpeg(&image);
        let text = page_text(vec![]);
        let media = PageMedia::Jpeg { bytes: &bytes, width_px: 400, height_px: 566, channels: 3 };
        let page = ComposePage { source: a4(media), rotation: 0, text: &text };
        let composed = compose(&[page], &meta(None)).unwrap();
        assert!(composed.as_bytes().windows(bytes.len()).any(|window| window == bytes));
        qpdf_is_content(composed.as_bytes());
        let listed = text_of(&run("pdfimages", &["-list", "FILE"], composed.as_bytes()));
        let row: Vec<&str> = listed.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!((row[3], row[4], row[5], row[8]), ("400", "566", expected, "jpeg"), "{listed}");
    }
}

#[test]
fn lossless_pictures_come_back_pixel_for_pixel() {
    let bilevel =
        image::GrayImage::from_fn(403, 570, |x, y| image::Luma([if (x + y) % 7 == 0 { 0 } else { 255 }]));
    for (image, is_bilevel, bits) in [
        (DynamicImage::ImageLuma8(bilevel), true, "1"),
        (DynamicImage::ImageLuma8(paper(403, 570)), false, "8"),
        (DynamicImage::ImageRgb8(colour_paper(403, 570)), false, "8"),
    ] {
        let text = page_text(vec![]);
        let page = ComposePage { source: a4(lossless(&image, is_bilevel)), rotation: 0, text: &text };
        let composed = compose(&[page], &meta(None)).unwrap();
        qpdf_is_content(composed.as_bytes());
        let listed = text_of(&run("pdfimages", &["-list", "FILE"], composed.as_bytes()));
        let row: Vec<&str> = listed.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!((row[3], row[4], row[7]), ("403", "570", bits), "{listed}");
        let folder = tempfile::tempdir().unwrap();
        let stem = folder.path().join("p");
        text_of(&run("pdfimages", &["-png", "FILE", stem.to_str().unwrap()], composed.as_bytes()));
        let back = image::open(folder.path().join("p-000.png")).unwrap();
        assert_eq!(back.to_rgb8(), image.to_rgb8());
    }
}

#[test]
fn a_born_digital_page_keeps_its_own_text_once_and_a_scan_loses_its_old_layer() {
    let inner = one_page(0).into_bytes();
    let pdf = hayro_syntax::Pdf::new(inner).unwrap();
    let compose_with = |source: TextSource| {
        let mut text = page_text(vec![line_at(40.0, &["đọc", "lại"])]);
        text.source = source;
        let page =
            ComposePage { source: a4(PageMedia::Pdf { pdf: &pdf, index: 0 }), rotation: 0, text: &text };
        let composed = compose(&[page], &meta(None)).unwrap();
        qpdf_is_content(composed.as_bytes());
        pdftotext(composed.as_bytes())
    };
    let own = compose_with(TextSource::TextLayer);
    assert_eq!((own.matches("CỘNG").count(), own.matches("đọc").count()), (1, 0), "{own}");
    let read_again = compose_with(TextSource::Ocr);
    assert_eq!(
        (read_again.matches("CỘNG").count(), read_again.matches("đọc").count()),
        (0, 1),
        "{read_again}"
    );
}

#[test]
fn the_faces_of_annotations_are_carried_over_as_content() {
    for rotation in [0, 90, 180, 270] {
        let coded = crate::engines::stamp::fill_code(one_page(rotation).as_bytes(), &code(SHORT)).unwrap();
        let pdf = hayro_syntax::Pdf::new(coded.pdf).unwrap();
        let mut text = page_text(vec![]);
        text.source = TextSource::TextLayer;
        let page =
            ComposePage { source: a4(PageMedia::Pdf { pdf: &pdf, index: 0 }), rotation: 0, text: &text };
        let composed = compose(&[page], &meta(None)).unwrap();
        qpdf_is_content(composed.as_bytes());
        let before = picture(pdf.data().as_ref(), 60);
        let after = picture(composed.as_bytes(), 60);
        let far = before.pixels().zip(after.pixels()).filter(|(a, b)| a.0[0].abs_diff(b.0[0]) > 90).count();
        assert!(far < 40, "{rotation}°: {far} pixels differ");
        let text = pdftotext(composed.as_bytes());
        assert!(text.contains(SHORT) && text.contains("CỘNG"), "{rotation}°: {text}");
    }
}

#[test]
fn a_page_with_a_layer_switched_off_is_rendered() {
    let mut document = lopdf::Document::load_mem(one_page(0).as_bytes()).unwrap();
    let layer = document.add_object(dictionary! { "Type" => "OCG", "Name" => lopdf::text_string("x") });
    let layers = dictionary! {
        "OCGs" => vec![layer.into()], "D" => dictionary! { "OFF" => vec![layer.into()] },
    };
    document.catalog_mut().unwrap().set("OCProperties", layers);
    let page_id = document.page_iter().next().unwrap();
    document.add_page_contents(page_id, b"/OC /L BDC 0 g 0 0 300 300 re f EMC".to_vec()).unwrap();
    let page = document.get_dictionary_mut(page_id).unwrap();
    let resources = page.get_mut(b"Resources").unwrap().as_dict_mut().unwrap();
    resources.set("Properties", dictionary! { "L" => layer });
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    let pdf = hayro_syntax::Pdf::new(bytes).unwrap();
    let text = page_text(vec![line_at(40.0, &["CỘNG"])]);
    let page = ComposePage { source: a4(PageMedia::Pdf { pdf: &pdf, index: 0 }), rotation: 0, text: &text };
    let composed = compose(&[page], &meta(None)).unwrap();
    qpdf_is_content(composed.as_bytes());
    let seen = picture(composed.as_bytes(), 60);
    let corner = image::imageops::crop_imm(&seen, 0, seen.height() - 100, 100, 100).to_image();
    assert_eq!(ink_box_mm(&corner, 60, 128), None, "the hidden layer is seen");
    assert_eq!(pdftotext(composed.as_bytes()).matches("CỘNG").count(), 1);
    let listed = text_of(&run("pdfimages", &["-list", "FILE"], composed.as_bytes()));
    assert!(listed.lines().nth(2).unwrap().contains("gray"), "{listed}");
}

#[test]
fn pages_of_several_kinds_make_one_paper() {
    let photo = jpeg(&DynamicImage::ImageRgb8(colour_paper(400, 566)));
    let scan = DynamicImage::ImageLuma8(paper(827, 1169));
    let inner = hayro_syntax::Pdf::new(one_page(90).into_bytes()).unwrap();
    let texts: Vec<_> = (0..3).map(|_| page_text(vec![line_at(50.0, &["một", "hai"])])).collect();
    let pages = [
        ComposePage {
            source: a4(PageMedia::Jpeg { bytes: &photo, width_px: 400, height_px: 566, channels: 3 }),
            rotation: 0,
            text: &texts[0],
        },
        ComposePage { source: a4(PageMedia::Pdf { pdf: &inner, index: 0 }), rotation: 180, text: &texts[1] },
        ComposePage { source: a4(lossless(&scan, false)), rotation: 270, text: &texts[2] },
    ];
    let composed = compose(&pages, &meta(None)).unwrap();
    qpdf_is_content(composed.as_bytes());
    let facts = inspect(composed.as_bytes()).unwrap();
    assert_eq!((facts.n_pages, facts.version.as_str(), facts.is_signed), (3, "1.7", false));
    assert_eq!(facts.code_field, CodeField::Empty);
    let names: Vec<&str> = facts.signature_fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["ChuKyCoQuan"]);
    let words = words_as_seen(composed.as_bytes());
    assert_eq!(words.iter().filter(|(text, _)| text == "hai").count(), 3, "{words:?}");
}

#[test]
fn pages_that_cannot_be_composed_are_named() {
    let text = page_text(vec![]);
    let picture = DynamicImage::ImageLuma8(paper(10, 10));
    let check = |media: PageMedia<'_>, width_mm: f32, rotation: u16, expected: ComposeError| {
        let source = PageSource { media, width_mm, height_mm: 297.0 };
        let failed = compose(&[ComposePage { source, rotation, text: &text }], &meta(None)).err();
        assert_eq!(failed, Some(expected));
    };
    let jpeg = |bytes| PageMedia::Jpeg { bytes, width_px: 1, height_px: 1, channels: 3 };
    let raster = || lossless(&picture, false);
    check(jpeg(b"\xFF\xD8\xFF\xD9"), 210.0, 0, ComposeError::UnsupportedJpeg { page: 1 });
    check(raster(), 0.0, 0, ComposeError::BadSize { page: 1, width_mm: 0.0, height_mm: 297.0 });
    check(raster(), 1e6, 0, ComposeError::BadSize { page: 1, width_mm: 1e6, height_mm: 297.0 });
    check(raster(), 210.0, 45, ComposeError::BadRotation { page: 1, rotation: 45 });
    assert_eq!(compose(&[], &meta(None)).err(), Some(ComposeError::NoPages));
}

#[test]
fn hostile_bytes_are_errors_and_never_panics() {
    let good = one_page(0).into_bytes();
    let cyclic = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R 3 0 R]/Count 9/Parent 2 0 R>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF";
    let empty = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\nxref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000055 00000 n \ntrailer<</Root 1 0 R/Size 3>>\nstartxref\n102\n%%EOF";
    for (bytes, expected) in [
        (&b""[..], Err(ReadError::NotAPdf)),
        (b"chu thuong", Err(ReadError::NotAPdf)),
        (b"%PDF-1.7\nrubbish", Err(ReadError::Damaged)),
        (cyclic, Err(ReadError::Damaged)),
        (empty, Err(ReadError::NoPages)),
        (&good[..], Ok(1)),
        (&good[..good.len() / 2], Err(ReadError::Damaged)),
        // Only the table is gone: all objects are there and are found again.
        (&good[..good.len() - 300], Ok(1)),
    ] {
        assert_eq!(inspect(bytes).map(|facts| facts.n_pages), expected, "{}", bytes.len());
    }
    // A cheap walk over cuts and flips.
    for step in 0..60 {
        let mut bytes = good[..good.len() * step / 60].to_vec();
        let _ = inspect(&bytes);
        bytes.extend_from_slice(&good[bytes.len()..]);
        for at in (step * 7..bytes.len()).step_by(997) {
            bytes[at] ^= 0x55;
        }
        let _ = inspect(&bytes);
    }
}

#[test]
fn a_password_is_said_and_an_empty_one_is_none() {
    let plain = one_page(0).into_bytes();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.pdf");
    for (password, bits) in [("", "256"), ("mat-khau", "256"), ("", "128")] {
        let arguments = [
            "--allow-weak-crypto",
            "--encrypt",
            password,
            "owner",
            bits,
            "--",
            "FILE",
            out.to_str().unwrap(),
        ];
        text_of(&run("qpdf", &arguments, &plain));
        let encrypted = std::fs::read(&out).unwrap();
        let facts = inspect(&encrypted);
        if password.is_empty() {
            assert!(facts.unwrap().is_encrypted, "{bits}");
            assert_carried_over(encrypted);
        } else {
            assert_eq!(facts, Err(ReadError::Password));
        }
    }
}

fn assert_carried_over(encrypted: Vec<u8>) {
    let pdf = hayro_syntax::Pdf::new(encrypted).unwrap();
    let mut text = page_text(vec![]);
    text.source = TextSource::TextLayer;
    let page = ComposePage { source: a4(PageMedia::Pdf { pdf: &pdf, index: 0 }), rotation: 0, text: &text };
    let composed = compose(&[page], &meta(None)).unwrap();
    qpdf_is_content(composed.as_bytes());
    assert!(pdftotext(composed.as_bytes()).contains("CỘNG"));
    let (first, second) = (picture(one_page(0).as_bytes(), 50), picture(composed.as_bytes(), 50));
    let far = first.pixels().zip(second.pixels()).filter(|(a, b)| a.0[0].abs_diff(b.0[0]) > 60).count();
    assert!(far < 300, "{far} pixels differ");
    assert!(!read::inspect(composed.as_bytes()).unwrap().is_encrypted);
}

#[test]
fn broken_pages_of_a_pdf_are_errors_and_never_panics() {
    let good = crate::engines::stamp::fill_code(one_page(90).as_bytes(), &code(SHORT)).unwrap().pdf;
    let text = page_text(vec![line_at(40.0, &["CỘNG"])]);
    for step in 0..40 {
        let mut bytes = good.clone();
        for at in (step * 13..bytes.len()).step_by(1201) {
            bytes[at] ^= 0x35;
        }
        let Ok(pdf) = hayro_syntax::Pdf::new(bytes) else { continue };
        let page =
            ComposePage { source: a4(PageMedia::Pdf { pdf: &pdf, index: 0 }), rotation: 0, text: &text };
        if let Ok(composed) = compose(&[page], &meta(None)) {
            assert_eq!(inspect(composed.as_bytes()).unwrap().n_pages, 1);
        }
    }
}
