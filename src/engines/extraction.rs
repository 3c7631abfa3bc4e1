//! Fields from words and their places.
