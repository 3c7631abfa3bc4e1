use super::*;
use crate::domain::page::Side;
use image::{Luma, Rgb, RgbImage};

const W: u32 = 1240;
const H: u32 = 1754;
/// A4 at 150 dpi.
const MM: f32 = 210.0 / W as f32;

fn px(mm: f32) -> u32 {
    (mm / MM) as u32
}

fn bar(image: &mut RgbImage, left: u32, top: u32, w: u32, h: u32, colour: [u8; 3]) {
    for y in top..(top + h).min(image.height()) {
        for x in left..(left + w).min(image.width()) {
            image.put_pixel(x, y, Rgb(colour));
        }
    }
}

/// Lines of letter-like shapes from 30 to 190 mm, on paper with some grain.
fn page() -> RgbImage {
    let grain = |x: u32, y: u32| 240 + ((x * 7 + y * 13 + x * y) % 5) as u8;
    let mut image = RgbImage::from_fn(W, H, |x, y| Rgb([grain(x, y); 3]));
    for line in 0..34u32 {
        for letter in 0..64u32 {
            if (letter * 5 + line * 3) % 11 == 0 {
                continue; // between words
            }
            let (left, top) = (px(30.0) + letter * 15, px(25.0) + line * 42);
            let ink = [30, 30, 40];
            bar(&mut image, left, top, 3, 12, ink);
            bar(&mut image, left + 7, top, 3, 12, ink);
            bar(&mut image, left, top, 9, 2, ink);
            if (letter + line) % 4 == 0 {
                bar(&mut image, left, top - 7, 3, 7, ink);
            }
        }
    }
    image
}

fn measured(image: RgbImage) -> PageQuality {
    let picture = Picture::Rgb(image);
    let small = picture.small(1000);
    let ink = small.ink();
    PageQuality::of(&Scan {
        width_mm: picture.width() as f32 * MM,
        height_mm: picture.height() as f32 * MM,
        colour: picture.colour(),
        picture: &picture,
        small: &small,
        ink: &ink,
        rotation: 0,
        blank: false,
    })
}

#[test]
fn a_good_scan_has_good_measures() {
    let q = measured(page());
    assert!(q.edge_mm.unwrap() < 0.25, "{q:?}");
    assert!(q.paper_level.unwrap() > 0.9 && q.ink_contrast.unwrap() > 0.8, "{q:?}");
    assert_eq!((q.shadow_share, q.streak_contrast), (Some(0.0), Some(0.0)));
    assert_eq!((q.cut_letters, q.hidden_lines, q.sheet_mm), (Some(0), Some(0), None));
    assert!((q.x_height_mm.unwrap() - 12.0 * f64::from(MM)).abs() < 0.2, "{q:?}");
}

#[test]
fn dark_and_faint_pages_are_told_apart() {
    let toned = |white: f32, black: f32| {
        let mut image = page();
        let tone = |v: &mut u8| *v = (black + f32::from(*v) / 245.0 * (white - black)) as u8;
        image.iter_mut().for_each(tone);
        measured(image)
    };
    let (dark, faint) = (toned(95.0, 10.0), toned(250.0, 215.0));
    assert!(dark.paper_level.unwrap() < 0.45 && dark.ink_contrast.unwrap() > 0.5, "{dark:?}");
    assert!(faint.paper_level.unwrap() > 0.9 && faint.ink_contrast.unwrap() < 0.2, "{faint:?}");
}

#[test]
fn black_and_white_has_no_shades_to_measure() {
    let mut image = page();
    image.iter_mut().for_each(|v| *v = if *v > 150 { 255 } else { 0 });
    let q = measured(image);
    assert_eq!((q.edge_mm, q.paper_level, q.ink_contrast, q.shadow_share), (None, None, None, None));
    assert_eq!(q.cut_letters, Some(0));
}

#[test]
fn text_that_runs_over_an_edge_is_cut() {
    let shifted = |dx: i64, dy: i64| {
        let from = page();
        let inside = |v: i64, n: u32| (0..i64::from(n)).contains(&v);
        let at = |x: u32, y: u32| {
            let (x, y) = (i64::from(x) - dx, i64::from(y) - dy);
            if inside(x, W) && inside(y, H) { *from.get_pixel(x as u32, y as u32) } else { Rgb([241; 3]) }
        };
        measured(RgbImage::from_fn(W, H, at))
    };
    let check = |dx: i64, dy: i64, expected: Option<Side>| {
        let q = shifted(dx, dy);
        assert_eq!(q.cut_side, expected, "{dx} {dy}: {q:?}");
        assert_eq!(q.cut_letters.unwrap() > 2, expected.is_some(), "{dx} {dy}: {q:?}");
    };
    check(-i64::from(px(40.0)) - 4, 0, Some(Side::Left));
    check(i64::from(px(40.0)) - 4, 0, Some(Side::Right));
    check(0, -i64::from(px(25.0)) - 5, Some(Side::Top));
    check(-i64::from(px(22.0)), 0, None);
}

#[test]
fn what_else_touches_an_edge_is_not_cut_text() {
    let check = |draw: &dyn Fn(&mut RgbImage), what: &str| {
        let mut image = page();
        draw(&mut image);
        let q = measured(image);
        assert_eq!(q.cut_letters, Some(0), "{what}: {q:?}");
    };
    check(&|i| bar(i, 0, 0, px(3.0), H, [5; 3]), "a black strip");
    check(&|i| (0..40).for_each(|k| bar(i, 0, 40 + k * 42, W, 2, [60; 3])), "rules to the edge");
    check(&|i| (0..6).for_each(|k| bar(i, 0, 100 + k * 240, px(6.0), px(6.0), [20; 3])), "holes");
    check(&|i| bar(i, 0, 0, W, px(60.0), [40, 90, 150]), "a picture over the head");
    check(
        &|i| {
            let seal = |x: u32, y: u32| (x as f32 * MM).hypot(y as f32 * MM - 150.0);
            for (x, y, c) in i.enumerate_pixels_mut() {
                let on_ring = [17.0, 15.0, 12.0, 9.0, 6.0].iter().any(|r| (seal(x, y) - r).abs() < 0.7);
                if on_ring {
                    *c = Rgb([200, 40, 50]);
                }
            }
        },
        "a seal across the edge",
    );
}

#[test]
fn a_corner_folded_over_text_hides_its_lines() {
    // `leg` in millimetres, at the top right; what was folded over covers as much again.
    let folded = |leg: f32, is_back_seen: bool| {
        let mut image = page();
        for (x, y, c) in image.enumerate_pixels_mut() {
            let (u, v) = (210.0 - x as f32 * MM, y as f32 * MM);
            let beyond = leg - u - v;
            if beyond > 0.0 {
                *c = Rgb([if beyond < 1.5 { 190 } else { 250 }; 3]);
            } else if is_back_seen && u < leg && v < leg {
                *c = Rgb([228; 3]);
            }
        }
        measured(image).hidden_lines.unwrap()
    };
    assert!(folded(70.0, true) >= 3, "folded forwards: {}", folded(70.0, true));
    assert!(folded(80.0, false) >= 3, "folded backwards: {}", folded(80.0, false));
    assert_eq!(folded(14.0, true), 0, "over the margin alone");
}

#[test]
fn a_smaller_sheet_on_the_bed_is_measured() {
    let page =
        image::imageops::resize(&page(), W * 8 / 10, H * 8 / 10, image::imageops::FilterType::Triangle);
    for bed in [30, 205] {
        let mut image = RgbImage::from_pixel(W, H, Rgb([bed; 3]));
        image::imageops::replace(&mut image, &page, 0, 0);
        let [w, h] = measured(image).sheet_mm.unwrap();
        assert!((w - 168.0).abs() < 1.2 && (h - 237.6).abs() < 1.2, "{w} {h}");
        assert!(is_off_scale(w as f32, h as f32));
    }
}

#[test]
fn faint_print_is_found_on_a_page_that_passes_for_blank() {
    let q = |image: RgbImage| {
        let picture = Picture::Rgb(image);
        let (small, ink) = (picture.small(1000), picture.small_grey(1000));
        let scan = Scan {
            picture: &picture,
            small: &small,
            ink: &ink,
            width_mm: 210.0,
            height_mm: 297.0,
            colour: Colour::Colour,
            rotation: 0,
            blank: true,
        };
        PageQuality::of(&scan)
    };
    let mut faint = page();
    faint.iter_mut().for_each(|v| *v = 225 + *v / 12);
    assert!(q(faint).x_height_mm.is_some());
    let grain = RgbImage::from_fn(W, H, |x, y| Rgb([232 + ((x * 31 + y * 17 + x * y * 3) % 13) as u8; 3]));
    let blank = q(grain);
    assert_eq!((blank.x_height_mm, blank.edge_mm, blank.cut_letters), (None, None, None));
}

#[test]
fn scraps_are_not_measured() {
    for (w, h) in [(1, 1), (3, 2000), (50, 50)] {
        let picture = Picture::Grey(GrayImage::from_pixel(w, h, Luma([9])));
        let scan = Scan {
            picture: &picture,
            small: &picture,
            ink: &picture.ink(),
            width_mm: w as f32 * MM,
            height_mm: h as f32 * MM,
            colour: Colour::Grey,
            rotation: 90,
            blank: false,
        };
        assert_eq!(PageQuality::of(&scan).edge_mm, None);
    }
}
