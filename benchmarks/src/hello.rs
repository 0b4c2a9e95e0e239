//! The smallest possible function on `lambda_http`. The other functions are compared with it.

use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(healthy)).await
}

async fn healthy(_: Request) -> Result<Response<Body>, Error> {
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(Body::from(r#"{"status":"healthy"}"#))?)
}
