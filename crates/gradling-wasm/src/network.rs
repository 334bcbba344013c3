//! The room of networks: data, training, and what is drawn of it.
