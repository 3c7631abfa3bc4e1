//! TIFF in both byte orders: directories, strips, tiles, palettes, compressions.
#![no_main]
mod common;

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| {
    let magic: &[u8] = if bytes.first().is_some_and(|b| *b == b'M') { b"MM\0*" } else { b"II*\0" };
    common::look(common::with_magic(magic, bytes));
});
