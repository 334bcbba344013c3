//! How a picture looks: colours, fonts and sizes.
//!
//! Blue and orange tell the sign of a gradient: the pair of the Okabe-Ito palette that people who do not
//! see all colours tell apart most surely. The sign is also told by the side of a bar, so colour is never
//! alone. Everything else is quiet: ink, slate and white. Colours are six hex digits, which every reader knows.

use crate::text::Font;

#[derive(Clone, Copy)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Colour {
    /// From `self` (0) to `other` (1).
    pub(crate) fn mix(self, other: Colour, share: f64) -> Colour {
        let mix =
            |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Colour(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

pub(crate) const PAPER: Colour = Colour(0xff, 0xff, 0xff);
pub(crate) const INK: Colour = Colour(0x1c, 0x24, 0x33);
pub(crate) const MUTED: Colour = Colour(0x5f, 0x6b, 0x7c);
pub(crate) const LINE: Colour = Colour(0xa9, 0xb3, 0xc1);
pub(crate) const FAINT: Colour = Colour(0xdd, 0xe2, 0xe9);
/// The header of a leaf.
pub(crate) const LEAF: Colour = Colour(0xe8, 0xec, 0xf2);
/// Regions, by depth in turn.
pub(crate) const REGIONS: [Colour; 2] = [Colour(0xf4, 0xf6, 0xf9), Colour(0xff, 0xff, 0xff)];
pub(crate) const POSITIVE: Colour = Colour(0x00, 0x72, 0xb2);
pub(crate) const NEGATIVE: Colour = Colour(0xd5, 0x5e, 0x00);
/// NaN and infinities.
pub(crate) const BROKEN: Colour = Colour(0xa8, 0x32, 0x8a);

pub(crate) const FONTS: &str = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Noto Sans','DejaVu Sans',sans-serif";

pub(crate) const LABEL: Font = Font::bold(12.0);
pub(crate) const CAPTION: Font = Font::regular(10.0);
pub(crate) const NUMBER: Font = Font::regular(11.0);
pub(crate) const SYMBOL: Font = Font::bold(12.0);
pub(crate) const SMALL_SYMBOL: Font = Font::bold(9.0);
pub(crate) const REGION: Font = Font::bold(11.0);
pub(crate) const HEADING: Font = Font::bold(16.0);
/// Names within a title, which a browser shows as a tooltip.
pub(crate) const TITLE: Font = Font::regular(10.0);

/// Where text is cut, in pixels.
pub(crate) const LABEL_ROOM: f64 = 160.0;
pub(crate) const SYMBOL_ROOM: f64 = 96.0;
pub(crate) const REGION_ROOM: f64 = 220.0;
pub(crate) const HEADING_ROOM: f64 = 640.0;
pub(crate) const TITLE_ROOM: f64 = 400.0;
