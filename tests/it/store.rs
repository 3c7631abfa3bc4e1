//! The store keeps its promises on SQLite and on PostgreSQL alike.

mod audit;
mod codes;
mod documents;
mod jobs;
mod keys;
mod objects;
mod opening;
mod owners;
mod papers;
mod plans;
mod prints;
mod protection;
mod requests;
mod sealed;
mod world;
