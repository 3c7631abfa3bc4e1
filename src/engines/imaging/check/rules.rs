//! What findings ask for, by configuration.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::page::{FindingKind, Severity};

/// Whether blank pages are among the pages that were declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlankPages {
    /// Every side that was scanned was declared.
    Counted,
    /// Only sides with something on them were declared.
    NotCounted,
    /// Either way of counting is taken; blank pages are asked about in any case.
    Either,
}

/// Thresholds and severities of the page checks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageRules {
    /// Lowest resolution, dots per inch.
    pub min_dpi: u32,
    /// Dots per inch that a measured resolution may fall short: page boxes are rounded.
    pub dpi_tolerance: u32,
    /// Lowest version of PDF, as `1.4`.
    pub min_pdf_version: String,
    /// How blank pages count against the declared number.
    pub blank_pages: BlankPages,
    /// Widest edge of letters before a page is blurred, millimetres.
    pub max_edge_mm: f64,
    /// Lowest brightness of the paper under the print, 0–1.
    pub min_paper_level: f64,
    /// Largest share of a page in deep shadow, 0–1.
    pub max_shadow_share: f64,
    /// Lowest contrast of the print with its paper, 0–1.
    pub min_ink_contrast: f64,
    /// Letters that may touch an edge of the picture.
    pub max_cut_letters: u32,
    /// Lines of text that may run under a folded corner.
    pub max_hidden_lines: u32,
    /// Strongest streak of the scanner, as a share of the brightness of the paper, 0–1.
    pub max_streak_contrast: f64,
    /// What a kind of finding asks for, where it differs from the built-in answer.
    pub severities: BTreeMap<FindingKind, Severity>,
}

impl Default for PageRules {
    fn default() -> Self {
        Self {
            min_dpi: 200,
            dpi_tolerance: 3,
            min_pdf_version: "1.4".to_owned(),
            blank_pages: BlankPages::Either,
            max_edge_mm: 0.48,
            min_paper_level: 0.45,
            max_shadow_share: 0.02,
            min_ink_contrast: 0.25,
            max_cut_letters: 2,
            max_hidden_lines: 1,
            max_streak_contrast: 0.05,
            severities: BTreeMap::new(),
        }
    }
}

impl PageRules {
    /// What a finding of this kind asks for. A secret paper blocks whatever the configuration says.
    pub fn severity(&self, kind: FindingKind) -> Severity {
        if kind == FindingKind::Classified {
            return Severity::Block;
        }
        self.severities.get(&kind).copied().unwrap_or(match kind {
            FindingKind::WrongPageCount | FindingKind::LowResolution => Severity::Block,
            FindingKind::DoNotDigitise | FindingKind::Classified => Severity::Block,
            FindingKind::RotatedPage
            | FindingKind::NotColour
            | FindingKind::OldPdfVersion
            | FindingKind::WrongScale => Severity::Advice,
            _ => Severity::Ask,
        })
    }
}
