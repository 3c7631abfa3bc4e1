//! PDF: looking into one, composing one from pages, writing the code into one.

pub mod compose;
