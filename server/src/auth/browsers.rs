//! Cookies only for those who may have one: a program with a token has no use for a session, and asks often.

use std::task::{Context, Poll, ready};

use axum::http::{Request, header};
use futures::future::Either;
use tower::{Layer, Service};

/// Puts a layer around requests that bring no `Authorization`; the others go past it.
#[derive(Clone, Debug)]
pub struct WithoutToken<L>(pub L);

/// The way of a browser and the way of a program.
#[derive(Clone, Debug)]
pub struct TwoWays<B, P> {
    browser: B,
    program: P,
}

impl<S: Clone, L: Layer<S>> Layer<S> for WithoutToken<L> {
    type Service = TwoWays<L::Service, S>;

    fn layer(&self, inner: S) -> Self::Service {
        TwoWays { browser: self.0.layer(inner.clone()), program: inner }
    }
}

impl<Body, B, P> Service<Request<Body>> for TwoWays<B, P>
where
    B: Service<Request<Body>>,
    P: Service<Request<Body>, Response = B::Response, Error = B::Error>,
{
    type Response = B::Response;
    type Error = B::Error;
    type Future = Either<B::Future, P::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        ready!(self.browser.poll_ready(cx))?;
        self.program.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.headers().contains_key(header::AUTHORIZATION) {
            Either::Right(self.program.call(request))
        } else {
            Either::Left(self.browser.call(request))
        }
    }
}
