//! Text such as `a = 2; d = a*b + c` made into gradling values, with a place for every error
