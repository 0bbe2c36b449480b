//! Photographs from files: JPEG, PNG and WebP as they are meant to be seen.

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbaImage};
use std::io::Cursor;

/// Why a file is no photograph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotographError {
    /// None of the three formats.
    #[error("is not a JPEG, PNG or WebP picture")]
    Format,
    /// A JPEG without its end: a decoder would paint what is missing grey.
    #[error("is cut off: the JPEG picture has no end")]
    CutOff,
    /// A PNG's palette that is not made of red, green and blue (PNG specification, 11.2.2).
    #[error("is damaged: the PNG picture's palette ends within a colour")]
    Palette,
    /// Too many pixels.
    #[error("{width} x {height} pixels are too many (up to {most} are read)")]
    TooLarge {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// What was allowed.
        most: usize,
    },
    /// In the words of the decoder, on one line.
    #[error("{0}")]
    Damaged(String),
}

impl From<image::ImageError> for PhotographError {
    fn from(error: image::ImageError) -> Self {
        Self::Damaged(error.to_string().replace('\n', " "))
    }
}

/// The picture in `file`, turned as its EXIF data say. Its size is looked at before anything is unpacked: up to
/// `most` pixels, and eight bytes of memory for each.
pub fn decode(file: &[u8], most: usize) -> Result<RgbaImage, PhotographError> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|_| PhotographError::Format)?;
    match reader.format() {
        Some(ImageFormat::Jpeg) if !ends(file) => return Err(PhotographError::CutOff),
        Some(ImageFormat::Png) if !palette_is_whole(file) => return Err(PhotographError::Palette),
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) => {}
        _ => return Err(PhotographError::Format),
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(most as u64 * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > most as u64 {
        return Err(PhotographError::TooLarge { width, height, most });
    }
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image.into_rgba8())
}

/// Whether a JPEG's last scan ends.
fn ends(jpeg: &[u8]) -> bool {
    let last = |marker: u8| jpeg.windows(2).rposition(|pair| pair == [0xff, marker]);
    matches!((last(0xda), last(0xd9)), (Some(scan), Some(end)) if scan < end)
}

/// Whether a PNG's palette, if it has one, is whole colours: png 0.18.1 panics at others
/// (<https://github.com/image-rs/image-png/issues/694>).
fn palette_is_whole(png: &[u8]) -> bool {
    let mut rest = png.get(8..).unwrap_or_default();
    // A chunk is the length of its data, its name, the data and a checksum.
    while let Some((&[a, b, c, d, ref name @ ..], after)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if name == b"PLTE" && !length.is_multiple_of(3) {
            return false;
        }
        rest = length.checked_add(4).and_then(|end| after.get(end..)).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    /// 16 x 8, white on the left and black on the right.
    fn file(format: ImageFormat) -> Vec<u8> {
        let picture = RgbImage::from_fn(16, 8, |x, _| Rgb([if x < 8 { 255 } else { 0 }; 3]));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// With an EXIF segment that holds nothing but the orientation.
    fn turned(orientation: u8) -> Vec<u8> {
        let tiff = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation, 0, 0, 0][..], &[0; 4]].concat();
        let exif = [b"Exif\0\0", &tiff[..]].concat();
        let length = (exif.len() as u16 + 2).to_be_bytes();
        let jpeg = file(ImageFormat::Jpeg);
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn every_format_is_read() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let picture = decode(&file(format), 128).unwrap();
            assert_eq!(picture.dimensions(), (16, 8), "{format:?}");
            assert!(picture.get_pixel(2, 4)[0] > 240 && picture.get_pixel(13, 4)[0] < 15, "{format:?}");
        }
    }

    #[test]
    fn a_photograph_is_turned_as_its_camera_was_held() {
        for (orientation, size, white) in
            [(1, (16, 8), (2, 4)), (3, (16, 8), (13, 4)), (6, (8, 16), (4, 2)), (8, (8, 16), (4, 13))]
        {
            let picture = decode(&turned(orientation), 128).unwrap();
            assert_eq!(picture.dimensions(), size, "{orientation}");
            assert!(picture.get_pixel(white.0, white.1)[0] > 240, "{orientation}");
        }
    }

    #[test]
    fn what_is_cut_off_too_large_or_no_photograph_is_refused() {
        let png = file(ImageFormat::Png);
        assert_eq!(decode(&png, 127), Err(PhotographError::TooLarge { width: 16, height: 8, most: 127 }));
        assert_eq!(decode(&file(ImageFormat::Jpeg)[..200], 128), Err(PhotographError::CutOff));
        assert!(matches!(decode(&png[..png.len() - 30], 128), Err(PhotographError::Damaged(_))));
        for nothing in [&b""[..], b"GIF89a", b"not a picture"] {
            assert_eq!(decode(nothing, 128), Err(PhotographError::Format));
        }
    }

    /// One pixel of a palette, with checksums that are right.
    fn indexed(palette: &[u8], checksum: u32) -> Vec<u8> {
        let length = (palette.len() as u32).to_be_bytes();
        let header = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x03\0\0\0\x28\xcb\x34\xbb";
        let pixel = b"\0\0\0\x0aIDATx\x9cc`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82";
        [header, &length[..], b"PLTE", palette, &checksum.to_be_bytes(), pixel].concat()
    }

    #[test]
    fn a_palette_that_ends_within_a_colour_is_an_error_and_no_panic() {
        let whole = decode(&indexed(&[255; 3], 0xa7c4_1bc8), 128).unwrap();
        assert_eq!(whole.get_pixel(0, 0).0, [255; 4]);
        for broken in [indexed(&[255, 255, 255, 0], 0x471a_6114), indexed(&[255, 255, 255, 0, 0], 0xc89f_2191)] {
            assert_eq!(decode(&broken, 128), Err(PhotographError::Palette));
        }
    }
}
