//! Prints the OpenAPI document, for `cargo xtask generate`: a document is no task of the shipped binary.

fn main() {
    print!("{}", tidecast::api::openapi_json());
}
