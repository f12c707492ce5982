//! QR codes as a picture that a page holds itself, so that no other server learns what is in them.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Modules of quiet space around the code.
const MARGIN: usize = 4;

/// An SVG element with the text in it, dark on white whatever the page's theme is; nothing when the text is too long.
pub fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (row, colors) in code.to_colors().chunks(width).enumerate() {
        for (column, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            let _ = write!(path, "M{} {}h1v1h-1z", column + MARGIN, row + MARGIN);
        }
    }
    let size = width + 2 * MARGIN;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"QR code\" \
         shape-rendering=\"crispEdges\"><rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn a_code_is_one_square_picture_with_nothing_from_elsewhere() {
        let picture = svg("otpauth://totp/loki:ada@example.org?secret=GEZDGNBVGY3TQOJQ&issuer=loki").unwrap();

        assert!(picture.starts_with("<svg xmlns=") && picture.ends_with("</svg>"), "{picture}");
        assert!(!picture.contains("href") && !picture.contains("secret"));
        // The three corners that a camera looks for begin with seven dark modules.
        assert!(picture.contains("M4 4h1v1h-1zM5 4h1v1h-1zM6 4h1v1h-1zM7 4h1v1h-1zM8 4h1v1h-1zM9 4h1v1h-1zM10 4h1v1h-1z"));
        assert_eq!(svg(&"x".repeat(5_000)), None);
    }
}
