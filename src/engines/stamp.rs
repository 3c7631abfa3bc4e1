//! How the code gets onto a file.
