//! CCITT group 4 (ITU-T T.6), the compression of most black-and-white scans.
//!
//! Rows come as bits, 1 is black. Only writing: what reads it belongs to others.

const WHITE: &str = "00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101 \
    101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010 \
    00000011 00011010 00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000 00101001 00101010 \
    00101011 00101100 00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101 00100100 \
    00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100";
const WHITE_64: &str = "11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 \
    011001101 011010010 011010011 011010100 011010101 011010110 011010111 011011000 011011001 011011010 011011011 \
    010011000 010011001 010011010 011000 010011011";
const BLACK: &str = "0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 \
    000011000 0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111 \
    00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001 000001101010 \
    000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 000001101100 \
    000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111 000001100100 \
    000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000 \
    000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111";
const BLACK_64: &str = "0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 \
    0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 \
    0000001110100 0000001110101 0000001110110 0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 \
    0000001011010 0000001011011 0000001100100 0000001100101";
/// 1792, 1856 … 2560, for both colours.
const LONG_64: &str = "00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 \
    000000010110 000000010111 000000011100 000000011101 000000011110 000000011111";

/// Codes of run lengths of one colour: 0–63, then 64, 128 … 2560.
struct Codes {
    short: Vec<&'static str>,
    long: Vec<&'static str>,
}

impl Codes {
    fn of(short: &'static str, long: &'static str) -> Self {
        let long = long.split_whitespace().chain(LONG_64.split_whitespace()).collect();
        Self { short: short.split_whitespace().collect(), long }
    }
}

#[derive(Default)]
struct BitStream {
    bytes: Vec<u8>,
    n_bits: usize,
}

impl BitStream {
    fn put(&mut self, code: &str) {
        for bit in code.bytes() {
            if self.n_bits.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if bit == b'1' {
                self.bytes[self.n_bits / 8] |= 0x80 >> (self.n_bits % 8);
            }
            self.n_bits += 1;
        }
    }

    fn run(&mut self, codes: &Codes, length: usize) {
        let mut rest = length;
        while rest >= 64 {
            let step = (rest / 64).min(codes.long.len());
            self.put(codes.long[step - 1]);
            rest -= step * 64;
        }
        self.put(codes.short[rest]);
    }
}

/// Where the colour changes along a row that begins white.
fn changes(row: &[u8], width: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut black = false;
    let mut x = 0;
    while x < width {
        let byte = row[x / 8];
        // Whole bytes of one colour are most of a page.
        if x.is_multiple_of(8) && byte == if black { 0xff } else { 0 } {
            x += 8;
            continue;
        }
        if (byte & (0x80 >> (x % 8)) != 0) != black {
            found.push(x);
            black = !black;
        }
        x += 1;
    }
    found
}

/// The rows as one group 4 stream with its end mark.
pub fn group4(rows: &[u8], width: usize) -> Vec<u8> {
    let (white, black) = (Codes::of(WHITE, WHITE_64), Codes::of(BLACK, BLACK_64));
    let mut out = BitStream::default();
    let mut above: Vec<usize> = Vec::new();
    for row in rows.chunks(width.div_ceil(8)) {
        let here = changes(row, width);
        row_codes(&mut out, &here, &above, width, [&white, &black]);
        above = here;
    }
    out.put("000000000001000000000001");
    out.bytes
}

fn row_codes(out: &mut BitStream, here: &[usize], above: &[usize], width: usize, codes: [&Codes; 2]) {
    // a0 stands before the row at first, and the line is white.
    let mut a0: Option<usize> = None;
    let mut colour = 0;
    let from = |list: &[usize], n: usize| list.get(n).copied().unwrap_or(width);
    loop {
        let start = a0.unwrap_or(0);
        if start >= width && a0.is_some() {
            return;
        }
        let is_right = |x: usize| a0.is_none_or(|a0| x > a0);
        let mut n1 = here.iter().position(|&x| x >= start && is_right(x)).unwrap_or(here.len());
        // A change in `here` at even places turns black.
        if n1 % 2 != colour {
            n1 += 1;
        }
        let a1 = from(here, n1);
        let mut m1 = above.iter().position(|&x| is_right(x)).unwrap_or(above.len());
        if m1 % 2 != colour {
            m1 += 1;
        }
        let (b1, b2) = (from(above, m1), from(above, m1 + 1));
        if b2 < a1 {
            out.put("0001");
            a0 = Some(b2);
            continue;
        }
        let vertical = match a1 as i64 - b1 as i64 {
            0 => "1",
            1 => "011",
            2 => "000011",
            3 => "0000011",
            -1 => "010",
            -2 => "000010",
            -3 => "0000010",
            _ => "",
        };
        if vertical.is_empty() {
            let a2 = from(here, n1 + 1);
            out.put("001");
            out.run(codes[colour], a1 - start);
            out.run(codes[1 - colour], a2 - a1);
            a0 = Some(a2);
        } else {
            out.put(vertical);
            a0 = Some(a1);
            colour = 1 - colour;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_white_row_is_one_bit() {
        assert_eq!(group4(&[0, 0], 16), [0b1000_0000, 0b0000_1000, 0b0000_0000, 0b1000_0000]);
    }

    #[test]
    fn run_codes_are_prefix_free() {
        for codes in [Codes::of(WHITE, WHITE_64), Codes::of(BLACK, BLACK_64)] {
            let all: Vec<_> = codes.short.iter().chain(&codes.long).collect();
            assert_eq!((codes.short.len(), codes.long.len()), (64, 40));
            for (n, code) in all.iter().enumerate() {
                assert!(
                    all.iter().enumerate().all(|(m, other)| n == m || !other.starts_with(**code)),
                    "{code}"
                );
            }
        }
    }
}
