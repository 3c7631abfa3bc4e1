//! Writing the code into a foreign PDF: what comes out carries it, and begins with what came in where it may.
#![no_main]
mod common;

use sohoa::{
    domain::code::DocumentCode,
    engines::{
        pdf::read::{CodeField, inspect},
        stamp,
    },
};

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::tried(|| {
    let code = DocumentCode::parse("001085012345.1.001234-KQ1.1917/QĐ-BLĐTBXH").expect("a code of the decision");
    let Ok(stamped) = stamp::write_code(bytes, &code) else { return };
    let facts = inspect(&stamped.pdf).expect("what was written opens");
    let carried = match facts.code_field {
        CodeField::Filled(code) => Some(code),
        _ => facts.marked_code,
    };
    assert_eq!(carried.as_deref(), Some(code.to_string().as_str()));
}));
