//! Mail to people: written in the transaction of what it is about, sealed, and sent after it was committed.

mod look;
mod queue;
mod send;
mod trial;

pub use look::{Standing, standing};
pub use send::{forget, step, take_back};
pub use trial::try_out;

pub(crate) use queue::{ToSend, notice, put};

use crate::Cx;

/// Whether this installation sends mail.
pub fn is_set_up(cx: &Cx) -> bool {
    cx.mailer.is_some()
}
