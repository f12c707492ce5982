//! Cuts the browser's half into parts, and writes the JavaScript that it needs.
//!
//! ```sh
//! site_tool split MODULE.wasm FOLDER     # FOLDER/loki.wasm, its parts, and the script that loads them
//! site_tool bind MODULE.wasm FOLDER      # FOLDER/loki_bg.wasm and FOLDER/loki.js
//! ```

use std::{env, error::Error, fs, path::Path, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::{Options, transform};

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["split", module, folder] => split(Path::new(module), Path::new(folder)),
        ["bind", module, folder] => bind(Path::new(module), Path::new(folder)),
        _ => Err("usage: site_tool split|bind MODULE.wasm FOLDER".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("site_tool: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn split(module: &Path, folder: &Path) -> Outcome {
    let module = fs::read(module)?;
    let main = folder.join("loki.wasm");
    let mut options = Options::new(&module);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.main_module = "./loki.js";
    options.target.web();
    transform(options)?;
    Ok(())
}

fn bind(module: &Path, folder: &Path) -> Outcome {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("loki").web(true)?;
    bindgen.typescript(false).keep_lld_exports(true).remove_name_section(true).remove_producers_section(true);
    bindgen.generate(folder)?;
    Ok(())
}
