//! What must hold of a session.

use super::session::End;
use super::*;
use serde_json::json;

fn session(settings: serde_json::Value) -> Session {
    Session::new(Settings::from_json(&settings.to_string()).unwrap()).unwrap()
}

/// All bits of a state that can be seen.
fn bits(session: &mut Session) -> (Vec<u64>, usize, usize, Option<u64>) {
    let parameters = session.state().parameters.iter().map(|p| p.to_bits()).collect();
    let (steps, epoch) = (session.state().steps, session.state().epoch);
    let held = session.held_out().unwrap().map(|figures| figures.loss.to_bits());
    (parameters, steps, epoch, held)
}

#[test]
fn a_step_back_restores_every_bit() {
    for optimiser in ["sgd", "momentum", "adam", "adamw"] {
        let mut session = session(json!({
            "data": {"set": "spirals", "classes": 3},
            "training": {"optimiser": optimiser, "rate": 0.02, "l1": 1e-4, "l2": 1e-3},
        }));
        let mut seen = vec![bits(&mut session)];
        for step in 0..150 {
            if step == 40 {
                session.change(json!({"loss": "squared", "batch": 7})).unwrap();
            }
            if step == 90 {
                session.edit(3, 0.25).unwrap();
            }
            if step % 11 == 5 {
                session.advance_sample().unwrap();
            } else {
                assert_eq!(session.advance(1).unwrap(), None);
            }
            seen.push(bits(&mut session));
        }
        // Twice the way: single steps, then leaps, then forth by the log again.
        for steps in (100..150).rev() {
            session.back(1).unwrap();
            let edited = steps == 90;
            assert!(edited || bits(&mut session) == seen[steps], "{optimiser}, step {steps}");
        }
        session.back(61).unwrap();
        assert_eq!(bits(&mut session), seen[39], "{optimiser}");
        session.back(100).unwrap();
        assert_eq!(bits(&mut session), seen[0], "{optimiser}");
    }
}

#[test]
fn a_run_is_repeated_from_its_log_to_the_same_bits() {
    let settings = json!({"data": {"set": "circles", "seed": 9}});
    let mut first = session(settings.clone());
    first.edit(0, -1.5).unwrap();
    first.advance(33).unwrap();
    first.advance_sample().unwrap();
    first.advance_sample().unwrap();
    first.change(json!({"optimiser": "adam", "rate": 0.01, "activations": ["relu"]})).unwrap();
    first.advance(70).unwrap();
    first.edit(5, 0.125).unwrap();

    let text = serde_json::to_string(first.log()).unwrap();
    let mut again = session(settings);
    again.follow(serde_json::from_str(&text).unwrap()).unwrap();
    while again.state().steps < 105 {
        again.repeat_to((again.state().steps + 10).min(105)).unwrap();
    }
    assert_eq!(bits(&mut again), bits(&mut first));
}

#[test]
fn a_change_of_optimiser_loss_or_activation_keeps_the_weights() {
    let mut session = session(json!({}));
    session.advance(25).unwrap();
    let before = session.state().parameters.clone();
    for change in [
        json!({"optimiser": "adamw", "rate": 0.003, "decay": 0.1}),
        json!({"loss": "hinge"}),
        json!({"activations": ["gelu", "sin"]}),
        json!({"l1": 0.01, "l2": 0.1}),
        json!({"schedule": "cosine", "span": 10, "batch": 3}),
    ] {
        session.change(change).unwrap();
        assert_eq!(session.state().parameters, before);
    }
    session.advance(1).unwrap();
    assert_ne!(session.state().parameters, before);
}

#[test]
fn a_wrong_change_changes_nothing() {
    let mut session = session(json!({}));
    let before = session.state().training.clone();
    for change in [json!({"rate": -1.0}), json!({"rat": 1.0}), json!({"batch": 0}), json!([1])] {
        assert!(session.change(change).is_err());
    }
    assert!(session.edit(100_000, 1.0).is_err() && session.edit(0, f64::NAN).is_err());
    assert_eq!(session.state().training, before);
    assert!(session.log().is_empty());
}

#[test]
fn the_session_trains_as_the_engines_trainer_does() {
    use gradling::nn::{Adam, Trainer};
    let mut session = session(json!({
        "data": {"set": "moons"},
        "training": {"optimiser": "adam", "rate": 0.01, "batch": 16},
    }));
    let first = session.first_weights();
    let (task, training) = (session.problem.task, session.state().training.clone());
    let runner = session.shape.program(task, &training).unwrap();
    let part = session.problem.train.clone();
    let mut trainer =
        Trainer::from_numbers(runner, first, Adam::new(0.01)).unwrap().batch(16).seed(1);
    for _ in 0..20 {
        trainer.epoch(&[&part.x, &part.y]).unwrap();
        session.advance_epoch().unwrap();
        assert_eq!(session.state().parameters, trainer.parameters());
    }
}

#[test]
fn figures_and_slopes_are_those_of_the_eager_graph() {
    let mut session = session(json!({
        "data": {"set": "gaussians", "classes": 4, "noise": 0.4},
        "training": {"loss": "cross_entropy", "l2": 0.01},
    }));
    session.advance_epoch().unwrap();
    let (loss, slopes) = (session.learned().unwrap().unwrap().loss, session.slopes().unwrap());
    let state = session.state();
    let rows = &session.problem.train.rows;
    let (mut eager, mut gradient) = (0.0, vec![0.0; slopes.len()]);
    for (k, &row) in rows.iter().enumerate() {
        gradling::scope(|| {
            let sample = explain::sample(
                &session.shape,
                &session.problem,
                &state.training,
                &state.parameters,
                &session.inputs_of(k),
                &session.problem.target(row),
            );
            sample.loss.backward();
            eager += sample.loss.data() / rows.len() as f64;
            for (g, p) in gradient.iter_mut().zip(&sample.parameters) {
                *g += p.grad() / rows.len() as f64;
            }
        });
    }
    assert!((loss - eager).abs() < 1e-5, "{loss} {eager}");
    for (p, (slope, gradient)) in slopes.iter().zip(&gradient).enumerate() {
        let is_weight = session.shape.place(p).unwrap().input.is_some();
        let penalty = if is_weight { 0.01 * state.parameters[p] } else { 0.0 };
        assert!((slope - gradient - penalty).abs() < 1e-5, "{p}: {slope} {gradient}");
    }
}

#[test]
fn a_loss_that_is_not_finite_is_traced_to_its_neuron() {
    let mut session = session(json!({
        "data": {"set": "plane"},
        "net": {"layers": [3]},
        "training": {"activations": ["relu"], "loss": "squared", "rate": 0.01},
    }));
    session.advance(12).unwrap();
    let good = session.state().parameters.clone();
    // Neuron 2 of the first layer overflows a number of 32 bits when it sees its inputs.
    let place = session.shape.first(0) + 3 + 2;
    session.edit(place, 3.0e38).unwrap();
    session.edit(place - 2, 3.0e38).unwrap();
    session.edit(place - 1, 3.0e38).unwrap();
    assert_eq!(session.advance(5).unwrap(), Some(End::Failed));
    let failure = session.failure().unwrap().clone();
    assert_eq!((failure.layer, failure.neuron), (Some(1), Some(2)), "{failure:?}");
    assert!(failure.text.contains("layer 1, neuron 2"), "{}", failure.text);
    assert!(failure.inputs.iter().any(|(name, _)| name.contains("bias of layer 1, neuron 2")));
    assert_eq!(session.advance(1).unwrap(), Some(End::Failed));
    session.recover().unwrap();
    session.back(session.state().steps - failure.good).unwrap();
    assert!(session.failure().is_none());
    assert_eq!(session.state().steps, 11);
    session.advance(1).unwrap();
    assert_eq!(session.state().parameters, good);
}

#[test]
fn a_rate_too_large_ends_in_a_failure_with_its_reason_and_a_good_state_before_it() {
    for training in [
        json!({"activations": ["relu"], "loss": "squared", "rate": 50.0}),
        json!({"activations": ["linear"], "loss": "squared", "rate": 1e300}),
        json!({"activations": ["softplus"], "loss": "squared", "rate": 1e20, "optimiser": "adam"}),
    ] {
        let mut session = session(json!({"data": {"set": "hills"}, "training": training}));
        let end = session.advance(5000).unwrap();
        assert_eq!(end, Some(End::Failed), "{training}");
        let text = session.failure().unwrap().text.clone();
        assert!(text.starts_with("Step ") && text.len() > 40, "{text}");
        session.recover().unwrap();
        assert!(session.learned().unwrap().unwrap().loss.is_finite(), "{training}: {text}");
        assert!(session.state().parameters.iter().all(|p| p.is_finite()));
    }
}

#[test]
fn optimisers_that_race_do_what_each_does_alone() {
    let base = json!({"data": {"set": "xor"}, "net": {"layers": [6]}});
    let settings = Settings::from_json(&base.to_string()).unwrap();
    let problem = std::sync::Arc::new(Problem::new(&settings).unwrap());
    let kinds = ["sgd", "momentum", "adam"];
    let with = |kind: &str| {
        let mut settings = settings.clone();
        settings.training = settings.training.with(&json!({"optimiser": kind})).unwrap();
        settings
    };
    let mut racers: Vec<Session> = kinds
        .iter()
        .map(|kind| Session::with(with(kind), std::sync::Arc::clone(&problem)).unwrap())
        .collect();
    for _ in 0..40 {
        for racer in &mut racers {
            racer.advance(1).unwrap();
        }
    }
    let first = racers[0].first_weights();
    for (racer, kind) in racers.iter_mut().zip(kinds) {
        assert_eq!(racer.first_weights(), first);
        let mut alone = Session::new(with(kind)).unwrap();
        alone.advance(40).unwrap();
        assert_eq!(bits(racer), bits(&mut alone), "{kind}");
    }
}

#[test]
fn every_set_is_learned_and_drawn() {
    for set in [
        json!({"set": "moons"}),
        json!({"set": "circles"}),
        json!({"set": "xor"}),
        json!({"set": "gaussians", "classes": 5}),
        json!({"set": "spirals", "classes": 2}),
        json!({"set": "spirals", "classes": 5}),
        json!({"set": "plane"}),
        json!({"set": "hills"}),
        json!({"set": "function", "function": "x^2 - 1"}),
        json!({"set": "points", "points": [[0.5, 0.5, 0], [-0.5, 0.5, 4], [0.1, -0.2, 4]], "held": 0.0}),
    ] {
        let mut session = session(json!({"data": set, "training": {"rate": 0.05}}));
        let before = session.learned().unwrap().unwrap().loss;
        assert_eq!(session.advance(300).unwrap(), None, "{set}");
        let after = session.learned().unwrap().unwrap().loss;
        assert!(after < before, "{set}: {before} {after}");
        let grid = session.grid(10);
        let colours = picture::Colours::from_bytes(&[[9, 9, 9], [200, 0, 0], [0, 0, 200]].concat());
        let pixels = session.boundary(&grid, &colours.unwrap()).unwrap();
        assert_eq!(pixels.len(), 400);
    }
}

#[test]
fn the_arms_of_spirals_are_as_many_as_asked_for() {
    for arms in 2..=5 {
        let session = session(json!({"data": {"set": "spirals", "classes": arms}}));
        assert_eq!(session.problem.labels.len(), arms);
    }
}

#[test]
fn a_table_that_is_wrong_says_row_and_column() {
    let wrong = |csv: &str, more: serde_json::Value| {
        let mut data = json!({"set": "table", "csv": csv, "name": "own.csv"});
        for (key, value) in more.as_object().unwrap() {
            data[key] = value.clone();
        }
        let settings = Settings::from_json(&json!({"data": data}).to_string()).unwrap();
        Session::new(settings).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let message = wrong(
        "a,b,kind\n1,2,x\n3,oh,y\n5,6,x\n7,8,y\n9,1,x\n3,4,y\n1,2,x\n1,2,y\n3,2,x\n3,1,y\n2,2,x\n",
        json!({}),
    );
    assert!(message.contains("own.csv:3") && message.contains("\"b\""), "{message}");
    let message = wrong("a,b,kind\n1,2,x\n3,y\n", json!({}));
    assert!(message.contains("own.csv:3"), "{message}");
    let message = wrong("a,b,kind\n1,2,x\n3,4,y\n", json!({"target": "sort"}));
    assert!(message.contains("sort") && message.contains("kind"), "{message}");
    let message = wrong("a,b,kind\n1,x,1.5\n3,y,2.5\n", json!({"axes": ["b", "a"]}));
    assert!(message.contains("\"b\""), "{message}");
    assert!(wrong("", json!({})).contains("no table"));
}

#[test]
fn a_table_is_learned_with_the_chosen_target_axes_and_inputs() {
    let csv = gradling_data::samples::IRIS;
    let mut session = session(json!({
        "data": {"set": "table", "csv": csv, "name": "iris.csv", "target": "species",
                 "axes": ["petal_length_cm", "petal_width_cm"]},
        "training": {"optimiser": "adam", "rate": 0.02},
    }));
    assert_eq!(session.shape.inputs, 4);
    assert_eq!(session.problem.axes, ["petal_length_cm", "petal_width_cm"]);
    assert_eq!(session.problem.points[0], [1.4, 0.2]);
    session.advance(400).unwrap();
    let figures = session.held_out().unwrap().unwrap();
    assert!(figures.accuracy.unwrap() > 0.9, "{figures:?}");
    assert_eq!(figures.confusion.iter().flatten().sum::<usize>(), session.problem.held.rows.len());
}

#[test]
fn stop_conditions_end_a_run_and_say_why() {
    for (condition, said) in [
        (json!({"epochs": 7}), "7 epochs"),
        (json!({"accuracy": 0.8}), "accuracy"),
        (json!({"loss": 0.4}), "below 0.4"),
        (json!({"patience": 1}), "no new lowest"),
    ] {
        let mut session = session(json!({"training": {"rate": 0.5}, "data": {"noise": 0.3}}));
        session.stop = serde_json::from_value(condition.clone()).unwrap();
        match session.advance(100_000).unwrap() {
            Some(End::Reached(reason)) => assert!(reason.contains(said), "{reason}"),
            end => panic!("{condition}: {end:?}"),
        }
    }
}

/// Data of every task, of the plane and of a table.
fn every_task() -> [serde_json::Value; 5] {
    use gradling_data::samples;
    [
        json!({"set": "moons"}),
        json!({"set": "hills"}),
        json!({"set": "spirals", "classes": 3}),
        json!({"set": "table", "csv": samples::IRIS, "target": "species"}),
        json!({"set": "table", "csv": samples::IRIS, "target": "sepal_width_cm"}),
    ]
}

#[test]
fn the_model_file_predicts_what_the_session_does() {
    use gradling_data::Table;
    use gradling_model::{Model, Predictions};
    for data in every_task() {
        let is_table = data["set"] == "table";
        let features =
            if is_table { json!([]) } else { json!(["x1", "x2", "x1*x2", "sin(pi*x1)"]) };
        let mut session = session(json!({
            "data": data, "net": {"features": features}, "training": {"rate": 0.02},
        }));
        session.advance(100).unwrap();
        let model = Model::from_bytes(&export::model(&session).unwrap()).unwrap();
        let csv = export::table(&session);
        let table = Table::read("data.csv", csv.as_bytes()).unwrap();
        let rows = session.problem.train.rows.clone();
        let inputs = model.encoder().encode_features(&table, &rows).unwrap().matrix;
        let part = session.problem.train.clone();
        let scores = session.scores(&part.x).unwrap();
        match model.predict(&inputs) {
            Predictions::Quantities(quantities) => {
                for (quantity, &score) in quantities.iter().zip(&scores) {
                    let score = session.problem.quantity(f64::from(score));
                    assert!((quantity - score).abs() < 1e-4, "{quantity} {score}");
                }
            }
            found => {
                let classes: Vec<usize> =
                    scores.chunks(session.problem.outputs()).map(metrics::class_of).collect();
                assert_eq!(found.most_probable().unwrap(), classes);
            }
        }
    }
}

#[test]
fn a_model_that_is_opened_scores_as_the_one_that_was_saved() {
    let texts = json!({"set": "table", "target": "kind",
        "csv": "size,colour,kind\n1,red,a\n2,blue,b\n3,red,b\n4,green,a\n5,red,a\n6,blue,b\n"});
    for data in every_task().into_iter().chain([texts]) {
        let is_table = data["set"] == "table";
        let features = if is_table { json!([]) } else { json!(["x2", "x1", "x1*x2"]) };
        let mut first = session(json!({
            "data": data, "net": {"features": features, "layers": [5, 3]},
            "training": {"rate": 0.02, "activations": ["tanh", "relu"]},
        }));
        first.advance(60).unwrap();
        let bytes = export::model(&first).unwrap();

        // Other rows are held out, so the table's standard scores are others.
        let mut data = data;
        data["seed"] = json!(9);
        if is_table {
            data["target"] = json!("");
        }
        let settings = Settings::from_json(&json!({"data": data}).to_string()).unwrap();
        let opened = open::open(&bytes, &settings).unwrap();
        assert_eq!(
            (&*opened.layers, &*opened.activations),
            (&[5, 3][..], &["tanh", "relu"].map(String::from)[..])
        );
        data["target"] = json!(opened.target);
        let mut again = session(json!({
            "data": data,
            "net": {"features": opened.features, "layers": opened.layers, "start": opened.start},
            "training": {"activations": opened.activations, "loss": opened.loss},
        }));
        assert_eq!(again.first_weights(), opened.start);
        let (before, after) = if is_table {
            (of_rows(&mut first), of_rows(&mut again))
        } else {
            let part = first.problem.train.x.clone();
            (first.scores(&part).unwrap(), again.scores(&part).unwrap())
        };
        assert!(before.len() > 5);
        for (&before, &after) in before.iter().zip(&after) {
            assert!((before - after).abs() < 1e-4 * (1.0 + before.abs()), "{before} {after}");
        }
    }
}

/// The scores of all rows of a table in their order, in its unit.
fn of_rows(session: &mut Session) -> Vec<f32> {
    let problem = session.problem.clone();
    let width = problem.outputs();
    let mut all = vec![0.0; problem.table.rows() * width];
    for part in [&problem.train, &problem.held] {
        let scores = session.scores(&part.x).unwrap();
        for (&row, scores) in part.rows.iter().zip(scores.chunks(width)) {
            for (to, &score) in all[row * width..].iter_mut().zip(scores) {
                *to = problem.quantity(f64::from(score)) as f32;
            }
        }
    }
    all
}

#[test]
fn a_model_that_does_not_fit_is_refused_with_what_it_needs() {
    use gradling_data::samples;
    let iris = json!({"data": {"set": "table", "csv": samples::IRIS, "target": "species"}});
    let of = |settings: &serde_json::Value| Settings::from_json(&settings.to_string()).unwrap();
    let bytes = export::model(&session(iris.clone())).unwrap();
    let refused = |bytes: &[u8], settings: serde_json::Value| {
        open::open(bytes, &of(&settings)).unwrap_err().to_string()
    };
    let other = refused(&bytes, json!({"data": {"set": "moons"}}));
    assert!(other.contains("reads sepal_length_cm") && other.contains("open the table"), "{other}");
    let csv = "a,b\n1,2\n3,4\n5,6\n7,8\n";
    let other = refused(&bytes, json!({"data": {"set": "table", "csv": csv}}));
    assert!(other.contains("predicts \"species\""), "{other}");
    let fewer = samples::IRIS.replace("virginica", "setosa");
    let fewer = refused(&bytes, json!({"data": {"set": "table", "csv": fewer}}));
    assert!(fewer.contains("versicolor, virginica, and the data here have"), "{fewer}");
    assert!(refused(&bytes[..300], iris.clone()).len() > 20);
    assert!(refused(b"", iris).len() > 20);
    let start = json!({"net": {"start": [1.0, 2.0]}});
    let wrong = Session::new(of(&start)).err().unwrap().to_string();
    assert!(wrong.starts_with("there are 2 first weights"), "{wrong}");
}

#[test]
fn texts_of_samples_give_the_numbers_of_the_session() {
    for layers in [vec![3], vec![4, 4], vec![24, 24]] {
        let mut session = session(json!({"net": {"layers": layers}, "data": {"set": "circles"}}));
        session.advance(20).unwrap();
        let row = session.problem.train.rows[4];
        let (text, note) = session.loss_text(row).unwrap();
        assert_eq!(note.is_some(), layers == [24, 24]);
        let found =
            gradling::scope(|| gradling_expr::parse(&text).unwrap().eval([]).unwrap().root.data());
        let sample = gradling::scope(|| {
            let state = session.state();
            let target = session.problem.target(row);
            let inputs = session.inputs_of(4);
            explain::sample(
                &session.shape,
                &session.problem,
                &state.training,
                &state.parameters,
                &inputs,
                &target,
            )
            .loss
            .data()
        });
        assert!((found - sample).abs() < 1e-3, "{found} {sample}\n{text}");
        let text = session.neuron_text(0, 1, row).unwrap();
        assert!(gradling_expr::parse(&text).is_ok(), "{text}");
        assert!(session.graph_svg(row).unwrap().starts_with("<svg"));
    }
}

#[test]
fn no_settings_make_it_panic() {
    for settings in [
        r#"{"data": {"rows": 0}}"#,
        r#"{"data": {"held": 2}}"#,
        r#"{"data": {"noise": -1}}"#,
        r#"{"data": {"set": "spirals", "classes": 99}}"#,
        r#"{"data": {"set": "function", "function": "x +"}}"#,
        r#"{"data": {"set": "function", "function": "y"}}"#,
        r#"{"data": {"set": "function", "function": "ln(x)"}}"#,
        r#"{"data": {"set": "points", "points": []}}"#,
        r#"{"data": {"set": "points", "points": [[0, 0, 1], [1, 1, 1]]}}"#,
        r#"{"net": {"layers": [65]}}"#,
        r#"{"net": {"layers": [1,1,1,1,1,1,1,1,1]}}"#,
        r#"{"net": {"features": ["x3"]}}"#,
        r#"{"training": {"activations": ["step"]}}"#,
        r#"{"training": {"momentum": 1}}"#,
        r#"{"nothing": 1}"#,
        "",
    ] {
        let session = Settings::from_json(settings).and_then(Session::new);
        assert!(session.is_err(), "{settings}");
        assert!(session.err().unwrap().to_string().len() > 10);
    }
}
