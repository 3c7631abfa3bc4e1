//! Child processes of our own binary that touch foreign bytes.
