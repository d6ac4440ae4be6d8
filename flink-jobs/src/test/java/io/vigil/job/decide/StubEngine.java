package io.vigil.job.decide;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleDraft;
import io.vigil.model.score.Calibration;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringEngine;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An engine whose models do what a test tells them; by default a logit is the sum of the inputs.
 */
public final class StubEngine implements ScoringEngine {
  public static final String SPEC =
      """
      name: stub
      version: 1
      features:
        - {name: shown, expression: amount}
        - {name: night, expression: hour(event_time) <= 6}
      """;

  private static final Map<String, Behaviour> BEHAVIOURS = new ConcurrentHashMap<>();

  /** What a model does. */
  interface Behaviour {
    void score(float[] inputs, int rows, float[] logits);
  }

  /** Tells the model of that name what to do from now on; null for the default. */
  static void tell(String model, Behaviour behaviour) {
    if (behaviour == null) {
      BEHAVIOURS.remove(model);
    } else {
      BEHAVIOURS.put(model, behaviour);
    }
  }

  static void sum(float[] inputs, int rows, float[] logits) {
    for (int i = 0; i < rows; i++) {
      logits[i] = inputs[2 * i] + inputs[2 * i + 1];
    }
  }

  public static Bundle bundle(String model) {
    return bundle(model, SPEC, "shown", "night");
  }

  /** A model of two features of a spec. */
  public static Bundle bundle(String model, String spec, String first, String second) {
    List<ModelInput> inputs =
        List.of(
            ModelInput.scaled(first, false, 0, 100, 10), ModelInput.scaled(second, false, 0, 1, 0));
    BundleDraft draft =
        new BundleDraft(
            model,
            1,
            "stub",
            inputs,
            InputShape.flat(2),
            new Calibration(1, -4),
            new TreeMap<>(),
            model.getBytes(StandardCharsets.UTF_8),
            spec,
            "a stub");
    return draft.seal(new StubScorer("sealing"), List.of(new float[] {3, 1}));
  }

  @Override
  public String name() {
    return "stub";
  }

  @Override
  public String modelFile() {
    return "model.stub";
  }

  @Override
  public void inspect(byte[] model, InputShape shape) {}

  @Override
  public Scorer load(byte[] model, InputShape shape, String device) {
    return new StubScorer(new String(model, StandardCharsets.UTF_8));
  }

  private record StubScorer(String model) implements Scorer {
    @Override
    public int width() {
      return 2;
    }

    @Override
    public void score(float[] inputs, int rows, float[] logits) {
      BEHAVIOURS.getOrDefault(model, StubEngine::sum).score(inputs, rows, logits);
    }

    @Override
    public String engineClass() {
      return "stub-1/cpu";
    }

    @Override
    public void close() {}
  }
}
