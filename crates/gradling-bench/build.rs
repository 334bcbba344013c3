//! Compiles the C references, optimised in every profile.

fn main() {
    println!("cargo::rerun-if-changed=c/gpt.c");
    // Once as C is compiled when nothing is known of the machine.
    loops("gpt_step").compile("gpt");
    // Once for this machine; without `errno` of `sqrt`, which nobody reads and which keeps Adam from vectors.
    loops("gpt_step_native")
        .flag_if_supported("-march=native")
        .flag_if_supported("-fno-math-errno")
        .compile("gpt_native");
}

fn loops(name: &str) -> cc::Build {
    let mut build = cc::Build::new();
    build.file("c/gpt.c").opt_level(3).define("STEP", name);
    build
}
