//! Reading words from pictures with Tesseract and its Vietnamese model.
//!
//! Gets an upright grey picture and gives lines of words with boxes and confidences. Runs inside the
//! reading processes only (`OMP_THREAD_LIMIT=1` must be in their environment). Refuses to know what the
//! words mean.

mod engine;
mod evenness;
mod likeness;
mod overlooked;
mod page;
mod second_look;
mod tight;
mod tsv;

pub use engine::Engine;
pub use page::{Upright, prepare, read_line, read_number, read_page, sense_both_ways};
