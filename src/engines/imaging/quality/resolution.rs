//! The resolution against the real size of the paper: what a file claims of its size may be wrong.

use crate::domain::page::PageQuality;

const A4_MM: (f32, f32) = (210.0, 297.0);
/// Small letters of the 12 to 15 points that NĐ 30/2020/NĐ-CP, Phụ lục I has for the body, with room.
const BODY_X_MM: std::ops::RangeInclusive<f64> = 1.6..=2.7;
/// Smaller than seven points, or larger than twenty: no body of a letter.
const NO_BODY_BELOW_MM: f64 = 1.15;
const NO_BODY_ABOVE_MM: f64 = 3.4;

/// Dots per inch of the paper, from those by the claimed size of the page (as seen upright).
///
/// A page in the proportions of the A series that has none of its sizes is A4 at another scale, unless
/// its print says otherwise. One of another A size whose print is far too small (or large) for any body,
/// and right for A4, is A4. A photograph that shows all of a sheet has the resolution of the sheet.
pub fn dpi_of_paper(claimed: u32, width_mm: f32, height_mm: f32, quality: &PageQuality) -> u32 {
    let (short, long) = (width_mm.min(height_mm), width_mm.max(height_mm));
    if claimed == 0 || short < 15.0 {
        return claimed;
    }
    let scaled = |long_mm: f32| (claimed as f32 * long_mm / A4_MM.1).round() as u32;
    if let Some([w, h]) = quality.sheet_mm.filter(|_| is_guess(short, long)) {
        let (short, long) = (w.min(h) as f32, w.max(h) as f32);
        // The camera stands a little aslant, and soft edges look nearer.
        let is_a4 = (long / short / std::f32::consts::SQRT_2 - 1.0).abs() <= 0.05;
        return if is_a4 { scaled(long * 1.02).min(claimed) } else { claimed };
    }
    let at_a4 = |x: f64| x * f64::from(A4_MM.1 / long);
    let is_body = |x: f64| BODY_X_MM.contains(&at_a4(x));
    let is_a_series = (long / short / std::f32::consts::SQRT_2 - 1.0).abs() <= 0.012;
    if !is_a_series || (long / A4_MM.1 - 1.0).abs() <= 0.035 {
        return claimed;
    }
    let is_a4 = match quality.x_height_mm {
        Some(x) if is_off_scale(width_mm, height_mm) => is_body(x),
        Some(x) => is_body(x) && !(NO_BODY_BELOW_MM..=NO_BODY_ABOVE_MM).contains(&x),
        None => false,
    };
    if is_a4 { scaled(long) } else { claimed }
}

/// Whether the size is the one taken for a picture that claims none: the largest that A4 holds.
fn is_guess(short: f32, long: f32) -> bool {
    let fits = |a: f32, b: f32| (a - b).abs() < 0.05;
    fits(short, A4_MM.0) != fits(long, A4_MM.1) && short < A4_MM.0 + 0.1 && long < A4_MM.1 + 0.1
}

/// Whether a sheet has the proportions of the A series but no size of any series, or is larger than A2.
pub fn is_off_scale(width_mm: f32, height_mm: f32) -> bool {
    // Sizes of the A series by their longer side; they leave a scanner's edges some room …
    const A_SERIES: [f32; 6] = [594.0, 420.0, 297.0, 210.0, 148.0, 105.0];
    // … and others of much the same proportions, which have to fit: B4, B5 and B6 (ISO and JIS), and 19 × 27 cm.
    const OTHERS: [(f32, f32); 7] = [
        (250.0, 353.0),
        (176.0, 250.0),
        (125.0, 176.0),
        (257.0, 364.0),
        (182.0, 257.0),
        (128.0, 182.0),
        (190.0, 270.0),
    ];
    let (short, long) = (width_mm.min(height_mm), width_mm.max(height_mm));
    if long > 620.0 {
        return true;
    }
    let is_near = |a: f32, b: f32, by: f32| (a / b - 1.0).abs() <= by;
    is_near(long / short.max(1.0), std::f32::consts::SQRT_2, 0.012)
        && A_SERIES.iter().all(|size| !is_near(long, *size, 0.035))
        && OTHERS.iter().all(|(s, l)| !(is_near(short, *s, 0.006) && is_near(long, *l, 0.006)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_held_against_the_print_and_the_sheet() {
        let check = |claimed: u32,
                     size: (f32, f32),
                     x: Option<f64>,
                     sheet: Option<[f64; 2]>,
                     expected: u32| {
            let quality = PageQuality { x_height_mm: x, sheet_mm: sheet, ..PageQuality::default() };
            assert_eq!(dpi_of_paper(claimed, size.0, size.1, &quality), expected, "{claimed} {size:?} {x:?}");
        };
        check(300, (210.0, 297.0), Some(2.1), None, 300);
        check(300, (210.0, 297.0), Some(1.0), None, 300); // small print on A4 is small print
        check(200, (157.5, 222.7), Some(1.55), None, 150); // A4 at 150 dpi that claims 200
        check(300, (105.0, 148.5), Some(1.04), None, 150); // … that claims 300: A6 with letters of 6 points
        check(300, (105.0, 148.5), Some(1.7), None, 300); // a true A6
        check(300, (148.0, 210.0), Some(1.5), None, 300); // a true A5
        check(150, (420.0, 594.0), Some(4.1), None, 300); // A4 at 300 dpi that claims 150
        check(150, (420.0, 594.0), Some(2.1), None, 150); // a drawing
        check(200, (157.5, 222.7), None, None, 200); // nothing tells
        check(226, (210.0, 280.0), Some(1.8), Some([186.0, 263.0]), 204); // a photograph of a sheet
        check(226, (210.0, 280.0), Some(1.8), None, 226);
        check(0, (210.0, 280.0), None, None, 0);
    }

    #[test]
    fn sizes_of_any_series_are_at_scale() {
        for (w, h, is_off) in [
            (210.0, 297.0, false),
            (168.0, 237.6, true),
            (189.0, 267.3, true),
            (241.5, 341.5, true),
            (190.0, 270.0, false),
            (182.0, 257.0, false),
            (176.0, 250.0, false),
            (215.9, 279.4, false),
            (85.6, 54.0, false),
            (700.0, 900.0, true),
        ] {
            assert_eq!(is_off_scale(w, h), is_off, "{w} {h}");
            assert_eq!(is_off_scale(h, w), is_off, "{h} {w}");
        }
    }
}
