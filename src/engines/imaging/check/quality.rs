//! The sentences about how good a scan is (Điều 9 khoản 6): measures against thresholds.

use super::PageRules;
use crate::{
    domain::page::{FindingKind, PageFacts, Side},
    engines::imaging::quality::is_off_scale,
};

/// What is wrong with the scan of one page.
pub(super) fn faults(page: &PageFacts, rules: &PageRules) -> Vec<(FindingKind, String)> {
    let mut found = Vec::new();
    // A page that is drawn was not scanned.
    if page.dpi == 0 {
        return found;
    }
    let at = page.position;
    let is_coarse = page.dpi + rules.dpi_tolerance < rules.min_dpi;
    if is_coarse {
        let message = format!(
            "Trang {at} chỉ có độ phân giải {} dpi, thấp hơn {} dpi; hãy quét lại.",
            page.dpi, rules.min_dpi
        );
        found.push((FindingKind::LowResolution, message));
    }
    // Too few dots for the paper, or a wrong claim of its size: one finding is enough.
    if let Some(message) = off_scale(page).filter(|_| !is_coarse) {
        found.push((FindingKind::WrongScale, message));
    }
    if let Some(message) = cut_off(page, rules) {
        found.push((FindingKind::CutOff, message));
    }
    let q = &page.quality;
    if let Some(edge) = q.edge_mm.filter(|edge| *edge > rules.max_edge_mm && !is_coarse) {
        let message = format!(
            "Trang {at} bị nhòe: nét chữ loang {} mm, giới hạn {} mm; hãy lau kính, đặt giấy phẳng rồi quét lại.",
            decimal(edge, 2),
            decimal(rules.max_edge_mm, 2)
        );
        found.push((FindingKind::Blurred, message));
    }
    if let Some(message) = too_dark(page, rules) {
        found.push((FindingKind::TooDark, message));
    }
    if let Some(contrast) = q.ink_contrast.filter(|c| *c < rules.min_ink_contrast) {
        let message = format!(
            "Trang {at} quá nhạt: chữ chỉ đậm hơn giấy {}, cần ít nhất {}; hãy tăng độ đậm và quét lại.",
            percent(contrast),
            percent(rules.min_ink_contrast)
        );
        found.push((FindingKind::TooLight, message));
    }
    if let Some(contrast) = q.streak_contrast.filter(|c| *c > rules.max_streak_contrast) {
        let message = format!(
            "Trang {at} có vệt chạy suốt trang do máy quét bẩn: vệt lệch màu giấy {}, giới hạn {}; hãy lau máy và quét lại.",
            percent(contrast),
            percent(rules.max_streak_contrast)
        );
        found.push((FindingKind::Streaked, message));
    }
    found
}

fn off_scale(page: &PageFacts) -> Option<String> {
    let at = page.position;
    if is_off_scale(page.width_mm, page.height_mm) {
        return Some(format!(
            "Trang {at} có khổ {:.0} × {:.0} mm, không phải tỷ lệ 100 % của khổ giấy chuẩn; hãy kiểm tra tỷ lệ quét.",
            page.width_mm, page.height_mm
        ));
    }
    // A sheet inside a picture that claims no size of its own has no size either.
    let is_a4 = (page.width_mm.max(page.height_mm) - 297.0).abs() < 8.0
        && (page.width_mm.min(page.height_mm) - 210.0).abs() < 6.0;
    let [w, h] = page.quality.sheet_mm.filter(|_| is_a4)?;
    is_off_scale(w as f32, h as f32).then(|| {
        format!(
            "Tờ giấy ở trang {at} chỉ chiếm {w:.0} × {h:.0} mm trong ảnh quét, không phải tỷ lệ 100 % của khổ giấy chuẩn; hãy kiểm tra tỷ lệ quét."
        )
    })
}

fn cut_off(page: &PageFacts, rules: &PageRules) -> Option<String> {
    let (at, q) = (page.position, &page.quality);
    if let Some(n) = q.cut_letters.filter(|n| *n > rules.max_cut_letters) {
        let side = match q.cut_side {
            Some(Side::Top) => "mép trên",
            Some(Side::Right) => "mép phải",
            Some(Side::Bottom) => "mép dưới",
            Some(Side::Left) => "mép trái",
            None => "mép",
        };
        return Some(format!(
            "Trang {at} bị cắt ở {side}: ít nhất {n} chỗ chữ chạm mép ảnh, cho phép {}; hãy đặt lại giấy và quét lại.",
            rules.max_cut_letters
        ));
    }
    let n = q.hidden_lines.filter(|n| *n > rules.max_hidden_lines)?;
    Some(format!(
        "Trang {at} bị gập góc, che ít nhất {n} dòng chữ, cho phép {}; hãy vuốt phẳng giấy và quét lại.",
        rules.max_hidden_lines
    ))
}

fn too_dark(page: &PageFacts, rules: &PageRules) -> Option<String> {
    let (at, q) = (page.position, &page.quality);
    if let Some(level) = q.paper_level.filter(|l| *l < rules.min_paper_level) {
        return Some(format!(
            "Trang {at} quá tối: nền giấy chỉ sáng {}, cần ít nhất {}; hãy tăng độ sáng và quét lại.",
            percent(level),
            percent(rules.min_paper_level)
        ));
    }
    let share = q.shadow_share.filter(|s| *s > rules.max_shadow_share)?;
    Some(format!(
        "Trang {at} có bóng tối che {} mặt giấy, giới hạn {}; hãy ép phẳng giấy (gáy sách) và quét lại.",
        percent(share),
        percent(rules.max_shadow_share)
    ))
}

/// `12 %`; with one decimal where it is small.
fn percent(share: f64) -> String {
    let n = if share < 0.1 { 1 } else { 0 };
    format!("{} %", decimal(share * 100.0, n))
}

/// With the comma that Vietnamese has for the decimal point.
fn decimal(v: f64, n: usize) -> String {
    format!("{v:.n$}").replace('.', ",")
}
