//! Puts the site that `deploy/site.sh` built into the binary. Without one it embeds nothing, and the server says so at start.

use std::{
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let Some(site) = site_folder(&out) else { return };
    // Made here when it is missing, since cargo takes a watched folder that is not there for changed each time.
    if fs::create_dir_all(&site).is_err() {
        return;
    }
    println!("cargo:rerun-if-changed={}", site.display());
    println!("cargo:rerun-if-changed=build.rs");

    let mut files = Vec::new();
    walk(&site, &mut files);
    files.sort();
    let mut code = String::from("pub(super) static FILES: &[File] = &[\n");
    for file in files.iter().filter(|file| is_original(file)) {
        entry(&mut code, &site, file);
    }
    code.push_str("];\n");
    let manifest = fs::read_to_string(site.join("manifest.json")).unwrap_or_default();
    let _ = writeln!(code, "pub(super) static MANIFEST: &str = {manifest:?};");
    if let Err(error) = fs::write(out.join("site.rs"), code) {
        println!("cargo:warning=the site could not be embedded: {error}");
    }
}

/// `<target>/site`, where `<target>` is the folder above the profile's (and, with `--target`, above the triple's).
fn site_folder(out: &Path) -> Option<PathBuf> {
    let ancestors: Vec<&Path> = out.ancestors().collect();
    let built = ancestors.iter().map(|folder| folder.join("site")).find(|site| site.join("manifest.json").is_file());
    // <target>/<profile>/build/<package>/out
    built.or_else(|| ancestors.get(4).map(|target| target.join("site")))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

/// Neither a compressed twin nor the list of names, which is no file for browsers.
fn is_original(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    !name.ends_with(".br") && !name.ends_with(".gz") && name != "manifest.json"
}

fn entry(code: &mut String, site: &Path, file: &Path) {
    let Ok(relative) = file.strip_prefix(site) else { return };
    let path = format!("/{}", relative.display());
    let mut hasher = DefaultHasher::new();
    fs::read(file).unwrap_or_default().hash(&mut hasher);
    let twin = |ending: &str| {
        let twin = PathBuf::from(format!("{}.{ending}", file.display()));
        if twin.is_file() { format!("Some(include_bytes!({:?}))", twin.display().to_string()) } else { "None".to_owned() }
    };
    let _ = writeln!(
        code,
        "    File {{ path: {path:?}, etag: {:?}, plain: include_bytes!({:?}), brotli: {}, gzip: {} }},",
        format!("\"{:016x}\"", hasher.finish()),
        file.display().to_string(),
        twin("br"),
        twin("gz"),
    );
}
