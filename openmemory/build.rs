//! Builds anew when a migration is added: migrations are compiled into the binary.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
