//! The network room: data sets of the plane and tables, a network that is trained on them step by step, and
//! everything that is shown of it.
//!
//! [`Session`] is the whole of it for a program; the page drives it through [`bindings`].

pub mod bindings;
pub mod code;
pub mod data;
pub mod explain;
pub mod export;
pub mod features;
pub mod history;
pub mod log;
pub mod metrics;
pub mod net;
pub mod open;
pub mod optimiser;
pub mod picture;
pub mod sample;
pub mod session;
pub mod settings;
pub mod stop;
pub mod story;

#[cfg(test)]
mod tests;

pub use data::Problem;
pub use session::Session;
pub use settings::Settings;

/// What is wrong, in words for whoever made the settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong(pub String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Wrong(text)
    }
}

impl From<&str> for Wrong {
    fn from(text: &str) -> Self {
        Wrong(text.to_owned())
    }
}

impl From<gradling_data::DataError> for Wrong {
    fn from(error: gradling_data::DataError) -> Self {
        Wrong(error.to_string())
    }
}

impl From<gradling::RunError> for Wrong {
    fn from(error: gradling::RunError) -> Self {
        Wrong(error.to_string())
    }
}
