//! Reading words from prepared pictures.
