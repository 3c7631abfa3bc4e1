//! How the content of a page leaves the graphics state, and brackets that keep it to itself.

use hayro_syntax::page::Page;

/// How content leaves the stack of graphics states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engines) struct Balance {
    /// `Q` without a `q` before it.
    n_unopened: usize,
    /// `q` without a `Q` after it.
    n_unclosed: usize,
    /// Whether a text object is left open.
    is_in_text: bool,
}

impl Balance {
    /// Reads the content of a page once.
    pub(in crate::engines) fn of(page: &Page<'_>) -> Self {
        let mut balance = Self { n_unopened: 0, n_unclosed: 0, is_in_text: false };
        let mut operations = page.operations();
        while let Some(operation) = operations.next() {
            match &**operation.operator {
                b"q" => balance.n_unclosed += 1,
                b"Q" if balance.n_unclosed == 0 => balance.n_unopened += 1,
                b"Q" => balance.n_unclosed -= 1,
                b"BT" => balance.is_in_text = true,
                b"ET" => balance.is_in_text = false,
                _ => {}
            }
        }
        balance
    }

    /// What goes before and after the old content, so that nothing of its state reaches what follows.
    pub(in crate::engines) fn brackets(self) -> (Vec<u8>, Vec<u8>) {
        let before = b"q\n".repeat(self.n_unopened + 1);
        let mut after = if self.is_in_text { b"\nET\n".to_vec() } else { b"\n".to_vec() };
        after.extend(b"Q\n".repeat(self.n_unclosed + 1));
        (before, after)
    }
}
