//! What the colours and the marks mean, below the picture.

use super::Picture;
use super::paint::{Anchor, Canvas};
use super::shape::Style;
use crate::layout::Rect;
use crate::text::{Font, number};
use crate::theme;

pub(super) const HEIGHT: f64 = 34.0;
const FONT: Font = Font::regular(10.0);
const SWATCH: f64 = 9.0;
/// Colours of the scale on each side of zero.
const STEPS: i32 = 6;

/// Room for it, whatever it says: the picture is as wide before `backward` as after it.
pub(super) fn width(style: Style) -> f64 {
    if style.marks { 480.0 } else { 290.0 }
}

impl Picture<'_> {
    pub(super) fn write_legend(&self, out: &mut Canvas, [mut x, baseline]: [f64; 2]) {
        let swatch = |x: f64| Rect { x, y: baseline - 8.0, width: SWATCH, height: SWATCH };
        let say = |out: &mut Canvas, text: &str, x: &mut f64| {
            out.text(text, [*x, baseline], FONT, theme::MUTED, Anchor::Start);
            *x += FONT.width(text) + 6.0;
        };
        out.raw("<g class='gl-legend'>");
        match self.gradient.largest() {
            None => say(out, "– gradient not computed: backward() has not run", &mut x),
            Some(0.0) => say(out, "all gradients are 0", &mut x),
            Some(largest) => {
                say(out, "gradient", &mut x);
                say(out, &number(-largest), &mut x);
                let start = x;
                for step in -STEPS..=STEPS {
                    // Even steps of the tint, which goes by the square root.
                    let share = f64::from(step) / f64::from(STEPS);
                    out.rect(swatch(x), 0.0);
                    out.fill(self.gradient.tint(Some(largest * share * share.abs())));
                    out.raw("/>");
                    x += SWATCH;
                }
                out.rect(Rect { width: x - start, ..swatch(start) }, 0.0);
                out.raw("fill='none' ");
                out.stroke(theme::FAINT, 1.0);
                out.raw("/>");
                x += 6.0;
                say(out, &number(largest), &mut x);
            }
        }
        if self.style.marks {
            x += 12.0;
            let marks = [
                ("operation", SWATCH / 2.0, ""),
                ("leaf", 1.5, ""),
                ("constant", 1.5, super::node::SMALL_DASHES),
            ];
            for (text, corner, dashes) in marks {
                out.rect(swatch(x), corner);
                out.fill(theme::PAPER);
                out.stroke(theme::MUTED, 1.0);
                out.raw(dashes);
                out.raw("/>");
                x += SWATCH + 4.0;
                say(out, text, &mut x);
            }
        }
        out.raw("</g>\n");
    }
}
