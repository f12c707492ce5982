//! ID tokens at rest. One is kept as long as the login that rests on it, to name the session at the provider when that ends, and
//! says who a person is. It is sealed with the value of the browser's cookie, so whoever has the database cannot read it.

use domain::{
    sign_in::{IdToken, Vouched},
    vault::held,
};

use crate::Cx;

/// What is sealed.
const WHAT: &str = "id token";

/// `vouched` with its ID token sealed, as it lies in the database.
pub fn sealed(cx: &Cx, cookie: &[u8], vouched: Vouched) -> Vouched {
    let mut nonce = [0; 12];
    cx.ids.random(&mut nonce);
    // Without one, signing out at the provider asks there whose session it is.
    let seal = |token: IdToken| held::seal(cookie, WHAT, &token.0, nonce).ok().map(IdToken);
    Vouched { id_token: vouched.id_token.and_then(seal), ..vouched }
}

/// `vouched` with its ID token as it was before [`sealed`] with that cookie; without one where it does not open.
pub fn opened(cookie: &[u8], vouched: Vouched) -> Vouched {
    let open = |token: IdToken| held::open(cookie, WHAT, &token.0).ok().map(|text| IdToken(text.to_string()));
    Vouched { id_token: vouched.id_token.and_then(open), ..vouched }
}
