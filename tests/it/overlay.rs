//! `digitise --overlay`: pictures of the pages with the boxes of the fields over them.

use std::path::Path;

use image::RgbImage;
use serde_json::Value;

use crate::{
    generator::{Container, Kind, Spoiling},
    support::{
        cli::{Ran, sohoa},
        papers,
    },
};

fn overlay(dir: &Path, rest: &[&str]) -> Ran {
    let dir = dir.to_str().unwrap();
    sohoa(["digitise", "--json", "--overlay", dir].into_iter().chain(rest.iter().copied()))
}

fn picture(path: &Path) -> RgbImage {
    image::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).into_rgb8()
}

/// Whether the box of a field is framed in the colour of its status.
fn is_framed(picture: &RgbImage, answer: &Value, key: &str) -> bool {
    let field = &answer["fields"][key];
    let page = &answer["pages"][field["page"].as_u64().unwrap() as usize - 1];
    let across = f64::from(picture.width()) / page["width_mm"].as_f64().unwrap();
    let colour = if field["status"] == "read" { [0x0f, 0x76, 0x3a] } else { [0xc2, 0x28, 0x0c] };
    let mm = |i: usize| field["box_mm"][i].as_f64().unwrap();
    let (top, bottom) = ((mm(1) * across) as u32, ((mm(1) + mm(3)) * across) as u32);
    let edges = [mm(0) - 0.6, mm(0) + mm(2) + 0.6].map(|x| (x * across).round() as u32);
    edges.iter().all(|edge| {
        // A line that begins within a pixel leaves some of what is under it.
        let is_line = |pixel: [u8; 3]| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 60);
        let near = |(x, y): (u32, u32)| picture.get_pixel_checked(x, y).is_some_and(|p| is_line(p.0));
        (edge - 3..=edge + 3).flat_map(|x| (top..=bottom).map(move |y| (x, y))).any(near)
    })
}

#[test]
fn each_page_is_drawn_upright_with_the_boxes_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let scan = papers::with(Kind::Decision, 71, Container::Pdf, &[Spoiling::PenNumber, Spoiling::Turned180]);
    let path = papers::write(&scan, dir.path());
    let out = dir.path().join("anh");
    let ran = overlay(&out, &["--dry-run", path.to_str().unwrap()]);
    let answer = ran.answer();
    let n_pages = answer["pages"].as_array().unwrap().len();
    let stem = path.file_stem().unwrap().to_str().unwrap();
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), n_pages, "{}", ran.stderr);
    let first = picture(&out.join(format!("{stem}.page-1.png")));
    assert!(first.height() > first.width(), "upright");
    assert_eq!(answer["fields"]["document_number"]["status"], "not_read");
    for key in ["document_number", "issued_on", "document_name", "issuing_authority"] {
        assert!(is_framed(&first, &answer, key), "{key}: {}", answer["fields"][key]);
    }
    // The same call draws anew.
    assert_eq!(overlay(&out, &["--dry-run", path.to_str().unwrap()]).code, ran.code);
}

#[test]
fn a_paper_that_is_kept_is_drawn_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let path = papers::write(&papers::clean(Kind::Notice, 72), dir.path());
    let (out, data) = (dir.path().join("anh"), dir.path().join("data"));
    let ran = overlay(&out, &["--data", data.to_str().unwrap(), path.to_str().unwrap()]);
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let first = picture(&out.join(format!("{stem}.page-1.png")));
    assert!(is_framed(&first, &ran.answer(), "issued_on"));
}

#[test]
fn a_secret_paper_is_not_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mat.jpg");
    let lines = [("TUYỆT MẬT", 30.0, 55.0, 14.0), ("Nội dung của giấy tờ", 40.0, 90.0, 13.0)];
    std::fs::write(&path, papers::page_of(&lines)).unwrap();
    let out = dir.path().join("anh");
    let ran = overlay(&out, &["--dry-run", path.to_str().unwrap()]);
    assert_eq!((ran.code, ran.answer()["outcome"].as_str()), (4, Some("refused")), "{}", ran.stdout);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
}

#[test]
fn no_other_file_is_written_over_and_no_picture_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let path = papers::write(&papers::clean(Kind::Notice, 72), dir.path());
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let out = dir.path().join("anh");
    std::fs::create_dir(&out).unwrap();
    let scan = out.join(format!("{stem}.page-1.png"));
    std::fs::write(&scan, b"a scan of somebody's").unwrap();
    let ran = overlay(&out, &["--dry-run", path.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert_eq!(std::fs::read(&scan).unwrap(), b"a scan of somebody's");

    let other = dir.path().join("khac");
    std::fs::create_dir(&other).unwrap();
    let twin = other.join(path.file_name().unwrap());
    std::fs::copy(&path, &twin).unwrap();
    let ran = overlay(&out, &["--dry-run", path.to_str().unwrap(), twin.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("trùng tên"), "{}", ran.stderr);
}
