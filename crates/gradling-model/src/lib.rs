//! The model file of gradling: a trained network with all that is needed to predict from a table
