//! The store keeps its promises on SQLite and on PostgreSQL alike.

mod audit;
mod jobs;
mod kept;
mod opening;
mod sealed;
mod world;
