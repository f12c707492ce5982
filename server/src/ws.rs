//! The live sockets.

pub mod events;
pub mod feed;
pub mod open_sockets;
