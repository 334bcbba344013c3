//! What the network sees of a point of the plane.

/// A function of the two coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Its name in addresses and tables.
    pub name: &'static str,
    /// Its name on the page.
    pub title: &'static str,
    /// What it is.
    pub of: fn(f64, f64) -> f64,
}

/// All of them.
pub const ALL: [Feature; 7] = [
    Feature { name: "x1", title: "x₁", of: |x, _| x },
    Feature { name: "x2", title: "x₂", of: |_, y| y },
    Feature { name: "x1^2", title: "x₁²", of: |x, _| x * x },
    Feature { name: "x2^2", title: "x₂²", of: |_, y| y * y },
    Feature { name: "x1*x2", title: "x₁x₂", of: |x, y| x * y },
    Feature { name: "sin(pi*x1)", title: "sin πx₁", of: |x, _| sine(x) },
    Feature { name: "sin(pi*x2)", title: "sin πx₂", of: |_, y| sine(y) },
];

/// The same on every platform.
fn sine(x: f64) -> f64 {
    gradling::Real::sin(std::f64::consts::PI * x)
}

/// The feature of this name.
pub fn named(name: &str) -> Option<Feature> {
    ALL.into_iter().find(|feature| feature.name == name)
}
