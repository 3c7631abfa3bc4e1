//! Child processes of our own binary that touch foreign bytes: decode, measure, read, compose.
//!
//! A crash, a flood of memory or an endless loop in there hurts one page of one paper, and nobody else.
//! The parent never decodes a byte of what was handed in. Knows nothing of who asks.

pub mod child;

mod answer;
mod confine;
mod each_page;
mod look;
mod marks;
mod pool;
mod readers;
mod reread;
mod sealing;
mod wire;

pub use answer::{Attention, ComposeOrder, Composed, Depth, Head, NotStamped, Reading, StampOrder, Timings};
pub use confine::{Attempt, Confinement, Hold};
pub use look::prepared_pages;
pub use marks::{PageCode, PageMarks};
pub use pool::ReaderLimits;
pub use readers::Readers;
pub use sealing::NotSealed;

pub use crate::engines::imaging::{
    fault::{Limits, ReadError},
    open::{Container, ContainerKind},
};
