//! Gradients against finite differences, and the ways through a network against each other, for every kind of network.

use super::*;

/// Small networks of every kind.
fn architectures() -> Vec<Architecture> {
    let small = Architecture {
        inputs: 2,
        window: 4,
        horizon: 3,
        layers: 1,
        hidden: 5,
        activation: Activation::Tanh,
        embedding: None,
        head: Head::Last { direct: 2 },
        loss: Loss::SquaredError,
    };
    let pinball = Loss::Pinball(vec![0.1, 0.5, 0.9]);
    let embedding = Some(Embedding { series: 3, size: 2 });
    let decoder = Head::Decoder { dense: 6 };
    vec![
        small.clone(),
        Architecture { layers: 2, embedding, ..small.clone() },
        Architecture { activation: Activation::Relu, layers: 3, ..small.clone() },
        Architecture { loss: pinball.clone(), ..small.clone() },
        Architecture { head: decoder, ..small.clone() },
        Architecture { head: decoder, layers: 2, loss: pinball, embedding, ..small.clone() },
        Architecture { head: decoder, activation: Activation::Relu, ..small.clone() },
        // More steps than are turned at once.
        Architecture { window: 25, ..small.clone() },
        Architecture { window: 1, horizon: 1, head: Head::Last { direct: 0 }, ..small.clone() },
        Architecture { window: 1, horizon: 1, head: decoder, ..small },
    ]
}

fn filled(architecture: &Architecture, size: usize, random: &mut Random) -> Batch {
    let mut batch = Batch::new(architecture, size);
    let mut draw = || 2.0 * random.unit() - 1.0;
    for slot in 0..size {
        for step in 0..architecture.window {
            (0..architecture.inputs).for_each(|input| batch.set_input(slot, step, input, draw()));
        }
        (0..architecture.direct()).for_each(|index| batch.set_direct(slot, index, draw()));
        (0..architecture.horizon).for_each(|ahead| batch.set_target(slot, ahead, draw()));
        batch.set_series(slot, slot % 3);
    }
    batch.set_target(1, 0, f32::NAN);
    batch
}

/// With weights well away from zero, so that all of them matter.
fn network(architecture: &Architecture, random: &mut Random) -> Network {
    let count = Network::weight_count(architecture);
    let weights: Vec<f32> = (0..count).map(|_| 1.2 * random.unit() - 0.6).collect();
    Network::with_weights(architecture.clone(), &weights).unwrap()
}

#[test]
fn gradients_agree_with_finite_differences() {
    for (index, architecture) in architectures().iter().enumerate() {
        let mut random = Random::new(7 + index as u64);
        let network = network(architecture, &mut random);
        let batch = filled(architecture, 6, &mut random);
        let mut weights = network.weights();
        let (_, gradients) = Trainer::new(network, None).gradients(std::slice::from_ref(&batch));
        assert!(gradients.iter().any(|gradient| gradient.abs() > 0.01));
        let mut pass = Pass::default();
        let mut wrong = 0;
        for at in 0..weights.len() {
            let (kept, small) = (weights[at], 4e-3);
            let mut loss_at = |weight: f32| {
                weights[at] = weight;
                let changed = Network::with_weights(architecture.clone(), &weights).unwrap();
                pass.forward(&changed, &batch);
                pass.loss(&changed, &batch).0
            };
            let difference = (loss_at(kept + small) - loss_at(kept - small)) / (2.0 * f64::from(small));
            weights[at] = kept;
            let gradient = f64::from(gradients[at]);
            if (gradient - difference).abs() > 3e-4 + 4e-3 * difference.abs() {
                println!("{architecture:?}, weight {at}: {gradient} instead of {difference}");
                wrong += 1;
            }
        }
        // Where a rectifier or the pinball loss has its kink between the two sides, the difference means nothing.
        let smooth = architecture.activation == Activation::Tanh
            && architecture.loss == Loss::SquaredError
            && matches!(architecture.head, Head::Last { .. });
        let allowed = if smooth { 0 } else { weights.len() / 20 };
        assert!(wrong <= allowed, "{wrong} of {} gradients are wrong", weights.len());
    }
}

#[test]
fn every_way_gives_the_same() {
    for architecture in architectures() {
        let mut random = Random::new(3);
        let portable = network(&architecture, &mut random).with_instructions(Instructions::Portable);
        let batch = filled(&architecture, 20, &mut random);
        let mut expected = Pass::default();
        expected.forward(&portable, &batch);
        let (loss, gradients) = Trainer::new(portable.clone(), None).gradients(std::slice::from_ref(&batch));
        for instructions in Instructions::available() {
            let network = portable.clone().with_instructions(instructions);
            let mut pass = Pass::default();
            pass.answer(&network, &batch);
            let (own_loss, own) = Trainer::new(network.clone(), None).gradients(std::slice::from_ref(&batch));
            assert!((own_loss - loss).abs() < 1e-6, "{instructions:?}: {own_loss} instead of {loss}");
            for (own, expected) in own.iter().zip(&gradients) {
                assert!((own - expected).abs() < 2e-6 + 2e-5 * expected.abs(), "{instructions:?}: {own} {expected}");
            }
            for slot in 0..batch.size() {
                let mut alone = Batch::new(&architecture, 1);
                for step in 0..architecture.window {
                    for input in 0..architecture.inputs {
                        let place = (step * architecture.inputs + input) * batch.width + slot;
                        alone.set_input(0, step, input, batch.steps[place]);
                    }
                }
                for index in 0..architecture.direct() {
                    alone.set_direct(0, index, batch.direct[index * batch.width + slot]);
                }
                alone.set_series(0, slot % 3);
                let mut single = Pass::default();
                single.answer(&network, &alone);
                for index in 0..architecture.outputs() {
                    let outputs = [pass.output(slot, index), single.output(0, index)];
                    let expected = expected.output(slot, index);
                    assert!(outputs.iter().all(|output| (output - expected).abs() < 3e-6), "{outputs:?} {expected}");
                }
            }
        }
    }
}

#[test]
fn saved_weights_make_the_same_network() {
    for architecture in architectures() {
        let first = Network::new(architecture.clone(), 5).unwrap();
        let weights = first.weights();
        assert_eq!(weights.len(), Network::weight_count(&architecture));
        let again = Network::with_weights(architecture.clone(), &weights).unwrap();
        assert_eq!(again.weights[..], first.weights[..]);
        assert!(Network::with_weights(architecture.clone(), &weights[1..]).is_err());
        assert_ne!(Network::new(architecture, 6).unwrap().weights(), weights);
    }
}

#[test]
fn impossible_networks_are_refused() {
    let check = |architecture: Architecture, expected: &str| {
        let error = Network::new(architecture, 1).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(Architecture { hidden: 0, ..Architecture::meter() }, "hidden size is 0");
    check(Architecture { window: 1 << 40, ..Architecture::meter() }, "window is");
    check(Architecture { hidden: 1 << 16, ..Architecture::meter() }, "more than");
    check(Architecture { loss: Loss::Pinball(vec![0.5, 0.5]), ..Architecture::meter() }, "must rise");
    check(Architecture { loss: Loss::Pinball(Vec::new()), ..Architecture::meter() }, "outputs is 0");
}
