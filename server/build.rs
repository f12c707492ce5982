//! Tells `main.rs` where the site lies that `deploy/site.sh` packs. Nothing of the library depends on it: a changed interface compiles
//! `main.rs` alone.

use std::{
    fs::OpenOptions,
    io::ErrorKind,
    path::{Path, PathBuf},
};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let Some(pack) = pack(&out) else { return };
    // An empty one is no site: the server says so at start. `site.sh` may move its own there at any moment, which stays. Nothing
    // removes a pack, so that this is not run again for each site, which would compile the library anew; who removed it calls
    // `site.sh`.
    if let Err(error) = OpenOptions::new().write(true).create_new(true).open(&pack)
        && error.kind() != ErrorKind::AlreadyExists
    {
        println!("cargo:warning={} cannot be written: {error}", pack.display());
    }
    println!("cargo:rustc-env=LOKI_SITE={}", pack.display());
}

/// `<target>/site.pack`, where `<target>` is the folder above the profile's (and, with `--target`, above the triple's).
fn pack(out: &Path) -> Option<PathBuf> {
    let ancestors: Vec<&Path> = out.ancestors().collect();
    let built = ancestors.iter().map(|folder| folder.join("site.pack")).find(|pack| pack.is_file());
    // <target>/<profile>/build/<package>/out
    built.or_else(|| ancestors.get(4).map(|target| target.join("site.pack")))
}
