//! Pictures of gradling graphs: trace, layered layout, SVG and DOT
