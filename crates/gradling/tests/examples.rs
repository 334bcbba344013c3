//! The lessons in `examples/` hold what they say: each asserts its own figures.

#[path = "../examples/1_slope.rs"]
mod slope;

#[path = "../examples/2_neuron_by_hand.rs"]
mod neuron_by_hand;

#[path = "../examples/3_accumulation.rs"]
mod accumulation;

#[path = "../examples/4_training.rs"]
mod training;

#[path = "../examples/5_own_operation.rs"]
mod own_operation;

#[path = "../examples/6_second_derivatives.rs"]
mod second_derivatives;

#[path = "../examples/7_gpt/main.rs"]
mod gpt;

#[path = "../examples/8_program.rs"]
mod program;

#[test]
fn lesson_1_slopes_and_gradients_agree() {
    slope::main();
}

#[test]
fn lesson_2_the_chain_rule_by_hand_gives_what_backward_gives() {
    neuron_by_hand::main();
}

#[test]
fn lesson_3_gradients_add_up() {
    accumulation::main();
}

#[test]
fn lesson_4_the_network_learns_its_four_points() {
    training::main();
}

#[test]
fn lesson_5_an_own_operation_is_checked_against_slopes() {
    own_operation::main();
}

#[test]
fn lesson_6_second_derivatives_find_the_bottom_of_a_valley() {
    second_derivatives::main();
}

#[test]
fn lesson_7_a_gpt_learns_how_names_go() {
    gpt::main();
}

#[test]
fn lesson_8_a_recorded_step_learns_what_values_learn() {
    program::main();
}
